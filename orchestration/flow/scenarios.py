"""The cost scenarios as files: one insats a file, read strictly, each fault told with what to do.

What a scenario is stands in `orchestration.analyses.scenario`; a new insats is a new file and
nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from orchestration.analyses.scenario import Scenario
from orchestration.outside import NotAFileError, open_file, shown
from orchestration.settings import PROJECT_ROOT
from orchestration.yaml_text import texts_of

DIRECTORY = PROJECT_ROOT / "orchestration" / "analyses" / "scenarios"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SIZE_LIMIT = 1 << 18
_FAULTS_TOLD = 20
_FAULTS_SV = {
    "missing": "fältet saknas",
    "extra_forbidden": "det finns inget sådant fält",
    "float_parsing": "ska vara ett tal, skrivet med punkt som 812.5",
    "float_type": "ska vara ett tal, skrivet med punkt som 812.5",
    "finite_number": "ska vara ett tal, skrivet med punkt som 812.5",
    "int_parsing": "ska vara ett heltal",
    "int_type": "ska vara ett heltal",
    "bool_parsing": "ska vara true eller false",
    "bool_type": "ska vara true eller false",
    "string_type": "ska vara text",
    "string_too_short": "ska inte vara tomt",
    "string_too_long": "är för långt",
    "string_pattern_mismatch": "ska vara små bokstäver a-z, siffror och understreck",
    "tuple_type": "ska vara en lista",
    "list_type": "ska vara en lista",
    "dict_type": "ska vara en tabell av namn och värden",
    "model_type": "ska vara en tabell av namn och värden, som {value: 100}",
    "greater_than_equal": "är för litet",
    "less_than_equal": "är för stort",
}


class ScenarioError(Exception):
    """A scenario that cannot be used; the text is Swedish and says what to do."""


def load_scenarios(directory: Path = DIRECTORY) -> dict[str, Scenario]:
    """Every scenario of a directory, by name, in the order of the alphabet.

    Args:
        directory: Where the `*.yml` files lie.

    Raises:
        ScenarioError: If there is none, or one of them cannot be used.
    """
    found = {path.stem: read_scenario(path) for path in sorted(directory.glob("*.yml"))}
    if not found:
        raise ScenarioError(
            f"Inga scenarier (*.yml) finns i {shown(str(directory))}. Gör så här: lägg en fil för"
            " varje insats där."
        )
    _require_parts(found)
    return found


def with_scenario(path: Path, known: Mapping[str, Scenario]) -> dict[str, Scenario]:
    """A scenario of a file of its own, with those among the known that it is a sum of.

    Args:
        path: The file; what it is a sum of may lie beside it.
        known: The scenarios there are.

    Raises:
        ScenarioError: If it cannot be used.
    """
    scenario = read_scenario(path)
    found = {path.stem: scenario}
    for part in scenario.sum_of:
        beside = path.with_name(f"{part}.yml")
        if part != path.stem and beside.is_file():
            found[part] = read_scenario(beside)
        elif part in known:
            found[part] = known[part]
    _require_parts(found)
    return found


def _require_parts(found: Mapping[str, Scenario]) -> None:
    for name, scenario in found.items():
        for part in scenario.sum_of:
            if part not in found or found[part].sum_of:
                raise _refused(f"{name}.yml", [
                    f"sum_of: {shown(part)} är inget scenario som inte själv är en summa"
                ])  # fmt: skip


def read_scenario(path: Path) -> Scenario:
    """Read one scenario.

    Args:
        path: The file; its name without `.yml` is the scenario's.

    Raises:
        ScenarioError: If it cannot be read, or says what no scenario can.
    """
    if path.suffix != ".yml" or _NAME.fullmatch(path.stem) is None:
        raise ScenarioError(
            f"{shown(path.name)}: filens namn är scenariots. Gör så här: döp den till små bokstäver"
            " a-z, siffror och understreck, och .yml sist."
        )
    try:
        with open_file(path) as file:
            raw = file.read(_SIZE_LIMIT + 1)
        if len(raw) > _SIZE_LIMIT:
            raise _refused(path.name, ["filen är för stor"])
        content = texts_of(raw.decode("utf-8"))
    except NotAFileError as error:
        raise _refused(path.name, ["det är ingen vanlig fil"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path.name, ["filen går inte att läsa som text i UTF-8"]) from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        row = f"rad {mark.line + 1}: " if mark is not None else ""
        raise _refused(
            path.name, [f"{row}filen är inte YAML, eller en nyckel står två gånger"]
        ) from error
    if not isinstance(content, dict):
        raise _refused(path.name, ["filen ska vara en tabell av namn och värden"])
    return _validated(path.name, content)


def _validated(file: str, content: Mapping[str, Any]) -> Scenario:
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        raise _refused(file, told(error)) from error


def told(error: ValidationError) -> list[str]:
    """What is wrong, a key and a rule each; never a value."""
    found = []
    for fault in error.errors(include_url=False, include_input=False)[:_FAULTS_TOLD]:
        place = ".".join(str(part) for part in fault["loc"])
        context = fault.get("ctx", {})
        match fault["type"]:
            case "value_error":
                what = str(context.get("error"))
            case "literal_error":
                expected = context.get("expected", "").replace(" or ", " eller ")
                what = f"ska vara {expected}"
            case kind:
                what = _FAULTS_SV.get(kind, "har fel värde")
        found.append(f"{shown(place)}: {what}" if place else what)
    return found


def _refused(file: str, found: Iterable[str]) -> ScenarioError:
    listed = "".join(f"\n- {each}" for each in found)
    return ScenarioError(
        f"Scenariot {shown(file)} kan inte användas:{listed}\n"
        "Gör så här: rätta filen och kör igen; docs/analyses.md beskriver fälten."
    )


def change(scenarios: Mapping[str, Scenario], typed: str) -> dict[str, Scenario]:
    """The scenarios with a number that was typed.

    A number that is typed is known: it has no range unless one is typed with it.

    Args:
        scenarios: By name.
        typed: `key=value` or `key=value:low:high`; the key may begin with a scenario's name and a
            full stop, and holds for all that have such a number otherwise.

    Raises:
        ScenarioError: If no scenario has such a number, or it cannot be that.
    """
    key, equals, value = typed.partition("=")
    key, parts = key.strip(), value.split(":")
    if not equals or len(parts) not in {1, 3}:
        raise ScenarioError(
            f"”{shown(typed)}” går inte. Gör så här: skriv tal=värde eller tal=värde:minst:högst,"
            " som persons=120 eller gruppsamtal_rvc.group_size=4:3:5."
        )
    own, _, rest = key.partition(".")
    wanted = {own: rest} if own in scenarios and rest else dict.fromkeys(scenarios, key)
    amount = dict(zip(("value", "low", "high"), parts, strict=False))
    amount |= {"source": "satt på kommandoraden", "assumption": "true"}
    changed: dict[str, Scenario] = {}
    for name, number in wanted.items():
        try:
            changed[name] = scenarios[name].changed(number, amount)
        except KeyError:
            continue
        except ValidationError as error:
            raise _refused(f"{name}.yml", told(error)) from error
    if not changed:
        numbers = sorted({
            each
            for name in wanted
            for each in (scenarios[name].amounts() | scenarios[name].assumptions())
        })  # fmt: skip
        raise ScenarioError(
            f"Inget scenario har ett tal {shown(key)}. Gör så här: välj bland {', '.join(numbers)}."
        )
    return {**scenarios, **changed}

"""The declared truths of the synthetic city: what an analysis of it ought to find.

Each analysis has a group of parameters, with the names that a file of truths uses. What the
parameters do to persons and decisions belongs in the register modules, what they make of each
estimand in `estimands`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import yaml

from orchestration.demo.geography import AREAS, DISTRICTS
from orchestration.yaml_text import texts_of

_DEFAULT: Final = Path(__file__).parent / "default_truths.yml"

_Kind = TypeVar("_Kind", bound="Truths")
Numbers = Mapping[str, float]
Tables = Mapping[str, Numbers]


class TruthsError(ValueError):
    """A file of truths that cannot be used; the message says where and what to do, in Swedish."""


@dataclass(frozen=True)
class Refusal:
    """Refusals of economic assistance.

    Attributes:
        hazard_by_spell: Odds ratio of a refusal by month of the spell, against the first.
        first_application: Odds ratio where nothing was applied for in the twelve months before.
        year_2023: Odds ratio common to all in 2023.
        new_groups_2023: Factor of owners among new applicants, and of the odds of three grounds.
        consistency: The housing that a ground is only met with.
        board: Odds ratio of named areas; the others' have the standard deviation ``log_sd``.
        returning: Factor of the hazard of a new application by ground, and the share that never
            return (`return` in the file).
    """

    hazard_by_spell: Numbers
    first_application: float
    year_2023: float
    new_groups_2023: Numbers
    consistency: Mapping[str, str]
    board: Numbers
    returning: Numbers


@dataclass(frozen=True)
class Protected:
    """Protected housing.

    Attributes:
        response: What became of a victim's case, with and without children at home, before 2023;
            and the factor of protected housing in 2023 (``shelter_2023``).
        substitution: Who bore how much of what is missing in 2023; sums to 1.
        linkage: Shares of the placed: with an open case, in counselling within 180 days, and who
            come from one form to the other within 180 days.
    """

    response: Tables
    substitution: Numbers
    linkage: Numbers


@dataclass(frozen=True)
class Support:
    """Housing support.

    Attributes:
        grant_from: First month of the grant (``from``), and the share of the personkrets with 9 to
            12 hours whose decisions since then end just above the limit.
        equal_treatment: Hours more for the disabled at equal activities, age and need; the share
            of psychiatry's sex gap that is need; and hours more in named areas.
    """

    grant_from: Mapping[str, Any]
    equal_treatment: Mapping[str, Any]


@dataclass(frozen=True)
class Child:
    """Children and young people.

    Attributes:
        contacted: Standard deviation of the boards' log odds, for school, preschool and child.
        reason_by_category: Odds of a reason in the weakest districts against the strongest.
        guardian_declines: Share that declines by category of district, and share of the cases
            without investigation where the guardian did not want one.
        context: Log rate for each unit that a district lies above its board, and factors of named
            districts.
        rereferral: Hazard of a new report after an intervention, by age.
    """

    contacted: Numbers
    reason_by_category: Numbers
    guardian_declines: Tables
    context: Numbers
    rereferral: Numbers


@dataclass(frozen=True)
class Equality:
    """Differences between women and men, and between boards; none but these.

    Attributes:
        substance_use_outpatient_women: Odds of outpatient care, women against men.
        lvm_board: Odds of compulsory care in named areas.
    """

    substance_use_outpatient_women: float
    lvm_board: Numbers


@dataclass(frozen=True)
class Stability:
    """What ought to have followed another and did not, as its change in 2023; and who stands out.

    Attributes:
        rvc_contacts_2023: The driver.
        ipv_victims_known_2023: What did not follow it.
        district_outlier: Factor of the contacts with RVC from named areas.
    """

    rvc_contacts_2023: float
    ipv_victims_known_2023: float
    district_outlier: Numbers


@dataclass(frozen=True)
class Truths:
    """All declared truths, a group for each analysis."""

    refusal: Refusal
    protected: Protected
    support: Support
    child: Child
    equality: Equality
    stability: Stability

    @classmethod
    def default(cls) -> Self:
        """The truths of the default city."""
        return _built(cls, _default())

    @classmethod
    def read(cls, path: Path) -> Self:
        """The default truths with what a file says instead.

        Args:
            path: A YAML file of groups and names; names may also be written `group.name`.

        Raises:
            TruthsError: If the file cannot be read, or says what there is no place for.
        """
        try:
            content = texts_of(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise TruthsError(
                f"{path.name} går inte att läsa. Gör så här: ange en YAML-fil i UTF-8."
            ) from error
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            row = f", rad {mark.line + 1}" if mark is not None else ""
            raise TruthsError(
                f"{path.name}{row}: filen är inte YAML. Gör så här: rätta raden; skriv namn och "
                "värde med kolon och mellanslag emellan."
            ) from error
        return cls.changed(content, path.name)

    @classmethod
    def changed(cls, content: Any, file: str = "sanningar") -> Self:
        """The default truths with changes.

        Args:
            content: Groups of names and values, as a YAML file has them.
            file: What an error calls it.

        Raises:
            TruthsError: If there is no such name, or a value is out of bounds.
        """
        merged = _merged(_default(), _nested({} if content in (None, "") else content, file), file)
        carried = sum(merged["protected"]["substitution"].values())
        if not math.isclose(carried, 1.0, abs_tol=1e-6):
            raise _refused(file, "protected.substitution", "delarna ska bli 1 tillsammans")
        for who in ("with_children", "without_children"):
            if not math.isclose(
                sum(merged["protected"]["response"][who].values()), 1.0, abs_tol=1e-6
            ):
                raise _refused(file, f"protected.response.{who}", "delarna ska bli 1 tillsammans")
        return _built(cls, merged)


#: Tables that take more names than the default has, and which.
_OPEN: Final = {
    "refusal.board": AREAS,
    "support.equal_treatment.board": AREAS,
    "equality.lvm_board": AREAS,
    "stability.district_outlier": AREAS,
    "child.context": tuple(district.name for district in DISTRICTS),
}
#: Lower and upper limit of a value, by the beginning of its name; the longest counts.
_LIMITS: Final = {
    "": (0.05, 20.0),
    "refusal.board.log_sd": (0.0, 1.0),
    "refusal.return.never": (0.05, 0.95),
    "protected": (0.0, 1.0),
    "protected.response.shelter_2023": (0.0, 1.5),
    "support.grant_from.share": (0.0, 1.0),
    "support.equal_treatment": (-5.0, 6.0),
    "support.equal_treatment.psychiatry_sex_gap_by_need": (0.0, 1.0),
    "child.contacted": (0.0, 1.5),
    "child.guardian_declines": (0.0, 1.0),
    "child.context": (0.2, 5.0),
    "child.context.log_rate_per_unit": (-0.05, 0.05),
}
_MONTH: Final = "support.grant_from.from"
_FIRST_GRANT, _LAST_GRANT = "2016-01", "2023-12"


@cache
def _default() -> dict[str, Any]:
    content: dict[str, Any] = _numbers(texts_of(_DEFAULT.read_text(encoding="utf-8")))
    return content


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(each) for name, each in value.items()}
    try:
        return float(value)
    except ValueError:
        return value


def _refused(file: str, name: str, what: str) -> TruthsError:
    return TruthsError(f"{file}, {name}: {what}. Gör så här: rätta värdet i filen.")


def _nested(content: Any, file: str) -> dict[str, Any]:
    """Groups of names, also where the file writes `group.name`."""
    if not isinstance(content, dict):
        raise TruthsError(
            f"{file} är ingen tabell av namn och värden. Gör så här: skriv grupp, namn och värde, "
            "som refusal: {year_2023: 1.04}."
        )
    nested: dict[str, Any] = {}
    for written, value in content.items():
        group, _, name = str(written).partition(".")
        inner = {name: value} if name else value
        if isinstance(inner, dict) and isinstance(nested.get(group), dict):
            inner = nested[group] | inner
        nested[group] = inner
    return nested


def _merged(default: dict[str, Any], given: Any, file: str, path: str = "") -> dict[str, Any]:
    if isinstance(given, list) and len(given) == len(default):
        # A list is in the order of the names.
        given = dict(zip(default, given, strict=True))
    if not isinstance(given, dict):
        if path == "support.grant_from":
            given = {"from": given}
        else:
            names = ", ".join(default)
            raise _refused(file, path, f"ett värde för vart och ett av {names} väntades")
    merged = dict(default)
    for name, value in given.items():
        where = f"{path}.{name}" if path else str(name)
        known = {**dict.fromkeys(default), **dict.fromkeys(_OPEN.get(path, ()))}
        if name not in known:
            raise TruthsError(
                f"{file}, {where}: namnet finns inte. Gör så här: använd något av "
                f"{', '.join(known)}."
            )
        old = default.get(name)
        merged[name] = (
            _merged(old, value, file, where)
            if isinstance(old, dict)
            else _value(old, value, file, where)
        )
    return merged


def _value(old: Any, value: Any, file: str, where: str) -> Any:
    text = str(value)
    if where == _MONTH:
        if not (len(text) == len(_FIRST_GRANT) and _FIRST_GRANT <= text <= _LAST_GRANT):
            raise _refused(
                file, where, f"en månad mellan {_FIRST_GRANT} och {_LAST_GRANT} väntades"
            )
        return text
    if isinstance(old, str):
        if text != old:
            raise _refused(file, where, f"värdet kan bara vara {old}")
        return old
    low, high = _LIMITS[max((name for name in _LIMITS if where.startswith(name)), key=len)]
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:
        raise _refused(
            file,
            where,
            f"ett tal mellan {low:g} och {high:g} väntades, skrivet med punkt".replace("inf", "∞"),
        )
    return number


def _built(kind: type[_Kind], content: Mapping[str, Any]) -> _Kind:
    groups = {
        "refusal": Refusal,
        "protected": Protected,
        "support": Support,
        "child": Child,
        "equality": Equality,
        "stability": Stability,
    }
    made = {}
    for name, group in groups.items():
        values = dict(content[name])
        if "return" in values:
            values["returning"] = values.pop("return")
        made[name] = group(**{each.name: values[each.name] for each in fields(group)})
    return kind(**made)

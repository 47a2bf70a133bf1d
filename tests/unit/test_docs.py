"""The guides say what the code does: links, paths, commands, settings, registers, rules, codes."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from orchestration.checks import CHECK_NAME
from orchestration.cli import app, page_texts
from orchestration.cli.answering import LIMITS
from orchestration.findings.codes import Kind, Outcome, Verdict
from orchestration.findings.marts import DEVIATIONS
from orchestration.flow.steps import STANDSTILL_CHECK, flow
from orchestration.indicators.models import ExplanationKind, NaturalExplanation
from orchestration.language.glossary import glossary
from orchestration.registers import breaches
from orchestration.registers.contract import Column, Contract, load_contracts
from orchestration.registers.mapping import Form, RegisterMapping
from orchestration.registers.municipality import (
    Board,
    CentralUnit,
    Municipality,
    load_municipality,
)
from orchestration.settings import Settings
from orchestration.statistics.xmr import Signal
from tests import faults

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
SUPPLIERS = (ROOT / "docs/sv/leverantor.md").read_text(encoding="utf-8")
ANALYSTS = (ROOT / "docs/sv/analytiker.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")

FILE_NAMES = {
    path.name
    for folder in ("orchestration", "dbt_project", "expectations", "tests")
    for path in (ROOT / folder).rglob("*")
}

FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
# What stands at the top of the repository, and is therefore a path when it begins a word.
PATH = re.compile(
    r"(?<![\w/.])(?:orchestration|dbt_project|expectations|tests|docs|\.ci)/[\w./-]+|"
    r"\b(?:README\.md|CHANGELOG\.md|Makefile|LICENSE|pyproject\.toml|requirements\.lock)"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(guide: Path) -> str:
    return FENCE.sub("", guide.read_text(encoding="utf-8"))


def slug(heading: str) -> str:
    """The anchor that GitHub and GitLab give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(guide: Path) -> set[str]:
    return {slug(line.lstrip("#")) for line in prose(guide).splitlines() if line.startswith("#")}


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    """The rows of the tables in a text, by their first cell without its code marks."""
    cells = (
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("|")
    )
    return {row[0].strip("`"): row for row in cells}


def test_the_guides_are_there() -> None:
    assert {name_of(guide) for guide in GUIDES} >= {
        "README.md",
        "CHANGELOG.md",
        "docs/README.md",
        "docs/glossary.md",
        "docs/architecture.md",
        "docs/commands.md",
        "docs/configuration.md",
        "docs/operations.md",
        "docs/add-a-source.md",
        "docs/add-a-register.md",
        "docs/add-an-indicator.md",
        "docs/add-an-expectation.md",
        "docs/sv/analytiker.md",
        "docs/sv/leverantor.md",
        "docs/sv/namnd.md",
        "docs/sv/ny-kommun.md",
    }


def test_every_guide_is_in_the_index() -> None:
    index = ROOT / "docs/README.md"
    linked = {(index.parent / link).resolve() for link in LINK.findall(prose(index))}
    assert {guide for guide in GUIDES if guide.parent != ROOT} - {index} <= linked


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_every_link_leads_somewhere(guide: Path) -> None:
    for link in LINK.findall(prose(guide)):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        path = (guide.parent / target).resolve() if target else guide
        assert path.is_relative_to(ROOT), link
        assert path.exists(), link
        if anchor:
            assert anchor in anchors(path), link


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_every_path_that_is_named_exists(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    for path in PATH.findall(text):
        # A path with a place to fill in, as <register>, is a pattern.
        if f"{path}<" not in text:
            assert (ROOT / path.rstrip("./")).exists(), path


def test_paths_are_found() -> None:
    named = {path for guide in GUIDES for path in PATH.findall(guide.read_text(encoding="utf-8"))}
    assert {"orchestration/settings.py", "tests/integration/test_gates.py", ".ci/run"} <= named
    assert len(named) > 50


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_every_file_that_is_named_without_its_folder_exists(guide: Path) -> None:
    for code in CODE.findall(prose(guide)):
        if re.fullmatch(r"[\w.-]+\.(py|sql|csv|yml)", code):
            assert code in FILE_NAMES, code


def test_every_command_is_in_the_guide() -> None:
    commands: dict[str, Any] = getattr(get_command(app), "commands")  # noqa: B009 (typer's own type)
    assert len(commands) >= 6
    listed = section(COMMANDS, "Commands")
    parts = {
        f"{group} {name}": command
        for group, each in commands.items()
        for name, command in getattr(each, "commands", {}).items()
    }
    assert "sample draw" in parts
    for name, command in (commands | parts).items():
        assert f"`avvik {name}" in listed
        for option in command.params:
            assert option.name in {"sql", "file", "directory"} or option.opts[0] in listed, (
                name,
                option.opts,
            )


def test_every_make_target_is_in_the_guide() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    # `lock` is for whoever changes a dependency.
    for target in set(phony.split()) - {"lock"}:
        assert f"`make {target}`" in section(COMMANDS, "Commands")


def test_every_setting_is_in_the_guide_with_its_default() -> None:
    listed = rows(section(CONFIGURATION, "Configuration"))
    prefix = Settings.model_config["env_prefix"]
    for name, field in Settings.model_fields.items():
        row = listed[f"{prefix}{name.upper()}"]
        if field.default is not None:
            assert row[1] == f"`{field.default}`"
    assert {name for name in listed if name.startswith(prefix)} == {
        f"{prefix}{name.upper()}" for name in Settings.model_fields
    }


def test_every_setting_that_is_named_exists() -> None:
    known = {f"AVVIK_{name.upper()}" for name in Settings.model_fields}
    for guide in GUIDES:
        named = set(re.findall(r"\bAVVIK_[A-Z_]*[A-Z]\b", guide.read_text(encoding="utf-8")))
        assert named <= known, guide


def test_the_pages_of_the_server_and_their_limits_are_told() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    operations = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for address in (page_texts.START, page_texts.PUBLISHED, page_texts.QUESTION, page_texts.DOCS):
        for guide in (COMMANDS, operations):
            assert f"`{address}`" in guide
    for address in (page_texts.PUBLISHED, page_texts.QUESTION, page_texts.DOCS):
        assert f"`{address}`" in readme
    assert f"http://127.0.0.1:3000{page_texts.START}?nyckel=" in operations
    seconds, rows = f"{LIMITS.seconds:.0f}", f"{LIMITS.rows:,}"
    assert f"{seconds} seconds and {rows} rows" in " ".join(readme.split())
    told = " ".join(section(ANALYSTS, "Ställ en fråga").split())
    assert f"{seconds} sekunder och {rows.replace(',', ' ')} rader" in told
    assert "tio sekunder och ha tio tusen rader" in page_texts.question_page("Staden")
    assert LIMITS.duckdb_memory.replace("MB", " MB") in operations


def test_the_counts_of_the_changelog() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"{len(load_contracts())} registers" in changes


def test_every_signal_of_a_chart_is_told_to_analysts() -> None:
    listed = rows(section(ANALYSTS, "Indikatorernas sidor"))
    told = {code for cell in listed for code in re.findall(r"\w+", cell)}
    assert {code.value for code in Signal} <= told


@pytest.mark.parametrize("rule", sorted(breaches.RULES))
def test_every_rule_is_told_to_suppliers_in_its_own_words(rule: str) -> None:
    listed = rows(section(SUPPLIERS, "Alla regler"))
    _, wrong, remedy = (cell.replace("`", "") if cell else "" for cell in listed[rule])
    assert (wrong, remedy) == breaches._RULES[rule]


def test_no_rule_is_told_that_is_not_there() -> None:
    listed = rows(section(SUPPLIERS, "Alla regler"))
    assert set(listed) - {"regel", "---"} == breaches.RULES


def test_no_register_is_told_that_is_not_there() -> None:
    headings = set(re.findall(r"^### (\S+)$", SUPPLIERS, re.MULTILINE))
    assert headings == set(load_contracts())


@pytest.mark.parametrize("contract", load_contracts().values(), ids=lambda each: each.table)
def test_every_register_is_told_to_suppliers_with_columns_and_codes(contract: Contract) -> None:
    told = section(SUPPLIERS, contract.register_name)
    listed = rows(told)
    assert list(listed)[2:] == list(contract.columns)
    for name, reason in contract.not_kept.items():
        assert f"Läses inte och får utelämnas: `{name}`. {reason}" in told
    assert contract.title_sv in told
    assert f"Nyckel: {', '.join(f'`{name}`' for name in contract.key)}." in told
    periods = {"month": "månad", "year": "år"}
    assert f"Period: {' eller '.join(periods[each] for each in contract.periods)}." in told
    for name, column in contract.columns.items():
        classes = {"none": "ingen", "indirect": "indirekt", "direct": "direkt"}
        told_class = classes.get(column.personal, "känslig")
        optional = "ja" if column.optional else ""
        assert listed[name][2:] == [optional, limits(column), told_class], name
    for change in contract.changes:
        assert f"Från {change.since}: {change.description_sv}" in told


def limits(column: Column) -> str:
    parts = [", ".join(f"`{code}`" for code in column.codes)]
    if column.min is not None:
        low, high = column.min, column.max
        parts.append(f"minst {low}" if high is None else f"{low}–{high}")
    parts.append("inte i framtiden" if column.not_future else "")
    return "; ".join(part for part in parts if part)


def test_every_board_is_told_to_suppliers() -> None:
    for name in load_municipality(Settings()).units:
        assert name in section(SUPPLIERS, "Så ska innehållet se ut")


def test_every_field_of_a_municipality_s_file_is_told() -> None:
    told = set(CODE.findall((ROOT / "docs/sv/ny-kommun.md").read_text(encoding="utf-8")))
    for model in (Municipality, Board, CentralUnit, RegisterMapping, Form):
        assert set(model.model_fields) <= told, model


def test_every_code_that_an_analyst_meets_is_explained() -> None:
    codes = [*Kind, *Outcome, *Verdict]
    assert all(f"| `{code}` |" in ANALYSTS for code in codes)
    for code in ("observed", "preliminary", "revised", "missing", "not_applicable"):
        assert f"| `{code}` |" in ANALYSTS
    for code in ("suppressed", "broken_series"):
        assert f"| `{code}` |" in ANALYSTS
    assert all(f"`{kind}`" in ANALYSTS for kind in ExplanationKind)


def test_every_column_of_a_deviation_and_of_an_explanation_is_explained() -> None:
    told = set(CODE.findall(ANALYSTS))
    keys = {"deviation_id", "indicator_id", "period_start", "geography_id"}
    assert set(DEVIATIONS.columns) - keys <= told | {"breakdown", "category"}
    assert set(NaturalExplanation.model_fields) <= told


def test_the_glossary_has_the_codes() -> None:
    for code in (*Kind, *Outcome, *Verdict, *ExplanationKind):
        assert f"`{code}`" in GLOSSARY


def test_the_glossary_is_the_one_that_the_site_shows() -> None:
    """One glossary: the guide's tables are its words, in its order."""
    for part in glossary():
        listed = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in section(GLOSSARY, part.heading).splitlines()
            if line.startswith("|")
        ]
        assert tuple(listed[0]) == part.columns
        assert listed[2:] == [[each.en, each.sv, each.meaning] for each in part.entries]
    headings = re.findall(r"^## (.*)$", GLOSSARY, re.MULTILINE)
    assert headings == [part.heading for part in glossary()]


def test_the_glossary_has_the_words_of_the_registers() -> None:
    """A staging column whose English name does not say it all stands beside its Swedish one."""
    for word in (
        "biståndshushåll",
        "boendestöd",
        "skyddat boende",
        "jourlägenhet",
        "förhandsbedömning",
        "utredning",
        "insats",
        "vidtalade",
        "försörjningshinder",
        "avslag",
        "delavslag",
        "LSS-personkrets",
        "stadsdelsnämnd",
    ):
        assert word in GLOSSARY


def test_the_worked_examples_are_in_the_code() -> None:
    """What a guide shows of a file stands in that file."""
    examples = {
        "docs/add-a-register.md": "orchestration/registers/contracts/familjeratt_arenden.yml",
        "docs/add-an-expectation.md": "expectations/raw.register__avhysningar_barn.yml",
    }
    for guide, file in examples.items():
        text = (ROOT / guide).read_text(encoding="utf-8")
        blocks = re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
        wanted = [" ".join(block.split()) for block in blocks]
        content = " ".join((ROOT / file).read_text(encoding="utf-8").split())
        assert wanted
        assert all(block in content for block in wanted), guide
    for guide, file in (
        ("docs/add-a-source.md", "dbt_project/seeds/indicator_series.csv"),
        ("docs/add-an-indicator.md", "dbt_project/seeds/indicators.csv"),
    ):
        text = (ROOT / guide).read_text(encoding="utf-8")
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        assert [line for line in text.splitlines() if line.strip() in lines], guide


def test_checks_have_the_names_that_the_runbook_gives() -> None:
    text = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    checks = {check.name for step in flow().steps for check in step.checks}
    assert len(checks) >= 4
    for name in checks | {CHECK_NAME, STANDSTILL_CHECK}:
        assert f"`{name}`" in text


def test_the_steps_are_those_of_the_code() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    listed = rows(section(text, "Steps"))
    told = {name: row[4].strip("`") for name, row in listed.items() if name not in {"step", "---"}}
    gates = {step.name: step.gate if step.suites else "" for step in flow().steps}
    assert told == gates


def test_the_page_of_faults_has_the_tests_that_there_are() -> None:
    """Written anew by `python -m tests.faults`."""
    assert faults.PAGE.read_text(encoding="utf-8") == faults.page()
    assert faults.page().count("\n| ") > 4 * len(faults.AREAS)

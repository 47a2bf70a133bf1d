"""The house: imports go one way, Dagster stays in the thin layer, every module says its reason."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "orchestration"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each name may import those to the right of it; packages on one line do not import each other.
LAYERS: list[set[str]] = [
    {"__main__"},
    {"cli"},
    {"definitions"},
    {"assets", "checks", "automation", "progress"},
    {"resources", "intake", "version"},
    {
        "analyses",
        "demo",
        "deviation",
        "disclosure",
        "quality",
        "registers",
        "reporting",
        "sources",
        "storage",
    },
    {"indicators"},
    {"settings"},
]
THIN = {"definitions", "assets", "checks", "automation", "progress", "resources", "cli", "__main__"}


def part(module: Path) -> str:
    relative = module.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module}: relative import"
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(name: str) -> int:
    return next(place for place, names in enumerate(LAYERS) if name in names)


def test_there_are_modules_to_look_at() -> None:
    assert {part(module) for module in MODULES} >= {"assets", "registers", "sources", "cli"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(module: Path) -> None:
    own = part(module)
    if own == "__init__":
        return
    for name in imported(module):
        pieces = name.split(".")
        if pieces[0] != "orchestration" or len(pieces) == 1:
            continue
        other = pieces[1]
        if other == own:
            continue
        siblings = own in LAYERS[2] and other in LAYERS[2]
        helpers = own in LAYERS[3] and other in LAYERS[3]
        assert siblings or helpers or layer(other) > layer(own), f"{own} imports {name}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_thin_layer_knows_dagster(module: Path) -> None:
    if part(module) in THIN:
        return
    assert not [name for name in imported(module) if name.split(".")[0].startswith("dagster")]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert docstring is not None
    assert len(docstring.split()) > 8


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_environment_is_read_in_one_place(module: Path) -> None:
    # `resources` and `cli` pass an environment on to dbt and to Dagster's servers.
    if part(module) in {"settings", "resources", "cli"}:
        return
    text = module.read_text(encoding="utf-8")
    assert "os.environ" not in text
    assert "getenv" not in text


def test_the_clock_is_read_in_few_places() -> None:
    """What is judged is judged by `Settings.moment`, which stands still when the past is built.

    The others say when something was made or told, wait, or know what day it is for a supplier.
    """
    readers = {
        str(module.relative_to(PACKAGE))
        for module in MODULES
        if re.search(r"\b(datetime\.now|date\.today)\(", module.read_text(encoding="utf-8"))
    }
    assert readers == {
        "settings.py",
        "sources/client.py",
        "intake/as_of.py",
        "assets/publication.py",
        "assets/report.py",
        "automation.py",
        "cli/commands.py",
        "cli/published.py",
    }


def test_no_model_reads_the_clock() -> None:
    models = [path for path in (ROOT / "dbt_project").rglob("*.sql") if "target" not in path.parts]
    assert len(models) > 40
    for path in models:
        text = path.read_text(encoding="utf-8").lower()
        assert not re.search(r"\b(now|today|getdate)\(|\bcurrent_(date|time)", text), path


def test_no_stranger_is_named() -> None:
    """A clone stands alone: no path, host or tool of the place it was written in."""
    strangers = ("/" + "work/", "shared/" + "data", "." + "library")
    for path in [*ROOT.rglob("*.py"), *ROOT.rglob("*.yml"), *ROOT.rglob("*.md"), ROOT / "Makefile"]:
        if ".venv" in path.parts or "var" in path.parts or "target" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert not [name for name in strangers if name in text], path

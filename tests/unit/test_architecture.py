"""The house: imports go one way, Dagster stays in the thin layer, every module says its reason."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "orchestration"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Each name may import those to the right of it; packages on one line do not import each other.
LAYERS: list[set[str]] = [
    {"__main__"},
    {"cli"},
    {"definitions"},
    {"assets", "checks", "automation", "progress"},
    {"resources", "instance", "history", "flow"},
    {"intake", "notices", "version"},
    {
        "analyses",
        "demo",
        "deviation",
        "disclosure",
        "opendata",
        "quality",
        "registers",
        "reporting",
        "sources",
        "storage",
    },
    {"language"},
    {"findings"},
    {"indicators", "outside"},
    {"settings", "database", "statistics", "yaml_text", "beside"},
]
THIN = {
    *("definitions", "assets", "checks", "automation", "progress"),
    *("resources", "instance", "history", "cli", "__main__"),
}


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


def name_of(module: Path) -> str:
    return str(module.relative_to(PACKAGE))


def against_the_way(own: str, name: str) -> bool:
    """Whether a part of the package may not import a name."""
    pieces = name.split(".")
    if pieces[0] != "orchestration" or len(pieces) == 1 or pieces[1] == own:
        return False
    other = pieces[1]
    siblings = own in LAYERS[2] and other in LAYERS[2]
    helpers = own in LAYERS[3] and other in LAYERS[3]
    return not (siblings or helpers or layer(other) > layer(own))


def test_imports_go_one_way() -> None:
    """One test for all modules, as below: a test for each would cost more than what it asserts."""
    offenders = {
        name_of(module): wrong
        for module in MODULES
        if part(module) != "__init__"
        and (wrong := [name for name in imported(module) if against_the_way(part(module), name)])
    }
    assert offenders == {}
    assert against_the_way("storage", "orchestration.assets.raw")
    assert against_the_way("registers", "orchestration.cli")
    assert not against_the_way("cli", "orchestration.storage.landing")


def test_methods_of_statistics_know_nothing_of_the_project() -> None:
    methods = [module for module in MODULES if part(module) == "statistics"]
    assert len(methods) > 10
    assert {
        name_of(module): wrong
        for module in methods
        if (
            wrong := [
                name
                for name in imported(module)
                if name.startswith("orchestration.")
                and not name.startswith("orchestration.statistics")
            ]
        )
    } == {}


def test_analyses_are_functions_of_arrays() -> None:
    """No database, no words: the step reads and tells, and what lies between can be tried alone."""
    analyses = [module for module in MODULES if part(module) == "analyses"]
    assert len(analyses) > 3
    allowed = {"statistics", "findings", "analyses"}
    for module in analyses:
        names = imported(module)
        own = {name.split(".")[1] for name in names if name.startswith("orchestration.")}
        assert own <= allowed, module
        assert not {"duckdb", "pandas"} & names, module


def test_only_the_thin_layer_knows_dagster() -> None:
    known = {
        name_of(module): found
        for module in MODULES
        if (found := [n for n in imported(module) if n.split(".")[0].startswith("dagster")])
    }
    assert {name: found for name, found in known.items() if part(PACKAGE / name) not in THIN} == {}
    assert "definitions.py" in known, "the search finds what is there"


def test_no_start_pays_for_regressions() -> None:
    """What takes half a second to import is imported inside the functions that need it."""
    costly = {"statsmodels", "formulaic", "krippendorff"}
    known = {
        name_of(module)
        for module in MODULES
        if {name.partition(".")[0] for name in imported(module)} & costly
    }
    at_once = {
        name
        for name in known
        for node in ast.parse((PACKAGE / name).read_text("utf-8")).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        and costly & {(getattr(node, "module", None) or node.names[0].name).partition(".")[0]}
    }
    assert known == {"statistics/agreement.py", "statistics/regression.py"}
    assert at_once == set()


def test_every_module_says_what_it_is_for() -> None:
    said = {module: ast.get_docstring(ast.parse(module.read_text("utf-8"))) for module in MODULES}
    assert [
        name_of(module) for module, text in said.items() if len((text or "").split()) <= 8
    ] == []


def test_one_package_turns_a_number_into_text() -> None:
    """A drawing, and the files of the demonstration, are written for machines."""
    written = re.compile(r"\{[^{}\"]*:[+,]?\.\d[f%]\}|\{[^{}\"]*:,\}|:\.\d%\}")
    formatters = {
        name_of(module)
        for module in MODULES
        if part(module) not in {"language", "demo"}
        and written.search(module.read_text(encoding="utf-8"))
    }
    assert formatters == {"reporting/charts.py"}


def test_the_environment_is_read_in_one_place() -> None:
    # dbt and Dagster's servers are passed an environment.
    readers = {
        name_of(module)
        for module in MODULES
        if re.search(r"os\.environ|getenv", module.read_text(encoding="utf-8"))
    }
    assert {name for name in readers if not name.startswith("cli/")} == {
        "__init__.py",
        "flow/dbt_project.py",
    }


def test_landed_bytes_are_reached_through_the_store_alone() -> None:
    """It verifies them; whoever built a path would read what nobody has looked at."""
    texts = {name_of(module): module.read_text(encoding="utf-8") for module in MODULES}
    assert [name for name, text in texts.items() if "._blob(" in text] == ["storage/landing.py"]
    # The log of confirmations lies there too, and files are rewritten there.
    assert {name for name, text in texts.items() if "store.directory" in text} == {
        "storage/confirmations.py",
        "intake/rekeying.py",
    }
    # Otherwise the directory is named in a message, allowed to DuckDB, or work is done in it.
    reached = {name: set(re.findall(r".*\blanding_dir\b.*", text)) for name, text in texts.items()}
    ways = {
        name: {line.strip() for line in lines if "LandingStore(" not in line}
        for name, lines in reached.items()
    }
    assert {name: lines for name, lines in ways.items() if lines} == {
        "settings.py": {
            "def landing_dir(self) -> Path:",
            'return self.landing_dir if self.as_of is None else self.state_dir / "spill"',
        },
        "flow/performing.py": {"settings.landing_dir,"},
        "flow/verification.py": {
            'f"Loggen över mottagna leveranser i {settings.landing_dir} går inte att läsa"'
        },
    }


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
        "flow/accesses.py",
        "flow/documents.py",
        "flow/publication.py",
        "flow/samples.py",
        "automation.py",
        "notices.py",
        "cli/commands.py",
        "cli/preflight.py",
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


def test_yaml_is_read_in_one_place() -> None:
    """Libyaml's parser ends the process on a deeply nested file; one module knows which may."""
    loading = {
        name_of(module)
        for module in MODULES
        if re.search(r"yaml\.\w*load\w*\(|yaml\.C?\w*Loader\b", module.read_text("utf-8"))
    }
    assert loading == {"yaml_text.py"}

"""`make mutants`: changes lines that a wrong number could be born in, and sees some test fall.

    python -m tests.mutants

mutmut makes the changes (the mutants) one at a time in a copy of the project and runs the tests of
each. Which functions are changed, and which tests are asked, stands here; the mutants that no test
can tell from the code, each with the reason, in `mutants.yml`. Whatever else survives is a line
that no test holds: exit code 1, as for a listed one that is not there any more.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
EQUIVALENT = ROOT / "tests" / "mutants.yml"

# Modules by their path, and of a large one the functions, as mutmut names them.
MUTATED = {
    "orchestration/statistics/shocks.py": "*",
    "orchestration/statistics/groups.py": "*",
    "orchestration/statistics/multiplicity.py": "*",
    "orchestration/statistics/proportions.py": "*",
    "orchestration/deviation/assess.py": "x__sample*",
    "orchestration/deviation/pools.py": "*JudgedSeriesǁlog_to_expected*",
    "orchestration/deviation/found.py": "x_explanations_in_boards*",
    "orchestration/storage/report_year.py": "x_report_year*",
}
ASKED = [
    "tests/unit/deviation/test_deviation_details.py",
    "tests/unit/statistics/test_shocks.py",
    "tests/unit/deviation/test_deviation_multiplicity.py",
    "tests/unit/deviation/test_deviation_kinds.py",
    "tests/unit/statistics/test_filters.py",
    "tests/unit/deviation/test_deviation_found.py",
    "tests/unit/storage/test_report_year.py",
]
# What a developer reads of a wrong call is no number.
_NOT_MUTATED = [r"raise \w+Error\("]
_COPIED = ("orchestration", "tests", "docs", "dbt_project/seeds", "pyproject.toml", "README.md")


@dataclass(frozen=True, order=True)
class Mutant:
    """A change of one line.

    Attributes:
        function: Where, as module and function.
        before: The line as it stands.
        after: The line as it was changed.
    """

    function: str
    before: str
    after: str


def main() -> int:
    """Run the mutants, and say which survive without being known to.

    Returns:
        The exit code.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="avvik-mutants-") as name:
        copy = Path(name)
        _copy(copy)
        names = [f"{path[:-3].replace('/', '.')}.{each}" for path, each in MUTATED.items()]
        log = copy / "mutmut.txt"
        with log.open("w", encoding="utf-8") as told:
            ran = _mutmut(copy, "run", "--max-children", str(os.cpu_count()), *names, stdout=told)
        if ran.returncode:
            print(log.read_text(encoding="utf-8")[-3000:])  # noqa: T201 (what mutmut says is shown)
            return 1
        outcomes = _outcomes(copy, names)
        shown = {
            outcome: {_shown(copy, name) for name, each in outcomes.items() if each == outcome}
            for outcome in set(outcomes.values()) - {"killed"}
        }
    known = {
        Mutant(each["function"], each["before"], each["after"])
        for each in yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    }
    # What went on for ever, or was too slow on a busy machine, has told nothing.
    slow = shown.pop("timeout", set())
    survived = set().union(*shown.values())
    _tell("SURVIVED", survived - known)
    _tell("NOT THERE", known - survived - slow)
    _tell("TOO SLOW", slow - known)
    print(  # noqa: T201
        f"{len(outcomes)} mutants, {len(outcomes) - len(survived) - len(slow)} killed,"
        f" {len(survived & known)} known to be alike, {len(survived - known)} that no test holds,"
        f" {len(slow)} too slow; {time.monotonic() - began:.0f} s"
    )
    return int(not outcomes or bool(survived - known) or bool(known - survived - slow))


def _tell(what: str, mutants: set[Mutant]) -> None:
    for mutant in sorted(mutants):
        print(f"{what} {mutant.function}\n  - {mutant.before}\n  + {mutant.after}")  # noqa: T201


def _copy(copy: Path) -> None:
    for name in _COPIED:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    asked: dict[str, Any] = {
        "source_paths": ["orchestration/"],
        "only_mutate": list(MUTATED),
        "do_not_mutate_patterns": _NOT_MUTATED,
        "also_copy": ["docs/", "dbt_project/", "README.md"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:xdist"],
        "pytest_add_cli_args_test_selection": ASKED,
        "use_git_change_detection": False,
    }
    with (copy / "pyproject.toml").open("a", encoding="utf-8") as settings:
        # What JSON writes of texts and lists of them, TOML reads.
        lines = (f"{key} = {json.dumps(value)}" for key, value in asked.items())
        settings.write("\n[tool.mutmut]\n" + "\n".join(lines) + "\n")


def _mutmut(copy: Path, *arguments: str, stdout: Any = subprocess.PIPE) -> Any:
    # What stands on the way to imports may be the code as it was.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=copy,
        env=environment,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _outcomes(copy: Path, names: list[str]) -> dict[str, str]:
    """How each mutant that was tried fared."""
    told = _mutmut(copy, "results", "--all", "true").stdout
    pairs = (line.strip().rsplit(": ", 1) for line in told.splitlines() if ": " in line)
    outcomes = {pair[0]: pair[1] for pair in pairs if "__mutmut_" in pair[0]}
    return {name: told for name, told in outcomes.items() if told != "not checked"}


def _shown(copy: Path, name: str) -> Mutant:
    changed = {"-": "", "+": ""}
    for line in _mutmut(copy, "show", name).stdout.splitlines():
        if line[:1] in changed and line[:3] not in {"---", "+++"}:
            changed[line[0]] += f" {line[1:].strip()}"
    return Mutant(name.rpartition("__mutmut_")[0], changed["-"].strip(), changed["+"].strip())


if __name__ == "__main__":
    sys.exit(main())

"""Writes `docs/faults.md`: which faults and attacks are tried, what is promised, and by which test.

    python -m tests.faults

The rows are the tests' own names; a test that is renamed or taken away changes the page, and
`tests/unit/test_docs.py` holds the two together. What a test does belongs in the test.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "faults.md"


@dataclass(frozen=True)
class Area:
    """Faults of one kind.

    Attributes:
        title: What is at fault.
        promise: What becomes of all of them.
        files: The test files, as patterns below `tests/`.
    """

    title: str
    promise: str
    files: tuple[str, ...]


AREAS = (
    Area(
        "A page, a neighbour or a question tries to get further than it should",
        "It reaches nothing: no page of a stranger, no file but the published, no setting.",
        (
            "browser/test_hostile_page.py",
            "unit/cli/test_door.py",
            "unit/cli/test_questions.py",
            "unit/cli/test_pages.py",
            "unit/cli/test_answering.py",
            "unit/test_settings.py",
            "unit/registers/test_pseudonyms.py",
        ),
    ),
    Area(
        "A file does harm, or its name does",
        "It alone is named and left or held, whatever its parser does; all else is published.",
        (
            "unit/registers/test_inbox.py",
            "unit/registers/test_apart.py",
            "unit/test_outside.py",
            "unit/registers/test_what_arrives.py",
        ),
    ),
    Area(
        "An identity number stands where none belongs",
        "It is found however it is written, and ends at `raw`; what is shown is masked.",
        ("unit/registers/test_identity.py", "integration/test_privacy.py"),
    ),
    Area(
        "A notice cannot be told",
        "The run's own outcome stands; the notice is in the file, waits, and is sent in time.",
        ("unit/test_notices.py", "unit/storage/test_outbox.py"),
    ),
    Area(
        "A publisher answers wrongly",
        "Its last good answer stays, and the fault is told; no other source waits.",
        (
            "unit/sources/test_client.py",
            "unit/sources/test_certificates.py",
            "unit/sources/test_any_bytes.py",
            "unit/intake/test_fetching.py",
        ),
    ),
    Area(
        "A publisher lies in its values",
        "Its last good answer stands and is marked stale, the new one is held and told of until"
        " another comes or a person confirms; what publishers ordinarily revise passes.",
        ("unit/sources/test_judging.py", "unit/intake/test_held_answers.py"),
    ),
    Area(
        "What was written is changed afterwards",
        "It is said what and where, and how it is made anew; never taken for nothing new.",
        ("integration/test_verification.py", "unit/storage/test_manifest.py"),
    ),
    Area(
        "A process is killed, or two are at work",
        "Nothing is lost and nothing comes twice; the next run goes on.",
        (
            "integration/test_killed_intake.py",
            "integration/test_killed_steps.py",
            "integration/test_interrupted_run.py",
            "unit/storage/test_landing.py",
            "unit/storage/test_holders.py",
            "unit/storage/test_home.py",
        ),
    ),
    Area(
        "What is old is taken away",
        "What counts, is held or may count again stays; the rest goes in time, and is told of.",
        (
            "unit/registers/test_superseded.py",
            "unit/intake/test_superseded_rows.py",
            "unit/storage/test_retention.py",
        ),
    ),
    Area(
        "One municipality of several is at fault, or could be taken for another",
        "It alone is held and told; the others are taken in, and nothing passes between them.",
        (
            "integration/test_several_municipalities.py",
            "unit/intake/test_municipalities.py",
            "unit/intake/test_placing.py",
        ),
    ),
    Area(
        "A gate must hold",
        "What is published stays as it was, byte for byte, until all is in order.",
        ("integration/test_gates.py",),
    ),
    Area(
        "A delivery is unlike the earlier ones",
        "It is held and named, the last good one stays, until a person confirms or corrects.",
        ("integration/test_judged_deliveries.py", "unit/registers/test_drift.py"),
    ),
)


def tests_of(area: Area) -> Iterator[tuple[str, str, int]]:
    """The tests of an area.

    Args:
        area: The area.

    Yields:
        File below `tests/`, name and line of each, in the order in which they stand.

    Raises:
        ValueError: If a pattern finds no file, or the area no test.
    """
    found = 0
    for pattern in area.files:
        files = sorted((ROOT / "tests").glob(pattern))
        if not files:
            raise ValueError(f"no such tests: {pattern}")
        for file in files:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    found += 1
                    yield str(file.relative_to(ROOT / "tests")), node.name, node.lineno
    if not found:
        raise ValueError(f"no tests of: {area.title}")


def page() -> str:
    """The whole page, as Markdown."""
    lines = [
        "# Faults and attacks",
        "",
        "What is tried on the system, what it promises then, and the test that holds it. Each row",
        "is a test of that name, run by `make test`; the outcome is that it passes. Written by",
        "[tests/faults.py](../tests/faults.py) from the tests themselves.",
    ]
    for area in AREAS:
        lines += ["", f"## {area.title}", "", area.promise, "", "| fault | test |", "|---|---|"]
        lines += [
            f"| {sentence(name)} | [{Path(file).name}](../tests/{file}) |"
            for file, name, _ in sorted(tests_of(area), key=lambda each: (each[0], each[2]))
        ]
    return "\n".join(lines) + "\n"


def sentence(name: str) -> str:
    """A test's name as a sentence.

    Args:
        name: Such as `test_a_cut_file_is_told`.
    """
    return name.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

"""The guide's table of bias and coverage is what `make truths` wrote."""

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_table_is_what_was_measured() -> None:
    with (ROOT / "docs" / "figures" / "truths_functions.csv").open(encoding="utf-8") as file:
        measured = [
            (row["world"], row["estimand"], row["intervals"], row["coverage"],
             row["relative_bias"] or "–")
            for row in csv.DictReader(file)
        ]  # fmt: skip
    text = (ROOT / "docs" / "analyses.md").read_text(encoding="utf-8")
    told = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in re.findall(r"^\|.*\|$", text, re.MULTILINE)
    ]
    assert len(measured) > 30
    assert [row for row in told if row in set(measured)] == measured

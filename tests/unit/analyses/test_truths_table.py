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
    (table,) = re.findall(
        r"^\| world \| estimand \|.*\n\|[-|]+\|\n((?:\|.*\|\n)+)", text, re.MULTILINE
    )
    told = [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in table.splitlines()]
    assert len(measured) > 30
    assert told == measured

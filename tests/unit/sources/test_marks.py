"""Publishers' marks: each publisher's own, in each of its formats, and none that nobody declared.

What the marks mean is read in the publishers' own notes, and for SCB in PxWeb, where the nil is a
number of its own that adds as zero.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.formats import figure, marked
from orchestration.sources.observation import Observation
from orchestration.sources.registry import (
    Dataset,
    datasets_of,
    load_publishers,
    load_registry,
    recorded_files,
)

DECLARED = {dataset.source_id: dataset for dataset in load_registry()}
RECORDED = {dataset.source_id: dataset for dataset in datasets_of("demo")}
SCB = DECLARED["scb_population_year_ckm"]
EXPORT = DECLARED["bra_reported_crimes_year"]
WORKBOOK = DECLARED["bra_handled_crimes"]
DEBTORS = DECLARED["kronofogden_debtors"]
RESULT_PAGE = DECLARED["socialstyrelsen_assistance_monthly"]
YEARBOOK = next(each for each in load_registry() if each.publisher == "stockholm")


@pytest.mark.parametrize(
    ("dataset", "text", "value", "status"),
    [
        (SCB, "-", 0, "observed"),
        (SCB, "..", None, "missing"),
        (SCB, ".", None, "not_applicable"),
        (SCB, "501003 p", 501_003, "preliminary"),
        (SCB, "1 002,5r", 1_002.5, "revised"),
        (SCB, "0 -", 0, "observed"),
        (SCB, "-3", -3, "observed"),
        (EXPORT, "..", None, "not_applicable"),
        (EXPORT, "-", 0, "observed"),
        (WORKBOOK, "-", 0, "observed"),
        (WORKBOOK, ".", None, "not_applicable"),
        (WORKBOOK, "..", None, "missing"),
        (DEBTORS, "", None, "missing"),
        (RESULT_PAGE, "X", None, "suppressed"),
        (RESULT_PAGE, "--", None, "missing"),
        (RESULT_PAGE, "44\u00a0164", 44_164, "observed"),
        (YEARBOOK, "..", None, "missing"),
        (YEARBOOK, "", None, "missing"),
    ],
)
def test_a_cell_of_text(dataset: Dataset, text: str, value: float | None, status: str) -> None:
    assert figure(text, dataset, "rad 7") == (value, status)


@pytest.mark.parametrize(
    ("dataset", "text", "mark"),
    [
        (SCB, "...", "”...”"),
        (SCB, "X", "”X”"),
        (SCB, "501003 e", "”e”"),
        (EXPORT, "", "”"),
        (WORKBOOK, "*", "”*”"),
        (WORKBOOK, "#N/A", "”#N/A”"),
        (WORKBOOK, "12 345*", "”*”"),
        (DEBTORS, "NA", "”NA”"),
        (RESULT_PAGE, "-", "”-”"),
        (RESULT_PAGE, "..", "”..”"),
        (YEARBOOK, "-", "”-”"),
        (YEARBOOK, "X", "”X”"),
    ],
)
def test_a_mark_that_its_publisher_has_not_declared_is_refused_by_name(
    dataset: Dataset, text: str, mark: str
) -> None:
    """Another publisher may well have it: what it means there says nothing here."""
    with pytest.raises(SourceFormatError) as caught:
        figure(text, dataset, "rad 7, kolumnen Antal")
    assert mark in caught.value.message_sv
    assert "rad 7, kolumnen Antal" in caught.value.message_sv
    assert "källregistret" in caught.value.message_sv


@pytest.mark.parametrize(
    ("value", "mark"), [(5.0, "-"), (5.0, ".."), (0.0, ".."), (5.0, "."), (None, "p"), (None, "r")]
)
def test_a_mark_that_contradicts_its_figure_is_refused(value: float | None, mark: str) -> None:
    with pytest.raises(SourceFormatError, match="markeringen"):
        marked(value, mark, SCB, "värde 3")


def test_every_publisher_has_one_table_and_every_dataset_follows_it() -> None:
    publishers = load_publishers()
    assert len(publishers) >= 6
    for publisher in publishers.values():
        assert publisher.marks
    for dataset in load_registry():
        publisher = publishers[dataset.publisher]
        otherwise = publisher.marks_by_format.get(dataset.parser, {})
        assert dict(dataset.marks) == {**publisher.marks, **otherwise}
    # No format leaves a mark out that the publisher has.
    assert EXPORT.marks.keys() == WORKBOOK.marks.keys()


def answer_of_scb(change: Callable[[dict[str, Any]], object]) -> list[Observation]:
    dataset = RECORDED["scb_population_year_ckm"]
    answer = json.loads(recorded_files(dataset)[0].read_bytes())
    change(answer)
    return list(parse_dataset(json.dumps(answer).encode(), dataset).observations)


def test_a_nil_of_pxweb_is_an_absolute_zero() -> None:
    def nil(answer: dict[str, Any]) -> None:
        answer["value"][4] = None
        answer["status"] = {"4": "-"}

    rows = answer_of_scb(nil)
    assert (rows[4].value, rows[4].status, rows[4].value_text) == (0, "observed", "-")
    assert all(row.value and row.status == "observed" for row in rows if row is not rows[4])


def test_a_value_of_pxweb_may_have_a_mark_of_its_own() -> None:
    def noted(answer: dict[str, Any]) -> None:
        answer["value"][:3] = [10_575_001, 0, 5_287_498]
        answer["status"] = {"0": "p", "1": "-", "2": "r"}

    rows = answer_of_scb(noted)
    assert [(row.value, row.status) for row in rows[:4]] == [
        (10_575_001, "preliminary"),
        (0, "observed"),
        (5_287_498, "revised"),
        (1_002_001, "observed"),
    ]
    assert rows[0].value_text == "10575001 p"


def test_a_mark_of_pxweb_that_is_not_declared_is_named() -> None:
    with pytest.raises(SourceFormatError, match="värde 5: markeringen ”e”"):
        answer_of_scb(lambda answer: answer.update(status={"4": "e"}))

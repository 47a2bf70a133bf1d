"""Whatever bytes come: a parser gives rows, or the one error that says what is wrong."""

import io
import math
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import ReplayServer, Reply, Request
from orchestration.sources.answers import Part, pack, unpack
from orchestration.sources.client import Client, Pace
from orchestration.sources.dispatch import fetch_dataset, parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.formats import number
from orchestration.sources.observation import Parsed
from orchestration.sources.registry import (
    Calls,
    Dataset,
    datasets_of,
    load_registry,
    recorded_files,
)
from tests.unit.sources import test_bra_tables, test_declared_table

DATASETS = datasets_of("demo")
# Several workbooks of one layout are tried with one of them.
FILES = [
    (dataset, path.read_bytes())
    for dataset in DATASETS
    for path in recorded_files(dataset)[
        : 1 if dataset.parser in {"oj_workbook", "declared_table"} else None
    ]
]
# Formats in which one dataset can be told from another.
DISTINCT = {"json_stat2", "rowstore", "kolada_v3", "semicolon_file"}
# Formats that no recording is in: what they are tried with is built in the tests.
[WORKBOOK] = [each for each in load_registry() if each.source_id == "bra_handled_crimes"]
BUILT = [
    (WORKBOOK, test_bra_tables.handled(*test_bra_tables.REAL_ROWS)),
    (test_declared_table.WORKBOOK, test_declared_table.oj()),
    (test_bra_tables.COUNTY, test_bra_tables.workbook(("P1", test_bra_tables.OLDER))),
    (test_bra_tables.PASTED, test_bra_tables.PASTED_TEXT.encode()),
    (test_bra_tables.LIST, test_bra_tables.MUNICIPALITIES.encode()),
]
# Named by place: a workbook's size differs with the second in which it is built.
each_built = pytest.mark.parametrize(
    ("dataset", "content"),
    BUILT,
    ids=[f"{d.source_id}-{d.parser}-{n}" for n, (d, _) in enumerate(BUILT)],
)
# Publishers whose parts say something only together, with what was asked of them.
WHOLE = {"kolada", "bra", "kronofogden"}
SINGLE = [(dataset, content) for dataset, content in FILES if dataset.publisher not in WHOLE]
each_single = pytest.mark.parametrize(
    ("dataset", "content"), SINGLE, ids=[f"{d.source_id}-{len(c)}" for d, c in SINGLE]
)
each_dataset = pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.source_id)
each_file = pytest.mark.parametrize(
    ("dataset", "content"), FILES, ids=[f"{d.source_id}-{len(c)}" for d, c in FILES]
)
# Answers that come in pages, and how their publisher is told how large a page may be.
PAGE_SIZE = {"kolada": "per_page", "kronofogden": "_limit"}
PAGED = [each for each in DATASETS if each.publisher in PAGE_SIZE and each.request is not None]
each_paged = pytest.mark.parametrize("dataset", PAGED, ids=lambda dataset: dataset.source_id)
# Bytes that mean something in one of the formats make better mutations than any at random.
FRAGMENTS = st.sampled_from(
    [
        *(b"", b";", b",", b'"', b"\n", b"\xa0", b"\xff", b"\x00", b"..", b"-", b"null", b"{}"),
        *(b"<td>", b"</td>", b"<tr>", b"1e400", b"-0", b"99999999", b"\xc5r", b"\xc5\xbf"),
    ]
)


def parse_or_error(content: bytes, dataset: Dataset) -> Parsed | None:
    message = ""
    try:
        parsed = parse_dataset(content, dataset)
    except SourceFormatError as error:
        message = error.message_sv
    if message:
        assert dataset.source_id in message
        assert "Väntat:" in message
        assert message.replace("\u00a0", " ").isprintable()
        assert len(message) < 1500
        return None
    for row in parsed.observations:
        row.value_text.encode()
        row.dimensions.encode()
        assert row.value is None or math.isfinite(row.value)
    return parsed


@each_dataset
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@settings(max_examples=30, deadline=None)
def test_arbitrary_bytes(dataset: Dataset, content: bytes) -> None:
    assert parse_or_error(content, dataset) is None


@each_dataset
@given(text=st.text(alphabet='<>/="tdrhmlpbody idspan&#;x1', max_size=200))
@settings(max_examples=20, deadline=None)
def test_arbitrary_markup_that_ends_as_a_page(dataset: Dataset, text: str) -> None:
    assert parse_or_error(f"<html>{text}</html>".encode(), dataset) is None


@each_file
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_real_bytes(dataset: Dataset, content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 12))
    mutated = content[:start] + data.draw(FRAGMENTS) + content[start + length :]
    parse_or_error(mutated, dataset)


@each_built
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_and_arbitrary_files_of_the_built_formats(
    dataset: Dataset, content: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 12))
    parse_or_error(content[:start] + data.draw(FRAGMENTS) + content[start + length :], dataset)
    parse_or_error(content[:start], dataset)
    assert parse_or_error(data.draw(st.binary(max_size=400)), dataset) is None


@each_built
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_workbooks_with_a_part_replaced(
    dataset: Dataset, content: bytes, data: st.DataObject
) -> None:
    """The archive is whole, and one of its parts is anything: a sheet, the styles, the index."""
    if not content.startswith(b"PK"):
        content = BUILT[0][1]
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    old = parts[name]
    start = data.draw(st.integers(0, len(old)))
    parts[name] = data.draw(
        st.sampled_from([b"", old[:start], old[:start] + b"<c r='XFD1'><v>1</v></c>" + old[start:]])
        | st.binary(max_size=200)
    )
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for each, text in parts.items():
            archive.writestr(each, text)
    parse_or_error(target.getvalue(), dataset)


@each_file
@given(request=st.text(max_size=80), data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_fetched_answers_with_any_request(
    dataset: Dataset, content: bytes, request: str, data: st.DataObject
) -> None:
    end = data.draw(st.integers(0, len(content)))
    parse_or_error(pack([Part(request, "text/plain", content[:end])]), dataset)


@each_file
@given(data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_delivery_cut_within_a_row_is_refused(
    dataset: Dataset, content: bytes, data: st.DataObject
) -> None:
    end = data.draw(st.integers(0, len(content.rstrip()) - 1))
    cut = content[:end]
    # A line-based file cut between two lines is a shorter file in the same format.
    if dataset.parser in {
        "sol_export",
        "measure_table",
        "open_comparisons",
        "yearbook",
        "semicolon_file",
    }:
        cut = cut.rstrip(b"\n")
        if cut.endswith(b";") and dataset.parser == "sol_export":
            cut = cut[:-1]
    assert parse_or_error(cut, dataset) is None


@cache
def fetched(source_id: str) -> tuple[Part, ...]:
    """The answer to a dataset's request, in pages of three."""
    [dataset] = [each for each in PAGED if each.source_id == source_id]

    def small(request: Request) -> Reply:
        query = dict(request.query) | {PAGE_SIZE[dataset.publisher]: "3"}
        return PUBLISHERS[dataset.publisher](replace(request, query=tuple(query.items())))

    with ReplayServer({dataset.publisher: small}) as server:
        addresses: Any = server.addresses
        paces = dict.fromkeys(addresses, Pace(Calls(count=1_000_000, seconds=1.0)))
        with Client(addresses, paces) as client:
            parts = unpack(fetch_dataset(client, dataset, "0180"))
    assert parts is not None
    assert len(parts) > 2
    return tuple(parts)


@each_paged
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_answer_in_pages_is_read_whole_or_not_at_all(
    dataset: Dataset, data: st.DataObject
) -> None:
    whole = parse_dataset(pack(fetched(dataset.source_id)), dataset)
    places = st.lists(st.sampled_from(range(len(fetched(dataset.source_id)))), min_size=1)
    chosen = data.draw(places | st.permutations(range(len(fetched(dataset.source_id)))))
    parsed = parse_or_error(pack([fetched(dataset.source_id)[place] for place in chosen]), dataset)
    assert parsed in (None, whole)
    assert whole.observations


@each_paged
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_answers_in_pages(dataset: Dataset, data: st.DataObject) -> None:
    parts = list(fetched(dataset.source_id))
    place = data.draw(st.integers(0, len(parts) - 1))
    content = parts[place].content
    start = data.draw(st.integers(0, len(content) - 1))
    mutated = content[:start] + data.draw(FRAGMENTS) + content[start + 5 :]
    parts[place] = replace(parts[place], content=mutated)
    parse_or_error(pack(parts), dataset)
    archive = pack(parts)
    start = data.draw(st.integers(0, len(archive) - 1))
    parse_or_error(archive[:start] + data.draw(FRAGMENTS) + archive[start + 1 :], dataset)


PARTS = st.lists(
    st.builds(
        Part,
        request=st.text(max_size=20).filter(lambda text: text.isprintable()),
        media_type=st.sampled_from(["", "text/html", "application/json"]),
        content=st.binary(max_size=200),
        holds_figures=st.booleans(),
    ),
    max_size=4,
)


@given(parts=PARTS)
@settings(max_examples=100, deadline=None)
def test_a_packed_answer_is_unpacked_as_it_was(parts: list[Part]) -> None:
    packed = pack(parts)
    assert unpack(packed) == parts
    assert pack(parts) == packed


@each_dataset
@given(parts=PARTS)
@settings(max_examples=20, deadline=None)
def test_arbitrary_bytes_in_the_parts_of_an_answer(dataset: Dataset, parts: list[Part]) -> None:
    assert parse_or_error(pack(parts), dataset) is None


@each_file
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_archive(dataset: Dataset, content: bytes, data: st.DataObject) -> None:
    packed = pack([Part("GET /", "", content)])
    start = data.draw(st.integers(0, len(packed) - 1) | st.integers(0, 60))
    length = data.draw(st.integers(0, 12))
    mutated = packed[:start] + data.draw(FRAGMENTS | st.binary(max_size=8))
    parse_or_error(mutated + packed[start + length :], dataset)
    assert parse_or_error(packed[:-1], dataset) is None
    assert parse_or_error(packed[: len(packed) // 2], dataset) is None


def compressed(content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("svar.json", "[]")
        target.writestr("0001", content)
    return archive.getvalue()


def renamed(content: bytes) -> bytes:
    return pack([Part("GET /", "", content)]).replace(b"0001", b"0002")


@each_file
@pytest.mark.parametrize("make", [compressed, renamed])
def test_an_archive_of_another_kind_is_no_answer(
    dataset: Dataset, content: bytes, make: Callable[[bytes], bytes]
) -> None:
    assert unpack(make(content)) is None
    assert parse_or_error(make(content), dataset) is None


@each_single
def test_a_packed_recording_reads_as_the_recording(dataset: Dataset, content: bytes) -> None:
    whole = parse_dataset(content, dataset)
    about = Part("GET /", "text/html", b"<html>", holds_figures=False)
    assert parse_dataset(pack([about, Part("GET /", "", content)]), dataset) == whole


@each_file
def test_the_same_figures_in_two_parts_are_refused(dataset: Dataset, content: bytes) -> None:
    part = Part("GET /", "", content)
    with pytest.raises(SourceFormatError) as error:
        parse_dataset(pack([part, part]), dataset)
    if dataset.publisher not in WHOLE:
        assert re.search("svarets del 2, rad [0-9]+: samma uppgift som", error.value.message_sv)


@each_dataset
def test_an_answer_without_figures_is_refused(dataset: Dataset) -> None:
    for parts in ([], [Part("GET /", "", b"{}", holds_figures=False)]):
        with pytest.raises(SourceFormatError) as error:
            parse_dataset(pack(parts), dataset)
        if dataset.publisher not in WHOLE:
            assert "utan någon uppgift" in error.value.message_sv


@each_dataset
def test_a_delivery_of_another_dataset_is_refused(dataset: Dataset) -> None:
    alike = {dataset.parser}
    if alike & {"measure_table", "open_comparisons"}:
        alike = {"measure_table", "open_comparisons"}
    for other, content in FILES:
        same = other.source_id == dataset.source_id
        if not same and (other.parser not in alike or dataset.parser in DISTINCT):
            assert parse_or_error(content, dataset) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("44\u00a0164", 44_164.0),
        ("1 234 567", 1_234_567.0),
        ("82576", 82_576.0),
        ("39,3", 39.3),
        ("95.30", 95.3),
        ("-2", -2.0),
        ("", None),
        ("..", None),
        ("1 23", None),
        ("1_000", None),
        ("1e3", None),
        ("٣", None),
        ("9" * 400, None),
    ],
)
def test_numbers_as_swedish_publishers_write_them(text: str, expected: float | None) -> None:
    assert number(text) == expected

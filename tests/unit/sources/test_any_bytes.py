"""Whatever bytes come: a parser gives rows, or the one error that says what is wrong."""

import io
import math
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestration.sources.answers import Part, pack, unpack
from orchestration.sources.dispatch import parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Parsed
from orchestration.sources.reading import number
from orchestration.sources.registry import Dataset, datasets_of, recorded_files

DATASETS = datasets_of("demo")
FILES = [(dataset, path.read_bytes()) for dataset in DATASETS for path in recorded_files(dataset)]
each_dataset = pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.source_id)
each_file = pytest.mark.parametrize(
    ("dataset", "content"), FILES, ids=[f"{d.source_id}-{len(c)}" for d, c in FILES]
)
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


@each_file
@given(data=st.data())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_delivery_cut_within_a_row_is_refused(
    dataset: Dataset, content: bytes, data: st.DataObject
) -> None:
    end = data.draw(st.integers(0, len(content.rstrip()) - 1))
    cut = content[:end]
    # A line-based file cut between two lines is a shorter file in the same format.
    if dataset.parser in {"sol_export", "measure_table", "open_comparisons", "yearbook"}:
        cut = cut.rstrip(b"\n")
        if cut.endswith(b";") and dataset.parser == "sol_export":
            cut = cut[:-1]
    assert parse_or_error(cut, dataset) is None


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


@each_file
def test_a_packed_recording_reads_as_the_recording(dataset: Dataset, content: bytes) -> None:
    whole = parse_dataset(content, dataset)
    about = Part("GET /", "text/html", b"<html>", holds_figures=False)
    assert parse_dataset(pack([about, Part("GET /", "", content)]), dataset) == whole


@each_file
def test_the_same_figures_in_two_parts_are_refused(dataset: Dataset, content: bytes) -> None:
    part = Part("GET /", "", content)
    with pytest.raises(SourceFormatError, match=r"svarets del 2, rad [0-9]+: samma uppgift som"):
        parse_dataset(pack([part, part]), dataset)


@each_dataset
def test_an_answer_without_figures_is_refused(dataset: Dataset) -> None:
    for parts in ([], [Part("GET /", "", b"{}", holds_figures=False)]):
        with pytest.raises(SourceFormatError, match="utan någon uppgift"):
            parse_dataset(pack(parts), dataset)


@each_dataset
def test_a_delivery_of_another_dataset_is_refused(dataset: Dataset) -> None:
    alike = {dataset.parser}
    if alike & {"measure_table", "open_comparisons"}:
        alike = {"measure_table", "open_comparisons"}
    for other, content in FILES:
        same = other.source_id == dataset.source_id
        if not same and (other.parser not in alike or dataset.parser in {"json_stat2", "rowstore"}):
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

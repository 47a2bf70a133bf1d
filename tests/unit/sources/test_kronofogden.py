"""Kronofogden's RowStore pages and national figures."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import ReplayServer, Reply, Request
from orchestration.sources.answers import Part, pack, unpack
from orchestration.sources.client import Client, FetchError, Pace
from orchestration.sources.dispatch import fetch_dataset, parse_dataset, say_the_same
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.kronofogden import fetch, parse, parse_parts
from orchestration.sources.registry import Calls, Dataset, datasets_of, recorded_files
from orchestration.sources.requests import RowStoreRequest

DATASETS = {dataset.source_id: dataset for dataset in datasets_of("demo")}
DEBTORS = DATASETS["kronofogden_debtors"]
REAL = recorded_files(DEBTORS)[0].read_bytes()


def changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    page = json.loads(REAL)
    change(page)
    return json.dumps(page, ensure_ascii=False).encode()


def test_real_page() -> None:
    parsed = parse(REAL, DEBTORS)
    assert len(parsed.observations) == 58 * 3
    first = [row for row in parsed.observations if row.row_number == 1]
    assert {row.series: (row.value, row.value_text) for row in first} == {
        "antal skuldsatta": (42, "42"),
        "skuldbelopp": (6_173_238, "6173238"),
        "antal med löneutmätning": (12, "12"),
    }
    # The county stands in the column whose name begins with a byte order mark.
    assert json.loads(first[0].dimensions) == {
        "kön": "Man",
        "län": "ÖSTERGÖTLANDS LÄN",
        "ålder": "35-44 år",
    }
    assert {(row.region, row.period) for row in first} == {("VALDEMARSVIK", "2020")}
    last = parsed.observations[-3]
    assert (last.row_number, last.region, last.series) == (58, "SAKNAS", "antal skuldsatta")
    assert last.value == 9781


def test_a_page_says_which_part_of_the_dataset_it_is() -> None:
    [note] = parse(REAL, DEBTORS).notes
    assert "rad 43301–43358 av 43358" in note.text
    relief = DATASETS["kronofogden_debt_relief"]
    assert parse(recorded_files(relief)[0].read_bytes(), relief).notes == ()


def test_a_page_may_point_to_the_next() -> None:
    page = changed(lambda p: p.update(resultCount=50_000, next="https://example.invalid/json"))
    assert len(parse(page, DEBTORS).observations) == 58 * 3


def test_an_empty_cell_is_missing() -> None:
    page = changed(lambda p: p["results"][0].update(skuldbelopp=""))
    rows = [row for row in parse(page, DEBTORS).observations if row.row_number == 1]
    assert [row.status for row in rows] == ["observed", "missing", "observed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p["results"].pop(), "rad 43301–43357 av 43358 och ingen följande sida"),
        (lambda p: p.update(offset=43_301), "rad 43302–43359 av 43358"),
        (lambda p: p.update(next="https://example.invalid/json"), "och ändå en följande sida"),
        (lambda p: p.pop("resultCount"), "nyckeln ”resultCount”: nyckeln saknas"),
        (lambda p: p.update(results=[]), "results"),
        (lambda p: p["results"][0].update({"antal skuldsatta": 42}), "results.0"),
        (lambda p: p["results"][3].pop("kön"), "rad 4 i ”results”: kolumnerna"),
        (lambda p: p["results"][0].update(utländsk="nej"), "rad 1 i ”results”: kolumnerna"),
        (lambda p: p["results"][0].update({"\ufeffkön": "Man"}), "rad 1"),
        (lambda p: p["results"][5].update(kommun=""), "rad 6"),
        (lambda p: p["results"][5].update(år="2O20"), "rad 6"),
        (lambda p: p["results"][5].update(skuldbelopp="många"), "rad 6, skuldbelopp"),
        (lambda p: p["results"].__setitem__(1, p["results"][0]), "samma uppgift som på rad 1"),
    ],
)
def test_a_page_that_does_not_hang_together_is_refused(
    change: Callable[[dict[str, Any]], object], words: str
) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(changed(change), DEBTORS)
    assert words in caught.value.message_sv


def test_html_and_cut_pages_are_refused() -> None:
    with pytest.raises(SourceFormatError, match="en webbsida i stället för JSON"):
        parse(b"<html>503</html>", DEBTORS)
    with pytest.raises(SourceFormatError, match="JSON som inte går att läsa"):
        parse(REAL[:-20], DEBTORS)


def test_national_figures_keep_half_years_apart() -> None:
    national = DATASETS["kronofogden_evictions_national"]
    rows = parse(recorded_files(national)[0].read_bytes(), national).observations
    found = {(row.series, row.period): row.value for row in rows}
    assert found["Verkställda vräkningar", "2020"] == 2106
    assert found["Verkställda vräkningar", "2023"] == 2768
    assert found["Barn berörda av verkställd vräkning", "2022H1"] == 269
    assert found["Skuldbelopp, mdr kr", "2023"] == 119
    assert {row.region for row in rows} == {"Riket"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mått,år,värde\na,2020,1\n", "kolumnerna mått,period,värde"),
        ("mått,period,värde\na,2020,1", "radslut saknas"),
        ("mått,period,värde\n", "inga datarader"),
        ("mått,period,värde\na,2020\n", "rad 2: 2 fält"),
        ("mått,period,värde\na,20,1\n", "rad 2"),
        ("mått,period,värde\n,2020,1\n", "rad 2"),
        ("mått,period,värde\na,2020,ett\n", "rad 2"),
        ("mått,period,värde\na,2020,1\na,2020,2\n", "rad 3: samma uppgift som på rad 2"),
        ('mått,period,värde\n"a,2020,1\n', "citattecken"),
    ],
)
def test_a_table_of_figures_that_is_wrong_is_refused(text: str, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(text.encode(), DATASETS["kronofogden_evictions_national"])
    assert words in caught.value.message_sv


# --- all pages ------------------------------------------------------------------------------------


@contextmanager
def replayed(server: ReplayServer) -> Iterator[Client]:
    with server:
        addresses: Any = server.addresses
        paces = dict.fromkeys(addresses, Pace(Calls(count=1_000_000, seconds=1.0)))
        with Client(addresses, paces, sleep=lambda _: None) as client:
            yield client


def small_pages(size: int) -> Callable[[Request], Reply]:
    """A RowStore with a lower limit than the one that is asked for."""

    def answer(request: Request) -> Reply:
        query = dict(request.query) | {"_limit": str(size)}
        return PUBLISHERS["kronofogden"](replace(request, query=tuple(query.items())))

    return answer


def filtered(dataset: Dataset, **filters: str) -> Dataset:
    assert isinstance(dataset.request, RowStoreRequest)
    request = dataset.request.model_copy(update={"filters": filters})
    return dataset.model_copy(update={"request": request})


@pytest.fixture(scope="module")
def pages() -> list[Part]:
    """The 58 rows in pages of 20."""
    with replayed(ReplayServer({"kronofogden": small_pages(20)})) as client:
        return list(fetch(client, DEBTORS, "0180"))


@pytest.mark.parametrize("size", [500, 29, 20, 1])
def test_all_pages_are_fetched_whatever_their_size(size: int) -> None:
    with replayed(ReplayServer({"kronofogden": small_pages(size)})) as client:
        content = fetch_dataset(client, DEBTORS, "0180")
    parts = unpack(content)
    assert parts is not None
    assert len(parts) == -(-58 // size)
    assert not any("127.0.0.1" in part.request for part in parts)
    parsed = parse_dataset(content, DEBTORS)
    assert parsed.notes == ()
    assert [row.row_number for row in parsed.observations] == [
        n for n in range(1, 59) for _ in "abc"
    ]
    whole = parse(REAL, DEBTORS).observations
    assert parsed.observations == whole
    # Eleven rows of Ydre, by eye: 1+1+8+6+10+11+8+13+11+13+6+11.
    ydre = [row.value for row in parsed.observations if row.region == "YDRE"]
    assert sum(value or 0 for value in ydre[0::3]) == 99


def test_a_column_with_a_swedish_name_can_be_filtered_by() -> None:
    server = ReplayServer(PUBLISHERS)
    with replayed(server) as client:
        content = fetch_dataset(client, filtered(DEBTORS, kön="Man", kommun="YDRE"), "0180")
    parsed = parse_dataset(content, DEBTORS)
    assert {row.region for row in parsed.observations} == {"YDRE"}
    assert {json.loads(row.dimensions)["kön"] for row in parsed.observations} == {"Man"}
    [(_, request)] = server.requests
    assert dict(request.query)["kön"] == "Man"
    [part] = unpack(content) or []
    assert part.request.endswith("?_limit=500&_offset=0&kön=Man&kommun=YDRE")


def test_the_last_page_has_no_next_and_the_others_have(pages: list[Part]) -> None:
    links = ["next" in json.loads(part.content) for part in pages]
    assert links == [True, True, False]


def test_how_long_the_answer_took_is_no_news(pages: list[Part]) -> None:
    slower = [
        replace(part, content=part.content.replace(b'"queryTime": 0', b'"queryTime": 52'))
        for part in pages
    ]
    assert slower != pages
    assert say_the_same(pack(pages), pack(slower), DEBTORS)
    assert not say_the_same(pack(pages), pack(pages[:1]), DEBTORS)


def total_of(part: Part, total: int) -> Part:
    body = json.loads(part.content) | {"resultCount": total}
    return replace(part, content=json.dumps(body, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: [p[0], p[2]], "en sida från rad 41 i stället för 21"),
        (lambda p: p[1:], "en sida från rad 21 i stället för 1"),
        (lambda p: p[:2], "40 av 58 rader"),
        (lambda p: [p[0], p[0], p[1], p[2]], "en sida från rad 1 i stället för 21"),
        (lambda p: [p[1], p[0], p[2]], "en sida från rad 21 i stället för 1"),
        (lambda p: [p[0], total_of(p[1], 59), p[2]], "59 rader på en sida och 58 på en annan"),
        (lambda p: [total_of(each, 57) for each in p], "rad 41–58 av 57"),
        (lambda p: [total_of(each, 59) for each in p], "rad 41–58 av 59 och ingen följande sida"),
    ],
)
def test_pages_that_do_not_make_up_the_whole_are_refused(
    pages: list[Part], change: Callable[[list[Part]], list[Part]], words: str
) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse_dataset(pack(change(pages)), DEBTORS)
    assert words in caught.value.message_sv


def test_a_row_that_comes_on_two_pages_is_refused(pages: list[Part]) -> None:
    first, second = (json.loads(part.content) for part in pages[:2])
    second["results"][3] = first["results"][5]
    moved = replace(pages[1], content=json.dumps(second, ensure_ascii=False).encode())
    with pytest.raises(SourceFormatError, match="rad 24: samma uppgift som på rad 6"):
        parse_parts([pages[0], moved, pages[2]], DEBTORS)


def shorter(request: Request, reply: Reply) -> Reply:
    """A page that lost its last row on the way."""
    del request
    body = json.loads(reply.content)
    body["results"].pop()
    return Reply(json.dumps(body, ensure_ascii=False).encode(), reply.media_type)


def html(request: Request, reply: Reply) -> Reply:
    del request
    return Reply(b"<html>503</html>", "text/html", reply.status)


@pytest.mark.parametrize(
    ("fault", "words"),
    [(shorter, "och ingen följande sida"), (html, "en webbsida i stället för JSON")],
)
def test_an_answer_that_is_not_whole_is_no_delivery(
    fault: Callable[[Request, Reply], Reply], words: str
) -> None:
    server = ReplayServer(PUBLISHERS)
    server.plant("kronofogden", fault)
    with replayed(server) as client, pytest.raises(SourceFormatError, match=words):
        fetch_dataset(client, DEBTORS, "0180")


def test_a_resource_that_is_gone_is_told() -> None:
    assert isinstance(DEBTORS.request, RowStoreRequest)
    elsewhere = DEBTORS.request.model_copy(
        update={"resource": "00000000-0000-0000-0000-000000000000"}
    )
    gone = DEBTORS.model_copy(update={"request": elsewhere})
    with (
        replayed(ReplayServer(PUBLISHERS)) as client,
        pytest.raises(FetchError, match="felkod 404"),
    ):
        fetch_dataset(client, gone, "0180")


# --- files ----------------------------------------------------------------------------------------

DEBT = DATASETS["kronofogden_debt"]
HEADER = "År;Län;Kommun;Kön;Antal.skuldsatta;Skuldbelopp"
ROW = "2023;STOCKHOLM;STOCKHOLM;Kvinna;14999;3947057948"


def test_the_semicolon_file() -> None:
    content = recorded_files(DEBT)[0].read_bytes()
    assert b"\xc5r;L\xe4n;" in content
    parsed = parse(content, DEBT)
    assert len(parsed.observations) == 8 * 2 * 2
    rows = {
        json.loads(row.dimensions)["Kön"]: row.value
        for row in parsed.observations
        if (row.period, row.series) == ("2023", "Antal.skuldsatta")
    }
    assert rows == {"Kvinna": 14_999, "Man": 22_313}
    assert {row.region for row in parsed.observations} == {"STOCKHOLM"}


def test_the_file_of_long_term_debtors() -> None:
    dataset = DATASETS["kronofogden_long_term_debtors"]
    parsed = parse(recorded_files(dataset)[0].read_bytes(), dataset)
    assert {row.series for row in parsed.observations} == {"Antal.personer"}
    assert len(parsed.observations) == 16


def test_columns_may_come_in_another_order_and_a_cell_be_empty() -> None:
    text = "Kommun;År;Kön;Skuldbelopp;Antal.skuldsatta;Län\nGÖTEBORG;2023;Man;1 234,50;;V G\n"
    first, second = parse(text.encode("latin-1"), DEBT).observations
    assert (first.series, first.value, first.status) == ("Antal.skuldsatta", None, "missing")
    assert (second.value, second.region) == (1234.5, "GÖTEBORG")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{HEADER}\n{ROW}\n".encode(), "rubrikraden: kolumnerna"),
        (f"{HEADER};Mer\n{ROW};1\n".encode("latin-1"), "rubrikraden: kolumnerna"),
        (f"{HEADER}\n{ROW}".encode("latin-1"), "radslut saknas"),
        (f"{HEADER}\n".encode("latin-1"), "inga datarader"),
        (f"{HEADER}\n{ROW};1\n".encode("latin-1"), "rad 2: 7 fält"),
        (f"{HEADER}\n{ROW}\n{ROW}\n".encode("latin-1"), "rad 3: samma uppgift som på rad 2"),
        (f"{HEADER}\n{ROW[2:]}\n".encode("latin-1"), "rad 2: kommun, år"),
        (f"{HEADER}\n2023;;;;1;2\n".encode("latin-1"), "rad 2: kommun, år"),
        (f"{HEADER}\n{ROW} kr\n".encode("latin-1"), "rad 2, Skuldbelopp"),
        (f'{HEADER}\n"{ROW}\n'.encode("latin-1"), "citattecken"),
        (b"\x00\x01", "tom eller binär"),
        (b"", "tom eller binär"),
    ],
)
def test_a_file_that_is_wrong_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse(content, DEBT)
    assert words in caught.value.message_sv

"""Kolada: real figures, answers in many pages, and answers that must not be believed."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from pydantic import ValidationError

from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import ReplayServer, Reply, Request
from orchestration.sources.answers import Part, pack, unpack
from orchestration.sources.client import Client, Pace
from orchestration.sources.dispatch import fetch_dataset, parse_dataset, say_the_same
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.kolada import fetch, parse, parse_parts
from orchestration.sources.raw_tables import create_tables, load_dataset
from orchestration.sources.registry import Calls, Dataset, datasets_of, recorded_files
from orchestration.sources.requests import KoladaRequest

DATASETS = {dataset.source_id: dataset for dataset in datasets_of("demo")}
ASSISTANCE = DATASETS["kolada_assistance"]
POPULATION = DATASETS["kolada_population"]
# Origin and fidelity: tests/fixtures/README.md. The link and the count were trimmed away there.
TRIMMED = Path(__file__).parents[2] / "fixtures" / "kolada_n21704_2023_5kommuner.json"
REAL_VALUES = json.loads(TRIMMED.read_bytes())["values"]


def asking(dataset: Dataset, **request: Any) -> Dataset:
    return dataset.model_copy(update={"request": KoladaRequest(kind="kolada", **request)})


REAL = asking(
    POPULATION,
    kpis=("N21704",),
    municipalities=("0180", "0580", "1280", "1480", "2480"),
    first_year=2023,
)


def page(values: Sequence[Any], next_url: str | None = None, **changed: Any) -> bytes:
    envelope = {
        "values": values,
        "count": len(values),
        "next_url": next_url,
        "previous_url": None,
    }
    return json.dumps(envelope | changed, ensure_ascii=False).encode()


def cell(value: object, kpi: str = "N01951", **changed: Any) -> dict[str, Any]:
    figure = {"gender": "T", "count": 1, "status": "", "value": value, "isdeleted": False}
    figure |= {key: changed.pop(key) for key in figure.keys() & changed.keys()}
    return {"values": [figure], "kpi": kpi, "period": 2023, "municipality": "0180"} | changed


def kpi(name: str = "N01951", **changed: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": "Invånare totalt, antal",
        "description": "Antal invånare totalt den 31/12.",
        "is_divided_by_gender": True,
        "prel_publication_date": None,
        "publication_date": "2025-02-22",
        "publ_period": "2024",
    } | changed


def refusal(content: bytes, dataset: Dataset = POPULATION) -> str:
    with pytest.raises(SourceFormatError) as caught:
        parse(content, dataset)
    return caught.value.message_sv


@contextmanager
def replayed(server: ReplayServer) -> Iterator[Client]:
    pace = Pace(Calls(count=1_000_000, seconds=1.0))
    with server:
        addresses: Any = server.addresses
        paces = dict.fromkeys(addresses, pace)
        with Client(addresses, paces, sleep=lambda _: None) as client:
            yield client


def small_pages(size: int) -> Callable[[Request], Reply]:
    """Kolada with a lower limit than the one that is asked for."""

    def answer(request: Request) -> Reply:
        query = dict(request.query) | {"per_page": str(size)}
        return PUBLISHERS["kolada"](replace(request, query=tuple(query.items())))

    return answer


# --- figures --------------------------------------------------------------------------------------


def test_real_figures_whatever_the_order_of_the_sexes() -> None:
    parsed = parse(page(REAL_VALUES), REAL)
    found = {
        (row.region, json.loads(row.dimensions)["kön"]): row.value for row in parsed.observations
    }
    assert len(found) == 15
    # Read off the file by eye; Stockholm gives T first, Linköping K, Malmö M.
    assert found["0180", "T"] == 21.88749
    assert found["0580", "K"] == 7.221589
    assert found["1280", "M"] == 16.949728
    assert found["2480", "T"] == 20.359666
    assert {(row.series, row.period) for row in parsed.observations} == {("N21704", "2023")}
    assert {row.status for row in parsed.observations} == {"observed"}


def test_a_trimmed_answer_without_its_link_is_refused() -> None:
    """Without the key nothing says that there is no second page."""
    assert "nyckeln ”count”: nyckeln saknas" in refusal(TRIMMED.read_bytes(), REAL)
    without = json.loads(page(REAL_VALUES))
    del without["next_url"]
    assert "nyckeln ”next_url”: nyckeln saknas" in refusal(json.dumps(without).encode(), REAL)


def test_two_answers_in_another_order_give_the_same_observations() -> None:
    turned = [each | {"values": each["values"][::-1]} for each in REAL_VALUES[::-1]]
    one, other = page(REAL_VALUES), page(turned)
    assert one != other
    assert parse(one, REAL) == parse(other, REAL)
    assert say_the_same(one, other, REAL)
    changed = json.loads(one)
    changed["values"][0]["values"][0]["value"] = 21.9
    assert not say_the_same(one, json.dumps(changed).encode(), REAL)
    assert not say_the_same(one, b"<html>503</html>", REAL)


def test_a_withdrawn_figure_is_dropped_and_its_successor_kept() -> None:
    content = page([cell(900, isdeleted=True), cell(985)])
    assert [row.value for row in parse(content, POPULATION).observations] == [985]
    assert parse(page([cell(900, isdeleted=True)]), POPULATION).observations == ()


@pytest.mark.parametrize(
    ("value", "mark", "status"),
    [
        (0, "", "observed"),
        (None, "", "missing"),
        (None, None, "missing"),
        (None, "..", "missing"),
        (None, "Missing", "missing"),
        (None, "Private", "suppressed"),
        (None, "X", "suppressed"),
        (None, ".", "not_applicable"),
    ],
)
def test_marks(value: object, mark: str | None, status: str) -> None:
    [row] = parse(page([cell(value, status=mark)]), POPULATION).observations
    assert (row.value, row.status) == (value, status)


def test_a_figure_without_a_sex_concerns_both() -> None:
    given = cell(985)
    del given["values"][0]["gender"]
    [row] = parse(page([given]), POPULATION).observations
    assert row.dimensions == '{"kön": "T"}'
    [row] = parse(page([cell(985, gender=None)]), POPULATION).observations
    assert row.dimensions == '{"kön": "T"}'


def test_decimals_keep_their_digits() -> None:
    content = page([cell(0)]).replace(b'"value": 0', b'"value": 25.6889290')
    [row] = parse(content, POPULATION).observations
    assert (row.value_text, row.value) == ("25.6889290", 25.688929)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([cell(1), cell(2)], "rad 2: samma uppgift som på rad 1"),
        ([cell(1, municipality="G128684")], "”G128684”. Väntat: fyra siffror; ovägda medel"),
        ([cell(1, municipality="0001")], "00 och två siffror är riket eller en region"),
        ([cell(1), cell(1, municipality="0114")], "koderna ”0114, 0180”"),
        ([cell(1, kpi="N31807")], "nyckeltalet ”N31807”"),
        ([cell(1, period=1999)], "år 1999. Väntat: 2010 eller senare"),
        ([cell(1, gender="A")], "koden ”A”"),
        ([cell(1, status="?")], "markeringen ”?”"),
        ([cell(1, status="..")], "ett tal som också är markerat"),
        ([cell("985")], "”values.0.uppgift.values.0.value.int”: värdet har fel form"),
        ([kpi(is_divided_by_gender="ja")], "”values.0.definition.is_divided_by_gender”"),
        ([cell(True)], "har fel form"),
        ([cell(1, period="2023")], "har fel form"),
    ],
)
def test_what_was_not_asked_for_or_cannot_be_read_is_refused(values: list[Any], words: str) -> None:
    assert words in refusal(page(values))


def test_envelopes_that_do_not_agree_are_refused() -> None:
    link = "https://api.example.invalid/v3/data?page=2"
    assert "1 poster. Väntat: 2 poster" in refusal(page([cell(1)], count=2))
    assert "sidor inte följer på varandra" in refusal(page([cell(1)], next_url=link))
    assert "webbsida" in refusal(b"<html>429</html>")
    assert "orimligt tal" in refusal(page([cell(0)]).replace(b'"value": 0', b'"value": 1e400'))


def test_a_group_of_municipalities_cannot_be_declared() -> None:
    with pytest.raises(ValidationError, match="municipalities"):
        KoladaRequest(kind="kolada", kpis=("N01951",), municipalities=("G128684",), first_year=2020)


# --- definitions ----------------------------------------------------------------------------------


def methods(content: bytes) -> list[str]:
    notes = parse(content, POPULATION).notes
    assert {note.kind for note in notes} == {"method"}
    return [note.text for note in notes]


def test_a_changed_definition_is_a_new_note_and_a_changed_date_is_not() -> None:
    first = page([kpi()])
    assert methods(first) == [
        "N01951, Invånare totalt, antal. Antal invånare totalt den 31/12. Redovisas efter kön."
    ]
    later = page([kpi(publication_date="2026-02-22", publ_period="2025")])
    assert methods(later) == methods(first)
    redefined = page([kpi(description="Antal folkbokförda den 1/11.")])
    assert methods(redefined) != methods(first)
    assert methods(page([kpi(is_divided_by_gender=False)])) != methods(first)
    assert not say_the_same(first, redefined, POPULATION)


@pytest.mark.parametrize(
    "changed", [{"publication_date": None}, {"title": "Invånare totalt, antal (-2020)"}]
)
def test_a_key_figure_that_has_ended_is_told(changed: dict[str, Any]) -> None:
    _, note = methods(page([kpi(**changed)]))
    assert note == "N01951 har inget publiceringsdatum: nyckeltalet är nedlagt eller vilande."


def test_every_declared_key_figure_is_alive() -> None:
    """A key figure that has ended has no date of publication in Kolada's catalogue."""
    for dataset in DATASETS.values():
        if dataset.publisher == "kolada":
            definitions, _ = recorded_files(dataset)
            notes = parse(definitions.read_bytes(), dataset).notes
            assert notes
            assert not [note for note in notes if "nedlagt" in note.text]


# --- whole answers --------------------------------------------------------------------------------


def answer(*pages: tuple[str, bytes]) -> list[Part]:
    return [
        Part(f"GET {path}&per_page=5000", "application/json", content) for path, content in pages
    ]


KPI = ("/kpi/N01951?page=1", page([kpi()]))
DATA = "/data/kpi/N01951/municipality/0180,0000/year/2022,2023"
LINK = "http://127.0.0.1/page"


def test_figures_before_their_final_publication_are_preliminary() -> None:
    definition = page([kpi(prel_publication_date="2024-04-01", publ_period="2023")])
    values = [cell(1), cell(2, period=2022)]
    parts = answer(("/kpi/N01951?page=1", definition), (f"{DATA}?page=1", page(values)))
    found = {row.period: row.status for row in parse_parts(parts, POPULATION).observations}
    assert found == {"2022": "observed", "2023": "preliminary"}


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([KPI], "0 delar av urvalet"),
        ([(f"{DATA}?page=1", page([cell(1)]))], "inget om N01951"),
        ([KPI, (f"{DATA}?page=1", page([cell(1)], LINK))], "sida 1 av ett svar"),
        ([KPI, (f"{DATA}?page=2", page([cell(1)]))], "sida 2 av ett svar"),
        (
            [
                KPI,
                (f"{DATA}?page=1", page([cell(1)], LINK)),
                (f"{DATA}?page=3", page([cell(2, municipality="0000")])),
            ],
            "sida 1, 3 av ett svar",
        ),
        (
            [
                KPI,
                (f"{DATA}?page=1", page([cell(1)], LINK, count=3)),
                (f"{DATA}?page=2", page([cell(2, municipality="0000")], count=3)),
            ],
            "1, 1 poster. Väntat: 3, 3 poster",
        ),
        (
            [
                KPI,
                (f"{DATA}?page=1", page([cell(1)], LINK)),
                (f"{DATA}?page=2", page([cell(1)])),
            ],
            "samma uppgift som på rad 1",
        ),
        (
            [
                KPI,
                ("/data/kpi/N01951/municipality/0180/year/2022?page=1", page([])),
                ("/data/kpi/N01951/municipality/0000/year/2023?page=1", page([])),
            ],
            "2 delar av urvalet",
        ),
    ],
)
def test_an_answer_with_a_part_missing_is_refused(
    pages: list[tuple[str, bytes]], words: str
) -> None:
    with pytest.raises(SourceFormatError) as caught:
        parse_dataset(pack(answer(*pages)), POPULATION)
    assert words in caught.value.message_sv


@pytest.mark.parametrize("count", [1, 2])
def test_the_count_may_be_that_of_the_page_or_of_the_whole(count: int) -> None:
    pages = [
        KPI,
        (f"{DATA}?page=1", page([cell(1)], LINK, count=count)),
        (f"{DATA}?page=2", page([cell(2, municipality="0000")], count=count)),
    ]
    assert len(parse_dataset(pack(answer(*pages)), POPULATION).observations) == 2


# --- fetching -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [5000, 7, 1])
def test_all_pages_are_fetched_whatever_their_size(size: int) -> None:
    with replayed(ReplayServer({"kolada": small_pages(size)})) as client:
        content = fetch_dataset(client, ASSISTANCE, "0180")
    parts = unpack(content)
    assert parts is not None
    figures = [part for part in parts if part.request.startswith("GET /data/")]
    # 11 key figures, two places, eight years, one cell each.
    assert len(figures) == -(-176 // size)
    assert not any("127.0.0.1" in part.request for part in parts)
    parsed = parse_dataset(content, ASSISTANCE)
    # Three of the key figures also come by sex.
    assert len(parsed.observations) == 2 * 8 * (8 + 3 * 3)
    households = {
        row.period: row.value
        for row in parsed.observations
        if (row.series, row.region) == ("N31910", "0180")
    }
    assert (households["2022"], households["2023"]) == (15_274, 14_444)


def test_a_client_of_the_older_api_would_have_stopped_after_the_first_page() -> None:
    with ReplayServer({"kolada": small_pages(7)}) as server:
        url: str | None = (
            f"{server.addresses['kolada']}/data/kpi/N01951/municipality/0180,0000"
            "/year/2016,2017,2018,2019,2020,2021,2022,2023"
        )
        values: list[Any] = []
        while url:
            body = httpx.get(url).json()
            values += body["values"]
            url = body.get("next_page")
    assert len(values) == 7
    with replayed(ReplayServer({"kolada": small_pages(7)})) as client:
        parsed = parse_dataset(fetch_dataset(client, POPULATION, "0180"), POPULATION)
    assert len({(row.region, row.period) for row in parsed.observations}) == 16


def test_more_than_25_ids_are_asked_for_in_parts() -> None:
    kpis = tuple(
        number
        for dataset in DATASETS.values()
        if isinstance(dataset.request, KoladaRequest)
        for number in dataset.request.kpis
    )
    assert len(kpis) == 31
    many = asking(
        ASSISTANCE,
        kpis=kpis,
        municipalities=("{municipality}", "0000", *(f"{code:04d}" for code in range(114, 140))),
        first_year=1990,
    )
    server = ReplayServer(PUBLISHERS)
    with replayed(server) as client:
        parts = fetch(client, many, "0180")
    # 31 key figures, 28 places and the years 1990-2026 are two segments each.
    assert sum(part.request.startswith("GET /kpi/") for part in parts) == 2
    assert sum(part.request.startswith("GET /data/") for part in parts) == 8
    for _, request in server.requests:
        assert all(len(part.split(",")) <= 25 for part in request.path.split("/"))
    assert len({row.series for row in parse_parts(parts, many).observations}) == 31
    without_one = [part for part in parts if "/year/2015," not in part.request][:-1]
    with pytest.raises(SourceFormatError, match="delar av urvalet"):
        parse_parts(without_one, many)


def test_the_municipality_that_is_reported_on_is_asked_for() -> None:
    server = ReplayServer(PUBLISHERS)
    with replayed(server) as client:
        fetch(client, POPULATION, "0114")
    paths = [request.path for _, request in server.requests]
    years = ",".join(map(str, range(2010, 2027)))
    # Those of its group with it, at most 25 at a time: SKR's group A2 has 43 municipalities.
    first, second = [path.removeprefix("/data/kpi/N01951/municipality/") for path in paths[1:]]
    assert paths[0] == "/kpi/N01951"
    asked = [*first.removesuffix(f"/year/{years}").split(","), *second.split("/")[0].split(",")]
    assert (asked[0], asked[-1]) == ("0114", "0000")
    assert len(asked) == len(set(asked)) == 43 + 1
    assert {"0115", "0186", "1482"} <= set(asked)
    assert not {"0180", "1480"} & set(asked), "they are of another group"


def test_a_large_city_is_asked_for_with_the_other_two() -> None:
    server = ReplayServer(PUBLISHERS)
    with replayed(server) as client:
        fetch(client, POPULATION, "1480")
    assert "/municipality/1480,0180,1280,0000/" in server.requests[-1][1].path


def test_a_municipality_that_was_not_asked_for_is_refused_though_it_is_of_the_group() -> None:
    """A filter that is ignored gives the whole country without a word."""
    server = ReplayServer(PUBLISHERS)
    with replayed(server) as client:
        parts = fetch(client, POPULATION, "0180")
    asked = "/municipality/0180,1280,1480,0000/"
    assert asked in parts[-1].request
    alone = replace(parts[-1], request=parts[-1].request.replace(asked, "/municipality/0180,0000/"))
    assert parse_parts([*parts[:-1], alone], POPULATION).observations
    whole = json.loads(alone.content)
    extra = {**whole["values"][0], "municipality": "1280"}
    whole |= {"values": [*whole["values"], extra], "count": whole["count"] + 1}
    ignored = replace(alone, content=json.dumps(whole).encode())
    with pytest.raises(SourceFormatError, match="bara de kommuner som efterfrågas: 0000, 0180"):
        parse_parts([*parts[:-1], ignored], POPULATION)


def too_many(request: Request, reply: Reply) -> Reply:
    del request, reply
    return Reply(b"slow down", "text/plain", 429, {"Retry-After": "60"})


def test_the_wait_that_kolada_states_is_kept() -> None:
    waits: list[float] = []
    with ReplayServer(PUBLISHERS) as server:
        server.plant("kolada", too_many, times=2)
        addresses: Any = server.addresses
        paces = dict.fromkeys(addresses, Pace(Calls(count=1_000_000, seconds=1.0)))
        with Client(addresses, paces, sleep=waits.append) as client:
            content = fetch_dataset(client, POPULATION, "0180")
    assert len(waits) == 2
    assert all(60 <= wait < 63 for wait in waits)
    assert len(parse_dataset(content, POPULATION).observations) == 48


def emptied(request: Request, reply: Reply) -> Reply:
    body = json.loads(reply.content)
    body["values"], body["count"] = [], 0
    body["next_url"] = f"{request.address}{request.path}?page=2"
    return Reply(json.dumps(body).encode(), reply.media_type)


def circular(request: Request, reply: Reply) -> Reply:
    body = json.loads(reply.content)
    body["next_url"] = f"{request.address}{request.path}?page=1"
    return Reply(json.dumps(body).encode(), reply.media_type)


def a_page(request: Request, reply: Reply) -> Reply:
    del request
    return Reply(b"<html>underhall</html>", "text/html", reply.status)


def renamed(request: Request, reply: Reply) -> Reply:
    del request
    content = reply.content.replace(b'"next_url"', b'"next_page"')
    return Reply(content, reply.media_type)


def ended(request: Request, reply: Reply) -> Reply:
    del request
    content = reply.content.replace(b'"publ_period": "2026"', b'"publ_period": null')
    return Reply(content, reply.media_type)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (emptied, "utan att ta slut"),
        (circular, "utan att ta slut"),
        (a_page, "en webbsida i stället för JSON"),
        (renamed, "next_url”: nyckeln saknas"),
        (ended, "inget nyckeltal har en kommande period"),
    ],
)
def test_an_answer_that_leads_nowhere_is_no_delivery(
    fault: Callable[[Request, Reply], Reply], words: str
) -> None:
    server = ReplayServer(PUBLISHERS)
    server.plant("kolada", fault, times=100)
    with replayed(server) as client, pytest.raises(SourceFormatError) as caught:
        fetch_dataset(client, POPULATION, "0180")
    assert words in caught.value.message_sv


def test_a_key_figure_that_kolada_no_longer_knows_is_named() -> None:
    gone = asking(
        POPULATION, kpis=("N01951", "N99999"), municipalities=("{municipality}",), first_year=2020
    )
    server = ReplayServer(PUBLISHERS)
    with replayed(server) as client, pytest.raises(SourceFormatError, match="inget om N99999"):
        fetch_dataset(client, gone, "0180")


def test_kolada_refuses_26_ids() -> None:
    ids = ",".join(f"N{number:05d}" for number in range(26))
    with ReplayServer(PUBLISHERS) as server:
        assert httpx.get(f"{server.addresses['kolada']}/kpi/{ids}").status_code == 400


# --- revisions ------------------------------------------------------------------------------------


def test_a_revised_figure_is_a_new_delivery_and_the_old_one_stays() -> None:
    first, second = page([cell(985_000)]), page([cell(984_512)])
    connection = duckdb.connect()
    connection.execute("create schema raw")
    create_tables(connection, [POPULATION])
    for sequence, content in enumerate((first, second), start=1):
        load_dataset(
            connection,
            POPULATION,
            content,
            delivery_id=f"delivery-{sequence}",
            delivery_sequence=sequence,
        )
    assert connection.execute(
        "select delivery_sequence, value from raw.kolada__observations order by all"
    ).fetchall() == [(1, 985_000), (2, 984_512)]

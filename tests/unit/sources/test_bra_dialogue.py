"""SOL's dialogue, against the replayed database and against each of its ways to fail."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from orchestration.demo.replay import bra as replayed
from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import ReplayServer, Reply, Request
from orchestration.sources.answers import Part, unpack
from orchestration.sources.bra.dialogue import LARGEST, Query, queries
from orchestration.sources.bra.export import parse_parts
from orchestration.sources.bra.menu import Menu, Period, read_menu, region_id
from orchestration.sources.client import Client, FetchError, Pace
from orchestration.sources.dispatch import fetch_dataset, parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.registry import (
    Calls,
    Dataset,
    PublisherName,
    datasets_of,
    recorded_files,
)
from orchestration.sources.requests import SolCrime, SolRequest

[IPV] = [each for each in datasets_of("demo") if each.source_id == "bra_reported_ipv_crimes"]
# Entries of a real page of monthly figures, from overjoyde/bra-kriminalstatistik (91a761a,
# tests/fixtures); the crime's name is shortened. Every menu has these arrays.
REAL_MONTHS = r"""
arrayNivatva[403]="13876*\xA0\xA0\xA00950 - Bedrägeri*2765*09, 0950 - Bedrägeri";
arrayRegionNivaTva[0]="8291*Hela landet*8291*Hela landet";
arrayRegionNivaTva[1]="8292*Blekinge län*8292*Hela landet, Blekinge län";
arrayRegionNivaTva[2]="8292*\xA0\xA0\xA0Blekinge län*8291*Hela landet, Blekinge län";
arrayPeriod[0]="2863*Kvartal 1*333*2026 prel., Kvartal 1*1";
arrayPeriod[9]="2878*Aug*333*2026 prel., Aug*2";
arrayPeriod[10]="2852*Helår*331*2025, Helår*0";
arrayPeriod[15]="2822*Jan*331*2025, Jan*2";
"""


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer(PUBLISHERS) as running:
        yield running


@pytest.fixture
def client(server: ReplayServer) -> Iterator[Client]:
    paces: dict[PublisherName, Pace] = {"bra": Pace(Calls(count=1_000_000, seconds=1))}
    with Client({"bra": server.addresses["bra"]}, paces, sleep=lambda _: None) as asking:
        yield asking


def asked(server: ReplayServer) -> list[str]:
    return [f"{request.method} {request.path}" for _, request in server.requests]


def on(path: str, reply: Callable[[Reply], Reply]) -> Callable[[Request, Reply], Reply]:
    """A fault of one path; other answers pass."""
    return lambda request, given: reply(given) if request.path == path else given


def test_the_answer_is_the_recording_under_the_same_names(client: Client) -> None:
    fetched = parse_dataset(fetch_dataset(client, IPV, "0180"), IPV).observations
    [recording] = recorded_files(IPV)
    wanted = {
        (row.series, row.region, row.period, row.dimensions, row.value, row.status)
        for row in parse_dataset(recording.read_bytes(), IPV).observations
        if row.status == "observed"
    }
    assert len(wanted) == 2 * 7 * 8 * 2
    assert {
        (row.series, row.region, row.period, row.dimensions, row.value, row.status)
        for row in fetched
    } == wanted
    assert [row.row_number for row in fetched] == sorted(row.row_number for row in fetched)


def test_the_dialogue_is_that_of_a_visitor_with_one_session(
    server: ReplayServer, client: Client
) -> None:
    fetch_dataset(client, IPV, "0180")
    steps = asked(server)
    assert steps[:2] == ["GET /start", "GET /anmalda/urval/urval"]
    assert steps[2:5] == [
        "POST /anmalda/urval/vantapopup",
        "GET /anmalda/urval/sok",
        "POST /anmalda/resultat/dbfil",
    ]
    cookies = {request.headers.get("cookie") for _, request in server.requests[1:]}
    assert len(cookies) == 1
    assert "JSESSIONID=" in str(cookies)


def test_crimes_with_one_name_or_one_above_the_other_are_asked_for_apart(client: Client) -> None:
    parts = unpack(fetch_dataset(client, IPV, "0180"))
    assert parts is not None
    chosen = [part.request.split("brottstyp_id_string=")[1].split("&")[0] for part in parts]
    # Threats against women, threats against men and stalking all end with the partner.
    together = [set(ids.split("*")) for ids in chosen]
    assert all(len(ids & {"14336", "14323", "14319"}) <= 1 for ids in together)
    # "Mot kvinna 18 år eller äldre" is a crime's name below one heading and a heading below others.
    assert all(not {"11749", "14336"} <= ids and not {"11749", "14319"} <= ids for ids in together)
    assert sorted("*".join(chosen).split("*")) == sorted(
        ["11751", "11749", "12663", "12667", "14336", "14323", "14319"]
    )


def test_the_same_figures_twice_are_the_same_bytes(client: Client) -> None:
    assert fetch_dataset(client, IPV, "0180") == fetch_dataset(client, IPV, "0180")


@pytest.mark.parametrize(
    "path",
    [
        "/anmalda/urval/urval",
        "/anmalda/urval/vantapopup",
        "/anmalda/urval/sok",
        "/anmalda/resultat/dbfil",
    ],
)
def test_a_lost_session_starts_over(server: ReplayServer, client: Client, path: str) -> None:
    left = [1]

    def lose(request: Request, given: Reply) -> Reply:
        if request.path != path or not left:
            return given
        left.pop()
        return replayed.lost()

    server.plant("bra", lose, times=50)
    rows = parse_dataset(fetch_dataset(client, IPV, "0180"), IPV).observations
    assert len(rows) == 224
    assert asked(server).count("GET /start") == 2


def test_a_session_that_is_always_lost_is_told(server: ReplayServer, client: Client) -> None:
    server.plant("bra", on("/anmalda/urval/urval", lambda _: replayed.lost()), times=50)
    with pytest.raises(FetchError, match="gick förlorad 3 gånger"):
        fetch_dataset(client, IPV, "0180")


def test_the_error_page_is_told_in_its_own_words(server: ReplayServer, client: Client) -> None:
    page = replayed.failure("Databasen &auml;r st&auml;ngd f&ouml;r underh&aring;ll")
    server.plant("bra", on("/anmalda/urval/sok", lambda _: page), times=50)
    with pytest.raises(FetchError, match="”Databasen är stängd för underhåll”"):
        fetch_dataset(client, IPV, "0180")


LOGIN = Reply(b"<html><body><form action='login'>Logga in</form></body></html>", "text/html")


@pytest.mark.parametrize(
    ("path", "reply", "words"),
    [
        ("/anmalda/urval/urval", lambda _: LOGIN, "listan arrayNivatva saknas"),
        ("/anmalda/resultat/dbfil", lambda _: LOGIN, "rubrikraden"),
        (
            "/anmalda/resultat/dbfil",
            lambda given: Reply(given.content[: len(given.content) * 2 // 3], given.media_type),
            "fält",
        ),
        (
            "/anmalda/resultat/dbfil",
            lambda given: Reply(given.content.rsplit(b"\n", 3)[0] + b"\n", given.media_type),
            "uppgifter om de valda brottstyperna",
        ),
        (
            "/anmalda/resultat/dbfil",
            lambda given: Reply(given.content.replace(b"Period", b"M\xe5nad"), given.media_type),
            "rubrikraden",
        ),
        (
            "/anmalda/urval/urval",
            lambda given: Reply(given.content.replace(b"14336*", b"14337*"), given.media_type),
            "brottstypen 14336 finns inte i menyn",
        ),
        (
            "/anmalda/urval/urval",
            lambda given: Reply(
                given.content.replace(b"Grov kvinnofridskr\xe4nkning", b"Rattfylleri"),
                given.media_type,
            ),
            "brottstypen 11751 heter nu",
        ),
        (
            "/anmalda/urval/urval",
            lambda given: Reply(given.content.replace(b"*-1", b"*0"), given.media_type),
            "menyn har inga perioder från 2016",
        ),
        (
            "/anmalda/urval/urval",
            lambda given: Reply(given.content.replace(b"*8291*Hela", b"*Hela"), given.media_type),
            "listan arrayRegionNivaTva saknas eller har en annan form",
        ),
    ],
)
def test_what_is_not_the_menu_or_the_whole_export_is_refused(
    server: ReplayServer,
    client: Client,
    path: str,
    reply: Callable[[Reply], Reply],
    words: str,
) -> None:
    server.plant("bra", on(path, reply), times=50)
    with pytest.raises(SourceFormatError) as caught:
        fetch_dataset(client, IPV, "0180")
    assert words in caught.value.message_sv
    assert "Väntat:" in caught.value.message_sv


def test_the_region_is_that_of_the_municipality(client: Client) -> None:
    # The replayed menu has the country and Stockholm only.
    with pytest.raises(SourceFormatError, match="0 regioner heter ”Göteborg”"):
        fetch_dataset(client, IPV, "1480")


def test_a_municipality_that_changed_county_is_the_one_that_has_not_ended() -> None:
    heby = (
        ("8556", "Heby (Uppsala län fr.o.m. 2007)"),
        ("8608", "Heby (Västmanlands län t.o.m. 2006)"),
    )
    menu = Menu({}, heby, ())
    assert region_id(menu, "Heby", IPV) == "8556"
    twice = Menu({}, (("1", "Heby"), ("2", "Heby")), ())
    with pytest.raises(SourceFormatError, match="2 regioner heter ”Heby”"):
        region_id(twice, "Heby", IPV)


def test_the_arrays_of_a_real_page() -> None:
    menu = read_menu(REAL_MONTHS.encode("iso-8859-1"), IPV)
    assert menu.crimes == {"13876": "09, 0950 - Bedrägeri"}
    assert region_id(menu, "Blekinge län", IPV) == "8292"
    # Quarters and whole years would count the months twice.
    assert menu.periods == (Period("2878", 2026), Period("2822", 2025))


def test_years_may_be_named_without_more() -> None:
    yearly = "".join(line for line in REAL_MONTHS.splitlines(True) if "Period" not in line)
    yearly += 'arrayPeriod[0]="335*2026 prel.";\narrayPeriod[1]="333*2025";\n'
    menu = read_menu(yearly.encode("iso-8859-1"), IPV)
    assert menu.periods == (Period("335", 2026), Period("333", 2025))


def request(crimes: int, regions: int) -> tuple[Menu, SolRequest]:
    chosen = tuple(SolCrime(id=number, path=(f"Brott <{number}>",)) for number in range(crimes))
    menu = Menu(
        {str(crime.id): f"Brott mot brottsbalken, {crime.name}" for crime in chosen},
        tuple((str(number), f"Region {number}") for number in range(regions)),
        tuple(Period(str(year), year) for year in range(1996, 2026)),
    )
    names = tuple(name for _, name in menu.regions)
    return menu, SolRequest(kind="sol", menu=101, crimes=chosen, regions=names, first_year=2000)


def test_exports_that_overlap_are_refused(client: Client) -> None:
    parts = unpack(fetch_dataset(client, IPV, "0180"))
    assert parts is not None
    with pytest.raises(SourceFormatError, match="samma uppgift som på rad"):
        parse_parts([*parts, parts[0]], IPV)
    with pytest.raises(SourceFormatError, match="ingen uppgift om någon vald brottstyp"):
        parse_parts([], IPV)


@pytest.mark.parametrize(("crimes", "regions"), [(1, 1), (7, 2), (40, 300), (3, 6000)])
def test_a_large_selection_is_split_below_the_limit(crimes: int, regions: int) -> None:
    menu, wanted = request(crimes, regions)
    ids = tuple(region for region, _ in menu.regions)
    made: list[Query] = list(queries(menu, wanted, ids, IPV))
    cells = [
        (crime.id, region, period)
        for query in made
        for crime in query.crimes
        for region in query.regions
        for period in query.periods
    ]
    assert len(cells) == len(set(cells)) == crimes * regions * 26
    largest = max(2 * len(q.crimes) * len(q.regions) * len(q.periods) for q in made)
    # One crime in one period of all regions is the least that can be asked for.
    assert largest <= max(LARGEST, 2 * regions)


def test_an_answer_to_another_question_is_refused(client: Client) -> None:
    parts = unpack(fetch_dataset(client, IPV, "0180"))
    assert parts is not None
    for asked_for in ("POST /anmalda/resultat/dbfil brottstyp_id_string=1*2", "", "POST x a=b"):
        changed = Part(asked_for, parts[0].media_type, parts[0].content)
        with pytest.raises(SourceFormatError, match="frågan som exporten svarar på"):
            parse_parts([changed], IPV)


def test_the_replayed_database_refuses_what_is_above_the_limit(server: ReplayServer) -> None:
    """What the split guards against is there to be met."""
    address = server.addresses["bra"]
    with httpx.Client() as visitor:
        visitor.get(f"{address}/start", params={"menykatalogid": "1"})
        visitor.get(f"{address}/anmalda/urval/urval", params={"menyid": "101"})
        for periods, refused in ((5000, False), (5001, True)):
            form = {
                "brottstyp_id_string": "11751",
                "region_id_string": "8510",
                "period_id_string": "*".join(["327"] * periods),
            }
            visitor.post(f"{address}/anmalda/urval/vantapopup", data=form)
            page = visitor.get(f"{address}/anmalda/urval/sok").content
            assert (b"Fel/Error" in page) == refused


def test_a_dataset_of_another_kind_is_no_selection_of_sol(client: Client) -> None:
    other: Dataset = IPV.model_copy(update={"request": None})
    with pytest.raises(TypeError):
        fetch_dataset(client, other, "0180")

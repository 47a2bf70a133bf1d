"""The form of Socialstyrelsen's database, against the replayed one and each way it can fail."""

from collections.abc import Callable, Iterator

import pytest

from orchestration.demo.replay import socialstyrelsen as replayed
from orchestration.demo.replay.publishers import PUBLISHERS
from orchestration.demo.replay.server import ReplayServer, Reply, Request
from orchestration.sources.answers import unpack
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
from orchestration.sources.requests import ResultPageRequest

[MONTHLY] = [d for d in datasets_of("demo") if d.source_id == "socialstyrelsen_assistance_monthly"]
REAL = recorded_files(MONTHLY)[0].read_bytes()


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    with ReplayServer(PUBLISHERS) as running:
        yield running


@pytest.fixture
def client(server: ReplayServer) -> Iterator[Client]:
    paces: dict[PublisherName, Pace] = {"socialstyrelsen": Pace(Calls(count=1_000_000, seconds=1))}
    addresses: dict[PublisherName, str] = {"socialstyrelsen": server.addresses["socialstyrelsen"]}
    with Client(addresses, paces, sleep=lambda _: None) as asking:
        yield asking


def test_the_page_comes_whole_with_its_footnotes(client: Client) -> None:
    content = fetch_dataset(client, MONTHLY, "0180")
    parts = unpack(content)
    assert parts is not None
    assert [part.content for part in parts] == [REAL]
    fetched, recorded = parse_dataset(content, MONTHLY), parse_dataset(REAL, MONTHLY)
    assert len(recorded.notes) == 14
    assert fetched == recorded


def test_the_request_names_the_selection_and_not_the_hidden_state(
    server: ReplayServer, client: Client
) -> None:
    parts = unpack(fetch_dataset(client, MONTHLY, "0180"))
    assert parts is not None
    [request] = [part.request for part in parts]
    assert request.startswith("POST /if_ekb_manad/resultat.aspx MATT_RES=;1;&OMR_RES=;i_00_1;")
    assert request.endswith("AR_RES=;2017;")
    assert "VIEWSTATE" not in request
    [form, posted] = [each for _, each in server.requests]
    assert (form.method, form.path) == ("GET", "/if_ekb_manad/val.aspx")
    assert b"__VIEWSTATE=" in posted.body
    assert "ASP.NET_SessionId=" in posted.headers["cookie"]


def with_request(**changes: object) -> Dataset:
    assert isinstance(MONTHLY.request, ResultPageRequest)
    return MONTHLY.model_copy(update={"request": MONTHLY.request.model_copy(update=changes)})


def test_an_error_number_is_told(client: Client) -> None:
    other = with_request(fields={"MATT_RES": ";2;", "OMR_RES": "*"})
    with pytest.raises(FetchError, match="databasen svarar med fel nummer -1"):
        fetch_dataset(client, other, "0180")


def test_without_its_session_the_database_answers_with_an_error(server: ReplayServer) -> None:
    request = Request("POST", "/if_ekb_manad/resultat.aspx", (), b"__VIEWSTATE=x", {}, "")
    assert b"Fel med nummer 10" in replayed.answer(request).content


FORM, RESULT = "/if_ekb_manad/val.aspx", "/if_ekb_manad/resultat.aspx"
LOGIN = Reply(b"<html><body><form><p>Logga in</p></form></body></html>", "text/html")


def changed(old: bytes, new: bytes) -> Callable[[Reply], Reply]:
    def change(given: Reply) -> Reply:
        assert old in given.content
        return Reply(given.content.replace(old, new), given.media_type, headers=given.headers)

    return change


@pytest.mark.parametrize(
    ("path", "reply", "words"),
    [
        (FORM, lambda _: LOGIN, "formuläret saknar __VIEWSTATE"),
        (FORM, changed(b'name="MANAD"', b'name="MON"'), "formuläret saknar listan MANAD"),
        (FORM, changed(b'id="ph1_Val_OMR"', b'id="OMR"'), "formuläret saknar listan OMR"),
        (FORM, changed(b"</html>", b""), "kan vara avklippt"),
        (RESULT, lambda _: LOGIN, "urvalet MATT_RES är ””"),
        # The selection is the page's own word for what it shows: a year too few is told.
        (RESULT, changed(b'value=";2017;"', b'value=";2016;"'), "urvalet AR_RES är ”;2016;”"),
        (RESULT, changed(b'value=";1;;2;', b'value=";2;'), "urvalet MANAD_RES är"),
        (RESULT, changed(b";i_0127_2;", b""), "urvalet OMR_RES är"),
        (RESULT, lambda given: Reply(given.content[:90_000], given.media_type), "avklippt"),
        (RESULT, changed(b'id="ph1_pFotnoter"', b""), "0 delar med id ph1_pFotnoter"),
        (RESULT, changed(b">Mars</a>", b">Marts</a>"), "rubrikraderna"),
    ],
)
def test_what_is_not_the_form_or_the_whole_page_is_refused(
    server: ReplayServer,
    client: Client,
    path: str,
    reply: Callable[[Reply], Reply],
    words: str,
) -> None:
    server.plant(
        "socialstyrelsen",
        lambda request, given: reply(given) if request.path == path else given,
        times=10,
    )
    with pytest.raises(SourceFormatError) as caught:
        fetch_dataset(client, MONTHLY, "0180")
    assert words in caught.value.message_sv


def test_each_of_the_latest_years_is_asked_for_by_itself(
    server: ReplayServer, client: Client
) -> None:
    years = changed(
        b'<option value="2017">',
        b'<option value="2018">2018</option><option value="2016">2016</option>'
        b'<option value="2017">',
    )
    server.plant("socialstyrelsen", lambda _, given: years(given))
    # The recording has 2017 only, and 2018 is answered with an error number.
    with pytest.raises(FetchError, match="fel nummer -1"):
        fetch_dataset(client, MONTHLY, "0180")
    asked = [each.body.split(b"AR_RES=")[1][:10] for _, each in server.requests[1:]]
    assert asked == [b"%3B2017%3B", b"%3B2018%3B"]

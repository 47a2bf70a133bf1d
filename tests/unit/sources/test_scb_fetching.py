"""SCB asked as it is asked every night, against its replay: limits, selections, traps, faults."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.demo.replay import faults
from orchestration.demo.replay.scb import Scb, cut_out
from orchestration.demo.replay.server import ALWAYS, Fault, ReplayServer
from orchestration.sources.answers import Part, pack, unpack
from orchestration.sources.client import Client, FetchError, Pace
from orchestration.sources.dispatch import fetch_dataset, parse_dataset
from orchestration.sources.errors import SourceFormatError
from orchestration.sources.observation import Observation
from orchestration.sources.registry import (
    Calls,
    Dataset,
    datasets_of,
    load_registry,
    recorded_files,
)
from orchestration.sources.requests import PxWebRequest
from orchestration.sources.scb import fetch
from orchestration.sources.scb.fetching import split

DEMO = {dataset.source_id: dataset for dataset in datasets_of("demo")}
LIVE = {dataset.source_id: dataset for dataset in load_registry()}
MONTHLY = DEMO["scb_population_month"]
MONTHLY_CUBE = recorded_files(MONTHLY)[0].read_bytes()
OF_SCB = [dataset for dataset in DEMO.values() if dataset.publisher == "scb"]


def asked(dataset: Dataset, **changes: Any) -> Dataset:
    """The dataset with another selection, table or successors."""
    assert isinstance(dataset.request, PxWebRequest)
    selection = dict(dataset.request.selection) | changes.pop("selection", {})
    request = dataset.request.model_copy(update={"selection": selection, **changes})
    return dataset.model_copy(update={"request": request})


class Replay:
    """SCB on loopback, and a client that keeps to no pace where none is given."""

    def __init__(self, scb: Scb, *, pace: Pace | None = None) -> None:
        self.pace = pace or Pace(None)
        self.server = ReplayServer({"scb": scb.answer})
        self.slept: list[float] = []

    def __enter__(self) -> Self:
        self.server.__enter__()
        self.client = Client(
            {"scb": self.server.addresses["scb"]},
            {"scb": self.pace},
            sleep=self.slept.append,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.client.__exit__()
        self.server.__exit__()

    def fetch(self, dataset: Dataset = MONTHLY, municipality: str = "0180") -> Sequence[Part]:
        return fetch(self.client, dataset, municipality)

    def refused(self, dataset: Dataset = MONTHLY, municipality: str = "0180") -> str:
        with pytest.raises((FetchError, SourceFormatError)) as caught:
            self.fetch(dataset, municipality)
        assert caught.value.__cause__ is None
        assert isinstance(caught.value, FetchError | SourceFormatError)
        return caught.value.message_sv

    @property
    def bodies(self) -> list[dict[str, list[str]]]:
        return [
            {each["variableCode"]: each["valueCodes"] for each in json.loads(r.body)["selection"]}
            for _, r in self.server.requests
            if r.method == "POST"
        ]


@pytest.fixture
def replay() -> Iterator[Replay]:
    with Replay(Scb(keeps_its_limit=False)) as running:
        yield running


def cells(observations: Sequence[Observation]) -> dict[tuple[str, ...], float | None]:
    found: dict[tuple[str, ...], float | None]
    found = {(o.series, o.region, o.period, o.dimensions): o.value for o in observations}
    assert len(found) == len(observations)
    return found


def test_what_is_fetched_of_the_real_table_is_the_recorded_answer(replay: Replay) -> None:
    content = fetch_dataset(replay.client, MONTHLY, "0180")
    fetched = parse_dataset(content, MONTHLY)
    assert fetched == parse_dataset(MONTHLY_CUBE, MONTHLY)
    assert len(fetched.observations) == 2772
    assert "Cell Key Method" in fetched.notes[0].text
    assert [(r.method, r.path) for _, r in replay.server.requests] == [
        ("GET", "/config"),
        ("GET", "/tables/TAB6471"),
        ("GET", "/tables/TAB6471/metadata"),
        ("POST", "/tables/TAB6471/data"),
    ]
    assert dict(replay.server.requests[3][1].query) == {
        "lang": "sv",
        "outputFormat": "json-stat2",
    }


def test_every_code_is_named_in_the_request(replay: Replay) -> None:
    replay.fetch()
    [body] = replay.bodies
    assert list(body) == ["Region", "Alder", "Kon", "ContentsCode", "Tid"]
    assert [len(codes) for codes in body.values()] == [21, 11, 3, 1, 4]
    assert body["Tid"] == ["2026M01", "2026M02", "2026M03", "2026M04"]


@pytest.mark.parametrize("dataset", OF_SCB, ids=lambda each: each.source_id)
def test_every_recorded_table_is_served_and_read(replay: Replay, dataset: Dataset) -> None:
    content = fetch_dataset(replay.client, dataset, "0180")
    assert parse_dataset(content, dataset).observations
    assert fetch_dataset(replay.client, dataset, "0180") == content, "the same answer twice"
    parts = unpack(content)
    assert parts is not None
    assert [part.holds_figures for part in parts] == [False, True]
    assert b"127.0.0.1" not in content


def test_the_municipality_stands_in_for_its_placeholder(replay: Replay) -> None:
    yearly = DEMO["scb_population_year"]
    parsed = parse_dataset(fetch_dataset(replay.client, yearly, "0180"), yearly)
    assert {row.region for row in parsed.observations} == {"00", "0180"}
    message = replay.refused(yearly, "1480")
    assert "variabeln ”Region”: 2 koder, men inte ”1480”" in message


def test_no_declared_selection_names_a_municipality() -> None:
    named = [
        (dataset.source_id, code)
        for dataset in LIVE.values()
        if isinstance(dataset.request, PxWebRequest)
        for code in dataset.request.selection.get("Region", ())
        if code not in {"00", "{municipality}"}
    ]
    assert named == []
    assert sum(isinstance(dataset.request, PxWebRequest) for dataset in LIVE.values()) >= 8


def small(cells: int) -> Mapping[str, Any]:
    return {"maxDataCells": cells, "maxCallsPerTimeWindow": 1000, "timeWindow": 1}


@pytest.mark.parametrize(("most", "queries"), [(150_000, 1), (2772, 1), (2771, 2), (100, 42)])
def test_split_queries_give_what_the_whole_one_gives(most: int, queries: int) -> None:
    with Replay(Scb(config=small(most))) as replay:
        parts = replay.fetch()
        assert len(replay.bodies) == queries
        for body in replay.bodies:
            size = 1
            for codes in body.values():
                size *= len(codes)
            assert size <= most
        split_up = parse_dataset(pack(parts), MONTHLY)
    with Replay(Scb(keeps_its_limit=False)) as replay:
        whole = parse_dataset(pack(replay.fetch()), MONTHLY)
    assert cells(split_up.observations) == cells(whole.observations)
    assert split_up.notes == whole.notes
    rows = [row.row_number for row in split_up.observations]
    assert rows == list(range(1, 2773))


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    most=st.integers(1, 400),
)
@settings(max_examples=200, deadline=None)
def test_a_selection_is_split_without_loss_or_overlap(sizes: list[int], most: int) -> None:
    codes = {f"v{n}": [f"{n}.{k}" for k in range(size)] for n, size in enumerate(sizes)}
    found = []
    for query in split(codes, most):
        assert list(query) == list(codes)
        block = list(product(*query.values()))
        assert 0 < len(block) <= most
        found += block
    assert sorted(found) == sorted(product(*codes.values()))


def test_the_stated_pace_is_kept_and_the_service_never_has_to_refuse() -> None:
    """SCB's own limit, in a window short enough to wait for; the replay turns away what exceeds."""
    config = {"maxDataCells": 700, "maxCallsPerTimeWindow": 2, "timeWindow": 0.3}
    with Replay(Scb(config=config), pace=Pace(Calls(count=1000, seconds=1.0))) as replay:
        parts = replay.fetch()
        assert len(parts) == 6
        assert replay.slept == [], "no answer was 429"


def test_a_service_that_refuses_is_asked_again_when_it_says() -> None:
    now = [0.0]
    with Replay(Scb(clock=lambda: now[0])) as replay:
        replay.client._sleep = lambda seconds: now.__setitem__(0, now[0] + seconds)
        parts = replay.fetch()
        assert [part.holds_figures for part in parts] == [False, True]
        # The recorded service allows three calls a second, and the fourth is the query.
        assert [r.path for _, r in replay.server.requests].count("/tables/TAB6471/data") == 2
        assert now[0] >= 1


@pytest.mark.parametrize("dropped", ["Region", "Alder", "Kon"])
def test_a_silently_dropped_variable_is_seen(replay: Replay, dropped: str) -> None:
    def only_data(request: Any, reply: Any) -> Any:
        fault = faults.dropped_dimension(dropped)
        return fault(request, reply) if request.method == "POST" else reply

    replay.server.plant("scb", only_data, times=ALWAYS)
    message = replay.refused()
    assert "nyckeln ”id”" in message
    assert "standardurval" in message


def test_an_answer_with_too_few_or_other_codes_is_seen(replay: Replay) -> None:
    def fewer(request: Any, reply: Any) -> Any:
        if request.method != "POST":
            return reply
        cube = json.loads(reply.content)
        chosen = [list(cube["dimension"][name]["category"]["index"]) for name in cube["id"]]
        chosen[0] = chosen[0][1:]
        return type(reply)(json.dumps(cut_out(cube, chosen)).encode(), reply.media_type)

    replay.server.plant("scb", fewer, times=ALWAYS)
    assert "1 koder saknas i svaret och 0 är för många" in replay.refused()


def schema_change(change: Any, method: str) -> Fault:
    altered = faults.altered(change)
    return lambda request, reply: altered(request, reply) if request.method == method else reply


@pytest.mark.parametrize(
    ("change", "method", "words"),
    [
        (lambda a: a.pop("maxDataCells", None), "GET", "maxDataCells"),
        (lambda a: a.update(value=[str(v) for v in a["value"]]), "POST", "value.0"),
        (lambda a: a.update({"class": "collection"}), "POST", "class"),
        (lambda a: a.update(value=a["value"][:-1]), "POST", "2771 värden"),
    ],
)
def test_a_changed_schema_is_told(replay: Replay, change: Any, method: str, words: str) -> None:
    replay.server.plant("scb", schema_change(change, method), times=ALWAYS)
    with pytest.raises((FetchError, SourceFormatError), match=words):
        parse_dataset(fetch_dataset(replay.client, MONTHLY, "0180"), MONTHLY)


def test_a_table_with_a_new_variable_is_told_before_any_figure_is_asked_for() -> None:
    cube = json.loads(MONTHLY_CUBE)
    cube["id"].append("Fodelseland")
    cube["size"].append(1)
    cube["dimension"]["Fodelseland"] = {"label": "x", "category": {"index": {"SE": 0}}}
    with Replay(Scb(tables={"TAB6471": cube}, keeps_its_limit=False)) as replay:
        assert "Fodelseland" in replay.refused()
        assert replay.bodies == []


def test_a_table_that_is_older_than_scb_says_is_refused(replay: Replay) -> None:
    later = schema_change(lambda a: a.update(lastPeriod="2026M05"), "GET")

    def about(request: Any, reply: Any) -> Any:
        return later(request, reply) if request.path == "/tables/TAB6471" else reply

    replay.server.plant("scb", about, times=ALWAYS)
    message = replay.refused()
    assert "uppgifter till och med ”2026M04”. Väntat: uppgifter till och med ”2026M05”" in message


def test_an_unknown_table_names_its_successors(replay: Replay) -> None:
    gone = asked(MONTHLY, table="TAB99999", successors=("TAB1", "TAB2"))
    message = replay.refused(gone)
    assert "tabellen TAB99999 finns inte hos SCB (”Non-existent table”)" in message
    assert "byt till TAB1, TAB2, som fortsätter den" in message


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Non-existent value", "en kod i urvalet finns inte i tabellen"),
        ("Missing selection for mandantory variable", "urvalet saknar en obligatorisk variabel"),
        ("Illegal placment", "placering är otillåten"),
        ("Too many cells selected", "fler celler än tjänsten tillåter"),
        ("Something new", "SCB godtar inte frågan"),
    ],
)
def test_a_problem_report_is_told_in_swedish_with_its_own_title(
    replay: Replay, title: str, words: str
) -> None:
    report = {"type": "Parameter error", "title": title, "status": 400}

    def refuse(request: Any, reply: Any) -> Any:
        if request.method != "POST":
            return reply
        return type(reply)(json.dumps(report).encode(), "application/problem+json", 400)

    replay.server.plant("scb", refuse, times=ALWAYS)
    message = replay.refused()
    assert words in message
    assert f"(”{title}”)" in message
    assert "rätta tabellens urval i källregistret" in message
    assert len(replay.bodies) == 1, "what is wrong with the question is not asked again"


def test_a_query_about_an_unknown_table_is_404_within_400(replay: Replay) -> None:
    def unknown(request: Any, reply: Any) -> Any:
        if request.method != "POST":
            return reply
        report = {"type": "Parameter error", "title": "Non-existent table", "status": 404}
        return type(reply)(json.dumps(report).encode(), "application/problem+json", 400)

    replay.server.plant("scb", unknown, times=ALWAYS)
    assert "tabellen TAB6471 finns inte hos SCB" in replay.refused()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.server_error(), "felkod 500"),
        (faults.web_page(), "en webbsida kom i stället för JSON"),
        (faults.no_answer(), "förbindelsen bröts"),
        (faults.cut(30), "förbindelsen bröts"),
    ],
)
def test_a_service_that_is_down_is_told_after_all_tries(
    replay: Replay, fault: Fault, words: str
) -> None:
    replay.server.plant("scb", fault, times=ALWAYS)
    assert words in replay.refused()
    assert len(replay.slept) == 4


def test_the_service_answers_without_a_selection_and_so_must_never_be_asked_so(
    replay: Replay,
) -> None:
    """The trap itself: 200, one code a variable, and the region gone."""
    answer = json.loads(
        replay.client.post("scb", "/tables/TAB6471/data", json={"selection": []}).content
    )
    assert answer["id"] == ["Alder", "ContentsCode", "Tid"]
    assert answer["size"] == [1, 1, 1]


def test_a_closed_table_brings_a_note_that_names_what_goes_on() -> None:
    cube = json.loads(MONTHLY_CUBE)
    cube["extension"]["discontinued"] = True
    dataset = asked(MONTHLY, successors=("TAB9",))
    parsed = parse_dataset(json.dumps(cube).encode(), dataset)
    assert parsed.notes[-1].text == "SCB har avslutat tabellen TAB6471; den fortsätter i TAB9."
    assert parsed.notes[-1].kind == "other"


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        ({"Tid": ("*",)}, {"2016", "2024"}),
        ({"Tid": ("from(2023)",)}, {"2023", "2024"}),
        ({"Tid": ("2020", "2018")}, {"2018", "2020"}),
    ],
)
def test_selection_expressions(
    replay: Replay, selection: dict[str, tuple[str, ...]], found: set[str]
) -> None:
    replay.fetch(asked(DEMO["scb_population_year"], selection=selection))
    [body] = replay.bodies
    assert found <= set(body["Tid"])
    assert min(body["Tid"]) == min(found)
    assert body["Tid"] == sorted(body["Tid"])


@pytest.mark.parametrize("codes", [(), ("top(3)",), ("from(x)",), ("range(2016,2018)",)])
def test_an_expression_that_nobody_resolves_is_refused_in_the_registry(
    codes: tuple[str, ...],
) -> None:
    with pytest.raises(ValueError, match="Tid has"):
        PxWebRequest(kind="pxweb", table="TAB1", selection={"Tid": codes})


def test_the_known_successors_are_declared() -> None:
    declared = {
        dataset.request.table: dataset.request.successors
        for dataset in LIVE.values()
        if isinstance(dataset.request, PxWebRequest)
    }
    assert declared["TAB638"] == ("TAB5557", "TAB6471")
    assert declared["TAB5737"] == ("TAB6596",)
    assert set(declared) >= {"TAB5557", "TAB6471", "TAB6596"}

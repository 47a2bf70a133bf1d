"""What the data team sees: the lineage, a run that goes green, and the pages beside Dagster."""

import time
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served, listen
from tests.browser.test_accessibility import _ALL, _AXE, _JUDGED

GROUPS = ("landing", "raw", "staging", "intermediate", "marts", "findings", "report")
_RUN_MILLISECONDS = 300_000
# More than any machine counts in ten seconds; no sign in it means anything in an address.
ENDLESS = "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range = 7"


def test_the_lineage_reads_like_the_flow(page: Page, server: str) -> None:
    page.goto(f"{server}/asset-groups")
    places = {}
    for group in GROUPS:
        node = page.get_by_text(group, exact=True).first
        expect(node).to_be_visible(timeout=60_000)
        box = node.bounding_box()
        assert box is not None
        places[group] = box["x"]
    # Data goes one way, and the picture shows it from left to right.
    assert [places[group] for group in GROUPS] == sorted(places.values())


def test_a_group_shows_its_tables(page: Page, server: str) -> None:
    page.goto(f"{server}/assets/marts/deviations")
    expect(page.get_by_text("Värden utanför det väntade").first).to_be_visible(timeout=60_000)
    page.goto(f"{server}/assets/marts/indicator_values?view=checks")
    expect(page.get_by_text("forvantningar").first).to_be_visible(timeout=60_000)


def test_the_schedule_and_the_sensors_are_there(page: Page, server: str) -> None:
    page.goto(f"{server}/automation")
    for name in ("nightly_schedule", "inbox_sensor", "failure_notice"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible(timeout=60_000)


def test_a_question_is_asked_by_keyboard_while_a_slow_one_runs(
    page: Page, server: str, browser: Browser, served: Served
) -> None:
    """Also what is refused, what takes too long, and that nothing goes wrong in silence."""
    faults: list[str] = []
    slow = page.context.new_page()
    for each in (page, slow):
        listen(each, faults)
    slow.goto(f"{server}/fraga?fraga={ENDLESS}")
    slow.get_by_role("button", name="Ställ frågan").click()
    # Where the operator came in, and by keyboard from there.
    page.goto(f"{server}/start")
    way = page.get_by_role("main").get_by_role("link", name="Fråga.")
    way.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fråga")
    page.get_by_label("Din fråga, i SQL").focus()
    page.keyboard.type("select outcome, count(*) as antal from marts.deviations group by all")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    table = page.get_by_role("table", name="Svaret")
    expect(table).to_be_visible()
    heads = table.get_by_role("columnheader").all_inner_texts()
    assert heads[0].split() == ["Utfall", "outcome"]
    expect(table).to_contain_text("Att bevaka")
    with page.expect_download() as taken:
        page.get_by_role("link", name="Hämta svaret som CSV").click()
    assert taken.value.path().read_text("utf-8-sig").startswith("outcome,antal\n")
    field = page.get_by_label("Din fråga, i SQL")
    for asked, said in (
        ("drop table marts.deviations", "inget ändras eller skrivs"),
        ("from read_csv('/etc/passwd')", "inte filer, adresser eller tillägg"),
        ("selec", "den är inte skriven som SQL"),
        ("from range(20000)", "fler än 10\u00a0000 rader"),
    ):
        field.fill(asked)
        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text(said)
    expect(table).to_have_count(0)
    page.get_by_role("link", name="Avvikelserna i rangordning").click()
    expect(field).to_have_value("from exempel.avvikelser")
    field.press("Control+Enter")
    expect(table).to_be_visible()
    # What is published, and dbt's page, which is written meanwhile.
    page.goto(f"{server}/publicerat/")
    page.get_by_role("link", name="Kvalitet", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kvalitet")
    page.goto(f"{server}/dbt/")
    expect(page.get_by_text("Welcome!")).to_be_visible(timeout=120_000)
    page.goto(f"{server}/dbt/#!/model/model.avvik.area_years")
    expect(page.get_by_role("heading", name="area_years").first).to_be_visible()
    expect(slow.get_by_role("alert")).to_contain_text("längre än 10 sekunder", timeout=40_000)
    assert faults == []
    judged(browser, served)


def judged(browser: Browser, served: Served) -> None:
    """The pages are for everyone: in light and dark, on a desk and on a phone."""
    context = browser.new_context(locale="sv-SE", bypass_csp=True)
    page = context.new_page()
    page.goto(served.entrance)
    for path in ("/start", "/fraga?fraga=from+exempel.avvikelser", "/publicerat/finns-inte"):
        page.goto(f"{served.address}{path}")
        if "fraga" in path:
            page.get_by_role("button", name="Ställ frågan").click()
            expect(page.get_by_role("table", name="Svaret")).to_be_visible()
        page.evaluate(_AXE)
        for scheme, width in (("light", 1280), ("dark", 360)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 900})
            passes, violations = page.evaluate(_JUDGED, _ALL)
            assert violations == [], (path, scheme)
            assert passes > 10
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(overflow) <= 0, (path, width)
    context.close()


def newest_run(page: Page, server: str) -> str | None:
    answer = page.request.post(
        f"{server}/graphql",
        data={"query": "{ runsOrError(limit: 1) { ... on Runs { results { runId } } } }"},
    )
    runs = answer.json()["data"]["runsOrError"]["results"]
    return str(runs[0]["runId"]) if runs else None


def start_run(page: Page, server: str) -> str:
    """Start the nightly job as a person does, and open its page."""
    before = newest_run(page, server)
    page.goto(f"{server}/locations/avvik/jobs/nightly")
    page.get_by_role("button", name="Materialize all").first.click(timeout=60_000)
    deadline = time.monotonic() + 120
    while (started := newest_run(page, server)) == before:
        assert time.monotonic() < deadline, "the button started no run"
        page.wait_for_timeout(500)
    assert started is not None
    page.goto(f"{server}/runs/{started}")
    return started


@pytest.mark.timeout(900)
def test_a_run_started_there_goes_green(page: Page, server: str) -> None:
    start_run(page, server)
    expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=_RUN_MILLISECONDS)
    expect(page.get_by_text("Failure", exact=True)).to_have_count(0)


@pytest.mark.timeout(900)
def test_a_closed_gate_says_what_is_wrong_and_what_to_do(
    page: Page, server: str, home: Path
) -> None:
    """The sentence comes first: no stack of calls, and no line for each step that had to wait."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("delete from raw.register__befolkning_stadsdel")
    started = start_run(page, server)
    expect(page.get_by_text("Failure", exact=True).first).to_be_visible(timeout=_RUN_MILLISECONDS)
    # As whoever is told of it opens it.
    page.goto(f"{server}/runs/{started}")
    said = page.get_by_text("Grinden är stängd. Tabellen ska ha rader.").first
    expect(said).to_be_visible(timeout=60_000)
    expect(said).to_contain_text("raw.register__befolkning_stadsdel")
    expect(said).to_contain_text("läs in filen igen")
    assert (said.text_content() or "").startswith("Grinden är stängd.")
    for noise in ("Stack Trace", "Dependencies for step"):
        expect(page.get_by_text(noise)).to_have_count(0)
    page.goto(
        f"{server}/assets/raw/register__befolkning_stadsdel?view=checks&checkDetail=forvantningar"
    )
    expect(page.get_by_text("Tabellen ska ha rader").first).to_be_visible(timeout=60_000)


def test_what_runs_and_servers_write_is_the_owners_alone_whatever_the_umask(
    server: str, home: Path
) -> None:
    """Comes last: by now a run by command, and two runs from here, have written what they write."""
    opened = {}
    for path in home.rglob("*"):
        # Gone meanwhile, or made by the test.
        if not path.exists() or path.is_symlink() or path in {home / "serve.log", home / "inbox"}:
            continue
        opened[str(path.relative_to(home))] = path.stat().st_mode & 0o777
    published = {name for name in opened if name.split("/")[0] == "published"}
    assert len(published) > 80
    assert {opened[name] for name in published} == {0o755, 0o644}
    kept = {name: mode for name, mode in opened.items() if name not in published}
    places = {name.split("/")[0] for name in kept}
    assert places >= {"dagster", "dbt", "draft", "inbox", "landing", "keys", "warehouse.duckdb"}
    assert {name: oct(mode) for name, mode in kept.items() if mode not in {0o600, 0o700}} == {}

"""A notice says what stopped, whose it is and what to do, whatever becomes of telling it."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import HttpUrl, Secret

from orchestration import notices
from orchestration.notices import Cause, StepError, causes, send_notice, send_waiting, unexpected
from orchestration.quality.gate import record as record_checks
from orchestration.quality.results import ExpectationResult, SuiteResult
from orchestration.quality.suites import Severity
from orchestration.settings import Settings
from orchestration.storage import outbox
from orchestration.storage.deliveries import BreachRow, create_tables, record, set_inbox
from orchestration.storage.landing import Receipt
from orchestration.storage.warehouse import WarehouseHeldError, open_warehouse

RUN = "r1"
FILE = "avhysningar_barn/avhysningar_barn_2023.csv"
HELD = f"Fil {FILE}, rad 2, kolumn datum: datumet finns inte. Gör så här: rätta datumet."
BROKEN = (
    "En regel. Rader som avviker: 3 av 9 (marts.deviations, expect_x). Gör så här: kör om steget."
)
WARNED = "En regel. Rader som avviker: 1 av 9 (marts.deviations, expect_y). Gör så här: se efter."
MEANWHILE = datetime(2026, 11, 28, tzinfo=UTC)


def judged(expectation: str, severity: Severity, message: str, *, broken: bool = False) -> Any:
    return ExpectationResult(
        suite="marts.deviations",
        expectation=expectation,
        table_name="marts.deviations",
        severity=severity,
        success=False,
        broken=broken,
        unexpected_count=3,
        element_count=9,
        unexpected_percent=33.3,
        message_sv=message,
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a held delivery, a closed gate in one run, and a warning."""
    settings = Settings(home=tmp_path)
    receipt = Receipt(
        sequence=7,
        received_at="2026-11-28T03:30:00+00:00",
        delivery_id="ab" * 32,
        kind="register",
        name="avhysningar_barn",
        file_name=FILE,
        size=10,
        synthetic=True,
    )
    with open_warehouse(settings.warehouse_path) as connection:
        create_tables(connection)
        set_inbox(connection, [(receipt.name, receipt.file_name, receipt.delivery_id)])
        record(
            connection,
            receipt,
            period="2023",
            outcome="quarantined",
            rows_loaded=0,
            rows_held=0,
            breaches=[BreachRow("datum", "row", "datum", 2, 1, HELD)],
        )
        results = (
            judged("expect_x", Severity.CRITICAL, BROKEN),
            judged("expect_y", Severity.WARNING, WARNED),
        )
        record_checks(
            connection,
            RUN,
            [
                SuiteResult(
                    table_name="marts.deviations",
                    suite="marts.deviations",
                    passed=False,
                    worst_severity=Severity.CRITICAL,
                    results=results,
                    row_count=9,
                    evaluated_at=MEANWHILE,
                    fingerprint="x",
                )
            ],
        )
    settings.delivery_reports_dir.mkdir()
    (settings.delivery_reports_dir / f"{FILE.replace('/', '__')}.txt").write_text("rapport")
    return settings


def told(settings: Settings) -> dict[str, Any]:
    """The one notice of the file."""
    [line] = settings.notices.read_text(encoding="utf-8").splitlines()
    notice: dict[str, Any] = json.loads(line)
    return notice


def test_a_notice_says_whose_it_is_and_what_to_do(settings: Settings) -> None:
    found = causes(settings, RUN, [], gate_closed=True)
    assert send_notice(settings, run_id=RUN, job="nightly", causes=found) is None
    notice = told(settings)
    assert notice["jobb"] == "nightly"
    assert notice["korning"] == RUN
    held, broken = notice["orsaker"]
    report = settings.delivery_reports_dir / "avhysningar_barn__avhysningar_barn_2023.csv.txt"
    assert held == {
        "tabell": "raw.register__avhysningar_barn",
        "regel": "datum",
        "leverantor": "avhysningar_barn, Stockholms stad",
        "leverans": FILE,
        "meddelande": HELD,
        "gor_sa_har": "rätta datumet.",
        "lank": str(report),
    }
    assert broken["tabell"] == "marts.deviations"
    assert broken["regel"] == "expect_x"
    assert broken["gor_sa_har"] == "kör om steget."
    assert Path(broken["lank"]).is_file()
    assert notice["meddelande"] == f"{HELD}\n{BROKEN}"
    assert notice["lank"] is None


def test_the_link_leads_to_the_run_while_the_ui_is_served(settings: Settings) -> None:
    settings.served_file.parent.mkdir()
    settings.served_file.write_text("http://127.0.0.1:3000\n")
    found = causes(settings, RUN, [], gate_closed=True)
    send_notice(settings, run_id=RUN, job="nightly", causes=found)
    notice = told(settings)
    assert notice["lank"] == "http://127.0.0.1:3000/runs/r1"
    assert notice["orsaker"][1]["lank"] == "http://127.0.0.1:3000/runs/r1"
    assert notice["orsaker"][0]["lank"].endswith(".txt"), "a supplier's report says more"


def test_a_dataset_is_told_with_its_publisher(settings: Settings) -> None:
    with open_warehouse(settings.warehouse_path) as connection:
        connection.execute("update meta.deliveries set name = 'scb_population_month'")
        connection.execute("update meta.inbox set name = 'scb_population_month'")
    [held, _] = causes(settings, RUN, [], gate_closed=True)
    assert held.supplier == "scb_population_month, Statistiska centralbyrån (SCB)"
    assert held.table == "raw.scb__observations"


def test_what_did_not_stop_the_run_is_not_blamed(settings: Settings) -> None:
    """A delivery may be held while the run stops for another reason."""
    full = StepError("Steget landing", None, ("OSError: [Errno 28] No space left on device\n",))
    [only] = causes(settings, "r2", [full], gate_closed=False)
    assert "No space left on device" in only.message_sv
    assert only.delivery is None
    refused = StepError("Steget marts", f"Grinden är stängd.\n{HELD}", ())
    [held] = causes(settings, "r2", [refused], gate_closed=False)
    assert held.delivery == FILE


def test_a_warehouse_that_cannot_be_read_hides_no_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = StepError("Steget raw", "Nyckeln är en annan.", ())
    settings.warehouse_path.write_bytes(b"no database")
    assert [each.message_sv for each in causes(settings, RUN, [error], gate_closed=True)] == [
        "Nyckeln är en annan."
    ]

    def held(*_: object, **__: object) -> None:
        raise WarehouseHeldError

    monkeypatch.setattr(notices, "open_warehouse", held)
    monkeypatch.setattr(notices, "_PATIENCE_SECONDS", 0.0)
    assert causes(settings, RUN, [error], gate_closed=True)[0].message_sv == "Nyckeln är en annan."
    assert "Gör så här" in causes(settings, RUN, [], gate_closed=True)[0].message_sv


@pytest.mark.parametrize(
    ("chain", "expected", "absent"),
    [
        (
            (
                "dagster._core.errors.DagsterExecutionStepExecutionError: Error occurred\n",
                "orchestration.registers.pseudonyms.PseudonymKeyError: Nyckeln är en annan: byt.\n",
                "KeyError: 'x'\n",
            ),
            "Nyckeln är en annan: byt.",
            "KeyError",
        ),
        (
            ("_duckdb.ConversionException: Conversion Error: '191212121212' is no INT32\n",),
            "Steget raw avbröts av ett oväntat fel (ConversionException).",
            "191212121212",
        ),
        (
            ("PermissionError: [Errno 13] Permission denied: '/srv/x'\n",),
            "(PermissionError: [Errno 13] Permission denied: '/srv/x')",
            "okänt",
        ),
        (("ValueError: Lisa Storgatan 12\n",), "(ValueError)", "Lisa"),
    ],
)
def test_an_error_is_told_as_far_as_it_may_be(
    chain: tuple[str, ...], expected: str, absent: str, tmp_path: Path
) -> None:
    error = StepError("Steget raw", None, chain)
    [cause] = causes(Settings(home=tmp_path), RUN, [error], gate_closed=False)
    assert expected in cause.message_sv
    assert absent not in cause.message_sv


def test_a_fault_outside_the_steps_is_told_by_its_cause() -> None:
    inner = duckdb.ConversionException("'191212121212'")
    outer = RuntimeError("191212121212")
    outer.__cause__ = inner
    text = unexpected(outer).message_sv
    assert "ConversionException" in text
    assert "1912" not in text


class Receiver:
    """A webhook on loopback that answers as it is told."""

    def __init__(self, status: int, *, dripping: bool = False) -> None:
        self.taken: list[dict[str, Any]] = []
        self.released = threading.Event()
        taken, released = self.taken, self.released

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                taken.append(json.loads(self.rfile.read(length)))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/annat")
                self.end_headers()
                while dripping and not released.wait(0.05):
                    self.wfile.write(b".")

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/hemlig-nyckel"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    made = Receiver(*request.param[:1], dripping=request.param[1])
    yield made
    made.close()


def with_webhook(home: Path, address: str) -> Settings:
    return Settings(home=home, notice_webhook=Secret(HttpUrl(address)))


@pytest.mark.parametrize("receiver", [(204, False)], indirect=True)
def test_the_webhook_gets_what_the_file_has(receiver: Receiver, tmp_path: Path) -> None:
    settings = with_webhook(tmp_path, receiver.address)
    assert send_notice(settings, run_id=RUN, job="nightly", causes=[Cause("Så.")]) is None
    assert receiver.taken == [told(settings)]


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [((500, False), "kod 500"), ((302, False), "kod 302"), ((200, True), "svarar inte i tid")],
    indirect=["receiver"],
)
def test_a_webhook_that_fails_is_told_and_the_file_has_the_notice(
    receiver: Receiver, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "_WEBHOOK_SECONDS", 1.0 if "tid" in expected else 30.0)
    settings = with_webhook(tmp_path, receiver.address)
    fault = send_notice(settings, run_id=RUN, job="nightly", causes=[Cause("Så.")])
    assert fault is not None
    assert expected in fault
    assert "hemlig-nyckel" not in fault, "an address may hold a secret"
    assert told(settings)["meddelande"] == "Så."


@pytest.mark.parametrize("receiver", [(204, False)], indirect=True)
def test_what_could_not_be_sent_waits_is_told_and_is_sent(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_webhook(tmp_path, receiver.address)
    with monkeypatch.context() as patched:
        patched.setattr(notices, "_posted", lambda *_: "den svarar med kod 500")
        assert send_notice(settings, run_id=RUN, job="nightly", causes=[Cause("Så.")]) is not None
        assert send_waiting(settings) == (
            "Meddelanden som väntar på att skickas: 1. Meddelandet kunde inte skickas till"
            " AVVIK_NOTICE_WEBHOOK: den svarar med kod 500."
        )
    (kept,) = (tmp_path / outbox.NAME).read_text(encoding="utf-8").splitlines()
    due = {**json.loads(kept), "next_at": "2026-01-01T00:00:00+00:00"}
    (tmp_path / outbox.NAME).write_text(json.dumps(due) + "\n", encoding="utf-8")
    assert send_waiting(settings) is None
    assert receiver.taken == [told(settings)]
    assert "hemlig-nyckel" not in kept


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/", "http://finns-inte.invalid/"])
def test_a_webhook_that_is_not_there(address: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        # Bound and not listening: whoever calls is refused.
        taken.bind(("127.0.0.1", 0))
        settings = with_webhook(tmp_path, address.format(port=taken.getsockname()[1]))
        fault = send_notice(settings, run_id=RUN, job="nightly", causes=[Cause("Så.")])
    assert fault is not None
    assert "går inte att nå" in fault
    assert told(settings)["meddelande"] == "Så."


@pytest.mark.parametrize("receiver", [(200, False)], indirect=True)
def test_a_file_that_cannot_be_written_does_not_keep_the_notice(
    receiver: Receiver, tmp_path: Path
) -> None:
    settings = with_webhook(tmp_path, receiver.address)
    settings.notices.mkdir()
    fault = send_notice(settings, run_id=RUN, job="nightly", causes=[Cause("Så.")])
    assert fault is not None
    assert str(settings.notices) in fault
    assert receiver.taken[0]["meddelande"] == "Så."

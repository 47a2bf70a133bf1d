"""Signals end a process by one exception, also where others took them or lost them."""

import os
import signal
import threading

import duckdb
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError, raise_execution_interrupts
from dagster._utils.interrupts import capture_interrupts

from orchestration.cli.interrupts import Interrupted, ignore_interrupts, interruptible
from orchestration.storage.warehouse import let_interrupts_through

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
_SHORT = "select count(*) from range(10000000) as t(n) where hash(n) % 7 = 3"


@pytest.mark.parametrize("signum", SIGNALS)
def test_a_signal_ends_with_its_own_code(signum: int) -> None:
    # Whoever starts the tests in the background has hang-ups ignored, and so would this.
    found = signal.signal(signum, signal.default_int_handler)
    before = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(Interrupted) as interrupt, interruptible():
        os.kill(os.getpid(), signum)
    assert interrupt.value.exit_code == 128 + signum
    assert [signal.getsignal(each) for each in SIGNALS] == before
    signal.signal(signum, found)


@pytest.mark.parametrize("signum", SIGNALS[:2])
def test_dagster_taking_the_signal_hides_neither_it_nor_which_it_was(signum: int) -> None:
    with interruptible() as interrupts:
        interrupts.confirm()
        with (
            pytest.raises(DagsterExecutionInterruptedError),
            capture_interrupts(),
            raise_execution_interrupts(),
        ):
            os.kill(os.getpid(), signum)
        for _ in range(2):
            with pytest.raises(Interrupted) as interrupt:
                interrupts.confirm()
            assert interrupt.value.signum == signum


def test_a_query_that_is_interrupted_is_no_fault_of_a_delivery() -> None:
    """DuckDB makes an ordinary error of the signal; whoever catches every error lets it through.

    It looks for signals between two pieces of a query; the handler runs at the latest afterwards.
    """

    def count_for_ever(connection: duckdb.DuckDBPyConnection) -> None:
        try:
            while True:
                connection.execute(_SHORT).fetchall()
        except Exception as error:  # noqa: BLE001 (as intake does)
            let_interrupts_through(error)
            pytest.fail(f"the signal was taken for a fault: {error}")

    sender = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM))
    with duckdb.connect() as connection, interruptible() as interrupts:
        sender.start()
        with pytest.raises((KeyboardInterrupt, Interrupted)):
            count_for_ever(connection)
        with pytest.raises(Interrupted):
            interrupts.confirm()


def test_only_an_interrupt_is_let_through() -> None:
    with pytest.raises(KeyboardInterrupt):
        let_interrupts_through(RuntimeError("Query interrupted"))
    let_interrupts_through(RuntimeError("Another"))
    let_interrupts_through(ValueError("Query interrupted"))


def test_what_ends_is_left_in_peace() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interruptible():
        ignore_interrupts()
        for signum in SIGNALS:
            os.kill(os.getpid(), signum)
    assert signal.getsignal(signal.SIGTERM) is before

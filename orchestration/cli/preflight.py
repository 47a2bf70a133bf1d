"""What must hold before a command touches a home: nobody else at work, the right profile and key.

Each refusal is one Swedish sentence and exit code 2. Whatever changes the home belongs to the
commands and to `running`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import duckdb

from orchestration.cli.output import refuse
from orchestration.registers.municipality import (
    Municipality,
    MunicipalityError,
    load_municipality,
    makes_its_key,
    require_described,
)
from orchestration.settings import Settings
from orchestration.storage.home import sweep_strays


@contextmanager
def only_one_run(
    settings: Settings, command: str, *, whatever_the_warehouse: bool = False
) -> Iterator[None]:
    """Refuse a second run in the same home while one is going on, and say which that is.

    Args:
        settings: The installation.
        command: What is to run, for whoever is refused meanwhile.
        whatever_the_warehouse: Whether the warehouse may be damaged.
    """
    from orchestration.storage.holders import HeldError, hold_home  # noqa: PLC0415

    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        refuse(_unwritable(settings, error), cause=error)
    with ExitStack() as stack:
        try:
            stack.enter_context(hold_home(settings.state_dir, command, now=datetime.now(UTC)))
        except HeldError as error:
            refuse(str(error), cause=error)
        except OSError as error:
            refuse(_unwritable(settings, error), cause=error)
        sweep_strays(settings.state_dir, inbox=settings.inbox_dir)
        if not whatever_the_warehouse:
            _require_warehouse(settings)
        yield


def _unwritable(settings: Settings, error: OSError) -> str:
    return (
        f"Hemkatalogen {settings.state_dir} kan inte skrivas ({error.strerror}). Gör så här: ange"
        " en katalog som du får skriva i, med --home eller AVVIK_HOME."
    )


def claim_home(settings: Settings) -> None:
    """Refuse a home of the other profile; a new one belongs to this one from now on."""
    from orchestration.storage.home import ProfileMismatchError, claim_profile  # noqa: PLC0415

    try:
        claim_profile(settings.profile_file, settings.profile)
    except ProfileMismatchError as error:
        refuse(str(error), cause=error)


def _require_warehouse(settings: Settings) -> None:
    """Refuse to start while another process, such as a run in the browser, holds the warehouse."""
    from orchestration.intake.rekeying import finish_rekeying  # noqa: PLC0415
    from orchestration.storage.warehouse import WarehouseHeldError, open_warehouse  # noqa: PLC0415

    try:
        if settings.as_of is None:
            finish_rekeying(settings)
        with open_warehouse(settings.warehouse_path):
            pass
    except WarehouseHeldError as error:
        refuse(str(error), cause=error)
    except (duckdb.Error, OSError) as error:
        from orchestration.flow.verification import damaged_sv  # noqa: PLC0415

        refuse(damaged_sv(settings.warehouse_path, error), cause=error)


def require_past(settings: Settings) -> None:
    """Refuse a past moment that cannot be built again."""
    from orchestration.intake.as_of import PastUnknownError  # noqa: PLC0415
    from orchestration.intake.as_of import require_past as require  # noqa: PLC0415
    from orchestration.storage.landing import LandingStore  # noqa: PLC0415

    try:
        require(settings, LandingStore(settings.landing_dir))
    except PastUnknownError as error:
        refuse(str(error), cause=error)


def require_key(settings: Settings) -> None:
    """Refuse to start without a usable pseudonym secret, or with another than the warehouse's."""
    from orchestration.registers.pseudonyms import PseudonymKeyError, load_key  # noqa: PLC0415
    from orchestration.registers.rekeying import confirm_key  # noqa: PLC0415
    from orchestration.storage.warehouse import open_warehouse  # noqa: PLC0415

    try:
        key = load_key(
            settings.pseudonym_key,
            settings.key_file,
            create=makes_its_key(settings),
        )
        with open_warehouse(settings.warehouse_path) as connection:
            confirm_key(connection, key)
    except PseudonymKeyError as error:
        refuse(str(error), cause=error)


def require_report_year(settings: Settings) -> None:
    """Refuse a named report year that is known to have no values."""
    from orchestration.intake.report_year import require_report_year as require  # noqa: PLC0415
    from orchestration.storage.report_year import ReportYearError  # noqa: PLC0415

    try:
        require(settings)
    except ReportYearError as error:
        refuse(str(error), cause=error)


def require_municipality(settings: Settings) -> Municipality:
    """Refuse to start without a usable file of the municipality."""

    def read() -> Municipality:
        require_described(settings)
        return load_municipality(settings)

    return or_misuse(read)


def require_municipality_or_statistics(settings: Settings) -> None:
    """Refuse to report on a municipality without a usable file, unless it delivers nothing."""
    from orchestration.intake.placing import require_described_inbox  # noqa: PLC0415

    def read() -> Municipality:
        require_described_inbox(settings)
        return load_municipality(settings)

    or_misuse(read)


def or_misuse(read: Callable[[], Municipality]) -> Municipality:
    """Refuse where the file of a municipality cannot be used."""
    try:
        return read()
    except MunicipalityError as error:
        refuse(str(error), cause=error)

"""What a publication has for others than its makers: a described database, and open data.

Works on the copy that is about to be published, never on the warehouse. What is described, and how
it is written, belongs in `orchestration.opendata`.
"""

import logging
from pathlib import Path

from orchestration.database import connect, transaction
from orchestration.disclosure.derived import read_derived
from orchestration.opendata.about import Publisher
from orchestration.opendata.described import describe
from orchestration.opendata.writing import DIRECTORY, write_open_data
from orchestration.quality.suites import load_suites
from orchestration.registers.municipality import load_municipality
from orchestration.settings import Settings
from orchestration.storage.snapshot import SNAPSHOT_NAME


def complete(settings: Settings, log: logging.Logger, edition: Path) -> None:
    """Add to an edition for anybody what it needs to be read on its own.

    Args:
        settings: Who publishes, and where.
        log: Where it is told what is written.
        edition: Its directory, which nobody reads yet.
    """
    describe_edition(edition)
    open_data(settings, log, edition)


def describe_edition(edition: Path) -> None:
    """Let an edition's database say what it holds.

    Args:
        edition: Its directory, which nobody reads yet.
    """
    rests_on = {
        (table, column): text
        for table, declared in read_derived().items()
        for column, text in declared.rests()
    }
    with connect(edition / SNAPSHOT_NAME) as snapshot, transaction(snapshot):
        describe(snapshot, rests_on)


def open_data(settings: Settings, log: logging.Logger, edition: Path) -> None:
    """Write the tables of an edition's database as open data.

    Args:
        settings: Who publishes, and where.
        log: Where it is told what is written.
        edition: Its directory.
    """
    keys = {name: suite.key for name, suite in load_suites(settings.expectations_dir).items()}
    data = edition / DIRECTORY
    with connect(edition / SNAPSHOT_NAME, read_only=True, directories=[data]) as snapshot:
        written = write_open_data(snapshot, data, publisher_of(settings), keys)
    log.info("Öppna data: %d tabeller i %s", len(written), data.name)
    if settings.open_data_url is None:
        log.info(
            "Ingen katalog för dataportaler: AVVIK_OPEN_DATA_URL säger inte var filerna läggs ut"
        )


def publisher_of(settings: Settings) -> Publisher:
    """Who publishes the open data, and where.

    Args:
        settings: They say it, or the municipality's file does.
    """
    name = load_municipality(settings).name
    base, place = settings.open_data_url, settings.open_data_place
    return Publisher(
        municipality_id=settings.municipality,
        municipality_name=name,
        name=settings.open_data_publisher or name,
        licence=str(settings.open_data_licence),
        contact=settings.open_data_contact,
        base=None if base is None else f"{str(base).rstrip('/')}/",
        place=None if place is None else str(place),
    )

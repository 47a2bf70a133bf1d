"""Where the documents of a publication lie in it, and the ways from each page to the others.

What a document says belongs in its own module; that readers' names lead to one publication, in the
snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.language.inline import Said, nodes

ENTRANCE = "index.html"
"""The site's first page."""


@dataclass(frozen=True, slots=True)
class Formats:
    """Where the formats of one document lie.

    Attributes:
        name: What it is called where a way leads to it.
        page: As a page.
        pdf: As a file that is sent and kept.
        word: As a file that is worked on further.
        workbook: Its tables, and those behind its charts.
        tables: What they are called together.
    """

    name: str
    page: str
    pdf: str
    word: str
    workbook: str
    tables: str

    def links(self) -> tuple[tuple[str, str], ...]:
        """What each format is called, and where it lies; the page first."""
        return (
            (f"{self.name} som webbsida", self.page),
            (f"{self.name} som PDF", self.pdf),
            (f"{self.name} som Word-fil", self.word),
            (f"{self.tables} som arbetsbok", self.workbook),
        )


MEMORANDUM = Formats(
    "Promemorian",
    "promemoria.html",
    "promemoria.pdf",
    "promemoria.docx",
    "tabeller.xlsx",
    "Tabellerna",
)
"""What the board gets: what deviates, and why."""

YEARLY_REPORT = Formats(
    "Socialtjänstrapporten",
    "socialtjanstrapport.html",
    "socialtjanstrapport.pdf",
    "socialtjanstrapport.docx",
    "socialtjanstrapport.xlsx",
    "Rapportens tabeller",
)
"""The year in figures, chapter by chapter."""

DOCUMENTS = (MEMORANDUM, YEARLY_REPORT)
"""Every document that a publication has whole, in the order in which they are offered."""

RUNNING_YEAR = "laget_i_ar.html"
"""The year under way, beside the documents with all figures and nowhere else."""

NUMBERS_NAME = "numbers.json"
"""The list of every number of the documents, beside them."""

PAGES_DIRECTORY = "indikatorer"
"""Where the indicators' pages lie, beside the documents."""

DATABASE = "marts.duckdb"
"""The figures behind all of it, laid beside it by the publication."""

DATA_PACKAGE = "data/datapackage.json"
"""What the tables are as files, which the publication lays there too."""

INDEX_NAME = "index.html"
"""Their index, among them."""

AREAS_DIRECTORY = "omraden"
"""A page for each area of activity."""

BOARDS_DIRECTORY = "namnder"
"""A page for each board."""

SCRIPTS_DIRECTORY = "skript"
"""The files of the scripts that pages use."""

QUALITY = "kvalitet.html"
"""How the checks fared, and the state of the sources."""

GLOSSARY = "ordlista.html"
"""What words mean."""

ABOUT = "om.html"
"""What the site is."""

SEARCH = "sok.html"
"""Where all is searched."""

NARROWING = f"{SCRIPTS_DIRECTORY}/urval.js"
"""Narrows and sorts tables."""

NUMBERS = f"{SCRIPTS_DIRECTORY}/siffror.js"
"""Opens what a number rests on."""

SEARCHING = (
    f"{SCRIPTS_DIRECTORY}/minisearch.js",
    f"{SCRIPTS_DIRECTORY}/sokregister.js",
    f"{SCRIPTS_DIRECTORY}/sok.js",
)
"""What is searched with, what is searched in, and what shows it; in this order."""

SEARCH_LICENCE = f"{SCRIPTS_DIRECTORY}/minisearch.LICENSE.txt"
"""Whose work it is searched with."""

_PAGES = (
    (ENTRANCE, "Årets avvikelser"),
    *((each.page, each.name) for each in DOCUMENTS),
    (f"{PAGES_DIRECTORY}/{INDEX_NAME}", "Alla indikatorer"),
    (QUALITY, "Kvalitet"),
    (GLOSSARY, "Ordlista"),
    (ABOUT, "Om sidorna"),
    (SEARCH, "Sök"),
)


def ways(up: str = "", here: str = "") -> tuple[tuple[Said, str], ...]:
    """The ways from a page to the site's other chief pages.

    Args:
        up: What leads from the page to the site's top: ``../`` from a directory.
        here: The page's own address from the top; it does not lead to itself.
    """
    return tuple((nodes(name), f"{up}{address}") for address, name in _PAGES if address != here)


def area_address(area: str) -> str:
    """Where an area's page lies."""
    return f"{AREAS_DIRECTORY}/{area}.html"


def board_address(geography_id: str) -> str:
    """Where a board's page lies."""
    return f"{BOARDS_DIRECTORY}/{geography_id.partition('-')[2]}.html"

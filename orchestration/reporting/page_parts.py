"""What the indicators' pages and their index have in common: warnings, foot, absent values."""

from __future__ import annotations

from orchestration.language import words
from orchestration.language.inline import Period, Quoted, Said, Strong, nodes, say
from orchestration.reporting.addresses import PAGE_NAME
from orchestration.reporting.data import CatalogueIndicator
from orchestration.reporting.document import Paragraph
from orchestration.reporting.memorandum import Edition

MEMORANDUM = f"../{PAGE_NAME}"


def made(edition: Edition) -> Said:
    """Whose edition a page is."""
    return say(
        "Framställd {moment} (svensk tid) med Avvik, version {version}. Kvalitetsstatus: {status}. "
        "Sidan hör till samma publicering som promemorian och databasen, är hel i sig själv och "
        "hämtar inget utifrån.",
        moment=Period.moment(edition.built_at),
        version=Quoted(edition.version, "meta.publication", "git_sha"),
        status=edition.quality_status,
    )


def working_material() -> Paragraph:
    """That a page must be looked through before it is given away."""
    return Paragraph(
        say(
            "{lead} Röjandekontroll av små tal är ännu inte införd i systemet. Sidan ska granskas "
            "innan den lämnas ut.",
            lead=Strong(nodes("Arbetsmaterial.")),
        )
    )


def without_values(indicator: CatalogueIndicator) -> str:
    """Why an indicator has no values."""
    return words.NOT_DELIVERED if indicator.not_delivered else words.MISSING

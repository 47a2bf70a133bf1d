"""What the indicators' pages and their index have in common: warnings, foot, absent values."""

from __future__ import annotations

from orchestration.language import words
from orchestration.language.inline import Period, Quoted, Said, Strong, nodes, say
from orchestration.reporting.data import CatalogueIndicator
from orchestration.reporting.document import Paragraph
from orchestration.reporting.issued import Edition


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


def what_is_hidden() -> Paragraph:
    """What stands where a figure is not shown, and why."""
    return Paragraph(
        say(
            "Tal om så få personer att någon kan kännas igen visas inte, och inte heller de tal "
            "som de skulle gå att räkna fram ur. Där står {sign} i stället.",
            sign=Strong(nodes("..")),
        ),
        small=True,
    )


def without_values(indicator: CatalogueIndicator) -> str:
    """Why an indicator has no values."""
    return words.NOT_DELIVERED if indicator.not_delivered else words.MISSING

"""The page about the site: what it is, how the figures are found, who made it and of what.

What the method is in full stands in the memorandum's appendix.
"""

from __future__ import annotations

from orchestration.language.inline import Link, Period, Quoted, Said, Strong, nodes, say
from orchestration.reporting.addresses import GLOSSARY, MEMORANDUM, NUMBERS_NAME, QUALITY
from orchestration.reporting.document import Document, Heading, Plain, bullets, paragraph
from orchestration.reporting.figures import municipality
from orchestration.reporting.page_parts import what_is_hidden
from orchestration.reporting.site.content import Site
from orchestration.reporting.site.parts import synthetic_warning, year_of

LETTER = "M-"
"""What the ids of its numbers begin with."""


def about_page(site: Site) -> Document:
    """Builds the page.

    Args:
        site: Whose.
    """
    return Document(
        title=nodes("Om sidorna"),
        subtitle=(municipality(site.name),),
        blocks=(
            *synthetic_warning(site, site.series.indicators),
            what_is_hidden(),
            Heading(2, nodes("Vad det här är"), "vad"),
            *paragraph(
                say(
                    "Sidorna visar var statistiken om socialtjänsten i {municipality} för {year} "
                    "inte blev som väntat. De skrivs automatiskt ur kommunens egna register och "
                    "offentlig statistik, samtidigt som promemorian och ur samma tabeller. De "
                    "pekar ut var en närmare granskning lönar sig. Varför något har hänt avgör de "
                    "inte.",
                    municipality=municipality(site.name),
                    year=year_of(site),
                )
            ),
            Heading(2, nodes("Hur avvikelserna hittas"), "hur"),
            *_method(),
            Heading(2, nodes("Siffrorna"), "siffrorna"),
            *_numbers(),
            Heading(2, nodes("Framställningen"), "framstallningen"),
            *_made(site),
        ),
        letter=LETTER,
    )


def _method() -> list[Plain]:
    steps = (
        ("Väntat.", "Ur tidigare år räknas vilket värde som var att vänta, med ett intervall."),
        ("Prövning.", "Det som ligger utanför prövas, med hänsyn till hur många mått som prövas."),
        (
            "Förklaringar.",
            "Det som en registrerad eller funnen orsak täcker räknas bort, och redovisas.",
        ),
        ("Jämförelse.", "Det som återstår hålls mot andra källor."),
        ("Fokusområden.", "Det som är kvar samlas efter verksamhetsområde."),
    )
    return [
        *bullets([say("{lead} {text}", lead=Strong(nodes(a)), text=b) for a, b in steps]),
        *paragraph(
            say(
                "Metoden i sin helhet står sist i {memorandum}. Orden förklaras i {glossary}.",
                memorandum=Link(MEMORANDUM.page, nodes("promemorian")),
                glossary=Link(GLOSSARY, nodes("ordlistan")),
            )
        ),
    ]


def _numbers() -> list[Plain]:
    return [
        *paragraph(
            "Samma siffra är densamma i alla format. Tryck på en siffra för att se vad den vilar "
            "på: mått, period, plats, grupp och vilka leveranser den kommer ur. Med tangentbordet "
            "går det till med tabb, piltangenterna och retur. Sist på varje sida står detsamma som "
            "en siffernyckel."
        ),
        *paragraph(
            say(
                "För program finns dokumentens siffror i {key}, med tabell och rad för var och en.",
                key=Link(NUMBERS_NAME, nodes("en egen fil")),
            )
        ),
        *paragraph("En siffra som hålls inne står som två punkter i tabellerna."),
        *paragraph(
            say(
                "Hur underlaget har kontrollerats står på sidan om {quality}.",
                quality=Link(QUALITY, nodes("kvalitet")),
            )
        ),
    ]


def _made(site: Site) -> list[Plain]:
    sender = next((text for text in site.report.texts if text.role == "sender"), None)
    who: Said = ()
    if sender is not None:
        text = Quoted(sender.text_sv, "seeds.memorandum_texts", sender.text_id)
        who = say("Avsändare: {text}.", text=text)
    return [
        *paragraph(who),
        *paragraph(
            say(
                "Framställd {moment} (svensk tid) med Avvik, version {version}. Varje publicering "
                "är daterad och hel: databasen, dokumenten och sidorna byts ut i ett steg.",
                moment=Period.moment(site.edition.built_at),
                version=Quoted(site.edition.version, "meta.publication", "git_sha"),
            )
        ),
        *paragraph(
            "Sidorna fungerar utan nät, skrivs ut som de är och hämtar inget utifrån. Sökning, "
            "urval och sortering är små skript som ligger bredvid sidorna; utan dem finns allt "
            "kvar att läsa."
        ),
    ]

"""What the pages of `avvik serve` say: the entrance, "Fråga", and the short ones that stand in.

They are documents as the site's are, so that they look and read as those do. Which address has
which page, and what is done there, belongs in `pages`.
"""

from importlib.metadata import version
from urllib.parse import urlencode

from orchestration.language.inline import Link, Quoted, Said, Strong, nodes, say
from orchestration.reporting.addresses import DATA_PACKAGE
from orchestration.reporting.document import Document, Heading, Paragraph, Plain, bullets, paragraph
from orchestration.reporting.figures import municipality
from orchestration.reporting.render.html import Frame, page

START = "/start"
"""The entrance: what can be opened here."""

DAGSTER = "/"
"""Dagster's own pages."""

PUBLISHED = "/publicerat/"
"""The site as it is published."""

QUESTION = "/fraga"
"""Where a question is asked."""

DOCS = "/dbt/"
"""What dbt tells of the models."""

SCRIPT = "/fraga.js"
"""What asks it."""

_WAYS = (
    (START, "Start"),
    (PUBLISHED, "Det publicerade"),
    (QUESTION, "Fråga"),
    (DOCS, "Modellerna"),
    (DAGSTER, "Flödet och körningarna"),
)
_EXAMPLES = (
    ("Avvikelserna i rangordning", "from exempel.avvikelser"),
    ("Kommunens senaste värden", "from exempel.kommunens_varden"),
    ("Kvinnor och män", "from exempel.kvinnor_och_man"),
    ("Nämndernas värden", "from exempel.namnderna order by indikator, namnd limit 500"),
    ("Avslagen efter grund", "from exempel.avslag_efter_grund"),
    (
        "Hur många avvikelser prövningen pekade ut",
        "select outcome, count(*) as antal\nfrom marts.deviations\ngroup by all",
    ),
    ("Vilka tabeller som finns", "show all tables"),
    (
        "Vad kolumnerna betyder",
        "select table_name, column_name, name_sv, meaning_sv, unit\nfrom meta.columns",
    ),
)


def start_page(name: str) -> str:
    """The entrance.

    Args:
        name: The municipality's.
    """
    ways: list[Said] = [
        say(
            "{way} Promemorian, avvikelserna, indikatorerna och de öppna uppgifterna, så som alla "
            "får läsa dem.",
            way=_way(PUBLISHED),
        ),
        say(
            "{way} Ställ en fråga i SQL till det publicerade, och hämta svaret som fil.",
            way=_way(QUESTION),
        ),
        say(
            "{way} Hur tabellerna räknas fram och vad kolumnerna betyder, skrivet av dbt. Bara "
            "namn och beskrivningar, inga rader.",
            way=_way(DOCS),
        ),
        say(
            "{way} Dagster: starta, följ och kör om.",
            way=_way(DAGSTER),
        ),
    ]
    blocks: list[Plain] = [
        Heading(2, nodes("Här finns"), "har-finns"),
        *bullets(ways),
        *paragraph(
            "Sidorna visas bara på den här datorn, och bara för den som har öppnat adressen med "
            "nyckeln. Det publicerade, frågorna och modellernas sidor har inga skyddade tal."
        ),
    ]
    return _page("Avvik", name, blocks, START)


def question_page(name: str) -> str:
    """Where a question is asked; the form is the script's.

    Args:
        name: The municipality's.
    """
    examples: list[Said] = [
        (Link(f"{QUESTION}?{urlencode({'fraga': sql})}", nodes(told)),) for told, sql in _EXAMPLES
    ]
    blocks: list[Plain] = [
        Heading(2, nodes("Utan skript"), "utan-skript"),
        *paragraph(
            "Rutan för frågan visas bara där skript får köras. På kommandoraden svarar avvik query "
            "på samma frågor."
        ),
        Heading(2, nodes("Färdiga frågor"), "fardiga"),
        *paragraph("Välj en, så skrivs den i rutan. Ändra den som du vill, och ställ den sedan."),
        *bullets(examples),
        Heading(2, nodes("Så fungerar det"), "sa-fungerar-det"),
        *bullets(
            [
                nodes(
                    "Frågan besvaras ur den publicerade databasen, som alla får läsa. Skyddade tal "
                    "finns inte i den, och inga rader om personer."
                ),
                nodes(
                    "Inget kan ändras eller skrivas, och inga filer eller adresser kan läsas "
                    "härifrån."
                ),
                nodes(
                    "Ett svar får ta tio sekunder och ha tio tusen rader. Tusen av dem visas, och "
                    "filen har alla."
                ),
                nodes(
                    "I tabellen står svenska ord i stället för koder, och tal som de skrivs på "
                    "svenska. I filen står koderna och talen som databasen har dem, med komma "
                    "mellan kolumnerna och punkt som decimaltecken."
                ),
                say(
                    "Hela tabeller finns som filer: {package} säger vilka.",
                    package=Link(f"{PUBLISHED}{DATA_PACKAGE}", nodes("förteckningen")),
                ),
            ]
        ),
    ]
    return _page("Fråga", name, blocks, QUESTION, scripts=(SCRIPT,), asks=True)


def message_page(name: str, title: str, *sentences: str) -> str:
    """A page that stands in for one that cannot be shown.

    Args:
        name: The municipality's.
        title: What is the matter.
        sentences: What, why and what to do, as text.
    """
    said = [Paragraph((Quoted(each, "avvik serve", "message"),)) for each in sentences]
    return _page(title, name, said, "")


def _page(
    title: str,
    name: str,
    blocks: list[Plain] | list[Paragraph],
    here: str,
    *,
    scripts: tuple[str, ...] = (),
    asks: bool = False,
) -> str:
    document = Document(
        title=nodes(title),
        subtitle=(municipality(name),),
        blocks=tuple(blocks),
        letter="W-",
    )
    ways = tuple((nodes(told), address) for address, told in _WAYS if address != here)
    return page(
        document, Frame(name, version=version("avvik"), ways=ways, scripts=scripts, asks=asks)
    )


def _way(address: str) -> Strong:
    [told] = [told for each, told in _WAYS if each == address]
    return Strong((Link(address, nodes(f"{told}.")),))

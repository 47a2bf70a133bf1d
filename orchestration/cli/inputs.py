"""What can be typed to a command, judged before any work begins.

Each refusal says what was typed, what it must be and an example. What must hold of the home or the
municipality belongs in `preflight`, what the environment says in `configuration`.
"""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import duckdb
import typer
from pydantic import TypeAdapter, ValidationError

from orchestration.cli.configuration import FORMS
from orchestration.cli.framework import Misuse
from orchestration.cli.output import Format
from orchestration.outside import shown
from orchestration.settings import FIRST_YEAR, LAST_YEAR, PastMoment, Profile

_LAST_PORT = 65_535
_CODE = re.compile(r"[0-9]{4}")
_LARGEST_SEED = 999_999
_MOMENT: TypeAdapter[datetime] = TypeAdapter(PastMoment)


def _refused(typed: object, wanted: str, example: str) -> Misuse:
    return Misuse(f"”{shown(str(typed))}” går inte. Gör så här: skriv {wanted}, som {example}.")


def _whole(first: int, last: int, wanted: str, example: str) -> Callable[[Any], int]:
    def parse(typed: Any) -> int:
        text = str(typed)
        # Python takes signs, underscores and blanks for part of a number.
        if not (text.isascii() and text.isdecimal() and first <= int(text) <= last):
            raise _refused(typed, wanted, example)
        return int(text)

    return parse


def _share(wanted: str, example: str) -> Callable[[Any], float]:
    def parse(typed: Any) -> float:
        try:
            share = float(str(typed))
        except ValueError:
            share = 0.0
        if not (str(typed).isascii() and 0 < share <= 1):
            raise _refused(typed, wanted, example)
        return share

    return parse


def _one_of(choices: tuple[str, ...], example: str) -> Callable[[Any], str]:
    wanted = f"{', '.join(choices[:-1])} eller {choices[-1]}"

    def parse(typed: Any) -> str:
        if str(typed).lower() not in choices:
            raise _refused(typed, wanted, example)
        return str(typed).lower()

    return parse


def _text(wanted: str, example: str) -> Callable[[Any], str]:
    def parse(typed: Any) -> str:
        if not str(typed).strip():
            raise Misuse(f"inget är skrivet. Gör så här: skriv {wanted}, som {example}.")
        return str(typed)

    return parse


def _path(wanted: str, example: str) -> Callable[[Any], Path]:
    named = _text(wanted, example)
    return lambda typed: Path(named(typed))


def _code(typed: Any) -> str:
    text = str(typed)
    if _CODE.fullmatch(text) is None:
        raise _refused(typed, *FORMS["municipality"])
    return text


def _moment(typed: Any) -> str:
    try:
        _MOMENT.validate_python(str(typed))
    except ValidationError:
        raise _refused(
            typed, "en dag (ÅÅÅÅ-MM-DD) eller en tidpunkt", "2026-03-01 eller 2026-03-01T03:30"
        ) from None
    return str(typed)


def _question(typed: Any) -> str:
    sql = str(typed)
    try:
        nothing = not duckdb.extract_statements(sql)
    except (duckdb.Error, ValueError):
        # Whoever runs it tells what is wrong with it.
        return sql
    if nothing:
        raise Misuse(
            'ingen fråga är skriven. Gör så här: skriv den inom citattecken, som "from'
            ' marts.deviations".'
        )
    return sql


def _file(typed: Any) -> Path:
    path = _path("filens namn", "inbox/vald_arenden/vald_arenden_2024-05.csv")(typed)
    fault = None
    try:
        if not path.exists():
            fault = "finns inte. Gör så här: kontrollera namnet och vilken katalog du står i."
        elif not path.is_file():
            fault = "är ingen fil. Gör så här: ange en fil, inte en katalog."
    except OSError:
        fault = "kan inte läsas. Gör så här: kontrollera namnet och rättigheterna."
    if fault is not None:
        raise Misuse(f"{shown(str(path))} {fault}")
    return path


def _ending(ending: str, wanted: str, example: str) -> Callable[[Any], Path]:
    def parse(typed: Any) -> Path:
        path = _path(wanted, example)(typed)
        if path.suffix.lower() != ending or path.is_dir():
            raise _refused(typed, f"ett filnamn som slutar på {ending}", example)
        if not path.parent.is_dir():
            raise Misuse(
                f"katalogen {shown(str(path.parent))} finns inte. Gör så här: skapa den först."
            )
        return path

    return parse


_workbook = _ending(".xlsx", "arbetsbokens namn", "fel.xlsx")


Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="KATALOG",
        parser=_path(*FORMS["home"]),
        help="Katalog för allt tillstånd (AVVIK_HOME; annars ./var).",
    ),
]
MunicipalityCode = Annotated[
    str | None,
    typer.Option(
        "--municipality",
        metavar="KOD",
        parser=_code,
        help="Kommunen som det gäller, där hemkatalogen har flera (AVVIK_MUNICIPALITY; annars"
        " 0180).",
    ),
]
Inbox = Annotated[
    Path | None,
    typer.Option(
        "--inbox",
        metavar="KATALOG",
        parser=_path(*FORMS["inbox"]),
        help="Katalog med leveranser (AVVIK_INBOX; annars inbox i hemkatalogen).",
    ),
]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="demo|live",
        parser=_one_of(get_args(Profile), "live"),
        help="demo: syntetisk stad; live: verkliga leveranser.",
    ),
]
Year = Annotated[
    int | None,
    typer.Option(
        "--year",
        metavar="ÅÅÅÅ",
        parser=_whole(FIRST_YEAR, LAST_YEAR, *FORMS["year"]),
        help="Rapportår; annars det senaste som har värden.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="ÅÅÅÅ-MM-DD",
        parser=_moment,
        help="Bygg om det som hade publicerats vid slutet av en dag, eller vid en tidpunkt"
        " (ÅÅÅÅ-MM-DDTTT:MM), i en egen katalog.",
    ),
]
FullRefresh = Annotated[
    bool,
    typer.Option(
        "--full-refresh",
        help="Gör om allt, också det som redan är som det skulle bli, och säg till om något"
        " blir annorlunda.",
    ),
]
Shape = Annotated[
    Format,
    typer.Option(
        "--format",
        metavar="table|json|csv",
        parser=lambda typed: Format(_one_of(tuple(Format), "csv")(typed)),
        help="Tabell för människor (förvalt); json eller csv för program.",
    ),
]
Question = Annotated[
    str,
    typer.Argument(
        metavar="SQL", parser=_question, help="En fråga till tabellerna i marts och meta."
    ),
]
File = Annotated[Path, typer.Argument(metavar="FIL", parser=_file, help="Filen som ska lämnas.")]
Workbook = Annotated[
    Path | None,
    typer.Option(
        "--workbook", metavar="FIL", parser=_workbook, help="Arbetsbok (xlsx) att skriva felen i."
    ),
]
MunicipalityFile = Annotated[
    Path | None,
    typer.Option(
        "--municipality-file",
        metavar="FIL",
        parser=_file,
        help="Kommunfil (AVVIK_MUNICIPALITY_FILE).",
    ),
]
NewMunicipalityFile = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="FIL",
        parser=_ending(".yml", "kommunfilens namn", "kommun.yml"),
        help="Kommunfil (yml) att skriva; en som finns skrivs inte över.",
    ),
]
Statutory = Annotated[
    bool,
    typer.Option(
        "--statutory", help="Registren lämnas som de filer som lagen kräver av varje kommun."
    ),
]
Register = Annotated[
    str | None,
    typer.Option(
        "--register",
        metavar="REGISTER",
        parser=_text("registrets namn", "vald_arenden"),
        help="Registret, om filnamnet passar flera.",
    ),
]
Delivery = Annotated[
    str,
    typer.Argument(
        metavar="LEVERANS",
        parser=_text("filnamnet som i meddelandet", "vald_arenden/vald_arenden_2024-05.csv"),
        help="Filnamnet som i meddelandet, leveransens nummer eller början av dess SHA-256.",
    ),
]
Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="SKÄL",
        parser=_text("varför uppgifterna stämmer", '"Enheten var stängd i maj"'),
        help="Varför uppgifterna stämmer.",
    ),
]
Port = Annotated[
    int,
    typer.Option(
        "--port",
        metavar="NUMMER",
        parser=_whole(1, _LAST_PORT, f"ett tal mellan 1 och {_LAST_PORT}", "3000"),
        help="Port på den egna datorn (förvalt: 3000).",
    ),
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--faults",
        metavar="NAMN",
        help="Fel att plantera, kan anges flera gånger; ett okänt namn visar vilka som finns.",
    ),
]
TruthsFile = Annotated[
    Path | None,
    typer.Option(
        "--truths",
        metavar="FIL",
        parser=_file,
        help="YAML med stadens sanningar; det som inte står där är som annars.",
    ),
]
CityMode = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="calibrated|drawn",
        parser=_one_of(("calibrated", "drawn"), "drawn"),
        help="calibrated: det som dokumenten anger stämmer; drawn: allt är slumpat.",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="NUMMER",
        parser=_whole(0, _LARGEST_SEED, f"ett tal mellan 0 och {_LARGEST_SEED}", "7"),
        help="Vilken av alla tänkbara städer (förvalt: 2023).",
    ),
]
Scale = Annotated[
    float | None,
    typer.Option(
        "--scale",
        metavar="ANDEL",
        parser=_share("en andel över 0 och högst 1, med punkt", "0.25"),
        help="Stadens storlek; 1 är Stockholms (förvalt).",
    ),
]
ScenarioFile = Annotated[
    Path | None,
    typer.Option(
        "--scenario",
        metavar="FIL",
        parser=_file,
        help="Ett eget scenario (YAML); annars alla som finns.",
    ),
]
Numbers = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="TAL=VÄRDE",
        help="Ett annat tal, som persons=120 eller gruppsamtal_rvc.group_size=4; kan anges flera"
        " gånger. Med spann: TAL=VÄRDE:MINST:HÖGST.",
    ),
]
CostsWorkbook = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FIL", parser=_workbook, help="Arbetsbok (xlsx) att skriva allt i."
    ),
]
ScenarioName = Annotated[
    str,
    typer.Argument(
        metavar="INSATS",
        parser=_text("scenariots namn, som filen utan .yml", "foraldralots"),
        help="Scenariots namn: filens namn utan .yml.",
    ),
]
ImpactDocument = Annotated[
    Path,
    typer.Option(
        "--out",
        metavar="FIL",
        parser=_ending(".docx", "Word-filens namn", "foraldralots.docx"),
        help="Word-fil (docx) att skriva mallen i.",
    ),
]
_LARGEST_SAMPLE, _MOST_ASSESSORS = 100_000, 100


def _some_of(choices: tuple[str, ...], example: str) -> Callable[[Any], str]:
    def parse(typed: Any) -> str:
        names = [name.strip() for name in str(typed).lower().split(",") if name.strip()]
        if not names or set(names) - set(choices) or len(set(names)) < len(names):
            raise _refused(typed, f"ett eller flera av {', '.join(choices)}", example)
        return ",".join(names)

    return parse


def _register_of_samples(typed: Any) -> str:
    if str(typed).lower() != "boendestod_beslut":
        raise Misuse(
            f"stickprov dras än bara ur boendestod_beslut, inte ur {shown(str(typed))}. Gör så här:"
            " skriv boendestod_beslut, eller utelämna flaggan."
        )
    return "boendestod_beslut"


Purpose = Annotated[
    str,
    typer.Option(
        "--purpose",
        metavar="korsbedomning|brukarrevision",
        parser=_one_of(("korsbedomning", "brukarrevision"), "korsbedomning"),
        help="korsbedomning: till bedömare; brukarrevision: till brukarna själva.",
    ),
]
SampledRegister = Annotated[
    str,
    typer.Option(
        "--register",
        metavar="REGISTER",
        parser=_register_of_samples,
        help="Registret att dra ur (boendestod_beslut).",
    ),
]
SampleYear = Annotated[
    int | None,
    typer.Option(
        "--year",
        metavar="ÅÅÅÅ",
        parser=_whole(FIRST_YEAR, LAST_YEAR, *FORMS["year"]),
        help="Beslut i kraft den sista december det året; annars rapportåret.",
    ),
]
SampleSize = Annotated[
    int,
    typer.Option(
        "--size",
        metavar="ANTAL",
        parser=_whole(1, _LARGEST_SAMPLE, "ett antal", "120"),
        help="Hur många som ska dras.",
    ),
]
Strata = Annotated[
    str,
    typer.Option(
        "--strata",
        metavar="NAMN,NAMN",
        parser=_some_of(("malgrupp", "kon", "alder"), "malgrupp,kon"),
        help="Vad urvalet delas efter: malgrupp, kon, alder.",
    ),
]
Spread = Annotated[
    str,
    typer.Option(
        "--spread",
        metavar="NAMN,NAMN",
        parser=_some_of(("stadsdelsnamnd", "timmar"), "stadsdelsnamnd,timmar"),
        help="Vad det sprids över inom varje del: stadsdelsnamnd, timmar.",
    ),
]
SampleAllocation = Annotated[
    str,
    typer.Option(
        "--allocation",
        metavar="proportional|equal|neyman",
        parser=_one_of(("proportional", "equal", "neyman"), "equal"),
        help="Hur delarna får sina antal: efter storlek, lika, eller efter spridning i timmar.",
    ),
]
Assessors = Annotated[
    int,
    typer.Option(
        "--assessors",
        metavar="ANTAL",
        parser=_whole(2, _MOST_ASSESSORS, "ett jämnt antal från 2", "4"),
        help="Bedömare, lika många ur varje grupp (korsbedomning).",
    ),
]
Overlap = Annotated[
    int,
    typer.Option(
        "--overlap",
        metavar="ANTAL",
        parser=_whole(0, _LARGEST_SAMPLE, "ett antal", "20"),
        help="Fall som alla bedömare får (korsbedomning).",
    ),
]
SampleSeed = Annotated[
    int,
    typer.Option(
        "--seed",
        metavar="NUMMER",
        parser=_whole(0, _LARGEST_SEED, f"ett tal mellan 0 och {_LARGEST_SEED}", "1"),
        help="Slumptalsfrö; samma frö ger samma filer.",
    ),
]
SampleOut = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="KATALOG",
        parser=_path("katalogens namn", "urval"),
        help="Stickprovets egen katalog; annars restricted/samples i hemkatalogen.",
    ),
]
PrintedNumber = Annotated[
    str,
    typer.Argument(
        metavar="TAL",
        parser=_text("talets nummer, eller talet så som det står", 'P12 eller "527 personer"'),
        help="Talets nummer ur siffernyckeln, eller talet så som det står.",
    ),
]
Restricted = Annotated[
    bool,
    typer.Option(
        "--restricted",
        help="Svara ur alla tal, för den som får se dem; kräver --reason och loggas.",
    ),
]
LossReason = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="SKÄL",
        parser=_text("varför liggaren inte går att få tillbaka", '"disken gick sönder i maj"'),
        help="Varför liggaren inte går att få tillbaka; sparas i den nya.",
    ),
]
OpeningReason = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="SKÄL",
        parser=_text("skälet", "ärende 2026-12"),
        help="Varför det som är skyddat öppnas; sparas i loggen.",
    ),
]
DisclosurePolicy = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FIL",
        parser=_path("filens namn", "policy.yml"),
        help="Vad som är litet; annars orchestration/disclosure/policy.yml.",
    ),
]
CellName = Annotated[
    str,
    typer.Argument(
        metavar="CELL",
        parser=_text("cellens namn", "child_cases-0123456789ab"),
        help="Cellens namn, ur decisions eller audit i restricted/disclosure.duckdb.",
    ),
]
SampleDirectory = Annotated[
    Path,
    typer.Argument(
        metavar="KATALOG",
        parser=_path("katalogens namn", "var/restricted/samples/..."),
        help="Katalogen som avvik sample draw skrev.",
    ),
]
AcceptUnlinked = Annotated[
    bool,
    typer.Option(
        "--accept-unlinked",
        help="Byt även pseudonymer vars identitetsnummer är gallrade; de tappar sin koppling.",
    ),
]

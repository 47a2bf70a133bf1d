"""What can be wrong with a delivery, and the Swedish words for it.

A breach says file, row number, column, rule and what to do. It never holds a cell's value.
Finding breaches belongs in `text_relations`, `staged_rows` and `drift`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

# A row, or the delivery, waits for a correction; a file that cannot be taken in is set aside, and
# nothing waits for it.
Severity = Literal["row", "delivery", "file"]

# rule -> (what is wrong, what to do)
_RULES: dict[str, tuple[str, str]] = {
    "okant_register": (
        "mappen motsvarar inget register i avtalet",
        "lägg filen i mappen för sitt register: inbox/<register>/",
    ),
    "filnamn": (
        "filnamnet följer inte mönstret",
        "döp om filen enligt mönstret och lämna den igen",
    ),
    "period": (
        "perioden i filnamnet är före avtalets första eller har inte börjat",
        "rätta perioden i filnamnet och lämna filen igen",
    ),
    "tom_fil": ("filen är tom", "gör om exporten och lämna en ny fil med samma namn"),
    "inga_rader": (
        "filen har rubriker men inga rader, fast perioden måste ha rader eller redan har det",
        "kontrollera urvalet i exporten och lämna en ny fil med samma namn",
    ),
    "filformat": (
        "innehållet är inte avgränsad text, xlsx eller Parquet",
        "exportera registret på nytt i något av formaten",
    ),
    "teckenkodning": (
        "filens teckenkodning är en annan än den avtalade",
        "välj rätt teckenkodning i exporten och lämna filen igen",
    ),
    "avgransare": (
        "kolumnerna är inte åtskilda med den avtalade avgränsaren",
        "välj rätt avgränsare i exporten och lämna en ny fil",
    ),
    "kolumn_saknas": (
        "kolumnen saknas i filens rubrikrad",
        "lägg till kolumnen i exporten och lämna en ny fil med samma namn",
    ),
    "kolumn_dubbel": (
        "kolumnen förekommer mer än en gång i rubrikraden",
        "ta bort den ena kolumnen i exporten och lämna en ny fil",
    ),
    "olasbar": (
        "raderna kan inte läsas som en tabell; radslut eller citattecken är blandade",
        "exportera filen på nytt och lämna den igen",
    ),
    "avhuggen": (
        "filen slutar mitt i en rad, som när en överföring bryts",
        "för över filen på nytt",
    ),
    "antal_falt": (
        "raden har fel antal fält",
        "kontrollera citattecken och avgränsare på raden och lämna en ny fil",
    ),
    "radslut": (
        "raderna slutar inte med CRLF, som filens beskrivning säger",
        "lämna filen som den kom ur systemet, utan att spara om den i ett annat program",
    ),
    "citattecken": (
        "ett citattecken öppnar en cell som inte stängs på samma rad, eller står mitt i en cell",
        "stäng citattecknet eller ta bort radbrytningen i cellen, och lämna en ny fil",
    ),
    "radantal": (
        "antalet lästa rader stämmer inte med antalet rader i filen",
        "kontrollera radslut och citattecken i exporten, och lämna en ny fil",
    ),
    "flera_blad": (
        "arbetsboken har registrets kolumner på flera blad, och bara det första läses",
        "samla raderna på ett blad, eller ta bort de andra bladen, och lämna en ny fil",
    ),
    "for_stort_blad": (
        "bladet har fler än 60 miljoner celler, eller en cell långt utanför tabellen",
        "ta bort det som står utanför tabellen, eller lämna filen som text eller Parquet",
    ),
    "for_stor": (
        "filen är större, eller packas upp till mer, än vad som tas emot",
        "dela upp filen, eller lämna den som text med bara avtalets kolumner",
    ),
    "lasning_avbruten": (
        "läsningen fick avbrytas: den tog för lång tid eller för mycket minne",
        "öppna filen i programmet den kom ur, spara om den och lämna den igen, helst som text",
    ),
    "samma_innehall": (
        "innehållet är detsamma som i en annan fil som redan är mottagen",
        "kontrollera att rätt period exporterades och lämna rätt fil",
    ),
    "cellfel": (
        "cellen kan inte läsas: den har ett fel, ett för stort tal eller en formel utan resultat",
        "rätta cellen, spara filen på nytt och lämna den igen",
    ),
    "saknas": ("uppgiften saknas", "fyll i uppgiften i källsystemet och lämna en ny fil"),
    "kod": (
        "koden finns inte i registrets kodlista",
        "rätta koden eller komplettera kodlistan i avtalet, och lämna en ny fil",
    ),
    "enhet": (
        "namnet är inte en känd stadsdelsnämnd eller central enhet",
        "rätta namnet eller för in det i kommunfilen, och lämna en ny fil",
    ),
    "annan_kommun": (
        "raden bär en annan kommuns kod än kommunfilens",
        "kontrollera att rätt kommuns fil lämnades, och lämna en ny fil",
    ),
    "annan_period": (
        "månaden ligger utanför perioden i filnamnet",
        "döp filen efter månaden som den gäller, eller lämna en fil för varje månad",
    ),
    "omrade": (
        "cellen är inget områdes namn: det skrivs med högst 40 bokstäver och utan siffror",
        "skriv områdets namn som i registret socioekonomi_stadsdel, eller lämna cellen tom",
    ),
    "heltal": ("värdet är inte ett heltal", "rätta värdet och lämna en ny fil"),
    "tal": ("värdet är inte ett tal", "rätta värdet och dess decimaltecken, och lämna en ny fil"),
    "intervall": ("värdet ligger utanför det tillåtna", "rätta värdet och lämna en ny fil"),
    "datum": ("datumet finns inte", "rätta datumet och lämna en ny fil"),
    "framtid": ("datumet ligger i framtiden", "rätta datumet och lämna en ny fil"),
    "manad": ("månaden finns inte", "rätta månaden och lämna en ny fil"),
    "ja_nej": ("värdet är varken ja eller nej", "rätta värdet och lämna en ny fil"),
    "identitet": (
        "identitetsnumret är inte ett personnummer, samordningsnummer eller reservnummer",
        "rätta numret i källsystemet och lämna en ny fil; raden väntar till dess",
    ),
    "internt_fel": (
        "filen kunde inte läsas in på grund av ett fel i systemet",
        "vänta; filen prövas igen vid nästa körning, och driften är underrättad",
    ),
    "nyckel_dubbel": (
        "nyckeln förekommer på mer än en rad",
        "ta bort dubbletten och lämna en ny fil",
    ),
    "for_manga_hallna": (
        "för stor andel av raderna är felaktiga för att resten ska kunna användas",
        "rätta raderna och lämna en ny fil",
    ),
}

# What a delivery that is unlike those before it needs, besides a correction: a person's word.
_CONFIRM = (
    "rätta filen och lämna den igen; stämmer den ändå, be datateamet bekräfta det med"
    ' avvik confirm LEVERANS --reason "..."'
)
HISTORY_RULES: dict[str, str] = {
    "omfattning": "antalet rader är ett helt annat än väntat",
    "storleksordning": "värdena är av en annan storlek än väntat",
    "bortfall": "uppgiften saknas i en helt annan andel av raderna än väntat",
    "fordelning": "fördelningen är en helt annan än väntat",
    "kolumnordning": "kolumnen förhåller sig till en annan kolumn på ett annat sätt än väntat",
}
_RULES |= {rule: (wrong, _CONFIRM) for rule, wrong in HISTORY_RULES.items()}

RULES = frozenset(_RULES)
# What a file breaks none of whose rows could be read.
UNREAD = frozenset({"olasbar", "for_stor", "for_stort_blad", "lasning_avbruten"})
# What is said of a lawful file that has no rows.
NO_ROWS_SV = (
    "filen har rubriker men inga rader och läses som en period utan ärenden. Gör så här: hade "
    "perioden ärenden, kontrollera urvalet i exporten och lämna en ny fil med samma namn."
)
# What holds a delivery through no fault of its supplier.
INTERNAL_ERROR = "internt_fel"


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule broken by one delivery.

    Attributes:
        file_name: The supplier's file, relative to the inbox.
        rule: A key of the rule catalogue.
        severity: Whether the rows or the whole delivery are held, or the file is set aside.
        column: The contract's column, or None where the whole file is meant.
        first_row: Line number in the file (the header is line 1), or None.
        row_count: How many rows break the rule; 0 where the whole file is meant.
        detail: Allowed codes, forms or limits from the contract and the municipality's file, or
            what the whole delivered file is like; never anything from one of its rows.
        file_column: What the municipality's own export calls the column, where it differs.
    """

    file_name: str
    rule: str
    severity: Severity = "delivery"
    column: str | None = None
    first_row: int | None = None
    row_count: int = 0
    detail: str = ""
    file_column: str | None = None

    @property
    def wrong(self) -> str:
        """What is wrong, in Swedish, with the detail."""
        detail = f" ({self.detail})" if self.detail else ""
        return f"{_RULES[self.rule][0]}{detail}"

    @property
    def remedy(self) -> str:
        """What to do, in Swedish."""
        return _RULES[self.rule][1].replace("LEVERANS", f'"{self.file_name}"')

    @property
    def shown_column(self) -> str:
        """The column as the supplier knows it, with the contract's name where that differs."""
        if self.file_column is None:
            return self.column or ""
        return f"{self.file_column} (avtalets {self.column})"

    def message(self) -> str:
        """The breach as one Swedish sentence with an instruction."""
        place = [f"Fil {self.file_name}"]
        if self.first_row is not None:
            place.append(f"rad {self.first_row}")
        if self.column is not None:
            place.append(f"kolumn {self.shown_column}")
        extent = f" Antal rader med felet: {self.row_count}." if self.row_count else ""
        return (
            f"{', '.join(place)}: {self.wrong} [regel {self.rule}].{extent} "
            f"Gör så här: {self.remedy}."
        )


def set_aside(file_name: str, rule: str) -> Breach:
    """A breach of a file that may do harm when it is read: nothing waits for its correction.

    Args:
        file_name: The supplier's file.
        rule: What it breaks.

    Returns:
        The breach.
    """
    return Breach(file_name, rule, severity="file")


def delivery_report(
    file_name: str,
    breaches: Sequence[str],
    *,
    held_whole: bool,
    rows_waiting: int = 0,
    notes: Sequence[str] = (),
) -> str:
    """Write what a supplier is told about one delivery.

    Args:
        file_name: The supplier's file.
        breaches: What is wrong with it, one message a breach.
        held_whole: Whether the whole delivery is held, or only some rows.
        rows_waiting: How many of its rows wait for a correction.
        notes: Observations that are no breaches.

    Returns:
        Swedish text, one breach or observation a line.
    """
    verdict = "Leveransen är inläst."
    if held_whole:
        verdict = "Hela leveransen hålls tillbaka. Tidigare godkända uppgifter ligger kvar."
    elif breaches:
        verdict = (
            "Leveransen är inläst utom de rader som anges nedan."
            f" Rader som väntar på rättelse: {rows_waiting}."
        )
    parts = [f"Leveransrapport för {file_name}\n{verdict}", _lines(breaches)]
    if notes:
        parts.append(f"Iakttagelser, som inte hindrar inläsningen:\n{_lines(notes)}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _lines(messages: Sequence[str]) -> str:
    return "\n".join(f"- {message}" for message in messages)

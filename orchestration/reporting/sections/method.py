"""What the memorandum is, how findings are made and what is left out.

Half a page in the text; the rest is for the appendix.
"""

from __future__ import annotations

from orchestration.language import words
from orchestration.language.inline import Cell as Address
from orchestration.language.inline import (
    Form,
    Link,
    Number,
    Period,
    Quantity,
    Said,
    Strong,
    Style,
    capitalised,
    listing,
    nodes,
    say,
)
from orchestration.reporting.data import ReportData
from orchestration.reporting.document import (
    Bullets,
    Cell,
    Column,
    Heading,
    Plain,
    Table,
    bullets,
    paragraph,
)
from orchestration.reporting.figures import setting


def introduction(data: ReportData) -> list[Plain]:
    """Says what the memorandum is and is not."""
    return [
        Heading(2, nodes("Inledning"), "inledning"),
        *paragraph(
            say(
                "Promemorian visar var socialtjänstens statistik för {year} inte blev som väntat. "
                "Den tas fram automatiskt ur {basis}; källorna står sist. Meningen är att peka ut "
                "var en närmare granskning lönar sig. Varför något har hänt avgörs inte här.",
                year=Period.year(data.year),
                basis="kommunens register och offentlig statistik"
                if data.public is None
                else "offentlig statistik",
            )
        ),
    ]


def method(data: ReportData, *, restricted: bool) -> list[Plain]:
    """Says in half a page how findings are made.

    Args:
        data: What the memorandum states.
        restricted: Whether it states what is not for anybody.
    """
    return [
        Heading(2, nodes("Metod"), "metod"),
        *paragraph(
            say(
                "Vi prövar årsvärden för kommunen och, för omvärlden, för länet eller riket. För "
                "varje mått räknar vi fram vad som var att vänta av tidigare år, med "
                "ett intervall som rymmer utfallet {of} vanliga år av {all}. Vi prövar också "
                "skillnader mellan grupper, mellan stadsdelsnämnder och mellan mått som brukar "
                "följas åt. Katalogen har {indicators} mått.",
                of=setting(95, "interval_level"),
                all=setting(100, "interval_level"),
                indicators=_rows("marts.indicators", data.indicator_count),
            )
        ),
        *paragraph(
            say(
                "När så många mått prövas blir några utslag ren slump. Därför säger vi hur säkert "
                "det är att ett utslag inte är det, med en fast skala: {scale}. Utslag med känd "
                "orsak, till exempel {causes}, står i {appendix}. Det som återstår är "
                "fokusområdena.",
                scale=listing([text for _, text in words.SURENESS]),
                causes=listing(
                    [words.EXPLANATION_KINDS[code] for code in ("law", "reorganisation")], "eller"
                ),
                appendix=Link("#uteslutna", nodes("en bilaga")),
            )
        ),
        *_misfits(data),
        *paragraph(
            "Här står alla tal, också dem som inte visas utanför förvaltningen."
            if restricted
            else "Tal om så få personer att någon kan kännas igen visas inte, och inte heller de "
            "tal som de skulle gå att räkna fram ur: där står ”uppgift skyddas”, eller så är raden "
            "inte med. Det prövas mot allt som har publicerats tidigare."
        ),
    ]


def _misfits(data: ReportData) -> list[Plain]:
    """Says where the engine's own trial went badly; nothing where it went well."""
    if not data.misfits:
        return []
    told = [
        say(
            "{model} ({tested})",
            model=words.word(words.MODELS, row.model),
            tested=words.word(words.TESTED, row.tested),
        )
        for row in data.misfits
    ]
    return paragraph(
        say(
            "När tidigare år prövas på samma sätt stämmer det väntade sämre än det ska för {what}. "
            "De utslagen är osäkrare än skalan säger.",
            what=listing(told),
        )
    )


def _rows(table: str, number: int) -> Number:
    return Number(number, Form(), (Address(table),), Quantity.COUNT)


def appendix(data: ReportData, false_discovery_rate: float, letter: str) -> list[Plain]:
    """Says the rest of the method, and counts what was found by outcome."""
    blocks: list[Plain] = [
        Heading(2, nodes(f"Bilaga {letter}: Metoden i mer detalj"), "metodbilaga")
    ]
    blocks += paragraph(
        "Det prövade året ingår aldrig i sitt eget väntade värde. Eftersom årsserier är korta "
        "skattas den normala variationen gemensamt för jämförbara mått. Andra indelningar än de "
        "som nämns prövas inte: att de inte nämns betyder inte att de är som väntat."
    )
    if data.kinds:
        blocks += paragraph("I underlaget finns följande slag av avvikelser:")
        blocks += bullets(
            [
                say(
                    "{name}: {description}.",
                    name=Strong(capitalised(words.word(words.KINDS, kind))),
                    description=words.word(words.KIND_DESCRIPTIONS, kind),
                )
                for kind in data.kinds
            ]
        )
    blocks += paragraph("Så säkert är det att ett utslag inte är slump:")
    blocks.append(Bullets(tuple(_scale())))
    blocks += paragraph(
        say(
            "Bland de utslag som har ett q-värde på högst {limit} väntas högst {share} vara "
            "falska.",
            limit=setting(false_discovery_rate, "fdr", Form(digits=2)),
            share=setting(false_discovery_rate, "fdr", Form(Style.PERCENT)),
        )
    )
    blocks += paragraph(
        say(
            "Varje avvikelse prövas först och förklaras sedan. Täcks den av en känd förklaring "
            "({kinds}) går den inte vidare, men den försvinner inte. En förklaring är antingen "
            "registrerad av människor eller funnen av systemet, i utgivarens fotnot, i nämndernas "
            "giltighet eller i seriens egna värden. Att ett register ser annorlunda ut än förut "
            "förklarar ingenting: det nämns som något att kontrollera, eftersom en verklig "
            "förändring syns på samma sätt. Det som återstår hålls mot andra källor, enligt "
            "samband som bestämts i förväg.",
            kinds=listing(list(words.EXPLANATION_KINDS.values()), "eller"),
        )
    )
    blocks.append(_outcomes(data))
    return blocks


def _scale() -> list[Said]:
    return [
        say(
            "{text}: q-värdet är högst {limit}.",
            text=Strong(nodes(text)),
            limit=setting(limit, "sureness", Form(digits=2)),
        )
        for limit, text in words.SURENESS
    ]


def _outcomes(data: ReportData) -> Table:
    unknown = [code for code in data.outcome_counts if code not in words.OUTCOMES]
    if unknown:
        raise LookupError(f"no Swedish word for the outcome {unknown[0]!r}")
    return Table(
        say(
            "Avvikelser {year} efter utfall; ett mått kan avvika på flera sätt",
            year=Period.year(data.year),
        ),
        (Column(nodes("Utfall av prövningen")), Column(nodes("Antal"), numeric=True)),
        tuple(
            (Cell(nodes(text)), Cell((_outcome(data, code),)))
            for code, text in words.OUTCOMES.items()
        ),
        "tabell-utfall",
    )


def _outcome(data: ReportData, code: str) -> Number:
    where = (("outcome", code), ("year", data.year))
    number = data.outcome_counts.get(code, 0)
    return Number(number, Form(), (Address("marts.deviations", where),), Quantity.COUNT)

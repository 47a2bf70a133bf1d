"""What is said of a cause that the data tell of: its title, what it means, and where it stands.

Explanations that people have registered have their own words and are quoted.
"""

from __future__ import annotations

from typing import assert_never

from orchestration.findings import claims
from orchestration.findings.claims import Cause
from orchestration.language import words
from orchestration.language.inline import Period, Quoted, Said, listing, say, sentences
from orchestration.language.names import Names, during, period

_LOSSES = {
    "partial_loss": "{place}: partiellt bortfall {during}",
    "carried_over": "{place}: inget eget värde {during}, utgivaren räknar med månaden före",
}


def title(cause: Cause, names: Names) -> Said:  # noqa: PLR0911 - one case a kind
    """The cause in a few words, without a full stop.

    Raises:
        LookupError: If a kind of note has no words.
    """
    match cause:
        case claims.LossInNote(note_kind=kind, geography_id=place, when=when):
            template = words.word(_LOSSES, kind)
            return say(template, place=names.place(place), during=during(when))
        case claims.BoardCeased(geography_id=place, last=last):
            return say(
                "Stadsdelsnämnden {place} upphörde efter den {day}",
                place=names.place(place),
                day=Period.day(last),
            )
        case claims.BoardArose(geography_id=place, first=first):
            return say(
                "Stadsdelsnämnden {place} bildades den {day}",
                place=names.place(place),
                day=Period.day(first),
            )
        case claims.SeriesBroken(when=when):
            return say("Serien är bruten {during}", during=during(when))
        case claims.SourceChanged(when=when):
            return say("Serien byter källa från och med {when}", when=period(when))
        case claims.ContractChanged(register=register, when=when):
            return say(
                "Registret ”{register}” har ett nytt avtal från och med {when}",
                register=names.register(register),
                when=period(when),
            )
        case claims.RegisterDrifted(register=register, when=when):
            return say(
                "Registreringen i ”{register}” kan ha ändrats {when}",
                register=names.register(register),
                when=period(when),
            )
        case claims.MovedWithoutAssessment(insats_code=code, geography_id=place, when=when):
            return say(
                "{place}: en del har flyttat till insatsen ”{insats}” utan behovsprövning {during}",
                place=names.place(place),
                insats=names.insats(code),
                during=during(when),
            )
        case _:
            assert_never(cause)


def description(cause: Cause, names: Names) -> Said:  # noqa: PLR0911 - one case a kind
    """What the cause means, in whole sentences."""
    match cause:
        case claims.LossInNote(source_id=source_id, note_number=number):
            text = names.notes.get((source_id, number), "").strip()
            note = Quoted(text, "marts.source_notes.text_sv", f"{source_id}:{number}", marked=True)
            return say("Utgivarens fotnot: ”{note}”", note=note)
        case claims.BoardCeased(last=last, successor_id=heir):
            part = say(
                "Värdet för {year} avser en del av året och jämförs inte med andra år.",
                year=Period.year(last.year),
            )
            if heir is None:
                return part
            return sentences(
                say("Nämnden gick upp i {heir}.", heir=names.place(heir)),
                part,
                say("Hela historien finns omräknad där."),
            )
        case claims.BoardArose(first=first):
            return say(
                "Ingen tidigare nämnd anges gå upp i den. Värdet för {year} avser en del av året, "
                "och det finns ingen historia att jämföra med.",
                year=Period.year(first.year),
            )
        case claims.SeriesBroken():
            return say("Värdet är märkt som ej jämförbart med de tidigare.")
        case claims.SourceChanged(source_id=now, previous_source_id=before):
            return say(
                "Värdena kommer ur {now}, de tidigare ur {before}. Definitionen kan vara en annan, "
                "så de jämförs inte.",
                now=names.source(now),
                before=names.source(before),
            )
        case claims.ContractChanged():
            return _contract_changed(cause, names)
        case claims.RegisterDrifted():
            return _drifted(cause)
        case claims.MovedWithoutAssessment(insats_code=code, indicator_id=indicator_id):
            return say(
                "Där ”{insats}” har börjat har {subject} minskat mer än i de nämnder som inte har "
                "börjat. Storleken är det mesta av minskningen som insatsen kan ha burit, efter "
                "hur många den har nått.",
                insats=names.insats(code),
                subject=names.subject(indicator_id),
            )
        case _:
            assert_never(cause)


def source(cause: Cause, names: Names) -> Said:
    """Where the cause stands."""
    match cause:
        case claims.LossInNote(source_id=source_id):
            return say("{source}, fotnot", source=names.source(source_id))
        case claims.BoardCeased() | claims.BoardArose():
            return say("Kommunens uppgifter om sina stadsdelsnämnder")
        case claims.SeriesBroken(source_id=source_id) | claims.SourceChanged(source_id=source_id):
            return say("Seriens egna värden ({source})", source=names.source(source_id))
        case claims.ContractChanged(register=register):
            return say("Leveransavtalet för ”{register}”", register=names.register(register))
        case claims.RegisterDrifted(register=register):
            return say("Leveranserna av ”{register}”", register=names.register(register))
        case claims.MovedWithoutAssessment():
            return say("Nämndernas egna antal, före och efter att insatsen började")
        case _:
            assert_never(cause)


def _contract_changed(cause: claims.ContractChanged, names: Names) -> Said:
    row = f"{cause.register}:{cause.when.start}"
    columns = [Quoted(name, "contracts.columns", row) for name in cause.columns]
    why = names.changes.get((cause.register, cause.when.start), ())
    return sentences(
        say("Ändrade kolumner: {columns}.", columns=listing(columns)),
        *(Quoted(text.strip(), "contracts.changes.description_sv", row) for text in why),
    )


def _drifted(cause: claims.RegisterDrifted) -> Said:
    told: Said = ()
    for each in cause.what:
        named = say("{column}, ", column=_column(each.column, cause.register)) * bool(each.column)
        one = say(
            "{measure} ({periods})",
            measure=words.word(words.DRIFT_MEASURES, each.measure),
            periods=listing([period(when) for when in each.periods]),
        )
        told = (*told, *say("; " if told else ""), *named, *one)
    return say(
        "Det här skiljer sig mer från tidigare leveranser än de skilde sig inbördes: {told}. Talen "
        "står i leveransrapporterna. Fråga den som lämnar registret om registreringen eller "
        "uttaget har ändrats, innan förändringen läses som en förändring i verksamheten.",
        told=told,
    )


def _column(name: str, register: str) -> Quoted:
    return Quoted(name, "contracts.columns", register)

"""What an estimate that could not be made lacks, in one sentence each.

Which estimates there are belongs in `orchestration.analyses`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from orchestration.findings.codes import Shortfall
from orchestration.findings.estimates import AnalysisResult

SENTENCES: Mapping[Shortfall, str] = MappingProxyType(
    {
        Shortfall.FEW_OBSERVATIONS: "Underlaget har för få observationer för ett mått.",
        Shortfall.FEW_EVENTS: "Underlaget har för få händelser för ett mått.",
        Shortfall.FEW_GROUPS: "Det finns för få nämnder för en jämförelse.",
        Shortfall.NO_REGISTER: "Underlag saknas: registret är inte levererat.",
        Shortfall.NO_COLUMN: "Underlag saknas: uppgiften finns inte i det som är levererat.",
        Shortfall.NOT_IN_STATUTORY: "Underlag saknas: det kan inte räknas ur den lagstadgade"
        " filen.",
        Shortfall.NO_LINKAGE: "Registren kan inte kopplas samman på person, så måttet kan inte"
        " räknas.",
        Shortfall.NO_CHANGE: "Förändringen går inte att skilja från slumpen, så dess delar kan inte"
        " anges.",
        Shortfall.NO_FIT: "Modellen kan inte anpassas till underlaget.",
        Shortfall.UNTRUE: "Metoden ger för höga tal i prov där svaret är känt, så måttet anges"
        " inte.",
        Shortfall.NOT_FOLLOWED: "Ingen har följts så länge som måttet kräver.",
        Shortfall.TOO_MANY_ROWS: "Underlaget har fler rader än analysen tar emot.",
        Shortfall.NO_EARLIER: "Det finns ingen tidigare period att jämföra med.",
        Shortfall.REWORDED: "Frågan ställdes med andra ord förut, så ingen förändring räknas.",
        Shortfall.NOBODY: "Ingen finns i gruppen.",
    }
)


def with_reasons(results: Iterable[AnalysisResult]) -> list[AnalysisResult]:
    """The same results, each that lacks something with the sentence that says what."""
    return [
        each if each.shortfall is None else replace(each, reason_sv=SENTENCES[each.shortfall])
        for each in results
    ]

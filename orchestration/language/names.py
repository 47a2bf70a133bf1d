"""What a claim's slots are called: indicators, places, groups, explanations, registers and sources.

What stands in a register or has been written by people is `Quoted`, with where it stands. Which
sentence it is said in belongs in `telling`, `areas` and `causes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from orchestration.findings.cells import Figure, Quantity
from orchestration.findings.claims import Group, When
from orchestration.findings.records import FoundExplanation
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Indicator, NaturalExplanation, PossibleExplanation
from orchestration.language import grammar, quantities, words
from orchestration.language.inline import Form, Number, Period, Quoted, Said, Style, say

NO_CHANGE = 0.0005
"""Relative changes below this print as 0,0 per cent and are called unchanged."""


@dataclass(frozen=True)
class Names:
    """What everything is called.

    Attributes:
        catalogue: indicators, and explanations with their titles.
        places: by code; one that is missing goes by its code.
        registers: titles, by name.
        datasets: how they are cited, by ``source_id``.
        notes: publishers' words, by dataset and number.
        changes: what changed in a register's contract, by register and month.
        insatser: what is given without assessment, by code.
    """

    catalogue: Catalogue
    places: Mapping[str, str] = field(default_factory=dict)
    registers: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[tuple[str, int], str] = field(default_factory=dict)
    changes: Mapping[tuple[str, date], Sequence[str]] = field(default_factory=dict)
    insatser: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _explanations(self) -> Mapping[str, NaturalExplanation]:
        return {row.explanation_id: row for row in self.catalogue.natural_explanations}

    def indicator(self, indicator_id: str) -> Indicator:
        """From the catalogue.

        Raises:
            ValueError: If it is not there.
        """
        return self.catalogue.indicator(indicator_id)

    def subject(self, indicator_id: str) -> Quoted:
        """An indicator as the subject of a clause: ``antalet beslut``."""
        title = grammar.definite(self.indicator(indicator_id).title_sv)
        return Quoted(title, "marts.indicators.title_sv", indicator_id)

    def place(self, geography_id: str) -> Quoted:
        """A place, or its code where no name is known."""
        name = self.places.get(geography_id, geography_id)
        return Quoted(name, "marts.geographies.name", geography_id)

    def explanations(self, ids: Sequence[str]) -> list[Quoted]:
        """The titles of explanations, each once.

        Raises:
            LookupError: If one is neither registered nor found.
        """
        found: dict[str, Quoted] = {}
        for explanation_id in ids:
            if explanation_id not in self._explanations:
                raise LookupError(f"explanation {explanation_id!r} is neither registered nor found")
            row = self._explanations[explanation_id]
            found_by_itself = isinstance(row, FoundExplanation)
            table = "marts.found_explanations" if found_by_itself else "seeds.natural_explanations"
            found.setdefault(
                row.title_sv, Quoted(row.title_sv, f"{table}.title_sv", explanation_id)
            )
        return list(found.values())

    def hypothesis(self, hypothesis_id: str) -> PossibleExplanation:
        """A possible explanation.

        Raises:
            LookupError: If it is not registered.
        """
        for row in self.catalogue.possible_explanations:
            if row.hypothesis_id == hypothesis_id:
                return row
        raise LookupError(f"the possible explanation {hypothesis_id!r} is not registered")

    def register(self, name: str) -> Quoted:
        """A register's title, or its name where no title is known."""
        return Quoted(self.registers.get(name, name), "contracts.title_sv", name)

    def insats(self, code: str) -> Quoted:
        """An insats without assessment, or its code where no name is known."""
        name = self.insatser.get(code, code)
        return Quoted(name, "seeds.insatser_without_assessment.title_sv", code)

    def source(self, source_id: str) -> Quoted:
        """A dataset as it is cited, a register by its title, otherwise the code."""
        known = self.datasets.get(source_id) or self.registers.get(source_id, source_id)
        return Quoted(known, "meta.sources.title_sv", source_id)


def group(one: Group) -> Quoted:
    """A category in words; it may hold ages."""
    named = words.category(one.category, one.breakdown)
    return Quoted(named, "marts.indicator_values.category", one.category)


def period(when: When) -> Period:
    """A year or a month: ``2017``, ``februari 2017``."""
    return Period.of(when.start, when.grain)


def during(when: When) -> Said:
    """When something held: ``2017``, ``i februari 2017``."""
    return say("i {when}" if when.grain == "month" else "{when}", when=period(when))


def number(figure: Figure, form: Form) -> Number:
    """A figure as it is printed."""
    return Number(figure.value, form, figure.cells, figure.quantity)


def size(figure: Figure, form: Form) -> Number:
    """A figure without its sign, where a word says which way."""
    kind = Quantity.SIZE if figure.quantity is Quantity.VALUE else figure.quantity
    return Number(abs(figure.value), form, figure.cells, kind)


def signed_percent(figure: Figure) -> Number:
    """``+12,0 procent``, ``−6,3 procent``."""
    return number(figure, Form(Style.PERCENT, 1, sign=True))


def percent(figure: Figure) -> Number:
    """A relative change without its sign: ``6,3 procent``."""
    return size(figure, Form(Style.PERCENT, 1))


def way(change: Figure, up: str, down: str) -> str:
    """One of two words for the sign of a change."""
    return up if change.value > 0 else down


def moved(change: Figure) -> Said:
    """A relative change as a verb: ``minskade med 6,3 procent``."""
    if abs(change.value) < NO_CHANGE:
        return say("ändrades knappt")
    return say(way(change, "ökade med {size}", "minskade med {size}"), size=percent(change))


def since(when: When | None) -> Said:
    """`` sedan 2021``, where a change is counted from another year than the one before."""
    return () if when is None else say(" sedan {when}", when=period(when))


@dataclass(frozen=True)
class Measured:
    """How the values of one indicator are printed beside each other.

    Attributes:
        indicator: whose measure and unit they have.
        digits: decimals that they share.
    """

    indicator: Indicator
    digits: int

    @classmethod
    def together(cls, indicator: Indicator, *figures: Figure | None) -> Measured:
        """Values that a reader will compare, the observed first."""
        values = [None if each is None else each.value for each in figures]
        return cls(indicator, quantities.decimals(indicator.measure, indicator.unit, values))

    def full(self, figure: Figure) -> Number:
        """With the whole unit."""
        return self._number(figure, Style.FULL)

    def brief(self, figure: Figure) -> Number:
        """With the first part of the unit."""
        return self._number(figure, Style.BRIEF)

    def bare(self, figure: Figure) -> Number:
        """Without the unit, where it is said beside; kronor always have theirs, by their size."""
        kronor = self.indicator.unit.startswith("kr")
        return self._number(figure, Style.BRIEF if kronor else Style.BARE)

    def between(self, lower: Figure, upper: Figure) -> Said:
        """``mellan 26 och 52 barn``."""
        index = self.indicator.unit.startswith("index")
        last = self.bare(upper) if index else self.brief(upper)
        return say("mellan {lower} och {upper}", lower=self.bare(lower), upper=last)

    def _number(self, figure: Figure, style: Style) -> Number:
        form = Form(style, self.digits, str(self.indicator.measure), self.indicator.unit)
        return number(figure, form)

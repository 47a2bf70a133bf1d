"""Reads the seeds of the catalogue and holds them to their promises.

What does not belong here: the warehouse. dbt loads the same files by itself.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from orchestration.indicators.models import (
    AnalysisRow,
    Area,
    CountBase,
    CountOf,
    Driver,
    GroupComparison,
    Incomparable,
    Indicator,
    KeptDifference,
    MemorandumText,
    NaturalExplanation,
    PossibleExplanation,
    Reference,
    Relation,
    StepState,
)

_Row = TypeVar("_Row", bound=BaseModel)

# The seeds that the catalogue is read from, as dbt names them.
CATALOGUE_SEEDS = (
    "indicators",
    "indicator_relations",
    "group_comparisons",
    "natural_explanations",
    "possible_explanations",
    "indicator_drivers",
    "memorandum_texts",
    "step_states",
    "analyses",
    "incomparable_indicators",
    "literature_references",
    "indicator_counts",
    "count_bases",
    "kept_differences",
)


@dataclass(frozen=True)
class Catalogue:
    """Everything that is known about the indicators before any value is seen.

    Raises:
        ValueError: an id occurs twice, a row names an indicator that does not exist, a pair,
            driver or comparison is declared twice, a driver's sign contradicts the relation of
            the same two, or one holds two counts against each other that must not be compared.
            The message lists every fault.
    """

    indicators: tuple[Indicator, ...]
    relations: tuple[Relation, ...] = ()
    group_comparisons: tuple[GroupComparison, ...] = ()
    natural_explanations: tuple[NaturalExplanation, ...] = ()
    possible_explanations: tuple[PossibleExplanation, ...] = ()
    drivers: tuple[Driver, ...] = ()
    memorandum_texts: tuple[MemorandumText, ...] = ()
    step_states: tuple[StepState, ...] = ()
    analyses: tuple[AnalysisRow, ...] = ()
    incomparable: tuple[Incomparable, ...] = ()
    references: tuple[Reference, ...] = ()
    counted: tuple[CountOf, ...] = ()
    count_bases: tuple[CountBase, ...] = ()
    kept_differences: tuple[KeptDifference, ...] = ()

    def __post_init__(self) -> None:
        faults = [
            *self._repeated(),
            *self._unknown(),
            *self._contradicted(),
            *self._compared_in_vain(),
        ]
        if faults:
            raise ValueError("Katalogen är inte hel:\n" + "\n".join(f"- {f}" for f in faults))

    @cached_property
    def by_id(self) -> Mapping[str, Indicator]:
        """Indicators by ``indicator_id``."""
        return MappingProxyType({row.indicator_id: row for row in self.indicators})

    def indicator(self, indicator_id: str) -> Indicator:
        """The indicator of that name.

        Raises:
            ValueError: it is not in the catalogue.
        """
        try:
            return self.by_id[indicator_id]
        except KeyError:
            raise ValueError(f"Indikatorn {indicator_id} finns inte i katalogen.") from None

    @cached_property
    def clusters(self) -> Mapping[str, str]:
        """What each indicator counts, by the name of one of the indicators that count it.

        Households, their share, their children and what they cost move as one: they are the same
        households. A ratio of two counts of the same (days a person, the women among them) is
        none of it, because it can stand still when they move. What is not in the seed of counts
        counts something of its own.
        """
        root: dict[str, str] = {}

        def found(count: str) -> str:
            while root.get(count, count) != count:
                count = root[count]
            return count

        def join(one: str, other: str) -> None:
            root[found(one)] = found(other)

        for base in self.count_bases:
            join(base.count_id, base.base_count_id)
        parts: dict[str, dict[str, list[str]]] = {}
        for row in self.counted:
            parts.setdefault(row.indicator_id, {}).setdefault(row.part, []).append(row.count_id)
        for counts in parts.values():
            for one, other in pairwise(counts.get("numerator", [])):
                join(one, other)
        named: dict[str, str] = {}
        out: dict[str, str] = {}
        for indicator in self.indicators:
            counts = parts.get(indicator.indicator_id, {})
            above, below = (
                {found(count) for count in counts.get(part, [])}
                for part in ("numerator", "denominator")
            )
            if not above or above & below:
                out[indicator.indicator_id] = indicator.indicator_id
            else:
                (of,) = above
                out[indicator.indicator_id] = named.setdefault(of, indicator.indicator_id)
        return MappingProxyType(out)

    def explanations_for(
        self, indicator_id: str, geography_id: str
    ) -> tuple[NaturalExplanation, ...]:
        """What explains this indicator in this geography, whatever its period."""
        return tuple(row for row in self._known(indicator_id, geography_id) if row.explains)

    def reservations_for(
        self, indicator_id: str, geography_id: str
    ) -> tuple[NaturalExplanation, ...]:
        """What may lie behind a change of this indicator and explains none, whatever its period."""
        return tuple(row for row in self._known(indicator_id, geography_id) if not row.explains)

    def _known(self, indicator_id: str, geography_id: str) -> Iterable[NaturalExplanation]:
        concerned = self._by_indicator
        for row in (*concerned.get(None, ()), *concerned.get(indicator_id, ())):
            if row.concerns(indicator_id, geography_id):
                yield row

    @cached_property
    def _by_indicator(self) -> Mapping[str | None, Sequence[NaturalExplanation]]:
        # Asked for every series, several times: a city with many notes would wait for a scan.
        found: dict[str | None, list[NaturalExplanation]] = {}
        for row in self.natural_explanations:
            found.setdefault(row.indicator_id, []).append(row)
        return found

    def keeps(self, comparison_id: str, year: int) -> bool:
        """Whether somebody has chosen to keep a standing difference in focus in a report year."""
        return any(
            row.comparison_id == comparison_id and row.holds(year) for row in self.kept_differences
        )

    def hypotheses_for(self, area: Area) -> tuple[PossibleExplanation, ...]:
        """Possible explanations and next steps of an area, in the order of the seed."""
        return tuple(row for row in self.possible_explanations if row.area == area)

    def with_found(self, found: Iterable[NaturalExplanation]) -> "Catalogue":
        """The same catalogue with what was found beside what is registered.

        Raises:
            ValueError: an id occurs twice, or a row names an indicator that does not exist.
        """
        return replace(self, natural_explanations=(*self.natural_explanations, *found))

    def without_explanation(self, explanation_id: str) -> "Catalogue":
        """The same catalogue with one natural explanation switched off.

        Raises:
            ValueError: no explanation has that name.
        """
        kept = tuple(r for r in self.natural_explanations if r.explanation_id != explanation_id)
        if len(kept) == len(self.natural_explanations):
            raise ValueError(f"Förklaringen {explanation_id} finns inte i katalogen.")
        return replace(self, natural_explanations=kept)

    def _repeated(self) -> Iterable[str]:
        keys: dict[str, Iterable[object]] = {
            "indicator_id": (r.indicator_id for r in self.indicators),
            "relation_id": (r.relation_id for r in self.relations),
            "comparison_id": (r.comparison_id for r in self.group_comparisons),
            "explanation_id": (r.explanation_id for r in self.natural_explanations),
            "hypothesis_id": (r.hypothesis_id for r in self.possible_explanations),
            "driver_id": (r.driver_id for r in self.drivers),
            "det behållna fokuset": (r.comparison_id for r in self.kept_differences),
            "nästa steg": (r.hypothesis_id for r in self.step_states),
            "text_id": (r.text_id for r in self.memorandum_texts),
            "analysis_id": (r.analysis_id for r in self.analyses),
            "reference_id": (r.reference_id for r in self.references),
            "drivkraften": (f"{r.driver_indicator_id} för {r.indicator_id}" for r in self.drivers),
            "paret": (f"{r.indicator_id} och {r.related_indicator_id}" for r in self.relations),
            # The same two groups the other way round are the same two groups.
            "jämförelsen": (
                " ".join([r.indicator_id, r.breakdown, *sorted([r.category_a, r.category_b])])
                for r in self.group_comparisons
            ),
        }
        for name, values in keys.items():
            for value, times in Counter(values).items():
                if times > 1:
                    yield f"{name} {value} förekommer {times} gånger"

    def _unknown(self) -> Iterable[str]:
        named: list[tuple[str, str]] = []
        for relation in self.relations:
            named.append((relation.indicator_id, f"relationen {relation.relation_id}"))
            named.append((relation.related_indicator_id, f"relationen {relation.relation_id}"))
        for driver in self.drivers:
            named.append((driver.indicator_id, f"drivkraften {driver.driver_id}"))
            named.append((driver.driver_indicator_id, f"drivkraften {driver.driver_id}"))
        named += [
            (r.indicator_id, f"jämförelsen {r.comparison_id}") for r in self.group_comparisons
        ]
        named += [
            (r.indicator_id, f"förklaringen {r.explanation_id}")
            for r in self.natural_explanations
            if r.indicator_id is not None
        ]
        named += [
            (r.indicator_id, f"den tänkbara förklaringen {r.hypothesis_id}")
            for r in self.possible_explanations
            if r.indicator_id is not None
        ]
        named += [
            (r.indicator_id, f"läget för {r.hypothesis_id}")
            for r in self.step_states
            if r.indicator_id is not None
        ]
        steps = {r.hypothesis_id for r in self.possible_explanations if r.role == "next_step"}
        for state in self.step_states:
            if state.hypothesis_id not in steps:
                yield f"läget för {state.hypothesis_id} är inte för något nästa steg"
        compared = {r.comparison_id for r in self.group_comparisons}
        for kept in self.kept_differences:
            if kept.comparison_id not in compared:
                yield f"det behållna fokuset {kept.comparison_id} är ingen av jämförelserna"
        for row in self.incomparable:
            named += [(each, "en räkning som inte jämförs") for each in sorted(row.pair)]
        for indicator_id, place in named:
            if indicator_id not in self.by_id:
                yield f"{place} nämner indikatorn {indicator_id}, som inte finns"

    def _contradicted(self) -> Iterable[str]:
        signs = {(r.indicator_id, r.related_indicator_id): r for r in self.relations}
        for driver in self.drivers:
            relation = signs.get((driver.indicator_id, driver.driver_indicator_id))
            if relation is not None and driver.elasticity * relation.expected_sign < 0:
                yield (
                    f"drivkraften {driver.driver_id} har ett annat tecken än relationen "
                    f"{relation.relation_id}"
                )

    def _compared_in_vain(self) -> Iterable[str]:
        reasons = {row.pair: row.reason_sv for row in self.incomparable}
        pairs = [
            *(
                (f"relationen {r.relation_id}", r.indicator_id, r.related_indicator_id)
                for r in self.relations
            ),
            *(
                (f"drivkraften {r.driver_id}", r.indicator_id, r.driver_indicator_id)
                for r in self.drivers
            ),
        ]
        for place, one, other in pairs:
            reason = reasons.get(frozenset((one, other)))
            if reason is not None:
                yield f"{place} håller {one} mot {other}, som inte får jämföras: {reason}"


def load_catalogue(seeds_dir: Path) -> Catalogue:
    """Read the seeds of the catalogue.

    Args:
        seeds_dir: folder with a CSV file for each of ``CATALOGUE_SEEDS`` (comma-separated UTF-8
            with a header).

    Raises:
        FileNotFoundError: a seed is missing.
        ValueError: a file has wrong columns, a cell breaks its rule, an id is repeated or
            unknown. The message names file, line, column and rule.
    """
    files = [seeds_dir / f"{name}.csv" for name in CATALOGUE_SEEDS]
    indicators, relations, comparisons, natural, possible, *files = files
    drivers, texts, states, analyses, incomparable, references, counted, bases, kept = files
    return Catalogue(
        indicators=_read(indicators, Indicator),
        relations=_read(relations, Relation),
        group_comparisons=_read(comparisons, GroupComparison),
        natural_explanations=_read(natural, NaturalExplanation),
        possible_explanations=_read(possible, PossibleExplanation),
        drivers=_read(drivers, Driver),
        memorandum_texts=_read(texts, MemorandumText, may_be_empty=True),
        step_states=_read(states, StepState, may_be_empty=True),
        analyses=_read(analyses, AnalysisRow, may_be_empty=True),
        incomparable=_read(incomparable, Incomparable, may_be_empty=True),
        references=_read(references, Reference, may_be_empty=True),
        counted=_read(counted, CountOf, may_be_empty=True),
        count_bases=_read(bases, CountBase, may_be_empty=True),
        kept_differences=_read(kept, KeptDifference, may_be_empty=True),
    )


def _read(path: Path, model: type[_Row], *, may_be_empty: bool = False) -> tuple[_Row, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        _check_columns(path, reader.fieldnames or (), list(model.model_fields))
        rows: list[_Row] = []
        for cells in reader:
            line = reader.line_num
            if None in cells or None in cells.values():
                raise ValueError(f"{path.name}, rad {line}: fel antal kolumner.")
            try:
                rows.append(model.model_validate(cells))
            except ValidationError as error:
                faults = "; ".join(
                    f"{'.'.join(map(str, e['loc'])) or 'raden'}: {e['msg']}" for e in error.errors()
                )
                raise ValueError(f"{path.name}, rad {line}: {faults}") from error
    if not rows and not may_be_empty:
        raise ValueError(f"{path.name}: filen har inga rader.")
    return tuple(rows)


def _check_columns(path: Path, found: Sequence[str], wanted: Sequence[str]) -> None:
    if list(found) != list(wanted):
        raise ValueError(
            f"{path.name}: kolumnerna är {', '.join(found)} men ska vara {', '.join(wanted)}."
        )

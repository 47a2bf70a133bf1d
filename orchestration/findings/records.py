"""The rows of the marts that Python finds, each record once.

Deviations, focus areas, triangulation, early warnings, found explanations and chart points.

A field is a column: its type gives the SQL type, its description the comment that an analyst sees,
and `marts` writes and reads it. What is for a reader (``*_sv``) is told from the claims when the
row is written, and is empty until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler, WrapSerializer
from pydantic_core import from_json, to_json

from orchestration.findings.cells import Cell, Figure
from orchestration.findings.claims import Cause, Claim
from orchestration.findings.codes import (
    EarlyOutcome,
    Effect,
    Kind,
    Outcome,
    State,
    Tested,
    TooEarly,
    Verdict,
)
from orchestration.findings.evidence import Evidence, UntestedEvidence
from orchestration.indicators.models import RESERVATIONS, Basis, NaturalExplanation

DEVIATIONS_TABLE = "marts.deviations"
FOCUS_AREAS_TABLE = "marts.focus_areas"
TRIANGULATION_TABLE = "marts.triangulation"


def deviation_cell(deviation_id: str, column: str) -> Cell:
    """Where a figure of a deviation stands."""
    return Cell(DEVIATIONS_TABLE, (("deviation_id", deviation_id),), column)


def triangulation_cell(
    focus_area_id: str, indicator_id: str, related_indicator_id: str, column: str
) -> Cell:
    """Where a figure of a held-against pair stands."""
    return Cell(
        TRIANGULATION_TABLE,
        (
            ("focus_area_id", focus_area_id),
            ("indicator_id", indicator_id),
            ("related_indicator_id", related_indicator_id),
        ),
        column,
    )


def _read(stored: object) -> object:
    return from_json(stored) if isinstance(stored, str) else stored


def _written(value: object, plain: SerializerFunctionWrapHandler) -> str:
    # A number that is not finite is none at all.
    return to_json(plain(value), inf_nan_mode="null").decode()


_T = TypeVar("_T")
#: A column that holds a record, or several, as JSON.
Stored = Annotated[_T, BeforeValidator(_read), WrapSerializer(_written, return_type=str)]


_NOTHING = UntestedEvidence()


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """One row of ``marts.deviations``.

    Values are in the indicator's own unit (a proportion is a fraction).

    Attributes:
        deviation_id: the same for the same finding in every run.
        indicator_id: which indicator.
        period_start: first day of the tested period.
        period_grain: ``year`` or ``month``.
        geography_id: where.
        breakdown: ``total`` or the breakdown of a group difference.
        category: ``total`` or the first group of a group difference.
        compared_with: what it is held against besides its history: the other group of a group
            difference, the related indicator of a contrary pair; None otherwise.
        kind: in what way it deviates.
        observed: the value; None where it is missing.
        expected: predictive mean; the other group's value for a group difference.
        lower: lower limit of the predictive interval (for a group difference: of what the first
            group could have had if the groups did not differ).
        upper: upper limit.
        relative_change: change since the latest earlier value; for a group difference, of the
            first group relative to the other.
        p_value: unadjusted, two-sided; for a contrary pair the larger of two one-sided ones; for a
            difference between groups that was there before, of its change.
        q_value: adjusted over all that is asked at once; None for the surroundings.
        breakeven_volatility: yearly log-volatility that would explain the change away.
        rank: 1 is first; None where nothing could be tested.
        outcome: what became of it.
        explanation_id: the registered or found explanation that was weighed, whether or not it
            sufficed.
        reason_sv: its claims in words.
        evidence: what it rests on.
        claims: what happened, or why nothing could be tested; then why it has its outcome.
        probability_relevant: probability that the level changed by more than what matters.
        excess: observed less expected, in persons or decisions for counts, rates and
            proportions, in the indicator's own unit for means, amounts and groups.
        state: how a difference between groups stands to the years before; None of anything else.
    """

    deviation_id: Annotated[
        str, Field(description="Fyndets id; samma för samma fynd i varje körning.")
    ]
    indicator_id: Annotated[str, Field(description="Indikatorn; se marts.indicators.")]
    period_start: Annotated[date, Field(description="Den prövade periodens första dag.")]
    period_grain: Annotated[
        Literal["year", "month"], Field(description="Periodens längd: year eller month.")
    ]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    breakdown: Annotated[str, Field(description="Indelningen; total för helheten.")]
    category: Annotated[str, Field(description="Gruppen i indelningen; total för helheten.")]
    compared_with: Annotated[
        str | None,
        Field(
            description="Vad värdet ställs mot: den andra gruppen (group_difference) eller den"
            " andra indikatorn (contrary); annars tomt."
        ),
    ]
    kind: Annotated[
        Kind,
        Field(
            description="Slag: change, stability, contrary, group_difference, district_outlier,"
            " district_change."
        ),
    ]
    observed: Annotated[
        float | None,
        Field(description="Utfallet, i indikatorns enhet (en andel är ett bråk mellan 0 och 1)."),
    ]
    expected: Annotated[
        float | None,
        Field(description="Väntat värde; vid gruppskillnad den andra gruppens värde."),
    ]
    lower: Annotated[float | None, Field(description="Nedre gräns för det väntade.")]
    upper: Annotated[float | None, Field(description="Övre gräns för det väntade.")]
    relative_change: Annotated[
        float | None,
        Field(description="Relativ förändring sedan det senaste tidigare värdet."),
    ]
    p_value: Annotated[
        float | None,
        Field(
            description="Ojusterat p-värde; för en gruppskillnad som fanns före året gäller det"
            " skillnadens förändring."
        ),
    ]
    q_value: Annotated[
        float | None,
        Field(
            description="q-värde, justerat för antalet prövningar; tomt för omvärldens indikatorer."
        ),
    ]
    breakeven_volatility: Annotated[
        float | None,
        Field(description="Årlig volatilitet som skulle krävas för att det vore slump."),
    ]
    rank: Annotated[
        int | None,
        Field(description="Plats i ordningen; 1 är främst, tomt där inget kunde prövas."),
    ]
    outcome: Annotated[Outcome, Field(description="Utfall: focus, explained, watch, cannot_tell.")]
    explanation_id: Annotated[
        str | None,
        Field(
            description="Förklaring som vägdes in: registrerad, eller funnen (då finns den i"
            " marts.found_explanations)."
        ),
    ]
    reason_sv: Annotated[
        str, Field(description="Vad som hände och skälet till utfallet, i meningar.")
    ] = ""
    evidence: Annotated[Stored[Evidence], Field(description="Underlaget som JSON.")] = _NOTHING
    claims: Annotated[
        Stored[tuple[Claim, ...]],
        Field(
            description="Påståendena i skälet som JSON: slag av påstående, och de celler som"
            " varje tal vilar på."
        ),
    ] = ()
    probability_relevant: Annotated[
        float | None,
        Field(description="Sannolikhet för en förändring som är stor nog att spela roll."),
    ]
    excess: Annotated[
        float | None, Field(description="Utfall minus väntat, i personer eller beslut.")
    ]
    state: Annotated[
        State | None,
        Field(
            description="En gruppskillnads läge mot åren före: new, standing, widening, narrowing,"
            " gone; tomt för andra slag."
        ),
    ] = None

    def figure(self, column: str, value: float) -> Figure:
        """A number of this row, by the column it stands in."""
        return Figure(value, (deviation_cell(self.deviation_id, column),))


@dataclass(frozen=True, kw_only=True)
class FocusArea:
    """One row of ``marts.focus_areas``.

    Attributes:
        focus_area_id: the same in every run.
        area: area of activity.
        title_sv: heading.
        rank: 1 is first.
        summary_sv: what was found, in a few sentences.
        period_start: first day of the tested period.
        geography_id: where.
        lead_deviation_id: the deviation that the heading speaks of.
        deviation_ids: all deviations of the area that are in focus, by rank.
        claims: the heading first, then what else the summary says, the most important first.
    """

    focus_area_id: Annotated[str, Field(description="Fokusområdets id; samma i varje körning.")]
    area: Annotated[str, Field(description="Verksamhetsområde.")]
    title_sv: Annotated[str, Field(description="Rubriken.")] = ""
    rank: Annotated[int, Field(description="Plats i ordningen; 1 är främst.")]
    summary_sv: Annotated[
        str, Field(description="Vad som fanns, i högst 60 ord och fyra siffror.")
    ] = ""
    period_start: Annotated[date, Field(description="Den prövade periodens första dag.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    lead_deviation_id: Annotated[
        str, Field(description="Avvikelsen som rubriken talar om; se marts.deviations.")
    ]
    deviation_ids: Annotated[
        Stored[tuple[str, ...]],
        Field(description="Områdets avvikelser i fokus efter rang, som JSON."),
    ]
    claims: Annotated[
        Stored[tuple[Claim, ...]],
        Field(
            description="Påståendena i rubrik och sammanfattning som JSON: slag av påstående, och"
            " de celler som varje tal vilar på."
        ),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Triangulation:
    """One row of ``marts.triangulation``: a finding held against another source.

    Attributes:
        focus_area_id: the focus area it belongs to.
        indicator_id: the indicator in focus.
        related_indicator_id: what it is held against.
        expected_sign: +1 expected to move together, -1 apart.
        observed_change: relative change of the indicator.
        related_change: relative change of the related one; None where it is missing.
        related_from: the year that it is counted from; None where it is missing.
        p_value: larger of the two one-sided p-values.
        verdict: what the pair says.
        relation_id: the declared relation.
        sentence_sv: the same in words.
        rationale_sv: why the pair is expected to move so.
        claims: the one that the sentence tells.
    """

    focus_area_id: Annotated[str, Field(description="Fokusområdet; se marts.focus_areas.")]
    indicator_id: Annotated[str, Field(description="Indikatorn i fokus.")]
    related_indicator_id: Annotated[str, Field(description="Indikatorn den ställs mot.")]
    expected_sign: Annotated[
        int, Field(description="Väntat tecken; 1 väntas röra sig åt samma håll, -1 åt motsatt.")
    ]
    observed_change: Annotated[float | None, Field(description="Indikatorns relativa förändring.")]
    related_change: Annotated[
        float | None, Field(description="Den andra indikatorns relativa förändring.")
    ]
    related_from: Annotated[
        int | None, Field(description="Året som den andra indikatorns förändring räknas från.")
    ] = None
    p_value: Annotated[float | None, Field(description="p-värde, det större av de två ensidiga.")]
    verdict: Annotated[
        Verdict,
        Field(
            description="Vad paret säger: contrary, divergent_within_noise, as_expected,"
            " cannot_tell."
        ),
    ]
    relation_id: Annotated[str, Field(description="Det registrerade sambandet.")]
    sentence_sv: Annotated[str, Field(description="Vad paret säger i en mening.")] = ""
    rationale_sv: Annotated[str, Field(description="Varför sambandet väntas.")]
    claims: Annotated[
        Stored[tuple[Claim, ...]],
        Field(description="Påståendet i meningen som JSON, med de celler som talen vilar på."),
    ] = ()


@dataclass(frozen=True, slots=True)
class MonthSoFar:
    """What had come by the end of a month of a year under way, and what was expected by then.

    All but the month's own are counted from the year's beginning.

    Attributes:
        month: 1 is January.
        seen: cases of the year so far; None after the last delivered month.
        whole: the same when all of it has come in, as far as one can tell.
        whole_lower: lower limit of that.
        whole_upper: upper limit.
        expected: when all of it has come in, as it was expected beforehand.
        lower: lower limit of what was expected.
        upper: upper limit.
        present: which part of the month itself is expected to have come.
        e_value: after the month.
    """

    month: int
    seen: float | None
    whole: float | None
    whole_lower: float | None
    whole_upper: float | None
    expected: float
    lower: float
    upper: float
    present: float | None
    e_value: float | None


@dataclass(frozen=True, kw_only=True)
class EarlyWarning:
    """One row of ``marts.early_warnings``: a year under way against what was expected of it.

    Attributes:
        indicator_id: which indicator.
        geography_id: where.
        period_start: first day of the year under way.
        as_of: last day of the latest month that has been delivered.
        months_in: months of the year that have been delivered.
        completeness: which part of what they will hold has come; None where nobody knows.
        grows: whether months of the register grow after their own delivery; None where nobody
            knows.
        year_to_date: cases that have come.
        expected: cases that were expected to have come.
        lower: lower limit of what was expected.
        upper: upper limit.
        e_value: how much more probable the months are under a shift of the level; stopped where it
            alone sufficed for a warning.
        first_crossing: first day of the month in which the indicator alone was beyond chance.
        forecast: cases of the whole year, as it now seems.
        forecast_lower: lower limit of the forecast.
        forecast_upper: upper limit.
        outcome: what the months say.
        too_early: why they cannot tell; None where they can.
        months: the year's twelve months.
    """

    indicator_id: Annotated[str, Field(description="Indikatorn; se marts.indicators.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    period_start: Annotated[date, Field(description="Det pågående årets första dag.")]
    as_of: Annotated[date, Field(description="Sista dagen i den senast levererade månaden.")]
    months_in: Annotated[int, Field(description="Antal månader av året som har levererats.")]
    completeness: Annotated[
        float | None,
        Field(
            description="Hur stor del av de månaderna som har kommit in, enligt hur tidigare"
            " månader har vuxit; tomt där det inte är känt."
        ),
    ]
    grows: Annotated[
        bool | None,
        Field(description="Om registrets månader växer efter sin egen leverans; tomt om okänt."),
    ]
    year_to_date: Annotated[float, Field(description="Antal hittills under året.")]
    expected: Annotated[
        float | None, Field(description="Antal som väntades ha kommit in hittills.")
    ]
    lower: Annotated[float | None, Field(description="Nedre gräns för det väntade.")]
    upper: Annotated[float | None, Field(description="Övre gräns för det väntade.")]
    e_value: Annotated[
        float | None,
        Field(
            description="E-värde: hur många gånger troligare månaderna är om nivån har ändrats."
            " Utan ändring är det 1 i genomsnitt."
        ),
    ]
    first_crossing: Annotated[
        date | None,
        Field(
            description="Första överskridandet: första dagen i den månad då e-värdet nådde gränsen"
            " för en serie."
        ),
    ]
    forecast: Annotated[float | None, Field(description="Helårets antal som det nu ser ut.")]
    forecast_lower: Annotated[float | None, Field(description="Nedre gräns för prognosen.")]
    forecast_upper: Annotated[float | None, Field(description="Övre gräns för prognosen.")]
    outcome: Annotated[
        EarlyOutcome,
        Field(description="Utfall: varning, bevaka, lugnt, kan_inte_avgoras."),
    ]
    too_early: Annotated[
        TooEarly | None,
        Field(
            description="Varför det inte kan avgöras: outside, few_cases, unknown_growth,"
            " nothing_expected, no_power; annars tomt."
        ),
    ]
    months: Annotated[
        Stored[tuple[MonthSoFar, ...]],
        Field(description="Årets tolv månader, räknade från årets början, som JSON."),
    ] = ()


class FoundExplanation(NaturalExplanation):
    """A cause that the system found by itself; it never stands in a seed.

    Attributes:
        effect: whether it may explain; it follows from the basis.
        basis: where it was found.
        direction: which way it can only have moved a value; None for either.
        claims: the cause; title, description and source are told from it.
    """

    title_sv: Annotated[str, Field(description="Orsaken i korthet.")] = ""
    description_sv: Annotated[str, Field(description="Vad den innebär.")] = ""
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    source: Annotated[str, Field(description="Var det står.")] = ""
    basis: Annotated[
        Basis,
        Field(
            description="Var den fanns: source_note, geography, series, contract, drift, movement."
        ),
    ]
    direction: Annotated[
        Literal[-1, 1] | None,
        Field(
            description="Riktning, om orsaken bara kan ha flyttat ett värde åt ett håll: -1 nedåt;"
            " tomt för båda."
        ),
    ] = None
    claims: Annotated[
        Stored[tuple[Annotated[Cause, Field(discriminator="kind")], ...]],
        Field(description="Påståendena i rubrik och beskrivning som JSON."),
    ]

    @property
    def effect(
        self,
    ) -> Annotated[
        Effect,
        Field(
            description="Verkan: explains får förklara en avvikelse, reservation nämns som"
            " förbehåll och förklarar ingen."
        ),
    ]:
        """Whether it may set a deviation aside; a reservation may not."""
        return Effect.RESERVATION if self.basis in RESERVATIONS else Effect.EXPLAINS

    @property
    def explains(self) -> bool:
        """Whether it may set a deviation aside; a reservation may not."""
        return self.effect is Effect.EXPLAINS

    @property
    def moves(self) -> int | None:
        """Which way it can only have moved a value, -1 or +1; None for either."""
        return self.direction

    @property
    def is_at_most(self) -> bool:
        """Whether its size is the most that it can account for; a movement's is."""
        return self.basis is Basis.MOVEMENT

    @property
    def origin(self) -> str:
        """``registered``, or where it was found."""
        return str(self.basis)

    def concerns(self, indicator_id: str, geography_id: str) -> bool:
        """Whether it is about this indicator in this geography.

        A movement in the municipality is no movement in a board that has not begun, so that each
        place has its own.
        """
        if self.basis is Basis.MOVEMENT and geography_id != self.geography_id:
            return False
        return NaturalExplanation.concerns(self, indicator_id, geography_id)


def most_urgent_first(rows: Sequence[EarlyWarning]) -> list[EarlyWarning]:
    """Early warnings by outcome, then by e-value, then by name."""
    order = list(EarlyOutcome)
    return sorted(
        rows,
        key=lambda row: (order.index(row.outcome), -(row.e_value or 0.0), row.indicator_id),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFit:
    """One row of ``marts.model_fit``: how well a model foretold the years before the report's."""

    geography_id: Annotated[str, Field(description="Kommunen; se marts.geographies.")]
    tested: Annotated[
        Tested,
        Field(
            description="Vad modellen prövas på: hela kommunens serier (whole) eller nämndernas"
            " (boards)."
        ),
    ]
    model: Annotated[str, Field(description="Modellen: counts, proportions, means eller amounts.")]
    period_start: Annotated[date, Field(description="Rapportårets första dag.")]
    year_from: Annotated[int, Field(description="Det första år som förutsades på nytt.")]
    year_to: Annotated[int, Field(description="Det sista.")]
    p_values: Annotated[int, Field(description="Antal värden som förutsades.")]
    independent: Annotated[
        float,
        Field(description="Antal av dem som inte räknar samma sak; de som gör det delar en röst."),
    ]
    distance: Annotated[
        float,
        Field(
            description="Största avståndet mellan p-värdenas fördelning och den jämna, som en"
            " modell som stämmer ger."
        ),
    ]
    distance_limit: Annotated[float, Field(description="Så stort får avståndet vara.")]
    tail: Annotated[float, Field(description="Andel värden med ett p-värde under 0,01.")]
    tail_limit: Annotated[float, Field(description="Så stor får andelen vara.")]
    weight_at_the_end: Annotated[
        float,
        Field(
            description="Vikten för den största rörlighet som prövas; mycket vikt säger att den är"
            " för liten."
        ),
    ]
    weight_limit: Annotated[float, Field(description="Så stor får vikten vara.")]
    fits: Annotated[bool, Field(description="Om alla tre gränserna hålls.")]


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One row of ``marts.series_charts``; the lines are None where there are too few points."""

    indicator_id: Annotated[str, Field(description="Indikatorn; se marts.indicators.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    breakdown: Annotated[str, Field(description="Indelningen; total för helheten.")]
    category: Annotated[str, Field(description="Gruppen i indelningen; total för helheten.")]
    period_grain: Annotated[str, Field(description="Periodens längd: year eller month.")]
    period_start: Annotated[date, Field(description="Periodens första dag.")]
    segment: Annotated[
        int,
        Field(
            description="Segment; räknas upp vid varje registrerat brott, och gränserna räknas om i"
            " varje segment."
        ),
    ]
    value: Annotated[
        float,
        Field(description="Värdet, i indikatorns enhet (en andel är ett bråk mellan 0 och 1)."),
    ]
    centre: Annotated[
        float | None, Field(description="Segmentets medelvärde; tomt med färre än fem värden.")
    ]
    lower: Annotated[
        float | None,
        Field(
            description="Nedre gräns: medelvärdet minus 2,66 genomsnittliga steg. Kan vara negativ."
        ),
    ]
    upper: Annotated[
        float | None,
        Field(description="Övre gräns: medelvärdet plus 2,66 genomsnittliga steg."),
    ]
    moving_range: Annotated[
        float | None,
        Field(description="Steget från segmentets föregående värde, utan tecken."),
    ]
    trial: Annotated[
        bool,
        Field(
            description="Preliminära gränser; sant om de vilar på färre än tolv värden, och då ges"
            " inga signaler."
        ),
    ]
    signal: Annotated[
        str,
        Field(
            description="Regeln som punkten bryter mot: outside_above, outside_below, trend_up,"
            " trend_down, near_upper, near_lower, run_above, run_below; annars common_cause,"
            " eller too_few."
        ),
    ]

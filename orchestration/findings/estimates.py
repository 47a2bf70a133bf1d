"""What an analysis has estimated: one record an estimate, also of one that could not be made.

A table of estimates never lacks a row because a group was empty or a register absent: the row is
there with its status, and what it lacks is a code that `language` has the sentence for.

What does not belong here: how anything is estimated, and which estimates an analysis has.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from orchestration.findings.cells import Cell
from orchestration.findings.codes import Shortfall, Status

ANALYSIS_RESULTS_TABLE = "marts.analysis_results"
BOARD_STANDARDISED_TABLE = "marts.board_standardised"


@dataclass(frozen=True, kw_only=True)
class AnalysisResult:
    """One row of ``marts.analysis_results``."""

    analysis_id: Annotated[str, Field(description="Analysen, som i marts.analyses.")]
    estimand_id: Annotated[str, Field(description="Vad som skattas.")]
    period_start: Annotated[date, Field(description="Periodens första dag.")]
    period_from: Annotated[
        date | None, Field(description="Perioden som jämförs med; tomt för en nivå.")
    ]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    breakdown: Annotated[str, Field(description="Indelningen; total för helheten.")]
    category: Annotated[str, Field(description="Gruppen i indelningen; total för helheten.")]
    estimate: Annotated[float | None, Field(description="Skattningen, i sin enhet.")] = None
    ci_lower: Annotated[float | None, Field(description="Intervallets nedre gräns.")] = None
    ci_upper: Annotated[float | None, Field(description="Intervallets övre gräns.")] = None
    ci_level: Annotated[float | None, Field(description="Intervallets täckning.")] = None
    standard_error: Annotated[float | None, Field(description="Medelfel.")] = None
    observations: Annotated[float | None, Field(description="Antal observationer.")] = None
    events: Annotated[float | None, Field(description="Antal händelser.")] = None
    unit: Annotated[
        str, Field(description="Enheten: share, ratio, count, hours, kr och så vidare.")
    ]
    method_id: Annotated[str, Field(description="Metoden; se marts.analysis_methods.")]
    sensitivity_of: Annotated[
        str | None,
        Field(description="Skattning vars känslighet denna prövar; tomt för den främsta."),
    ] = None
    verdict: Annotated[str | None, Field(description="Vad skattningen säger, som kod.")] = None
    p_value: Annotated[float | None, Field(description="Ojusterat p-värde.")] = None
    q_value: Annotated[
        float | None, Field(description="q-värde, justerat för antalet prövningar.")
    ] = None
    status: Annotated[
        Status,
        Field(
            description="Skattningens status: estimated, too_few, not_delivered,"
            " not_identified eller not_applicable."
        ),
    ] = Status.ESTIMATED
    shortfall: Annotated[
        Shortfall | None, Field(description="Kod för vad som saknas; tomt om inget saknas.")
    ] = None
    reason_sv: Annotated[
        str, Field(description="Vad som saknas, i en mening; tomt om inget saknas.")
    ] = ""
    seed: Annotated[
        int | None, Field(description="Slumptalsfröet; tomt där inget dras slumpvis.")
    ] = None


def result_cell(result: AnalysisResult, column: str = "estimate") -> Cell:
    """Where a figure of an estimate stands."""
    return Cell(
        ANALYSIS_RESULTS_TABLE,
        (
            ("analysis_id", result.analysis_id),
            ("estimand_id", result.estimand_id),
            ("period_start", result.period_start),
            ("geography_id", result.geography_id),
            ("breakdown", result.breakdown),
            ("category", result.category),
        ),
        column,
    )


@dataclass(frozen=True, kw_only=True)
class BoardStandardised:
    """One row of ``marts.board_standardised``."""

    analysis_id: Annotated[str, Field(description="Analysen, som i marts.analyses.")]
    measure_id: Annotated[str, Field(description="Måttet.")]
    period_start: Annotated[date, Field(description="Periodens första dag.")]
    geography_id: Annotated[str, Field(description="Nämnden; se marts.geographies.")]
    observed: Annotated[
        float,
        Field(description="Antalet händelser; för child_review under året och de två före."),
    ]
    expected: Annotated[
        float,
        Field(description="Väntat antal, så som de övriga nämndernas mönster ger samma ärenden."),
    ]
    ratio: Annotated[float, Field(description="Utfallet delat med det väntade.")]
    ci_lower: Annotated[float, Field(description="Kvotens nedre gräns.")]
    ci_upper: Annotated[float, Field(description="Kvotens övre gräns.")]
    shrunken: Annotated[float, Field(description="Krympt kvot, dragen mot nämndernas gemensamma.")]
    tau2: Annotated[float, Field(description="Varians mellan nämnderna utöver slumpen.")]
    tau2_lower: Annotated[float, Field(description="Variansens nedre gräns.")]
    tau2_upper: Annotated[float, Field(description="Variansens övre gräns.")]
    p_value: Annotated[
        float,
        Field(
            description="Ojusterat p-värde: mot hur de övriga varierar, eller mot slumpen enbart"
            " där det är säkert att nämnderna skiljer sig åt (boards_differ i 5.3_within)."
        ),
    ]
    q_value: Annotated[float, Field(description="q-värde, justerat för antalet nämnder.")]
    verdict: Annotated[
        str, Field(description="Utslag: above (över), below (under) eller alike (lika).")
    ]


@dataclass(frozen=True, kw_only=True)
class Equality:
    """One row of ``marts.equality``."""

    indicator_id: Annotated[str, Field(description="Indikatorn; se marts.indicators.")]
    period_start: Annotated[date, Field(description="Årets första dag.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    comparison: Annotated[
        Literal["sex", "age", "board", "category"],
        Field(description="Vad som jämförs: kön, ålder, nämnder eller andra grupper."),
    ]
    breakdown: Annotated[str, Field(description="Indelningen som i marts.indicator_values.")]
    category_a: Annotated[str, Field(description="Den första gruppen; för nämnder dess kod.")]
    category_b: Annotated[
        str,
        Field(
            description="Den andra gruppen: man, others för alla andra av samma slag, eller"
            " målgruppen som de andra också hör till."
        ),
    ]
    kind: Annotated[
        Literal["rate", "share", "mean", "money"],
        Field(
            description="Slag av nivå: rate per invånare av samma kön och ålder, share andel, mean"
            " medelvärde per person, money kronor per person som har fått bistånd."
        ),
    ]
    value_a: Annotated[float | None, Field(description="Den första gruppens nivå.")] = None
    value_b: Annotated[float | None, Field(description="Den andra gruppens nivå.")] = None
    difference: Annotated[float | None, Field(description="Den första minus den andra.")] = None
    ratio: Annotated[float | None, Field(description="Den första delad med den andra.")] = None
    ci_lower: Annotated[float | None, Field(description="Kvotens nedre gräns, 95 procent.")] = None
    ci_upper: Annotated[float | None, Field(description="Kvotens övre gräns.")] = None
    base_a: Annotated[
        float | None, Field(description="Invånare, fall eller personer i den första gruppen.")
    ] = None
    persons_behind: Annotated[
        float | None,
        Field(
            description="Antal bakom skillnaden: så många fler i den första gruppen än om den hade"
            " haft den andras nivå, i det som indikatorn räknar; tomt för medelvärden."
        ),
    ] = None
    kronor_behind: Annotated[
        float | None, Field(description="Kronor bakom skillnaden, för belopp; annars tomt.")
    ] = None
    adjusted_ratio: Annotated[
        float | None,
        Field(
            description="Justerad kvot för en nämnd: utfallet delat med vad alla nämnders mönster"
            " ger lika många av samma kön och ålder; tomt där kön och ålder inte är kända."
        ),
    ] = None
    adjusted_lower: Annotated[
        float | None, Field(description="Den justerade kvotens nedre gräns.")
    ] = None
    adjusted_upper: Annotated[
        float | None, Field(description="Den justerade kvotens övre gräns.")
    ] = None
    p_value: Annotated[float | None, Field(description="Ojusterat p-värde, för samma nivå.")] = None
    q_value: Annotated[
        float | None,
        Field(description="q-värde, justerat för alla jämförelser av slaget i området samma år."),
    ] = None
    equivalence_p_value: Annotated[
        float | None,
        Field(description="p-värde för en skillnad som är så stor att den har betydelse."),
    ] = None
    verdict: Annotated[
        Literal["skillnad", "ingen_relevant_skillnad", "kan_inte_avgoras"],
        Field(description="Vad jämförelsen säger."),
    ]
    status: Annotated[
        Status,
        Field(description="Värdets status, som i marts.analysis_results."),
    ] = Status.ESTIMATED
    shortfall: Annotated[
        Shortfall | None, Field(description="Kod för vad som saknas; tomt om inget saknas.")
    ] = None
    reason_sv: Annotated[
        str, Field(description="Vad som saknas, i en mening; tomt om inget saknas.")
    ] = ""


@dataclass(frozen=True, kw_only=True)
class BoardSpread:
    """One row of ``marts.board_spread``."""

    indicator_id: Annotated[str, Field(description="Indikatorn; se marts.indicators.")]
    period_start: Annotated[date, Field(description="Årets första dag.")]
    geography_id: Annotated[str, Field(description="Kommunen vars nämnder det är.")]
    stratum: Annotated[str, Field(description="Målgruppen; tomt för alla.")]
    boards: Annotated[int, Field(description="Antal nämnder.")]
    is_mix_adjusted: Annotated[
        bool,
        Field(description="Justerat för kön och ålder hos nämndernas invånare; sant eller falskt."),
    ]
    tau: Annotated[
        float,
        Field(description="Standardavvikelse mellan nämnderna, i logaritmer och utöver slumpen."),
    ]
    tau_lower: Annotated[float, Field(description="Standardavvikelsens nedre gräns, 95 procent.")]
    tau_upper: Annotated[float, Field(description="Standardavvikelsens övre gräns.")]


@dataclass(frozen=True, kw_only=True)
class AnalysisMethod:
    """One row of ``marts.analysis_methods``."""

    method_id: Annotated[str, Field(description="Metoden.")]
    title_sv: Annotated[str, Field(description="Metodens namn.")]
    text_sv: Annotated[str, Field(description="Hur metoden räknar.")]
    reference: Annotated[str, Field(description="Källan till formeln; tomt för rena antal.")]


@dataclass(frozen=True, kw_only=True)
class RefusalPart:
    """One row of ``marts.refusal_decomposition``."""

    period_start: Annotated[date, Field(description="Årets första dag.")]
    period_from: Annotated[date, Field(description="Första dagen i året som jämförs med.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    level: Annotated[
        str,
        Field(
            description="Vad som delas upp: refusals är antalet avslag och delavslag, rate är"
            " avslag per beslut."
        ),
    ]
    factor: Annotated[
        str,
        Field(description="Delen: households, months, decisions, refusals; composition, rate."),
    ]
    contribution: Annotated[
        float | None,
        Field(description="Delens bidrag till förändringen; delarna summerar till den."),
    ]
    ci_lower: Annotated[float | None, Field(description="Intervallets nedre gräns.")]
    ci_upper: Annotated[float | None, Field(description="Intervallets övre gräns.")]
    share: Annotated[
        float | None,
        Field(description="Andel av förändringen: bidraget delat med hela; tomt om den är noll."),
    ]
    status: Annotated[
        Status,
        Field(description="Värdets status, som i marts.analysis_results."),
    ]


@dataclass(frozen=True, kw_only=True)
class RefusalReturn:
    """One row of ``marts.refusal_returns``."""

    period_start: Annotated[date, Field(description="Rapportårets första dag.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    ground: Annotated[str, Field(description="Avslagets grund; alla för alla grunder.")]
    kind: Annotated[str, Field(description="Slag av ansökan; alla för alla slag.")]
    event: Annotated[
        str,
        Field(
            description="Händelsen: granted, refused_again eller no_application (ingen ny ansökan)."
        ),
    ]
    horizon_months: Annotated[int, Field(description="Månader efter avslaget.")]
    at_risk: Annotated[float, Field(description="Avslag som följs.")]
    cumulative_incidence: Annotated[
        float | None, Field(description="Andel som det har hänt så långt efteråt.")
    ]
    ci_lower: Annotated[float | None, Field(description="Intervallets nedre gräns.")]
    ci_upper: Annotated[float | None, Field(description="Intervallets övre gräns.")]
    status: Annotated[
        Status,
        Field(description="Värdets status, som i marts.analysis_results."),
    ]


@dataclass(frozen=True, kw_only=True)
class HousingFlow:
    """One row of ``marts.protected_housing_flows``."""

    period_start: Annotated[date, Field(description="Rapportårets första dag.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    from_form: Annotated[str, Field(description="Formen som lämnades; rvc är samtalsstöd.")]
    to_form: Annotated[str, Field(description="Formen som kom sedan.")]
    horizon_days: Annotated[int, Field(description="Dagar efter att den första formen lämnades.")]
    persons: Annotated[float, Field(description="Personer som lämnade och följs.")]
    moved: Annotated[float, Field(description="Personer som kom till den andra formen.")]
    cumulative_incidence: Annotated[
        float | None, Field(description="Andel som kom dit inom så många dagar.")
    ]
    ci_lower: Annotated[float | None, Field(description="Intervallets nedre gräns.")]
    ci_upper: Annotated[float | None, Field(description="Intervallets övre gräns.")]
    status: Annotated[
        Status,
        Field(description="Värdets status, som i marts.analysis_results."),
    ]


@dataclass(frozen=True, kw_only=True)
class InterventionCost:
    """One row of ``marts.intervention_costs``."""

    scenario_id: Annotated[str, Field(description="Scenariot: namnet på dess fil.")]
    reading_id: Annotated[
        str, Field(description="Läsningen av källan: main, eller en annan som scenariot nämner.")
    ]
    insats: Annotated[str, Field(description="Insatsen.")]
    reading_sv: Annotated[str, Field(description="Läsningens namn; tomt där det bara finns en.")]
    place: Annotated[int, Field(description="Ordningen bland scenarierna.")]
    price_year: Annotated[int, Field(description="Året vars priser kronorna är i.")]
    staff_sv: Annotated[str, Field(description="Befattningen.")]
    receivers_sv: Annotated[str, Field(description="Vad de som får insatsen kallas.")]
    receiver_sv: Annotated[str, Field(description="Vad en som får insatsen kallas.")]
    persons: Annotated[
        float | None, Field(description="Hur många som får insatsen på ett år; tomt om okänt.")
    ]
    hours_per_person: Annotated[float, Field(description="Timmar per person och år.")]
    rate: Annotated[float | None, Field(description="Kronor per personaltimme; tomt för en summa.")]
    groups: Annotated[float | None, Field(description="Grupper per år; tomt utan grupper.")]
    cost_total: Annotated[
        float | None, Field(description="Kronor per år, avrundat; tomt om antalet är okänt.")
    ]
    cost_per_person: Annotated[float, Field(description="Kronor per person och år, avrundat.")]
    cost_per_group: Annotated[
        float | None, Field(description="Kronor per grupp och år, avrundat; tomt utan grupper.")
    ]
    exact_total: Annotated[float | None, Field(description="Kronor per år utan avrundning.")]
    exact_per_person: Annotated[float, Field(description="Kronor per person utan avrundning.")]
    low: Annotated[
        float | None, Field(description="Nedre gräns för kronor per år när talen varierar.")
    ]
    high: Annotated[float | None, Field(description="Övre gräns för kronor per år.")]
    person_low: Annotated[float | None, Field(description="Nedre gräns för kronor per person.")]
    person_high: Annotated[float | None, Field(description="Övre gräns för kronor per person.")]
    rounding: Annotated[str, Field(description="Hur de avrundade beloppen är avrundade.")]
    is_assumption: Annotated[
        bool, Field(description="Antagande; sant om något av talen är antaget.")
    ]
    source_sv: Annotated[str, Field(description="Varifrån talen kommer.")]
    note_sv: Annotated[str, Field(description="Vad en läsare måste veta om talen.")]
    demand_sv: Annotated[
        str, Field(description="Hur många registren kan räkna; tomt om scenariot inte säger det.")
    ]
    seed: Annotated[int, Field(description="Slumptalsfröet för gränserna.")]


@dataclass(frozen=True, kw_only=True)
class OpenInsats:
    """One row of ``marts.without_assessment_reach``."""

    period_start: Annotated[date, Field(description="Årets första dag.")]
    geography_id: Annotated[str, Field(description="Kommunen; se marts.geographies.")]
    insats_code: Annotated[str, Field(description="Insatsens kod i registret.")]
    title_sv: Annotated[str, Field(description="Insatsens namn.")]
    target_group: Annotated[str, Field(description="Målgruppen.")]
    area_category: Annotated[
        str,
        Field(
            description="Områdeskategorin där de flesta av nämndens barn bor, 1 till 4; alla för"
            " alla nämnder, okand där ingen är känd."
        ),
    ]
    boards: Annotated[int, Field(description="Nämnder där någon kom under året.")]
    contacts: Annotated[int, Field(description="Kontakter under året.")]
    sessions: Annotated[int, Field(description="Tillfällen under året.")]
    new_persons: Annotated[
        int | None,
        Field(description="De som kom för första gången; tomt där en nämnd inte vet."),
    ]
    residents: Annotated[
        int | None, Field(description="Invånare i målgruppens åldrar i de nämnderna.")
    ]
    reach: Annotated[
        float | None, Field(description="Nya personer per 1 000 invånare i målgruppen.")
    ]
    scenario_id: Annotated[
        str, Field(description="Räkneexemplet som kostnaden kommer ur; tomt utan.")
    ]
    cost_per_contact: Annotated[
        float | None,
        Field(
            description="Räkneexemplets kronor per person gånger nya personer, delat med"
            " kontakterna; tomt utan räkneexempel."
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class CostDriver:
    """One row of ``marts.intervention_cost_drivers``."""

    scenario_id: Annotated[str, Field(description="Scenariot.")]
    driver: Annotated[str, Field(description="Talets kod, som i scenariots fil.")]
    title_sv: Annotated[str, Field(description="Talets namn.")] = ""
    role: Annotated[
        Literal["cost", "saving"],
        Field(
            description="Talets roll: cost där kostnaden bygger på det, saving där bara det som kan"
            " sparas gör det."
        ),
    ]
    position: Annotated[
        int | None,
        Field(
            description="Plats i ordningen; 1 betyder mest för kostnaden, tomt att talet inte"
            " varierar."
        ),
    ]
    value: Annotated[float, Field(description="Talet.")]
    low: Annotated[float, Field(description="Det minsta som anges.")]
    high: Annotated[float, Field(description="Det största som anges.")]
    shape: Annotated[str, Field(description="Fördelningen däremellan: triangular eller uniform.")]
    measure: Annotated[
        str | None,
        Field(description="Måttet för kostnadens gränser: cost_total eller cost_per_person."),
    ]
    cost_low: Annotated[
        float | None,
        Field(description="Kostnaden när talet är som minst, alla andra som de är."),
    ]
    cost_high: Annotated[float | None, Field(description="Kostnaden när talet är som störst.")]
    is_assumption: Annotated[bool, Field(description="Antagande; sant om ingen har mätt talet.")]
    source_sv: Annotated[str, Field(description="Varifrån talet kommer.")]


@dataclass(frozen=True, kw_only=True)
class BreakEven:
    """One row of ``marts.intervention_break_even``."""

    scenario_id: Annotated[str, Field(description="Scenariot.")]
    saving_id: Annotated[str, Field(description="Det som inte skulle behövas; alla tillsammans.")]
    title_sv: Annotated[str, Field(description="Besparingens namn; tomt för alla tillsammans.")]
    kind: Annotated[
        str, Field(description="Slag av besparing: case_handling, heavier_insats eller alla.")
    ]
    horizon_years: Annotated[int, Field(description="År som räknas, insatsens eget det första.")]
    discount_rate: Annotated[float, Field(description="Kalkylräntan.")]
    cost_per_person: Annotated[float, Field(description="Insatsens kostnad, kronor per person.")]
    saving_per_person: Annotated[
        float, Field(description="Nuvärdet av det som inte behövs, kronor per person.")
    ]
    npv_per_person: Annotated[
        float, Field(description="Nuvärdet minus kostnaden, kronor per person.")
    ]
    npv_low: Annotated[
        float | None,
        Field(description="Nuvärdets nedre gräns, när både kostnad och antaganden varierar."),
    ]
    npv_high: Annotated[float | None, Field(description="Nuvärdets övre gräns.")]
    npv_total: Annotated[
        float | None,
        Field(description="Nuvärdet minus kostnaden för alla personer; tomt om antalet är okänt."),
    ]
    share: Annotated[
        float | None, Field(description="Andelen som antas slippa; tomt för alla tillsammans.")
    ]
    break_even_share: Annotated[
        float | None,
        Field(
            description="Andel som behövs: så många skulle behöva slippa för att kostnaden ska vara"
            " betald; över 1 betyder att det inte räcker, tomt att det inte kan räknas."
        ),
    ]
    verdict: Annotated[str, Field(description="Utslag: pays, does_not_pay eller cannot_tell.")]
    is_assumption: Annotated[
        bool, Field(description="Antagande; alltid sant, en besparing är antagen.")
    ]
    seed: Annotated[int, Field(description="Slumptalsfröet för gränserna.")]


@dataclass(frozen=True, kw_only=True)
class ChildDistrict:
    """One row of ``marts.child_cases_by_status``."""

    period_start: Annotated[date, Field(description="Årets första dag.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    area_name: Annotated[str, Field(description="Stadsdelen; okand där den inte är känd.")]
    board_id: Annotated[
        str | None, Field(description="Nämnden som svarar för den; se marts.geographies.")
    ]
    area_category: Annotated[
        int | None, Field(description="Områdeskategori, 1 den svagaste och 4 den starkaste.")
    ]
    socioeconomic_index: Annotated[
        float | None, Field(description="Socioekonomiskt index; högre är starkare.")
    ]
    children: Annotated[float | None, Field(description="Barn 0–17 år som bor där.")]
    cases: Annotated[float, Field(description="Ärenden under året.")]
    observed: Annotated[
        float | None,
        Field(
            description="Ärenden under året och de två före, så långt de är kända: det som ställs"
            " mot det väntade."
        ),
    ]
    expected: Annotated[
        float | None,
        Field(
            description="Väntade ärenden, så som nämndens nivå och stadsdelens index ger för samma"
            " år."
        ),
    ]
    ratio: Annotated[float | None, Field(description="Kvoten: observed delat med expected.")]
    ci_lower: Annotated[float | None, Field(description="Kvotens nedre gräns.")]
    ci_upper: Annotated[float | None, Field(description="Kvotens övre gräns.")]
    p_value: Annotated[float | None, Field(description="Ojusterat p-värde.")]
    q_value: Annotated[float | None, Field(description="q-värde, justerat för antalet stadsdelar.")]
    verdict: Annotated[
        str | None, Field(description="Utslag: above, below eller alike; tomt där inget kan sägas.")
    ]


@dataclass(frozen=True, kw_only=True)
class ChildRereferral:
    """One row of ``marts.child_rereferrals``."""

    period_start: Annotated[date, Field(description="Rapportårets första dag.")]
    geography_id: Annotated[str, Field(description="Platsen; se marts.geographies.")]
    history: Annotated[str, Field(description="Tidigare ärenden: 0, 1-2, 3+, eller alla.")]
    outcome: Annotated[
        str,
        Field(
            description="Vad ärendet ledde till: forhandsbedomning, utredning_utan_insats, insats,"
            " eller alla."
        ),
    ]
    horizon_months: Annotated[int, Field(description="Månader efter avslutet.")]
    at_risk: Annotated[float, Field(description="Avslut som följs.")]
    incidence: Annotated[
        float | None, Field(description="Andel som aktualiserats på nytt så långt efteråt.")
    ]
    ci_lower: Annotated[float | None, Field(description="Intervallets nedre gräns.")]
    ci_upper: Annotated[float | None, Field(description="Intervallets övre gräns.")]
    status: Annotated[
        Status,
        Field(description="Värdets status, som i marts.analysis_results."),
    ]


@dataclass(frozen=True, kw_only=True)
class OpenComparison:
    """One row of ``marts.open_comparisons``; changes are in percentage points."""

    indicator_id: Annotated[str, Field(description="Indikatorn; se marts.indicators.")]
    year: Annotated[int, Field(description="Undersökningens år.")]
    group_type: Annotated[
        str,
        Field(
            description="Slag av grupp: riket, storlek (kommunens folkmängd) eller skr (SKR:s"
            " grupper)."
        ),
    ]
    group_code: Annotated[
        str, Field(description="Gruppens kod: SE, storleksklassen som den trycks, eller SKR:s kod.")
    ]
    group_name: Annotated[str, Field(description="Gruppens namn.")]
    share: Annotated[
        float | None, Field(description="Andelen som svarat ja av dem som svarat, mellan 0 och 1.")
    ]
    basis: Annotated[
        Literal["answers", "published"],
        Field(
            description="Underlaget: answers är räknat ur enheternas svar, published betyder att"
            " bara den publicerade andelen är känd."
        ),
    ]
    published_share: Annotated[
        float | None,
        Field(description="Andelen som Socialstyrelsen tryckt, i hela procent; ofta ingen."),
    ]
    units: Annotated[int | None, Field(description="Kommuner och stadsdelar som frågan gäller.")]
    answered: Annotated[int | None, Field(description="Enheter som svarat på frågan.")]
    said_yes: Annotated[int | None, Field(description="Enheter som svarat ja.")]
    lower_bound: Annotated[
        float | None, Field(description="Andelen om ingen av dem som inte svarat hade svarat ja.")
    ]
    upper_bound: Annotated[
        float | None, Field(description="Andelen om alla som inte svarat hade svarat ja.")
    ]
    previous_year: Annotated[
        int | None, Field(description="Undersökningen före; tomt för den första.")
    ]
    is_break: Annotated[
        bool,
        Field(
            description="Brott i serien; sant om frågan hade en annan ordalydelse då, och ingen"
            " förändring räknas."
        ),
    ]
    change_pp: Annotated[
        float | None, Field(description="Andelens förändring sedan dess, i procentenheter.")
    ]
    change_lower: Annotated[
        float | None,
        Field(description="Förändringens nedre gräns, vad de som inte svarat än hade sagt."),
    ]
    change_upper: Annotated[float | None, Field(description="Förändringens övre gräns.")]
    matched: Annotated[int | None, Field(description="Enheter som svarat båda gångerna.")]
    gained: Annotated[int | None, Field(description="Enheter som gått från nej till ja.")]
    lost: Annotated[int | None, Field(description="Enheter som gått från ja till nej.")]
    matched_change_pp: Annotated[
        float | None,
        Field(description="Förändringen bland dem som svarat båda gångerna, i procentenheter."),
    ]
    change_p: Annotated[
        float | None,
        Field(description="p-värde för att ingenting ändrats bland dem (McNemar, exakt)."),
    ]


@dataclass(frozen=True, kw_only=True)
class SampleProtocol:
    """One row of ``marts.sample_protocols``."""

    sample_id: Annotated[str, Field(description="Stickprovet.")]
    purpose: Annotated[str, Field(description="Syftet: korsbedomning eller brukarrevision.")]
    register: Annotated[str, Field(description="Registret som det är draget ur.")]
    period_start: Annotated[date, Field(description="Första dagen i året vars beslut det gäller.")]
    geography_id: Annotated[str, Field(description="Kommunen; se marts.geographies.")]
    seed: Annotated[int, Field(description="Slumptalsfröet; samma frö ger samma stickprov.")]
    frame_rows: Annotated[int, Field(description="Beslut som kunde dras.")]
    protected_excluded: Annotated[
        int, Field(description="Beslut om personer med skyddade uppgifter, som aldrig dras.")
    ]
    size: Annotated[int, Field(description="Dragna beslut.")]
    allocation: Annotated[
        str, Field(description="Fördelningen på strata: proportional, equal eller neyman.")
    ]
    strata: Annotated[
        str,
        Field(
            description="Strata som JSON: antal i ramen, dragna, reserver, sannolikhet och vikt."
        ),
    ]
    assessors: Annotated[int, Field(description="Bedömare; noll i en brukarrevision.")]
    overlap: Annotated[int, Field(description="Fall som alla bedömare har.")]
    largest_difference: Annotated[
        float,
        Field(description="Största skillnaden mot ramen, i standardavvikelser; högst 0,1 är nära."),
    ]
    frame_sha256: Annotated[str, Field(description="Ramens kontrollsumma.")]
    is_answered: Annotated[bool, Field(description="Svaren är sammanställda; sant eller falskt.")]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One row of ``marts.agreement``."""

    sample_id: Annotated[str, Field(description="Stickprovet; se marts.sample_protocols.")]
    measure: Annotated[
        str,
        Field(
            description="Vad som bedömdes: hours, need, insats; i en brukarrevision frågan:"
            " hours_suffice, satisfied, svar."
        ),
    ]
    coefficient: Annotated[
        str,
        Field(
            description="Måttet: group_difference (hur många fler timmar den ena gruppen bedömare"
            " sätter på samma fall), exact, krippendorff_alpha, cohen_kappa, gwet_ac1, gwet_ac2,"
            " icc_2_1, bland_altman_lower, bland_altman_upper, prevalence_index, bias_index, pabak;"
            " weighted_mean, response_rate."
        ),
    ]
    level: Annotated[str, Field(description="Skalan, vikterna eller enheten.")]
    estimate: Annotated[float | None, Field(description="Värdet; tomt om det inte kan räknas.")]
    ci_lower: Annotated[float | None, Field(description="Intervallets nedre gräns.")]
    ci_upper: Annotated[float | None, Field(description="Intervallets övre gräns.")]
    n_cases: Annotated[int, Field(description="Fall eller svar bakom.")]
    n_raters: Annotated[int, Field(description="Bedömare bakom; noll i en brukarrevision.")]
    note: Annotated[
        str,
        Field(
            description="Förbehåll: varför värdet saknas, eller vad det inte gäller:"
            " these_assessors_only, not_both_groups, no_variation, no_pairs, no_common_cases,"
            " two_answers_only, too_alike, too_few_answers; annars tomt."
        ),
    ]

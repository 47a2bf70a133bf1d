"""Every kind of claim is told, with every slot, and nothing is told that has no slot."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import get_args

import pytest

from orchestration.findings import claims
from orchestration.findings.cells import Cell, Figure, figures_in, setting
from orchestration.findings.claims import AnyClaim, Cause, Group, Headline, Hindrance, When
from orchestration.findings.codes import Kind, Since, State, Support, Verdict
from orchestration.findings.records import FoundExplanation
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import (
    Area,
    Basis,
    ExplanationKind,
    Indicator,
    Measure,
    Polarity,
    PossibleExplanation,
    SupportedWhen,
)
from orchestration.language import areas, causes, words
from orchestration.language.inline import Number, Period, Quoted, Said, every, every_number, plain
from orchestration.language.names import Names
from orchestration.language.telling import tell

NBSP = "\u00a0"


def indicator(name: str, title: str, measure: Measure, unit: str) -> Indicator:
    return Indicator(
        indicator_id=name,
        title_sv=title,
        area=Area.EKONOMISKT_BISTAND,
        unit=unit,
        polarity=Polarity.NEUTRAL,
        measure=measure,
        definition_sv="Så räknas det.",
        source_id="ett_register",
    )


def cause(name: str, title: str) -> FoundExplanation:
    return FoundExplanation(
        explanation_id=name,
        kind=ExplanationKind.SYSTEM,
        title_sv=title,
        indicator_id=None,
        geography_id="0180",
        period_from=2023,
        period_to=2023,
        explained_change=None,
        is_break=False,
        synthetic=False,
        basis=Basis.DRIFT,
        claims=(claims.RegisterDrifted(register="ett_register", when=When.of(2023), what=()),),
    )


NAMES = Names(
    Catalogue(
        indicators=(
            indicator("children", "Antal barn", Measure.COUNT, "barn"),
            indicator("share", "Andel hushåll", Measure.PROPORTION, "procent av hushållen"),
            indicator("hours", "Genomsnittligt antal timmar", Measure.MEAN, "timmar"),
            indicator("debt", "Skuldbelopp", Measure.AMOUNT, "kronor"),
            indicator("prices", "Prisindex", Measure.AMOUNT, "index 2022 = 100"),
            indicator("evictions", "Antal per invånare", Measure.COUNT, "barn"),
        ),
        natural_explanations=(cause("en-orsak", "En orsak"), cause("en-annan", "En annan")),
        possible_explanations=(
            PossibleExplanation(
                hypothesis_id="langre-tid",
                area=Area.EKONOMISKT_BISTAND,
                role="possible_explanation",
                text_sv="Tiden har blivit längre.",
                source="Avvik",
                geography_id=None,
                analysis_id="refusals",
                estimand_id="1.4",
                supported_when=SupportedWhen.ABOVE,
                threshold=0.0,
                measure_sv="Del av ökningen som längre tid svarar för",
            ),
        ),
    ),
    places={"0180-a": "Ankeborg", "0180-b": "Gåseborg"},
    registers={"ett_register": "Ett register"},
    datasets={"scb": "SCB:s tabell", "annan": "En annan tabell"},
    notes={("scb", 4): "Februari 2017: bortfall."},
    changes={("ett_register", date(2022, 4, 1)): ["Koderna delas upp."]},
)
YEAR, BEFORE = When.of(2023), When.of(2022)
WOMEN, MEN = Group("sex", "kvinnor"), Group("sex", "man")


def figure(column: str, value: float) -> Figure:
    return Figure(value, (Cell("marts.deviations", (("deviation_id", "d"),), column),))


CHANGED = claims.Changed(
    indicator_id="children",
    when=YEAR,
    observed=figure("observed", 12.0),
    lower=figure("lower", 26.2),
    upper=figure("upper", 51.7),
    since=BEFORE,
    previous=figure("evidence.previous_value", 38.0),
    change=figure("relative_change", 12 / 38 - 1),
)
HEADLINE = Headline(
    area=Area.EKONOMISKT_BISTAND,
    indicator_id="share",
    geography_id="0180-a",
    when=YEAR,
    deviation=Kind.CHANGE,
    observed=figure("observed", 0.0301),
    change=figure("relative_change", -0.0625),
)
EXAMPLES: tuple[AnyClaim, ...] = (
    CHANGED,
    claims.StoodStill(
        indicator_id="children",
        when=YEAR,
        observed=figure("observed", 2002),
        change=figure("relative_change", -0.003),
        expected_change=figure("evidence.expected_change", 0.29),
        drivers=(
            claims.Driven(indicator_id="prices", change=figure("evidence.drivers[0].change", 0.4)),
        ),
    ),
    claims.WentApart(
        indicator_id="children",
        related_indicator_id="prices",
        when=YEAR,
        expected_sign=1,
        change=figure("evidence.observed_change", -0.1),
        related_change=figure("evidence.related_change", 0.12),
    ),
    claims.GroupsDiffer(
        indicator_id="hours",
        when=YEAR,
        group=WOMEN,
        other=MEN,
        observed=figure("observed", 9.0),
        other_observed=figure("expected", 7.2),
        difference=figure("relative_change", 0.25),
    ),
    claims.BoardStandsOut(
        indicator_id="children",
        geography_id="0180-a",
        when=YEAR,
        observed=figure("observed", 21),
        lower=figure("lower", 8.0),
        upper=figure("upper", 15.0),
        covariate="prices",
        before=figure("evidence.relative_to_expected_before", 0.4),
    ),
    claims.BoardMoved(
        indicator_id="children",
        geography_id="0180-a",
        when=YEAR,
        observed=figure("observed", 21),
        lower=figure("lower", 8.0),
        upper=figure("upper", 15.0),
        since=When.of(2022),
        change=figure("relative_change", 0.4),
        rest_change=figure("evidence.rest_change", -0.05),
    ),
    claims.MovedAsOne(
        when=YEAR,
        change=figure("relative_change", -0.15),
        registers=figure("evidence.registers", 9),
    ),
    claims.Followed(
        indicator_id="children",
        when=YEAR,
        deviation=Kind.CHANGE,
        since=Since.LASTS,
        observed=figure("observed", 1510),
        change=figure("relative_change", 0.0067),
    ),
    claims.HowSure(q_value=figure("q_value", 0.004)),
    claims.ExplainedBy(explanation_ids=("en-orsak", "en-annan")),
    claims.LargerThanExplained(explanation_ids=("en-orsak",)),
    claims.MayBeChance(grain="year"),
    claims.TooSmall(minimum=setting("deviation.focus_minimum_change", 0.05)),
    claims.Stood(state=State.STANDING, since=When.of(2016)),
    claims.KeptInFocus(),
    claims.OfSurroundings(),
    claims.CityNotInFocus(),
    claims.WentOn(since=When.of(2021, 9), months=figure("evidence.months_of_event", 4.0)),
    claims.SupportsTheYear(),
    claims.Reserved(explanation_ids=("en-orsak", "en-annan")),
    claims.NoValue(when=When.of(2017, 3)),
    claims.NoChanceToMeasure(measure=Measure.MEAN),
    claims.NothingEarlier(when=YEAR),
    claims.MonthsTooShort(when=YEAR, least=setting("deviation.monthly.least_months", 36)),
    claims.GroupsWithoutValue(when=YEAR, groups=(WOMEN, MEN)),
    claims.GroupsNotTested(why=Hindrance.NOT_ABOVE_NOUGHT, group=MEN),
    claims.StillnessUnproved(
        indicator_id="children", expected_change=figure("evidence.expected_change", 0.2)
    ),
    claims.KnownCause(explanation_ids=("en-orsak",)),
    HEADLINE,
    replace(HEADLINE, deviation=Kind.DISTRICT_OUTLIER),
    replace(HEADLINE, deviation=Kind.DISTRICT_CHANGE),
    replace(HEADLINE, deviation=Kind.GROUP_DIFFERENCE, groups=(WOMEN, MEN)),
    claims.AlsoMoved(lower=("children", "hours"), higher=("debt",)),
    claims.AlsoDiffer(indicator_ids=("hours", "share")),
    claims.Against(
        change=HEADLINE.change,
        moved=(claims.Moved(indicator_id="debt", change=figure("relative_change", 0.122)),),
    ),
    claims.Compared(
        related_indicator_id="debt",
        expected_sign=1,
        related_change=figure("relative_change", 0.122),
        verdict=Verdict.CONTRARY,
    ),
    claims.Record(
        indicator_ids=("children", "share"), highest=False, since=When.of(2016), of_all=True
    ),
    claims.Turned(indicator_ids=("debt",), when=YEAR, rose=True, since=When.of(2017), first=False),
    claims.HypothesisTested(
        hypothesis_id="langre-tid",
        support=Support.SUPPORTED,
        unit="share",
        estimate=figure("estimate", 0.34),
        lower=figure("ci_lower", 0.12),
        upper=figure("ci_upper", 0.56),
    ),
    claims.LossInNote(
        note_kind="partial_loss",
        source_id="scb",
        note_number=4,
        geography_id="0180-a",
        when=When.of(2017, 2),
    ),
    claims.BoardCeased(geography_id="0180-a", last=date(2020, 6, 30), successor_id="0180-b"),
    claims.BoardArose(geography_id="0180-b", first=date(2020, 7, 1)),
    claims.SeriesBroken(when=YEAR, source_id="scb"),
    claims.SourceChanged(when=YEAR, source_id="scb", previous_source_id="annan"),
    claims.ContractChanged(register="ett_register", when=When.of(2022, 4), columns=("orsak",)),
    claims.RegisterDrifted(
        register="ett_register",
        when=YEAR,
        what=(
            claims.Drifted(column="orsak", measure="share", periods=(When.of(2023, 3),)),
            claims.Drifted(column="", measure="rows", periods=(When.of(2023, 4), YEAR)),
        ),
    ),
    claims.MovedWithoutAssessment(
        insats_code="en_insats", indicator_id="debt", geography_id="0180-a", when=YEAR
    ),
)
#: Slots that choose a word, and are not shown themselves.
CODES = frozenset(
    {
        *(
            "kind",
            "deviation",
            "since",
            "state",
            "verdict",
            "expected_sign",
            "why",
            "measure",
            "note_kind",
        ),
        *("note_number", "area", "status", "breakdown", "grain", "q_value", "judged"),
        *("support", "unit", "shortfall", "highest", "of_all", "rose", "first"),
        # Which way the heading's indicator went; it is told there.
        "Against.change",
    }
)


def said(claim: AnyClaim) -> Said:
    """All that is said of a claim: heading and source too, for those that have them."""
    if isinstance(claim, Headline):
        return (*tell(claim, NAMES), *areas.title(claim, NAMES))
    if isinstance(claim, Cause):
        return (*tell(claim, NAMES), *causes.source(claim, NAMES))
    return tell(claim, NAMES)


def atoms(slot: object) -> Iterator[object]:
    """What a slot names: figures by their cells, days, and ids."""
    if isinstance(slot, Figure):
        yield slot.cells
    elif isinstance(slot, When):
        yield slot.start
    elif isinstance(slot, date):
        yield slot
    elif isinstance(slot, tuple):
        for each in slot:
            yield from atoms(each)
    elif is_dataclass(slot):
        for field in fields(slot):
            if field.name not in CODES:
                yield from atoms(getattr(slot, field.name))
    elif isinstance(slot, str) and slot:
        yield slot


def shown(text: Said) -> set[object]:
    """What a sentence shows: the cells of its numbers, its days, and what it quotes."""
    found: set[object] = set()
    for node in every(text):
        match node:
            case Number(cells=cells):
                found.add(cells)
            case Period(first=first):
                found.add(first)
            case Quoted(text=quoted, row=row):
                found |= {quoted, row, row.partition(":")[0]}
            case _:
                pass
    return found


def test_every_kind_of_claim_has_an_example() -> None:
    assert {type(each) for each in EXAMPLES} == set(get_args(AnyClaim))
    assert len({each.kind for each in EXAMPLES}) == len({type(each) for each in EXAMPLES})


@pytest.mark.parametrize("kind", get_args(AnyClaim), ids=lambda kind: str(kind.__name__))
def test_every_slot_is_told(kind: type[AnyClaim]) -> None:
    mine = [each for each in EXAMPLES if type(each) is kind]
    told = [shown(said(each)) for each in mine]
    for field in fields(kind):
        if CODES & {field.name, f"{kind.__name__}.{field.name}"}:
            continue
        filled = [set(atoms(getattr(each, field.name))) for each in mine]
        assert any(filled), f"{field.name}: no example fills the slot"
        assert any(slot and slot <= all_of for slot, all_of in zip(filled, told, strict=True)), (
            f"{field.name} is not told"
        )


@pytest.mark.parametrize("claim", EXAMPLES, ids=lambda claim: str(claim.kind))
def test_every_number_is_one_of_the_claim_s_own(claim: AnyClaim) -> None:
    own = {(abs(each.value), each.cells) for each in figures_in(claim)}
    assert {(abs(each.value), each.cells) for each in every_number(said(claim))} <= own
    text = plain(tell(claim, NAMES))
    assert text[0].isupper()
    assert text.endswith((".", "”"))
    assert "  " not in text
    assert "{" not in text


def test_a_change_is_told_with_figures_that_a_reader_can_follow() -> None:
    assert plain(tell(CHANGED, NAMES)) == (
        f"Antalet barn minskade med 68,4{NBSP}procent från 2022 till 2023: från 38 till "
        f"12{NBSP}barn. Av tidigare år att döma var mellan 26 och 52{NBSP}barn att vänta."
    )
    alone = replace(CHANGED, since=None, previous=None, change=None)
    assert plain(tell(alone, NAMES)).startswith(f"Antalet barn var 12{NBSP}barn 2023. Av ")
    month = replace(alone, when=When.of(2023, 2))
    assert plain(tell(month, NAMES)).startswith(f"Antalet barn var 12{NBSP}barn i februari 2023. ")
    still = replace(CHANGED, change=figure("relative_change", 0.0004))
    assert "ändrades knappt från 2022 till 2023" in plain(tell(still, NAMES))


@pytest.mark.parametrize(
    ("name", "observed", "limits", "told"),
    [
        ("share", 0.0293, (0.0301, 0.032), ("2,93 procent av", "mellan 3,01 och 3,20 procent")),
        ("debt", 2.25e6, (1e6, 3e5), ("2,3 miljoner", "mellan 1,0 miljoner kronor och 300 000")),
        ("prices", 108.6, (101.0, 104.0), ("index 108,6", "mellan 101,0 och 104,0 att")),
        ("hours", 9.0, (7.0, 8.0), ("9,0 timmar", "mellan 7,0 och 8,0 timmar")),
        # A publisher's count per inhabitant.
        ("evictions", 1.25, (3.6, 4.1), ("1,3 barn", "mellan 3,6 och 4,1 barn")),
    ],
)
def test_values_have_their_units_and_share_their_decimals(
    name: str, observed: float, limits: tuple[float, float], told: tuple[str, str]
) -> None:
    claim = claims.Changed(
        indicator_id=name,
        when=YEAR,
        observed=figure("observed", observed),
        lower=figure("lower", limits[0]),
        upper=figure("upper", limits[1]),
    )
    text = plain(tell(claim, NAMES)).replace(NBSP, " ")
    assert all(each in text for each in told), text


@pytest.mark.parametrize(
    ("q", "told"),
    [
        (0.0, "mycket säkert"),
        (0.01, "mycket säkert"),
        (0.0101, "är säkert"),
        (0.05, "är säkert"),
        (0.0501, "troligt"),
        (0.1, "troligt"),
        (0.1001, "går inte att säga"),
    ],
)
def test_sureness_has_a_fixed_scale_of_words(q: float, told: str) -> None:
    text = plain(tell(claims.HowSure(q_value=figure("q_value", q)), NAMES))
    assert told in text
    assert not any(letter.isdigit() for letter in text)
    given = plain(tell(claims.HowSure(q_value=figure("q_value", q), judged=True), NAMES))
    assert ("om de bedömda sambanden stämmer" in given) == (q <= 0.1)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("since", list(Since))
def test_whatever_became_of_it_is_told(kind: Kind, since: Since) -> None:
    claim = claims.Followed(indicator_id="children", when=YEAR, deviation=kind, since=since)
    text = plain(tell(claim, NAMES))
    assert text.startswith("Följs upp: antalet barn var i fokus 2022")
    assert "2023" in text


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("sign", [1, -1])
def test_every_verdict_has_words(verdict: Verdict, sign: int) -> None:
    claim = claims.Compared(
        related_indicator_id="children",
        expected_sign=sign,
        related_change=figure("related_change", 0.05),
        verdict=verdict,
    )
    assert plain(tell(claim, NAMES)).startswith(f"Antalet barn ökade med 5,0{NBSP}procent")
    alone = replace(claim, related_change=None)
    assert plain(tell(alone, NAMES)) == (
        "Antalet barn går inte att jämföra med: värde eller historik saknas."
    )


@pytest.mark.parametrize("status", words.NO_VALUE)
def test_every_status_says_why_there_is_no_value(status: str) -> None:
    text = plain(tell(claims.NoValue(when=YEAR, status=status), NAMES))
    assert text.startswith("Värdet för 2023 ")


def test_the_words_for_a_status_are_of_every_status() -> None:
    assert set(words.NO_VALUE) == set(words.STATUSES)


def test_titles_of_areas() -> None:
    def title(headline: Headline) -> str:
        return plain(areas.title(headline, NAMES)).replace(NBSP, " ")

    assert title(HEADLINE) == "Ekonomiskt bistånd: andelen hushåll minskade med 6,3 procent"
    still = title(replace(HEADLINE, deviation=Kind.STABILITY))
    assert still.endswith("andelen hushåll stod i stort sett stilla")
    board = title(replace(HEADLINE, deviation=Kind.DISTRICT_OUTLIER))
    assert board.endswith("andelen hushåll avviker i Ankeborg")
    groups = title(replace(HEADLINE, deviation=Kind.GROUP_DIFFERENCE, groups=(WOMEN, MEN)))
    assert groups == "Kvinnor och män: skillnad i andelen hushåll"
    assert title(replace(HEADLINE, change=None)) == "Ekonomiskt bistånd: andelen hushåll"


def test_a_synthesis_holds_the_headings_figures_where_they_stand_nowhere_else() -> None:
    against = claims.Against(
        change=HEADLINE.change,
        moved=(claims.Moved(indicator_id="children", change=figure("related_change", 0.1)),),
    )

    def told(*said: AnyClaim, measured: bool = True) -> str:
        return plain(areas.synthesis(said, NAMES, measured=measured)).replace(NBSP, " ")

    subject = plain(NAMES.subject("children"))
    assert told(HEADLINE, against) == (
        "Andelen hushåll minskade med 6,3 procent 2023, till 3,01 procent av hushållen, trots att "
        f"{subject} ökade."
    )
    assert told(HEADLINE, against, measured=False) == (
        f"Andelen hushåll minskade trots att {subject} ökade."
    )
    assert told(HEADLINE).endswith(
        "till 3,01 procent av hushållen, vilket tidigare år inte lät vänta."
    )
    groups = replace(HEADLINE, deviation=Kind.GROUP_DIFFERENCE, groups=(WOMEN, MEN))
    assert "3,01 procent av hushållen i gruppen kvinnor" in told(groups)


def test_a_summary_is_short_whatever_there_is_to_say() -> None:
    many = tuple(f"en-sak-{number}" for number in range(12))
    title = "Antal personer som har fått en insats efter en lång utredning om behovet av stöd"
    catalogue = Catalogue(
        indicators=(
            *NAMES.catalogue.indicators,
            *(indicator(name, title, Measure.COUNT, "personer") for name in many),
        ),
        natural_explanations=NAMES.catalogue.natural_explanations,
    )
    names = replace(NAMES, catalogue=catalogue)
    against = claims.Against(
        change=HEADLINE.change,
        moved=tuple(
            claims.Moved(indicator_id=name, change=figure("related_change", 0.1)) for name in many
        ),
    )
    also = claims.AlsoMoved(lower=many[:6], higher=many[6:])
    reserved = claims.Reserved(explanation_ids=("en-orsak", "en-annan"))
    for told in (
        (HEADLINE,),
        (HEADLINE, reserved),
        (HEADLINE, replace(against, moved=against.moved[:1]), reserved),
        (HEADLINE, against, also, reserved, claims.AlsoDiffer(indicator_ids=many)),
    ):
        text = areas.summary(told, names)
        assert len(plain(text).split()) <= areas.MOST_WORDS == 60
        assert len(list(every_number(text))) <= areas.MOST_FIGURES == 4
        assert plain(text).startswith("Andelen hushåll minskade")
    few = plain(
        areas.summary((HEADLINE, replace(against, moved=against.moved[:1]), reserved), names)
    )
    assert few.replace(NBSP, " ") == (
        "Andelen hushåll minskade med 6,3 procent 2023, till 3,01 procent av hushållen. "
        f"Minskningen kom trots att antalet{title.removeprefix('Antal')} (+10,0 procent) ökade. "
        "Kontrollera först: En orsak och En annan."
    )


def test_an_area_has_claims_of_areas_only() -> None:
    with pytest.raises(ValueError, match="without claims"):
        areas.summary((), NAMES)
    with pytest.raises(TypeError, match="not about an area"):
        areas.summary((HEADLINE, CHANGED), NAMES)


def test_a_cause_is_quoted_where_people_wrote_it() -> None:
    (note,) = [each for each in EXAMPLES if isinstance(each, claims.LossInNote)]
    assert plain(causes.title(note, NAMES)) == "Ankeborg: partiellt bortfall i februari 2017"
    quoted = [n for n in every(causes.description(note, NAMES)) if isinstance(n, Quoted)]
    assert [(each.text, each.marked) for each in quoted] == [("Februari 2017: bortfall.", True)]
    (drift,) = [each for each in EXAMPLES if isinstance(each, claims.RegisterDrifted)]
    assert "orsak, fördelning (mars 2023); antalet rader (april 2023 och 2023)." in plain(
        causes.description(drift, NAMES)
    )


def test_an_explanation_that_nobody_knows_is_refused() -> None:
    with pytest.raises(LookupError, match="okand"):
        tell(claims.ExplainedBy(explanation_ids=("okand",)), NAMES)


def test_explanations_of_one_title_are_named_once() -> None:
    twice = (cause("a", "En orsak"), cause("b", "En orsak"))
    catalogue = replace(NAMES.catalogue, natural_explanations=twice)
    told = tell(claims.Reserved(explanation_ids=("a", "b")), replace(NAMES, catalogue=catalogue))
    assert plain(told) == "Kontrollera först: En orsak."

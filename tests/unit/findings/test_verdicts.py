"""An explanation is judged by the rule that was written before the figures, and by nothing else."""

from datetime import date
from typing import Any

import pytest

from orchestration.findings.claims import HypothesisTested
from orchestration.findings.codes import Shortfall, Support
from orchestration.findings.estimates import AnalysisResult
from orchestration.findings.verdicts import judge
from orchestration.indicators.catalogue import Catalogue
from orchestration.indicators.models import Area, PossibleExplanation
from orchestration.language.inline import Number, every_number, plain
from orchestration.language.names import Names
from orchestration.language.telling import tell


def explanation(**more: Any) -> PossibleExplanation:
    test: dict[str, Any] = {
        "analysis_id": "refusals",
        "estimand_id": "1.4",
        "supported_when": "above",
        "threshold": 0.0,
        "measure_sv": "Del av ökningen som längre tid svarar för",
    }
    return PossibleExplanation(
        hypothesis_id="langre-tid",
        area=Area.EKONOMISKT_BISTAND,
        role="possible_explanation",
        text_sv="Tiden har blivit längre.",
        source="Avvik",
        geography_id=None,
        **(test | more),
    )


def estimate(value: float | None, *limits: float, **more: Any) -> AnalysisResult:
    low, high = limits or (None, None)
    row: dict[str, Any] = {
        "analysis_id": "refusals",
        "estimand_id": "1.4",
        "period_start": date(2023, 1, 1),
        "period_from": date(2022, 1, 1),
        "geography_id": "0180",
        "breakdown": "total",
        "category": "total",
        "estimate": value,
        "ci_lower": low,
        "ci_upper": high,
        "unit": "share",
        "method_id": "hazard",
    }
    return AnalysisResult(**(row | more))


def said(claim: HypothesisTested, row: PossibleExplanation) -> str:
    names = Names(Catalogue(indicators=(), possible_explanations=(row,)))
    return plain(tell(claim, names)).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("limits", "above", "below"),
    [
        ((0.34, 0.12, 0.56), Support.SUPPORTED, Support.NOT_SUPPORTED),
        ((-0.34, -0.56, -0.12), Support.NOT_SUPPORTED, Support.SUPPORTED),
        ((0.04, -0.03, 0.11), Support.CANNOT_TELL, Support.CANNOT_TELL),
        # An exact figure has no interval, and one at the threshold is not beyond it.
        ((0.2,), Support.SUPPORTED, Support.NOT_SUPPORTED),
        ((0.0,), Support.NOT_SUPPORTED, Support.NOT_SUPPORTED),
    ],
)
def test_the_whole_interval_lies_on_one_side_or_nothing_is_said(
    limits: tuple[float, ...], above: Support, below: Support
) -> None:
    results = [estimate(*limits)]
    assert judge(explanation(), results).support is above
    assert judge(explanation(supported_when="below"), results).support is below


def test_a_verdict_of_its_own_decides_where_the_rule_names_it() -> None:
    row = explanation(
        supported_when="verdict", threshold=None, supporting_verdicts="unprecedented other"
    )
    assert judge(row, [estimate(1.2, verdict="unprecedented")]).support is Support.SUPPORTED
    assert judge(row, [estimate(1.2, verdict="alike")]).support is Support.NOT_SUPPORTED
    assert judge(row, [estimate(1.2)]).support is Support.NOT_SUPPORTED


def test_it_is_the_named_estimate_and_no_other_that_is_asked() -> None:
    row = explanation(estimand_id="1.6", breakdown="ground", category="kredit", threshold=1.0)
    of_ground = {"estimand_id": "1.6", "breakdown": "ground", "unit": "ratio"}
    results = [
        estimate(0.8, 0.7, 0.9, **of_ground, category="bostad"),
        estimate(1.16, 1.05, 1.28, **of_ground, category="kredit"),
        estimate(0.5, 0.4, 0.6, estimand_id="1.6"),
        estimate(0.5, 0.4, 0.6, **of_ground | {"analysis_id": "other"}, category="kredit"),
    ]
    claim = judge(row, results)
    assert (claim.support, claim.estimate and claim.estimate.value) == (Support.SUPPORTED, 1.16)
    assert said(claim, row).endswith("svarar för: 1,16 gånger (osäkerhet 1,05–1,28).")


@pytest.mark.parametrize(
    "lacking",
    [
        estimate(None, shortfall=Shortfall.NO_REGISTER, status="not_delivered"),
        # Where the whole analysis could not be made, its number has one row for all of it.
        estimate(None, shortfall=Shortfall.NO_REGISTER, status="not_delivered", estimand_id="1.7"),
    ],
)
def test_a_register_that_is_not_delivered_leaves_it_undecided(lacking: AnalysisResult) -> None:
    row = explanation(
        **({} if lacking.estimand_id == "1.4" else {"estimand_id": "1.7_contrast"}),
        **({} if lacking.estimand_id == "1.4" else {"breakdown": "ground", "category": "kredit"}),
    )
    claim = judge(row, [lacking])
    assert (claim.support, claim.shortfall) == (Support.CANNOT_TELL, Shortfall.NO_REGISTER)
    assert said(claim, row) == (
        "Prövad: kan inte avgöras. Underlag saknas: registret är inte levererat."
    )


def test_what_no_estimate_is_named_for_or_was_made_of() -> None:
    row = explanation(
        analysis_id=None, estimand_id=None, supported_when=None, threshold=None, measure_sv=None
    )
    claim = judge(row, [estimate(0.3, 0.2, 0.4)])
    assert (claim.support, said(claim, row)) == (
        Support.UNTESTABLE,
        "Kan inte prövas med registren.",
    )
    missing = judge(explanation(), [])
    assert missing.support is Support.CANNOT_TELL
    assert said(missing, explanation()) == ("Prövad: kan inte avgöras. Skattningen är inte gjord.")


def test_the_figure_is_printed_with_its_interval_and_leads_to_its_row() -> None:
    claim = judge(explanation(), [estimate(0.34, 0.12, 0.56)])
    assert said(claim, explanation()) == (
        "Prövad: stöds. Del av ökningen som längre tid svarar för: 34 procent (osäkerhet 12–56)."
    )
    names = Names(Catalogue(indicators=(), possible_explanations=(explanation(),)))
    numbers: list[Number] = list(every_number(tell(claim, names)))
    assert [number.cells[0].column for number in numbers] == ["estimate", "ci_lower", "ci_upper"]
    assert dict(numbers[0].cells[0].row)["estimand_id"] == "1.4"
    assert not {number.cells[0].table for number in numbers} - {"marts.analysis_results"}

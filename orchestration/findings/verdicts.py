"""What an estimate says of the explanation that names it: a claim, decided by the rule of the row.

The rule is written before the figures are seen, in the seed of possible explanations. How the
estimate was made belongs in `orchestration.analyses`, what is said of it in `language`.
"""

from collections.abc import Iterable

from orchestration.findings.cells import Figure
from orchestration.findings.claims import HypothesisTested
from orchestration.findings.codes import Shortfall, Support
from orchestration.findings.estimates import AnalysisResult, result_cell
from orchestration.indicators.models import PossibleExplanation, SupportedWhen

_WHOLE = "total"


def judge(row: PossibleExplanation, results: Iterable[AnalysisResult]) -> HypothesisTested:
    """What one year's estimates say of an explanation.

    Args:
        row: the explanation.
        results: estimates of the year and place; others than the one it names are passed over.

    Returns:
        ``UNTESTABLE`` where it names none; ``CANNOT_TELL`` where the estimate is not there, could
        not be made, or has an interval on both sides of the threshold.
    """
    if not row.is_tested:
        return HypothesisTested(hypothesis_id=row.hypothesis_id, support=Support.UNTESTABLE)
    of_analysis = [each for each in results if each.analysis_id == row.analysis_id]
    own = _own(row, of_analysis)
    if own is None or own.estimate is None:
        return HypothesisTested(
            hypothesis_id=row.hypothesis_id,
            support=Support.CANNOT_TELL,
            shortfall=own.shortfall if own else _lacking(row, of_analysis),
        )
    return HypothesisTested(
        hypothesis_id=row.hypothesis_id,
        support=_support(row, own),
        unit=own.unit,
        estimate=Figure(own.estimate, (result_cell(own),)),
        lower=_limit(own, own.ci_lower, "ci_lower"),
        upper=_limit(own, own.ci_upper, "ci_upper"),
    )


def _own(row: PossibleExplanation, results: Iterable[AnalysisResult]) -> AnalysisResult | None:
    wanted = (row.estimand_id, row.breakdown or _WHOLE, row.category or _WHOLE)
    for each in results:
        if (each.estimand_id, each.breakdown, each.category) == wanted:
            return each
    return None


def _lacking(row: PossibleExplanation, results: Iterable[AnalysisResult]) -> Shortfall | None:
    """Why an estimate is not there: what is said of the whole of it, or of its number."""
    number = (row.estimand_id or "").partition("_")[0]
    said = {each.estimand_id: each.shortfall for each in results if each.shortfall}
    return said.get(row.estimand_id or "") or said.get(number)


def _support(row: PossibleExplanation, own: AnalysisResult) -> Support:
    if row.supported_when is SupportedWhen.VERDICT:
        named = (row.supporting_verdicts or "").split()
        return Support.SUPPORTED if own.verdict in named else Support.NOT_SUPPORTED
    low = own.estimate if own.ci_lower is None else own.ci_lower
    high = own.estimate if own.ci_upper is None else own.ci_upper
    if low is None or high is None or row.threshold is None:
        raise ValueError(f"{row.hypothesis_id}: neither threshold nor verdict decides it")
    beyond, short = low > row.threshold, high <= row.threshold
    if row.supported_when is SupportedWhen.BELOW:
        beyond, short = high < row.threshold, low >= row.threshold
    if beyond:
        return Support.SUPPORTED
    return Support.NOT_SUPPORTED if short else Support.CANNOT_TELL


def _limit(own: AnalysisResult, value: float | None, column: str) -> Figure | None:
    return None if value is None else Figure(value, (result_cell(own, column),))

"""An analysis' estimates in print: each unit's form, the interval beside the figure, the verdict.

What an estimate that could not be made lacks is said in `shortfalls`. Which estimates there are,
and what an explanation's rule is, belongs elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from orchestration.findings.cells import Figure
from orchestration.findings.claims import HypothesisTested
from orchestration.findings.codes import Support
from orchestration.language.inline import (
    Form,
    Quoted,
    Said,
    Strong,
    Style,
    nodes,
    say,
    sentences,
    span,
)
from orchestration.language.names import Names, number
from orchestration.language.shortfalls import SENTENCES

_ENOUGH_WITHOUT_DECIMALS = 0.1

# Measure, unit and decimals of each unit of `marts.analysis_results`.
_UNITS: Mapping[str, tuple[str, str, int]] = MappingProxyType(
    {
        "share": ("proportion", "procent", 0),
        "points": ("proportion", "procentenheter", 1),
        "index": ("mean", "", 2),
        "variance": ("mean", "", 3),
        "ratio": ("mean", "gånger", 2),
        "elasticity": ("mean", "", 2),
        "count": ("count", "", 0),
        "persons": ("count", "personer", 0),
        "hours": ("mean", "timmar", 1),
        "days": ("mean", "dagar", 1),
        "kr": ("amount", "kronor", 0),
    }
)


def form(unit: str, value: float, style: Style = Style.FULL) -> Form:
    """How an estimate is printed; a share below a tenth has a decimal.

    Args:
        unit: As in ``marts.analysis_results``.
        value: The estimate, whose decimals its limits share.
        style: With its unit or without.

    Raises:
        LookupError: If the unit has no Swedish words.
    """
    if unit not in _UNITS:
        raise LookupError(f"no Swedish words for the unit {unit!r}")
    measure, word, digits = _UNITS[unit]
    if unit == "points" and style is Style.FULL:
        return Form(Style.POINTS, digits)
    if unit == "share" and abs(value) < _ENOUGH_WITHOUT_DECIMALS:
        digits = 1
    return Form(style, digits, measure, word)


def figure(
    unit: str, estimate: Figure, lower: Figure | None = None, upper: Figure | None = None
) -> Said:
    """An estimate with its interval: ``34 procent (osäkerhet 12–56)``."""
    shown = number(estimate, form(unit, estimate.value))
    if lower is None or upper is None:
        return (shown,)
    bare = form(unit, estimate.value, Style.BARE)
    around = span(number(lower, bare), number(upper, bare))
    return say("{shown} (osäkerhet {around})", shown=shown, around=around)


def tested(claim: HypothesisTested, names: Names) -> Said:
    """What the figures say of a possible explanation: the verdict first, then the figure."""
    match claim.support:
        case Support.SUPPORTED:
            verdict = "Prövad: stöds."
        case Support.NOT_SUPPORTED:
            verdict = "Prövad: stöds inte."
        case Support.CANNOT_TELL:
            verdict = "Prövad: kan inte avgöras."
        case Support.UNTESTABLE:
            return (Strong(nodes("Kan inte prövas med registren.")),)
        case _:
            assert_never(claim.support)
    if claim.estimate is None:
        lacks = SENTENCES[claim.shortfall] if claim.shortfall else "Skattningen är inte gjord."
        return sentences(Strong(nodes(verdict)), lacks)
    measure = names.hypothesis(claim.hypothesis_id).measure_sv or ""
    return sentences(
        Strong(nodes(verdict)),
        say(
            "{measure}: {figure}.",
            measure=Quoted(measure, "seeds.possible_explanations.measure_sv", claim.hypothesis_id),
            figure=figure(claim.unit, claim.estimate, claim.lower, claim.upper),
        ),
    )

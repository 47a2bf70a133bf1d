"""What rows rest on and are told as, for the tests that look at it.

The engine ends with claims; these helpers say them with the seeds' names.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from orchestration.findings.claims import Headline
from orchestration.findings.records import Deviation, FocusArea
from orchestration.indicators.catalogue import Catalogue, load_catalogue
from orchestration.language import areas, telling
from orchestration.language.inline import plain
from orchestration.language.names import Names

SEEDS = load_catalogue(Path(__file__).parents[3] / "dbt_project" / "seeds")

_Evidence = TypeVar("_Evidence")


def resting(row: Deviation, on: type[_Evidence]) -> _Evidence:
    """The evidence of a row, which must be of a type."""
    assert isinstance(row.evidence, on)
    return row.evidence


def reason(
    row: Deviation, catalogue: Catalogue = SEEDS, places: Mapping[str, str] | None = None
) -> str:
    """The reason of a row in words."""
    return plain(telling.reason(row.claims, Names(catalogue, places or {})))


def title(area: FocusArea, catalogue: Catalogue = SEEDS) -> str:
    """The heading of an area."""
    (headline, *_) = area.claims
    assert isinstance(headline, Headline)
    return plain(areas.title(headline, Names(catalogue)))


def summary(area: FocusArea, catalogue: Catalogue = SEEDS) -> str:
    """The summary of an area."""
    return plain(areas.summary(area.claims, Names(catalogue)))

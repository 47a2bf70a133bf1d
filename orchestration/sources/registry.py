"""The register of public statistics: what each dataset is, who publishes it, how it is read.

Reads `registry.yml`. How the bytes are parsed belongs in the publishers' modules, how figures
become indicators in dbt.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

_REGISTRY = Path(__file__).with_name("registry.yml")
_RECORDED = Path(__file__).parents[1] / "demo" / "recorded"

Publisher = Literal["scb", "bra", "kronofogden", "socialstyrelsen", "stockholm"]
Parser = Literal[
    "json_stat2",
    "sol_export",
    "rowstore",
    "measure_table",
    "result_page",
    "open_comparisons",
    "yearbook",
]

Delivers = Literal["whole", "recent"]


class Dataset(BaseModel):
    """One declared series or table of public statistics.

    Attributes:
        source_id: The dataset's id in every table.
        publisher: Names the parser module and the raw table.
        publisher_name_sv: As it is cited.
        title_sv: What it holds.
        licence: Under which terms.
        citation: How to state the source.
        cadence: How often a new period comes.
        publication_lag_days: From the end of a period until it is published.
        freshness_days: Age of the newest delivery after which the dataset is stale.
        delivers: What a later delivery says of a cell that it does not hold. `whole`: each delivery
            is all there is, and the cell is gone. `recent`: a delivery is whole for the periods
            that it holds, and cells of other periods stand.
        geography_level: The finest level it is published for.
        reference_period: What the recorded delivery covers.
        parser: The format, within the publisher's module.
        variables: Variables besides the measures that each answer must hold.
        measures: Columns that hold figures, where the format does not say so itself.
        recorded: Paths below the directory of recorded deliveries.
        fidelity: A unchanged bytes, B real values in another form, C transcribed by hand; None
            where the figures are made up.
        synthetic: Whether the figures are made up.
        retrieved_at: When the recording was made.
        feeds: The indicators that are built from it.
        comparability_sv: What hampers comparison over time or between regions.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source_id: str = Field(pattern=r"^[a-z0-9_]+$")
    publisher: Publisher
    publisher_name_sv: str = Field(min_length=1)
    title_sv: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    cadence: Literal["month", "year"]
    publication_lag_days: int = Field(ge=0)
    freshness_days: int = Field(gt=0)
    delivers: Delivers = "whole"
    geography_level: Literal["riket", "lan", "kommun", "stadsdelsomrade"]
    reference_period: str = Field(min_length=1)
    parser: Parser
    variables: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    recorded: tuple[str, ...] = Field(min_length=1)
    fidelity: Literal["A", "B", "C"] | None = None
    synthetic: bool
    retrieved_at: date
    feeds: tuple[str, ...] = ()
    comparability_sv: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fidelity_is_for_real_figures(self) -> Self:
        if self.synthetic == (self.fidelity is not None):
            raise ValueError("fidelity is stated for real figures, and for real figures only")
        return self


class _Registry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    datasets: tuple[Dataset, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        if len({dataset.source_id for dataset in self.datasets}) != len(self.datasets):
            raise ValueError("a source_id is declared twice")
        return self


@cache
def load_registry() -> tuple[Dataset, ...]:
    """Read the declared datasets.

    Returns:
        All datasets, in the registry's order.

    Raises:
        pydantic.ValidationError: If the registry itself is wrong.
    """
    raw = yaml.safe_load(_REGISTRY.read_text(encoding="utf-8"))
    return _Registry.model_validate(raw).datasets


def recorded_files(dataset: Dataset) -> list[Path]:
    """Find the recorded delivery of a dataset.

    Args:
        dataset: From the registry.

    Returns:
        Absolute paths, in the order they are to be landed.
    """
    return [_RECORDED / name for name in dataset.recorded]

"""The register of public statistics: what each dataset is, and how it is asked for and read.

Reads `registry.yml`. How the bytes are fetched and parsed belongs in the publishers' modules, how
figures become indicators in dbt.
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from orchestration.settings import Profile
from orchestration.sources.observation import Meaning
from orchestration.sources.requests import Request
from orchestration.yaml_text import values_of

_REGISTRY = Path(__file__).with_name("registry.yml")
_RECORDED = Path(__file__).parents[1] / "demo" / "recorded"

PublisherName = Literal["scb", "kolada", "bra", "kronofogden", "socialstyrelsen", "stockholm"]
Parser = Literal[
    "json_stat2",
    "sol_export",
    "kolada_v3",
    "rowstore",
    "semicolon_file",
    "measure_table",
    "result_page",
    "open_comparisons",
    "oj_workbook",
    "yearbook",
    "declared_table",
    "crime_table",
    "crime_list",
]

Delivers = Literal["whole", "recent"]
# Figures of all kinds, or units' answers to a survey.
RawTable = Literal["observations", "oj_answers"]


class Calls(BaseModel):
    """How often a publisher may be asked.

    Attributes:
        count: Number of calls.
        seconds: Within how many seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int = Field(ge=1)
    seconds: float = Field(gt=0)


class Publisher(BaseModel):
    """Who publishes, and where.

    Attributes:
        name_sv: As it is cited.
        address: What all its paths lie below.
        calls: How often it may be asked, until it says itself.
        marks: What each of its marks means, in place of a figure or beside one; the empty mark
            where a cell may be left empty. What is not here is refused wherever it stands.
        marks_by_format: Marks that mean something else in one of its formats.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name_sv: str = Field(min_length=1)
    address: HttpUrl
    calls: Calls
    marks: dict[str, Meaning]
    marks_by_format: dict[Parser, dict[str, Meaning]] = {}


class Recording(BaseModel):
    """What the demonstration and the tests have of a dataset.

    Attributes:
        files: Paths below the directory of recorded deliveries.
        fidelity: A unchanged bytes, B real values in another form, C transcribed by hand; None
            where the figures are made up.
        synthetic: Whether the figures are made up.
        retrieved_at: When the recording was made.
        reference_period: What it covers.
        request: What was asked for, where that is another selection than the declared one.
        title_sv: Title where the figures are made up.
        publisher_name_sv: Who answers for made-up figures.
        licence: Terms of made-up figures.
        citation: How to state made-up figures.
        comparability_sv: What hampers comparison in the recording.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[str, ...] = Field(min_length=1)
    fidelity: Literal["A", "B", "C"] | None = None
    synthetic: bool
    retrieved_at: date
    reference_period: str = Field(min_length=1)
    request: Request | None = None
    title_sv: str | None = None
    publisher_name_sv: str | None = None
    licence: str | None = None
    citation: str | None = None
    comparability_sv: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fidelity_is_for_real_figures(self) -> Self:
        if self.synthetic == (self.fidelity is not None):
            raise ValueError("fidelity is stated for real figures, and for real figures only")
        names = (self.title_sv, self.publisher_name_sv, self.licence, self.citation)
        if [name is not None for name in names] != [self.synthetic] * len(names):
            raise ValueError("made-up figures, and only they, have names of their own")
        return self


class TableLayout(BaseModel):
    """Where the figures of a workbook lie: what its header row says.

    Attributes:
        sheet: The sheet's name; the first sheet where None.
        code: Heading of the column with official codes (county, municipality or a part of one).
            Rows without one are remarks.
        region: Heading of the column with the region's name.
        region_sv: The region, where the whole table is about one.
        region_after: What stands before the region in the title, where the whole table is about the
            region that its title names.
        region_level: What kind of region that is; one of another kind is refused.
        series: Heading of the column that names the series; where None, the measures do.
        dimensions: Headings of columns that hold other variables.
        period: Heading of the column with the year; where None, the title has it.
        month: Heading of the column with the month's Swedish name, where a row is a month; each
            year then has its twelve.
        measures: Headings of the columns with figures.
        marks: Marks that mean something else in this workbook than its publisher's table says.
        repeats: Whether a label may come back below another heading, as in a list of crimes.
        is_a_vintage: Whether the day that the workbook was saved says what was published by then.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sheet: str | None = None
    code: str | None = None
    region: str | None = None
    region_sv: str | None = None
    region_after: str | None = None
    region_level: Literal["lan", "kommun"] | None = None
    series: str | None = None
    dimensions: tuple[str, ...] = ()
    period: str | None = None
    month: str | None = None
    measures: tuple[str, ...] = Field(min_length=1)
    marks: dict[str, Meaning] = {}
    repeats: bool = False
    is_a_vintage: bool = False

    @model_validator(mode="after")
    def _each_row_has_a_region(self) -> Self:
        named = (self.region, self.region_sv, self.region_after)
        if sum(each is not None for each in named) != 1:
            raise ValueError("a table has a column of regions, or is about one region")
        if (self.region_after is None) != (self.region_level is None):
            raise ValueError("a region of the title, and only that, has a declared level")
        if self.month is not None and self.period is None:
            raise ValueError("a month has a year beside it")
        return self

    @property
    def headings(self) -> tuple[str, ...]:
        """All headings that the header row must have."""
        single = (self.code, self.region, self.series, self.period, self.month)
        named = (*(each for each in single if each), *self.dimensions, *self.measures)
        return tuple(dict.fromkeys(named))


class Dataset(BaseModel):
    """One declared series or table of public statistics.

    Attributes:
        source_id: The dataset's id in every table.
        publisher: Names the module that fetches and parses, and the raw table.
        publisher_name_sv: As it is cited.
        title_sv: What it holds.
        licence: Under which terms.
        citation: How to state the source.
        cadence: How often a new period comes.
        publication_lag_days: From the end of a period until it is published.
        grace_days: How much later than that a period may come before the series is said to stand
            still.
        ends_with: The last period of a series that has ended, as its publisher writes it.
        freshness_days: Age of the newest delivery after which the dataset is stale.
        delivers: What a later delivery says of a cell that it does not hold. `whole`: each delivery
            is all there is, and the cell is gone. `recent`: a delivery is whole for the periods
            that it holds, and cells of other periods stand.
        table: What its publisher's table in schema `raw` is called, after the publisher.
        geography_level: The finest level it is published for.
        request: What is asked of the publisher; None where it only comes as a delivered file, in
            the inbox under its source_id.
        parser: The format, within the publisher's module.
        variables: Variables besides the measures that each answer must hold.
        measures: Columns that hold figures, where the format does not say so itself.
        period: The period, for a format that does not say it.
        marks: What each mark means: the publisher's table, as it holds for the format.
        layout: Where the figures lie, for a workbook that is read by its headings.
        feeds: The indicators that are built from it.
        comparability_sv: What hampers comparison over time or between regions.
        recording: What the demonstration has of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source_id: str = Field(pattern=r"^[a-z0-9_]+$")
    publisher: PublisherName
    publisher_name_sv: str = Field(min_length=1)
    title_sv: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    citation: str = Field(min_length=1)
    cadence: Literal["month", "year"]
    publication_lag_days: int = Field(ge=0)
    grace_days: int = Field(default=30, ge=0)
    ends_with: str | None = None
    freshness_days: int = Field(gt=0)
    delivers: Delivers = "whole"
    table: RawTable = "observations"
    geography_level: Literal["riket", "lan", "polisregion", "kommun", "stadsdelsomrade"]
    request: Request | None = None
    parser: Parser
    variables: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    period: str | None = None
    marks: dict[str, Meaning] = {}
    layout: TableLayout | None = None
    feeds: tuple[str, ...] = ()
    comparability_sv: tuple[str, ...] = ()
    recording: Recording | None = None

    @model_validator(mode="after")
    def _a_declared_table_is_declared(self) -> Self:
        if (self.parser == "declared_table") != (self.layout is not None):
            raise ValueError("a layout is stated for parser declared_table, and for it only")
        return self

    @property
    def raw_table(self) -> str:
        """Name of its table in schema `raw`."""
        return f"{self.publisher}__{self.table}"

    @property
    def synthetic(self) -> bool:
        """Whether the recorded figures are made up."""
        return self.recording is not None and self.recording.synthetic

    def as_recorded(self) -> "Dataset":
        """The dataset under the names and the selection of its recording, which may be made up.

        Returns:
            The dataset as the demonstration names it.
        """
        recording = self.recording
        if recording is None:
            return self
        names = ("title_sv", "publisher_name_sv", "licence", "citation")
        own = {name: getattr(recording, name) for name in names}
        changes: dict[str, object] = {name: value for name, value in own.items() if value}
        changes["comparability_sv"] = (*self.comparability_sv, *recording.comparability_sv)
        changes["request"] = recording.request or self.request
        return self.model_copy(update=changes)


class _Registry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    publishers: dict[PublisherName, Publisher]
    datasets: tuple[Dataset, ...]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        if len({dataset.source_id for dataset in self.datasets}) != len(self.datasets):
            raise ValueError("a source_id is declared twice")
        return self


@cache
def _load() -> _Registry:
    raw = values_of(_REGISTRY.read_text(encoding="utf-8"))
    for dataset in raw["datasets"]:
        publisher = raw["publishers"][dataset["publisher"]]
        dataset["publisher_name_sv"] = publisher["name_sv"]
        of_format = publisher.get("marks_by_format", {}).get(dataset["parser"], {})
        dataset["marks"] = publisher["marks"] | of_format
    return _Registry.model_validate(raw)


def load_publishers() -> dict[PublisherName, Publisher]:
    """Read the declared publishers.

    Returns:
        The publishers by name.

    Raises:
        pydantic.ValidationError: If the registry itself is wrong.
    """
    return _load().publishers


def load_registry() -> tuple[Dataset, ...]:
    """Read the declared datasets, whatever the profile.

    Returns:
        All datasets, in the registry's order, under their publishers' names.

    Raises:
        pydantic.ValidationError: If the registry itself is wrong.
    """
    return _load().datasets


def datasets_of(profile: Profile) -> tuple[Dataset, ...]:
    """The datasets of a profile, under the names they go by there.

    Args:
        profile: `demo` has what is recorded, `live` all.

    Returns:
        The datasets, in the registry's order.
    """
    if profile == "live":
        return load_registry()
    return tuple(each.as_recorded() for each in load_registry() if each.recording is not None)


def recorded_files(dataset: Dataset) -> list[Path]:
    """Find the recorded delivery of a dataset.

    Args:
        dataset: From the registry.

    Returns:
        Absolute paths, in the order they are to be landed; empty where nothing is recorded.
    """
    return [_RECORDED / name for name in dataset.recording.files] if dataset.recording else []

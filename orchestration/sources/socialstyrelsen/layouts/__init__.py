"""How the workbooks of Öppna jämförelser lie, one declared file a year.

A layout says where the units and their answers stand and what each cell may hold, so that another
year is a file here and no code. Reading a workbook by one belongs in `oj_workbook`.
"""

from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestration.yaml_text import values_of

_DIRECTORY = Path(__file__).parent

Answer = Literal["yes", "no", "missing", "suppressed", "not_applicable"]


class Question(BaseModel):
    """One column of answers.

    Attributes:
        label: Its heading, word for word.
        indicator_id: The indicator that it answers.
        wording: Which wording of the question it is; another one than the year before is another
            question, and no change is counted between them.
        counted_by: Whether each unit is one of those counted, or each municipality.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1)
    indicator_id: str = Field(pattern=r"^[a-z0-9_]+$")
    wording: int = Field(default=1, ge=1)
    counted_by: Literal["unit", "municipality"] = "unit"


class UnitColumns(BaseModel):
    """The headings of the columns that say which unit a row is of.

    Attributes:
        municipality_code: Official code.
        municipality: Name.
        district: Name of the district, in a municipality whose districts answer for themselves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    municipality_code: str = Field(min_length=1)
    municipality: str = Field(min_length=1)
    district: str = Field(min_length=1)


class Layout(BaseModel):
    """One year's workbook.

    Attributes:
        year: Of the survey.
        title: What stands above the header row, and tells the year.
        sheet: The sheet's name.
        header_row: The row with the headings; the first row is 1.
        units: The columns that say which unit a row is of.
        summaries: Names, in the municipality's column, of rows that sum others up.
        codes: What each cell may hold, and what it means; the empty text is an empty cell.
        indicators: The columns of answers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    year: int = Field(ge=2000, le=2100)
    title: str = Field(min_length=1)
    sheet: str = Field(min_length=1)
    header_row: int = Field(ge=2)
    units: UnitColumns
    summaries: tuple[str, ...] = ()
    codes: dict[str, Answer] = Field(min_length=2)
    indicators: tuple[Question, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_heading_is_one_column(self) -> Self:
        ids = [each.indicator_id for each in self.indicators]
        if len(set(self.headings)) != len(self.headings) or len(set(ids)) != len(ids):
            raise ValueError("a heading or an indicator is declared twice")
        if not {"yes", "no"} <= set(self.codes.values()):
            raise ValueError("the codes tell neither yes nor no")
        return self

    @property
    def headings(self) -> tuple[str, ...]:
        """All headings that the header row must have, once each."""
        units = (self.units.municipality_code, self.units.municipality, self.units.district)
        return (*units, *(each.label for each in self.indicators))


@cache
def layouts() -> tuple[Layout, ...]:
    """Every declared layout, by year.

    Raises:
        pydantic.ValidationError: If a file is wrong.
        ValueError: If a file is named for another year than it declares.
    """
    found = []
    for path in sorted(_DIRECTORY.glob("oj_*.yml")):
        layout = Layout.model_validate(values_of(path.read_text(encoding="utf-8")))
        if path.stem != f"oj_{layout.year}":
            raise ValueError(f"{path.name} declares the year {layout.year}")
        found.append(layout)
    return tuple(found)

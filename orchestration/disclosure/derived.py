"""What every column of what is released rests on, read from the file `derived.yml` beside this.

A table or a column that the file does not say anything of cannot be released. Only what the file
says; how rows are judged by it belongs to whoever has the tables.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.outside import shown
from orchestration.yaml_text import UnreadableYamlError, read_texts

PACKAGED = Path(__file__).parent / "derived.yml"
_SIZE_LIMIT = 1 << 20


class DerivedError(Exception):
    """The file cannot be used; the text is Swedish and says what to do."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Grounds(_Strict):
    """What must hold for something to be shown; all of it is SQL over a row, `r`.

    Attributes:
        counts: Numbers of persons, none of which may be small; negative and missing ones are not.
        whole: What the rows have in common that are shown together or not at all: where the counts
            of one are small, none of them is.
        cells: Conditions over `r` and `v`, a value of an indicator that is hidden: where one
            meets any of them the row is not shown.
        unless: Further conditions under which it is not shown.
    """

    counts: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    @property
    def always(self) -> bool:
        """Whether nothing is asked."""
        return not (self.counts or self.cells or self.unless)


class Figures(Grounds):
    """Columns that are shown or hidden together.

    Attributes:
        columns: Their names.
        rests_on: What they rest on, in Swedish.
    """

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    rests_on: Annotated[str, Field(min_length=1)]


class Declared(_Strict):
    """What a table's columns rest on.

    Attributes:
        rests_on: What its rows rest on, in Swedish.
        keys: Columns that say what a row is of, and nothing of anybody.
        figures: All others that can be shown.
        row: What must hold for a row to be there at all.
        withheld: Columns that are never shown.
        status: The column that says so where figures are hidden; empty where there is none.
        former_places: Whether rows of boards that are no more are shown.
        restricted: Whether the table is for those who may see all figures, so that nobody else
            has even its name.
    """

    rests_on: Annotated[str, Field(min_length=1)]
    keys: tuple[str, ...]
    figures: tuple[Figures, ...] = ()
    row: Grounds = Grounds()
    withheld: tuple[str, ...] = ()
    status: str = ""
    former_places: bool = False
    restricted: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All that is said something of, in no order that matters."""
        status = (self.status,) if self.status else ()
        return (
            *self.keys,
            *(column for each in self.figures for column in each.columns),
            *self.withheld,
            *status,
        )

    def rests(self) -> Iterator[tuple[str, str]]:
        """Each column that can be shown, with what it rests on."""
        for column in (*self.keys, *((self.status,) if self.status else ())):
            yield column, self.rests_on
        for each in self.figures:
            for column in each.columns:
                yield column, each.rests_on


class _File(_Strict):
    tables: dict[str, Declared]


@cache
def read_derived(path: Path = PACKAGED) -> Mapping[str, Declared]:
    """Read what is declared, by table.

    Args:
        path: The file.

    Raises:
        DerivedError: If it cannot be read, or says a column twice.
    """
    try:
        content = read_texts(path, size_limit=_SIZE_LIMIT, packaged=path == PACKAGED)
        tables = _File.model_validate(content).tables
    except UnreadableYamlError as error:
        raise _refused(path, str(error)) from error
    except ValidationError as error:
        places = "; ".join(shown(".".join(map(str, each["loc"]))) for each in error.errors())
        raise _refused(path, f"{places} har ett värde som inte går") from error
    for name, declared in tables.items():
        if len(set(declared.columns)) < len(declared.columns):
            raise _refused(path, f"{shown(name)} nämner en kolumn två gånger")
    return tables


def _refused(path: Path, fault: str) -> DerivedError:
    return DerivedError(
        f"Förteckningen över vad det visade vilar på, {shown(path.name)}, kan inte användas:"
        f" {fault}. Gör så här: rätta {shown(str(path))} och kör igen."
    )

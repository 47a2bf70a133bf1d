"""A statutory file's declaration, as typed data.

Reads `files/<name>.yml`. The mapping in it is one as a municipality's own file has; what the
municipality says of the register is laid over it, in `registers.municipality`.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from orchestration.registers.mapping import RegisterMapping
from orchestration.yaml_text import values_of

#: What is said first of an indicator that such a file cannot count.
CANNOT_COUNT_SV = "Kan inte räknas ur den lagstadgade filen"

Sentence = Annotated[str, Field(min_length=10)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileColumn(_Strict):
    """One column of a statutory file.

    Attributes:
        name: What the file's description calls it.
        meaning_sv: What it holds.
        unread_sv: Why nothing is read from it; empty where something is.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)]
    meaning_sv: Annotated[str, Field(min_length=3)]
    unread_sv: str = ""


class StatutoryFile(_Strict):
    """One file that a regulation asks every municipality for.

    Attributes:
        name: Its name here.
        title_sv: What a reader calls it.
        regulation: The regulation and its annex.
        cadence_sv: How often it is sent, and when at the latest.
        grain_sv: What a row is, and what is not in the file.
        source_sv: Where its layout was read, and when.
        register_name: The register that it feeds, or would feed.
        columns: Its columns in their order, as far as they are known.
        unknown_sv: What is not known of it.
        unreadable_sv: Why it cannot be read yet; empty where it can.
        mapping: How it maps to the register's contract; none where it cannot be read.
        own_code: The column that holds the code of the municipality that sends it.
        counts: Indicators that it counts as their definitions say.
        counts_otherwise: Indicators that it counts, each with how they differ from the definition.
        cannot_count: Indicators that it cannot count, each with the reason.
    """

    name: str
    title_sv: Annotated[str, Field(min_length=3)]
    regulation: Annotated[str, Field(min_length=3)]
    cadence_sv: Sentence
    grain_sv: Sentence
    source_sv: Sentence
    register_name: str
    columns: tuple[FileColumn, ...] = ()
    unknown_sv: tuple[Sentence, ...] = ()
    unreadable_sv: str = ""
    mapping: RegisterMapping | None = None
    own_code: str | None = None
    counts: tuple[str, ...] = ()
    counts_otherwise: dict[str, Sentence] = {}
    cannot_count: dict[str, Sentence] = {}

    @model_validator(mode="after")
    def _is_read_or_says_why_not(self) -> Self:
        if (self.mapping is None) != bool(self.unreadable_sv):
            raise ValueError("a file has a mapping, or says why it cannot be read")
        if self.mapping is None and (self.counts or self.counts_otherwise or self.cannot_count):
            raise ValueError("a file that is not read counts nothing")
        names = [column.name for column in self.columns]
        if self.own_code is not None and self.own_code not in names:
            raise ValueError(f"there is no column {self.own_code}")
        said = [*self.counts, *self.counts_otherwise, *self.cannot_count]
        if len(set(said)) < len(said):
            raise ValueError("an indicator is counted, counted otherwise or not counted")
        return self

    @property
    def is_readable(self) -> bool:
        """Whether its layout is known well enough to be read."""
        return self.mapping is not None

    def mapping_of(self, municipality_id: str) -> RegisterMapping:
        """How the file of a municipality maps to the contract.

        Args:
            municipality_id: The municipality's code.

        Raises:
            ValueError: If the file cannot be read.
        """
        if self.mapping is None:
            raise ValueError(f"{self.name} cannot be read: {self.unreadable_sv}")
        return self.mapping.model_copy(
            update={
                "statutory": self.name,
                "header": tuple(column.name for column in self.columns),
                "own_code": {self.own_code: municipality_id} if self.own_code else {},
            }
        )

    def reason_sv(self, indicator_id: str) -> str:
        """Why an indicator cannot be counted, as a Swedish sentence."""
        return f"{CANNOT_COUNT_SV}: {self.cannot_count[indicator_id]}"


@cache
def load_statutory_files() -> dict[str, StatutoryFile]:
    """Read all declarations.

    Returns:
        Each by name, in alphabetical order.

    Raises:
        ValueError: If a declaration has an unknown field or a wrong value.
    """
    directory = Path(__file__).parent / "files"
    return {
        path.stem: StatutoryFile.model_validate(
            {**values_of(path.read_text(encoding="utf-8")), "name": path.stem}
        )
        for path in sorted(directory.glob("*.yml"))
    }

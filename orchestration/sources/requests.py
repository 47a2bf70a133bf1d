"""What is asked of a publisher for one dataset: the full selection, as data.

One form a kind of service. Building and sending the request belongs in the publisher's module.
`{municipality}` in a value stands for the official code of the municipality that is reported on.
"""

import re
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

FROM_PERIOD: Final = re.compile(r"from\((\d{4}(?:M\d{2})?)\)")


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PxWebRequest(_Request):
    """A table of PxWebApi 2 with its whole selection.

    Attributes:
        table: The table's id.
        selection: For every variable of the table its codes; `*` is all of them, and `from(2016)`
            all from that period on. Nothing is left to the service's standard selection.
        successors: The tables that go on where this one ends.
    """

    kind: Literal["pxweb"]
    table: str = Field(pattern=r"^TAB\d+$")
    selection: dict[str, tuple[str, ...]] = Field(min_length=1)
    successors: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _every_variable_has_codes_of_a_known_form(self) -> Self:
        for variable, codes in self.selection.items():
            if not codes:
                raise ValueError(f"{variable} has no codes")
            for code in codes:
                if "(" in code and not FROM_PERIOD.fullmatch(code):
                    raise ValueError(f"{variable} has the unknown expression {code}")
        return self


class KoladaRequest(_Request):
    """Key figures of Kolada v3.

    Attributes:
        kpis: Ids of the key figures.
        municipalities: Codes; `0000` is the whole country, and `{peers}` stands for the others in
            the municipality's group. Averages over groups of municipalities are refused.
        first_year: The first year that is asked for.
    """

    kind: Literal["kolada"]
    kpis: tuple[Annotated[str, Field(pattern=r"^[NU][0-9]{5}$")], ...] = Field(min_length=1)
    municipalities: tuple[
        Annotated[str, Field(pattern=r"^(?:[0-9]{4}|\{(?:municipality|peers)\})$")], ...
    ] = Field(min_length=1)
    first_year: int = Field(ge=1900)


class SolCrime(_Request):
    """A crime type of SOL.

    Attributes:
        id: Its id in the menu.
        path: Names on the way to it in the menu, from the outside in; the last is its own. Names
            that do not set it apart may be left out. The menu is held to it, and together they
            name the series, since many crimes have the same last name.
    """

    id: int
    path: tuple[str, ...] = Field(min_length=1)

    @property
    def name(self) -> str:
        """What an export calls it."""
        return self.path[-1].removesuffix(" totalt")

    @property
    def series(self) -> str:
        """What the raw table calls it."""
        return ", ".join(self.path)


class SolRequest(_Request):
    """A selection in Brå's database of reported crimes (SOL).

    Attributes:
        menu: The menu, which is crime, period and region at one level of detail.
        crimes: The crime types.
        regions: Names as the menu writes them; `{municipality}` is the municipality's name.
        first_year: The first year that is asked for.
    """

    kind: Literal["sol"]
    menu: int
    crimes: tuple[SolCrime, ...] = Field(min_length=1)
    regions: tuple[str, ...] = Field(min_length=1)
    first_year: int


class RowStoreRequest(_Request):
    """A dataset of Kronofogden's RowStore.

    Attributes:
        resource: The dataset's id.
        filters: Column to value; all rows where empty.
    """

    kind: Literal["rowstore"]
    resource: str = Field(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    filters: dict[str, str] = {}


class ResultPageRequest(_Request):
    """Result pages of Socialstyrelsen's statistical database, got by its form.

    Attributes:
        view: Path of the form; the result page lies beside it.
        fields: Form field to value; `*` is everything that the form offers.
        year_field: The form field of the year; each year is asked for by itself, which keeps the
            selection below the database's limit.
        latest_years: How many years are asked for.
    """

    kind: Literal["result_page"]
    view: str = Field(pattern=r"^/.+/")
    fields: dict[str, str] = Field(min_length=1)
    year_field: str
    latest_years: int = Field(ge=1)


class FileRequest(_Request):
    """Files at fixed places below the publisher's address.

    Attributes:
        paths: The files.
    """

    kind: Literal["file"]
    paths: tuple[str, ...] = Field(min_length=1)


Request = Annotated[
    PxWebRequest | KoladaRequest | SolRequest | RowStoreRequest | ResultPageRequest | FileRequest,
    Field(discriminator="kind"),
]

"""Faults of dialect that are planted in a copy of the project, each to be found and named.

They are those that once passed as successful builds. Planting in a copy belongs here; building and
comparing it in `__main__`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """A change of one file, and what is to come of it on Spark.

    Attributes:
        name: A name for its folder.
        sv: What it is, in Swedish.
        file: The file, inside the project.
        before: What stands there.
        after: What is planted instead.
        select: What dbt builds to show it.
        tables: The tables that are compared.
        named: The table and column that the comparison names; None is the rows.
        refused: Part of the engine's message, where the fault is to stop the build instead.
    """

    name: str
    sv: str
    file: str
    before: str
    after: str
    select: str
    tables: Collection[str] = ()
    named: tuple[str, str | None] = ("", None)
    refused: str = ""

    def plant(self, project: Path) -> None:
        """Change the file.

        Args:
            project: A copy of the dbt project.

        Raises:
            ValueError: If what is to be changed does not stand there exactly once.
        """
        path = project / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.before) != 1:
            raise ValueError(f"{self.file} does not have {self.before!r} once")
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")


FAULTS = (
    Fault(
        name="quoted",
        sv="Ett namn inom citattecken",
        file="models/staging/register/stg_register__socioekonomi_stadsdel.sql",
        before="{{ adapter.quote('index') }}",
        after='"index"',
        select="stg_register__socioekonomi_stadsdel",
        tables=("staging.stg_register__socioekonomi_stadsdel",),
        named=("staging.stg_register__socioekonomi_stadsdel", "socioeconomic_index"),
    ),
    Fault(
        name="json",
        sv="Ett utbytt makro, sökvägen i JSON",
        file="macros/portability.sql",
        before="""'$[\\'{{ key }}\\']'""",
        after="""'$["{{ key }}"]'""",
        select="int_open_comparison_published",
        tables=("intermediate.int_open_comparison_published",),
        named=("intermediate.int_open_comparison_published", "group_type"),
    ),
    Fault(
        name="decimal",
        sv="En division av decimaltal",
        file="macros/hours.sql",
        before="cast({{ column }} * 52 as double) / 12",
        after="{{ column }} * 52 / 12.0",
        select="int_housing_support_decisions",
        tables=("intermediate.int_housing_support_decisions",),
        named=("intermediate.int_housing_support_decisions", "hours_per_month"),
    ),
    Fault(
        name="cast",
        sv="En text som inte är ett tal",
        file="models/intermediate/int_population_counted.sql",
        before="where breakdown <> 'sex*age_group'\n",
        after="where breakdown <> cast(cast('x' || geography_id as integer) as string)\n",
        select="int_population_counted",
        refused="CAST_INVALID_INPUT",
    ),
)

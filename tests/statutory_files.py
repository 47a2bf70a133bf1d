"""A statutory file of economic assistance, as a municipality's case system sends it.

Knows nothing of declarations or mappings: it writes the layout that was published before 2017, from
its own list of fields, so that the two can be held against each other. The households are those of
the small synthetic city, whose identity numbers are given to nobody.
"""

from pathlib import Path

import duckdb

CODE = "1715"
REGISTER = "ekonomiskt_bistand_beslut"
#: The fields of a row in their order, of the description published before 2017.
FIELDS = (
    *("Ar", "Manad", "Kommun", "Distrikt", "Barn15", "Sbel"),
    *("Personnr1", "Hhstatus1", "Flykting1", "Utlblank1", "Kon1", "Alder1"),
    *("Personnr2", "Hhstatus2", "Flykting2", "Utlblank2", "Kon2", "Alder2"),
)
#: What a household is granted in a month, once, by its holder's number.
_HOUSEHOLDS = """
    select
        personnummer_sokande as holder,
        nullif(max(coalesce(personnummer_medsokande, '')), '') as partner,
        max(antal_barn::integer) as children,
        sum(replace(beviljat_belopp, ',', '.')::decimal(12, 2))::integer as kronor
    from read_csv(
        $path, delim = ';', header = true, all_varchar = true, nullstr = '',
        encoding = $encoding
    )
    where utfall in ('bifall', 'delavslag')
        and regexp_full_match(personnummer_sokande, '[0-9]{12}')
        and regexp_full_match(coalesce(personnummer_medsokande, '000000000000'), '[0-9]{12}')
    group by personnummer_sokande
    order by holder
"""


def convert(inbox: Path, target: Path) -> list[Path]:
    """Write a file for each month of a city's register, in the layout of the law.

    Args:
        inbox: Deliveries in the contract's form.
        target: Where the files go; it is made.

    Returns:
        The files, in the order of their months.
    """
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted((inbox / REGISTER).iterdir()):
        year, month = path.stem.rsplit("_", 1)[1].split("-")
        file = target / f"ekonomiskt_bistand_{year}-{month}.txt"
        lines = [
            row(f"{year}-{month}", holder, partner, Barn15=children, Sbel=kronor)
            for holder, partner, children, kronor in _households(path)
        ]
        file.write_bytes("".join(f"{line}\r\n" for line in lines).encode("ascii"))
        written.append(file)
    return written


def row(month: str, holder: str, partner: str | None = None, **others: int | str) -> str:
    """One household and month, without its line end.

    Args:
        month: As `2023-05`.
        holder: The register holder's number.
        partner: The co-applicant's, if there is one.
        **others: Fields that are filled in otherwise.
    """
    year = int(month[:4])
    adults = [*_adult(year, "1", holder), *_adult(year, "2", partner)]
    fields = dict(zip(FIELDS, [*month.split("-"), CODE, "", "0", "9000", *adults], strict=True))
    assert others.keys() <= fields.keys()
    return "\t".join((fields | {name: str(value) for name, value in others.items()}).values())


def _adult(year: int, status: str, number: str | None) -> list[str]:
    if number is None:
        return [""] * 6
    sex = "1" if int(number[10]) % 2 else "2"
    return [number, status, "0", "0", sex, str(year - int(number[:4]))]


def _households(path: Path) -> list[tuple[str, str | None, int, int]]:
    try:
        path.read_bytes().decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "latin-1"
    with duckdb.connect() as connection:
        return connection.execute(_HOUSEHOLDS, {"path": str(path), "encoding": encoding}).fetchall()

"""A city's files as DuckDB reads them, without the pipeline and without the generator's figures."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import python_calamine


@dataclass(frozen=True)
class City:
    """An inbox and the files in it."""

    inbox: Path
    files: list[Path]


def encoding_of(content: bytes) -> str:
    """How a text file was written; pure ASCII counts as UTF-8."""
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def read_city(city: City, work: Path) -> duckdb.DuckDBPyConnection:
    """Read an inbox: one table of text a register, with the period of the file."""
    connection = duckdb.connect()
    for directory in sorted(path for path in city.inbox.iterdir() if path.is_dir()):
        texts = []
        for path in sorted(directory.glob("*.csv")):
            content = path.read_bytes()
            plain = work / path.name
            plain.write_bytes(content.decode(encoding_of(content)).replace("\r\n", "\n").encode())
            texts.append(str(plain))
        if texts:
            connection.execute(
                f"create table {directory.name} as"
                " select *, regexp_extract(filename, '_([0-9-]+)[.]csv', 1) as period"
                " from read_csv($files, delim = ';', header = true, all_varchar = true,"
                " strict_mode = true, filename = true)",
                {"files": texts},
            )
        elif list(directory.glob("*.parquet")):
            connection.execute(
                f"create table {directory.name} as select * from read_parquet($pattern)",
                {"pattern": str(directory / "*.parquet")},
            )
        else:
            frames = []
            for path in sorted(directory.glob("*.xlsx")):
                sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
                head, *body = sheet.to_python()
                frames.append(pd.DataFrame(body, columns=head))
            connection.register("frame", pd.concat(frames))
            connection.execute(f"create table {directory.name} as select * from frame")
            connection.unregister("frame")
    return connection


def period_of(path: Path) -> str:
    """The period in a file's name."""
    match = re.fullmatch(r".+_(\d{4}(?:-\d\d)?)\.\w+", path.name)
    assert match
    return match.group(1)


VIEWS = """
create view years as select unnest(range(2016, 2024))::int as ar;
create table bistand as
select *,
    left(avser_manad, 4)::int as ar,
    utfall in ('bifall', 'delavslag') as beviljat,
    replace(beviljat_belopp, ',', '.')::decimal(14, 2) as belopp,
    replace(sokt_belopp, ',', '.')::decimal(14, 2) as sokt
from ekonomiskt_bistand_beslut;
create table bistandshushall as
select ar, hushall_id,
    any_value(stadsdelsnamnd) as namnd,
    any_value(hushallstyp) as typ,
    max(antal_barn::int) as barn,
    count(distinct avser_manad) as manader
from bistand where beviljat group by all;
create table bistandsvuxna as
select ar, hushall_id, personnummer_sokande as person from bistand where beviljat
union
select ar, hushall_id, personnummer_medsokande from bistand
where beviljat and personnummer_medsokande is not null;
create view skydd as
select *, left(beslut_datum, 4)::int as ar, medfoljande_barn::int as barn
from skyddat_boende_placeringar;
create table boendestod as
select ar, malgrupp, kon, personnummer, lss_personkrets::int as krets,
    replace(timmar, ',', '.')::double
        * case timmar_per when 'vecka' then 52 / 12.0 else 1 end as timmar
from years
join boendestod_beslut
    on start_datum <= ar || '-12-31' and coalesce(slut_datum, '9999') >= ar || '-12-31'
qualify row_number() over (
    partition by ar, personnummer order by start_datum desc, beslut_id desc
) = 1;
create table barnarenden as
select *, left(aktualiserad_datum, 4)::int as ar,
    split_part(kontaktorsaker, '|', 1) as huvudorsak,
    date_diff('day', strptime(left(personnummer, 8), '%Y%m%d')::date, aktualiserad_datum::date)
        / 365.25 as alder
from barn_unga_arenden;
create view genomlysta as
select * from barnarenden where familjeratt = 'N' and aktivt = 'N';
"""

"""The files are what a case system exports: names, headers, encodings, boards, identity numbers."""

import hashlib
import json
import zipfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from orchestration.demo.city import write_city
from tests.unit.demo.city_reading import City, encoding_of, period_of, read_city

# The contract's columns in its order.
COLUMNS = {
    "befolkning_stadsdel": "ar stadsdelsnamnd kon alder antal",
    "hushall_stadsdel": "ar stadsdelsnamnd hushallstyp antal_hushall",
    "socioekonomi_stadsdel": "ar stadsdel stadsdelsnamnd index omradeskategori barn_0_17",
    "ekonomiskt_bistand_beslut": (
        "beslut_id arende_id hushall_id personnummer_sokande personnummer_medsokande"
        " stadsdelsnamnd avser_manad ansokan_datum beslut_datum ansokan_typ utfall avslagsgrund"
        " hushallstyp antal_barn boendeform forsorjningshinder andamal sokt_belopp"
        " beviljat_belopp avslut_datum avslutsorsak"
    ),
    "skyddat_boende_placeringar": (
        "placering_id beslut_id personnummer kon stadsdelsnamnd beslut_datum start_datum"
        " slut_datum boendeform orsak medfoljande_barn skalskydd"
    ),
    "rvc_samtalsstod": (
        "insats_id personnummer kon stadsdelsnamnd rvc roll form bistandsbeslut start_datum"
        " slut_datum antal_tillfallen"
    ),
    "vald_arenden": (
        "arende_id personnummer kon stadsdelsnamnd roll aktualiserad_datum avslutad_datum"
        " hemmaboende_barn hotbedomning losning ursprung"
    ),
    "boendestod_beslut": (
        "beslut_id personnummer kon fodelsear stadsdelsnamnd malgrupp timmar timmar_per"
        " start_datum slut_datum lss_personkrets eget_boende folkbokford_i_namnden"
        " antal_aktiviteter timmar_utforda avslagen_timmar behovsniva"
    ),
    "socialpsykiatri_insatser": (
        "insats_id personnummer kon stadsdelsnamnd insats start_datum slut_datum"
    ),
    "barn_unga_arenden": (
        "arende_id personnummer kon stadsdelsnamnd stadsdel aktualiserad_datum aktualisering"
        " anmalare kontaktorsaker forhandsbedomning_start forhandsbedomning_beslut"
        " utredning_inledd ej_utredning_skal utredning_start utredning_slut insats_erbjuden"
        " insats_beviljad insats_accepterad avbojd_av insats_typ vidtalade tidigare_arenden"
        " familjeratt aktivt"
    ),
    "budget_skuldradgivning": (
        "arende_id personnummer stadsdelsnamnd forsta_besok skuldsanering_ansokt"
        " skuldsanering_datum"
    ),
    "avhysningar_barn": "avhysning_id datum stadsdelsnamnd antal_barn verkstalld orsak",
    "familjeratt_arenden": (
        "arende_id personnummer_barn stadsdelsnamnd typ start_datum slut_datum utfall"
    ),
    "missbruk_insatser": (
        "insats_id personnummer kon fodelsear stadsdelsnamnd lagrum form start_datum slut_datum"
        " dygn"
    ),
    "barn_unga_placeringar": (
        "placering_id personnummer kon stadsdelsnamnd lagrum omedelbart placeringsform start_datum"
        " slut_datum avslut_orsak"
    ),
    "barn_unga_oppenvard": (
        "insats_id personnummer kon stadsdelsnamnd insats start_datum slut_datum"
    ),
    "lss_insatser": (
        "insats_id personnummer kon fodelsear stadsdelsnamnd personkrets insats beslut_datum"
        " start_datum slut_datum"
    ),
    "insatser_utan_behovsprovning": (
        "manad stadsdelsnamnd insats_kod malgrupp kon aldersgrupp kontakter nya_personer"
        " tillfallen deltagare_per_tillfalle dokumenteras_per_person"
    ),
    "hemloshet_kartlaggning": (
        "rad_id personnummer kon aldersgrupp stadsdelsnamnd situation tid_i_hemloshet"
        " barn_antal orsak"
    ),
}
YEARLY = {
    "befolkning_stadsdel",
    "hushall_stadsdel",
    "socioekonomi_stadsdel",
    "avhysningar_barn",
    "familjeratt_arenden",
    "barn_unga_oppenvard",
    "barn_unga_placeringar",
    "lss_insatser",
    "insatser_utan_behovsprovning",
}
KEYS = {
    register: columns.split()[0]
    for register, columns in COLUMNS.items()
    if columns.split()[0].endswith("_id")
}
# Which date says what a board was called when a row was written.
NAMED_AT = {
    "ekonomiskt_bistand_beslut": ("beslut_datum", "avser_manad || '-15'"),
    "skyddat_boende_placeringar": ("beslut_datum",),
    "rvc_samtalsstod": ("start_datum",),
    "vald_arenden": ("aktualiserad_datum",),
    "boendestod_beslut": ("start_datum",),
    "socialpsykiatri_insatser": ("start_datum",),
    "barn_unga_arenden": ("aktualiserad_datum",),
    "budget_skuldradgivning": ("forsta_besok",),
    "avhysningar_barn": ("datum",),
    "familjeratt_arenden": ("start_datum",),
    "missbruk_insatser": ("start_datum",),
    # Decisions from before the first delivered year stand under the name of that year.
    "lss_insatser": ("greatest(beslut_datum, '2016-01-01')",),
    "barn_unga_oppenvard": ("start_datum",),
    "barn_unga_placeringar": ("greatest(start_datum, '2016-01-01')",),
    "insatser_utan_behovsprovning": ("manad || '-15'",),
    "hemloshet_kartlaggning": ("period || '-15'",),
    "befolkning_stadsdel": ("ar || '-12-31'",),
    "hushall_stadsdel": ("ar || '-12-31'",),
    "socioekonomi_stadsdel": ("ar || '-12-31'",),
}
# Of these the year after the last whole one has begun.
BEGUN = {"budget_skuldradgivning", "rvc_samtalsstod", "vald_arenden"}
THIS_YEAR = [f"2024-{month:02d}" for month in range(1, 7)]
# Late: rows of a month come in its own file or in one of the three after.
TOLD_LATE = "rvc_samtalsstod"
ENDED = {
    "Älvsjö": "2020-06-30",
    "Hägersten-Liljeholmen": "2020-06-30",
    "Rinkeby-Kista": "2023-06-30",
    "Spånga-Tensta": "2023-06-30",
    "Norrmalm": "2023-06-30",
    "Östermalm": "2023-06-30",
}
BEGAN = {
    "Hägersten-Älvsjö": "2020-07-01",
    "Järva": "2023-07-01",
    "Norra innerstaden": "2023-07-01",
}
LASTING = {
    "Hässelby-Vällingby",
    "Bromma",
    "Kungsholmen",
    "Södermalm",
    "Enskede-Årsta-Vantör",
    "Skarpnäck",
    "Farsta",
    "Skärholmen",
}


def text_files(city: City) -> list[Path]:
    return [path for path in city.files if path.suffix == ".csv"]


def digest(files: list[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_register_has_its_files(city: City) -> None:
    months = [f"{year}-{month:02d}" for year in range(2016, 2024) for month in range(1, 13)]
    for register in COLUMNS:
        periods = sorted(period_of(path) for path in (city.inbox / register).iterdir())
        if register == "ekonomiskt_bistand_beslut":
            assert periods == months
        elif register in YEARLY:
            assert periods == [str(year) for year in range(2016, 2024)]
        elif register == "hemloshet_kartlaggning":
            assert periods == [f"{year}-09" for year in range(2016, 2024, 2)]
        else:
            now = THIS_YEAR if register in BEGUN else []
            assert periods == [str(year) for year in range(2016, 2023)] + months[-12:] + now
    assert sorted(city.files) == sorted(path for path in city.inbox.glob("*/*") if path.is_file())
    assert {path.parent.name for path in city.files} == set(COLUMNS)


def test_every_header_is_the_contract_s(city: City) -> None:
    for path in text_files(city):
        content = path.read_bytes()
        header = content.decode(encoding_of(content)).splitlines()[0]
        assert header == COLUMNS[path.parent.name].replace(" ", ";"), path.name


def test_workbook_and_parquet_carry_native_numbers(
    city: City, tables: duckdb.DuckDBPyConnection
) -> None:
    assert {path.suffix for path in (city.inbox / "befolkning_stadsdel").iterdir()} == {".xlsx"}
    assert {path.suffix for path in (city.inbox / "hushall_stadsdel").iterdir()} == {".parquet"}
    for register in ("befolkning_stadsdel", "hushall_stadsdel"):
        described = tables.execute(f"describe {register}").fetchall()
        assert [row[0] for row in described] == COLUMNS[register].split()
        kinds = {row[0]: row[1] for row in described}
        assert kinds.pop("stadsdelsnamnd") == "VARCHAR"
        assert kinds.pop("kon", "VARCHAR") == "VARCHAR"
        assert set(kinds.values()) <= {"INTEGER", "BIGINT", "DOUBLE"}


def test_encodings_and_line_ends_are_mixed(city: City) -> None:
    found: Counter[tuple[str, bool]] = Counter()
    for path in text_files(city):
        content = path.read_bytes()
        carriage = content.count(b"\r\n")
        assert carriage in {0, content.count(b"\n")}, path.name
        assert content.endswith(b"\n")
        found[encoding_of(content), carriage > 0] += 1
    assert {encoding for encoding, _ in found} == {"utf-8", "utf-8-sig", "cp1252"}
    assert len(found) >= 5
    assert min(found.values()) >= 7


def test_files_are_for_the_owner_only(city: City) -> None:
    assert {path.stat().st_mode & 0o777 for path in city.files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in city.files} == {0o700}


def test_keys_are_unique_in_each_register(tables: duckdb.DuckDBPyConnection) -> None:
    for register, key in KEYS.items():
        repeated, rows = tables.execute(
            f"select count(*) - count(distinct {key}), count(*) from {register}"
        ).fetchall()[0]
        assert rows > 300, register
        assert repeated == 0, register


def test_rows_lie_in_the_file_of_their_period(tables: duckdb.DuckDBPyConnection) -> None:
    for register, dates in NAMED_AT.items():
        if register in {"befolkning_stadsdel", "hushall_stadsdel", "socioekonomi_stadsdel"}:
            continue
        for date in dates:
            outside = tables.execute(
                f"select left({date}, 4), count(*) from {register}"
                f" where not starts_with({date}, period) group by all"
            ).fetchall()
            if register == "vald_arenden":
                # Cases that were open when the first delivered year began.
                assert {year for year, _ in outside} == {"2014", "2015"}
            elif register == TOLD_LATE:
                late = tables.execute(
                    f"select distinct date_diff('month', {date}::date, (period || '-01')::date)"
                    f" from {register} where length(period) > 4 order by all"
                ).fetchall()
                assert late == [(0,), (1,), (2,), (3,)]
            else:
                assert outside == [], register


def test_the_year_under_way_has_fewer_at_debt_counselling_and_a_register_that_tells_late(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    def half(register: str, date: str, year: int) -> int:
        [(count,)] = tables.execute(
            f"select count(*) from {register} where {date} between '{year}-01-01'"
            f" and '{year}-06-30'"
        ).fetchall()
        return int(count)

    fewer = half("budget_skuldradgivning", "forsta_besok", 2024) / half(
        "budget_skuldradgivning", "forsta_besok", 2023
    )
    assert 0.6 < fewer < 0.8
    cases = half("vald_arenden", "aktualiserad_datum", 2024) / half(
        "vald_arenden", "aktualiserad_datum", 2023
    )
    assert 0.9 < cases < 1.1
    prompt = dict(
        tables.execute(
            f"select left(start_datum, 7), avg((starts_with(start_datum, period))::int)"
            f" from {TOLD_LATE} where left(period, 4) = '2023' and start_datum < '2023-10-01'"
            " group by all"
        ).fetchall()
    )
    assert all(0.4 < share < 0.85 for share in prompt.values())


@pytest.mark.parametrize("register", NAMED_AT)
def test_boards_are_named_as_they_were_then(
    tables: duckdb.DuckDBPyConnection, register: str
) -> None:
    for date in NAMED_AT[register]:
        spans = {
            name: (first, last)
            for name, first, last in tables.execute(
                f"select stadsdelsnamnd, min({date})::varchar, max({date})::varchar"
                f" from {register} group by all"
            ).fetchall()
        }
        central = {"Socialförvaltningen"} & set(spans)
        assert set(spans) - central <= LASTING | set(ENDED) | set(BEGAN)
        assert set(spans) >= LASTING
        for name, last_day in ENDED.items():
            assert name not in spans or spans[name][1] <= last_day
        for name, first_day in BEGAN.items():
            assert name not in spans or spans[name][0] >= first_day


def test_the_population_has_the_boards_of_each_year_s_end(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    counts = dict(
        tables.execute(
            "select ar, count(distinct stadsdelsnamnd) from befolkning_stadsdel group by ar"
        ).fetchall()
    )
    assert counts == {
        2016: 14, 2017: 14, 2018: 14, 2019: 14, 2020: 13, 2021: 13, 2022: 13, 2023: 11,
    }  # fmt: skip
    rows = tables.execute(
        "select count(*), count(distinct (ar, stadsdelsnamnd, kon, alder)) from befolkning_stadsdel"
    ).fetchall()[0]
    assert rows[0] == rows[1] == sum(counts.values()) * 2 * 101
    children = tables.execute(
        """
        select max(abs(a.n - b.n)) from
            (select ar, stadsdelsnamnd, sum(antal) as n from befolkning_stadsdel
             where alder < 18 group by all) as a
        join
            (select ar::int as ar, stadsdelsnamnd, sum(barn_0_17::int) as n
             from socioekonomi_stadsdel group by all) as b
        using (ar, stadsdelsnamnd)
        """
    ).fetchall()[0][0]
    assert children == 0


def luhn(ten_digits: str) -> bool:
    """The check of SKV 704, digit by digit."""
    total = 0
    for position, character in enumerate(ten_digits):
        product = int(character) * (2 if position % 2 == 0 else 1)
        total += product // 10 + product % 10
    return total % 10 == 0


def identities(tables: duckdb.DuckDBPyConnection) -> list[tuple[str, str | None]]:
    """Every identity in the city with the sexes that rows give it."""
    columns = []
    for register, names in COLUMNS.items():
        sex = "kon" if "kon" in names.split() else "null"
        columns += [
            f"select {name} as id, {sex} as kon from {register} where {name} is not null"
            for name in names.split()
            if name.startswith("personnummer")
        ]
    return tables.execute(
        "select id, string_agg(distinct kon, '') from (" + " union all ".join(columns) + ")"
        " group by id"
    ).fetchall()


def test_no_identity_can_belong_to_anyone(tables: duckdb.DuckDBPyConnection) -> None:
    published = set(
        json.loads(
            Path("orchestration/demo/skatteverket_testsamordningsnummer.json").read_text("utf-8")
        )["numbers"]
    )
    kinds: Counter[str] = Counter()
    for number, sexes in identities(tables):
        if "T" in number:
            date, _, serial = number.partition("-")
            assert len(date) == 8
            assert serial[:2] == "TF" or serial[1:].isdigit()
            assert len(serial) == 4
            kinds[serial[:2] if serial[1] == "F" else "T"] += 1
            continue
        assert len(number) == 12
        assert luhn(number[2:])
        if number in published:
            kinds["samordningsnummer"] += 1
        else:
            assert 980 <= int(number[8:11]) <= 999
            kinds["personnummer"] += 1
        if sexes is not None:
            assert sexes == ("M" if int(number[10]) % 2 else "K")
    assert kinds["personnummer"] > 100_000
    assert kinds["samordningsnummer"] > 30
    assert kinds["TF"] > 5
    assert kinds["T"] > 5


def test_birth_years_are_those_of_the_numbers(tables: duckdb.DuckDBPyConnection) -> None:
    for register in ("boendestod_beslut", "missbruk_insatser", "lss_insatser"):
        rows, wrong = tables.execute(
            f"""
            select count(*), count(*) filter (
                length(personnummer) = 12 and personnummer[7] < '6'
                and left(personnummer, 4) <> fodelsear
            ) from {register}
            """
        ).fetchall()[0]
        assert rows > 10_000
        assert wrong == 0


def test_children_are_children(tables: duckdb.DuckDBPyConnection) -> None:
    youngest, oldest = tables.execute("select min(alder), max(alder) from barnarenden").fetchall()[
        0
    ]
    assert youngest >= 0
    assert 18 < oldest < 21


def test_people_live_on_from_year_to_year_and_between_registers(
    tables: duckdb.DuckDBPyConnection,
) -> None:
    both_years = tables.execute(
        """
        select avg((hushall_id in (select hushall_id from bistandshushall where ar = 2022))::int)
        from bistandshushall where ar = 2023
        """
    ).fetchall()[0][0]
    assert 0.4 < both_years < 0.75
    moved = tables.execute(
        "select count(*) from (select hushall_id from bistand group by all"
        " having count(distinct personnummer_sokande) > 1)"
    ).fetchall()[0][0]
    assert moved == 0
    for register, other in (
        ("rvc_samtalsstod", "vald_arenden"),
        ("skyddat_boende_placeringar", "vald_arenden"),
        ("missbruk_insatser", "ekonomiskt_bistand_beslut"),
        ("budget_skuldradgivning", "ekonomiskt_bistand_beslut"),
        ("boendestod_beslut", "socialpsykiatri_insatser"),
    ):
        name = "personnummer" if other != "ekonomiskt_bistand_beslut" else "personnummer_sokande"
        share = tables.execute(
            f"select avg((personnummer in (select {name} from {other}))::int) from {register}"
        ).fetchall()[0][0]
        assert 0.05 < share < 0.95, register


def test_nobody_has_two_sexes_or_two_target_groups(tables: duckdb.DuckDBPyConnection) -> None:
    assert all(sexes is None or len(sexes) == 1 for _, sexes in identities(tables))
    both = tables.execute(
        "select count(*) from (select personnummer from boendestod_beslut group by all"
        " having count(distinct malgrupp) > 1)"
    ).fetchall()[0][0]
    assert both == 0


def test_dates_come_in_order(tables: duckdb.DuckDBPyConnection) -> None:
    for register, first, last in (
        ("ekonomiskt_bistand_beslut", "ansokan_datum", "beslut_datum"),
        ("ekonomiskt_bistand_beslut", "beslut_datum", "avslut_datum"),
        ("skyddat_boende_placeringar", "beslut_datum", "start_datum"),
        ("skyddat_boende_placeringar", "start_datum", "slut_datum"),
        ("rvc_samtalsstod", "start_datum", "slut_datum"),
        ("vald_arenden", "aktualiserad_datum", "avslutad_datum"),
        ("boendestod_beslut", "start_datum", "slut_datum"),
        ("socialpsykiatri_insatser", "start_datum", "slut_datum"),
        ("barn_unga_arenden", "aktualiserad_datum", "forhandsbedomning_beslut"),
        ("barn_unga_arenden", "forhandsbedomning_beslut", "utredning_start"),
        ("barn_unga_arenden", "utredning_start", "utredning_slut"),
        ("budget_skuldradgivning", "forsta_besok", "skuldsanering_datum"),
        ("familjeratt_arenden", "start_datum", "slut_datum"),
        ("missbruk_insatser", "start_datum", "slut_datum"),
        ("barn_unga_oppenvard", "start_datum", "slut_datum"),
        ("barn_unga_placeringar", "start_datum", "slut_datum"),
        ("lss_insatser", "beslut_datum", "start_datum"),
        ("lss_insatser", "start_datum", "slut_datum"),
    ):
        both, wrong = tables.execute(
            f"select count(*), count(*) filter ({first}::date > {last}::date) from {register}"
            f" where {last} is not null"
        ).fetchall()[0]
        assert both > 200, (register, last)
        assert wrong == 0, (register, last)


def test_amounts_agree_with_outcomes(tables: duckdb.DuckDBPyConnection) -> None:
    outcomes = dict(
        tables.execute(
            """
            select utfall, count(*) filter (case utfall
                when 'bifall' then belopp <> sokt or belopp <= 0 or avslagsgrund is not null
                when 'delavslag' then belopp >= sokt or belopp <= 0 or avslagsgrund is null
                else belopp <> 0 or sokt <= 0 or avslagsgrund is null end)
            from bistand group by all
            """
        ).fetchall()
    )
    assert outcomes == {"bifall": 0, "delavslag": 0, "avslag": 0}
    with_ore = tables.execute(
        "select count(*) from bistand where beviljat_belopp not like '%,00'"
    ).fetchall()[0][0]
    assert with_ore > 10_000


def test_the_same_seed_gives_the_same_bytes_and_another_replaces_them(
    small_city: City, tmp_path: Path
) -> None:
    first = digest(small_city.files)
    inbox = tmp_path / "inbox"
    other = digest(write_city(inbox, scale=0.05, seed=7))
    assert other.keys() == first.keys()
    same = {name for name in other if first[name] == other[name]}
    # How many people there are does not depend on the seed; what they do, does.
    assert {name.rpartition("_")[0] for name in same} <= {"befolkning_stadsdel"}
    seen: list[tuple[str, int, int]] = []
    files = write_city(
        inbox,
        scale=0.05,
        progress=lambda register, done, total: seen.append((register, done, total)),
    )
    assert digest(files) == first
    assert sorted(files) == sorted(path for path in inbox.glob("*/*") if path.is_file())
    assert [register for register, _, _ in seen] == [path.parent.name for path in files]
    assert [done for _, done, _ in seen] == list(range(1, len(files) + 1))
    assert {total for _, _, total in seen} == {len(files)}


def test_a_workbook_does_not_tell_when_it_was_written(small_city: City) -> None:
    workbook = small_city.inbox / "befolkning_stadsdel" / "befolkning_stadsdel_2023.xlsx"
    with zipfile.ZipFile(workbook) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("scale", [0.0, -1.0, 1.5])
def test_a_scale_outside_the_city_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        write_city(tmp_path, scale=scale)


@pytest.mark.parametrize("scale", [0.004, 0.02])
def test_a_very_small_city_is_well_formed(tmp_path: Path, scale: float) -> None:
    files = write_city(tmp_path, scale=scale)
    assert {path.parent.name for path in files} == set(COLUMNS)
    for path in files:
        if path.suffix == ".csv":
            content = path.read_bytes()
            header, *rows = content.decode(encoding_of(content)).splitlines()
            assert header == COLUMNS[path.parent.name].replace(" ", ";")
            assert rows
            assert {row.count(";") for row in rows} == {header.count(";")}


def test_a_small_city_keeps_the_findings(small_city: City, tmp_path: Path) -> None:
    work = tmp_path / "klartext"
    work.mkdir()
    connection = read_city(small_city, work)
    for register in COLUMNS:
        boards = connection.execute(
            f"select count(distinct stadsdelsnamnd) from {register}"
        ).fetchall()[0][0]
        assert boards >= 3, register
    everywhere = connection.execute(
        "select count(distinct stadsdelsnamnd) from ekonomiskt_bistand_beslut"
    ).fetchall()[0][0]
    assert everywhere == len(LASTING) + len(ENDED) + len(BEGAN) + 1
    shares, persons, children = (
        [row[0] for row in connection.execute(sql).fetchall()]
        for sql in (
            (
                "select count(distinct hushall_id) / any_value(alla) from ekonomiskt_bistand_beslut"
                " join (select ar, sum(antal_hushall) as alla from hushall_stadsdel group by ar)"
                " on ar = left(avser_manad, 4)::int"
                " where utfall <> 'avslag' and ar >= 2022 group by ar order by ar"
            ),
            (
                "select count(distinct personnummer) from skyddat_boende_placeringar"
                " where boendeform = 'skyddat_boende' and beslut_datum >= '2022'"
                " group by left(beslut_datum, 4) order by left(beslut_datum, 4)"
            ),
            (
                "select sum(medfoljande_barn::int) from skyddat_boende_placeringar"
                " where boendeform = 'skyddat_boende' and beslut_datum >= '2022'"
                " group by left(beslut_datum, 4) order by left(beslut_datum, 4)"
            ),
        )
    )
    assert shares[1] / shares[0] == pytest.approx(0.937, abs=0.01)
    assert persons[1] < persons[0]
    assert children[1] < 0.8 * children[0]
    hours = dict(
        connection.execute(
            """
            select malgrupp, avg(replace(timmar, ',', '.')::double
                * case timmar_per when 'vecka' then 52 / 12.0 else 1 end)
            from (
                select * from boendestod_beslut
                where start_datum <= '2023-12-31'
                    and coalesce(slut_datum, '9999') >= '2023-12-31'
                qualify row_number() over (
                    partition by personnummer order by start_datum desc
                ) = 1
            ) group by malgrupp
            """
        ).fetchall()
    )
    assert hours["funktionsnedsattning"] == pytest.approx(9.0, rel=0.02)
    assert hours["socialpsykiatri"] == pytest.approx(7.2, rel=0.02)

"""A smaller municipality with its own boards and exports, through the whole flow to a publication.

Its deliveries are the small synthetic city in another form (`tests/other_municipality.py`), so its
figures must be those that the same city gives in the contract's form.
"""

import re
import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration.registers.contract import load_contracts
from tests.integration.conftest import Installation
from tests.nights import Night
from tests.other_municipality import CODE, FILE, SAME_AREA, convert, own_values

# What a municipality gives about itself; the rest is public statistics about everyone.
OWN_VALUES = """
    select indicator_id, period_start, geography_id, breakdown, category,
        round(numerator, 6), round(denominator, 6), round(value, 9), status
    from marts.indicator_values
    where source_id in (select unnest(?)) and geography_id in (select unnest(?))
    order by all
"""


@pytest.fixture(scope="module")
def kil(city: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("kil"), CODE, FILE)
    convert(city, installation.inbox)
    assert installation.night() == Night()
    return installation


def values(installation: Installation, places: list[str]) -> set[tuple[object, ...]]:
    with duckdb.connect(str(installation.snapshot), read_only=True) as connection:
        return set(connection.execute(OWN_VALUES, [list(load_contracts()), places]).fetchall())


def test_the_same_city_in_another_form_gives_the_same_figures(
    kil: Installation, published: Installation
) -> None:
    expected = {
        (*row[:2], SAME_AREA[str(row[2])], *row[3:]) for row in values(published, list(SAME_AREA))
    }
    found = values(kil, list(SAME_AREA.values()))
    assert found == expected
    assert {row[2] for row in found} == set(SAME_AREA.values())
    assert len({row[0] for row in found}) > 40
    assert len(found) > 5000


def test_its_own_merger_is_followed(kil: Installation, published: Installation) -> None:
    """Until 2020 two boards, from 2021 the one that took over, with their history together."""
    cases = """
        select geography_id, year(period_start), value from marts.indicator_values
        where indicator_id = 'family_law_cases' and breakdown = 'total'
            and geography_id in (select unnest($places))
    """
    with duckdb.connect(str(published.snapshot), read_only=True) as connection:
        before = connection.execute(cases, {"places": ["0180-skarpnack", "0180-farsta"]}).fetchall()
    with duckdb.connect(str(kil.snapshot), read_only=True) as connection:
        after = connection.execute(
            cases, {"places": ["1715-lersatter", "1715-hannas", "1715-sodra-kil"]}
        ).fetchall()
    stockholm = {(place, year): value for place, year, value in before}
    here = {(place, year): value for place, year, value in after}
    assert sum(stockholm.values()) > 0
    for year in range(2016, 2024):
        skarpnack, farsta = stockholm["0180-skarpnack", year], stockholm["0180-farsta", year]
        assert here["1715-sodra-kil", year] == skarpnack + farsta
        if year <= 2020:
            assert here["1715-lersatter", year] == skarpnack
            assert here["1715-hannas", year] == farsta
        else:
            assert ("1715-lersatter", year) not in here


def test_the_boards_are_its_own(kil: Installation) -> None:
    boards = kil.published(
        "select geography_id, name, valid_to::varchar, successor_id from marts.geographies"
        " where level = 'stadsdelsnamnd' order by all"
    )
    assert len(boards) == 12
    assert ("1715-lersatter", "Lersätter", "2020-12-31", "1715-sodra-kil") in boards
    assert {place[:5] for place, *_ in boards} == {"1715-"}
    assert kil.published("select municipality_id from meta.publication") == [("1715",)]


def test_nothing_of_stockholm_is_told_of_it(kil: Installation, published: Installation) -> None:
    [(explained,)] = published.published(
        "select count(*) from marts.deviations where explanation_id is not null"
    )
    assert explained > 0
    assert kil.published("select * from marts.deviations where explanation_id is not null") == []
    # Public statistics about Stockholm stay Stockholm's; its boards are not known here.
    boards, grants = "geography_id like '0180-%'", "indicator_id = 'housing_support_block_grant'"
    for condition in (boards, f"{grants} and geography_id = '1715'"):
        counted = f"select count(*) from marts.indicator_values where {condition}"
        assert kil.published(counted) == [(0,)], condition
        assert kil.published(counted) != published.published(counted.replace("1715", "0180"))
    places = kil.published("select distinct geography_id from marts.deviations")
    assert ("1715",) in places
    assert not [place for (place,) in places if place.startswith("0180")]


def test_the_report_names_the_right_municipality(
    kil: Installation, published: Installation
) -> None:
    page = (kil.settings.restricted_publication_dir / "promemoria.html").read_text(encoding="utf-8")
    other = (published.settings.restricted_publication_dir / "promemoria.html").read_text(
        encoding="utf-8"
    )
    assert "Kils kommun (påhittad)" in page
    assert "<title>" in page
    [title] = re.findall(r"<title>(.*?)</title>", page)
    assert "Kils kommun (påhittad)" in title
    # The notes say who publishes what was read; nothing before them is Stockholm's.
    assert 'id="noter"' in page
    body, other_body = (text.split('id="noter"')[0] for text in (page, other))
    assert "Stockholms stad" in other_body
    assert "Stockholm" not in body
    pages = sorted((kil.settings.published_dir / "indikatorer").iterdir())
    assert len(pages) > 50
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert "Kils kommun (påhittad)" in text
        # Definitions are the catalogue's, notes and sources their publishers'.
        own, notes = text.split('id="noter"') if 'id="noter"' in text else (text, "")
        own, defined = re.subn(r"<dt>Så räknas det</dt><dd>.*?</dd>", "", own)
        assert defined == bool(notes), path.name
        assert "Stockholm" not in own, path.name
    # A calculation is of another city's document, and says whose.
    own = re.sub(
        r'<section[^>]*aria-labelledby="analys-costs".*?</section>', "", body, flags=re.DOTALL
    )
    assert own != body
    for name in ("Jobbtorg", "Bromma", "Hässelby"):
        assert name not in own


def test_its_identity_numbers_stay_in_the_inbox_and_landing(kil: Installation) -> None:
    numbers = set(own_values(kil.inbox))
    assert len(numbers) > 1000
    for path in kil.home.rglob("*"):
        if not path.is_file() or path.relative_to(kil.home).parts[0] in {"inbox", "landing"}:
            continue
        text = path.read_bytes().decode("latin-1")
        assert not set(re.findall(r"(?<!\d)(?:19|20)\d{10}(?!\d)", text)) & numbers, path


WITHOUT = ("rvc_samtalsstod", "socialpsykiatri_insatser", "hemloshet_kartlaggning")
NEVER_CAME = "familjeratt_arenden"
EVICTIONS = "avhysningar_barn/Avhysningar 2023.txt"


@pytest.fixture(scope="module")
def smaller(city: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Installation, str]:
    """One with fewer registers and a year without a case, and its report of a faulty first file."""
    described = yaml.load(FILE.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 (text only)
    for name in WITHOUT:
        del described["registers"][name]
    described["not_delivered"] = dict.fromkeys(WITHOUT, "Kommunen för inget sådant register.")
    folder = tmp_path_factory.mktemp("smaller")
    file = folder / "1715.yml"
    file.write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")
    installation = Installation(folder / "home", CODE, file)
    convert(city, installation.inbox)
    # Nor is one missed that never came, nor a year without a case.
    for name in (*WITHOUT, NEVER_CAME):
        shutil.rmtree(installation.inbox / name)
    evictions = installation.inbox / EVICTIONS
    content = evictions.read_bytes().decode("cp1252")
    evictions.write_bytes(
        re.sub(r"\d\d\.\d\d\.2023", "31.02.2023", content, count=1).encode("cp1252")
    )
    assert not installation.night().success
    [report] = installation.settings.delivery_reports_dir.glob("avhysningar_barn__*.txt")
    told = report.read_text(encoding="utf-8")
    evictions.write_bytes(evictions.read_bytes().splitlines(keepends=True)[0])
    assert installation.night() == Night()
    return installation, told


def test_registers_that_it_does_not_keep_are_missed_by_nobody(
    kil: Installation, smaller: tuple[Installation, str]
) -> None:
    """The others give the same figures as before, and what is not kept gives none."""
    installation, _ = smaller
    everything = (
        "select * exclude (municipality_id) from marts.indicator_values"
        " where geography_id like '1715%' order by all"
    )
    counted_from = dict(
        installation.published("select indicator_id, source_id from marts.indicators")
    )

    def others(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
        """All but the evictions of the year that has other ones here."""
        return [
            row
            for row in rows
            if (counted_from[str(row[0])], str(row[1])[:4]) != ("avhysningar_barn", "2023")
        ]

    missing = {*WITHOUT, NEVER_CAME}
    expected = [row for row in kil.published(everything) if counted_from[row[0]] not in missing]
    assert others(installation.published(everything)) == others(expected)
    assert len(others(expected)) > 3000
    assert len(others(expected)) < len(expected)
    assert not missing & {
        name for (name,) in installation.published("select source_id from meta.sources")
    }
    of_2023 = (
        "select value, status from marts.indicator_values where geography_id = '1715'"
        " and indicator_id = '{}' and breakdown = 'total' and period_start = date '2023-01-01'"
    )
    assert installation.published(of_2023.format("evicted_children")) == [(0, "observed")]
    assert installation.published(of_2023.format("family_law_cases")) == []
    pages = installation.settings.published_dir / "indikatorer"
    for name, reason in (
        ("family_law_cases", "Registret har inte levererats."),
        ("rvc_counselling_persons", "Kommunen för inget sådant register."),
    ):
        text = (pages / f"{name}.html").read_text(encoding="utf-8")
        assert "<strong>Inte levererat.</strong>" in text
        assert reason in text
    memorandum = (installation.settings.restricted_publication_dir / "promemoria.html").read_text(
        "utf-8"
    )
    assert "Registret har inte levererats. Inte levererat:" in memorandum


def test_a_faulty_file_is_told_in_the_municipality_s_own_words(
    smaller: tuple[Installation, str],
) -> None:
    _, told = smaller
    assert (
        "- Fil avhysningar_barn/Avhysningar 2023.txt, rad 2, kolumn Datum (avtalets datum): datumet"
        " finns inte (skrivs DD.MM.ÅÅÅÅ) [regel datum]. Antal rader med felet: 1. Gör så här: "
        "rätta datumet och lämna en ny fil."
    ) in told

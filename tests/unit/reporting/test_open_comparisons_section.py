"""The section on Öppna jämförelser: tables as printed, a change with its interval, and cells."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import pytest

from orchestration.analyses.open_comparisons import Groups, analyse, comparisons
from orchestration.findings.marts import ANALYSIS_RESULTS, OPEN_COMPARISONS, write_findings
from orchestration.language.inline import plain
from orchestration.language.shortfalls import with_reasons
from orchestration.reporting.addresses import MEMORANDUM
from orchestration.reporting.beside import ShareRow, share_chart
from orchestration.reporting.data import load_report_data
from orchestration.reporting.document import Figure, Folded, Paragraph, Plain, Table
from orchestration.reporting.issued import as_page
from orchestration.reporting.memorandum import memorandum
from orchestration.reporting.sections import open_comparisons as section
from orchestration.reporting.sections.analysis import AnalysisChapter, AnalysisContext
from orchestration.reporting.sections.sources import Sources
from tests.number_walk import stray_digits, unmet
from tests.unit.reporting.conftest import EDITION, YEAR, build_city

LOSING, FREDA, PART = "oj_outreach_losing_home", "oj_freda_short_questions", section.GENERAL
ADVICE, BY_SEX, SUB = "oj_budget_advice", "oj_followup_by_sex", section.ASSISTANCE
INDICATORS = (LOSING, FREDA, PART, ADVICE, BY_SEX, SUB)
KINDS, CODES = ("riket", "skr", "storlek"), ("SE", "A1", "200 000 el mer", "0 - 14 999")
NAMES = dict(zip(CODES, ("Riket", "Storstäder", *CODES[2:]), strict=True))
# Indicator, kind, group, year, the year before, units, answered, yes, and those of the year before;
# matched, gained, lost; whether it is of municipalities, and whether the wording is another.
COUNTED: Sequence[tuple[int | bool, ...]] = (
    (0, 0, 0, 2018, 0, 312, 294, 162, 0, 0, 0, 0, 0, 0, False, False),
    (0, 0, 0, 2019, 2018, 312, 296, 154, 312, 294, 162, 278, 14, 23, False, False),
    (0, 0, 0, 2020, 2019, 312, 297, 184, 312, 296, 154, 283, 26, 3, False, False),
    (3, 0, 0, 2020, 2019, 312, 297, 220, 312, 296, 219, 283, 0, 0, False, True),
    (1, 0, 0, 2020, 2019, 312, 290, 218, 312, 296, 216, 277, 12, 8, False, False),
    (1, 1, 1, 2020, 2019, 25, 23, 16, 25, 23, 16, 21, 1, 1, False, False),
    (4, 0, 0, 2020, 0, 312, 293, 46, 0, 0, 0, 0, 0, 0, False, False),
    (4, 2, 2, 2020, 0, 26, 23, 8, 0, 0, 0, 0, 0, 0, False, False),
    (4, 2, 3, 2020, 0, 129, 124, 16, 0, 0, 0, 0, 0, 0, False, False),
    (2, 0, 0, 2020, 2019, 290, 290, 276, 290, 290, 275, 290, 13, 12, True, False),
    (5, 0, 0, 2020, 2019, 290, 290, 277, 290, 290, 276, 290, 12, 11, True, False),
)
PROFILE = """
create table marts.open_comparison_profile (municipality_id varchar, unit_id varchar,
    unit_name varchar, geography_id varchar, indicator_id varchar, year integer, answer varchar,
    group_type varchar, group_code varchar, group_name varchar, group_answered bigint,
    group_said_yes bigint, group_share double);
insert into marts.open_comparison_profile
select '0180', '0180 ' || unit, unit, null, 'oj_freda_short_questions', 2020, answer, kind, code,
    name, answered, yes, yes / answered
from (values ('Farsta', 'ja'), ('Bromma', 'nej'), ('Norrmalm', 'ja'), ('Älvsjö', 'ej_redovisad')
    ) as units (unit, answer)
cross join (values ('riket', 'SE', 'Riket', 290, 218), ('skr', 'A1', 'Storstäder', 23, 16)
    ) as groups (kind, code, name, answered, yes);
"""


def groups(rows: Sequence[tuple[int | bool, ...]] = COUNTED) -> Groups:
    columns: list[Any] = [np.array(each) for each in zip(*rows, strict=True)]
    names = (
        *("indicator", "kind", "group", "year", "previous_year", "units", "answered", "said_yes"),
        *("previous_units", "previous_answered", "previous_said_yes", "matched", "gained", "lost"),
        *("of_municipalities", "is_break"),
    )
    return Groups(
        **dict(zip(names, columns, strict=True)),
        published=np.full(len(rows), np.nan),
        indicators=INDICATORS,
        kinds=KINDS,
        codes=CODES,
        names=NAMES,
    )


def fill(connection: duckdb.DuckDBPyConnection, found: Groups) -> None:
    write_findings(connection, OPEN_COMPARISONS, comparisons(found))
    write_findings(connection, ANALYSIS_RESULTS, with_reasons(analyse(YEAR, found).results))


@pytest.fixture
def city() -> Iterator[duckdb.DuckDBPyConnection]:
    with build_city() as connection:
        fill(connection, groups())
        connection.execute(PROFILE)
        connection.execute(
            "insert into marts.indicators select *, 'oppna_jamforelser', 'procent', 'neutral',"
            " 'proportion', 'Andel.', $source, '' from (values ($losing, 'Andel kommuner med"
            " uppsökande verksamhet'), ($freda, 'Andel med FREDA')) as named (id, title)",
            {"source": section.PRINTED, "losing": LOSING, "freda": FREDA},
        )
        connection.execute(
            "insert into meta.sources (source_id, title_sv, publisher, reference_period,"
            " content_sha256, licence, synthetic, stale, held_sv) values"
            " ($answers, 'Svar', 'Avvik', '2020', 'a', 'fri', true, false, ''),"
            " ($printed, 'Tabeller', 'Socialstyrelsen', '2020', 'b', 'fri', false, false, '')",
            {"answers": section.SOURCE, "printed": section.PRINTED},
        )
        yield connection


def built(connection: duckdb.DuckDBPyConnection, year: int = YEAR) -> list[Plain]:
    data = load_report_data(
        connection, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    context = AnalysisContext(
        year=year,
        municipality_id="0180",
        municipality_name="Stockholms stad",
        sources=Sources(data.sources),
        anchor="analys-open-comparisons",
        smallest_count=5.0,
    )
    return section.blocks(connection, context)


def prose(blocks: Sequence[Plain]) -> str:
    told = [plain(each.said) for each in blocks if isinstance(each, Paragraph)]
    return " ".join(" ".join(told).split())


def table(blocks: Sequence[Plain], name: str) -> list[list[str]]:
    found: list[Table] = []
    for block in blocks:
        inside = block.blocks if isinstance(block, Folded) else (block,)
        found += [each for each in inside if isinstance(each, Table)]
        if isinstance(block, Figure) and isinstance(block.table, Table):
            found.append(block.table)
    [one] = [each for each in found if each.anchor == f"analys-open-comparisons-{name}"]
    return [
        [" ".join(f"{plain(cell.said)} {plain(cell.below)}".split()) for cell in row]
        for row in one.rows
    ]


def test_fifty_two_to_sixty_two_has_its_interval(city: duckdb.DuckDBPyConnection) -> None:
    told = prose(built(city))
    for sentence in (
        "besvarade 95 procent av kommunerna enkätens allmänna del och 96 procent delen om",
        "verksamhet steg från 52 till 62 procent mellan 2019 och 2020, 10 procentenheter.",
        # 184/312 - (154 + 16)/312, and (184 + 15)/312 - 154/312.
        "ligger ökningen mellan 4,5 och 14,4 procentenheter.",
        "Av 283 som svarat båda gångerna gick 26 från nej till ja och 3 från ja till nej; slump",
        "Svaren enhet för enhet syntetisk är satta så att andelarna blir de publicerade",
    ):
        assert sentence in told


def test_the_tables_stand_as_printed_with_their_change(city: duckdb.DuckDBPyConnection) -> None:
    blocks = built(city)
    assert table(blocks, "forebyggande") == [
        [ADVICE, "–", "–", "74 %", "ny ordalydelse", "–"],
        [
            "Andel kommuner med uppsökande verksamhet",
            *("55 %", "52 %", "62 %", "+10", "4,5–14,4"),
        ],
    ]
    assert table(blocks, "jamstalldhet") == [
        ["0 - 14 999", "13 %"],
        ["200 000 el mer", "35 %"],
        ["Riket", "16 %"],
    ]
    assert table(blocks, "vald") == [["A1. Storstäder", "70 %"], ["Riket", "75 % +2 sedan 2019"]]


def test_the_city_stands_beside_its_group(city: duckdb.DuckDBPyConnection) -> None:
    blocks = built(city)
    assert table(blocks, "profil-tabell") == [
        ["Andel med FREDA", "2 av 3", "16 av 23", "–", "218 av 290"]
    ]
    assert table(blocks, "enheter") == [
        ["Andel med FREDA", "Farsta och Norrmalm", "Bromma", "Älvsjö"]
    ]
    changes = {row[0]: row[1:] for row in table(blocks, "forandringar")}
    assert changes["Andel med FREDA"][-1] == "kan inte skiljas från slumpen"
    assert changes["Andel kommuner med uppsökande verksamhet"][-2:] == ["283", "ökade"]
    assert ADVICE not in changes


def test_every_figure_leads_to_its_cells(city: duckdb.DuckDBPyConnection) -> None:
    blocks = built(city)
    data = load_report_data(
        city, year=YEAR, municipality_id="0180", municipality_name="Stockholms stad"
    )
    chapter = AnalysisChapter("open_comparisons", "Rubrik", tuple(blocks))
    document = memorandum(data, EDITION, [chapter])
    assert unmet(city, document) == []
    assert stray_digits(document, as_page(document, data, EDITION, MEMORANDUM)) == []


def test_a_report_of_an_earlier_year_knows_no_later_survey(
    city: duckdb.DuckDBPyConnection,
) -> None:
    write_findings(city, ANALYSIS_RESULTS, with_reasons(analyse(2019, groups()).results))
    blocks = built(city, 2019)
    assert "Det senaste som är känt är undersökningen 2019." in prose(blocks)
    assert "sjönk från 55 till 52 procent mellan 2018 och 2019" in prose(blocks)
    assert "det kan vara slump" in prose(blocks)
    assert table(blocks, "forebyggande")[0][1:4] == ["55 %", "52 %", "−3"]
    assert built(city, 2017) == []


def test_printed_shares_alone_make_no_claim_of_change(city: duckdb.DuckDBPyConnection) -> None:
    bare = groups([(0, 0, 0, 2020, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, False)])
    city.execute("delete from marts.open_comparison_profile")
    fill(city, replace(bare, published=np.array([0.62])))
    blocks = built(city)
    assert table(blocks, "forebyggande") == [
        ["Andel kommuner med uppsökande verksamhet", "62 %", "–", "–"]
    ]
    assert "Förändringar räknas inte. Underlag saknas" in prose(blocks)
    assert "satta så" not in prose(blocks)


def test_a_chart_has_both_marks_a_row_and_refuses_what_is_no_share() -> None:
    svg = share_chart(
        [ShareRow("FREDA", 67.0, 70.0), ShareRow("Rutin", 0.0, 61.0)],
        own="Staden",
        others="Storstäder",
        axis_title="procent",
    ).svg
    for text in (">67<", ">0<", ">FREDA<", ">Staden<", ">Storstäder<", ">100<"):
        assert text in svg
    with pytest.raises(ValueError, match="at least one row"):
        share_chart([], own="a", others="b", axis_title="c")
    with pytest.raises(ValueError, match="hundred per cent"):
        share_chart([ShareRow("a", 101.0, 1.0)], own="a", others="b", axis_title="c")

"""Answers held against the last good one: what lies is held, what is revised passes.

The lies are made here, on the figures of a small table; what publishers have been seen to do is
carried in with its source.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.sources.judging import RULES, objections
from orchestration.sources.registry import Dataset, load_registry

TABLE = "raw.answers"
YEARS = tuple(str(year) for year in range(2014, 2024))
REGIONS = ("00", "0180", "1480")
GROUPS = ("kvinnor", "män")
Key = tuple[str, str, str, str]
Figures = Mapping[Key, float | None]


def population() -> dict[Key, float]:
    """Sixty figures of several sizes, no two alike."""
    return {
        ("BE0101N1", region, year, group): float(
            size * (100 + 2 * place) + 37 * number + (11 if group == "män" else 0)
        )
        for number, (region, size) in enumerate(zip(REGIONS, (10_000, 2_000, 1_500), strict=True))
        for place, year in enumerate(YEARS)
        for group in GROUPS
    }


def revised(figures: Mapping[Key, float], change: Callable[[Key, float], float | None]) -> Figures:
    """The figures as a publisher would give them anew."""
    return {key: change(key, old) for key, old in figures.items()}


@dataclass
class Publisher:
    """A publisher of one dataset, and what it has answered before.

    Attributes:
        connection: Where its good answers are.
        dataset: What it publishes.
    """

    connection: duckdb.DuckDBPyConnection
    dataset: Dataset

    def has_answered(self, figures: Figures, sequence: int = 1, table: str = "") -> None:
        self._insert(TABLE, figures, sequence, table)

    def rules_broken_by(
        self, figures: Figures, sequence: int = 9, table: str = ""
    ) -> dict[str, str]:
        """The rules that an answer breaks, with what is said of each."""
        self.connection.execute(f"create or replace temp table incoming as from {TABLE} limit 0")
        self._insert("incoming", figures, sequence, table)
        found = objections(
            self.connection,
            self.dataset,
            table=TABLE,
            incoming="incoming",
            delivery_sequence=sequence,
        )
        return {each.rule: each.message_sv("scb/svar.zip", self.dataset) for each in found}

    def _insert(self, target: str, figures: Figures, sequence: int, table: str) -> None:
        rows: Sequence[tuple[object, ...]] = [
            (
                *(sequence, self.dataset.source_id, series, region, period),
                json.dumps({"kon": group} | ({"tabell": table} if table else {})),
                value,
            )
            for (series, region, period, group), value in figures.items()
        ]
        self.connection.execute(
            f"insert into {target} select {', '.join(['unnest(?)'] * 7)}",
            [list(column) for column in zip(*rows, strict=True)],
        )


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("create schema raw")
        opened.execute(
            f"create table {TABLE} (delivery_sequence bigint, dataset_id varchar, series varchar,"
            " region varchar, period varchar, dimensions varchar, value double)"
        )
        yield opened


@pytest.fixture
def publisher(connection: duckdb.DuckDBPyConnection) -> Publisher:
    connection.execute(f"delete from {TABLE}")
    return Publisher(connection, load_registry()[0])


def test_a_first_answer_has_nothing_to_be_held_against(publisher: Publisher) -> None:
    assert publisher.rules_broken_by(dict.fromkeys(population(), 0.0)) == {}


def test_an_answer_that_says_the_same_passes(publisher: Publisher) -> None:
    publisher.has_answered(population())
    assert publisher.rules_broken_by(population()) == {}


def test_an_answer_of_nothing_but_zeros_is_held(publisher: Publisher) -> None:
    publisher.has_answered(population())
    found = publisher.rules_broken_by(dict.fromkeys(population(), 0.0))
    assert found.keys() == {"nollor"}
    assert "60 av 60 uppgifter som inte var 0 är nu 0" in found["nollor"]


def test_zeros_in_one_series_of_several_are_held(publisher: Publisher) -> None:
    other = {("ANDRA", *key[1:]): value for key, value in population().items()}
    third = {("TREDJE", *key[1:]): value for key, value in population().items()}
    fourth = {("FJÄRDE", *key[1:]): value for key, value in population().items()}
    figures = population() | other | third | fourth
    publisher.has_answered(figures)
    lie = revised(figures, lambda key, old: 0.0 if key[0] == "ANDRA" else old)
    assert "i serien ”ANDRA”" in publisher.rules_broken_by(lie)["nollor"]


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (10, "ungefär 10 gånger så stor"),
        (1000, "ungefär 1 000 gånger så stor"),
        (0.01, "ungefär en hundradel så stor"),
        (1.25, "1,25 gånger så stor"),
    ],
)
def test_another_scale_is_held_and_named(publisher: Publisher, factor: float, said: str) -> None:
    publisher.has_answered(population())
    found = publisher.rules_broken_by(revised(population(), lambda _, old: old * factor))
    assert found.keys() == {"skala"}
    assert said in found["skala"]


def test_another_scale_in_one_series_of_several_is_held(publisher: Publisher) -> None:
    others = {
        (f"S{number}", *key[1:]): value
        for number in range(9)
        for key, value in population().items()
    }
    publisher.has_answered(others)
    lie = revised(others, lambda key, old: old * 100 if key[0] == "S3" else old)
    assert "i serien ”S3” är ungefär 100 gånger" in publisher.rules_broken_by(lie)["skala"]


def test_years_that_have_changed_places_are_held(publisher: Publisher) -> None:
    figures = population()
    publisher.has_answered(figures)
    swapped = {"2021": "2022", "2022": "2021"}
    lie = {key: figures[(*key[:2], swapped.get(key[2], key[2]), key[3])] for key in figures}
    found = publisher.rules_broken_by(lie)
    assert found.keys() == {"omkastning"}
    assert "perioden ”2021” har det som var ”2022”" in found["omkastning"]


def test_two_exchanged_years_of_a_single_series_are_held(publisher: Publisher) -> None:
    """The movement is less than any revision's; that the figures are the other year's tells."""
    single = {("KPI", "00", year, "alla"): 300.5 + 1.7 * n for n, year in enumerate(YEARS)}
    publisher.has_answered(single)
    lie = dict(single)
    first, second = ("KPI", "00", "2019", "alla"), ("KPI", "00", "2020", "alla")
    lie[first], lie[second] = single[second], single[first]
    assert publisher.rules_broken_by(lie).keys() == {"omkastning"}


def test_figures_under_the_year_before_are_held(publisher: Publisher) -> None:
    figures = population()
    publisher.has_answered(figures)
    lie = {key: figures.get((*key[:2], str(int(key[2]) + 1), key[3]), 999_999.0) for key in figures}
    assert "omkastning" in publisher.rules_broken_by(lie)


def test_women_and_men_who_have_changed_places_are_held(publisher: Publisher) -> None:
    figures = population()
    publisher.has_answered(figures)
    other = {"kvinnor": "män", "män": "kvinnor"}
    lie = {key: figures[(*key[:3], other[key[3]])] for key in figures}
    assert "gruppen" in publisher.rules_broken_by(lie)["omkastning"]


def test_a_rewritten_history_is_held(publisher: Publisher) -> None:
    publisher.has_answered(population())
    lie = revised(
        population(),
        lambda key, old: old * (0.93 if int(key[2]) % 2 else 1.08) if key[2] < "2021" else old,
    )
    found = publisher.rules_broken_by(lie)
    assert found.keys() == {"omskriven_historik"}
    assert "minst 2 år äldre än den nyaste" in found["omskriven_historik"]


def test_a_few_months_of_which_most_are_rewritten_are_held(publisher: Publisher) -> None:
    """Nothing is settled in a table that begins this year."""
    months = {
        ("S", f"{1200 + place}", f"2026M0{month}", "alla"): 5000.0 + 31 * place + month
        for place in range(20)
        for month in range(1, 5)
    }
    publisher.has_answered(months)
    lie = revised(months, lambda key, old: old * (1.2 if int(key[1]) % 2 else 0.82))
    assert publisher.rules_broken_by(lie).keys() == {"omskriven_historik"}


def test_a_history_raised_by_one_factor_up_to_the_present_is_held(publisher: Publisher) -> None:
    """Restated prices restate the newest year too."""
    publisher.has_answered(population())
    lie = revised(population(), lambda key, old: old * 1.1 if key[2] < "2023" else old)
    assert publisher.rules_broken_by(lie).keys() == {"omskriven_historik"}


@pytest.mark.parametrize("size", [1, 1 / 20_000])
def test_figures_with_the_other_sign_are_held(publisher: Publisher, size: float) -> None:
    """Small counts too, however little they differ."""
    figures = {key: float(round(value * size) + 1) for key, value in population().items()}
    publisher.has_answered(figures)
    found = publisher.rules_broken_by(revised(figures, lambda _, old: -old))
    assert found.keys() == {"omskriven_historik"}


def test_an_answer_without_half_its_rows_is_held(publisher: Publisher) -> None:
    publisher.has_answered(population())
    lie = dict(list(population().items())[::2])
    found = publisher.rules_broken_by(lie)
    assert found.keys() == {"uppgifter_borta"}
    assert "30 av 60 uppgifter finns inte kvar" in found["uppgifter_borta"]


def test_one_of_two_figures_is_half_the_rows(publisher: Publisher) -> None:
    publisher.has_answered({("S", "00", "2022", "a"): 101.5, ("S", "00", "2023", "a"): 99.5})
    assert publisher.rules_broken_by({("S", "00", "2023", "a"): 99.5}).keys() == {"uppgifter_borta"}


def test_an_answer_without_its_older_half_is_held(publisher: Publisher) -> None:
    """No window slides by five years while one comes."""
    publisher.has_answered(population())
    lie = {key: value for key, value in population().items() if key[2] >= "2019"}
    lie |= {(*key[:2], "2024", key[3]): value for key, value in lie.items() if key[2] == "2023"}
    assert publisher.rules_broken_by(lie).keys() == {"uppgifter_borta"}


def test_marks_in_the_place_of_half_the_figures_are_held(publisher: Publisher) -> None:
    publisher.has_answered(population())
    lie = revised(population(), lambda key, old: None if key[3] == "män" else old)
    assert publisher.rules_broken_by(lie).keys() == {"uppgifter_borta"}


def test_an_answer_about_nothing_that_was_asked_before_is_held(publisher: Publisher) -> None:
    publisher.has_answered(population())
    other = {("ANNAT", *key[1:]): value for key, value in population().items()}
    assert "uppgifter_borta" in publisher.rules_broken_by(other)


def test_a_new_year_of_zeros_is_held(publisher: Publisher) -> None:
    publisher.has_answered(population())
    new = {(*key[:2], "2024", key[3]): 0.0 for key in population()}
    assert "6 av 6 nya uppgifter är 0" in publisher.rules_broken_by(population() | new)["nollor"]


def test_a_new_year_in_thousands_is_held(publisher: Publisher) -> None:
    publisher.has_answered(population())
    new = {
        (*key[:2], "2024", key[3]): value / 1000
        for key, value in population().items()
        if key[2] == "2023"
    }
    found = publisher.rules_broken_by(population() | new)
    assert "för en ny period är ungefär en tusendel så stor" in found["skala"]


def test_a_single_figure_is_judged_as_well(publisher: Publisher) -> None:
    only = {("S", "00", "2023", "alla"): 410.5}
    publisher.has_answered(only)
    assert publisher.rules_broken_by(revised(only, lambda _, old: old * 1000)).keys() == {"skala"}
    assert publisher.rules_broken_by(revised(only, lambda _, old: old * 1.02)) == {}


def test_every_message_says_what_to_do_and_how_to_confirm(publisher: Publisher) -> None:
    publisher.has_answered(population())
    lies = (
        dict.fromkeys(population(), 0.0),
        revised(population(), lambda _, old: old * 10),
        dict(list(population().items())[::2]),
        revised(population(), lambda key, old: old * (2 if int(key[2]) % 3 == 0 else 1)),
        {key: population()[(*key[:3], GROUPS[GROUPS.index(key[3]) - 1])] for key in population()},
    )
    said = {rule: text for lie in lies for rule, text in publisher.rules_broken_by(lie).items()}
    assert said.keys() == RULES.keys()
    for rule, text in said.items():
        assert text.startswith("Fil scb/svar.zip: Statistiska centralbyrån (SCB), Folkmängden")
        assert f"[regel {rule}]" in text
        assert "Gör så här: jämför med utgivarens egna sidor." in text
        assert 'avvik confirm "scb/svar.zip" --reason "..."' in text


# What publishers have been seen to do.


def test_a_new_year_passes(publisher: Publisher) -> None:
    publisher.has_answered(population())
    new = {
        (*key[:2], "2024", key[3]): value * 1.02
        for key, value in population().items()
        if key[2] == "2023"
    }
    assert publisher.rules_broken_by(population() | new) == {}


def test_evicted_children_who_are_a_third_of_the_year_before_pass(publisher: Publisher) -> None:
    """38 in 2022, 12 in 2023: Kronofogden's figures for the city."""
    publisher.has_answered({("barn", "0180", "2022", "alla"): 38.0})
    now: Figures = {
        ("barn", "0180", "2022", "alla"): 38.0,
        ("barn", "0180", "2023", "alla"): 12.0,
    }
    assert publisher.rules_broken_by(now) == {}


@pytest.mark.parametrize("months", [(4, 5), (5, 7), (7, 9), (9, 11), (11, 13)])
def test_months_that_come_where_marks_stood_pass(
    publisher: Publisher, months: tuple[int, int]
) -> None:
    """Six downloads of Socialstyrelsen's table for Dalarna, May 2024 to January 2025.

    Households and payments; the table has a row for each month of the year from the start.
    """
    households = (3042, 3010, 3033, 3077, 2900, 2991, 3004, 2974, 2929, 2937, 2966, 3031)

    def known_until(month: int) -> Figures:
        return {
            ("hushåll", "20", f"2024-{number:02}", "alla"): float(value) if number < month else None
            for number, value in enumerate(households, start=1)
        }

    before, after = months
    publisher.has_answered(known_until(before))
    assert publisher.rules_broken_by(known_until(after)) == {}


def test_a_total_that_is_recounted_by_four_per_cent_passes(publisher: Publisher) -> None:
    """The city's children in placement 2011-2013, in table B166 and then in B167."""
    before = dict(zip(("2011", "2012", "2013"), (1478.0, 1513.0, 2164.0), strict=True))
    after = dict(zip(("2011", "2012", "2013"), (1419.0, 1455.0, 2087.0), strict=True))
    publisher.has_answered({("summa", "0180", year, "alla"): n for year, n in before.items()})
    now: Figures = {("summa", "0180", year, "alla"): n for year, n in after.items()}
    assert publisher.rules_broken_by(now) == {}


def test_a_town_whose_missing_part_is_put_right_passes(publisher: Publisher) -> None:
    """Malmö, February 2017: 4201 households while a part was missing, beside 4858 in January."""
    others = {
        ("hushåll", f"{1200 + n}", month, "alla"): 300.0 + 7 * n
        for n in range(20)
        for month in ("2017-01", "2017-02")
    }
    before = others | {("hushåll", "1280", "2017-02", "alla"): 4201.0}
    publisher.has_answered(before)
    assert (
        publisher.rules_broken_by(before | {("hushåll", "1280", "2017-02", "alla"): 4860.0}) == {}
    )


def test_fixed_prices_restated_by_the_year_s_inflation_pass(publisher: Publisher) -> None:
    """Consumer prices rose by 8.4 per cent in 2022, as a yearly mean (SCB)."""
    publisher.has_answered(population())
    assert publisher.rules_broken_by(revised(population(), lambda _, old: old * 1.084)) == {}


def test_an_index_with_another_base_year_is_held(publisher: Publisher) -> None:
    """From 1980 = 100 to 2020 = 100."""
    publisher.has_answered(population())
    lie = revised(population(), lambda _, old: old * 100 / 336.9)
    assert publisher.rules_broken_by(lie).keys() == {"skala"}


def test_a_window_of_years_that_slides_passes(publisher: Publisher) -> None:
    publisher.has_answered(population())
    now = {
        (*key[:2], str(int(key[2]) + 1), key[3]): population().get(
            (*key[:2], str(int(key[2]) + 1), key[3]), value
        )
        for key, value in population().items()
    }
    assert publisher.rules_broken_by(now) == {}


def test_two_years_of_months_pass_into_the_next_year(publisher: Publisher) -> None:
    """In January twelve months leave and one comes."""

    def months(first: int, count: int) -> Figures:
        return {
            ("hushåll", "0180", f"{first + n // 12}-{n % 12 + 1:02}", "alla"): 3000.0 + n
            for n in range(count)
        }

    publisher.has_answered(months(2022, 24))
    now = {key: 3012.0 + n for n, key in enumerate(months(2023, 13))}
    assert publisher.rules_broken_by(now) == {}


def test_another_table_of_the_dataset_is_not_held_against_it(publisher: Publisher) -> None:
    publisher.has_answered(population(), table="b166")
    shrunk = revised(population(), lambda _, old: old / 1000)
    assert publisher.rules_broken_by(shrunk, table="b167") == {}
    assert publisher.rules_broken_by(shrunk, table="b166").keys() == {"skala"}


def test_periods_that_a_publisher_of_recent_ones_leaves_out_stand(publisher: Publisher) -> None:
    publisher.dataset = publisher.dataset.model_copy(update={"delivers": "recent"})
    publisher.has_answered(population())
    newest = {key: value for key, value in population().items() if key[2] == "2023"}
    assert publisher.rules_broken_by(newest) == {}
    assert publisher.rules_broken_by(revised(newest, lambda _, old: old * 10)).keys() == {"skala"}


def test_only_what_came_before_counts(publisher: Publisher) -> None:
    publisher.has_answered(revised(population(), lambda _, old: old * 10), sequence=5)
    assert publisher.rules_broken_by(population(), sequence=3) == {}
    assert publisher.rules_broken_by(population(), sequence=6).keys() == {"skala"}


# Sizes that a revision has: all of history within 4 per cent, the two newest years within 20, and
# noise of at most 3 in counts.
@settings(max_examples=15, deadline=None)
@given(
    history=st.lists(st.floats(0.96, 1.04), min_size=60, max_size=60),
    recent=st.lists(st.floats(0.85, 1.15), min_size=60, max_size=60),
    noise=st.lists(st.integers(-3, 3), min_size=60, max_size=60),
)
def test_any_revision_of_ordinary_size_passes(
    connection: duckdb.DuckDBPyConnection,
    history: list[float],
    recent: list[float],
    noise: list[int],
) -> None:
    connection.execute(f"delete from {TABLE}")
    publisher = Publisher(connection, load_registry()[0])
    publisher.has_answered(population())
    now = {
        key: float(round(value * (recent[n] if key[2] >= "2022" else history[n]))) + noise[n]
        for n, (key, value) in enumerate(population().items())
    }
    assert publisher.rules_broken_by(now) == {}


@settings(max_examples=15, deadline=None)
@given(
    part=st.floats(0.3, 1.0),
    factor=st.sampled_from([0.0, 0.001, 0.01, 0.1, 10.0, 100.0, 1000.0]),
    order=st.randoms(use_true_random=False),
)
def test_a_third_of_the_figures_on_another_scale_never_passes(
    connection: duckdb.DuckDBPyConnection, part: float, factor: float, order: object
) -> None:
    connection.execute(f"delete from {TABLE}")
    publisher = Publisher(connection, load_registry()[0])
    publisher.has_answered(population())
    keys = list(population())
    order.shuffle(keys)  # type: ignore[attr-defined]
    chosen = set(keys[: round(part * len(keys))])
    lie = revised(population(), lambda key, old: old * factor if key in chosen else old)
    assert publisher.rules_broken_by(lie)
    assert isclose(len(chosen) / len(keys), part, abs_tol=0.01)

"""An identity number that hides in a text is found, however it is written."""

import duckdb
import pytest

from orchestration.registers.text_identity import holds_identity_sql

# Birth number 980 to 999 is nobody's; the check digits are worked by hand (870512-982 gives 6).
HIDDEN = [
    "198705129826",
    "19870512-9826",
    "870512-9826",
    "870512+9826",
    "8705129826",
    "BV-198705129826",
    "A198705129826B",
    "ärende 870512-9826, brådskande",
    "2023-870512-9826-1",
    "111111-1111 870512-9826",
    # 870572-982: the day plus 60, and the check digit that follows.
    "198705729823",
    "000229-9816",
]
HARMLESS = [
    "",
    "A-1",
    "M000000123",
    "198705129827",
    "870512-9827",
    "8713129826",
    "87051298261",
    "1198705129826",
    "123198705129826",
    "2023-05-12",
]


def luhn(nine: str) -> int:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(nine)]
    return -sum(each // 10 + each % 10 for each in doubled) % 10


def holds(text: str | None, *, ten_digits: bool = True) -> bool | None:
    sql = holds_identity_sql("text", ten_digits=ten_digits)
    with duckdb.connect() as connection:
        [(found,)] = connection.execute(
            f"select {sql} from (select $text::varchar as text)", {"text": text}
        ).fetchall()
    return bool(found)


def test_the_numbers_of_this_test_are_what_they_are_said_to_be() -> None:
    assert [luhn(nine) for nine in ("870512982", "870572982", "000229981")] == [6, 3, 6]


@pytest.mark.parametrize("text", HIDDEN)
def test_a_hidden_number_is_found(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_number_is_let_be(text: str) -> None:
    assert not holds(text)


def test_ten_digits_may_be_declared_a_serial_number() -> None:
    assert not holds("8705129826", ten_digits=False)
    assert holds("870512-9826", ten_digits=False)
    assert holds("198705129826", ten_digits=False)


def test_few_serial_numbers_look_like_somebodys() -> None:
    """The chance of a date and of a right check digit: 0.4 percent of ten random digits."""
    sql = holds_identity_sql("text", ten_digits=True)
    with duckdb.connect() as connection:
        [(share,)] = connection.execute(
            f"select avg(({sql})::integer) from (select lpad((hash(number) % 10000000000)::varchar,"
            " 10, '0') as text from range(100000) as numbers (number))"
        ).fetchall()
    assert 0.002 < share < 0.012

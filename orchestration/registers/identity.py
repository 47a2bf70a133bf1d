"""Identity numbers as SQL: which kind a text is, the birth date it carries, and where one hides.

Rules by Skatteverket: personnummer SKV 704 (birth numbers 001 to 999, Luhn check digit over the
last ten digits), samordningsnummer SKV 707 (the day plus 60, and month or day may be 0 when the
birth date is not known). Interim and reserve ids (`20000101-T220`, `YYYYMMDD-TF10`) are a kind of
their own. Ten-digit numbers are refused in an identity column, where their century is a guess, and
found in a text, where it does not matter. Pseudonyms belong in `pseudonyms`, numbers in the names
of files in `orchestration.shown`.
"""

import unicodedata

_SAMORDNING_OFFSET = 60


# The letters of interim numbers; a second letter, as in TF10, is a reserve id of social services.
_RESERVE = "[TRSUWXJKLMN][A-Z0-9][0-9]{2}"


def normalised_sql(value: str) -> str:
    """SQL for the one way in which an identity is written before it becomes a pseudonym.

    Twelve digits lose the sign before the last four (`+` for who has turned a hundred); a reserve
    id gets its hyphen where it is left out.

    Args:
        value: A SQL expression of type varchar, without blanks around it.

    Returns:
        A SQL expression of type varchar.
    """
    return (
        f"case when regexp_full_match({value}, '[0-9]{{8}}[-+][0-9]{{4}}')"
        f" then left({value}, 8) || right({value}, 4)"
        f" when regexp_full_match({value}, '[0-9]{{8}}{_RESERVE}')"
        f" then left({value}, 8) || '-' || right({value}, 4) else {value} end"
    )


def _luhn_sql(value: str) -> str:
    # Digits 3 to 12 of the twelve; every other one, from the third, counts double.
    terms = []
    for position in range(3, 13):
        digit = f"(ascii(substr({value}, {position}, 1)) - 48)"
        if position % 2:
            terms.append(f"({digit} * 2 - case when {digit} > 4 then 9 else 0 end)")
        else:
            terms.append(digit)
    return f"({' + '.join(terms)}) % 10 = 0"


def kind_sql(value: str) -> str:
    """SQL for the kind of a normalised identity.

    Args:
        value: A SQL expression of type varchar, normalised by `normalised_sql`.

    Returns:
        A SQL expression: `personnummer`, `samordningsnummer`, `reservnummer` or null.
    """
    day = f"substr({value}, 7, 2)"
    month = f"substr({value}, 5, 2)"
    return f"""case
        when regexp_full_match({value}, '[0-9]{{8}}-{_RESERVE}') then 'reservnummer'
        when not regexp_full_match({value}, '(18|19|20)[0-9]{{10}}') then null
        when substr({value}, 9, 3) = '000' then null
        when not {_luhn_sql(value)} then null
        when try_cast({_date_sql(value)} as date) is not null then 'personnummer'
        when {day} between '60' and '91' and {month} between '00' and '12'
            then 'samordningsnummer'
    end"""


def _date_sql(value: str) -> str:
    return (
        f"(substr({value}, 1, 4) || '-' || substr({value}, 5, 2) || '-' || substr({value}, 7, 2))"
    )


def birth_date_sql(value: str) -> str:
    """SQL for the birth date that an identity carries.

    Args:
        value: A SQL expression of type varchar, normalised by `normalised_sql`.

    Returns:
        A SQL expression of type date; null where the number carries no real date.
    """
    day = f"try_cast(substr({value}, 7, 2) as integer)"
    shifted = (
        f"(substr({value}, 1, 4) || '-' || substr({value}, 5, 2) || '-'"
        f" || lpad(({day} - {_SAMORDNING_OFFSET})::varchar, 2, '0'))"
    )
    return (
        f"coalesce(try_cast({_date_sql(value)} as date),"
        f" case when {day} > {_SAMORDNING_OFFSET} then try_cast({shifted} as date) end)"
    )


def is_man_sql(value: str) -> str:
    """SQL for whether an identity is a man's: the last digit of the birth number is odd.

    Args:
        value: A SQL expression of type varchar, normalised by `normalised_sql`.

    Returns:
        A SQL expression of type boolean; null for a reserve id, which does not tell.
    """
    return (
        f"case when regexp_full_match({value}, '[0-9]{{12}}')"
        f" then substr({value}, 11, 1) in ('1', '3', '5', '7', '9') end"
    )


def _other_digits() -> list[str]:
    """For each digit, the other signs that stand for it: other scripts', full-width, raised."""
    others = [""] * 10
    for code in range(128, 0x110000):
        digit = unicodedata.digit(chr(code), None)
        if digit is not None:
            others[digit] += chr(code)
    return others


_OTHER_DIGITS = _other_digits()
# What a web page writes for a blank or a dash: it parts, and has letters or digits in it.
_ENTITY = "&(?:[A-Za-z]{2,8}|#[0-9]{1,5}|#x[0-9A-Fa-f]{1,5});"
# What is no letter and no digit parts a text, be it a dash, a bracket, a line break or a sign that
# cannot be seen, and may stand anywhere within a number.
_PARTS = "[0-9]+|\\pL+"
_MOST_PARTS = 12
# A reserve id without its century has eight digits.
_SHORTEST = 8
_ENOUGH = f"(?:\\pN\\PN*){{{_SHORTEST}}}"


def _number(apart: str, century: str) -> str:
    """A number as a pattern, with what may stand between its signs."""
    month = f"(?:0{apart}[0-9]|1{apart}[0-2])"
    day = f"(?:[0-2]{apart}[0-9]|3{apart}[01]|[6-8]{apart}[0-9]|9{apart}[01])"
    last = f"(?:[0-9]{apart}[0-9]|[TRSUWXJKLMNtrsuwxjklmn]{apart}[A-Za-z0-9])"
    signs = apart.join(["[0-9]", "[0-9]", month, day, last, "[0-9]", "[0-9]"])
    return f"(?:(?:1{apart}[89]|2{apart}0){apart}){century}{signs}"


# What every text has that hides a number: quick to look for, and some that hide none have it too.
# All but ASCII letters and digits part here, since DuckDB is slow to look for other letters.
_SHAPE = f"(?:^|[^0-9]){_number('[^0-9A-Za-z]*', '?')}(?:[^0-9]|$)"


def hides_identity_sql(value: str) -> str:
    """SQL for whether a free text holds somebody's identity number, in whatever way it is written.

    The date and the check digit decide. Anything but letters and digits may stand between the
    digits; digits within a longer row of digits are no number.

    Args:
        value: A SQL expression of type varchar.

    Returns:
        A SQL expression of type boolean.
    """
    replaced, others = "text", "".join(_OTHER_DIGITS)
    for digit, signs in enumerate(_OTHER_DIGITS):
        replaced = f"regexp_replace({replaced}, '[{signs}]', '{digit}', 'g')"
    digits = f"case when regexp_matches(text, '[{others}]') then {replaced} else text end"
    following = ", ".join(f"parts[first + {more}]" for more in range(_MOST_PARTS))
    windows = (
        f"flatten(list_transform([regexp_extract_all(text, '{_PARTS}')], lambda parts:"
        " list_transform(range(1, len(parts) + 1), lambda first:"
        f" concat_ws(' ', {following}))))"
    )
    numbers = (
        f"flatten(list_transform({windows}, lambda joined: ["
        f"regexp_extract(joined, '^({_number(' ?', '')})(?: |$)', 1), '20' || "
        f"nullif(regexp_extract(joined, '^({_number(' ?', '{0}')})(?: |$)', 1), '')]))"
    )
    found = (
        f"list_transform([regexp_replace({value}, '{_ENTITY}', ' ', 'g')], lambda text: {digits})"
    )
    found = (
        f"flatten(list_transform({found}, lambda text:"
        f" case when regexp_matches(text, '{_SHAPE}') then {numbers} else [] end))"
    )
    found = f"list_filter({found}, lambda number: number <> '')"
    found = f"list_transform({found}, lambda number: upper(replace(number, ' ', '')))"
    found = f"list_transform({found}, lambda number: {normalised_sql('number')})"
    is_identity = (
        f"({kind_sql('number')}) is not null"
        f" and (right(number, 4) < ':' or {birth_date_sql('number')} is not null)"
    )
    # Cases stop where they are true; what follows an `and` would be worked out for every row. What
    # nearly every text is, in ASCII and without a number's shape, costs next to nothing.
    return (
        f"case when length({value}) < {_SHORTEST} then false"
        f" when not regexp_matches({value}, '{_ENOUGH}') then false"
        f" when case when strlen({value}) > length({value}) or contains({value}, '&') then false"
        f" else not regexp_matches({value}, '{_SHAPE}') end then false"
        f" else len(list_filter({found}, lambda number: {is_identity})) > 0 end"
    )

"""Identity numbers as SQL: which kind a text is, and the birth date it carries.

Rules by Skatteverket: personnummer SKV 704 (Luhn check digit over the last ten digits),
samordningsnummer SKV 707 (the day plus 60, and month or day may be 0 when the birth date is not
known). Reserve ids (`YYYYMMDD-TF10`, `YYYYMMDD-T123`) are a kind of their own. Ten-digit numbers
are refused: their century is a guess. Pseudonyms belong in `pseudonyms`.
"""

_SAMORDNING_OFFSET = 60


def normalised_sql(value: str) -> str:
    """SQL that strips blanks, and the hyphen of a twelve-digit number.

    Args:
        value: A SQL expression of type varchar.

    Returns:
        A SQL expression of type varchar.
    """
    bare = f"replace({value}, ' ', '')"
    return (
        f"case when regexp_full_match({bare}, '[0-9]{{8}}-[0-9]{{4}}')"
        f" then replace({bare}, '-', '') else {bare} end"
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
        when regexp_full_match({value}, '[0-9]{{8}}-T[A-Z0-9][0-9]{{2}}') then 'reservnummer'
        when not regexp_full_match({value}, '(18|19|20)[0-9]{{10}}') then null
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

"""Identity numbers as SQL: which kind a text is, the birth date it carries, and where one hides.

Rules by Skatteverket: personnummer SKV 704 (birth numbers 001 to 999, Luhn check digit over the
last ten digits), samordningsnummer SKV 707 (the day plus 60, and month or day may be 0 when the
birth date is not known). Interim and reserve ids (`20000101-T220`, `YYYYMMDD-TF10`) are a kind of
their own. Ten-digit numbers are refused: their century is a guess. Pseudonyms belong in
`pseudonyms`.
"""

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


# Ten or twelve digits that read as a date and four more, whatever their check digit: a misspelt
# number is a person's too. Blanks and signs may part them; other digits around them may not.
_HIDDEN = (
    "(^|[^0-9])((18|19|20)?[0-9]{2}(0[0-9]|1[0-2])([0-2][0-9]|3[01]|[6-8][0-9]|9[01])"
    "[-+ ]?([0-9]{4}|" + _RESERVE + "))([^0-9]|$)"
)
_SHORTEST = 10


def hides_identity_sql(value: str) -> str:
    """SQL for whether a free text may hold somebody's identity number.

    Args:
        value: A SQL expression of type varchar.

    Returns:
        A SQL expression of type boolean.
    """
    # A case stops at the length; what follows an `and` would be worked out for every row.
    return (
        f"case when length({value}) < {_SHORTEST} then false"
        f" else regexp_matches({value}, '{_HIDDEN}') end"
    )

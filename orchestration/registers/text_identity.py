"""Identity numbers that stand in a text, as SQL: in a case id, a street address, a remark.

Looks for the ways in which people write such a number, as a whole run of digits, and asks
`identity` whether it is one. What becomes of the row belongs in `loading`.
"""

from orchestration.registers.identity import kind_sql

_SHORTEST = 10
_SIGN = "[-+]"
_LONG = "[0-9]{8}-?[0-9]{4}"
_SHORT_WITH_SIGN = f"[0-9]{{6}}{_SIGN}[0-9]{{4}}"
_SHORT = "[0-9]{10}"


def holds_identity_sql(text: str, *, ten_digits: bool) -> str:
    """SQL for whether a text holds an identity number.

    Twelve digits, `YYYYMMDD-NNNN`, `YYMMDD-NNNN` and `YYMMDD+NNNN` count, and ten digits by
    themselves if asked for, with a date (a samordningsnummer's too) and a right check digit. Of
    ten-digit serial numbers, one in some 250 looks like that by chance.

    Args:
        text: A SQL expression of type varchar.
        ten_digits: Whether ten digits without a sign count.

    Returns:
        A SQL expression of type boolean; null where the text is null.
    """
    forms = "|".join([_LONG, _SHORT_WITH_SIGN, *([_SHORT] if ten_digits else [])])
    # Each sign that parts two numbers is doubled, so that both have one of their own beside them.
    spread = f"regexp_replace({text}, '([^0-9])', '\\1\\1', 'g')"
    spread_forms = forms.replace(_SIGN, "(?:--|[+][+])").replace("-?", "(?:--)?")
    found = f"(?:^|[^0-9])({spread_forms})(?:[^0-9]|$)"
    bare = f"list_transform(regexp_extract_all({spread}, '{found}', 1),"
    bare += " lambda number: regexp_replace(number, '[^0-9]', '', 'g'))"
    centuries = " or ".join(
        f"{kind_sql(candidate)} is not null"
        for candidate in ("number", "('19' || number)", "('20' || number)")
    )
    # A case stops at the first test that settles it; what follows an `and` is always worked out.
    return (
        f"case when length({text}) < {_SHORTEST} then false"
        f" when not regexp_matches({text}, '(^|[^0-9])({forms})([^0-9]|$)') then false"
        f" else len(list_filter({bare}, lambda number: {centuries})) > 0 end"
    )

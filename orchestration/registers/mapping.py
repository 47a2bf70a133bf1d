"""How a municipality's own export becomes the contract's form, cell by cell, as SQL.

A mapping says what the file and its columns are called, how it is written, and what its codes
stand for. A cell that the mapping cannot translate comes through changed so little that the
ordinary rule of its column reports it; it is never guessed. Reading the municipality's file
belongs in `municipality`, finding out what a delivered file is in `layout`.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from orchestration.registers.breaches import Breach
from orchestration.registers.contract import Column, ColumnType, Contract
from orchestration.registers.typed import DATE, NUMBER, TRUTH, UNREADABLE, Kind, Source

# Cells are stripped of blanks before they are compared, so what they are compared with is too.
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

_DELIMITERS = {"semicolon": ";", "comma": ",", "tab": "\t", "pipe": "|"}
_DELIMITERS_SV = {
    "semicolon": "semikolon",
    "comma": "komma",
    "tab": "tabb",
    "pipe": "lodstreck",
}
_ENCODINGS_SV = {
    "either": "UTF-8, Windows-1252 eller UTF-16 med BOM",
    "utf-8": "UTF-8",
    "windows-1252": "Windows-1252",
}

# What a date form is made of: each part with its digits.
_PARTS = {"YYYY": r"([0-9]{4})", "MM": r"([0-9]{2})", "DD": r"([0-9]{2})"}
_PART = re.compile("|".join(_PARTS))
_PARTS_SV = {"YYYY": "ÅÅÅÅ", "MM": "MM", "DD": "DD"}
_BETWEEN = re.compile(r"[-./ ]?")

_FILE_PART = re.compile(r"\{(YYYY|MM)\}|\*")
_FILE_PARTS = {"YYYY": r"(?P<year>[0-9]{4})", "MM": r"(?P<month>0[1-9]|1[0-2])"}
_ENDINGS = r"\.(?i:csv|txt|tsv|xlsx|parquet)"

# A cell that has a translation, but not for its own value, must not pass for the contract's code.
_UNKNOWN = "?"

# A part of a composed cell: a column of the file, or with `?` whether it says more than nothing.
_PLACE = re.compile(r"\{([^{}?]+)(\?)?\}")
# What a cell holds that is filled in and says nothing: a number of children that is zero.
_NOTHING = "0+"


def _date_form(text: str, needed: tuple[str, ...], allowed: tuple[str, ...]) -> str:
    parts = _PART.findall(text)
    between = _PART.split(text)
    plain = all(_BETWEEN.fullmatch(each) for each in between) and not between[0] + between[-1]
    if len(set(parts)) < len(parts) or not set(needed) <= set(parts) <= set(allowed) or not plain:
        raise ValueError(
            f"formen ska bestå av {', '.join(needed)}, en gång var, med -, ., / eller blanksteg "
            "mellan dem eller ingenting"
        )
    return text


class Form(BaseModel):
    """How an export is written.

    Attributes:
        delimiter: What parts the fields of a text file.
        encoding: How a text file is encoded; `either` finds it out.
        decimal: Decimal sign of numbers; `either` takes both, but no number that they would make
            two of.
        date: How a date is written, of YYYY, MM and DD.
        month: How a month is written, of YYYY and MM; a DD is passed over.
        several: What parts several codes in one cell.
        yes: Words for yes.
        no: Words for no.
        empty: Words that stand for an empty cell.
        line_end: What each row of a text file ends with: `crlf` where an agreement says so, as a
            file that ends its rows otherwise has been rewritten on its way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    delimiter: Literal["semicolon", "comma", "tab", "pipe"] = "semicolon"
    encoding: Literal["either", "utf-8", "windows-1252"] = "either"
    decimal: Literal["either", "comma", "point"] = "either"
    date: str = "YYYY-MM-DD"
    month: str = "YYYY-MM"
    several: Annotated[str, Field(min_length=1, max_length=3)] = "|"
    yes: tuple[Text, ...] = Field(default=("J",), min_length=1)
    no: tuple[Text, ...] = Field(default=("N",), min_length=1)
    empty: tuple[Text, ...] = ()
    line_end: Literal["any", "crlf"] = "any"

    @field_validator("date")
    @classmethod
    def _whole_date(cls, text: str) -> str:
        return _date_form(text, ("YYYY", "MM", "DD"), ("YYYY", "MM", "DD"))

    @field_validator("month")
    @classmethod
    def _whole_month(cls, text: str) -> str:
        return _date_form(text, ("YYYY", "MM"), ("YYYY", "MM", "DD"))

    @model_validator(mode="after")
    def _words_differ(self) -> Self:
        words = [*self.yes, *self.no, *self.empty]
        if len(set(words)) < len(words):
            raise ValueError("samma ord står två gånger bland yes, no och empty")
        if len(self.yes) > _MANY or len(self.no) > _MANY or len(self.empty) > _MANY:
            raise ValueError(f"högst {_MANY} ord var för yes, no och empty")
        return self

    @property
    def delimiter_sign(self) -> str:
        """The delimiter as it stands in the file."""
        return _DELIMITERS[self.delimiter]

    @property
    def encodings(self) -> tuple[str, ...]:
        """The encodings that are tried, in order."""
        if self.encoding == "either":
            return ("utf-8", "utf-16", "windows-1252")
        return (self.encoding,)


_MANY = 100


class RegisterMapping(BaseModel):
    """How a municipality's export of one register maps to the contract; empty, it is the contract.

    Attributes:
        files: Patterns of the file's name without its ending, of text, `{YYYY}`, `{MM}` and `*`
            (anything); the contract's own unless given.
        columns: The file's column for each of the contract's that is called something else.
        constants: The value, in the contract's form, of each column that is not delivered.
        codes: For a column, what each of the export's codes is called in the contract. Codes that
            are alike in both must be listed too: a code outside the list is a breach.
        form: How the export is written.
        statutory: The file that the law asks for which the export is, by the name of its
            declaration; what the declaration says holds where the municipality says nothing else.
        header: What the columns of a text file are called, in their order, where no header says so.
        further: Whether more fields than those of `header` may follow; they are left unread.
        composed: The text that each of the contract's columns is made of, with a column of the file
            within braces; with `?` after its name it is J or N: whether its cell says more than
            nothing or zeros.
        lacking: Columns of the contract that the export cannot hold. They stay empty.
        own_code: The file's column that holds the municipality's own code on each row, with it.
        of_period: The contract's column, a month, that lies within the file's period on each row.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: tuple[Text, ...] = Field(default=(), max_length=20)
    columns: dict[str, Text] = {}
    constants: dict[str, Text] = {}
    codes: dict[str, dict[Text, Text]] = {}
    form: Form = Form()
    statutory: Text | None = None
    header: tuple[Text, ...] = Field(default=(), max_length=500)
    further: bool = False
    composed: dict[str, Text] = {}
    lacking: tuple[str, ...] = ()
    own_code: dict[Text, Text] = Field(default={}, max_length=1)
    of_period: str | None = None

    @model_validator(mode="after")
    def _header_names_columns_once(self) -> Self:
        if len(set(self.header)) < len(self.header):
            raise ValueError("header: samma namn står två gånger")
        return self

    @field_validator("composed")
    @classmethod
    def _made_of_columns(cls, composed: dict[str, str]) -> dict[str, str]:
        for name, text in composed.items():
            if not _PLACE.search(text) or re.search(r"[{}]", _PLACE.sub("", text)):
                raise ValueError(f"{name}: texten ska ha filens kolumner inom {{ och }}")
        return composed

    @field_validator("files")
    @classmethod
    def _names_hold_a_period(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            parts = [part for part in _FILE_PART.findall(pattern) if part]
            rest = _FILE_PART.sub("", pattern)
            if parts.count("YYYY") != 1 or parts.count("MM") > 1:
                raise ValueError(f"{pattern}: mönstret ska ha {{YYYY}} en gång och {{MM}} högst en")
            if re.search(r"[{}/\\]", rest):
                raise ValueError(f"{pattern}: {{, }}, / och \\ får inte stå i ett filnamn")
        return patterns

    def column_in_file(self, name: str) -> str:
        """What the export calls a column of the contract, or the columns that it is made of."""
        if name in self.composed:
            return " + ".join(self.parts(name))
        return self.columns.get(name, name)

    def parts(self, name: str) -> tuple[str, ...]:
        """The file's columns that a composed column of the contract is made of."""
        return tuple(dict.fromkeys(part[1] for part in _PLACE.finditer(self.composed[name])))

    def without(self, names: Collection[str]) -> "RegisterMapping":
        """The mapping without what it says of some columns."""
        parts: dict[str, object] = {
            part: {name: each for name, each in getattr(self, part).items() if name not in names}
            for part in ("columns", "constants", "codes", "composed")
        }
        parts["lacking"] = tuple(name for name in self.lacking if name not in names)
        return self.model_copy(update=parts)


CONTRACT_FORM = RegisterMapping()


def adapted(contract: Contract, mapping: RegisterMapping) -> Contract:
    """The contract as it holds for an export that cannot hold all of it.

    What is lacking may be empty, and a text that is made of an identity number becomes a pseudonym
    whatever the number looks like.

    Args:
        contract: A version of the register's contract.
        mapping: How the municipality's export maps to it.

    Returns:
        The same version, with the same columns in `raw`.
    """
    numbers = {
        mapping.column_in_file(name)
        for name, column in contract.columns.items()
        if column.type in {"identity", "household"}
    }
    changed: dict[str, Column] = {
        name: contract.columns[name].model_copy(update={"optional": True})
        for name in mapping.lacking
        if name in contract.columns
    }
    changed |= {
        name: contract.columns[name].model_copy(update={"type": "household"})
        for name in mapping.composed
        if name in contract.columns
        and contract.columns[name].type == "text"
        and numbers & set(mapping.parts(name))
    }
    if not changed:
        return contract
    return contract.model_copy(update={"columns": contract.columns | changed})


def problems(contract: Contract, mapping: RegisterMapping, units: frozenset[str]) -> list[str]:
    """What in a mapping does not fit its contract.

    Args:
        contract: The register's contract, newest version.
        mapping: The municipality's mapping of it.
        units: Names of the municipality's boards and central units.

    Returns:
        Swedish sentences; empty where all fits.
    """
    columns = contract.every_column()
    # What is said of a column that is not kept holds for nothing, and harms nothing.
    mapping = mapping.without(contract.not_kept)
    found = [
        f"{part}: registret har ingen kolumn {name}"
        for part, names in (
            ("columns", mapping.columns),
            ("constants", mapping.constants),
            ("codes", mapping.codes),
            ("composed", mapping.composed),
            ("lacking", mapping.lacking),
            ("of_period", (mapping.of_period,) if mapping.of_period else ()),
        )
        for name in names
        if name not in columns
    ]
    if found:
        return found
    found += _origin_problems(contract, mapping)
    found += [
        f"{name} står både i columns och i constants"
        for name in mapping.columns.keys() & mapping.constants.keys()
    ]
    if set(contract.key) <= set(mapping.constants):
        found.append("constants: nyckeln kan inte vara densamma på alla rader")
    for name, value in mapping.constants.items():
        found += _constant_problems(name, columns[name], value, units)
    for name, codes in mapping.codes.items():
        column = columns[name]
        if name in mapping.constants:
            found.append(f"codes: {name} har redan ett värde i constants")
        if column.type not in {"code", "codes", "unit", "area", "text"}:
            found.append(f"codes: {name} har inga koder utan är {column.type_sv}")
            continue
        own = frozenset(codes.values())
        known = {"unit": units, "area": own, "text": own}.get(column.type, frozenset(column.codes))
        found += [
            f"codes: {name}: {code} finns inte i avtalet"
            for code in dict.fromkeys(codes.values())
            if code not in known
        ]
        if column.type == "codes":
            found += [
                f"codes: {name}: en kod får inte innehålla {mapping.form.several}"
                for code in codes
                if mapping.form.several in code
            ]
    allowed = {"year": "{YYYY}", "month": "{YYYY} och {MM}"}
    for pattern in mapping.files:
        period: Literal["month", "year"] = "month" if "{MM}" in pattern else "year"
        if period not in contract.periods:
            needed = " eller ".join(allowed[each] for each in contract.periods)
            found.append(f"files: {pattern}: registret lämnas per {needed}")
    return found


def _origin_problems(contract: Contract, mapping: RegisterMapping) -> list[str]:
    """What in a mapping says of one column that it comes from two places, or from none."""
    found = [
        f"{name} står både i {one} och i {other}"
        for one, other in (
            ("composed", "columns"),
            ("composed", "constants"),
            ("lacking", "columns"),
            ("lacking", "constants"),
            ("lacking", "composed"),
        )
        for name in getattr(mapping, one)
        if name in getattr(mapping, other)
    ]
    found += [
        f"lacking: {name} hör till nyckeln" for name in mapping.lacking if name in contract.key
    ]
    if mapping.of_period and contract.every_column()[mapping.of_period].type != "month":
        found.append(f"of_period: {mapping.of_period} är ingen månad")
    if mapping.further and not mapping.header:
        found.append("further: gäller bara en fil vars kolumner räknas upp i header")
    if mapping.header:
        wanted = {
            "columns": mapping.columns.values(),
            "composed": [part for name in mapping.composed for part in mapping.parts(name)],
            "own_code": mapping.own_code,
        }
        found += [
            f"{part}: {name} står inte i header"
            for part, names in wanted.items()
            for name in dict.fromkeys(names)
            if name not in mapping.header
        ]
    return found


def _constant_problems(name: str, column: Column, value: str, units: frozenset[str]) -> list[str]:
    if column.type in {"identity", "household"}:
        return [f"constants: {name} pekar ut en person eller ett hushåll"]
    known: dict[str, frozenset[str]] = {
        "code": frozenset(column.codes),
        "codes": frozenset(column.codes),
        "unit": units,
        "flag": frozenset({"J", "N"}),
    }
    allowed = known.get(column.type)
    values = value.split("|") if column.type == "codes" else [value]
    if allowed is not None and not set(values) <= allowed:
        return [f"constants: {name}: {value} finns inte i avtalet"]
    return []


def file_period(
    contract: Contract, file_name: str, mapping: RegisterMapping = CONTRACT_FORM
) -> str | None:
    """The period that a file name carries.

    Args:
        contract: The register's contract.
        file_name: The supplier's file name, with or without directories.
        mapping: How the municipality names its files.

    Returns:
        `YYYY` or `YYYY-MM`, or None if the name does not follow the pattern.
    """
    # A Mac writes the marks of letters by themselves; what is compared with may be written so too.
    name = unicodedata.normalize("NFC", Path(file_name).name)
    for pattern in _patterns(contract, mapping):
        if match := re.fullmatch(pattern, name):
            year, month = match["year"], match.groupdict().get("month")
            return year if month is None else f"{year}-{month}"
    return None


def _patterns(contract: Contract, mapping: RegisterMapping) -> list[str]:
    if mapping.files:
        return [_file_pattern(text) + _ENDINGS for text in mapping.files]
    own = {"year": "_{YYYY}", "month": "_{YYYY}-{MM}"}
    return [
        _file_pattern(contract.register_name + own[period]) + _ENDINGS
        for period in contract.periods
    ]


def _file_pattern(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    pattern, place = "", 0
    for part in _FILE_PART.finditer(text):
        pattern += re.escape(text[place : part.start()])
        pattern += _FILE_PARTS[part[1]] if part[1] else "[^/]*"
        place = part.end()
    return pattern + re.escape(text[place:])


def file_names_sv(contract: Contract, mapping: RegisterMapping) -> str:
    """How a register's files are named, in Swedish.

    Args:
        contract: The register's contract.
        mapping: How the municipality names its files.

    Returns:
        The patterns, with ÅÅÅÅ and MM where the period stands.
    """
    own = {"year": "_{YYYY}", "month": "_{YYYY}-{MM}"}
    texts = mapping.files or tuple(contract.register_name + own[each] for each in contract.periods)
    shown = [text.replace("{YYYY}", "<ÅÅÅÅ>").replace("{MM}", "<MM>") for text in texts]
    return " eller ".join(f"{text}.<ändelse>" for text in shown)


def plain_sql(source: Source) -> str:
    """SQL for a cell's text without the mark that says what it was.

    Args:
        source: The cell as it stands in the file.

    Returns:
        A SQL expression of type varchar.
    """
    if source.kind != "mixed":
        return source.sql
    return f"ltrim({source.sql}, '{''.join(_MARKS.values())}')"


def composed_sql(text: str, cells: Mapping[str, str]) -> str:
    """SQL for the text that a composed column is made of.

    Args:
        text: The column's text of `RegisterMapping.composed`.
        cells: SQL for the text of each of the file's columns, by its name.

    Returns:
        A SQL expression of type varchar, null where a cell that it repeats is empty.
    """
    made, place = [], 0
    for part in _PLACE.finditer(text):
        if between := text[place : part.start()]:
            made.append(_literal(between))
        cell = f"nullif(trim({cells[part[1]]}), '')"
        said = f"coalesce(not regexp_full_match({cell}, '{_NOTHING}'), false)"
        made.append(f"case when {said} then 'J' else 'N' end" if part[2] else cell)
        place = part.end()
    if rest := text[place:]:
        made.append(_literal(rest))
    return f"({' || '.join(f'({each})' for each in made)})"


_NUMERIC: frozenset[ColumnType] = frozenset({"decimal", "hours", "number"})
# What a column holds where the file itself says what its cells are.
_KINDS: dict[ColumnType, Kind] = {
    **dict.fromkeys(_NUMERIC, "number"),
    "date": "date",
    "month": "date",
    "flag": "truth",
}
_MARKS: dict[Kind, str] = {"number": NUMBER, "date": DATE, "truth": TRUTH}


def cell_sql(name: str, column: Column, source: Source, mapping: RegisterMapping) -> str:
    """SQL for a cell's text in the contract's form.

    Args:
        name: The contract's column.
        column: What the contract says of it.
        source: The cell as it stands in the file.
        mapping: How the municipality's export maps to the contract.

    Returns:
        A SQL expression of type varchar, null where the cell is empty and `UNREADABLE` where it
        holds what cannot be read.
    """
    form = mapping.form
    own = _KINDS.get(column.type)
    if source.kind == "text":
        return _translated_cell_sql(name, column, _stripped_sql(source.sql, form), mapping)
    if source.kind != "mixed":
        text = _stripped_sql(source.sql, form)
        read = (
            _canonical_sql(text, column)
            if source.kind == own
            else _translated_cell_sql(name, column, text, mapping)
        )
        return f"case when {text} = '{UNREADABLE}' then {text} else {read} end"
    text = _stripped_sql(plain_sql(source), form)
    cases = [f"when {text} = '{UNREADABLE}' then {text}"]
    if own is not None:
        typed = f"starts_with({source.sql}, '{_MARKS[own]}')"
        cases.append(f"when {typed} then {_canonical_sql(text, column)}")
    translated = _translated_cell_sql(name, column, text, mapping)
    return f"case {' '.join(cases)} else {translated} end"


def _stripped_sql(text: str, form: Form) -> str:
    text = f"nullif(trim({text}), '')"
    if form.empty:
        text = f"case when {text} in ({_literals(form.empty)}) then null else {text} end"
    return text


def _canonical_sql(text: str, column: Column) -> str:
    """A cell of the kind that its column holds; the first of a month is that month."""
    return f"regexp_replace({text}, '-01$', '')" if column.type == "month" else text


def _translated_cell_sql(name: str, column: Column, text: str, mapping: RegisterMapping) -> str:
    form = mapping.form
    codes = mapping.codes.get(name)
    if column.type in {"date", "month"}:
        wanted = "YYYY-MM-DD" if column.type == "date" else "YYYY-MM"
        text = _redated_sql(text, form.date if column.type == "date" else form.month, wanted)
    elif column.type in _NUMERIC:
        text = _one_decimal_sign_sql(text, form)
    elif column.type == "flag" and (form.yes, form.no) != (("J",), ("N",)):
        words = {**dict.fromkeys(form.yes, "J"), **dict.fromkeys(form.no, "N")}
        text = _translated_sql(text, {"J": "J", "N": "N", **words})
    elif column.type == "codes":
        text = _several_sql(text, codes, form.several)
    elif codes is not None:
        text = _translated_sql(text, codes)
    return text


def _one_decimal_sign_sql(text: str, form: Form) -> str:
    """Let a cell through as what it is not where its sign may part thousands."""
    if form.decimal == "either":
        # A sign and three digits: thousands to one reader, thousandths to another.
        sign = f"substr({text}, -4, 1)"
        doubtful = f"{sign} = '.' or {sign} = ','"
    else:
        doubtful = f"contains({text}, {_literal('.' if form.decimal == 'comma' else ',')})"
    return f"case when {doubtful} then '{_UNKNOWN}' || {text} else {text} end"


def constant_sql(value: str) -> str:
    """SQL for the text that every row of a column has.

    Args:
        value: The text, in the contract's form.

    Returns:
        A SQL expression of type varchar.
    """
    return f"{_literal(value)}::varchar"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _literals(texts: tuple[str, ...]) -> str:
    return ", ".join(_literal(text) for text in texts)


def _translated_sql(text: str, codes: Mapping[str, str]) -> str:
    cases = " ".join(
        f"when {_literal(theirs)} then {_literal(ours)}" for theirs, ours in codes.items()
    )
    return f"case {text} {cases} else '{_UNKNOWN}' || {text} end"


def _several_sql(text: str, codes: Mapping[str, str] | None, several: str) -> str:
    if codes is None and several == "|":
        return text
    each = "trim(part)" if codes is None else _translated_sql("trim(part)", codes)
    return (
        f"array_to_string(list_transform(string_split({text}, {_literal(several)}),"
        f" lambda part: {each}), '|')"
    )


def _redated_sql(text: str, written: str, wanted: str) -> str:
    if written == wanted:
        return text
    places = {part: place for place, part in enumerate(_PART.findall(written), start=1)}
    between = [re.escape(each) for each in _PART.split(written)]
    parts = [_PARTS[part] for part in _PART.findall(written)]
    pattern = between[0] + "".join(a + b for a, b in zip(parts, between[1:], strict=True))
    target = "-".join(f"\\{places[part]}" for part in wanted.split("-"))
    return f"regexp_replace({text}, {_literal(f'^{pattern}$')}, {_literal(target)})"


def in_own_words(breach: Breach, contract: Contract, mapping: RegisterMapping) -> Breach:
    """Say a breach with the names, codes and forms that the municipality's own file has.

    Args:
        breach: A breach in the contract's words.
        contract: The version of the contract that the file was held against.
        mapping: How the municipality's export maps to it.

    Returns:
        The same breach; its column is still the contract's, and the file's own stands beside it.
    """
    if breach.rule == "annan_kommun":
        return replace(breach, column=" + ".join(mapping.own_code))
    names = breach.column.split(" + ") if breach.column else []
    shown = " + ".join(mapping.column_in_file(name) for name in names)
    return replace(
        breach,
        file_column=shown if shown != (breach.column or "") else None,
        detail=_detail(breach, contract, mapping) or breach.detail,
    )


def _detail(breach: Breach, contract: Contract, mapping: RegisterMapping) -> str:
    form = mapping.form
    signs = {
        "either": "komma eller punkt; med tre siffror efter tecknet går talet att läsa på två sätt,"
        " om inte kommunfilen säger vilket tecken som gäller",
        "comma": "komma",
        "point": "punkt",
    }
    details = {
        "filnamn": file_names_sv(contract, mapping),
        "avgransare": f"avgränsaren är {_DELIMITERS_SV[form.delimiter]}",
        "teckenkodning": f"filen ska vara i {_ENCODINGS_SV[form.encoding]}",
        "datum": f"skrivs {date_form_sv(form.date)}",
        "manad": f"skrivs {date_form_sv(form.month)}",
        "ja_nej": f"skrivs {' eller '.join((*form.yes, *form.no))}",
        "tal": f"decimaltecknet är {signs[form.decimal]}",
    }
    if mapping.header:
        more = " eller fler, lika många på alla rader" if mapping.further else ""
        details["antal_falt"] = (
            f"filen har inga rubriker och ska ha {len(mapping.header)} fält på varje rad{more};"
            f" en {_DELIMITERS_SV[form.delimiter]} efter det sista fältet är ett fält för mycket"
        )
    if breach.column in mapping.composed:
        *most, last = mapping.parts(breach.column)
        made_of = f"{', '.join(most)} och {last}" if most else last
        details["kod"] = f"den görs av {made_of}, och en av dem har ett värde som inte ska finnas"
    elif codes := mapping.codes.get(breach.column or ""):
        details["kod"] = f"tillåtna koder: {', '.join(codes)}"
        details["enhet"] = f"kända namn: {', '.join(codes)}"
    return details.get(breach.rule, "")


def date_form_sv(form: str) -> str:
    """A date form as a Swedish reader writes it.

    Args:
        form: A form of YYYY, MM and DD.

    Returns:
        The form with ÅÅÅÅ for the year.
    """
    return _PART.sub(lambda part: _PARTS_SV[part[0]], form)

"""`make lint`: names what stands outside the SQL that means the same on every engine.

    python -m tests.portability.sql_lint

Models, macros, tests and the contracts' checks are rendered without dbt and parsed; a function, a
type or a sign that is not known to be portable is told with file and line. That a query runs on two
engines does not make it portable, so each rule here is about what two engines answer differently.
How SQL looks belongs to sqlfluff, and whether the answers are equal to `make spark`.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment
from sqlglot import exp, parse
from sqlglot.errors import ParseError, SqlglotError

PROJECT = Path(__file__).parents[2] / "dbt_project"
# The macros that hold what engines write differently; nothing else may.
DISPATCHED = "portability.sql"
_NEUTRAL = "dispatched_"
_MARK = re.compile(r"/\*@(\d+):(\d+)\*/")

# The functions that DuckDB and Spark answer alike, missing values and types included.
_FUNCTIONS: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.And, exp.BitwiseCount, exp.BitwiseOrAgg, exp.Case, exp.Cast, exp.Ceil, exp.Coalesce),
        *(exp.ConcatWs, exp.Count, exp.DateFromParts, exp.Extract, exp.Floor, exp.Greatest),
        *(exp.Grouping, exp.If, exp.Lag, exp.Lead, exp.Least, exp.Left, exp.Length, exp.Lower),
        *(exp.Max, exp.Min, exp.Nullif, exp.Or, exp.Pow, exp.Right, exp.Round, exp.RowNumber),
        *(
            exp.SplitPart,
            exp.Sqrt,
            exp.StddevSamp,
            exp.Sum,
            exp.Trim,
            exp.Upper,
            exp.Abs,
            exp.Exists,
        ),
        exp.TimestampTrunc,
        exp.Avg,
    }
)
_NAMED = frozenset({"bit_count"})
_TYPES = frozenset(
    {
        *(exp.DType.BIGINT, exp.DType.BOOLEAN, exp.DType.DATE),
        *(exp.DType.DOUBLE, exp.DType.INT, exp.DType.TEXT),
        *(exp.DType.TIMESTAMPNTZ, exp.DType.VARCHAR),
    }
)
_WHOLE = frozenset({exp.DType.INT, exp.DType.BIGINT})
_TEXT = frozenset({exp.DType.TEXT, exp.DType.VARCHAR})
# A double where some argument is one.
_AS_ITS_ARGUMENTS = (
    *(exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Paren, exp.Neg, exp.Sum, exp.Min, exp.Max),
    *(exp.Nullif, exp.Coalesce, exp.Greatest, exp.Least),
)
# The statements, clauses and signs that are the same, as classes without their kin.
_SIGNS: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.Add, exp.Alias, exp.Between, exp.Boolean, exp.Column, exp.CTE, exp.Distinct, exp.Div),
        *(exp.DPipe, exp.EQ, exp.Except, exp.Filter, exp.From, exp.Group, exp.GroupingSets),
        *(exp.GT, exp.GTE, exp.Having, exp.Identifier, exp.In, exp.Is, exp.Join, exp.Like),
        *(exp.Literal, exp.LT, exp.LTE, exp.Mul, exp.NEQ, exp.Neg, exp.Not, exp.Null),
        *(exp.NullSafeEQ, exp.NullSafeNEQ, exp.Order, exp.Ordered, exp.Paren, exp.Select, exp.Star),
        *(exp.Sub, exp.Subquery, exp.Table, exp.TableAlias, exp.Tuple, exp.Union, exp.Var),
        *(exp.Where, exp.Window, exp.WindowSpec, exp.With, exp.Intersect, exp.DataType),
    }
)


@dataclass(frozen=True, order=True)
class Finding:
    """Something that engines may understand differently.

    Attributes:
        file: Path inside the dbt project.
        line: Line in that file.
        rule: What is wrong, and what to write instead, in Swedish.
    """

    file: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}"


class _Returned(Exception):  # noqa: N818 (dbt's `return`, which is no error)
    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


@dataclass
class _Rendering:
    """The project's macros, and files whose lines are marked in what they render."""

    project: Path
    files: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701
        self.environment.globals |= {
            "adapter": self,
            "config": lambda **_: "",
            "execute": False,
            "ref": lambda name: f"referred.{name}",
            "return": _return,
            "source": lambda schema, name: f"{schema}.{name}",
            "var": str,
        }
        for path in sorted((self.project / "macros").glob("*.sql")):
            self._load(path)

    def dispatch(self, name: str, _package: str) -> Callable[..., str]:
        """What dbt hands to the engine's own macro; here a function of a name that is let pass."""
        return lambda *arguments: f"{_NEUTRAL}{name}({', '.join(map(str, arguments[:1]))})"

    def quote(self, name: str) -> str:
        """A name as the engine quotes it."""
        return f"{_NEUTRAL}{name}"

    def rendered(self, path: Path) -> str:
        """A file's SQL, with marks of where each part of it is written."""
        return self.environment.from_string(self._marked(path)).render()

    def _load(self, path: Path) -> None:
        module = self.environment.from_string(self._marked(path)).module
        for name, macro in vars(module).items():
            if callable(macro) and not name.startswith("_"):
                self.environment.globals[name] = _returning(macro)

    def _marked(self, path: Path) -> str:
        """A template whose literal text says at each line where it is from."""
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"{% test (\w+)\(", r"{% macro test_\1(", text).replace("endtest", "endmacro")
        if path.name == DISPATCHED:
            text = re.sub(r"(?s){% macro (?:default|spark)__.*?endmacro %}", _lines_only, text)
        number = len(self.files)
        self.files.append(str(path.relative_to(self.project)))
        marked = []
        for line, kind, value in self.environment.lex(text):
            if kind == "data":
                lines = value.split("\n")
                marked += [f"/*@{number}:{line + n}*/{one}\n" for n, one in enumerate(lines)]
                marked[-1] = marked[-1].removesuffix("\n")
            else:
                marked.append(value)
        return "".join(marked)


def _lines_only(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n")


def _return(value: object) -> None:
    raise _Returned(value)


def _returning(macro: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any, **named: Any) -> Any:
        try:
            return macro(*arguments, **named)
        except _Returned as returned:
            return returned.value

    return called


class _Text:
    """Rendered SQL without its marks, which still knows where each part was written."""

    def __init__(self, rendered: str, files: Sequence[str]) -> None:
        self._starts = [0]
        self._places = [(0, 1)]
        parts, length, end = [], 0, 0
        for mark in _MARK.finditer(rendered):
            parts.append(rendered[end : mark.start()])
            length += len(parts[-1])
            self._starts.append(length)
            self._places.append((int(mark[1]), int(mark[2])))
            end = mark.end()
        self.sql = "".join([*parts, rendered[end:]])
        self._files = files

    def finding(self, offset: int, rule: str) -> Finding:
        """A rule that is broken at an offset of the SQL."""
        file, line = self._places[bisect_right(self._starts, offset) - 1]
        return Finding(self._files[file], line, rule)

    def findings(self) -> Iterator[Finding]:
        """What in the SQL is not portable."""
        try:
            statements = parse(self.sql, dialect="duckdb")
        except SqlglotError as error:
            told = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
            lines = self.sql.split("\n")[: int(told.get("line") or 1) - 1]
            offset = sum(len(line) + 1 for line in lines) + int(told.get("col") or 1)
            yield self.finding(offset, f"går inte att läsa som SQL ({told.get('description')})")
            return
        for statement in statements:
            for node in statement.walk() if statement else ():
                rule = _broken(node, self.sql)
                if rule:
                    yield self.finding(_offset(node), rule)


def _offset(node: exp.Expr) -> int:
    return min(_positions(node, "start"), default=0)


def _positions(node: exp.Expr, edge: str) -> list[int]:
    """Where the parts of a node stand; of a node without any, those of what it is a part of."""
    whole: exp.Expr | None = node
    while whole is not None:
        found = [int(part.meta[edge]) for part in whole.walk() if edge in part.meta]
        if found:
            return found
        whole = whole.parent
    return []


def _broken(node: exp.Expr, sql: str) -> str | None:
    """The rule that a node breaks, in Swedish; None where it means the same everywhere."""
    for kind, breaks, rule in _RULES:
        if isinstance(node, kind) and breaks(node, sql):
            return rule.format(name=node.name)
    if isinstance(node, exp.Anonymous):
        named = node.name.lower()
        return None if named in _NAMED or named.startswith(_NEUTRAL) else _unknown(named)
    known = type(node) in _PORTABLE
    written = sql[node.meta["start"] : node.meta["end"] + 1] if "end" in node.meta else node.key
    return None if known else _unknown(written)


def _unknown(what: str) -> str:
    return (
        f"{what} står utanför den SQL som betyder samma sak överallt. Gör så här: skriv om, eller"
        f" lägg det i ett dispatch-makro i macros/{DISPATCHED}"
    )


def _says_nulls(node: exp.Expr, sql: str) -> bool:
    end = max(_positions(node, "end"), default=0) + 1
    return bool(re.match(r"(?i)[)\s]*(asc\s+)?nulls\s+(first|last)\b", sql[end:]))


def _is_double(node: exp.Expr | None) -> bool:
    """Whether a number is a double by how it is written; a column may be anything."""
    if isinstance(node, exp.Cast):
        return bool(node.to.this == exp.DType.DOUBLE)
    if isinstance(node, exp.Literal):
        return not node.is_string and "e" in node.name.lower()
    # What is rounded is exact where it becomes a whole number, so `round` is in neither list.
    always = isinstance(node, exp.Sqrt | exp.Pow | exp.StddevSamp | exp.Avg)
    return always or (
        isinstance(node, _AS_ITS_ARGUMENTS) and any(map(_is_double, node.iter_expressions()))
    )


def _is_cast_of_double(node: exp.Expr, kinds: frozenset[exp.DType]) -> bool:
    return isinstance(node, exp.Cast) and node.to.this in kinds and _is_double(node.this)


def _is_cast_to_date(node: exp.Expr | None) -> bool:
    return isinstance(node, exp.Cast) and node.to.this == exp.DType.DATE


_PORTABLE: frozenset[type[exp.Expr]] = _SIGNS | _FUNCTIONS
_Breaks = Callable[[exp.Expr, str], bool]
# Which nodes, when they are not portable, and what is said.
_RULES: tuple[tuple[type[exp.Expr], _Breaks, str], ...] = (
    (
        exp.Concat,
        lambda node, _: type(node) is exp.Concat,
        "concat gör null till tom text i DuckDB och till null i Spark. Gör så här: skriv ||",
    ),
    (
        exp.Identifier,
        lambda node, _: bool(node.args.get("quoted")),
        "\"{name}\" är en text i Spark. Gör så här: skriv {{{{ adapter.quote('{name}') }}}}",
    ),
    (
        exp.Null,
        lambda node, _: isinstance(node.parent, exp.Alias | exp.Select),
        "null utan typ. Gör så här: skriv cast(null as <typ>)",
    ),
    (
        exp.Literal,
        lambda node, _: node.is_string and bool(re.search(r"[\\']", node.name)),
        "en text med \\ eller ' läses olika. Gör så här: lägg den i ett dispatch-makro",
    ),
    (
        exp.Literal,
        lambda node, _: not node.is_string and bool(re.fullmatch(r"\d*\.\d*", node.name)),
        "{name} är ett decimaltal. Gör så här: skriv {name}e0, som är double",
    ),
    (
        exp.Div,
        lambda node, _: not _is_double(node),
        "division utan double ger olika många decimaler. Gör så här: skriv cast(x as double) / y",
    ),
    (
        exp.Avg,
        lambda node, _: not _is_double(node.this),
        "avg av decimaltal är ett decimaltal i Spark. Gör så här: skriv avg(cast(... as double))",
    ),
    (
        exp.Cast,
        lambda node, _: _is_cast_of_double(node, _WHOLE),
        "double blir heltal på olika sätt. Gör så här: skriv cast(round(<tal>) as <typ>)",
    ),
    (
        exp.Cast,
        lambda node, _: _is_cast_of_double(node, _TEXT),
        "double blir text på olika sätt. Gör så här: lägg det i ett dispatch-makro",
    ),
    (
        exp.Ordered,
        lambda node, sql: not node.args.get("desc") and not _says_nulls(node, sql),
        "tomma värden sorteras först i Spark och sist i DuckDB. Gör så här: skriv nulls last",
    ),
    (
        exp.TimestampTrunc,
        lambda node, _: not _is_cast_to_date(node.parent),
        "date_trunc ger en tidpunkt i Spark. Gör så här: skriv cast(date_trunc(...) as date)",
    ),
    (
        exp.DataType,
        lambda node, _: node.this not in _TYPES,
        "typen finns inte i alla motorer. Gör så här: välj en annan, eller ett dispatch-makro",
    ),
    (exp.Distinct, lambda node, _: bool(node.args.get("on")), _unknown("distinct on")),
    (exp.Star, lambda node, _: any(node.args.values()), _unknown("* med undantag")),
    (exp.Group, lambda node, _: bool(node.args.get("all")), _unknown("group by all")),
    (exp.Union, lambda node, _: bool(node.args.get("by_name")), _unknown("union by name")),
)


def _expressions(path: Path) -> Iterator[tuple[int, str]]:
    """SQL that stands in a file of YAML, with its line: checks, and columns that tests count."""
    waiting: list[yaml.Node | None] = [yaml.compose(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value in {"expression", "column_name"}:
                    yield value.start_mark.line + 1, value.value
                waiting.append(value)


def findings(project: Path = PROJECT) -> list[Finding]:
    """What in a dbt project is outside the portable SQL.

    Args:
        project: The project's folder.
    """
    rendering = _Rendering(project)
    found: set[Finding] = set()
    for folder in ("models", "tests"):
        for path in sorted((project / folder).rglob("*.sql")):
            found.update(_Text(rendering.rendered(path), rendering.files).findings())
    for path in sorted((project / "models").rglob("*.yml")):
        name = str(path.relative_to(project))
        for line, expression in _expressions(path):
            # A folded expression begins on the line after its key.
            text = f"/*@0:{line}*/select count(*) from checked where {expression}"
            found.update(_Text(text, [name]).findings())
    return sorted(found)


def main() -> int:
    """Say what was found; 1 where something was."""
    found = findings()
    for finding in found:
        print(f"dbt_project/{finding}")  # noqa: T201 (what a developer asked for)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())

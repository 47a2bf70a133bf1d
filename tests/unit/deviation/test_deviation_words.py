"""The engine ends with claims: no word for a reader stands in it or its methods; no grammar."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "orchestration"
ENGINE = [*sorted((PACKAGE / "deviation").glob("*.py")), *(PACKAGE / "statistics").glob("*.py")]
#: What people have written, carried through as it is.
QUOTED = frozenset({"title_sv", "description_sv", "rationale_sv", "text_sv"})


def spoken(tree: ast.Module) -> Iterator[str]:
    """Texts of a module, but for what it says of itself and to whoever broke it."""
    aside = {
        id(part)
        for node in ast.walk(tree)
        for part in (
            ast.walk(node)
            if isinstance(node, ast.Raise)
            else [node.value]
            if isinstance(node, ast.Expr)
            else []
        )
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in aside:
            yield node.value


def named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        for part in ("id", "attr", "arg", "name"):
            if isinstance(name := getattr(node, part, None), str):
                yield name


def test_no_text_of_the_engine_is_a_sentence_or_swedish() -> None:
    texts = {path.name: list(spoken(ast.parse(path.read_text("utf-8")))) for path in ENGINE}
    told = {
        name: found
        for name, all_of in texts.items()
        # A sentence has spaces; a code, an id or a column has none.
        if (found := [each for each in all_of if " " in each.strip() or set(each) & set("åäöÅÄÖ")])
    }
    assert told == {}
    assert sum(map(len, texts.values())) > 100, "the search finds what is there"


def test_nothing_of_the_engine_is_named_as_swedish_but_what_it_carries_through() -> None:
    found = {
        (path.name, name)
        for path in ENGINE
        for name in named(ast.parse(path.read_text("utf-8")))
        if name.endswith("_sv")
    }
    assert {name for _, name in found} == QUOTED


def test_the_engine_calls_no_grammar() -> None:
    for path in ENGINE:
        assert "orchestration.language" not in path.read_text("utf-8"), path

"""Every parameter of a file of truths changes the registers that it is about."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from orchestration.demo.assistance import write_assistance
from orchestration.demo.children import write_child_cases
from orchestration.demo.city import city_model
from orchestration.demo.disability import write_support
from orchestration.demo.model import Model
from orchestration.demo.people import People, Residents
from orchestration.demo.truths import Truths
from orchestration.demo.violence import write_cases, write_counselling, write_placements
from orchestration.demo.wider import write_substance_use
from orchestration.demo.writing import Exporter
from orchestration.yaml_text import texts_of

DEFAULT = texts_of(Path("orchestration/demo/default_truths.yml").read_text(encoding="utf-8"))
NOBODY = Residents(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
#: Parts of a whole: what one gains another loses.
WHOLES = {"protected.response.with_children", "protected.response.without_children"}
WHOLES |= {"protected.substitution"}
#: Can be nothing but what it is.
FIXED = {"refusal.consistency.eget_agande_bostad"}


class Digest:
    """Stands in for the exporter, and keeps what is written as a digest."""

    def __init__(self) -> None:
        self.seen = hashlib.sha256()

    def __getattr__(self, name: str) -> Callable[..., None]:
        def write(register: str, *rest: Any) -> None:
            self.seen.update(register.encode())
            for table in (each for each in rest if isinstance(each, dict)):
                for column in table.values():
                    self.seen.update(np.ascontiguousarray(column.values).tobytes())

        return write


def written_by(group: str, model: Model) -> str:
    digest = Digest()
    exporter = cast("Exporter", digest)
    people = People(model.generator("personer"))
    match group:
        case "refusal":
            write_assistance(exporter, people, model)
        case "protected" | "stability":
            cases = write_cases(exporter, people, NOBODY, model)
            placed = write_placements(exporter, people, cases, model)
            write_counselling(exporter, people, cases, placed, model)
        case "support":
            write_support(exporter, people, NOBODY, model)
        case "child":
            write_child_cases(exporter, people, model)
        case "equality":
            write_substance_use(exporter, people, NOBODY, model)
    return digest.seen.hexdigest()


@cache
def usual(group: str) -> str:
    return written_by(group, drawn(Truths.default()))


def drawn(truths: Truths) -> Model:
    return city_model(seed=7, scale=0.1, truths=truths, mode="drawn")


def leaves(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*path, name))
        else:
            yield (*path, name)


def changed(path: tuple[str, ...]) -> dict[str, Any]:
    """The value of one parameter as another one that it may have."""
    table = DEFAULT
    for name in path[:-1]:
        table = table[name]
    old = table[path[-1]]
    new: dict[str, Any] = {path[-1]: "2021-03"}
    if old[:2] != "20" or "-" not in old:
        number = float(old)
        new = {path[-1]: number * 0.5 if number else 0.5}
        if ".".join(path[:-1]) in WHOLES:
            other = next(name for name in table if name != path[-1])
            new[other] = float(table[other]) + number - new[path[-1]]
    for name in reversed(path[:-1]):
        new = {name: new}
    return new


@pytest.mark.parametrize(
    "path", [path for path in leaves(DEFAULT) if ".".join(path) not in FIXED], ids=".".join
)
def test_every_parameter_changes_something(path: tuple[str, ...]) -> None:
    truths = Truths.changed(changed(path))
    assert written_by(path[0], drawn(truths)) != usual(path[0])


def test_the_same_truths_write_the_same() -> None:
    assert {written_by(group, drawn(Truths.default())) == usual(group) for group in DEFAULT} == {
        True
    }

"""SCB's statistical database, replayed: PxWebApi 2 with its limits, problem reports and traps.

Serves what is recorded and nothing else: a selection is cut out of a recorded answer, and a code
that is not in it does not exist. What SCB says of its service and of TAB6471 is recorded; what it
would say of the other tables is made from their answers, in the same form.
"""

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

from orchestration.demo.replay.server import RECORDED, Reply, Request, not_found

_FOLDER: Final = RECORDED / "scb"
_SERVICE: Final = _FOLDER / "service"
_JSON: Final = "application/json; charset=UTF-8"
Cube = Mapping[str, Any]


class Scb:
    """Answers as SCB does.

    Args:
        tables: Table id to its whole content, as json-stat2; what is recorded where None.
        config: What the service says of itself; what is recorded where None.
        keeps_its_limit: Whether calls beyond the stated number are turned away. The demonstration
            burdens nobody and is not made to wait.
        clock: Seconds that only grow; replaced in tests.
    """

    def __init__(
        self,
        *,
        tables: Mapping[str, Cube] | None = None,
        config: Mapping[str, Any] | None = None,
        keeps_its_limit: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tables = tables
        self._config = config
        self._keeps_its_limit = keeps_its_limit
        self._clock = clock
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        """Answer one request.

        Args:
            request: What was asked.

        Returns:
            The answer, or a problem report.
        """
        wait = self._wait()
        if wait is not None:
            headers = {"Retry-After": str(math.ceil(wait))}
            return Reply(b"API calls quota exceeded!", "text/plain", 429, headers)
        return self._route(request)

    def _route(self, request: Request) -> Reply:
        match [request.method, *request.path.strip("/").split("/")]:
            case ["GET", "config"]:
                return Reply(self._service("config.json", self._config), _JSON)
            case ["GET", "tables"]:
                return self._list(dict(request.query))
            case ["GET", "tables", table]:
                return self._with(table, lambda cube: Reply(_json(_about(table, cube)), _JSON))
            case ["GET", "tables", table, "metadata"]:
                return self._with(table, lambda cube: Reply(self._metadata(table, cube), _JSON))
            case ["GET" | "POST", "tables", table, "data"]:
                return self._with(table, lambda cube: self._data(table, cube, request), status=400)
        return not_found(request)

    def _list(self, query: Mapping[str, str]) -> Reply:
        if query.get("pageNumber", "1") != "1":
            return _problem("Non-existent page", 404)
        return Reply((_SERVICE / "tables.json").read_bytes(), _JSON)

    def _wait(self) -> float | None:
        """Count a call; seconds until the next one is allowed, where it is one too many."""
        limits = json.loads(self._service("config.json", self._config))
        count, seconds = limits["maxCallsPerTimeWindow"], limits["timeWindow"]
        with self._lock:
            now = self._clock()
            while self._calls and now - self._calls[0] >= seconds:
                self._calls.popleft()
            if self._keeps_its_limit and len(self._calls) >= count:
                return float(seconds - (now - self._calls[0]))
            self._calls.append(now)
            return None

    def _with(self, table: str, then: Callable[[Cube], Reply], *, status: int = 404) -> Reply:
        cube = (_recorded() if self._tables is None else self._tables).get(table)
        if cube is None:
            # A query about an unknown table is 400 on the outside and 404 on the inside.
            return _problem("Non-existent table", 404, sent_as=status)
        return then(cube)

    def _metadata(self, table: str, cube: Cube) -> bytes:
        recorded = _SERVICE / f"{table}_metadata.json"
        if self._tables is None and recorded.exists():
            return recorded.read_bytes()
        return _json({**cube, "value": []})

    def _data(self, table: str, cube: Cube, request: Request) -> Reply:
        selection = json.loads(request.body)["selection"] if request.body else []
        asked = {each["variableCode"]: each["valueCodes"] for each in selection}
        if not set(asked) <= set(cube["id"]):
            return _problem("Non-existent variable")
        chosen, eliminated = [], []
        for variable in cube["id"]:
            dimension = cube["dimension"][variable]
            codes = asked.get(variable)
            if not codes:
                total = dimension.get("extension", {}).get("eliminationValueCode")
                if selection and total is None:
                    return _problem("Missing selection for mandantory variable")
                # Without any selection SCB picks one itself, and says 200.
                codes = [total if total is not None else next(iter(dimension["category"]["index"]))]
                eliminated += [variable] if total is not None or variable == "Region" else []
            if not set(codes) <= set(dimension["category"]["index"]):
                return _problem("Non-existent value")
            chosen.append(codes)
        most = json.loads(self._service("config.json", self._config))["maxDataCells"]
        if math.prod(len(codes) for codes in chosen) > most:
            return _problem("Too many cells selected")
        headers = {"Content-Disposition": f'inline; filename="{table}.json"'}
        return Reply(_json(cut_out(cube, chosen, eliminated)), _JSON, headers=headers)

    def _service(self, name: str, instead: Mapping[str, Any] | None) -> bytes:
        return (_SERVICE / name).read_bytes() if instead is None else _json(instead)


def cut_out(
    cube: Cube, chosen: Sequence[Sequence[str]], eliminated: Sequence[str] = ()
) -> dict[str, Any]:
    """Cut a selection out of a table, in the table's order.

    Args:
        cube: The whole table, as json-stat2.
        chosen: Codes of each variable, in the table's order of variables.
        eliminated: Variables that the answer shall not have, of which one code is chosen.

    Returns:
        The answer, as json-stat2.
    """
    variables = cube["id"]
    order = [
        [code for code in cube["dimension"][variable]["category"]["index"] if code in set(codes)]
        for variable, codes in zip(variables, chosen, strict=True)
    ]
    places = [
        [cube["dimension"][variable]["category"]["index"][code] for code in codes]
        for variable, codes in zip(variables, order, strict=True)
    ]
    steps = [math.prod(cube["size"][n + 1 :]) for n in range(len(variables))]
    cells = [
        sum(place * step for place, step in zip(combination, steps, strict=True))
        for combination in product(*places)
    ]
    kept = [variable for variable in variables if variable not in eliminated]
    status = cube.get("status", {})
    marks = {str(n): status[str(cell)] for n, cell in enumerate(cells) if str(cell) in status}
    answer = {
        **cube,
        "id": kept,
        "size": [
            len(codes) for variable, codes in zip(variables, order, strict=True) if variable in kept
        ],
        "dimension": {
            variable: _only(cube["dimension"][variable], codes)
            for variable, codes in zip(variables, order, strict=True)
            if variable in kept
        },
        "value": [cube["value"][cell] for cell in cells],
    }
    return {**answer, "status": marks} if marks else answer


def _only(dimension: Mapping[str, Any], codes: Sequence[str]) -> dict[str, Any]:
    category = dict(dimension["category"])
    for part in ("label", "unit"):
        if part in category:
            category[part] = {code: category[part][code] for code in codes}
    category["index"] = {code: place for place, code in enumerate(codes)}
    return {**dimension, "category": category}


@cache
def _recorded() -> dict[str, Cube]:
    files = {path.stem.removeprefix("SYNT_"): path for path in _FOLDER.glob("*TAB*.json")}
    return {table: _read(path) for table, path in files.items()}


def _read(path: Path) -> Cube:
    cube: Cube = json.loads(path.read_text(encoding="utf-8"))
    return cube


def _about(table: str, cube: Cube) -> dict[str, Any]:
    """What the list of tables would say of a table, in the form of the recorded list."""
    [time_variable] = cube["role"]["time"]
    periods = list(cube["dimension"][time_variable]["category"]["index"])
    return {
        "language": "sv",
        "id": table,
        "label": cube["label"],
        "description": "",
        "updated": cube["updated"],
        "firstPeriod": periods[0],
        "lastPeriod": periods[-1],
        "category": "public",
        "variableNames": [cube["dimension"][variable]["label"] for variable in cube["id"]],
        "source": cube["source"],
        "discontinued": cube.get("extension", {}).get("discontinued"),
    }


def _problem(title: str, status: int = 400, *, sent_as: int | None = None) -> Reply:
    report = {"type": "Parameter error", "title": title, "status": status}
    return Reply(_json(report), "application/problem+json", sent_as or status)


def _json(answer: object) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


answer = Scb(keeps_its_limit=False).answer

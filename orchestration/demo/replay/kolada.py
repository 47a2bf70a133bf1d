"""Kolada v3, replayed: key figures by path, at most 25 ids a segment, page by page.

Answers from the recorded pages with the publisher's own envelope; a figure that is not recorded is
left out, as Kolada leaves out what it does not have. What is planted on top belongs to the server.
"""

import json
from functools import cache
from typing import Any
from urllib.parse import urlencode

from orchestration.demo.replay.server import RECORDED, Reply, Request, not_found

_LONGEST_SEGMENT = 25
_LARGEST_PAGE = 5000
_JSON = "application/json"


def answer(request: Request) -> Reply:
    """Answer as Kolada does.

    Args:
        request: `/kpi/{ids}` or `/data/kpi/{ids}/municipality/{ids}/year/{years}`.

    Returns:
        A page of the answer, or why there is none.
    """
    match request.path.strip("/").split("/"):
        case ["kpi", kpis]:
            return _page(request, [kpis], _chosen("kpi", ids(kpis)))
        case ["data", "kpi", kpis, "municipality", codes, "year", years]:
            wanted = ids(codes), ids(years)
            cells = [
                cell
                for cell in _chosen("data", ids(kpis))
                if cell["municipality"] in wanted[0] and str(cell["period"]) in wanted[1]
            ]
            return _page(request, [kpis, codes, years], cells)
        case _:
            return not_found(request)


def ids(segment: str) -> list[str]:
    """The ids of a segment of a path."""
    return segment.split(",")


@cache
def _recorded(kind: str) -> list[dict[str, Any]]:
    """All recorded figures (`data`) or definitions (`kpi`)."""
    pages = sorted((RECORDED / "kolada").glob(f"{kind}_*.json"))
    return [value for page in pages for value in json.loads(page.read_bytes())["values"]]


def _chosen(kind: str, kpis: list[str]) -> list[dict[str, Any]]:
    key = "id" if kind == "kpi" else "kpi"
    return [value for value in _recorded(kind) if value[key] in kpis]


def _page(request: Request, segments: list[str], values: list[dict[str, Any]]) -> Reply:
    if any(len(ids(segment)) > _LONGEST_SEGMENT for segment in segments):
        return _json({"detail": "Too many ids"}, 400)
    query = dict(request.query)
    size = min(int(query.get("per_page", _LARGEST_PAGE)), _LARGEST_PAGE)
    number = int(query.get("page", 1))
    chosen = values[(number - 1) * size : number * size]
    return _json(
        {
            "values": chosen,
            "count": len(chosen),
            "next_url": _link(request, number + 1, size) if number * size < len(values) else None,
            "previous_url": _link(request, number - 1, size) if number > 1 else None,
        },
        200,
    )


def _link(request: Request, number: int, size: int) -> str:
    return f"{request.address}{request.path}?{urlencode({'page': number, 'per_page': size})}"


def _json(body: dict[str, Any], status: int) -> Reply:
    return Reply(json.dumps(body, ensure_ascii=False).encode(), _JSON, status)

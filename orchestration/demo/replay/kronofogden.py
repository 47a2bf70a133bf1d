"""Kronofogden's RowStore, replayed: rows of a resource, filtered and page by page.

Each resource holds what is recorded of it, as if that were all. The semicolon files are not here:
Kronofogden keeps scripts from fetching them, so they come as delivered files.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from orchestration.demo.replay.server import RECORDED, Reply, Request, not_found

_RESOURCES: Final[Mapping[str, str]] = {
    "eb9eee0d-0a3a-47e4-af93-af42a11f2a44": "rowstore_skuldsatta_offset43300.json",
    "84b8876c-091a-4b00-a625-918060ce10b9": "rowstore_skuldsanering_syntetisk.json",
    "cca1e1ba-ed4d-411e-be40-abe6f4441fa7": "rowstore_vrakningar_syntetisk.json",
}
_LARGEST_PAGE = 500
_USUAL_PAGE = 100
_JSON = "application/json"


def answer(request: Request) -> Reply:
    """Answer as the RowStore does.

    Args:
        request: `/rowstore/dataset/{uuid}/json` with `_limit`, `_offset` and columns to filter by.

    Returns:
        A page of the rows.
    """
    match request.path.strip("/").split("/"):
        case ["rowstore", "dataset", resource, "json"] if resource in _RESOURCES:
            return _page(request, resource)
        case _:
            return not_found(request)


@cache
def _recorded(resource: str) -> list[dict[str, str]]:
    content = (RECORDED / "kronofogden" / _RESOURCES[resource]).read_bytes()
    rows: list[dict[str, str]] = json.loads(content)["results"]
    return rows


def _page(request: Request, resource: str) -> Reply:
    query = dict(request.query)
    limit = min(int(query.pop("_limit", _USUAL_PAGE)), _LARGEST_PAGE)
    offset = int(query.pop("_offset", 0))
    rows = [row for row in _recorded(resource) if query.items() <= row.items()]
    page: dict[str, Any] = {"resultCount": len(rows), "offset": offset}
    links = {"prev": offset - limit, "next": offset + limit}
    for name, place in links.items():
        if 0 <= place < len(rows):
            paging = urlencode({"_offset": place, "_limit": limit} | query)
            page[name] = f"{request.address}{request.path}?{paging}"
    page |= {"limit": limit, "queryTime": 0, "results": rows[offset : offset + limit]}
    return Reply(json.dumps(page, ensure_ascii=False).encode(), f"{_JSON};charset=UTF-8")

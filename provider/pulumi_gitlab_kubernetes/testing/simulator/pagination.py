"""Offset pagination: one page of rows and the headers that lead to the others.

Follows https://docs.gitlab.com/api/rest/#offset-based-pagination.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

MAX_PER_PAGE = 100
MAX_COUNT = 10_000

_POSITIVE = range(1, 2**31)
PAGE_PARAMS = (
    Param("page", int, default=1, values=_POSITIVE),
    Param("per_page", int, default=20, values=_POSITIVE),
)


def paginate(
    call: Call, sql: str, values: tuple[Any, ...], present: Callable[[Row], Any]
) -> list[Any]:
    """Return one page of a query's rows, presented, and set the pagination headers.

    Args:
        call: the request; its route declares `PAGE_PARAMS`.
        sql: a SELECT with its ORDER BY.
        values: the query's values.
        present: makes a row what GitLab sends.
    """
    page, per_page = call.params["page"], min(call.params["per_page"], MAX_PER_PAGE)
    total = call.store.scalar(f"SELECT count(*) FROM ({sql})", *values)
    pages = max(1, -(-total // per_page))
    rows = call.store.all(f"{sql} LIMIT ? OFFSET ?", *values, per_page, (page - 1) * per_page)
    _set_headers(call, page, per_page, pages, total)
    return [present(row) for row in rows]


def _set_headers(call: Call, page: int, per_page: int, pages: int, total: int) -> None:
    counted = total <= MAX_COUNT
    links = {
        "prev": page - 1 if 1 < page <= pages else None,
        "next": page + 1 if page < pages else None,
        "first": 1,
        "last": pages if counted else None,
    }

    def link(rel: str, number: int) -> str:
        # Every parameter is repeated, the path's own too; that keys are sorted is inferred.
        given = {key: value for key, value in call.given.items() if key != "private_token"}
        query = sorted({**given, "page": number, "per_page": per_page}.items())
        return f'<{call.url}?{urlencode(query, doseq=True)}>; rel="{rel}"'

    headers = {
        "X-Page": page,
        "X-Per-Page": per_page,
        "X-Next-Page": links["next"] or "",
        "X-Prev-Page": links["prev"] or "",
    }
    if counted:
        headers |= {"X-Total": total, "X-Total-Pages": pages}
    call.response_headers.update({name: str(value) for name, value in headers.items()})
    call.response_headers["Link"] = ", ".join(
        link(rel, number) for rel, number in links.items() if number
    )

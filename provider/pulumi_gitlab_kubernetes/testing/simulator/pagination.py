"""Offset pagination: one page of rows, and headers with links to the others.

Follows https://docs.gitlab.com/api/rest/#offset-based-pagination.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from pulumi_gitlab_kubernetes.testing.simulator.auth import CREDENTIALS
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
        call: The request; its route declares `PAGE_PARAMS`.
        sql: A SELECT with ORDER BY.
        values: The query's values.
        present: Returns a row as GitLab sends it.
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
        # Every parameter is repeated as given, including the path's and a `per_page` above the
        # maximum. The sorting of keys is inferred. Unlike GitLab, credentials are not repeated.
        given = {key: value for key, value in call.given.items() if key not in CREDENTIALS}
        query = {**given, "page": number, "per_page": call.params["per_page"]}
        return f'<{call.url}?{urlencode(sorted(_flat(query)))}>; rel="{rel}"'

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


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield Rails' spelling of nested parameters: `a[b]=1`, `a[]=1`."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner, f"{name}[]")
    else:
        yield name, str(value)

"""Offset pagination: headers, links, limits."""

from __future__ import annotations

from typing import Any

import pytest

HEADERS = ("X-Page", "X-Per-Page", "X-Next-Page", "X-Prev-Page", "X-Total", "X-Total-Pages")


@pytest.fixture
def path(root: Any, project: Any) -> str:
    """A list of five."""
    path = f"projects/{project['id']}/environments"
    for number in range(5):
        root("POST", path, {"name": f"env-{number}"})
    return path


@pytest.mark.parametrize(
    ("page", "headers", "links"),
    [
        (1, ("1", "2", "2", "", "5", "3"), {"next": 2, "first": 1, "last": 3}),
        (2, ("2", "2", "3", "1", "5", "3"), {"prev": 1, "next": 3, "first": 1, "last": 3}),
        (3, ("3", "2", "", "2", "5", "3"), {"prev": 2, "first": 1, "last": 3}),
        (9, ("9", "2", "", "", "5", "3"), {"first": 1, "last": 3}),
    ],
)
def test_headers_lead_to_other_pages(
    root: Any, path: str, page: int, headers: Any, links: Any
) -> None:
    """Empty where there is no page; links repeat the path's own parameters, sorted."""
    answer = root("GET", f"{path}?page={page}&per_page=2")
    assert len(answer.json()) == max(0, min(2, 5 - 2 * (page - 1)))
    assert tuple(answer.headers[name] for name in HEADERS) == headers
    assert answer.headers["Link"] == ", ".join(
        f'<{root.url}/{path}?id=1&page={number}&per_page=2>; rel="{rel}"'
        for rel, number in links.items()
    )


def test_an_empty_list_has_one_page(root: Any, project: Any) -> None:
    """Its total is 0."""
    answer = root("GET", f"projects/{project['id']}/cluster_agents")
    assert tuple(answer.headers[name] for name in HEADERS) == ("1", "20", "", "", "0", "1")


def test_limits(root: Any, path: str) -> None:
    """Too much is cut to 100 in silence, too little or no number is refused."""
    assert root("GET", f"{path}?per_page=101").headers["X-Per-Page"] == "100"
    for query, text in (
        ("page=0", "page does not have a valid value"),
        ("per_page=0", "per_page does not have a valid value"),
        ("page=abc", "page is invalid"),
        ("page=0&per_page=x", "page does not have a valid value, per_page is invalid"),
    ):
        refused = root("GET", f"{path}?{query}")
        assert (refused.status_code, refused.json()) == (400, {"error": text})

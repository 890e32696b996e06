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
def test_headers_link_to_other_pages(
    root: Any, path: str, page: int, headers: Any, links: Any
) -> None:
    """They are empty without such a page; links repeat the path's parameters, sorted."""
    response = root("GET", f"{path}?page={page}&per_page=2")
    assert len(response.json()) == max(0, min(2, 5 - 2 * (page - 1)))
    assert tuple(response.headers[name] for name in HEADERS) == headers
    assert response.headers["Link"] == ", ".join(
        f'<{root.url}/{path}?id=1&page={number}&per_page=2>; rel="{rel}"'
        for rel, number in links.items()
    )


def test_an_empty_list_has_one_page(root: Any, project: Any) -> None:
    """Its total is 0."""
    response = root("GET", f"projects/{project['id']}/cluster_agents")
    assert tuple(response.headers[name] for name in HEADERS) == ("1", "20", "", "", "0", "1")


def test_limits(root: Any, path: str) -> None:
    """`per_page` above 100 means 100; values below 1 and text are rejected."""
    assert root("GET", f"{path}?per_page=101").headers["X-Per-Page"] == "100"
    for query, text in (
        ("page=0", "page does not have a valid value"),
        ("per_page=0", "per_page does not have a valid value"),
        ("page=abc", "page is invalid"),
        ("page=0&per_page=x", "page does not have a valid value, per_page is invalid"),
    ):
        rejected = root("GET", f"{path}?{query}")
        assert (rejected.status_code, rejected.json()) == (400, {"error": text})


def test_links_repeat_the_parameters(root: Any, path: str) -> None:
    """Filters, unknown parameters, `per_page` above the maximum; but no credentials."""
    query = "unknown[a]=1&unknown[b][]=2&states=available&per_page=500&private_token="
    response = root("GET", f"{path}?{query}{root.session.headers['PRIVATE-TOKEN']}")
    assert response.headers["Link"].partition(", ")[0] == (
        f"<{root.url}/{path}?id=1&page=1&per_page=500&states=available&unknown%5Ba%5D=1"
        '&unknown%5Bb%5D%5B%5D=2>; rel="first"'
    )


def test_links_keep_an_encoded_path(root: Any, path: str) -> None:
    """It is also repeated as `id`."""
    del path
    response = root("GET", "projects/group%2Fapp/environments?per_page=4")
    where = f"{root.url}/projects/group%2Fapp/environments?id=group%2Fapp&page=2&per_page=4"
    assert response.headers["Link"].startswith(f'<{where}>; rel="next", ')


def test_keyset_pagination_is_ignored(root: Any, path: str) -> None:
    """These lists do not support it; that it is ignored is inferred."""
    response = root("GET", f"{path}?pagination=keyset&per_page=2")
    assert (response.headers["X-Next-Page"], len(response.json())) == ("2", 2)


def test_lists_are_sorted(root: Any, project: Any, path: str) -> None:
    """Agents by name, all others by id."""
    agents = f"projects/{project['id']}/cluster_agents"
    for name in ("b", "c", "a"):
        root("POST", agents, {"name": name})
    assert [agent["name"] for agent in root("GET", agents).json()] == ["a", "b", "c"]
    assert [each["id"] for each in root("GET", path).json()] == [1, 2, 3, 4, 5]

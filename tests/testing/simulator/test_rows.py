"""States that no API call creates, written into the file of a running simulator."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.testing.simulator.api import Api
from tests.testing.simulator.world import KUBERNETES

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulator's file."""
    return tmp_path_factory.mktemp("rows") / "gitlab.db"


@pytest.fixture(scope="module")
def api(data: Path) -> Iterator[Api]:
    """A simulator that uses the file, with a project."""
    with Simulator(data) as simulator:
        caller = Api(simulator.url, simulator.root_token)
        caller("POST", "projects", {"name": "app"})
        caller("POST", "features/certificate_based_clusters", {"value": True})
        yield caller
        caller.session.close()


@pytest.fixture(scope="module")
def write(data: Path) -> Callable[..., None]:
    """Run SQL on the file."""

    def run(sql: str, *values: Any) -> None:
        with sqlite3.connect(data) as connection:
            connection.execute(sql, values)
        connection.close()

    return run


def test_more_than_ten_thousand_rows_are_not_counted(api: Api, write: Callable[..., None]) -> None:
    """Then there is no total and no last page; with one row less, there are both."""
    path = "projects/1/environments"
    assert api("POST", path, {"name": "first"}).status_code == 201
    write(
        "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) "
        "INSERT INTO environments (project_id, name, slug, tier, auto_stop_setting, created_at, "
        "updated_at) SELECT 1, 'e' || i, 'e' || i, 'other', 'always', e.created_at, e.updated_at "
        "FROM n, environments e WHERE e.id = 1"
    )
    many = api("GET", f"{path}?page=3&per_page=1")
    assert not {"X-Total", "X-Total-Pages"} & set(many.headers)
    assert [many.headers[f"X-{name}"] for name in ("Page", "Next-Page", "Prev-Page")] == list("342")
    assert [link[-6:-1].strip('"=') for link in many.headers["Link"].split(", ")] == [
        "prev", "next", "first",
    ]  # fmt: skip
    assert api("POST", f"{path}/2/stop").status_code == 200
    assert api("DELETE", f"{path}/2").status_code == 204
    counted = api("GET", f"{path}?per_page=100")
    assert (counted.headers["X-Total"], counted.headers["X-Total-Pages"]) == ("10000", "100")
    assert 'page=100&per_page=100>; rel="last"' in counted.headers["Link"]


def test_tokens_are_listed_by_their_last_use(api: Api, write: Callable[..., None]) -> None:
    """The latest first, unused ones at the end, then by id."""
    api("POST", "projects/1/cluster_agents", {"name": "edge"})
    path = "projects/1/cluster_agents/1/tokens"
    api("POST", path, {"name": "1"})
    write(
        "INSERT INTO cluster_agent_tokens (agent_id, name, digest, created_at) "
        "SELECT 1, n.value, n.value, t.created_at FROM json_each('[2, 3, 4]') n, "
        "cluster_agent_tokens t WHERE t.id = 1"
    )
    for number, moment in ((2, "2026-01-01T00:00:00.000Z"), (3, "2026-02-01T00:00:00.000Z")):
        write(
            "UPDATE cluster_agent_tokens SET last_used_at = ?1, last_used_written_at = ?1 "
            "WHERE id = ?2",
            moment,
            number,
        )
    assert [token["id"] for token in api("GET", path).json()] == [3, 2, 1, 4]


def test_a_cluster_created_by_gitlab_keeps_its_connection(
    api: Api, write: Callable[..., None]
) -> None:
    """API URL, token, certificate and name are rejected, the namespace changes."""
    given = {"name": "c", "platform_kubernetes_attributes": KUBERNETES}
    made = api("POST", "projects/1/clusters/user", given).json()
    path = f"projects/1/clusters/{made['id']}"
    write("UPDATE clusters SET provider_type = 'gcp' WHERE id = ?", made["id"])
    managed = {"platform_kubernetes.base": ["Cannot modify managed Kubernetes cluster"]}
    for change in ({"api_url": "https://other.example"}, {"token": "t"}, {"ca_cert": "x"}):
        rejected = api("PUT", path, {"platform_kubernetes_attributes": change})
        assert (rejected.status_code, rejected.json()) == (400, {"message": managed})
    renamed = api("PUT", path, {"name": "d"})
    text = " can not be changed because it's synchronized with provider"
    assert renamed.json() == {"message": {"name": [text]}}
    moved = api("PUT", path, {"platform_kubernetes_attributes": {"namespace": "n"}})
    assert moved.json()["platform_kubernetes"]["namespace"] == "n"
    assert moved.json()["provider_type"] == "gcp"

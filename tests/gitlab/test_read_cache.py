"""The read cache: many reads of one collection take few requests."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import hypothesis
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.conftest import Calls, Project, api
from tests.support.collections import agents_of
from tests.support.dynamic_host import DynamicHost
from tests.support.kinds import collection
from tests.support.plugin_process import plain

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.clients import Clients
from pulumi_gitlab_kubernetes.gitlab.read_cache import Batch, Page
from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

MANY = 130  # Two pages.


class Pages:
    """A list with pages, which counts its requests.

    Args:
        ids: The IDs in the list.
        counted: Whether it returns the number of pages.
        size: The number of IDs per page.
    """

    def __init__(self, ids: Sequence[int], *, counted: bool = True, size: int = 10) -> None:
        self.requests = 0
        self.count = max(1, -(-len(ids) // size))
        self._ids, self._counted, self._size = ids, counted, size

    def __call__(self, number: int) -> Page:
        """Return one page."""
        self.requests += 1
        ids = self._ids[(number - 1) * self._size : number * self._size]
        pages = self.count if self._counted else None
        return Page({id_: {"id": id_} for id_ in ids}, pages, last=number == self.count)


CLIENTS = Clients()


def _cost(pages: Pages, reads: Sequence[int]) -> int:
    cache = Batch()
    singles = [id_ for id_ in reads if cache.find(id_, pages) is None]
    return len(singles) + pages.requests


@hypothesis.settings(max_examples=50)
@given(size=st.integers(0, 200), beyond=st.integers(0, 9), seed=st.randoms(), share=st.floats(0, 1))
@example(size=200, beyond=0, seed=None, share=1)
def test_the_number_of_requests_is_limited_by_the_reads_and_the_pages(
    size: int, beyond: int, seed: Any, share: float
) -> None:
    """For any part of any list, in any order, also if some IDs are not in the list."""
    everything = range(1, size + 1)
    reads = list(range(size + beyond, 0, -1))
    if seed:
        seed.shuffle(reads)
    reads = reads[: round(len(reads) * share)]
    missing = sum(id_ > size for id_ in reads)
    pages = Pages(everything)
    cost = _cost(pages, reads)
    assert cost <= max(len(reads) + 1, 2 * min(len(reads), pages.count) + missing)
    assert cost <= 2 * pages.count + missing
    if len(reads) <= pages.count:
        assert cost <= len(reads) + 1
    assert _cost(Pages(everything, counted=False), reads) <= len(reads) + 1


@pytest.mark.parametrize("size", [1, 2, 9, 10, 11, 100, 2000])
def test_reading_all_in_order_takes_about_as_many_requests_as_pages(size: int) -> None:
    """As a stack does that created them all."""
    pages = Pages(range(size))
    assert _cost(pages, range(size)) == min(size, pages.count + 1)


def test_one_read_of_a_long_list_is_one_request() -> None:
    """Two reads are at most three requests, since the first page may help."""
    assert _cost(Pages(range(1000)), [500]) == 1
    assert _cost(Pages(range(1000)), [500, 600]) == 3


def test_a_write_drops_the_entries() -> None:
    """Also the entries of a request that is still running."""
    cache, pages = Batch(), Pages(range(5))
    cache.find(1, pages)
    assert cache.find(2, pages)
    cache.forget()

    def ask(number: int) -> Page:
        found = pages(number)
        cache.forget()
        return found

    before = pages.requests
    assert cache.find(3, ask) is None
    assert pages.requests == before + 1
    assert cache.find(4, pages) is None or pages.requests == before + 2


@pytest.mark.parametrize(("age", "valid"), [(25.0, True), (30.1, False)])
def test_entries_are_valid_for_30_seconds(
    monkeypatch: pytest.MonkeyPatch, age: float, *, valid: bool
) -> None:
    """As the documentation says, since others may change the resources."""
    cache, pages, clock = Batch(), Pages(range(5)), time.monotonic
    cache.find(1, pages)
    assert cache.find(2, pages)
    assert cache.readable(lambda: True)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + age)
    before = pages.requests
    cache.find(3, pages)
    assert (pages.requests == before) == valid
    assert cache.readable(lambda: False) == valid


def test_a_list_that_fails_is_not_requested_again() -> None:
    """A user may be able to read resources but not to list them, or a page may be too large."""
    cache, numbers = Batch(), []

    def reject(number: int) -> Page:
        numbers.append(number)
        raise GitLabError("403 Forbidden", 403)

    assert [cache.find(id_, reject) for id_ in range(10)] == [None] * 10
    assert numbers == [1]


def test_a_list_that_never_ends_is_given_up() -> None:
    """Each of its pages has a new resource, and announces only one page."""
    cache, numbers = Batch(), []

    def ask(number: int) -> Page:
        numbers.append(number)
        assert number <= 1000
        return Page({number: {}}, 1, last=False)

    assert [cache.find(0, ask) for _ in range(4)] == [None] * 4
    assert numbers == list(range(1, 1001))


def _client(simulator: Simulator, name: str = "gitlab", token: str = "") -> Client:
    settings = {f"{name}:token": token or simulator.root_token, f"{name}:baseUrl": simulator.url}
    return CLIENTS.get(resolve(settings.get, name, {}), print)


@pytest.fixture(scope="module")
def many(simulator: Simulator) -> tuple[int, list[int]]:
    """A project with environments on two pages, and their IDs."""
    group = api(simulator, "POST", "groups", name="many", path="many")["id"]
    project = simulator.api("POST", "projects", name="shop", namespace_id=group)["id"]
    path = f"projects/{project}/environments"
    return project, [
        api(simulator, "POST", path, name=f"review/{number}")["id"] for number in range(MANY)
    ]


def test_several_threads_read_many_with_few_requests(
    host: DynamicHost, many: tuple[int, list[int]], calls: Calls
) -> None:
    """A refresh of 130 environments: one single read, then two pages."""
    project, ids = many
    state = {"schema_version": 1, "project": str(project), "connection": "gitlab", "name": "x"}

    def read(id_: int) -> dict[str, Any]:
        outputs: dict[str, Any] = plain(
            host.read("ProjectEnvironment", f"{project}:{id_}", state)[1]
        )
        return outputs

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, ids))
    assert [each["name"] for each in found] == [f"review/{number}" for number in range(MANY)]
    assert [each["environment_id"] for each in found] == ids
    assert len(calls()) <= 5


@pytest.mark.parametrize("kind", ["ClusterAgent", "ProjectCluster", "ProjectEnvironment"])
def test_a_list_has_the_same_values_as_a_single_response(project: Project, kind: str) -> None:
    """At least all values that the resource uses."""
    agent = project.agent()
    project.api(
        "POST", "cluster_agents/1/url_configurations".replace("1", str(agent)), url="grpc://x"
    )
    for number in range(3):
        platform = {"api_url": "https://k8s.example.com", "token": "t", "namespace": "shop"}
        project.api(
            "POST",
            "clusters/user",
            name="c",
            environment_scope=f"{number}/*",
            domain="example.com",
            platform_kubernetes_attributes=platform,
        )
        project.api(
            "POST",
            "environments",
            name=f"e{number}",
            cluster_agent_id=agent,
            kubernetes_namespace="shop",
            external_url="https://example.com",
            description="d",
        )
        project.agent(f"agent-{number}")
    core = kind_for(kind)
    collection_ = core.collection(_client(project.simulator), (project.id,))
    for single in [collection_.get(each["id"]) for each in collection_.list()]:
        listed = collection_.read(single["id"])
        assert core.schema.from_response(
            listed, {}, include_unmanaged=True
        ) == core.schema.from_response(single, {}, include_unmanaged=True)


def test_a_resource_that_is_not_in_the_list_is_requested_alone(
    host: DynamicHost, project: Project, calls: Calls
) -> None:
    """Only its own 404 means that it is gone."""
    made = [host.create("ClusterAgent", {"project": project.id, "name": f"a{n}"}) for n in range(5)]
    gone = made[3][0]
    project.api("DELETE", "{}/{}".format(*collection("ClusterAgent", gone)))
    calls()
    found = [host.read("ClusterAgent", id_, outputs)[0] for id_, outputs in made]
    assert found == [id_ if id_ != gone else "" for id_, _outputs in made]
    collection_ = f"GET {project.id}/cluster_agents"
    first, third = (f"{collection_}/{made[n][0].split(':')[1]}" for n in (0, 3))
    # The last one checks that the agent is gone, and not the permission to see it.
    assert calls() == [first, collection_, third, collection_]


def test_reads_after_a_write_are_requested_again(host: DynamicHost, project: Project) -> None:
    """Also after a write through another connection, or of another resource."""
    agent_id, agent = host.create("ClusterAgent", {"project": project.id, "name": "a"})
    number = int(agent_id.split(":")[1])
    bound = {"cluster_agent_id": number, "kubernetes_namespace": "n"}
    made = [
        host.create("ProjectEnvironment", {"project": project.id, "name": f"e{n}", **bound})
        for n in range(3)
    ]

    def read(field: str) -> list[Any]:
        return [host.read("ProjectEnvironment", *each)[1].get(field) for each in made]

    assert read("kubernetes_namespace") == ["n"] * 3
    id_, outputs = made[2]
    given = {"project": project.id, "name": "e2", **bound, "kubernetes_namespace": "new"}
    host.update("ProjectEnvironment", id_, outputs, {**given, "connection": "maintainer"})
    assert read("kubernetes_namespace") == ["n", "n", "new"]
    host.delete("ClusterAgent", agent_id, agent)
    assert read("cluster_agent_id") == [None] * 3


def test_a_user_who_cannot_list_reads_singly(
    simulator: Simulator, project: Project, calls: Calls
) -> None:
    """A failing list takes one request, and is not an error."""
    agents = [project.agent(f"a{number}") for number in range(5)]
    path = f"projects/{project.id}/cluster_agents$"
    simulator.faults({"method": "GET", "path": path, "status": 403, "times": None})
    collection_ = agents_of(_client(simulator), project.id)
    calls()
    assert [collection_.read(id_)["id"] for id_ in agents] == agents
    assert len(calls()) == len(agents) + 1


def test_hidden_agents_are_requested_once(
    host: DynamicHost, project: Project, calls: Calls
) -> None:
    """Whether a Reporter can see agents is the same for all environments of a project."""
    bound = {"cluster_agent_id": project.agent(), "kubernetes_namespace": "n"}
    made = [
        host.create("ProjectEnvironment", {"project": project.id, "name": f"e{n}", **bound})
        for n in range(6)
    ]
    calls()
    for id_, outputs in made:
        _id, found, _inputs = host.read(
            "ProjectEnvironment", id_, {**plain(outputs), "connection": "reporter"}
        )
        assert found["kubernetes_namespace"] == "n"
    assert len(calls()) == 3

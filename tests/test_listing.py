"""Many reads of one collection: as few requests as their number or its pages allow."""

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
from tests.dynamic_host import DynamicHost, plain
from tests.kinds import collection

from pulumi_gitlab_kubernetes import _listing
from pulumi_gitlab_kubernetes._connection import Client, Connection, client_for
from pulumi_gitlab_kubernetes._listing import Listing, Page
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.registry import core_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

MANY = 130  # Two pages.


class Pages:
    """A list in pages, which counts how often it is asked.

    Args:
        things: The ids of what is listed.
        counted: Whether it says how many pages there are.
        size: How many are on a page.
    """

    def __init__(self, things: Sequence[int], *, counted: bool = True, size: int = 10) -> None:
        self.asked = 0
        self.count = max(1, -(-len(things) // size))
        self._things, self._counted, self._size = things, counted, size

    def __call__(self, number: int) -> Page:
        """Return one page."""
        self.asked += 1
        things = self._things[(number - 1) * self._size : number * self._size]
        pages = self.count if self._counted else None
        return Page({id_: {"id": id_} for id_ in things}, pages, last=number == self.count)


def _cost(pages: Pages, reads: Sequence[int]) -> int:
    listing = Listing()
    singles = [id_ for id_ in reads if listing.find(id_, pages) is None]
    return len(singles) + pages.asked


@hypothesis.settings(max_examples=50)
@given(size=st.integers(0, 200), beyond=st.integers(0, 9), seed=st.randoms(), share=st.floats(0, 1))
@example(size=200, beyond=0, seed=None, share=1)
def test_reads_cost_neither_much_more_than_their_number_nor_than_the_pages(
    size: int, beyond: int, seed: Any, share: float
) -> None:
    """Whatever is read of however much, in any order, and also where some is not in the list."""
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
def test_reading_all_in_order_costs_about_the_pages(size: int) -> None:
    """As a stack does that made them all."""
    pages = Pages(range(size))
    assert _cost(pages, range(size)) == min(size, pages.count + 1)


def test_one_read_of_a_long_list_is_one_request() -> None:
    """And two are three at most: the first page may help, or not."""
    assert _cost(Pages(range(1000)), [500]) == 1
    assert _cost(Pages(range(1000)), [500, 600]) == 3


def test_what_was_written_since_is_not_believed() -> None:
    """Neither what was listed before, nor an answer that was on its way."""
    listing, pages = Listing(), Pages(range(5))
    listing.find(1, pages)
    assert listing.find(2, pages)
    listing.forget()

    def ask(number: int) -> Page:
        found = pages(number)
        listing.forget()
        return found

    asked = pages.asked
    assert listing.find(3, ask) is None
    assert pages.asked == asked + 1
    assert listing.find(4, pages) is None or pages.asked == asked + 2


@pytest.mark.parametrize(("age", "believed"), [(25.0, True), (30.1, False)])
def test_what_was_listed_long_ago_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, age: float, *, believed: bool
) -> None:
    """Others may have changed it: the README names 30 seconds."""
    listing, pages, clock = Listing(), Pages(range(5)), time.monotonic
    listing.find(1, pages)
    assert listing.find(2, pages)
    assert listing.readable(lambda: True)
    monkeypatch.setattr(_listing.time, "monotonic", lambda: clock() + age)
    asked = pages.asked
    listing.find(3, pages)
    assert (pages.asked == asked) == believed
    assert listing.readable(lambda: False) == believed


def test_a_list_that_is_refused_is_not_asked_for_again() -> None:
    """Who may read one thing may not be allowed to list them, or a page may be too much."""
    listing, asked = Listing(), []

    def refuse(number: int) -> Page:
        asked.append(number)
        raise GitLabError("403 Forbidden", 403)

    assert [listing.find(id_, refuse) for id_ in range(10)] == [None] * 10
    assert asked == [1]


def test_a_list_that_never_ends_is_given_up() -> None:
    """Each of its pages brings something new, and the last one is said to be near."""
    listing, asked = Listing(), []

    def ask(number: int) -> Page:
        asked.append(number)
        assert number <= 1000
        return Page({number: {}}, 1, last=False)

    assert [listing.find(0, ask) for _ in range(4)] == [None] * 4
    assert asked == list(range(1, 1001))


def _client(simulator: Simulator, name: str = "gitlab", token: str = "") -> Client:
    settings = {f"{name}:token": token or simulator.root_token, f"{name}:baseUrl": simulator.url}
    return client_for(Connection.resolve(settings.get, name, {}), print)


@pytest.fixture(scope="module")
def many(simulator: Simulator) -> tuple[int, list[int]]:
    """A project with environments on two pages, and their ids."""
    group = api(simulator, "POST", "groups", name="many", path="many")["id"]
    project = simulator.api("POST", "projects", name="shop", namespace_id=group)["id"]
    path = f"projects/{project}/environments"
    return project, [
        api(simulator, "POST", path, name=f"review/{number}")["id"] for number in range(MANY)
    ]


def test_several_threads_read_many_with_few_requests(
    host: DynamicHost, many: tuple[int, list[int]], calls: Calls
) -> None:
    """A refresh of 130 environments: one single, then page by page; each gets its own answer."""
    project, ids = many
    state = {"schema_version": 1, "project": str(project), "connection": "gitlab", "name": "x"}

    def read(id_: int) -> dict[str, Any]:
        return plain(host.read("ProjectEnvironment", f"{project}:{id_}", state)[1])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(read, ids))
    assert [each["name"] for each in found] == [f"review/{number}" for number in range(MANY)]
    assert [each["environment_id"] for each in found] == ids
    assert len(calls()) <= 5


@pytest.mark.parametrize("kind", ["ClusterAgent", "ProjectCluster", "ProjectEnvironment"])
def test_a_list_tells_what_a_single_answer_does(project: Project, kind: str) -> None:
    """All that a resource takes from the one is in the other."""
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
    core = core_for(kind)
    things = core.collection(_client(project.simulator), (project.id,))
    for single in [things.get(each["id"]) for each in things.list()]:
        listed = things.read(single["id"])
        assert core.schema.live(listed, {}, whole=True) == core.schema.live(single, {}, whole=True)


def test_what_is_not_in_the_list_is_asked_for_singly(
    host: DynamicHost, project: Project, calls: Calls
) -> None:
    """Made or deleted since: only its own 404 says that it is gone."""
    made = [host.create("ClusterAgent", {"project": project.id, "name": f"a{n}"}) for n in range(5)]
    gone = made[3][0]
    project.api("DELETE", "{}/{}".format(*collection("ClusterAgent", gone)))
    calls()
    found = [host.read("ClusterAgent", id_, outputs)[0] for id_, outputs in made]
    assert found == [id_ if id_ != gone else "" for id_, _outputs in made]
    collection_ = f"GET {project.id}/cluster_agents"
    first, third = (f"{collection_}/{made[n][0].split(':')[1]}" for n in (0, 3))
    # The last one makes sure that it is the agent which is gone, and not the right to see it.
    assert calls() == [first, collection_, third, collection_]


def test_a_write_makes_the_next_read_ask_again(host: DynamicHost, project: Project) -> None:
    """Also one through another connection, and one whose effect is on other things."""
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


def test_who_may_not_list_reads_singly(
    simulator: Simulator, project: Project, calls: Calls
) -> None:
    """A failing list costs one request, and is no error."""
    agents = [project.agent(f"a{number}") for number in range(5)]
    path = f"projects/{project.id}/cluster_agents$"
    simulator.faults({"method": "GET", "path": path, "status": 403, "times": None})
    things = _client(simulator).agents(project.id)
    calls()
    assert [things.read(id_)["id"] for id_ in agents] == agents
    assert len(calls()) == len(agents) + 1


def test_hidden_agents_are_asked_for_once(
    host: DynamicHost, project: Project, calls: Calls
) -> None:
    """Whether a Reporter may see agents is the same for each of a project's environments."""
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

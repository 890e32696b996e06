"""A creation's request that was cut off on its way, and reaches GitLab later all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.caller import Caller, tokens
from tests.certificates import Pair
from tests.conftest import Calls, Project
from tests.dynamic_host import DynamicHost
from tests.gateway import Gateway
from tests.kinds import KINDS, collection, inputs_of

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


@pytest.fixture
def gateway(simulator: Simulator) -> Iterator[Gateway]:
    """What holds requests back."""
    with Gateway(simulator.url) as running:
        yield running


@contextmanager
def impatient(simulator: Simulator, gateway: Gateway, timeout: str) -> Iterator[DynamicHost]:
    """Run a dynamic host that waits so many seconds for an answer."""
    config = {
        "gitlab:baseUrl": gateway.url,
        "gitlab:token": simulator.root_token,
        "gitlab-kubernetes:requestTimeout": timeout,
    }
    with DynamicHost(config) as host:
        yield host


@pytest.mark.parametrize("until", ["GET", "POST"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_late_request_makes_no_second_thing(
    project: Project, pair: Pair, gateway: Gateway, kind: str, until: str
) -> None:
    """Whether it arrives after the first look for what it made, or after the request that follows.

    GitLab refuses all but tokens, of which the one that nobody knows the value of is revoked.
    """
    timeout = "20" if until == "GET" else "0.5"
    caller = Caller(gateway.url, project.simulator.root_token, requestTimeout=timeout)
    given = {**inputs_of(kind, project, pair), "project": str(project.id)}
    gateway.hold(until)
    id_, _outputs = caller.create(kind, given)
    path, own = collection(kind, id_)
    assert [str(each["id"]) for each in project.api("GET", path)] == [own]
    assert gateway.release() == []  # It has been passed on.
    told = ["taken after a lost answer"] if until == "GET" else []
    told = ["revoked"] if kind == "ClusterAgentToken" else told
    assert [each.startswith(tuple(told)) for each in caller.told] == [True] * len(told)


def test_a_token_is_waited_for_before_another_one_is_made(
    simulator: Simulator, project: Project, gateway: Gateway, calls: Calls
) -> None:
    """And whoever waits is told what for."""
    caller = Caller(gateway.url, simulator.root_token, requestTimeout="3")
    given = {"project": str(project.id), "agent_id": project.agent(), "name": "helm"}
    gateway.hold()
    calls()
    caller.create("ClusterAgentToken", given)
    asked = [each.split()[0] for each in calls()]
    assert asked.count("POST") == 1
    assert asked.index("POST") >= 3
    waits = "s: a request without an answer may still arrive"
    assert [each for each in caller.said if each.endswith(waits)]


def test_a_late_token_that_reaches_the_limit_makes_room(
    simulator: Simulator, project: Project, gateway: Gateway
) -> None:
    """It arrives just before the next request, which GitLab refuses for it; the third is served."""
    caller = Caller(gateway.url, simulator.root_token, requestTimeout="0.2")
    agent = project.agent()
    other = project.api("POST", f"cluster_agents/{agent}/tokens", name="other")["id"]
    gateway.hold("POST", overtakes=True)
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    _id, outputs = caller.create("ClusterAgentToken", given)
    assert sorted(tokens(project, agent)) == sorted([other, outputs["token_id"]])
    assert [each.startswith("revoked ") for each in caller.told] == [True]


def test_a_refusal_with_nothing_late_behind_it_is_told_at_once(
    simulator: Simulator, project: Project, gateway: Gateway, calls: Calls
) -> None:
    """The two tokens that the agent has are somebody else's: no third request is sent."""
    caller = Caller(gateway.url, simulator.root_token, requestTimeout="0.2")
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    for name in ("one", "two"):
        project.api("POST", f"cluster_agents/{agent}/tokens", name=name)
    gateway.hold()
    calls()
    with pytest.raises(GitLabError, match="only two active tokens"):
        caller.create("ClusterAgentToken", given)
    assert [each.split()[0] for each in calls()].count("POST") == 1
    assert len(tokens(project, agent)) == 2


def test_what_never_came_is_told(simulator: Simulator, project: Project, gateway: Gateway) -> None:
    """It may come after all, later than anybody waits: the line of its resource says so."""
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with impatient(simulator, gateway, "0.2") as host:
        gateway.hold()
        _id, outputs = host.create("ClusterAgentToken", given)
        (told,) = [each.message for each in host.engine.messages if not each.ephemeral]
    assert told == (
        "what came of a request without an answer is not known: look at GitLab for another agent "
        "token of this name"
    )
    assert tokens(project, agent) == [outputs["token_id"]]
    assert gateway.release() == [201]
    assert len(tokens(project, agent)) == 2


def test_a_time_out_is_no_different(simulator: Simulator, project: Project) -> None:
    """GitLab is still at work on what nobody waits for any more."""
    caller = Caller(simulator.url, simulator.root_token, requestTimeout="0.4")
    agent = project.agent()
    simulator.faults({"method": "POST", "latency": 0.7})
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    _id, outputs = caller.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [outputs["token_id"]]
    assert [each.startswith("revoked ") for each in caller.told] == [True]

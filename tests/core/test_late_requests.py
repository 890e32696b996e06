"""A create request whose connection was cut off, and that reaches GitLab later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.core_client import CoreClient, tokens
from tests.support.dynamic_host import DynamicHost
from tests.support.gateway import Gateway
from tests.support.kinds import KINDS, inputs_of, listed

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow


@pytest.fixture
def gateway(simulator: Simulator) -> Iterator[Gateway]:
    """A gateway that can delay requests."""
    with Gateway(simulator.url) as running:
        yield running


@contextmanager
def host_with_timeout(
    simulator: Simulator, gateway: Gateway, timeout: str
) -> Iterator[DynamicHost]:
    """Run a dynamic host with a request timeout, in seconds."""
    config = {
        "gitlab:baseUrl": gateway.url,
        "gitlab:token": simulator.root_token,
        "gitlab-kubernetes:requestTimeout": timeout,
    }
    with DynamicHost(config) as host:
        yield host


@pytest.mark.parametrize("until", ["GET", "POST"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_late_request_creates_no_second_resource(
    project: Project, pair: Pair, gateway: Gateway, kind: str, until: str
) -> None:
    """It arrives after the first search for its resource, or after the request that follows.

    GitLab rejects it, except for a token, which is revoked because its value is lost.
    """
    timeout = "20" if until == "GET" else "0.5"
    core_client = CoreClient(gateway.url, project.simulator.root_token, requestTimeout=timeout)
    given = {**inputs_of(kind, project, pair), "project": str(project.id)}
    gateway.hold(until)
    id_, _outputs = core_client.create(kind, given)
    assert [str(each["id"]) for each in listed(kind, project, id_)] == [id_.split(":")[-1]]
    assert gateway.release() == []  # It has been forwarded.
    expected = ["used after a lost response"] if until == "GET" else []
    expected = ["revoked"] if kind == "ClusterAgentToken" else expected
    assert len(core_client.info) == len(expected)
    assert all(map(str.startswith, core_client.info, expected))


def test_a_new_token_waits_for_the_late_one(
    simulator: Simulator, project: Project, gateway: Gateway, calls: Calls
) -> None:
    """The status message says why."""
    core_client = CoreClient(gateway.url, simulator.root_token, requestTimeout="3")
    given = {"project": str(project.id), "agent_id": project.agent(), "name": "helm"}
    gateway.hold()
    calls()
    core_client.create("ClusterAgentToken", given)
    methods = [each.split()[0] for each in calls()]
    assert methods.count("POST") == 1
    assert methods.index("POST") >= 3
    waits = "s: a request without a response may still arrive"
    assert [each for each in core_client.status if each.endswith(waits)]


def test_a_late_token_that_reaches_the_limit_is_revoked(
    simulator: Simulator, project: Project, gateway: Gateway
) -> None:
    """It arrives just before the next request, which GitLab rejects. The third one succeeds."""
    core_client = CoreClient(gateway.url, simulator.root_token, requestTimeout="0.2")
    agent = project.agent()
    other = project.api("POST", f"cluster_agents/{agent}/tokens", name="other")["id"]
    gateway.hold("POST", overtakes=True)
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    _id, outputs = core_client.create("ClusterAgentToken", given)
    assert sorted(tokens(project, agent)) == sorted([other, outputs["token_id"]])
    assert [each.startswith("revoked ") for each in core_client.info] == [True]


def test_without_a_late_token_the_limit_is_an_error_at_once(
    simulator: Simulator, project: Project, gateway: Gateway, calls: Calls
) -> None:
    """Both tokens of the agent belong to somebody else, so no third request is sent."""
    core_client = CoreClient(gateway.url, simulator.root_token, requestTimeout="0.2")
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    for name in ("one", "two"):
        project.api("POST", f"cluster_agents/{agent}/tokens", name=name)
    gateway.hold()
    calls()
    with pytest.raises(GitLabError, match="only two active tokens"):
        core_client.create("ClusterAgentToken", given)
    assert [each.split()[0] for each in calls()].count("POST") == 1
    assert len(tokens(project, agent)) == 2


def test_an_unknown_outcome_is_logged(
    simulator: Simulator, project: Project, gateway: Gateway
) -> None:
    """The request can still arrive after the wait has ended."""
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with host_with_timeout(simulator, gateway, "0.2") as host:
        gateway.hold()
        _id, outputs = host.create("ClusterAgentToken", given)
        (message,) = [each.message for each in host.engine.messages if not each.ephemeral]
    assert message == (
        "the outcome of a request without a response is unknown: check GitLab for another agent "
        "token of this name"
    )
    assert tokens(project, agent) == [outputs["token_id"]]
    assert gateway.release() == [201]
    assert len(tokens(project, agent)) == 2


def test_a_timeout_is_handled_like_a_lost_connection(
    simulator: Simulator, project: Project
) -> None:
    """GitLab still executes the request after the client has given up."""
    core_client = CoreClient(simulator.url, simulator.root_token, requestTimeout="0.4")
    agent = project.agent()
    simulator.faults({"method": "POST", "latency": 0.7})
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    _id, outputs = core_client.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [outputs["token_id"]]
    assert [each.startswith("revoked ") for each in core_client.info] == [True]

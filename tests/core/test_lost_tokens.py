"""Tokens that an earlier run lost: the next run logs them, or revokes one that it cannot keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conftest import Calls, Project, api
from tests.support.core_client import CoreClient, tokens
from tests.support.gateway import Gateway

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

KIND = "ClusterAgentToken"
ADOPT = "PULUMI_GITLAB_ADOPT_EXISTING"


class Agent:
    """An agent, and a program's inputs of its token.

    Args:
        project: Its project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.id = project.agent()
        self.given: dict[str, Any] = {
            "project": str(project.id),
            "agent_id": self.id,
            "name": "helm",
            "description": "For Helm",
        }

    def lost(self, core_client: str = "", **changes: str) -> dict[str, Any]:
        """Create a token as the program describes it, with some changes, by a client's token."""
        body = {"name": "helm", "description": "For Helm", **changes}
        path = f"projects/{self.project.id}/cluster_agents/{self.id}/tokens"
        sudo = {"private_token": core_client} if core_client else {}
        made: dict[str, Any] = api(self.project.simulator, "POST", path, **body, **sudo)
        return made

    def claim(self, core_client: CoreClient, token: dict[str, Any], name: str = "helm") -> None:
        """Let a resource of the program claim a token."""
        ids = {"project_id": self.project.id, "token_id": token["id"], "connection": "gitlab"}
        core_client.diff(KIND, {**self.given, **ids}, self.given, name)

    def active(self) -> list[int]:
        """Return the IDs of its active tokens."""
        return tokens(self.project, self.id)


@pytest.fixture
def agent(project: Project) -> Agent:
    """An agent that an earlier run has created."""
    return Agent(project)


@pytest.fixture
def core_client(simulator: Simulator) -> CoreClient:
    """A client of the administrator."""
    return CoreClient(simulator.url, simulator.root_token)


@pytest.fixture
def adopting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that may adopt existing resources."""
    monkeypatch.setenv(ADOPT, "1")


@pytest.fixture
def gateway(simulator: Simulator) -> Iterator[Gateway]:
    """A gateway that loses responses."""
    with Gateway(simulator.url) as running:
        yield running


# The next run logs them ----------------------------------------------------------------------


def test_the_next_run_logs_a_lost_token(
    simulator: Simulator, gateway: Gateway, agent: Agent
) -> None:
    """GitLab created it but responded with 500, and was unavailable afterwards."""
    core_client = CoreClient(gateway.url, simulator.root_token)
    gateway.lose(2, skip=1, status=500)
    with pytest.raises(GitLabError, match=r"may have been created anyway; look for it in"):
        core_client.create(KIND, agent.given)
    (lost,) = agent.active()
    _id, outputs = core_client.create(KIND, agent.given)
    assert agent.active() == [lost, outputs["token_id"]]
    (message,) = core_client.info
    assert re.fullmatch(
        rf'also active, never used, and of no resource in this run: {lost} "helm" \(created 20\S+, '
        r"last used never\); revoke in GitLab what a failed or killed run has left there; with a "
        r"forced replacement, it may be the token that is replaced: keep it then",
        message,
    )


def test_a_token_with_another_description_is_logged(core_client: CoreClient, agent: Agent) -> None:
    """A killed run may have had another description."""
    lost = agent.lost(description="Older")["id"]
    core_client.create(KIND, agent.given)
    assert f': {lost} "helm"' in core_client.info[0]


def test_other_tokens_are_not_logged(
    simulator: Simulator, users: dict[str, tuple[int, str]], core_client: CoreClient, agent: Agent
) -> None:
    """A used token, another user's, a claimed one, and one with another name."""
    others: list[Callable[[], Any]] = [
        lambda: simulator.use_agent_token(agent.lost()["token"]),
        lambda: agent.lost(users["maintainer"][1]),
        lambda: agent.claim(core_client, agent.lost()),
        lambda: agent.lost(name="other"),
    ]
    for make in others:
        make()
        _id, outputs = core_client.create(KIND, agent.given)
        assert outputs["token_id"] in agent.active()
        for id_ in agent.active():
            agent.project.api("DELETE", f"cluster_agents/{agent.id}/tokens/{id_}")
    assert core_client.info == []


def test_a_new_agent_needs_no_search(
    project: Project, core_client: CoreClient, calls: Calls
) -> None:
    """No earlier run can have lost a token of a new agent. An old agent costs one GET."""
    given = {"project": str(project.id), "name": "fresh"}
    _id, outputs = core_client.create("ClusterAgent", given)
    calls()
    path = f"{project.id}/cluster_agents/{outputs['agent_id']}/tokens"
    core_client.create(KIND, {**given, "agent_id": outputs["agent_id"], "name": "helm"})
    assert calls() == [f"POST {path}"]
    old = Agent(project)
    calls()
    core_client.create(KIND, old.given)
    assert [each.partition("?")[0] for each in calls()] == [
        f"{method} {project.id}/cluster_agents/{old.id}/tokens" for method in ("GET", "POST")
    ]


def test_a_failed_search_does_not_fail_the_create(
    simulator: Simulator, core_client: CoreClient, agent: Agent
) -> None:
    """The search is only for a message."""
    agent.lost()
    simulator.faults({"method": "GET", "path": "/tokens", "status": 500})
    _id, outputs = core_client.create(KIND, agent.given)
    assert outputs["token_id"] in agent.active()
    assert core_client.info == []


# A run that may adopt revokes it ----------------------------------------------------------------


@pytest.mark.usefixtures("adopting")
def test_the_lost_token_is_revoked_if_the_user_allows_it(
    core_client: CoreClient, agent: Agent
) -> None:
    """A rotation was killed. The resource's own token stays until the end."""
    claimed, lost = agent.lost(), agent.lost()
    agent.claim(core_client, claimed)
    _id, outputs = core_client.create(KIND, agent.given, "helm")
    assert agent.active() == [claimed["id"], outputs["token_id"]]
    (message,) = core_client.info
    assert re.fullmatch(
        rf'revoked {lost["id"]} "helm" \(created 20\S+, last used never\): of no resource in this '
        "run, never used, and with the same inputs, so a killed run had created it",
        message,
    )


def test_otherwise_the_error_says_how_to_revoke_it(core_client: CoreClient, agent: Agent) -> None:
    """It names the lost token, and revokes nothing."""
    claimed, lost = agent.lost(), agent.lost()
    agent.claim(core_client, claimed)
    with pytest.raises(GitLabError) as raised:
        core_client.create(KIND, agent.given, "helm")
    assert (
        f"; or run `{ADOPT}=1 pulumi up` once, which revokes {lost['id']}, a token that no "
        "resource in this run has and nobody has used; with a forced replacement, it may be the "
        "token that is replaced: keep it then"
    ) in str(raised.value)
    assert agent.active() == [claimed["id"], lost["id"]]


def test_long_names_do_not_shorten_the_advice(core_client: CoreClient, agent: Agent) -> None:
    """Only text from GitLab and its users is shortened."""
    agent.given["name"] = "n" * 255
    agent.claim(core_client, agent.lost(name="n" * 255))
    lost = agent.lost(name="n" * 255)["id"]
    with pytest.raises(GitLabError) as raised:
        core_client.create(KIND, agent.given, "helm")
    assert "…: revoke the one that is no longer used in GitLab, or delete" in str(raised.value)
    assert f"which revokes {lost}, a token that no resource in this run has" in str(raised.value)


@pytest.mark.usefixtures("adopting")
@pytest.mark.parametrize("why", ["used", "name", "description", "user", "claimed", "two"])
def test_a_token_of_unclear_origin_is_not_revoked(
    simulator: Simulator,
    users: dict[str, tuple[int, str]],
    core_client: CoreClient,
    agent: Agent,
    why: str,
) -> None:
    """Used, with another name, description, user or resource, or one of two."""
    claimed = agent.lost()
    changes = {"name": "other"} if why == "name" else {}
    changes |= {"description": "theirs"} if why == "description" else {}
    other = agent.lost(users["maintainer"][1] if why == "user" else "", **changes)
    if why == "used":
        simulator.use_agent_token(other["token"])
    if why == "claimed":
        agent.claim(core_client, other, "other")
    if why != "two":
        agent.claim(core_client, claimed)
    with pytest.raises(GitLabError, match=r"two active tokens .*active tokens are") as raised:
        core_client.create(KIND, agent.given, "helm")
    assert ADOPT not in str(raised.value)
    assert agent.active() == [claimed["id"], other["id"]]
    assert core_client.info == []


@pytest.mark.usefixtures("adopting")
def test_only_the_limit_revokes_a_token(
    simulator: Simulator, core_client: CoreClient, agent: Agent
) -> None:
    """After another error, the lost token is not the cause."""
    lost = agent.lost()["id"]
    simulator.faults({"method": "POST", "path": "/tokens", "status": 400})
    with pytest.raises(GitLabError, match="400 simulated"):
        core_client.create(KIND, agent.given)
    assert agent.active() == [lost]


@pytest.mark.usefixtures("adopting")
def test_a_failed_revocation_is_reported(
    simulator: Simulator, core_client: CoreClient, agent: Agent
) -> None:
    """The message also has GitLab's first error."""
    agent.claim(core_client, agent.lost())
    lost = agent.lost()["id"]
    simulator.faults({"method": "DELETE", "path": "/tokens", "status": 403})
    message = rf'two active tokens .*; {lost} "helm" \(.*\) could not be revoked: 403 simulated'
    with pytest.raises(GitLabError, match=message) as raised:
        core_client.create(KIND, agent.given)
    assert "revoke the one that is no longer used in GitLab" in str(raised.value)
    assert len(agent.active()) == 2

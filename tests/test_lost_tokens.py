"""Tokens that an earlier run lost: the next one tells of them, or makes room for its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.caller import Caller, tokens
from tests.conftest import Calls, Project, api
from tests.gateway import Gateway

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

KIND = "ClusterAgentToken"
ADOPT = "PULUMI_GITLAB_ADOPT_EXISTING"


class Agent:
    """An agent, and what a program wants of it.

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

    def lost(self, caller: str = "", **changes: str) -> dict[str, Any]:
        """Make a token as the program wants it, but for some changes, by some caller's token."""
        body = {"name": "helm", "description": "For Helm", **changes}
        path = f"projects/{self.project.id}/cluster_agents/{self.id}/tokens"
        sudo = {"private_token": caller} if caller else {}
        made: dict[str, Any] = api(self.project.simulator, "POST", path, **body, **sudo)
        return made

    def hold(self, caller: Caller, token: dict[str, Any], name: str = "helm") -> None:
        """Have a token in the state of a resource of the program."""
        ids = {"project_id": self.project.id, "token_id": token["id"], "connection": "gitlab"}
        caller.diff(KIND, {**self.given, **ids}, self.given, name)

    def active(self) -> list[int]:
        """Return the ids of its active tokens."""
        return tokens(self.project, self.id)


@pytest.fixture
def agent(project: Project) -> Agent:
    """An agent that an earlier run has registered."""
    return Agent(project)


@pytest.fixture
def caller(simulator: Simulator) -> Caller:
    """One who creates as the administrator."""
    return Caller(simulator.url, simulator.root_token)


@pytest.fixture
def adopting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that may take over what is there."""
    monkeypatch.setenv(ADOPT, "1")


@pytest.fixture
def gateway(simulator: Simulator) -> Iterator[Gateway]:
    """What loses answers."""
    with Gateway(simulator.url) as running:
        yield running


# The next run tells --------------------------------------------------------------------------


def test_what_one_run_lost_the_next_one_tells(
    simulator: Simulator, gateway: Gateway, agent: Agent
) -> None:
    """It was made but answered 500, and GitLab was away afterwards."""
    caller = Caller(gateway.url, simulator.root_token)
    gateway.lose(2, skip=1, status=500)
    with pytest.raises(GitLabError, match=r"may have been made all the same; look for it at"):
        caller.create(KIND, agent.given)
    (lost,) = agent.active()
    _id, outputs = caller.create(KIND, agent.given)
    assert agent.active() == [lost, outputs["token_id"]]
    (told,) = caller.told
    assert re.fullmatch(
        rf'also active, never used, and of no resource in this run: {lost} "helm" \(created 20\S+, '
        r"last used never\); revoke in GitLab what a failed or killed run has left there",
        told,
    )


def test_a_killed_run_had_perhaps_another_description(caller: Caller, agent: Agent) -> None:
    """A token of that name and user is told all the same."""
    lost = agent.lost(description="Older")["id"]
    caller.create(KIND, agent.given)
    assert f': {lost} "helm"' in caller.told[0]


def test_what_is_known_is_not_told(
    simulator: Simulator, users: dict[str, tuple[int, str]], caller: Caller, agent: Agent
) -> None:
    """What somebody uses, another user made or a resource has; nor one of another name."""
    others: list[Callable[[], Any]] = [
        lambda: simulator.use_agent_token(agent.lost()["token"]),
        lambda: agent.lost(users["maintainer"][1]),
        lambda: agent.hold(caller, agent.lost()),
        lambda: agent.lost(name="other"),
    ]
    for make in others:
        make()
        _id, outputs = caller.create(KIND, agent.given)
        assert outputs["token_id"] in agent.active()
        for id_ in agent.active():
            agent.project.api("DELETE", f"cluster_agents/{agent.id}/tokens/{id_}")
    assert caller.told == []


def test_the_look_costs_nothing_where_the_agent_is_new(
    project: Project, caller: Caller, calls: Calls
) -> None:
    """Nobody can have lost a token of an agent that this run has made; of another it is one GET."""
    given = {"project": str(project.id), "name": "fresh"}
    _id, outputs = caller.create("ClusterAgent", given)
    calls()
    path = f"{project.id}/cluster_agents/{outputs['agent_id']}/tokens"
    caller.create(KIND, {**given, "agent_id": outputs["agent_id"], "name": "helm"})
    assert calls() == [f"POST {path}"]
    old = Agent(project)
    calls()
    caller.create(KIND, old.given)
    assert [each.partition("?")[0] for each in calls()] == [
        f"{method} {project.id}/cluster_agents/{old.id}/tokens" for method in ("GET", "POST")
    ]


def test_a_look_that_fails_stops_nobody(simulator: Simulator, caller: Caller, agent: Agent) -> None:
    """It is for a message alone."""
    agent.lost()
    simulator.faults({"method": "GET", "path": "/tokens", "status": 500})
    _id, outputs = caller.create(KIND, agent.given)
    assert outputs["token_id"] in agent.active()
    assert caller.told == []


# The run that may take over makes room -------------------------------------------------------


@pytest.mark.usefixtures("adopting")
def test_the_lost_one_is_revoked_where_that_is_asked_for(caller: Caller, agent: Agent) -> None:
    """A rotation was killed: of the two tokens one is the resource's, and stays until the end."""
    held, lost = agent.lost(), agent.lost()
    agent.hold(caller, held)
    _id, outputs = caller.create(KIND, agent.given, "helm")
    assert agent.active() == [held["id"], outputs["token_id"]]
    (told,) = caller.told
    assert re.fullmatch(
        rf'revoked {lost["id"]} "helm" \(created 20\S+, last used never\): of no resource in this '
        "run, never used, and as asked for here, so a run that was killed had made it",
        told,
    )


def test_without_that_the_error_says_how(caller: Caller, agent: Agent) -> None:
    """It names the lost one, and revokes nothing."""
    held, lost = agent.lost(), agent.lost()
    agent.hold(caller, held)
    with pytest.raises(GitLabError) as raised:
        caller.create(KIND, agent.given, "helm")
    assert (
        f"; or run `{ADOPT}=1 pulumi up` once, which revokes {lost['id']}, a token that no "
        "resource in this run has and nobody has used"
    ) in str(raised.value)
    assert agent.active() == [held["id"], lost["id"]]


def test_long_names_do_not_cut_off_what_to_do(caller: Caller, agent: Agent) -> None:
    """What GitLab and its users wrote is shortened, what this package advises is not."""
    agent.given["name"] = "n" * 255
    agent.hold(caller, agent.lost(name="n" * 255))
    lost = agent.lost(name="n" * 255)["id"]
    with pytest.raises(GitLabError) as raised:
        caller.create(KIND, agent.given, "helm")
    assert "…: revoke the one that is no longer used in GitLab, or delete" in str(raised.value)
    assert f"which revokes {lost}, a token that no resource in this run has" in str(raised.value)


@pytest.mark.usefixtures("adopting")
@pytest.mark.parametrize("why", ["used", "name", "description", "user", "held", "two"])
def test_what_may_be_anybodys_stays(
    simulator: Simulator,
    users: dict[str, tuple[int, str]],
    caller: Caller,
    agent: Agent,
    why: str,
) -> None:
    """Used, of another name, description, user or resource, or one of two: none is revoked."""
    held = agent.lost()
    changes = {"name": "other"} if why == "name" else {}
    changes |= {"description": "theirs"} if why == "description" else {}
    other = agent.lost(users["maintainer"][1] if why == "user" else "", **changes)
    if why == "used":
        simulator.use_agent_token(other["token"])
    if why == "held":
        agent.hold(caller, other, "other")
    if why != "two":
        agent.hold(caller, held)
    with pytest.raises(GitLabError, match=r"two active tokens .*active are") as raised:
        caller.create(KIND, agent.given, "helm")
    assert ADOPT not in str(raised.value)
    assert agent.active() == [held["id"], other["id"]]
    assert caller.told == []


@pytest.mark.usefixtures("adopting")
def test_only_the_limit_makes_room(simulator: Simulator, caller: Caller, agent: Agent) -> None:
    """Another refusal revokes nothing: the lost token is not in its way."""
    lost = agent.lost()["id"]
    simulator.faults({"method": "POST", "path": "/tokens", "status": 400})
    with pytest.raises(GitLabError, match="400 simulated"):
        caller.create(KIND, agent.given)
    assert agent.active() == [lost]


@pytest.mark.usefixtures("adopting")
def test_a_revocation_that_is_refused_is_told(
    simulator: Simulator, caller: Caller, agent: Agent
) -> None:
    """Beside what GitLab said first."""
    agent.hold(caller, agent.lost())
    lost = agent.lost()["id"]
    simulator.faults({"method": "DELETE", "path": "/tokens", "status": 403})
    told = rf'two active tokens .*; {lost} "helm" \(.*\) could not be revoked: 403 simulated'
    with pytest.raises(GitLabError, match=told):
        caller.create(KIND, agent.given)
    assert len(agent.active()) == 2

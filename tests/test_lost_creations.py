"""What a creation whose answer was lost takes for its own, and what it leaves alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from tests.caller import Caller, tokens
from tests.certificates import Pair
from tests.conftest import Calls, Project
from tests.dynamic_host import DynamicHost
from tests.gateway import Gateway
from tests.kinds import KINDS, inputs_of

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.registry import core_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

LOST = {"method": "POST", "drop": "after"}
NEVER_DONE = {"method": "POST", "drop": "before"}
_A_DAY = 86_400


@pytest.fixture
def caller(simulator: Simulator) -> Caller:
    """One who creates as the administrator, with no faults to wait for."""
    return Caller(simulator.url, simulator.root_token, requestTimeout="2")


@pytest.fixture
def far_caller(simulator: Simulator) -> Iterator[tuple[Caller, Gateway]]:
    """One whose requests go through a gateway, and the gateway."""
    with Gateway(simulator.url) as gateway:
        yield Caller(gateway.url, simulator.root_token), gateway


@contextmanager
def ago(simulator: Simulator, seconds: float) -> Iterator[None]:
    """Do something so many seconds earlier, by GitLab's clock."""
    simulator.clock(advance=-seconds)
    try:
        yield
    finally:
        simulator.clock(advance=seconds)


@pytest.mark.parametrize("days", [-40, 40])
@pytest.mark.parametrize("kind", KINDS)
def test_clocks_need_not_agree(
    project: Project, pair: Pair, caller: Caller, kind: str, days: int
) -> None:
    """GitLab's own clock says what is younger than the request, not this machine's."""
    given = inputs_of(kind, project, pair)
    with ago(project.simulator, days * _A_DAY):
        project.simulator.faults(LOST)
        id_, _outputs = caller.create(kind, given)
    assert id_


def test_an_older_one_is_not_taken_for_ours(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """GitLab's refusal was lost: what is there is told with its age and its maker."""
    with ago(simulator, 10):
        agent = project.agent()
    simulator.faults(LOST)
    with pytest.raises(GitLabError) as raised:
        caller.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert f"it is already there with the id {agent}, made 20" in str(raised.value)
    assert "by user 1: a forced replacement" in str(raised.value)
    assert "; else choose another name, delete that one first, or take it" in str(raised.value)


def test_an_older_one_is_adopted_where_that_is_asked_for(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """As if GitLab's refusal had not been lost."""
    with ago(simulator, 10):
        agent = project.agent()
    simulator.faults(LOST)
    given = {"project": str(project.id), "name": "prod", "adopt_existing": True}
    assert caller.create("ClusterAgent", given)[0] == f"{project.id}:{agent}"


def test_what_another_user_makes_meanwhile_is_not_ours(
    simulator: Simulator, users: dict[str, tuple[int, str]], project: Project
) -> None:
    """Only the token's own user can have made what its request made."""
    id_, token = users["maintainer"]
    caller = Caller(simulator.url, token)
    simulator.faults({**NEVER_DONE, "latency": 0.5})
    with _meanwhile(simulator, project.agent), pytest.raises(GitLabError) as raised:
        caller.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert "it is already there with the id" in str(raised.value)
    assert f"by user {id_}" not in str(raised.value)


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}], ids=str)
def test_what_the_same_user_makes_later_is_not_ours(
    simulator: Simulator, project: Project, caller: Caller, fault: dict[str, Any]
) -> None:
    """Another stack makes it when the request has failed, or can no longer be on its way."""
    path = f"projects/{project.id}/cluster_agents"
    simulator.faults({"method": "POST", "path": path, "latency": 0.5, **fault})

    def make() -> None:
        with ago(simulator, -20):
            project.agent()

    with _meanwhile(simulator, make), pytest.raises(GitLabError) as raised:
        caller.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    (theirs,) = project.api("GET", "cluster_agents")
    assert f"it is already there with the id {theirs['id']}, made " in str(raised.value)
    assert caller.told == []


def test_a_token_that_the_same_user_makes_later_is_told(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """It is not revoked, as another stack may have it; nor passed over, as nobody may."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({"method": "POST", "path": path, "latency": 0.5, "status": 503})

    def make() -> None:
        with ago(simulator, -20):
            project.api("POST", path, name="helm")

    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with _meanwhile(simulator, make), pytest.raises(GitLabError) as raised:
        caller.create("ClusterAgentToken", given)
    (theirs,) = tokens(project, agent)
    assert f'as one of {theirs} "helm" (created 20' in str(raised.value)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ClusterAgentToken"])
def test_what_is_taken_is_told(
    simulator: Simulator, project: Project, pair: Pair, caller: Caller, kind: str
) -> None:
    """With its id, and when and by whom it was made where GitLab shows that."""
    given = inputs_of(kind, project, pair)
    simulator.faults(LOST)
    id_, outputs = caller.create(kind, given)
    told = f"{core_for(kind).noun} {id_.split(':')[-1]}"
    if "created_at" in outputs:
        told += f", made {outputs['created_at']}"
    if kind in {"ClusterAgent", "ProjectCluster"}:
        told += " by user 1"
    moment = "if another stack made it at that moment, only one of them may keep it"
    assert caller.told == [f"taken after a lost answer: {told}; {moment}"]


def test_of_two_stacks_that_take_one_agent_both_are_told(
    simulator: Simulator, project: Project
) -> None:
    """Where both lost their answers at one moment nothing tells them apart."""
    config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
    given = {"project": str(project.id), "name": "prod"}
    path = f"projects/{project.id}/cluster_agents"
    with DynamicHost(config) as one, DynamicHost(config) as two:
        for host in (one, two):
            host.check("ClusterAgent", given)  # It has loaded everything then.
        simulator.faults({**LOST, "path": path, "latency": 2.0, "times": 2})
        with ThreadPoolExecutor(2) as pool:
            made = list(pool.map(lambda host: host.create("ClusterAgent", given), (one, two)))
        messages = [each.message for host in (one, two) for each in host.engine.messages]
    assert len({id_ for id_, _outputs in made}) == 1
    told = f"taken after a lost answer: agent {made[0][1]['agent_id']:.0f}, made "
    assert [each.startswith(told) for each in messages] == [True, True]


def test_what_is_not_as_asked_for_is_not_ours(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """GitLab does not say who made an environment: then all that it shows has to fit."""

    def deploy() -> None:
        project.api("POST", "environments", name="prod", external_url="https://ci.example.com")

    given = {"project": str(project.id), "name": "prod", "external_url": "https://our.example.com"}
    simulator.faults({**NEVER_DONE, "latency": 0.5, "path": f"projects/{project.id}/environments"})
    with _meanwhile(simulator, deploy), pytest.raises(GitLabError, match=r"already there with the"):
        caller.create("ProjectEnvironment", given)


def test_a_configuration_that_is_not_as_asked_for_is_not_ours(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """Nor does it say who made a URL configuration, or when."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/url_configurations"
    made = project.api("POST", path, url="grpcs://theirs.example.com")
    simulator.faults(LOST)
    given = {"project": str(project.id), "agent_id": agent, "url": "grpcs://ours.example.com"}
    with pytest.raises(GitLabError, match=f"it is already there with the id {made['id']}: "):
        caller.create("ClusterAgentUrlConfiguration", given)


def test_of_two_resources_with_one_name_one_is_made(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """The answer to one of them is lost, and still it does not take the other's for its own."""
    given = {"project": str(project.id), "name": "prod"}
    caller.create("ClusterAgent", given)
    simulator.faults(LOST)
    with pytest.raises(GitLabError, match=r"it is already there"):
        caller.create("ClusterAgent", given)


def test_other_tokens_of_that_name_stay(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """An older one, and one that this process has just made for another resource."""
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with ago(simulator, 10):
        older = project.api("POST", f"cluster_agents/{agent}/tokens", name="helm")["id"]
    simulator.faults(LOST)
    id_, outputs = caller.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [older, outputs["token_id"]]
    assert simulator.use_agent_token(outputs["token"])
    project.api("DELETE", f"cluster_agents/{agent}/tokens/{older}")
    simulator.faults(LOST)
    second, _outputs = caller.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [int(each.split(":")[-1]) for each in (id_, second)]


def test_a_token_stays_that_was_made_at_another_spelling_of_the_address(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """It is one GitLab all the same, and this process knows what it has made there."""
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    first, _outputs = caller.create("ClusterAgentToken", given)
    other = Caller(f"{simulator.url.upper()}/api/v4/", simulator.root_token, requestTimeout="2")
    simulator.faults({**LOST, "latency": 0.5})
    second, _outputs = other.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [int(each.split(":")[-1]) for each in (first, second)]


def test_a_token_with_another_description_stays(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """Made by the same user at the same moment, but not by this request."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({**NEVER_DONE, "latency": 0.5, "path": path})

    def make() -> None:
        project.api("POST", path, name="helm", description="theirs")

    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with _meanwhile(simulator, make):
        _id, outputs = caller.create("ClusterAgentToken", given)
    assert len(tokens(project, agent)) == 2
    assert outputs["token_id"] == tokens(project, agent)[1]


def test_of_two_tokens_alike_none_is_revoked(
    simulator: Simulator, project: Project, caller: Caller
) -> None:
    """The same user makes another one of that name meanwhile: which is whose cannot be told."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({**LOST, "latency": 0.5, "path": path})
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with (
        _meanwhile(simulator, lambda: project.api("POST", path, name="helm")),
        pytest.raises(GitLabError, match=r"all the same, as one of \d+ .*, \d+ .*: revoke it"),
    ):
        caller.create("ClusterAgentToken", given)
    assert len(tokens(project, agent)) == 2


def test_a_token_in_use_is_listed(simulator: Simulator, project: Project, caller: Caller) -> None:
    """All else says that it is ours, but nobody can have used a value that was lost."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({**NEVER_DONE, "latency": 0.5, "path": path})
    used: list[str] = []

    def make() -> None:
        used.append(simulator.use_agent_token(project.api("POST", path, name="helm")["token"]))

    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with _meanwhile(simulator, make), pytest.raises(GitLabError) as raised:
        caller.create("ClusterAgentToken", given)
    (token,) = tokens(project, agent)
    assert f'as one of {token} "helm" (created 20' in str(raised.value)
    assert f"last used {used[0]}): revoke it there if nobody uses it" in str(raised.value)


def test_of_two_at_once_one_is_made(
    simulator: Simulator, project: Project, far_caller: tuple[Caller, Gateway]
) -> None:
    """The answer to one of them is on its way while the other's is lost."""
    _caller, gateway = far_caller
    gateway.delays = [0.5]
    simulator.faults({**LOST, "skip": 1})
    given = {"project": str(project.id), "name": "prod"}
    outcomes: list[object] = []

    def make() -> None:
        try:
            caller = Caller(gateway.url, simulator.root_token)
            outcomes.append(caller.create("ClusterAgent", given)[0])
        except GitLabError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=make) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (made,) = project.api("GET", "cluster_agents")
    assert sorted(map(type, outcomes), key=str) == [GitLabError, str]
    assert f"{project.id}:{made['id']}" in outcomes


def test_without_a_date_a_name_that_is_taken_is_told(
    project: Project, far_caller: tuple[Caller, Gateway]
) -> None:
    """Whether it is younger than the request cannot be known, so it is not taken over."""
    caller, gateway = far_caller
    gateway.withheld = {"date"}
    gateway.lose()
    with pytest.raises(GitLabError, match=r"Bad Gateway.*; it is already there with the id"):
        caller.create("ClusterAgent", {"project": str(project.id), "name": "prod"})


def test_without_a_date_a_token_is_listed(
    project: Project, far_caller: tuple[Caller, Gateway]
) -> None:
    """It is not revoked either: it may be somebody else's."""
    caller, gateway = far_caller
    agent = project.agent()
    gateway.withheld = {"date"}
    gateway.lose(skip=1)  # The look at what is there already.
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with pytest.raises(GitLabError) as raised:
        caller.create("ClusterAgentToken", given)
    (token,) = tokens(project, agent)
    assert f'as one of {token} "helm" (created 20' in str(raised.value)
    assert "last used never): revoke it there if nobody uses it" in str(raised.value)


def test_a_failure_of_gitlab_itself_is_not_repeated(
    simulator: Simulator, project: Project, caller: Caller, calls: Calls
) -> None:
    """It would fail again; the message says that nothing is there."""
    simulator.faults({"method": "POST", "status": 500})
    with pytest.raises(GitLabError, match=r"is there so far; this is an error in GitLab"):
        caller.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert [each for each in calls() if each.startswith("POST")] == [
        f"POST {project.id}/cluster_agents"
    ]


def test_what_gitlab_made_before_it_failed_is_taken_over(
    project: Project, far_caller: tuple[Caller, Gateway]
) -> None:
    """Its own failure does not mean that nothing was done."""
    caller, gateway = far_caller
    gateway.lose(status=500)
    id_, _outputs = caller.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert [each["id"] for each in project.api("GET", "cluster_agents")] == [int(id_.split(":")[1])]


def test_an_end_comes_and_says_what_is_there(simulator: Simulator, project: Project) -> None:
    """After the deadline, with GitLab unable all the time, nothing was made."""
    caller = Caller(simulator.url, simulator.root_token, retryDeadline="2")
    simulator.faults({"method": "POST", "status": 503, "times": None})
    with pytest.raises(GitLabError, match=r"503 simulated; nothing of it is there"):
        caller.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert project.api("GET", "cluster_agents") == []


def test_where_nobody_can_look_the_next_run_tells(simulator: Simulator, project: Project) -> None:
    """The thing was made, and from then on GitLab is away: its maker is named afterwards."""
    given = {"project": str(project.id), "name": "prod"}
    caller = Caller(simulator.url, simulator.root_token, retryDeadline="1")
    simulator.faults(LOST, {"path": "/api/", "drop": "before", "times": None})
    with pytest.raises(GitLabError, match=r"it may have been made all the same; look for it at"):
        caller.create("ClusterAgent", given)
    simulator._call("DELETE", "/-/simulator/faults")
    with pytest.raises(GitLabError, match=r"it is already there with the id \d+, made .* user 1: "):
        caller.create("ClusterAgent", given)
    id_, _outputs = caller.create("ClusterAgent", {**given, "adopt_existing": True})
    assert [each["id"] for each in project.api("GET", "cluster_agents")] == [int(id_.split(":")[1])]


@contextmanager
def _meanwhile(simulator: Simulator, work: Any) -> Iterator[None]:
    """Do some work as the administrator as soon as a POST is on its way."""
    simulator._call("DELETE", "/-/simulator/requests")

    def wait_and_work() -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if any(each["method"] == "POST" for each in simulator.requests()):
                work()
                return
            time.sleep(0.02)

    thread = threading.Thread(target=wait_and_work)
    thread.start()
    yield
    thread.join()

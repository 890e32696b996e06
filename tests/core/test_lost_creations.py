"""Which resources the provider uses after a create with a lost response, and which it does not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.core_client import CoreClient, tokens
from tests.support.dynamic_host import DynamicHost
from tests.support.gateway import Gateway
from tests.support.kinds import KINDS, inputs_of

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

LOST = {"method": "POST", "drop": "after"}
NEVER_DONE = {"method": "POST", "drop": "before"}
_A_DAY = 86_400


@pytest.fixture
def core_client(simulator: Simulator) -> CoreClient:
    """A client of the administrator, with a short request timeout."""
    return CoreClient(simulator.url, simulator.root_token, requestTimeout="2")


@pytest.fixture
def core_client_behind_gateway(simulator: Simulator) -> Iterator[tuple[CoreClient, Gateway]]:
    """A client whose requests pass a gateway, and the gateway."""
    with Gateway(simulator.url) as gateway:
        yield CoreClient(gateway.url, simulator.root_token), gateway


@contextmanager
def earlier(simulator: Simulator, seconds: float) -> Iterator[None]:
    """Set GitLab's clock back by some seconds."""
    simulator.clock(advance=-seconds)
    try:
        yield
    finally:
        simulator.clock(advance=seconds)


@pytest.mark.parametrize("days", [-40, 40])
@pytest.mark.parametrize("kind", KINDS)
def test_the_clocks_can_differ(
    project: Project, pair: Pair, core_client: CoreClient, kind: str, days: int
) -> None:
    """Only GitLab's own clock decides what is younger than the request."""
    given = inputs_of(kind, project, pair)
    with earlier(project.simulator, days * _A_DAY):
        project.simulator.faults(LOST)
        id_, _outputs = core_client.create(kind, given)
    assert id_


def test_what_replaces_a_deleted_file_is_used(
    project: Project, pair: Pair, core_client: CoreClient
) -> None:
    """It has the same ID as the file that this run created, and that somebody else deleted."""
    kind = "ClusterAgentConfiguration"
    given = inputs_of(kind, project, pair)
    id_, outputs = core_client.create(kind, given)
    file = quote(f".gitlab/agents/{given['agent_name']}/config.yaml", safe="")
    project.api("DELETE", f"repository/files/{file}", branch="main", commit_message="m")
    core_client.delete(kind, id_, outputs)
    project.simulator.faults(LOST)
    assert core_client.create(kind, given)[0] == id_


def test_an_older_resource_is_not_used(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """GitLab's error was lost. The message has the age and the creator of the existing resource."""
    with earlier(simulator, 10):
        agent = project.agent()
    simulator.faults(LOST)
    with pytest.raises(GitLabError) as raised:
        core_client.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert f"it already exists with the id {agent}, created 20" in str(raised.value)
    assert "by user 1: a forced replacement" in str(raised.value)
    advice = "; otherwise choose another name, delete the existing one first, or adopt it"
    assert advice in str(raised.value)


def test_an_older_resource_is_adopted_if_the_user_allows_it(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """As if GitLab's error had not been lost."""
    with earlier(simulator, 10):
        agent = project.agent()
    simulator.faults(LOST)
    given = {"project": str(project.id), "name": "prod", "adopt_existing": True}
    assert core_client.create("ClusterAgent", given)[0] == f"{project.id}:{agent}"


def test_what_another_user_creates_at_the_same_time_is_not_used(
    simulator: Simulator, users: dict[str, tuple[int, str]], project: Project
) -> None:
    """Only the token's own user can have sent the request."""
    id_, token = users["maintainer"]
    core_client = CoreClient(simulator.url, token)
    simulator.faults({**NEVER_DONE, "latency": 0.5})
    with _during_post(simulator, project.agent), pytest.raises(GitLabError) as raised:
        core_client.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert "it already exists with the id" in str(raised.value)
    assert f"by user {id_}" not in str(raised.value)


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": "before"}], ids=str)
def test_what_the_same_user_creates_later_is_not_used(
    simulator: Simulator, project: Project, core_client: CoreClient, fault: dict[str, Any]
) -> None:
    """Another stack creates it after the request failed, or can no longer arrive."""
    path = f"projects/{project.id}/cluster_agents"
    simulator.faults({"method": "POST", "path": path, "latency": 0.5, **fault})

    def make() -> None:
        with earlier(simulator, -20):
            project.agent()

    with _during_post(simulator, make), pytest.raises(GitLabError) as raised:
        core_client.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    (theirs,) = project.api("GET", "cluster_agents")
    assert f"it already exists with the id {theirs['id']}, created " in str(raised.value)
    assert core_client.info == []


def test_a_token_that_the_same_user_creates_later_is_reported(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """It may or may not belong to another stack, so it is neither revoked nor ignored."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({"method": "POST", "path": path, "latency": 0.5, "status": 503})

    def make() -> None:
        with earlier(simulator, -20):
            project.api("POST", path, name="helm")

    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with _during_post(simulator, make), pytest.raises(GitLabError) as raised:
        core_client.create("ClusterAgentToken", given)
    (theirs,) = tokens(project, agent)
    assert f'as one of {theirs} "helm" (created 20' in str(raised.value)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ClusterAgentToken"])
def test_a_recovered_resource_is_logged(
    simulator: Simulator, project: Project, pair: Pair, core_client: CoreClient, kind: str
) -> None:
    """With its ID, and its creation time and creator if GitLab returns them."""
    given = inputs_of(kind, project, pair)
    simulator.faults(LOST)
    id_, outputs = core_client.create(kind, given)
    message = f"{kind_for(kind).noun} {id_.split(':')[-1]}"
    if "created_at" in outputs:
        message += f", created {outputs['created_at']}"
    if kind in {"ClusterAgent", "ProjectCluster"}:
        message += " by user 1"
    moment = "if another stack created it at that moment, only one of them may keep it"
    assert core_client.info == [f"used after a lost response: {message}; {moment}"]


def test_two_stacks_that_use_the_same_agent_both_log_it(
    simulator: Simulator, project: Project
) -> None:
    """If both lose their responses at the same time, nothing distinguishes them."""
    config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
    given = {"project": str(project.id), "name": "prod"}
    path = f"projects/{project.id}/cluster_agents"
    with DynamicHost(config) as one, DynamicHost(config) as two:
        for host in (one, two):
            host.check("ClusterAgent", given)  # It has imported all modules then.
        simulator.faults({**LOST, "path": path, "latency": 2.0, "times": 2})
        with ThreadPoolExecutor(2) as pool:
            made = list(pool.map(lambda host: host.create("ClusterAgent", given), (one, two)))
        messages = [each.message for host in (one, two) for each in host.engine.messages]
    assert len({id_ for id_, _outputs in made}) == 1
    message = f"used after a lost response: agent {made[0][1]['agent_id']:.0f}, created "
    assert [each.startswith(message) for each in messages] == [True, True]


def test_an_environment_with_other_inputs_is_not_used(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """GitLab does not return the creator of an environment, so all values must be equal."""

    def deploy() -> None:
        project.api("POST", "environments", name="prod", external_url="https://ci.example.com")

    given = {"project": str(project.id), "name": "prod", "external_url": "https://our.example.com"}
    simulator.faults({**NEVER_DONE, "latency": 0.5, "path": f"projects/{project.id}/environments"})
    with (
        _during_post(simulator, deploy),
        pytest.raises(GitLabError, match=r"already exists with the"),
    ):
        core_client.create("ProjectEnvironment", given)


def test_a_url_configuration_with_other_inputs_is_not_used(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """GitLab returns neither its creator nor its creation time."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/url_configurations"
    made = project.api("POST", path, url="grpcs://theirs.example.com")
    simulator.faults(LOST)
    given = {"project": str(project.id), "agent_id": agent, "url": "grpcs://ours.example.com"}
    with pytest.raises(GitLabError, match=f"it already exists with the id {made['id']}: "):
        core_client.create("ClusterAgentUrlConfiguration", given)


def test_two_resources_with_one_name_create_one_agent(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """The response to one request is lost, but it does not use the other's agent."""
    given = {"project": str(project.id), "name": "prod"}
    core_client.create("ClusterAgent", given)
    simulator.faults(LOST)
    with pytest.raises(GitLabError, match=r"it already exists"):
        core_client.create("ClusterAgent", given)


def test_other_tokens_with_this_name_are_not_revoked(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """One is older, and one was just created for another resource of this run."""
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with earlier(simulator, 10):
        older = project.api("POST", f"cluster_agents/{agent}/tokens", name="helm")["id"]
    simulator.faults(LOST)
    id_, outputs = core_client.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [older, outputs["token_id"]]
    assert simulator.use_agent_token(outputs["token"])
    project.api("DELETE", f"cluster_agents/{agent}/tokens/{older}")
    simulator.faults(LOST)
    second, _outputs = core_client.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [int(each.split(":")[-1]) for each in (id_, second)]


def test_a_token_created_with_another_spelling_of_the_url_is_not_revoked(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """It is the same GitLab, and the run remembers what it has created there."""
    agent = project.agent()
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    first, _outputs = core_client.create("ClusterAgentToken", given)
    url = f"{simulator.url.upper()}/api/v4/"
    other = CoreClient(url, simulator.root_token, core_client.run, requestTimeout="2")
    simulator.faults({**LOST, "latency": 0.5})
    second, _outputs = other.create("ClusterAgentToken", given)
    assert tokens(project, agent) == [int(each.split(":")[-1]) for each in (first, second)]


def test_a_token_with_another_description_is_not_revoked(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """The same user creates it at the same time, but with another request."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({**NEVER_DONE, "latency": 0.5, "path": path})

    def make() -> None:
        project.api("POST", path, name="helm", description="theirs")

    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with _during_post(simulator, make):
        _id, outputs = core_client.create("ClusterAgentToken", given)
    assert len(tokens(project, agent)) == 2
    assert outputs["token_id"] == tokens(project, agent)[1]


def test_neither_of_two_equal_tokens_is_revoked(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """The same user creates another one with this name, so their origin is unclear."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({**LOST, "latency": 0.5, "path": path})
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with (
        _during_post(simulator, lambda: project.api("POST", path, name="helm")),
        pytest.raises(GitLabError, match=r"created anyway, as one of \d+ .*, \d+ .*: revoke it"),
    ):
        core_client.create("ClusterAgentToken", given)
    assert len(tokens(project, agent)) == 2


def test_a_used_token_is_reported(
    simulator: Simulator, project: Project, core_client: CoreClient
) -> None:
    """Everything else is equal, but nobody can use a value that was lost."""
    agent = project.agent()
    path = f"cluster_agents/{agent}/tokens"
    simulator.faults({**NEVER_DONE, "latency": 0.5, "path": path})
    used: list[str] = []

    def make() -> None:
        used.append(simulator.use_agent_token(project.api("POST", path, name="helm")["token"]))

    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with _during_post(simulator, make), pytest.raises(GitLabError) as raised:
        core_client.create("ClusterAgentToken", given)
    (token,) = tokens(project, agent)
    assert f'as one of {token} "helm" (created 20' in str(raised.value)
    assert f"last used {used[0]}): revoke it in GitLab if nobody uses it" in str(raised.value)


def test_two_concurrent_creates_create_one_agent(
    simulator: Simulator, project: Project, core_client_behind_gateway: tuple[CoreClient, Gateway]
) -> None:
    """The response to one is pending while the other's is lost."""
    run, gateway = core_client_behind_gateway[0].run, core_client_behind_gateway[1]
    gateway.delays = [0.5]
    simulator.faults({**LOST, "skip": 1})
    given = {"project": str(project.id), "name": "prod"}
    outcomes: list[object] = []

    def make() -> None:
        try:
            core_client = CoreClient(gateway.url, simulator.root_token, run)
            outcomes.append(core_client.create("ClusterAgent", given)[0])
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


def test_without_a_date_the_existing_resource_is_not_used(
    project: Project, core_client_behind_gateway: tuple[CoreClient, Gateway]
) -> None:
    """It may be older than the request."""
    core_client, gateway = core_client_behind_gateway
    gateway.removed_headers = {"date"}
    gateway.lose()
    with pytest.raises(GitLabError, match=r"Bad Gateway.*; it already exists with the id"):
        core_client.create("ClusterAgent", {"project": str(project.id), "name": "prod"})


def test_without_a_date_a_token_is_not_revoked(
    project: Project, core_client_behind_gateway: tuple[CoreClient, Gateway]
) -> None:
    """It may belong to somebody else, so it is reported."""
    core_client, gateway = core_client_behind_gateway
    agent = project.agent()
    gateway.removed_headers = {"date"}
    gateway.lose(skip=1)  # The response to the list of existing tokens.
    given = {"project": str(project.id), "agent_id": agent, "name": "helm"}
    with pytest.raises(GitLabError) as raised:
        core_client.create("ClusterAgentToken", given)
    (token,) = tokens(project, agent)
    assert f'as one of {token} "helm" (created 20' in str(raised.value)
    assert "last used never): revoke it in GitLab if nobody uses it" in str(raised.value)


def test_an_error_of_gitlab_is_not_repeated(
    simulator: Simulator, project: Project, core_client: CoreClient, calls: Calls
) -> None:
    """It would fail again. The message says that nothing was created."""
    simulator.faults({"method": "POST", "status": 500})
    with pytest.raises(GitLabError, match=r"created so far; this is an error in GitLab"):
        core_client.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert [each for each in calls() if each.startswith("POST")] == [
        f"POST {project.id}/cluster_agents"
    ]


def test_what_gitlab_created_before_an_error_is_used(
    project: Project, core_client_behind_gateway: tuple[CoreClient, Gateway]
) -> None:
    """A 500 does not mean that nothing was created."""
    core_client, gateway = core_client_behind_gateway
    gateway.lose(status=500)
    id_, _outputs = core_client.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert [each["id"] for each in project.api("GET", "cluster_agents")] == [int(id_.split(":")[1])]


def test_the_deadline_ends_the_attempts(simulator: Simulator, project: Project) -> None:
    """GitLab responds with 503 until then, and nothing is created."""
    core_client = CoreClient(simulator.url, simulator.root_token, retryDeadline="2")
    simulator.faults({"method": "POST", "status": 503, "times": None})
    with pytest.raises(GitLabError, match=r"503 simulated; it has not been created"):
        core_client.create("ClusterAgent", {"project": str(project.id), "name": "prod"})
    assert project.api("GET", "cluster_agents") == []


def test_the_next_run_reports_what_was_created(simulator: Simulator, project: Project) -> None:
    """GitLab is unavailable after the create. The next run names the creator."""
    given = {"project": str(project.id), "name": "prod"}
    core_client = CoreClient(simulator.url, simulator.root_token, retryDeadline="1")
    simulator.faults(LOST, {"path": "/api/", "drop": "before", "times": None})
    with pytest.raises(GitLabError, match=r"it may have been created anyway; look for it in"):
        core_client.create("ClusterAgent", given)
    simulator._call("DELETE", "/-/simulator/faults")
    with pytest.raises(
        GitLabError, match=r"it already exists with the id \d+, created .* user 1: "
    ):
        core_client.create("ClusterAgent", given)
    id_, _outputs = core_client.create("ClusterAgent", {**given, "adopt_existing": True})
    assert [each["id"] for each in project.api("GET", "cluster_agents")] == [int(id_.split(":")[1])]


@contextmanager
def _during_post(simulator: Simulator, work: Any) -> Iterator[None]:
    """Run a function as soon as a POST has arrived."""
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

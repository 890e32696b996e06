"""What is said where GitLab refuses a creation: whose the thing in its way is, and what to do."""

from __future__ import annotations

import pytest
from tests.caller import Caller
from tests.certificates import Pair
from tests.conftest import Project
from tests.kinds import KINDS, collection, inputs_of

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

ONCE = [kind for kind in KINDS if kind != "ClusterAgentToken"]
"""What GitLab has once under its identity."""


@pytest.fixture
def caller(simulator: Simulator) -> Caller:
    """One who creates as the administrator."""
    return Caller(simulator.url, simulator.root_token)


def _refused(caller: Caller, kind: str, given: dict[str, object], name: str = "") -> str:
    with pytest.raises(GitLabError) as raised:
        caller.create(kind, given, name)
    return str(raised.value)


@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize("kind", ONCE)
def test_what_is_declared_twice_is_told_so(
    project: Project, pair: Pair, caller: Caller, kind: str, *, adopt: bool
) -> None:
    """It names the other resource, which is not to be taken over."""
    given = inputs_of(kind, project, pair)
    id_, _outputs = caller.create(kind, given, "one")
    error = _refused(caller, kind, {**given, "adopt_existing": adopt}, "two")
    assert f"with the id {id_.split(':')[-1]}" in error
    assert (
        'it is declared twice, resource "one" has it already: declare it once, or have the other '
        "resource give it up in an earlier `pulumi up`"
    ) in error
    assert "take it over" not in error


@pytest.mark.parametrize("kind", ONCE)
def test_so_is_what_the_state_has(project: Project, pair: Pair, caller: Caller, kind: str) -> None:
    """The program holds what its diffs have shown: another resource's, or the resource's own."""
    given = inputs_of(kind, project, pair)
    parent = f"{given['agent_id']}:" if "agent_id" in given else ""
    path = collection(kind, f"{project.id}:{parent}0")[0].replace("clusters", "clusters/user")
    platform = {"api_url": "https://k8s.example.com", "token": "t"}
    body = {
        "ClusterAgentUrlConfiguration": {"url": "grpcs://agent.example.com"},
        "ProjectCluster": {"name": "prod", "platform_kubernetes_attributes": platform},
    }.get(kind, {"name": "prod"})
    made = project.api("POST", path, **body)["id"]
    assert "adopt_existing=True" in _refused(caller, kind, given, "two")
    own = ("agent_id", "cluster_id", "environment_id", "url_configuration_id")
    state = {"project": given["project"], "project_id": project.id, "connection": "gitlab"}
    state |= {"agent_id": given.get("agent_id", made), **dict.fromkeys(own[1:], made)}
    caller.diff(kind, state, given, "one")
    error = _refused(caller, kind, given, "two")
    assert 'it is declared twice, resource "one" has it already' in error
    error = _refused(caller, kind, given, "one")
    assert "resource's own, whose replacement needs delete_before_replace=True" in error


def test_of_three_tokens_the_refused_one_is_told_that_the_others_are_of_the_stack(
    project: Project, caller: Caller
) -> None:
    """Also where this run has made them; no rotation is half-way then."""
    given = {"project": str(project.id), "agent_id": project.agent(), "rotation_triggers": {"n": 1}}
    for name in ("first", "second"):
        caller.create("ClusterAgentToken", {**given, "name": name}, name)
    error = _refused(caller, "ClusterAgentToken", {**given, "name": "third"}, "third")
    assert error.count("which belongs to this stack") == 2
    assert "half-way" not in error

"""The error if GitLab rejects a create: which resource conflicts, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.core_client import CoreClient
from tests.support.kinds import KINDS, created_at, inputs_of

from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.registry import kind_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

UNIQUE = [kind for kind in KINDS if kind != "ClusterAgentToken"]
"""The kinds that GitLab keeps unique."""


@pytest.fixture
def core_client(simulator: Simulator) -> CoreClient:
    """A client of the administrator."""
    return CoreClient(simulator.url, simulator.root_token)


def _error(core_client: CoreClient, kind: str, given: dict[str, object], name: str = "") -> str:
    with pytest.raises(GitLabError) as raised:
        core_client.create(kind, given, name)
    return str(raised.value)


@pytest.mark.parametrize("adopt", [False, True])
@pytest.mark.parametrize("kind", UNIQUE)
def test_a_second_declaration_is_an_error(
    project: Project, pair: Pair, core_client: CoreClient, kind: str, *, adopt: bool
) -> None:
    """It names the other resource, which is not adopted."""
    given = inputs_of(kind, project, pair)
    id_, _outputs = core_client.create(kind, given, "one")
    error = _error(core_client, kind, {**given, "adopt_existing": adopt}, "two")
    assert f"with the id {id_.split(':')[-1]}" in error
    assert (
        'it is declared twice, resource "one" already has it: declare it once, or remove it from '
        "the other resource in an earlier `pulumi up`"
    ) in error
    assert "adopt" not in error


@pytest.mark.parametrize("kind", UNIQUE)
def test_a_resource_in_the_state_is_an_error(
    project: Project, pair: Pair, core_client: CoreClient, kind: str
) -> None:
    """Its diff has claimed it, for another resource or for the same one."""
    given = inputs_of(kind, project, pair)
    parent = f"{given['agent_id']}:" if "agent_id" in given else ""
    path = created_at(kind, f"{project.id}:{parent}prod")
    platform = {"api_url": "https://k8s.example.com", "token": "t"}
    bodies: dict[str, dict[str, Any]] = {
        "ClusterAgentConfiguration": {"branch": "main", "commit_message": "m", "content": ""},
        "ClusterAgentUrlConfiguration": {"url": "grpcs://agent.example.com"},
        "ProjectCluster": {"name": "prod", "platform_kubernetes_attributes": platform},
    }
    created = project.api("POST", path, **bodies.get(kind, {"name": "prod"})).get("id")
    assert "adopt_existing=True" in _error(core_client, kind, given, "two")
    own = ("agent_id", "cluster_id", "environment_id", "url_configuration_id")
    state = {"project": given["project"], "project_id": project.id, "connection": "gitlab"}
    state |= {"agent_id": given.get("agent_id", created), **dict.fromkeys(own[1:], created)}
    state["agent_name"] = "prod"
    core_client.diff(kind, state, given, "one")
    error = _error(core_client, kind, given, "two")
    assert 'it is declared twice, resource "one" already has it' in error
    error = _error(core_client, kind, given, "one")
    assert (
        "it belongs to this resource, whose replacement needs delete_before_replace=True" in error
    )


def test_a_third_token_lists_the_stacks_own_tokens(
    project: Project, core_client: CoreClient
) -> None:
    """Also if this run has created them. This is not a failed rotation."""
    given = {"project": str(project.id), "agent_id": project.agent(), "rotation_triggers": {"n": 1}}
    for name in ("first", "second"):
        core_client.create("ClusterAgentToken", {**given, "name": name}, name)
    error = _error(core_client, "ClusterAgentToken", {**given, "name": "third"}, "third")
    assert error.count("which belongs to this stack") == 2
    assert "halfway" not in error


@pytest.mark.parametrize("status", [400, 409])
def test_the_status_of_a_taken_identity_depends_on_the_kind(
    project: Project, core_client: CoreClient, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """Some of GitLab's collections respond 409, which otherwise means that GitLab is busy."""
    monkeypatch.setattr(type(kind_for("ClusterAgent")), "taken_status", status)
    agent = project.agent()
    fault = {"method": "POST", "status": status, "body": {"message": "Name already exists"}}
    project.simulator.faults(fault)
    error = _error(core_client, "ClusterAgent", {"project": project.path, "name": "prod"})
    assert f"Name already exists; it already exists with the id {agent}" in error
    assert "adopt_existing=True" in error
    assert "busy" not in error

"""States of Pulumi's own GitLab package, which the native classes take over on the Pulumi CLI."""

from __future__ import annotations

import json

import pytest
from tests.lifecycle.gitlab import Lab
from tests.native.cli.stacks import NativeStack
from tests.support.published_state import published

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAM = """\
from pulumi_gitlab_kubernetes.native import (
    ClusterAgent,
    ClusterAgentToken,
    ProjectCluster,
    ProjectEnvironment,
)

PROJECT = "{project}"
agent = ClusterAgent("agent", project=PROJECT, name="prod")
ClusterAgentToken(
    "token", project=PROJECT, agent_id=agent.agent_id, name="ci", description="For CI"
)
ProjectCluster(
    "cluster",
    project=PROJECT,
    name="legacy",
    kubernetes_api_url="https://k8s.example.com",
    kubernetes_token="canary-of-the-cluster",
)
ProjectEnvironment(
    "environment",
    project=PROJECT,
    name="production",
    external_url="https://{host}",
    cluster_agent_id=agent.agent_id,
)
"""


@pytest.mark.parametrize("by_path", [False, True])
def test_a_published_stack_is_taken_over(stack: NativeStack, lab: Lab, *, by_path: bool) -> None:
    """Nothing is replaced, and the token keeps its value. IDs with a path work in each command."""
    project = lab.project.path if by_path else str(lab.project.id)
    stack.program("")
    stack.pulumi("up")
    deployment = stack.deployment()
    resources, token = published(lab, project)
    deployment["resources"] += resources
    stack.import_({"version": 3, "deployment": deployment})
    lab.calls()

    stack.program(_PROGRAM.format(project=project, host="shop.example.com"))
    assert "4 to update" in stack.pulumi("preview", "--diff").text
    assert "4 updated" in stack.pulumi("up").text
    assert {call.method for call in lab.calls()} <= {"GET"}
    found = stack.resources(show_secrets=True)
    assert found["token"]["outputs"]["token"]["plaintext"] == json.dumps(token)
    assert {each["type"].partition(":")[0] for each in found.values()} == {
        "pulumi",
        "gitlab-kubernetes",
    }
    stack.unchanged()

    stack.program(_PROGRAM.format(project=project, host="new.example.com"))
    assert stack.pulumi("up").details("environment") == {"externalUrl": "update"}
    assert "5 unchanged" in stack.pulumi("refresh").text
    for name in ("agent", "token", "cluster", "environment"):
        assert stack.resources()[name]["id"].startswith(f"{lab.project.id}:")
    stack.unchanged()
    stack.pulumi("destroy")
    assert not lab.resources()


def test_a_published_stack_is_destroyed(stack: NativeStack, lab: Lab) -> None:
    """Its resources have IDs with a path in the first run, which deletes them."""
    stack.program("")
    stack.pulumi("up")
    deployment = stack.deployment()
    resources, _token = published(lab, lab.project.path)
    deployment["resources"] += resources
    stack.import_({"version": 3, "deployment": deployment})
    stack.program(_PROGRAM.format(project=lab.project.path, host="shop.example.com"))
    stack.pulumi("up")
    stack.pulumi("destroy")
    assert not lab.resources()

"""States of Pulumi's own GitLab package, which the native classes take over on the Pulumi CLI."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from tests.lifecycle.gitlab import Lab
from tests.native.cli.stacks import NativeStack

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROVIDER = "urn:pulumi:test::lifecycle::pulumi:providers:gitlab::default_9_0_0"
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


def _secret(value: str) -> dict[str, str]:
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps(value),
    }


def _published(lab: Lab, project: str) -> tuple[list[dict[str, Any]], str]:
    """Create resources in GitLab. Return their state in that package, and the token's value."""
    base = f"projects/{lab.project.id}"
    agent = lab.agent("prod")
    token = lab.root(
        "POST", f"{base}/cluster_agents/{agent}/tokens", name="ci", description="For CI"
    )
    url = "https://shop.example.com"
    environment = lab.root(
        "POST", f"{base}/environments", name="production", external_url=url, cluster_agent_id=agent
    )
    kubernetes = {"api_url": "https://k8s.example.com", "token": "canary-of-the-cluster"}
    cluster = lab.root(
        "POST", f"{base}/clusters/user", name="legacy", platform_kubernetes_attributes=kubernetes
    )
    id_ = str(uuid.uuid4())

    def state(
        kind: str, name: str, own: str, inputs: dict[str, Any], outputs: dict[str, Any]
    ) -> dict[str, Any]:
        type_ = f"gitlab:index/{kind[0].lower()}{kind[1:]}:{kind}"
        inputs = {"project": project, **inputs}
        return {
            "urn": f"urn:pulumi:test::lifecycle::{type_}::{name}",
            "custom": True,
            "id": f"{project}:{own}",
            "type": type_,
            "inputs": {"__defaults": [], **inputs},
            "outputs": {"__meta": '{"schema_version":"0"}', **inputs, **outputs},
            "provider": f"{_PROVIDER}::{id_}",
        }

    settings = {"baseUrl": f"{lab.url}/api/v4", "token": _secret(lab.token), "version": "9.0.0"}
    return [
        {
            "urn": _PROVIDER,
            "custom": True,
            "id": id_,
            "type": "pulumi:providers:gitlab",
            "inputs": settings,
            "outputs": settings,
        },
        state("ClusterAgent", "agent", f"{agent}", {"name": "prod"}, {"agentId": agent}),
        state(
            "ClusterAgentToken",
            "token",
            f"{agent}:{token['id']}",
            {"agentId": agent, "name": "ci", "description": "For CI"},
            {"token": _secret(token["token"]), "tokenId": token["id"], "lastUsedAt": ""},
        ),
        state(
            "ProjectCluster",
            "cluster",
            f"{cluster['id']}",
            {
                "name": "legacy",
                "environmentScope": "*",
                "kubernetesApiUrl": "https://k8s.example.com",
                "kubernetesToken": _secret("canary-of-the-cluster"),
            },
            {"enabled": True, "managed": True, "domain": "", "kubernetesNamespace": ""},
        ),
        state(
            "ProjectEnvironment",
            "environment",
            f"{environment['id']}",
            {"name": "production", "externalUrl": url, "clusterAgentId": agent},
            {"slug": "production", "state": "available", "tier": "production", "description": ""},
        ),
    ], token["token"]


@pytest.mark.parametrize("by_path", [False, True])
def test_a_published_stack_is_taken_over(stack: NativeStack, lab: Lab, *, by_path: bool) -> None:
    """Nothing is replaced, and the token keeps its value. IDs with a path work in each command."""
    project = lab.project.path if by_path else str(lab.project.id)
    stack.program("")
    stack.pulumi("up")
    deployment = stack.deployment()
    resources, token = _published(lab, project)
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
    resources, _token = _published(lab, lab.project.path)
    deployment["resources"] += resources
    stack.import_({"version": 3, "deployment": deployment})
    stack.program(_PROGRAM.format(project=lab.project.path, host="shop.example.com"))
    stack.pulumi("up")
    stack.pulumi("destroy")
    assert not lab.resources()

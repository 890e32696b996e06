"""States of Pulumi's own GitLab package."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.lifecycle.gitlab import Lab


def _secret(value: str) -> dict[str, str]:
    return {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": json.dumps(value),
    }


def published(
    lab: Lab, project: str, stack_and_project: str = "test::lifecycle"
) -> tuple[list[dict[str, Any]], str]:
    """Create resources in GitLab.

    Args:
        lab: The GitLab.
        project: The project's path or ID, as the resources have it.
        stack_and_project: The part of URNs with their names.

    Returns:
        The resources' state in that package, and the token's value.
    """
    provider = f"urn:pulumi:{stack_and_project}::pulumi:providers:gitlab::default_9_0_0"
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
            "urn": f"urn:pulumi:{stack_and_project}::{type_}::{name}",
            "custom": True,
            "id": f"{project}:{own}",
            "type": type_,
            "inputs": {"__defaults": [], **inputs},
            "outputs": {"__meta": '{"schema_version":"0"}', **inputs, **outputs},
            "provider": f"{provider}::{id_}",
        }

    settings = {"baseUrl": f"{lab.url}/api/v4", "token": _secret(lab.token), "version": "9.0.0"}
    return [
        {
            "urn": provider,
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

"""Resources of each kind, for tests that need all kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.lifecycle.certificates import CERTIFICATE, KEY
from tests.lifecycle.engines import ref, resource


def agent(project: Any, name: str = "agent", **changes: Any) -> dict[str, Any]:
    """Describe an agent."""
    return resource("ClusterAgent", name, **{"project": project, "name": name, **changes})


def token(project: Any, name: str = "token", **changes: Any) -> dict[str, Any]:
    """Describe a token of the agent `agent`."""
    given = {"project": project, "agent_id": ref("agent.agent_id"), "name": name, **changes}
    return resource("ClusterAgentToken", name, **given)


def url_configuration(project: Any, name: str = "url", **changes: Any) -> dict[str, Any]:
    """Describe the URL configuration of the agent `agent`."""
    given = {
        "project": project,
        "agent_id": ref("agent.agent_id"),
        "url": "grpcs://agent.example.com:443",
        "client_cert": CERTIFICATE,
        "client_key": KEY,
        **changes,
    }
    return resource("ClusterAgentUrlConfiguration", name, **given)


def configuration(project: Any, name: str = "configuration", **changes: Any) -> dict[str, Any]:
    """Describe the configuration file of the agent `agent`."""
    given = {
        "project": project,
        "agent_name": ref("agent.name"),
        "ci_access": {"groups": [{"id": "acme", "default_namespace": "shop"}]},
        **changes,
    }
    return resource("ClusterAgentConfiguration", name, **given)


def cluster(project: Any, name: str = "cluster", **changes: Any) -> dict[str, Any]:
    """Describe a certificate-based cluster."""
    given = {
        "project": project,
        "name": name,
        "kubernetes_api_url": "https://k8s.example.com",
        "kubernetes_token": "a-kubernetes-token",
        **changes,
    }
    return resource("ProjectCluster", name, **given)


def environment(project: Any, name: str = "environment", **changes: Any) -> dict[str, Any]:
    """Describe an environment with the agent `agent`."""
    given = {
        "project": project,
        "name": name,
        "cluster_agent_id": ref("agent.agent_id"),
        "kubernetes_namespace": "shop",
        **changes,
    }
    return resource("ProjectEnvironment", name, **given)


_AGENTS = 20
NAMES = ("agent", "token", "url", "configuration", "cluster", "environment")


def all_kinds(project: Any) -> list[dict[str, Any]]:
    """Describe one resource of each kind, by the names in `NAMES`."""
    kinds = (agent, token, url_configuration, configuration, cluster, environment)
    return [each(project) for each in kinds]


def mixture(project: Any, count: int) -> list[dict[str, Any]]:
    """Describe many resources of all kinds, in the proportions of a platform team's stack.

    Args:
        project: The project's id or path.
        count: How many; a multiple of ten.
    """
    return [each for number in range(count // 10) for each in _ten(project, number)]


def environments(project: Any, count: int) -> list[dict[str, Any]]:
    """Describe many environments of 20 agents, each with a token: 40 of the resources.

    Args:
        project: The project's id or path.
        count: How many resources; 40 or more.
    """
    ids = [ref(f"agent-{number}.agent_id") for number in range(_AGENTS)]
    return [
        *(agent(project, f"agent-{number}") for number in range(_AGENTS)),
        *(token(project, f"token-{n}", agent_id=id_) for n, id_ in enumerate(ids)),
        *(
            environment(project, f"environment-{number}", cluster_agent_id=ids[number % _AGENTS])
            for number in range(count - 2 * _AGENTS)
        ),
    ]


def _ten(project: Any, number: int) -> Iterator[dict[str, Any]]:
    for which in ("a", "b"):
        label = f"{which}{number}"
        agent_id = ref(f"agent-{label}.agent_id")
        yield agent(project, f"agent-{label}")
        yield token(project, f"token-{label}", agent_id=agent_id)
        for stage in ("live", "test"):
            name = f"{stage}-{label}"
            yield environment(project, name, cluster_agent_id=agent_id, description="Many")
    yield url_configuration(project, f"url-{number}", agent_id=ref(f"agent-a{number}.agent_id"))
    yield cluster(project, f"cluster-{number}", environment_scope=f"scope-{number}/*")

"""Messages of the core name inputs and options as the adapter's users write them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.core_client import CoreClient
from tests.support.kinds import inputs_of

from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.core.state import State
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.registry import lifecycle_for
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


class _Camel(Spelling):
    """The spelling of YAML and JavaScript programs."""

    def __getitem__(self, name: str) -> str:
        first, *others = name.split("_")
        return first + "".join(other.capitalize() for other in others)

    def option(self, name: str) -> str:
        return f"{self[name]}: true"


@pytest.fixture
def client(simulator: Simulator) -> CoreClient:
    """Calls the core as an adapter for other languages does."""
    found = CoreClient(simulator.url, simulator.root_token)
    found._context = replace(found._context, spelling=_Camel())
    return found


def _reasons(client: CoreClient, kind: str, given: dict[str, Any]) -> list[str]:
    """Return the failures of inputs."""
    _values, failures = lifecycle_for(kind).check(given, client._context)
    return [each.reason for each in failures]


def test_failures_of_checks(project: Project, pair: Pair, client: CoreClient) -> None:
    """Those of cross checks, and the hint for an ID."""
    given = inputs_of("ClusterAgentUrlConfiguration", project, pair)
    del given["client_key"]
    assert _reasons(client, "ClusterAgentUrlConfiguration", given) == [
        "needs clientKey: set both or none"
    ]
    given = inputs_of("ProjectEnvironment", project, pair)
    assert _reasons(client, "ProjectEnvironment", {**given, "kubernetes_namespace": "shop"}) == [
        "needs an agent: set clusterAgentId too"
    ]
    (reason,) = _reasons(client, "ProjectEnvironment", {**given, "cluster_agent_id": "prod"})
    assert "`agent.agentId`" in reason


def test_a_conflict(project: Project, pair: Pair, client: CoreClient) -> None:
    """It names the options that resolve it, and the unique input."""
    given = inputs_of("ProjectCluster", project, pair)
    project.api(
        "POST",
        "clusters/user",
        name="other",
        platform_kubernetes_attributes={"api_url": "https://k8s.example.com", "token": "t"},
    )
    with pytest.raises(ProviderError) as raised:
        client.create("ProjectCluster", given)
    message = str(raised.value)
    assert 'environmentScope "*" is already used by cluster "other"' in message
    assert "deleteBeforeReplace: true" in message
    assert "adoptExisting: true" in message
    assert not re.search(r"\b(environment_scope|delete_before|adopt_existing)", message)


def test_gitlabs_names_of_inputs(project: Project, pair: Pair, client: CoreClient) -> None:
    """Its errors name parameters, which become the names of inputs."""
    given = inputs_of("ProjectEnvironment", project, pair)
    body = {"message": "cluster_agent_id is invalid"}
    project.simulator.faults({"method": "POST", "status": 400, "body": body})
    with pytest.raises(ProviderError, match="clusterAgentId is invalid"):
        client.create("ProjectEnvironment", given)


def test_an_environment_that_must_be_stopped(
    project: Project, pair: Pair, client: CoreClient
) -> None:
    """It names the option that stops it."""
    given = {**inputs_of("ProjectEnvironment", project, pair), "stop_before_destroy": False}
    id_, outputs = client.create("ProjectEnvironment", given)
    with pytest.raises(ProviderError, match="set stopBeforeDestroy: true and run"):
        lifecycle_for("ProjectEnvironment").delete(id_, State(outputs, {}), client._context)

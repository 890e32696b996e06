"""The public types of the native adapter, for mypy alone, as `api.py`.

`tests/native/test_resources.py` compares its classes with those in `api.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
from typing_extensions import assert_type

from pulumi_gitlab_kubernetes import native

OptionalText = pulumi.Input[str | None]
OptionalFlag = pulumi.Input[bool | None]
OptionalNumber = pulumi.Input[float | None]


def provider(
    *,
    token: OptionalText,
    base_url: OptionalText,
    insecure: OptionalFlag,
    cacert_file: OptionalText,
    client_cert: OptionalText,
    client_key: OptionalText,
    headers: pulumi.Input[Mapping[str, pulumi.Input[str]] | None],
    request_timeout: OptionalNumber,
    retry_deadline: OptionalNumber,
    adopt_existing: OptionalFlag,
) -> None:
    """Pin the arguments and outputs of a provider."""
    made = native.Provider(
        "it",
        pulumi.ResourceOptions(),
        token=token,
        base_url=base_url,
        insecure=insecure,
        cacert_file=cacert_file,
        client_cert=client_cert,
        client_key=client_key,
        headers=headers,
        request_timeout=request_timeout,
        retry_deadline=retry_deadline,
        adopt_existing=adopt_existing,
    )
    assert_type(made.token, pulumi.Output[str | None])
    assert_type(made.base_url, pulumi.Output[str | None])
    assert_type(made.cacert_file, pulumi.Output[str | None])
    assert_type(made.client_cert, pulumi.Output[str | None])
    assert_type(made.client_key, pulumi.Output[str | None])
    pulumi.ResourceOptions(provider=made)
    native.Provider("it", token=1)  # type: ignore[arg-type]
    native.Provider("it", headers=["X-A: b"])  # type: ignore[arg-type]
    native.Provider("it", url="https://gitlab.example.com")  # type: ignore[call-arg]


def ids(
    agent: native.ClusterAgent,
    token: native.ClusterAgentToken,
    configuration: native.ClusterAgentUrlConfiguration,
    cluster: native.ProjectCluster,
    environment: native.ProjectEnvironment,
) -> None:
    """Pin the outputs that are properties of the dynamic classes."""
    assert_type(agent.agent_id, pulumi.Output[int])
    assert_type(token.token_id, pulumi.Output[int])
    assert_type(configuration.url_configuration_id, pulumi.Output[int])
    assert_type(cluster.cluster_id, pulumi.Output[int])
    assert_type(environment.environment_id, pulumi.Output[int])
    for each in (agent, token, configuration, cluster, environment):
        assert_type(each.project_id, pulumi.Output[int])


def arguments(agent: native.ClusterAgent) -> None:
    """Pin that outputs are arguments, and that a provider takes the place of `connection`."""
    native.ClusterAgentToken("it", project=agent.project, agent_id=agent.agent_id, name="x")
    native.ClusterAgentToken("it", project=agent.project_id, agent_id=agent.id, name=agent.name)
    native.ProjectEnvironment("it", project=1, name="x", cluster_agent_id=agent.agent_id)
    native.ClusterAgent("it", project="a/b", name="x", connection="other")  # type: ignore[call-arg]


def component(made: native.GitLabAgent) -> None:
    """Pin the children of the component, and that a provider takes the place of `connection`."""
    assert_type(made.helm_values, pulumi.Output[dict[str, Any]])
    assert_type(made.agent, native.ClusterAgent)
    assert_type(made.token_resource, native.ClusterAgentToken)
    assert_type(made.url_configuration, native.ClusterAgentUrlConfiguration | None)
    assert_type(made.environments, dict[str, native.ProjectEnvironment])
    environments: dict[str, native.GitLabAgentEnvironmentArgs] = {"live": {"tier": "production"}}
    native.GitLabAgent("it", project=made.agent.project, name="x", environments=environments)
    native.GitLabAgent("it", project=1, name="x", connection="other")  # type: ignore[call-arg]


def get(id_: pulumi.Output[str]) -> None:
    """Pin `.get()`, which has the type of its own class."""
    assert_type(native.ClusterAgent.get("it", "42:7"), native.ClusterAgent)
    assert_type(native.ProjectCluster.get("it", id=id_), native.ProjectCluster)
    native.ClusterAgent.get("it", 7)  # type: ignore[arg-type]

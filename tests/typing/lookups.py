"""The public types of functions, for mypy alone, as `api.py`.

`test_lookups.py` finds what is not pinned.
"""

from __future__ import annotations

from typing import Any

import pulumi
from typing_extensions import assert_type

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes import native

Project = pulumi.Input[str | int]
OptionalId = pulumi.Input[int | str | None]
OptionalNumber = pulumi.Input[int | None]
OptionalText = pulumi.Input[str | None]


def get_cluster_agent(
    *,
    project: str | int,
    agent_id: int | str | None,
    name: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_cluster_agent`."""
    found = gitlab.get_cluster_agent(
        project=project,
        agent_id=agent_id,
        name=name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentResult)
    assert_type(found.id, str)
    assert_type(found.project_id, int)
    assert_type(found.agent_id, int)
    assert_type(found.name, str)
    assert_type(found.created_at, str)
    assert_type(found.created_by_user_id, int | None)
    assert_type(found.is_receptive, bool | None)
    assert_type(found.config_project, int)


def get_cluster_agent_output(
    *,
    project: Project,
    agent_id: OptionalId,
    name: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agent_output(
        project=project,
        agent_id=agent_id,
        name=name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentResult])
    same = native.get_cluster_agent_output(project=project, agent_id=agent_id, name=name, opts=opts)
    assert_type(same, pulumi.Output[native.GetClusterAgentResult])


def get_cluster_agents(
    *, project: str | int, connection: str | None, opts: pulumi.InvokeOptions
) -> None:
    """Pin the arguments and results of `get_cluster_agents`."""
    found = gitlab.get_cluster_agents(
        project=project,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentsResult)
    assert_type(found.agents, tuple[gitlab.GetClusterAgentsAgent, ...])
    item = found.agents[0]
    assert_type(item.id, str)
    assert_type(item.project_id, int)
    assert_type(item.agent_id, int)
    assert_type(item.name, str)
    assert_type(item.created_at, str)
    assert_type(item.created_by_user_id, int | None)
    assert_type(item.is_receptive, bool | None)
    assert_type(item.config_project, int)


def get_cluster_agents_output(
    *, project: Project, connection: OptionalText, opts: pulumi.InvokeOutputOptions
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agents_output(
        project=project,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentsResult])
    same = native.get_cluster_agents_output(project=project, opts=opts)
    assert_type(same, pulumi.Output[native.GetClusterAgentsResult])


def get_cluster_agent_token(
    *,
    project: str | int,
    agent_id: int | str | None,
    agent_name: str | None,
    token_id: int | None,
    name: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_cluster_agent_token`."""
    found = gitlab.get_cluster_agent_token(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        token_id=token_id,
        name=name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentTokenResult)
    assert_type(found.id, str)
    assert_type(found.project_id, int)
    assert_type(found.agent_id, int)
    assert_type(found.token_id, int)
    assert_type(found.name, str)
    assert_type(found.description, str | None)
    assert_type(found.status, str)
    assert_type(found.created_at, str)
    assert_type(found.created_by_user_id, int | None)
    assert_type(found.last_used_at, str | None)


def get_cluster_agent_token_output(
    *,
    project: Project,
    agent_id: OptionalId,
    agent_name: OptionalText,
    token_id: OptionalNumber,
    name: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agent_token_output(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        token_id=token_id,
        name=name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentTokenResult])
    same = native.get_cluster_agent_token_output(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        token_id=token_id,
        name=name,
        opts=opts,
    )
    assert_type(same, pulumi.Output[native.GetClusterAgentTokenResult])


def get_cluster_agent_tokens(
    *,
    project: str | int,
    agent_id: int | str | None,
    agent_name: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_cluster_agent_tokens`."""
    found = gitlab.get_cluster_agent_tokens(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentTokensResult)
    assert_type(found.tokens, tuple[gitlab.GetClusterAgentTokensToken, ...])
    item = found.tokens[0]
    assert_type(item.id, str)
    assert_type(item.project_id, int)
    assert_type(item.agent_id, int)
    assert_type(item.token_id, int)
    assert_type(item.name, str)
    assert_type(item.description, str | None)
    assert_type(item.status, str | None)
    assert_type(item.created_at, str)
    assert_type(item.created_by_user_id, int | None)
    assert_type(item.last_used_at, str | None)


def get_cluster_agent_tokens_output(
    *,
    project: Project,
    agent_id: OptionalId,
    agent_name: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agent_tokens_output(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentTokensResult])
    same = native.get_cluster_agent_tokens_output(
        project=project, agent_id=agent_id, agent_name=agent_name, opts=opts
    )
    assert_type(same, pulumi.Output[native.GetClusterAgentTokensResult])


def get_cluster_agent_url_configuration(
    *,
    project: str | int,
    agent_id: int | str | None,
    agent_name: str | None,
    url_configuration_id: int | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_cluster_agent_url_configuration`."""
    found = gitlab.get_cluster_agent_url_configuration(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        url_configuration_id=url_configuration_id,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentUrlConfigurationResult)
    assert_type(found.id, str)
    assert_type(found.project_id, int)
    assert_type(found.agent_id, int)
    assert_type(found.url_configuration_id, int)
    assert_type(found.url, str)
    assert_type(found.client_cert, str | None)
    assert_type(found.ca_cert, str | None)
    assert_type(found.tls_host, str | None)
    assert_type(found.public_key, str | None)


def get_cluster_agent_url_configuration_output(
    *,
    project: Project,
    agent_id: OptionalId,
    agent_name: OptionalText,
    url_configuration_id: OptionalNumber,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agent_url_configuration_output(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        url_configuration_id=url_configuration_id,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentUrlConfigurationResult])
    same = native.get_cluster_agent_url_configuration_output(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        url_configuration_id=url_configuration_id,
        opts=opts,
    )
    assert_type(same, pulumi.Output[native.GetClusterAgentUrlConfigurationResult])


def get_cluster_agent_url_configurations(
    *,
    project: str | int,
    agent_id: int | str | None,
    agent_name: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_cluster_agent_url_configurations`."""
    found = gitlab.get_cluster_agent_url_configurations(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentUrlConfigurationsResult)
    assert_type(
        found.url_configurations,
        tuple[gitlab.GetClusterAgentUrlConfigurationsUrlConfiguration, ...],
    )
    item = found.url_configurations[0]
    assert_type(item.id, str)
    assert_type(item.project_id, int)
    assert_type(item.agent_id, int)
    assert_type(item.url_configuration_id, int)
    assert_type(item.url, str)
    assert_type(item.client_cert, str | None)
    assert_type(item.ca_cert, str | None)
    assert_type(item.tls_host, str | None)
    assert_type(item.public_key, str | None)


def get_cluster_agent_url_configurations_output(
    *,
    project: Project,
    agent_id: OptionalId,
    agent_name: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agent_url_configurations_output(
        project=project,
        agent_id=agent_id,
        agent_name=agent_name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentUrlConfigurationsResult])
    same = native.get_cluster_agent_url_configurations_output(
        project=project, agent_id=agent_id, agent_name=agent_name, opts=opts
    )
    assert_type(same, pulumi.Output[native.GetClusterAgentUrlConfigurationsResult])


def get_project_cluster(
    *,
    project: str | int,
    cluster_id: int | None,
    name: str | None,
    environment_scope: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_project_cluster`."""
    found = gitlab.get_project_cluster(
        project=project,
        cluster_id=cluster_id,
        name=name,
        environment_scope=environment_scope,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetProjectClusterResult)
    assert_type(found.id, str)
    assert_type(found.project_id, int)
    assert_type(found.cluster_id, int)
    assert_type(found.name, str)
    assert_type(found.kubernetes_api_url, str)
    assert_type(found.kubernetes_ca_cert, str | None)
    assert_type(found.kubernetes_namespace, str | None)
    assert_type(found.kubernetes_authorization_type, str)
    assert_type(found.environment_scope, str)
    assert_type(found.domain, str | None)
    assert_type(found.management_project_id, int | None)
    assert_type(found.enabled, bool)
    assert_type(found.managed, bool)
    assert_type(found.namespace_per_environment, bool)
    assert_type(found.created_at, str)
    assert_type(found.cluster_type, str)
    assert_type(found.provider_type, str)
    assert_type(found.platform_type, str)


def get_project_cluster_output(
    *,
    project: Project,
    cluster_id: OptionalNumber,
    name: OptionalText,
    environment_scope: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_project_cluster_output(
        project=project,
        cluster_id=cluster_id,
        name=name,
        environment_scope=environment_scope,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetProjectClusterResult])
    same = native.get_project_cluster_output(
        project=project,
        cluster_id=cluster_id,
        name=name,
        environment_scope=environment_scope,
        opts=opts,
    )
    assert_type(same, pulumi.Output[native.GetProjectClusterResult])


def get_project_clusters(
    *, project: str | int, connection: str | None, opts: pulumi.InvokeOptions
) -> None:
    """Pin the arguments and results of `get_project_clusters`."""
    found = gitlab.get_project_clusters(
        project=project,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetProjectClustersResult)
    assert_type(found.clusters, tuple[gitlab.GetProjectClustersCluster, ...])
    item = found.clusters[0]
    assert_type(item.id, str)
    assert_type(item.project_id, int)
    assert_type(item.cluster_id, int)
    assert_type(item.name, str)
    assert_type(item.kubernetes_api_url, str)
    assert_type(item.kubernetes_ca_cert, str | None)
    assert_type(item.kubernetes_namespace, str | None)
    assert_type(item.kubernetes_authorization_type, str)
    assert_type(item.environment_scope, str)
    assert_type(item.domain, str | None)
    assert_type(item.management_project_id, int | None)
    assert_type(item.enabled, bool)
    assert_type(item.managed, bool)
    assert_type(item.namespace_per_environment, bool)
    assert_type(item.created_at, str)
    assert_type(item.cluster_type, str)
    assert_type(item.provider_type, str)
    assert_type(item.platform_type, str)


def get_project_clusters_output(
    *, project: Project, connection: OptionalText, opts: pulumi.InvokeOutputOptions
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_project_clusters_output(
        project=project,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetProjectClustersResult])
    same = native.get_project_clusters_output(project=project, opts=opts)
    assert_type(same, pulumi.Output[native.GetProjectClustersResult])


def get_project_environment(
    *,
    project: str | int,
    environment_id: int | None,
    name: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_project_environment`."""
    found = gitlab.get_project_environment(
        project=project,
        environment_id=environment_id,
        name=name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetProjectEnvironmentResult)
    assert_type(found.id, str)
    assert_type(found.project_id, int)
    assert_type(found.environment_id, int)
    assert_type(found.name, str)
    assert_type(found.external_url, str | None)
    assert_type(found.description, str | None)
    assert_type(found.tier, str | None)
    assert_type(found.auto_stop_setting, str)
    assert_type(found.cluster_agent_id, int | None)
    assert_type(found.kubernetes_namespace, str | None)
    assert_type(found.flux_resource_path, str | None)
    assert_type(found.slug, str)
    assert_type(found.state, str)
    assert_type(found.created_at, str)
    assert_type(found.updated_at, str)
    assert_type(found.auto_stop_at, str | None)
    assert_type(found.cluster_agent, gitlab.GetProjectEnvironmentClusterAgent | None)
    assert_type(found.last_deployment, gitlab.GetProjectEnvironmentLastDeployment | None)
    assert found.cluster_agent is not None
    cluster_agent = found.cluster_agent
    assert_type(cluster_agent.id, int)
    assert_type(cluster_agent.name, str)
    assert found.last_deployment is not None
    last_deployment = found.last_deployment
    assert_type(last_deployment.id, int)
    assert_type(last_deployment.iid, int)
    assert_type(last_deployment.ref, str)
    assert_type(last_deployment.sha, str)
    assert_type(last_deployment.status, str)
    assert_type(last_deployment.created_at, str)


def get_project_environment_output(
    *,
    project: Project,
    environment_id: OptionalNumber,
    name: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_project_environment_output(
        project=project,
        environment_id=environment_id,
        name=name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetProjectEnvironmentResult])
    same = native.get_project_environment_output(
        project=project, environment_id=environment_id, name=name, opts=opts
    )
    assert_type(same, pulumi.Output[native.GetProjectEnvironmentResult])


def get_project_environments(
    *,
    project: str | int,
    name: str | None,
    search: str | None,
    states: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_project_environments`."""
    found = gitlab.get_project_environments(
        project=project,
        name=name,
        search=search,
        states=states,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetProjectEnvironmentsResult)
    assert_type(found.environments, tuple[gitlab.GetProjectEnvironmentsEnvironment, ...])
    item = found.environments[0]
    assert_type(item.id, str)
    assert_type(item.project_id, int)
    assert_type(item.environment_id, int)
    assert_type(item.name, str)
    assert_type(item.external_url, str | None)
    assert_type(item.description, str | None)
    assert_type(item.tier, str | None)
    assert_type(item.auto_stop_setting, str)
    assert_type(item.cluster_agent_id, int | None)
    assert_type(item.kubernetes_namespace, str | None)
    assert_type(item.flux_resource_path, str | None)
    assert_type(item.slug, str)
    assert_type(item.state, str)
    assert_type(item.created_at, str)
    assert_type(item.updated_at, str)
    assert_type(item.auto_stop_at, str | None)


def get_project_environments_output(
    *,
    project: Project,
    name: OptionalText,
    search: OptionalText,
    states: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_project_environments_output(
        project=project,
        name=name,
        search=search,
        states=states,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetProjectEnvironmentsResult])
    same = native.get_project_environments_output(
        project=project, name=name, search=search, states=states, opts=opts
    )
    assert_type(same, pulumi.Output[native.GetProjectEnvironmentsResult])


def get_cluster_agent_configuration(
    *,
    project: str | int,
    agent_name: str | None,
    connection: str | None,
    opts: pulumi.InvokeOptions,
) -> None:
    """Pin the arguments and results of `get_cluster_agent_configuration`."""
    found = gitlab.get_cluster_agent_configuration(
        project=project,
        agent_name=agent_name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentConfigurationResult)
    assert_type(found.id, str)
    assert_type(found.project_id, int)
    assert_type(found.agent_name, str)
    assert_type(found.ci_access, dict[str, Any] | None)
    assert_type(found.user_access, dict[str, Any] | None)
    assert_type(found.observability, dict[str, Any] | None)
    assert_type(found.additional_settings, dict[str, Any] | None)
    assert_type(found.file_path, str)


def get_cluster_agent_configuration_output(
    *,
    project: Project,
    agent_name: OptionalText,
    connection: OptionalText,
    opts: pulumi.InvokeOutputOptions,
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agent_configuration_output(
        project=project,
        agent_name=agent_name,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentConfigurationResult])
    same = native.get_cluster_agent_configuration_output(
        project=project, agent_name=agent_name, opts=opts
    )
    assert_type(same, pulumi.Output[native.GetClusterAgentConfigurationResult])


def get_cluster_agent_configurations(
    *, project: str | int, connection: str | None, opts: pulumi.InvokeOptions
) -> None:
    """Pin the arguments and results of `get_cluster_agent_configurations`."""
    found = gitlab.get_cluster_agent_configurations(
        project=project,
        connection=connection,
        opts=opts,
    )
    assert_type(found, gitlab.GetClusterAgentConfigurationsResult)
    assert_type(
        found.agent_configurations,
        tuple[gitlab.GetClusterAgentConfigurationsAgentConfiguration, ...],
    )
    item = found.agent_configurations[0]
    assert_type(item.id, str)
    assert_type(item.project_id, int)
    assert_type(item.agent_name, str)
    assert_type(item.ci_access, dict[str, Any] | None)
    assert_type(item.user_access, dict[str, Any] | None)
    assert_type(item.observability, dict[str, Any] | None)
    assert_type(item.additional_settings, dict[str, Any] | None)
    assert_type(item.file_path, str)


def get_cluster_agent_configurations_output(
    *, project: Project, connection: OptionalText, opts: pulumi.InvokeOutputOptions
) -> None:
    """Pin it with both adapters."""
    found = gitlab.get_cluster_agent_configurations_output(
        project=project,
        connection=connection,
        opts=opts,
    )
    assert_type(found, pulumi.Output[gitlab.GetClusterAgentConfigurationsResult])
    same = native.get_cluster_agent_configurations_output(project=project, opts=opts)
    assert_type(same, pulumi.Output[native.GetClusterAgentConfigurationsResult])


def rejected(agent: gitlab.ClusterAgent) -> None:
    """Pin what is rejected, and that outputs of resources are arguments."""
    gitlab.get_cluster_agent_output(project=agent.project, agent_id=agent.agent_id)
    gitlab.get_cluster_agent_output(project=agent.project_id, agent_id=agent.id)
    native.get_cluster_agent(project=1, agent_id="42:7")
    gitlab.get_cluster_agent()  # type: ignore[call-arg] # no project
    gitlab.get_cluster_agent("a/b")  # type: ignore[call-arg] # by keyword alone
    gitlab.get_cluster_agent(project=agent.project, name="x")  # type: ignore[arg-type] # an output
    gitlab.get_cluster_agent(project=1, nam="x")  # type: ignore[call-arg]
    gitlab.get_cluster_agent(project=1, agent_id=[7])  # type: ignore[arg-type]
    gitlab.get_project_environments(project=1, states=["stopped"])  # type: ignore[arg-type]
    native.get_cluster_agent(project=1, name="x", connection="x")  # type: ignore[call-arg]
    found = gitlab.get_cluster_agent(project=1, name="x")
    found.name = "y"  # type: ignore[misc] # frozen
    found.token  # type: ignore[attr-defined] # noqa: B018 (only mypy reads it)

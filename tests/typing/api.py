"""The public types, for mypy alone: this module is checked and never run.

`assert_type` pins what users' code is given. A comment `type: ignore[code]` pins what is rejected:
mypy reports one that is not needed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pulumi
from typing_extensions import assert_type

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes import clean_up, native, testing

Text = pulumi.Input[str]
OptionalText = pulumi.Input[str | None]
OptionalFlag = pulumi.Input[bool | None]
OptionalNumber = pulumi.Input[float | None]
Project = pulumi.Input[str | int]
Id = pulumi.Input[int | str]
OptionalId = pulumi.Input[int | str | None]


def cluster_agent(
    *, project: Project, name: Text, connection: OptionalText, adopt_existing: OptionalFlag
) -> None:
    """Pin the arguments and outputs of an agent."""
    agent = gitlab.ClusterAgent(
        "it",
        pulumi.ResourceOptions(),
        project=project,
        name=name,
        connection=connection,
        adopt_existing=adopt_existing,
    )
    assert_type(agent.id, pulumi.Output[str])
    assert_type(agent.project, pulumi.Output[str])
    assert_type(agent.name, pulumi.Output[str])
    assert_type(agent.connection, pulumi.Output[str])
    assert_type(agent.adopt_existing, pulumi.Output[bool])
    assert_type(agent.created_at, pulumi.Output[str])
    assert_type(agent.created_by_user_id, pulumi.Output[int | None])
    assert_type(agent.is_receptive, pulumi.Output[bool | None])
    assert_type(agent.config_project, pulumi.Output[int])
    assert_type(agent.adopted_at, pulumi.Output[str | None])
    assert_type(agent.schema_version, pulumi.Output[int])
    assert_type(agent.project_id, pulumi.Output[int])
    assert_type(agent.agent_id, pulumi.Output[int])
    gitlab.ClusterAgent("it", project="a/b")  # type: ignore[call-arg] # no name
    gitlab.ClusterAgent("it", project="a/b", name="prod", nam="x")  # type: ignore[call-arg]
    gitlab.ClusterAgent("it", None, "a/b", name="prod")  # type: ignore[call-arg] # by keyword alone
    gitlab.ClusterAgent("it", project=None, name="prod")  # type: ignore[arg-type]
    gitlab.ClusterAgent("it", project=4.2, name="prod")  # type: ignore[arg-type]
    gitlab.ClusterAgent("it", project="a/b", name=7)  # type: ignore[arg-type]
    gitlab.ClusterAgent("it", project="a/b", name="x", connection=7)  # type: ignore[arg-type]
    gitlab.ClusterAgent("it", project="a/b", name="x", adopt_existing="y")  # type: ignore[arg-type]


def cluster_agent_configuration(
    *,
    project: Project,
    agent_name: Text,
    ci_access: pulumi.Input[gitlab.ClusterAgentConfigurationCiAccessArgs | None],
    user_access: pulumi.Input[gitlab.ClusterAgentConfigurationUserAccessArgs | None],
    observability: pulumi.Input[gitlab.ClusterAgentConfigurationObservabilityArgs | None],
    additional_settings: pulumi.Input[Mapping[str, pulumi.Input[object]] | None],
    branch: OptionalText,
    commit_message: OptionalText,
    author_name: OptionalText,
    author_email: OptionalText,
    connection: OptionalText,
    adopt_existing: OptionalFlag,
) -> None:
    """Pin the arguments and outputs of an agent's configuration."""
    configuration = gitlab.ClusterAgentConfiguration(
        "it",
        pulumi.ResourceOptions(),
        project=project,
        agent_name=agent_name,
        ci_access=ci_access,
        user_access=user_access,
        observability=observability,
        additional_settings=additional_settings,
        branch=branch,
        commit_message=commit_message,
        author_name=author_name,
        author_email=author_email,
        connection=connection,
        adopt_existing=adopt_existing,
    )
    assert_type(configuration.id, pulumi.Output[str])
    assert_type(configuration.project, pulumi.Output[str])
    assert_type(configuration.agent_name, pulumi.Output[str])
    assert_type(configuration.ci_access, pulumi.Output[dict[str, Any] | None])
    assert_type(configuration.user_access, pulumi.Output[dict[str, Any] | None])
    assert_type(configuration.observability, pulumi.Output[dict[str, Any] | None])
    assert_type(configuration.additional_settings, pulumi.Output[dict[str, Any] | None])
    assert_type(configuration.branch, pulumi.Output[str | None])
    assert_type(configuration.commit_message, pulumi.Output[str | None])
    assert_type(configuration.author_name, pulumi.Output[str | None])
    assert_type(configuration.author_email, pulumi.Output[str | None])
    assert_type(configuration.connection, pulumi.Output[str])
    assert_type(configuration.adopt_existing, pulumi.Output[bool])
    assert_type(configuration.file_path, pulumi.Output[str])
    assert_type(configuration.adopted_at, pulumi.Output[str | None])
    assert_type(configuration.schema_version, pulumi.Output[int])
    assert_type(configuration.project_id, pulumi.Output[int])
    gitlab.ClusterAgentConfiguration(
        "it", project=1, agent_name="x", ci_access={"projects": [{"id": "acme/shop"}]}
    )
    gitlab.ClusterAgentConfiguration("it", project=1)  # type: ignore[call-arg] # no agent_name
    gitlab.ClusterAgentConfiguration(
        "it",
        project=1,
        agent_name="x",
        ci_access={"projects": [{}]},  # type: ignore[arg-type] # no id
    )


def cluster_agent_token(
    *,
    project: Project,
    agent_id: Id,
    name: Text,
    description: OptionalText,
    rotation_triggers: pulumi.Input[Mapping[str, pulumi.Input[object]] | None],
    rotate_after_days: OptionalNumber,
    connection: OptionalText,
) -> None:
    """Pin the arguments and outputs of a token."""
    token = gitlab.ClusterAgentToken(
        "it",
        pulumi.ResourceOptions(),
        project=project,
        agent_id=agent_id,
        name=name,
        description=description,
        rotation_triggers=rotation_triggers,
        rotate_after_days=rotate_after_days,
        connection=connection,
    )
    assert_type(token.id, pulumi.Output[str])
    assert_type(token.project, pulumi.Output[str])
    assert_type(token.agent_id, pulumi.Output[int])
    assert_type(token.name, pulumi.Output[str])
    assert_type(token.description, pulumi.Output[str | None])
    assert_type(token.rotation_triggers, pulumi.Output[dict[str, Any] | None])
    assert_type(token.rotate_after_days, pulumi.Output[float | None])
    assert_type(token.connection, pulumi.Output[str])
    assert_type(token.token, pulumi.Output[str])
    assert_type(token.status, pulumi.Output[str])
    assert_type(token.created_at, pulumi.Output[str])
    assert_type(token.created_by_user_id, pulumi.Output[int | None])
    assert_type(token.last_used_at, pulumi.Output[str | None])
    assert_type(token.schema_version, pulumi.Output[int])
    assert_type(token.project_id, pulumi.Output[int])
    assert_type(token.token_id, pulumi.Output[int])
    gitlab.ClusterAgentToken("it", project=1, agent_id=7)  # type: ignore[call-arg] # no name
    gitlab.ClusterAgentToken("it", project=1, agent_id=None, name="x")  # type: ignore[arg-type]
    gitlab.ClusterAgentToken(
        "it",
        project=1,
        agent_id=7,
        name="x",
        rotation_triggers=["2026"],  # type: ignore[arg-type]
        rotate_after_days="90",  # type: ignore[arg-type]
        token="glagent-",  # type: ignore[call-arg] # an output
    )


def cluster_agent_url_configuration(
    *,
    project: Project,
    agent_id: Id,
    url: Text,
    client_cert: OptionalText,
    client_key: OptionalText,
    ca_cert: OptionalText,
    tls_host: OptionalText,
    connection: OptionalText,
    adopt_existing: OptionalFlag,
) -> None:
    """Pin the arguments and outputs of a receptive agent's URL configuration."""
    configuration = gitlab.ClusterAgentUrlConfiguration(
        "it",
        pulumi.ResourceOptions(),
        project=project,
        agent_id=agent_id,
        url=url,
        client_cert=client_cert,
        client_key=client_key,
        ca_cert=ca_cert,
        tls_host=tls_host,
        connection=connection,
        adopt_existing=adopt_existing,
    )
    assert_type(configuration.id, pulumi.Output[str])
    assert_type(configuration.project, pulumi.Output[str])
    assert_type(configuration.agent_id, pulumi.Output[int])
    assert_type(configuration.url, pulumi.Output[str])
    assert_type(configuration.client_cert, pulumi.Output[str | None])
    assert_type(configuration.client_key, pulumi.Output[str | None])
    assert_type(configuration.ca_cert, pulumi.Output[str | None])
    assert_type(configuration.tls_host, pulumi.Output[str | None])
    assert_type(configuration.connection, pulumi.Output[str])
    assert_type(configuration.adopt_existing, pulumi.Output[bool])
    assert_type(configuration.public_key, pulumi.Output[str | None])
    assert_type(configuration.adopted_at, pulumi.Output[str | None])
    assert_type(configuration.schema_version, pulumi.Output[int])
    assert_type(configuration.project_id, pulumi.Output[int])
    assert_type(configuration.url_configuration_id, pulumi.Output[int])
    gitlab.ClusterAgentUrlConfiguration("it", project=1, agent_id=7)  # type: ignore[call-arg]
    gitlab.ClusterAgentUrlConfiguration(
        "it",
        project=1,
        agent_id=7,
        url=b"grpcs://x",  # type: ignore[arg-type]
        client_key=Path("key.pem"),  # type: ignore[arg-type]
        name="x",  # type: ignore[call-arg] # it has none
    )


def project_cluster(
    *,
    project: Project,
    name: Text,
    kubernetes_api_url: Text,
    kubernetes_token: Text,
    kubernetes_ca_cert: OptionalText,
    kubernetes_namespace: OptionalText,
    kubernetes_authorization_type: OptionalText,
    environment_scope: OptionalText,
    domain: OptionalText,
    management_project_id: OptionalId,
    enabled: OptionalFlag,
    managed: OptionalFlag,
    namespace_per_environment: OptionalFlag,
    connection: OptionalText,
    adopt_existing: OptionalFlag,
) -> None:
    """Pin the arguments and outputs of a certificate-based cluster."""
    cluster = gitlab.ProjectCluster(
        "it",
        pulumi.ResourceOptions(),
        project=project,
        name=name,
        kubernetes_api_url=kubernetes_api_url,
        kubernetes_token=kubernetes_token,
        kubernetes_ca_cert=kubernetes_ca_cert,
        kubernetes_namespace=kubernetes_namespace,
        kubernetes_authorization_type=kubernetes_authorization_type,
        environment_scope=environment_scope,
        domain=domain,
        management_project_id=management_project_id,
        enabled=enabled,
        managed=managed,
        namespace_per_environment=namespace_per_environment,
        connection=connection,
        adopt_existing=adopt_existing,
    )
    assert_type(cluster.id, pulumi.Output[str])
    assert_type(cluster.project, pulumi.Output[str])
    assert_type(cluster.name, pulumi.Output[str])
    assert_type(cluster.kubernetes_api_url, pulumi.Output[str])
    assert_type(cluster.kubernetes_token, pulumi.Output[str])
    assert_type(cluster.kubernetes_ca_cert, pulumi.Output[str | None])
    assert_type(cluster.kubernetes_namespace, pulumi.Output[str | None])
    assert_type(cluster.kubernetes_authorization_type, pulumi.Output[str])
    assert_type(cluster.environment_scope, pulumi.Output[str])
    assert_type(cluster.domain, pulumi.Output[str | None])
    assert_type(cluster.management_project_id, pulumi.Output[int | None])
    assert_type(cluster.enabled, pulumi.Output[bool])
    assert_type(cluster.managed, pulumi.Output[bool])
    assert_type(cluster.namespace_per_environment, pulumi.Output[bool])
    assert_type(cluster.connection, pulumi.Output[str])
    assert_type(cluster.adopt_existing, pulumi.Output[bool])
    assert_type(cluster.created_at, pulumi.Output[str])
    assert_type(cluster.cluster_type, pulumi.Output[str])
    assert_type(cluster.provider_type, pulumi.Output[str])
    assert_type(cluster.platform_type, pulumi.Output[str])
    assert_type(cluster.adopted_at, pulumi.Output[str | None])
    assert_type(cluster.schema_version, pulumi.Output[int])
    assert_type(cluster.project_id, pulumi.Output[int])
    assert_type(cluster.cluster_id, pulumi.Output[int])
    gitlab.ProjectCluster("it", project=1, name="x")  # type: ignore[call-arg]
    gitlab.ProjectCluster(
        "it",
        project=1,
        name="x",
        kubernetes_api_url="https://k8s.example.com",
        kubernetes_token=None,  # type: ignore[arg-type]
        management_project_id=[7],  # type: ignore[arg-type]
        enabled="yes",  # type: ignore[arg-type]
        cluster_type="project_type",  # type: ignore[call-arg] # an output
    )


def project_environment(
    *,
    project: Project,
    name: Text,
    external_url: OptionalText,
    description: OptionalText,
    tier: OptionalText,
    auto_stop_setting: OptionalText,
    cluster_agent_id: OptionalId,
    kubernetes_namespace: OptionalText,
    flux_resource_path: OptionalText,
    stop_before_destroy: OptionalFlag,
    force_stop: OptionalFlag,
    stop_timeout: OptionalNumber,
    connection: OptionalText,
    adopt_existing: OptionalFlag,
) -> None:
    """Pin the arguments and outputs of an environment."""
    environment = gitlab.ProjectEnvironment(
        "it",
        pulumi.ResourceOptions(),
        project=project,
        name=name,
        external_url=external_url,
        description=description,
        tier=tier,
        auto_stop_setting=auto_stop_setting,
        cluster_agent_id=cluster_agent_id,
        kubernetes_namespace=kubernetes_namespace,
        flux_resource_path=flux_resource_path,
        stop_before_destroy=stop_before_destroy,
        force_stop=force_stop,
        stop_timeout=stop_timeout,
        connection=connection,
        adopt_existing=adopt_existing,
    )
    assert_type(environment.id, pulumi.Output[str])
    assert_type(environment.project, pulumi.Output[str])
    assert_type(environment.name, pulumi.Output[str])
    assert_type(environment.external_url, pulumi.Output[str | None])
    assert_type(environment.description, pulumi.Output[str | None])
    assert_type(environment.tier, pulumi.Output[str | None])
    assert_type(environment.auto_stop_setting, pulumi.Output[str])
    assert_type(environment.cluster_agent_id, pulumi.Output[int | None])
    assert_type(environment.kubernetes_namespace, pulumi.Output[str | None])
    assert_type(environment.flux_resource_path, pulumi.Output[str | None])
    assert_type(environment.stop_before_destroy, pulumi.Output[bool])
    assert_type(environment.force_stop, pulumi.Output[bool])
    assert_type(environment.stop_timeout, pulumi.Output[float])
    assert_type(environment.connection, pulumi.Output[str])
    assert_type(environment.adopt_existing, pulumi.Output[bool])
    assert_type(environment.slug, pulumi.Output[str])
    assert_type(environment.state, pulumi.Output[str])
    assert_type(environment.created_at, pulumi.Output[str])
    assert_type(environment.updated_at, pulumi.Output[str])
    assert_type(environment.auto_stop_at, pulumi.Output[str | None])
    assert_type(environment.adopted_at, pulumi.Output[str | None])
    assert_type(environment.schema_version, pulumi.Output[int])
    assert_type(environment.project_id, pulumi.Output[int])
    assert_type(environment.environment_id, pulumi.Output[int])
    gitlab.ProjectEnvironment("it", project=1)  # type: ignore[call-arg] # no name
    gitlab.ProjectEnvironment(
        "it",
        project=1,
        name="x",
        tier=1,  # type: ignore[arg-type]
        stop_timeout="60",  # type: ignore[arg-type]
        force_stop="no",  # type: ignore[arg-type]
        slug="x",  # type: ignore[call-arg] # an output
    )


def arguments_from_outputs(agent: gitlab.ClusterAgent) -> None:
    """Pin that the outputs of one resource are arguments of another."""
    gitlab.ClusterAgentToken("it", project=agent.project, agent_id=agent.agent_id, name="x")
    gitlab.ClusterAgentToken("it", project=agent.project_id, agent_id=agent.id, name=agent.name)
    gitlab.ProjectEnvironment("it", project=1, name="x", cluster_agent_id=agent.agent_id)


def get(opts: pulumi.ResourceOptions, id_: pulumi.Output[str]) -> None:
    """Pin `.get()`, which has the type of its own class."""
    assert_type(gitlab.ClusterAgent.get("it", "42:7"), gitlab.ClusterAgent)
    assert_type(gitlab.ClusterAgentToken.get("it", "42:7:1"), gitlab.ClusterAgentToken)
    assert_type(
        gitlab.ClusterAgentUrlConfiguration.get("it", "42:7:1", opts),
        gitlab.ClusterAgentUrlConfiguration,
    )
    assert_type(gitlab.ProjectCluster.get("it", id=id_), gitlab.ProjectCluster)
    assert_type(gitlab.ProjectEnvironment.get("it", id_, opts=opts), gitlab.ProjectEnvironment)
    gitlab.ClusterAgent.get("it")  # type: ignore[call-arg] # no id
    gitlab.ClusterAgent.get("it", 7)  # type: ignore[arg-type]
    gitlab.ClusterAgent.get("it", "42:7", project="a/b")  # type: ignore[call-arg]


def errors(
    error: gitlab.ConfigurationError
    | gitlab.GitLabError
    | gitlab.InvalidInputError
    | gitlab.LostResponseError
    | gitlab.NotFoundError
    | gitlab.PartialFailureError,
    lost: gitlab.LostResponseError | gitlab.NotFoundError,
) -> tuple[gitlab.ProviderError, gitlab.GitLabError]:
    """Pin what is caught by `except ProviderError`, and by `except GitLabError`."""
    return error, lost


def simulator(file: Path) -> None:
    """Pin the GitLab simulator."""
    with testing.Simulator(file, root_token="r", allowed_hosts=["gitlab.test"]) as running:
        assert_type(running, testing.Simulator)
        assert_type(running.url, str)
        assert_type(running.root_token, str)
        assert_type(running.project, str)
        assert_type(running.token, str)
        assert_type(running.process, subprocess.Popen[str])
        assert_type(running.api("POST", "projects", name="shop"), Any)
        assert_type(running.requests("GET", path="/projects"), list[dict[str, Any]])
        assert_type(running.count(user="root"), dict[str, int])
        assert_type(running.seed({"users": []}), dict[str, dict[str, str]])
        assert_type(running.pending_faults(), list[dict[str, Any]])
        assert_type(running.clock(advance=60), str)
        assert_type(running.deploy(1, "prod", user_id=2), dict[str, Any])
        assert_type(running.use_agent_token(1), str)
        assert_type(running.job_token(1, 2), str)
        running.faults({"status": 500}, {"drop": "before"})
        running.clear_faults()
        running.reset()
        running.start_afresh()
        running.races(agent_tokens=2)
        running.on_stop_job(1, 2, present=False, seconds=0.5)
        running.finish_stop_job(1, 2, success=False)
        running.faults("500")  # type: ignore[arg-type]
        running.deploy("shop", "prod")  # type: ignore[arg-type]
    testing.Simulator().start()
    testing.Simulator().stop()
    testing.Simulator(port=0)  # type: ignore[call-arg] # it is always a free one


def kubeconfig(text: pulumi.Output[str], values: pulumi.Output[dict[str, Any]], file: Path) -> None:
    """Pin `connection_from_kubeconfig`, and that a cluster of either package takes its result."""
    found = gitlab.connection_from_kubeconfig(text, "production", token=text)
    assert_type(found["kubernetes_api_url"], pulumi.Output[str])
    assert_type(found["kubernetes_ca_cert"], pulumi.Output[str | None])
    assert_type(found["kubernetes_token"], pulumi.Output[str])
    gitlab.ProjectCluster("it", project="a/b", name="it", **found)
    native.ProjectCluster("it", project="a/b", name="it", **found)
    native.connection_from_kubeconfig(values)
    native.connection_from_kubeconfig(file)
    native.connection_from_kubeconfig({"contexts": []})
    gitlab.connection_from_kubeconfig(7)  # type: ignore[arg-type]
    gitlab.connection_from_kubeconfig(text, token=7)  # type: ignore[arg-type]


def clean_ups(project: str | int) -> None:
    """Pin the functions that clean up environments."""
    plan = clean_up.stop_stale(project, timedelta(days=30), log=print)
    assert_type(plan.environments, tuple[clean_up.Environment, ...])
    assert_type(plan.environments[0].name, str)
    assert_type(plan.environments[0].updated_at, datetime | None)
    assert_type(plan.before, datetime)
    assert_type(plan.run(), clean_up.Result)
    assert_type(clean_up.delete_review_apps(project, "4w", 10).run().message, str)
    stop = clean_up.stop_environments(project, ["a"], force=True, timeout=5)
    assert_type(stop.run().failures, Mapping[str, str])
    clean_up.stop_stale(project)  # type: ignore[call-arg]
    clean_up.stop_stale(project, 30)  # type: ignore[arg-type]


def component(
    *,
    project: Project,
    name: Text,
    kas_address: OptionalText,
    kas_ca_cert: OptionalText,
    secret_name: OptionalText,
    namespace: OptionalText,
    token_name: OptionalText,
    token_description: OptionalText,
    rotation_triggers: pulumi.Input[Mapping[str, pulumi.Input[object]] | None],
    rotate_after_days: OptionalNumber,
    receptive: gitlab.GitLabAgentReceptiveArgs | None,
    environments: Mapping[str, gitlab.GitLabAgentEnvironmentArgs] | None,
    connection: OptionalText,
    adopt_existing: OptionalFlag,
) -> None:
    """Pin the arguments, the outputs and the children of the component."""
    made = gitlab.GitLabAgent(
        "it",
        pulumi.ResourceOptions(),
        project=project,
        name=name,
        kas_address=kas_address,
        kas_ca_cert=kas_ca_cert,
        secret_name=secret_name,
        namespace=namespace,
        token_name=token_name,
        token_description=token_description,
        rotation_triggers=rotation_triggers,
        rotate_after_days=rotate_after_days,
        receptive=receptive,
        environments=environments,
        connection=connection,
        adopt_existing=adopt_existing,
    )
    assert_type(made.agent_id, pulumi.Output[int])
    assert_type(made.token, pulumi.Output[str])
    assert_type(made.helm_values, pulumi.Output[dict[str, Any]])
    assert_type(made.secret_manifest, pulumi.Output[dict[str, Any] | None])
    assert_type(made.agent, gitlab.ClusterAgent)
    assert_type(made.token_resource, gitlab.ClusterAgentToken)
    assert_type(made.url_configuration, gitlab.ClusterAgentUrlConfiguration | None)
    assert_type(made.environments, dict[str, gitlab.ProjectEnvironment])
    pulumi.ResourceOptions(parent=made)
    gitlab.GitLabAgent("it", project=1, name="x", receptive={"url": "grpc://a:80"})
    gitlab.GitLabAgent("it", project=1, name="x", environments={"live": {"tier": made.token}})
    gitlab.GitLabAgent("it", project=1, name="x", receptive={})  # type: ignore[arg-type]
    gitlab.GitLabAgent("it", project=1, name="x", environments={"live": {"name": "x"}})  # type: ignore[typeddict-unknown-key]
    gitlab.GitLabAgent("it", project=1)  # type: ignore[call-arg]


def stack(directory: Path) -> testing.Stack:
    """Pin the deployment host."""
    made = testing.Stack(
        directory, "dev", directory / "state", passphrase="p", environ={"CI": "true"}
    )
    made.init()
    made.set_config("gitlab:token", "t", secret=True)
    result = made.up(refresh=True, diff=True, show_secrets=True, parallel=4)
    assert_type(result, testing.Result)
    assert_type(made.preview(), testing.Result)
    assert_type(made.refresh(preview=True), testing.Result)
    assert_type(made.destroy(), testing.Result)
    assert_type(result.ok, bool)
    assert_type(result.exit_code, int)
    assert_type(result.has_changes, bool)
    assert_type(result.stdout, str)
    assert_type(result.summary, dict[str, int])
    assert_type(result.steps, list[testing.StepResult])
    assert_type(result.steps[0].op, str)
    assert_type(result.steps[0].diff, tuple[str, ...])
    assert_type(result.diagnostics, list[testing.Message])
    assert_type(result.diagnostics[0].severity, str)
    assert_type(made.outputs(show_secrets=True), dict[str, Any])
    assert_type(made.export(), dict[str, Any])
    made.import_(made.export(show_secrets=True))
    made.up("--refresh")  # type: ignore[call-arg, arg-type]
    made.set_config("number", 1)  # type: ignore[arg-type]
    testing.Stack("shop")  # type: ignore[arg-type]
    return made

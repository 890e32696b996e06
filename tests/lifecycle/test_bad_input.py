"""Invalid inputs and configuration, and errors of GitLab: one line that says what to do.

Afterwards, GitLab and the state have the same resources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from tests.lifecycle.adapters import DYNAMIC, NATIVE, Adapter
from tests.lifecycle.certificates import CERTIFICATE, KEY, OTHER_KEY
from tests.lifecycle.conftest import Configured, new_stack
from tests.lifecycle.engines import Outcome, Stack, resource
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import agent, all_kinds, cluster, token, url_configuration

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


class Case(NamedTuple):
    """An invalid resource, and the texts in its error."""

    class_: str
    args: Mapping[str, Any]
    says: tuple[str, ...]


_AGENT = {"name": "agent"}
_ENVIRONMENT = {"name": "environment"}
_URL = {"agent_id": 1, "url": "grpcs://agent.example.com:443"}
_CLUSTER = {
    "name": "cluster",
    "kubernetes_api_url": "https://k8s.example.com",
    "kubernetes_token": "a-kubernetes-token",
}

INVALID = {
    "agent name with capitals": Case(
        "ClusterAgent", {"name": "Production"}, ("has a problem: name ", "a-z, 0-9 and -")
    ),
    "agent name of 64 characters": Case(
        "ClusterAgent", {"name": "a" * 64}, ("has a problem: name ", "at most 63 characters", "64")
    ),
    "project that is no path": Case(
        "ClusterAgent", {**_AGENT, "project": "shop"}, ("has a problem: project ", "full path")
    ),
    "project with parents": Case(
        "ClusterAgent", {**_AGENT, "project": "a/../b"}, ("has a problem: project ", "full path")
    ),
    "project of a remote": Case(
        "ClusterAgent", {**_AGENT, "project": "acme/shop.git"}, ("project must not end in .git",)
    ),
    "project that is a URL": Case(
        "ClusterAgent",
        {**_AGENT, "project": "https://gitlab.com/acme/shop.git"},
        ("project must not be a URL", "without host and .git"),
    ),
    "empty project": Case(
        "ClusterAgent", {**_AGENT, "project": ""}, ("project must be set: it is empty",)
    ),
    "agent 0": Case(
        "ClusterAgentToken", {"agent_id": 0, "name": "token"}, ("agent_id must be an id",)
    ),
    "agent by its name": Case(
        "ClusterAgentToken",
        {"agent_id": "prod", "name": "token"},
        ("agent_id must be an integer", "`agent.agent_id`"),
    ),
    "token name of 256 characters": Case(
        "ClusterAgentToken",
        {"agent_id": 1, "name": "n" * 256},
        ("has a problem: name ", "at most 255 characters"),
    ),
    "rotation after no time": Case(
        "ClusterAgentToken",
        {"agent_id": 1, "name": "token", "rotate_after_days": 0},
        ("has a problem: rotate_after_days ", "above 0"),
    ),
    "environment name that ends in /": Case(
        "ProjectEnvironment",
        {"name": "review/"},
        ("has a problem: name ", "must not start or end with /"),
    ),
    "script in place of a URL": Case(
        "ProjectEnvironment",
        {**_ENVIRONMENT, "external_url": "javascript:alert(1)"},
        ("has a problem: external_url ", "must not have the scheme javascript"),
    ),
    "unknown tier": Case(
        "ProjectEnvironment",
        {**_ENVIRONMENT, "tier": "prod"},
        ("has a problem: tier ", "production, staging, testing, development, other"),
    ),
    "namespace without agent": Case(
        "ProjectEnvironment",
        {**_ENVIRONMENT, "kubernetes_namespace": "shop"},
        ("has a problem: kubernetes_namespace ", "set cluster_agent_id too"),
    ),
    "Flux path without namespace": Case(
        "ProjectEnvironment",
        {**_ENVIRONMENT, "cluster_agent_id": 1, "flux_resource_path": "a/b"},
        ("has a problem: flux_resource_path ", "set kubernetes_namespace too"),
    ),
    "URL configuration with https": Case(
        "ClusterAgentUrlConfiguration",
        {**_URL, "url": "https://agent.example.com"},
        ("has a problem: url ", "grpc:// or grpcs://"),
    ),
    "certificate without its key": Case(
        "ClusterAgentUrlConfiguration",
        {**_URL, "client_cert": CERTIFICATE},
        ("client_cert needs client_key", "set both or none"),
    ),
    "key without its certificate": Case(
        "ClusterAgentUrlConfiguration",
        {**_URL, "client_key": KEY},
        ("client_key needs client_cert", "set both or none"),
    ),
    "key of another certificate": Case(
        "ClusterAgentUrlConfiguration",
        {**_URL, "client_cert": CERTIFICATE, "client_key": OTHER_KEY},
        ("client_key is not the key of client_cert",),
    ),
    "certificate that is none": Case(
        "ClusterAgentUrlConfiguration",
        {**_URL, "ca_cert": "none"},
        ("has a problem: ca_cert ", "in PEM"),
    ),
    "key that is none": Case(
        "ClusterAgentUrlConfiguration",
        {**_URL, "client_cert": CERTIFICATE, "client_key": "secret-but-no-key"},
        ("client_key must be a private key in PEM",),
    ),
    "cluster URL without scheme": Case(
        "ProjectCluster",
        {**_CLUSTER, "kubernetes_api_url": "k8s.example.com"},
        ("has a problem: kubernetes_api_url ", "http:// or https://"),
    ),
    "cluster namespace with underscore": Case(
        "ProjectCluster",
        {**_CLUSTER, "kubernetes_namespace": "a_b"},
        ("has a problem: kubernetes_namespace ", "a-z, 0-9 and -"),
    ),
    "cluster namespace that is reserved": Case(
        "ProjectCluster",
        {**_CLUSTER, "kubernetes_namespace": "gitlab-managed-apps"},
        ("has a problem: kubernetes_namespace ", "is reserved by GitLab"),
    ),
    "several scopes": Case(
        "ProjectCluster",
        {**_CLUSTER, "environment_scope": "review/*,staging"},
        ("has a problem: environment_scope ", "one pattern"),
    ),
    "domain with a scheme": Case(
        "ProjectCluster",
        {**_CLUSTER, "domain": "https://apps.example.com"},
        ("has a problem: domain ", "without scheme"),
    ),
    "domain with a wildcard": Case(
        "ProjectCluster",
        {**_CLUSTER, "domain": "*.apps.example.com"},
        ("has a problem: domain ", "wildcard"),
    ),
    "management project -1": Case(
        "ProjectCluster",
        {**_CLUSTER, "management_project_id": -1},
        ("has a problem: management_project_id ", "1 or above"),
    ),
    "unknown authorization type": Case(
        "ProjectCluster",
        {**_CLUSTER, "kubernetes_authorization_type": "none"},
        ("has a problem: kubernetes_authorization_type ", "rbac, abac"),
    ),
}


class Shared(NamedTuple):
    """A stack and its GitLab for all cases that change neither."""

    lab: Lab
    stack: Stack


@pytest.fixture(scope="module")
def shared(
    engine: str, adapter: Adapter, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Shared:
    """A stack with an agent and a cluster, and an agent with two tokens in GitLab."""
    lab = Lab(simulator)
    stack = new_stack(engine, adapter, tmp_path_factory.mktemp(engine) / "stack", lab)
    tokens = f"projects/{lab.project.id}/cluster_agents/{lab.agent('full')}/tokens"
    for name in ("first", "second"):
        lab.root("POST", tokens, name=name)
    lab.root("POST", f"projects/{lab.project.id}/environments", name="taken")
    return Shared(lab, stack)


@pytest.mark.parametrize("name", INVALID)
def test_invalid_inputs_fail_before_any_request(shared: Shared, name: str) -> None:
    """A preview says which property is invalid and what to do."""
    case = INVALID[name]
    args = {"project": shared.lab.project.path, **case.args}
    shared.lab.calls()
    error = shared.stack.preview(resource(case.class_, "wrong", **args)).error("wrong")
    for part in case.says:
        assert part in error
    for line in (*KEY.splitlines()[1:-1], *OTHER_KEY.splitlines()[1:-1], "secret-but-no-key"):
        assert line not in error
    assert shared.lab.calls() == []


REFUSED: dict[str, tuple[Callable[[Lab], dict[str, Any]], tuple[str, ...]]] = {
    "unknown project": (
        lambda lab: agent(f"{lab.group['path']}/nowhere", "wrong"),
        ("nowhere does not exist, or the token's user cannot see it", "check `project`", "404"),
    ),
    "unknown project id": (
        lambda _lab: agent(999_999, "wrong"),
        ("project 999999 does not exist, or the token's user cannot see it", "check `project`"),
    ),
    "unknown agent": (
        lambda lab: token(lab.project.path, "wrong", agent_id=999_999),
        ("agent 999999 does not exist", "check agent_id"),
    ),
    "third token": (
        lambda lab: token(lab.project.path, "wrong", agent_id=lab.agent("full")),
        ("only two active tokens", '"first" (created ', "last used never", '"second"', "revoke"),
    ),
    "agent name taken": (
        lambda lab: resource("ClusterAgent", "wrong", project=lab.project.path, name="full"),
        ("has already been taken", "it already exists with the id", "adopt_existing=True"),
    ),
    "environment name taken": (
        lambda lab: resource("ProjectEnvironment", "wrong", project=lab.project.path, name="taken"),
        ("has already been taken", "it already exists with the id", "adopt_existing=True"),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_error_of_gitlab_changes_nothing(shared: Shared, name: str) -> None:
    """It has GitLab's reason and advice. GitLab and the state are unchanged."""
    lab, stack = shared
    declared, says = REFUSED[name]
    before = lab.resources()
    error = stack.up(declared(lab)).error("wrong")
    for part in says:
        assert part in error
    assert lab.resources() == before
    assert "wrong" not in stack.resources()


def test_a_conflict_is_an_error(stack: Stack, lab: Lab) -> None:
    """It names the existing cluster or configuration, and has advice."""
    base = f"projects/{lab.project.id}"
    agent_id = lab.agent("receptive")
    url = "grpcs://theirs.example.com"
    lab.root("POST", f"{base}/cluster_agents/{agent_id}/url_configurations", url=url)
    platform = {"api_url": "https://k8s.example.com", "token": "theirs"}
    lab.root(
        "POST",
        f"{base}/clusters/user",
        name="theirs",
        platform_kubernetes_attributes=platform,
    )
    before = lab.resources()
    error = stack.up(url_configuration(lab.project.path, "wrong", agent_id=agent_id)).error("wrong")
    assert "URL configuration already exists for this agent" in error
    assert "it already exists with the id" in error
    error = stack.up(cluster(lab.project.path, "wrong")).error("wrong")
    assert 'environment_scope "*" is already used by cluster "theirs"' in error
    replacement = error.index("a forced replacement (--target-replace) needs delete_before_replace")
    assert replacement < error.index(
        "choose another environment_scope, delete the existing one first, or"
    )
    assert lab.resources() == before


# Configuration -------------------------------------------------------------------------------


def test_no_token(configured: Configured, lab: Lab) -> None:
    """The error names the setting and the environment variable, before any request."""
    stack = configured({"baseUrl": lab.url}, {})
    for outcome in (stack.preview(agent(1)), stack.up(agent(1))):
        error = outcome.error("agent")
        assert stack.adapter.key("token") in error
        assert "PULUMI_GITLAB_TOKEN" in error
    assert "agent" not in stack.resources()


@pytest.mark.only(DYNAMIC, reason="connections; `test_a_wrong_provider` is for providers")
def test_wrong_settings(configured: Configured, lab: Lab) -> None:
    """Each error names its setting, also that of a connection without configuration."""
    secrets = {
        "token": lab.token,
        "no-url:token": lab.token,
        "half:token": lab.token,
        "text:token": lab.token,
    }
    config = {
        "no-url:baseUrl": "gitlab.example.com",
        "half:baseUrl": lab.url,
        "half:clientCert": __file__,
        "text:baseUrl": lab.url,
        "text:headers": "X-Header: value",
    }
    stack = configured(config, secrets)
    for connection, says in {
        "no-url": "no-url:baseUrl must be a URL such as https://gitlab.example.com",
        "half": "half:clientCert and half:clientKey belong together: set both or none",
        "text": "text:headers must be a map",
        "elsewhere": "elsewhere:token <token>` or set PULUMI_ELSEWHERE_TOKEN",
    }.items():
        error = stack.preview(agent(1, connection=connection)).error("agent")
        assert says in error


@pytest.mark.only(DYNAMIC, reason="several namespaces; `test_a_wrong_provider` is for native ones")
def test_unknown_settings(configured: Configured, lab: Lab) -> None:
    """A preview suggests the right one: `baseurl` would have sent the token to gitlab.com."""
    config = {"baseurl": lab.url, "gitlab:retries": "3", "shop:baseurl": "https://x"}
    stack = configured(config, {"token": lab.token})
    error = stack.preview(agent(1)).error("agent")
    assert "gitlab:baseurl is not a setting: write gitlab:baseUrl" in error
    stack.set_config("gitlab:baseUrl", lab.url)
    stack.set_config("gitlab-kubernetes:requestTimout", "1")
    assert lab.url not in stack.preview(agent(1)).error("agent")


@pytest.mark.only(NATIVE, reason="explicit providers, and the namespace of native ones alone")
def test_a_wrong_provider(configured: Configured, lab: Lab) -> None:
    """Each error names the setting, on the provider's line and before any request."""
    secrets = {"token": lab.token, "no-url:token": lab.token}
    stack = configured({"baseUrl": lab.url, "no-url:baseUrl": "gitlab.example.com"}, secrets)
    for name, says in {
        "no-url": "base_url must be a URL such as https://gitlab.example.com",
        "elsewhere": "token must be set: an explicit provider reads no environment variable",
    }.items():
        outcome = stack.preview(agent(1, connection=name))
        assert says in outcome.error(name), outcome.text
    stack.set_config("gitlab-kubernetes:requestTimout", "1")
    outcome = stack.preview(agent(1))
    assert "requestTimout is not a setting: write gitlab-kubernetes:requestTimeout" in outcome.text
    assert lab.calls() == []


def test_a_url_without_a_scheme(stack: Stack, lab: Lab) -> None:
    """GitLab accepts it, so it is a warning of the resource and no error."""
    declared = resource(
        "ProjectEnvironment",
        "site",
        project=lab.project.path,
        name="x",
        external_url="shop.example",
    )
    for outcome in (stack.preview(declared), stack.up(declared)):
        assert outcome.ok, outcome.text
        found = [each for each in outcome.messages if "external_url has no scheme" in each.text]
        assert {(each.severity, each.name) for each in found} == {("warning", "site")}


def test_a_password_in_a_url(stack: Stack, lab: Lab) -> None:
    """GitLab accepts it, so it is a warning, which does not show it."""
    agent_id = lab.agent("receptive")
    declared = [
        resource(
            "ClusterAgentUrlConfiguration",
            "url",
            project=lab.project.path,
            agent_id=agent_id,
            url="grpcs://user:dont-show@agent.example.com:443",
        ),
        cluster(lab.project.path, kubernetes_api_url="https://user:dont-show@k8s.example.com"),
    ]
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    found = [each for each in outcome.messages if "contains a password" in each.text]
    assert {(each.severity, each.name) for each in found} == {
        ("warning", "url"),
        ("warning", "cluster"),
    }
    assert "dont-show" not in outcome.text


def test_wrong_token(configured: Configured, lab: Lab) -> None:
    """A 401 names both ways to set a token, and why `destroy` may use the old one."""
    stack = configured({"baseUrl": lab.url}, {"token": "glpat-mistyped"})
    error = stack.up(agent(lab.project.path)).error("agent")
    for part in ("401", stack.adapter.key("token"), "PULUMI_GITLAB_TOKEN", "--run-program"):
        assert part in error
    assert "glpat-mistyped" not in error
    assert lab.resources() == set()
    assert "agent" not in stack.resources()


def test_a_revoked_token_in_the_state(stack: Stack, lab: Lab) -> None:
    """`refresh` and `destroy` fail and keep the state. The environment variable replaces it."""
    assert stack.up(agent(lab.project.path)).ok
    tokens = lab.root("GET", "personal_access_tokens?per_page=100")
    user = lab.root("GET", f"users?username={lab.user}")[0]["id"]
    mine = next(each for each in tokens if each["user_id"] == user)
    lab.root("DELETE", f"personal_access_tokens/{mine['id']}")
    for outcome in (stack.refresh(), stack.destroy()):
        assert "PULUMI_GITLAB_TOKEN" in outcome.error("agent")
    assert "agent" in stack.resources()
    new = lab.root("POST", f"users/{user}/personal_access_tokens", name="new", scopes=["api"])
    stack.environ["PULUMI_GITLAB_TOKEN"] = new["token"]
    assert stack.destroy().ok
    assert lab.resources() == set()


def test_insufficient_permissions(configured: Configured, lab: Lab) -> None:
    """A 403 names the scope and the role that the kind requires."""
    name, reporter = lab.add_user()
    lab.join("projects", lab.project.id, name, level=20)
    stack = configured({"baseUrl": lab.url}, {"token": reporter})
    for declared, role in (
        (agent(lab.project.path), "Maintainer"),
        (cluster(lab.project.path), "Maintainer"),
        (resource("ProjectEnvironment", "e", project=lab.project.path, name="e"), "Developer"),
    ):
        error = stack.up(declared).error()
        assert "403" in error
        assert f"the role {role}" in error
        assert "scope `api`" in error
    assert lab.resources() == set()


def test_gitlab_is_unreachable(stack: Stack, lab: Lab) -> None:
    """The error names the URL and the setting. The state is unchanged."""
    assert stack.up(agent(lab.project.path)).ok
    stack.environ["PULUMI_GITLAB_BASE_URL"] = "http://127.0.0.1:9"
    for outcome in (stack.refresh(), stack.destroy()):
        error = outcome.error("agent")
        assert "http://127.0.0.1:9 cannot be reached (Connection refused)" in error
        assert "check baseUrl" in error
    assert "agent" in stack.resources()


# Disabled features ---------------------------------------------------------------------------


@contextmanager
def _without_certificate_clusters(lab: Lab) -> Iterator[None]:
    lab.root("POST", "features/certificate_based_clusters", value="false")
    try:
        yield
    finally:
        lab.root("POST", "features/certificate_based_clusters", value="true")


@contextmanager
def _without_receptive_agents(lab: Lab) -> Iterator[None]:
    lab.root("PUT", "application/settings", receptive_cluster_agents_enabled=False)
    try:
        yield
    finally:
        lab.root("PUT", "application/settings", receptive_cluster_agents_enabled=True)


@pytest.mark.parametrize(
    ("switched_off", "name", "says"),
    [
        (_without_certificate_clusters, "cluster", "certificate_based_clusters"),
        (_without_receptive_agents, "url", "receptive_cluster_agents_enabled"),
    ],
    ids=["certificate clusters", "receptive agents"],
)
def test_a_disabled_feature(
    stack: Stack,
    lab: Lab,
    switched_off: Callable[[Lab], Any],
    name: str,
    says: str,
) -> None:
    """The error names the feature, and existing resources are not removed from the state."""
    declared = [each for each in all_kinds(lab.project.path) if each["name"] in ("agent", name)]
    with switched_off(lab):
        error = stack.up(*declared).error(name)
        assert re.search(says, error)
        assert name not in stack.resources()
    assert stack.up(*declared).ok
    path = path_of(declared[-1]["class"], stack.resources()[name]["id"])
    with switched_off(lab):
        for outcome in (stack.refresh(), stack.destroy()):
            assert re.search(says, outcome.error(name))
        assert name in stack.resources()
    assert lab.get(path)


def test_the_next_run_creates_a_failed_resource(stack: Stack, lab: Lab) -> None:
    """After a failure, GitLab and the state have the same resources, and `up` continues."""
    project = lab.project.path
    lab.simulator.faults(
        {"method": "POST", "path": f"{lab.project.id}/environments$", "status": 400}
    )
    declared = all_kinds(project)
    error = stack.up(*declared).error("environment")
    assert "simulated" in error
    made = [each for each in stack.resources().values() if ":" in each.get("id", "")]
    states = {(each["type"], each["id"]) for each in made}
    assert len(lab.resources()) == len(states)
    outcome: Outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    assert outcome.ops("environment") == ["create"]
    assert len(lab.resources()) == len(declared)

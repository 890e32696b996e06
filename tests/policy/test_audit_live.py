"""Audits of a project in GitLab."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from tests.conftest import Project, api
from tests.policy.pem import certificate, key
from tests.support import files

from pulumi_gitlab_kubernetes import cli

pytestmark = pytest.mark.slow

Users = dict[str, tuple[int, str]]


@pytest.fixture
def audit(
    project: Project,
    users: Users,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Any:
    """Run the command as a user; return its status, its report, and its output on stderr."""

    def run(role: str = "maintainer", *projects: str, token: str = "") -> tuple[int, Any, str]:
        monkeypatch.setenv("GITLAB_TOKEN", token or users[role][1])
        monkeypatch.setenv("GITLAB_BASE_URL", project.simulator.url)
        named = [part for each in projects or (project.path,) for part in ("--project", each)]
        status = cli.main(["audit", *named, "--format", "json"])
        printed = capsys.readouterr()
        return status, json.loads(printed.out or "null"), printed.err

    return run


def _rules(found: Any, kind: str = "violations") -> set[tuple[str, str]]:
    """Return each rule with the resource's name, or the id of a URL configuration."""
    named = {(each["rule"], each["resource"].rpartition(" of ")[0]) for each in found[kind]}
    return {(rule, re.sub(r"(?<=URL configuration )\d+", "1", name)) for rule, name in named}


def _fill(project: Project) -> None:
    """Create a resource of each kind that violates some rules."""
    agent = project.agent("edge")
    project.api("POST", f"cluster_agents/{agent}/tokens", name="helm")
    weak = {"client_cert": certificate(key="RSA-1024"), "client_key": key("RSA-1024")}
    encoded = {name: base64.b64encode(pem.encode()).decode() for name, pem in weak.items()}
    path = f"cluster_agents/{agent}/url_configurations"
    project.api("POST", path, url="grpc://10.0.0.1:80", **encoded)
    project.api(
        "POST",
        "clusters/user",
        name="legacy",
        platform_kubernetes_attributes={
            "api_url": "https://k8s.example.com",
            "token": "canary",
            "authorization_type": "abac",
        },
    )
    place = {"cluster_agent_id": agent, "kubernetes_namespace": "kube-system"}
    url = "http://shop.example.com"
    project.api("POST", "environments", name="production", external_url=url, **place)


def test_all_kinds_are_evaluated(project: Project, audit: Any) -> None:
    """As they are in GitLab, whoever created them."""
    _fill(project)
    status, found, said = audit()
    assert status == 1
    assert _rules(found) == {
        ("cluster-deprecated", "certificate-based cluster legacy"),
        ("cluster-no-abac", "certificate-based cluster legacy"),
        ("cluster-ca-certificate", "certificate-based cluster legacy"),
        ("token-description", "agent token helm"),
        ("url-configuration-tls", "URL configuration 1"),
        ("url-configuration-ca-certificate", "URL configuration 1"),
        ("url-configuration-key", "URL configuration 1"),
        ("environment-namespace", "environment production"),
        ("environment-https", "environment production"),
    }
    assert said == f"{project.path}: all 5 resources read\n"
    assert "canary" not in json.dumps(found)


def test_the_files_of_agents_are_evaluated(project: Project, audit: Any) -> None:
    """As they are in the default branch, with settings that this package does not know."""
    project.agent("edge")
    ci_access = {"instance": {}, "groups": [{"id": "acme", "a_new_setting": True}]}
    files.write(project.api, "edge", files.dump({"ci_access": ci_access}))
    status, found, said = audit()
    assert status == 1
    name = "agent configuration edge"
    assert _rules(found) == {
        ("configuration-instance-access", name),
        ("configuration-top-level-group", name),
        ("configuration-environments", name),
        ("configuration-protected-branches", name),
        ("configuration-access-as", name),
        ("agent-token", "agent edge"),
        ("agent-environment", "agent edge"),
    }
    assert not found["unjudged"]
    assert said == f"{project.path}: all 2 resources read\n"


def test_properties_that_gitlab_does_not_store_are_not_evaluated(
    project: Project, audit: Any
) -> None:
    """Resource options, and inputs that are not sent to GitLab."""
    _fill(project)
    _, found, _ = audit()
    assert _rules(found, "unjudged") == {
        ("token-rotation", "agent token helm"),
        ("production-protect", "environment production"),
        ("production-force-stop", "environment production"),
    }
    assert all("is not stored in GitLab" in each["reason"] for each in found["unjudged"])


def test_an_old_token_is_found(project: Project, audit: Any) -> None:
    """By the creation date in GitLab."""
    _fill(project)
    _, found, _ = audit()
    assert ("token-age", "agent token helm") not in _rules(found)
    stored = project.simulator
    stored._call("POST", "/-/simulator/clock", {"advance": -400 * 24 * 3600})
    try:
        agent = project.agent("old")
        project.api("POST", f"cluster_agents/{agent}/tokens", name="old")
    finally:
        stored._call("POST", "/-/simulator/clock", {"advance": 400 * 24 * 3600})
    _, found, _ = audit()
    assert ("token-age", "agent token old") in _rules(found)


def test_several_projects_are_one_audit(project: Project, audit: Any) -> None:
    """By path and by id. Resources of different projects are not compared."""
    _fill(project)
    other = api(project.simulator, "POST", "projects", name=f"other-{project.id}")
    status, found, said = audit("maintainer", str(project.id), project.path)
    assert status == 1
    assert found["resources"] == 10
    assert f"{project.path}: all 5 resources read" in said
    status, _, said = audit("maintainer", project.path, str(other["id"]))
    assert status == 2  # Not this user's.
    assert f"error: {other['id']} at {project.simulator.url}: 404 Project Not Found" in said


def test_long_lists_are_read_with_progress(project: Project, audit: Any) -> None:
    """Page by page. Progress is on stderr: stdout only has the report."""
    for number in range(103):
        project.api("POST", "environments", name=f"review/{number}")
    status, found, said = audit("developer")
    assert (status, found["resources"]) == (0, 103)
    assert said.splitlines() == [
        f"{project.path}: 100 resources read",
        f"{project.path}: all 103 resources read",
    ]


def test_disabled_features_are_skipped(project: Project, audit: Any) -> None:
    """An instance may have certificate-based clusters disabled."""
    _fill(project)
    features = "features/certificate_based_clusters"
    project.simulator.api("POST", features, value="false")
    try:
        status, found, _ = audit()
    finally:
        project.simulator.api("POST", features, value="true")
    assert status == 1
    assert not [each for each in _rules(found) if each[0].startswith("cluster")]


def test_a_token_without_the_role_is_an_error(project: Project, audit: Any) -> None:
    """An audit that cannot read a project must not pass."""
    status, found, said = audit("outsider")
    assert (status, found) == (2, None)
    where = f"{project.path} at {project.simulator.url}"
    assert said.startswith(f"error: {where}: 404 Project Not Found: check the project")
    status, found, said = audit("reporter")
    assert (status, found) == (2, None)
    assert said == (
        f"error: {where}: 404 ClusterAgents Not Found: check the project; reading it requires "
        "the scope `read_api` and the role Developer or above\n"
    )


@pytest.mark.parametrize("scopes", [["read_user"], ["read_repository"]])
def test_a_token_without_the_scope_is_an_error(
    project: Project, audit: Any, users: Users, scopes: list[str]
) -> None:
    """Although its user has the role."""
    id_, _token = users["maintainer"]
    path = f"users/{id_}/personal_access_tokens"
    token = project.simulator.api("POST", path, name="small", scopes=scopes)["token"]
    status, found, said = audit("maintainer", token=token)
    assert (status, found) == (2, None)
    assert said.startswith(
        f"error: {project.path} at {project.simulator.url}: The request requires"
    )
    assert said.endswith(
        "reading it requires the scope `read_api` and the role Developer or above\n"
    )


def test_an_error_names_the_gitlab(
    project: Project, audit: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Once, with what to check: for an error in GitLab, a wrong token, and a closed port."""
    url = project.simulator.url
    project.simulator.faults({"status": 500, "times": None})
    assert audit()[2] == f"error: {project.path} at {url}: 500 simulated\n"
    project.simulator.clear_faults()
    for address, said in (
        (url, f"a/b at {url}: 401 Unauthorized: check PULUMI_GITLAB_TOKEN or GITLAB_TOKEN"),
        ("http://127.0.0.1:9", "a/b: GitLab at http://127.0.0.1:9 cannot be reached (Connection "),
    ):
        monkeypatch.setenv("GITLAB_TOKEN", "glpat-wrong")
        monkeypatch.setenv("GITLAB_BASE_URL", address)
        assert cli.main(["audit", "--project", "a/b"]) == 2
        line = capsys.readouterr().err.splitlines()[-1]
        assert line.startswith(f"error: {said}")
        assert line.count(address) == 1


def test_a_list_that_the_token_may_not_read_is_skipped(project: Project, audit: Any) -> None:
    """With a message; other resources are evaluated."""
    _fill(project)
    project.simulator.faults({"method": "GET", "path": "/tokens", "status": 403, "times": None})
    status, found, said = audit()
    assert status == 1
    assert (
        f"{project.path}: skipping agent tokens: reading them requires the scope `read_api` and "
        "the role Developer or above\n"
    ) in said
    assert not [each for each in _rules(found) if each[0].startswith("token")]


def test_no_token_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """The error names the variable to set."""
    for name in ("GITLAB_TOKEN", "PULUMI_GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    assert cli.main(["audit", "--project", "1"]) == 2
    assert "no GitLab token" in capsys.readouterr().err


def test_a_ci_job_of_another_gitlab_requires_an_address(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The token is not sent to gitlab.com just because no address is set."""
    monkeypatch.delenv("GITLAB_BASE_URL", raising=False)
    monkeypatch.delenv("PULUMI_GITLAB_BASE_URL", raising=False)
    for name, value in {
        "GITLAB_TOKEN": "glpat-x",
        "CI_JOB_TOKEN": "glcbt-x",
        "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    }.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["audit", "--project", "a/b"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: no address: this is a CI job of https://gitlab.example.com, but")
    assert "PULUMI_GITLAB_BASE_URL" in said

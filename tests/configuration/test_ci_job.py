"""GitLab CI/CD jobs: the job token, and the address of the job's GitLab instance."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.kinds import inputs_of
from tests.support.plugin_process import CallError
from tests.support.proxy import Proxy

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.connection import Connection

pytestmark = pytest.mark.slow


@pytest.fixture
def job(project: Project, users: dict[str, tuple[int, str]]) -> dict[str, str]:
    """The variables of a job of a user with the Developer role."""
    token = project.simulator.job_token(project.id, users["developer"][0])
    return {
        "CI_JOB_TOKEN": token,
        "CI_API_V4_URL": f"{project.simulator.url}/api/v4",
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_ID": str(project.id),
    }


def test_a_job_token_manages_environments(project: Project, job: dict[str, str]) -> None:
    """It creates, reads, updates and deletes them without any configuration."""
    kind, agent = "ProjectEnvironment", project.agent()
    with Proxy(project.simulator.url) as proxy:
        with DynamicHost({}, {**job, "CI_API_V4_URL": f"{proxy.url}/api/v4"}) as host:
            given = {"project": project.path, "name": "e", "cluster_agent_id": agent}
            id_, outputs = host.create(kind, given)
            assert host.read(kind, id_, outputs)[1] == outputs
            outputs = host.update(kind, id_, outputs, {**given, "tier": "staging"})
            assert project.api("GET", f"environments/{id_.split(':')[1]}")["tier"] == "staging"
            host.delete(kind, id_, outputs)
            assert host.read(kind, id_, outputs)[0] == ""
            with pytest.raises(CallError, match="cannot look up some/other: use the project's ID"):
                host.create(kind, {**given, "project": "some/other"})
        assert proxy.tokens() == {("JOB-TOKEN", job["CI_JOB_TOKEN"])}


def test_a_job_token_manages_nothing_else(
    project: Project, pair: Pair, job: dict[str, str]
) -> None:
    """The preview fails with one line, which says to set another token."""
    of_agent = {"project": project.id, "agent_id": 1}
    with DynamicHost({}, job) as host:
        for kind, given in {
            "ClusterAgent": inputs_of("ClusterAgent", project, pair),
            "ClusterAgentToken": {**of_agent, "name": "t"},
            "ClusterAgentUrlConfiguration": {**of_agent, "url": "grpc://x"},
            "ProjectCluster": inputs_of("ProjectCluster", project, pair),
        }.items():
            with pytest.raises(CallError) as raised:
                host.check(kind, given)
            assert str(raised.value) == (
                "no GitLab token: a CI job token can only manage environments; set "
                "gitlab-kubernetes:token or PULUMI_GITLAB_TOKEN for other resources"
            )


def test_the_error_for_an_expired_job_token(project: Project, job: dict[str, str]) -> None:
    """The message names the other settings, and does not contain the token."""
    with (
        DynamicHost({}, {**job, "CI_JOB_TOKEN": "glcbt-ended"}) as host,
        pytest.raises(CallError, match=r"PULUMI_GITLAB_TOKEN \(CI_JOB_TOKEN ends") as raised,
    ):
        host.create("ProjectEnvironment", {"project": project.id, "name": "e"})
    assert "glcbt" not in str(raised.value)


def test_a_job_token_is_only_used_for_its_own_gitlab(job: dict[str, str]) -> None:
    """And only without another token. Token and address are never combined with other ones."""

    def resolved(settings: dict[str, str], name: str = "gitlab", **environ: str) -> Connection:
        return resolve(settings.get, name, {**job, **environ}, job_token=True)

    url = job["CI_API_V4_URL"].removesuffix("/api/v4")
    assert resolved({}).job == (job["CI_PROJECT_PATH"], job["CI_PROJECT_ID"])
    assert resolved({"gitlab:baseUrl": url}).url == url
    assert job["CI_JOB_TOKEN"] not in repr(resolved({}))
    for settings, environ in (
        ({"gitlab:token": "glpat-x"}, {}),
        ({}, {"GITLAB_TOKEN": "glpat-x"}),
        ({}, {"PULUMI_GITLAB_TOKEN": "glpat-x"}),
    ):
        found = resolved({**settings, "gitlab:baseUrl": "https://gitlab.com"}, **environ)
        assert (found.token, found.url, found.job) == ("glpat-x", "https://gitlab.com", None)
    for settings, name, environ in (
        ({"gitlab:baseUrl": "https://gitlab.example.com"}, "gitlab", {}),
        ({}, "gitlab", {"PULUMI_GITLAB_BASE_URL": "https://gitlab.example.com"}),
        ({}, "gitlab", {"CI_API_V4_URL": ""}),
        ({}, "gitlab", {"CI_JOB_TOKEN": ""}),
        ({"other:baseUrl": url}, "other", {}),
    ):
        with pytest.raises(ConfigurationError, match="no GitLab token"):
            resolved(settings, name, **environ)


def test_a_token_in_a_job_does_not_go_to_gitlab_com_by_default(job: dict[str, str]) -> None:
    """The token is probably for the job's GitLab instance. The message names both."""
    url = job["CI_API_V4_URL"].removesuffix("/api/v4")

    def resolved(settings: dict[str, str], **environ: str) -> str:
        return resolve(settings.get, "gitlab", {**job, **environ}).url

    for settings, environ, namespace in (
        ({"gitlab:token": "glpat-x"}, {}, "gitlab"),
        ({"gitlab-kubernetes:token": "glpat-x"}, {}, "gitlab-kubernetes"),
        ({}, {"GITLAB_TOKEN": "glpat-x"}, "gitlab-kubernetes"),
        ({}, {"PULUMI_GITLAB_TOKEN": "glpat-x"}, "gitlab-kubernetes"),
    ):
        with pytest.raises(ConfigurationError) as raised:
            resolved(settings, **environ)
        assert str(raised.value) == (
            f"no address: this is a CI job of {url}, but the token would go to https://gitlab.com, "
            f"the default: set {namespace}:baseUrl or PULUMI_GITLAB_BASE_URL to the token's GitLab"
        )
        assert resolved(settings, **environ, PULUMI_GITLAB_BASE_URL=url) == url
        assert resolved(settings, **environ, GITLAB_BASE_URL=url) == url
        for its_own in ("https://gitlab.com/api/v4", "https://GitLab.com:443/api/v4/", ""):
            assert resolved(settings, **environ, CI_API_V4_URL=its_own) == "https://gitlab.com"
    with pytest.raises(ConfigurationError, match=r"^CI_API_V4_URL must be a URL such as"):
        resolved({"gitlab:token": "glpat-x"}, CI_API_V4_URL="gitlab")


@pytest.mark.parametrize("id_", ["", "x", "²", "-1"])
def test_a_job_without_its_projects_id_looks_up_paths(
    project: Project, job: dict[str, str], id_: str
) -> None:
    """The job token cannot do that. The message says to use the ID."""
    with DynamicHost({}, {**job, "CI_PROJECT_ID": id_}) as host:
        with pytest.raises(CallError, match=f"cannot look up {project.path}: use the project's ID"):
            host.create("ProjectEnvironment", {"project": project.path, "name": "e"})
        assert host.create("ProjectEnvironment", {"project": project.id, "name": "e"})

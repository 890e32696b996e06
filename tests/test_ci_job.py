"""What a GitLab CI job brings along: its token, and the address of its own GitLab."""

from __future__ import annotations

import pytest
from tests.conftest import Pair, Project
from tests.dynamic_host import CallError, DynamicHost
from tests.front import Front
from tests.kinds import inputs_of

from pulumi_gitlab_kubernetes._connection import Connection
from pulumi_gitlab_kubernetes.errors import ConfigurationError


@pytest.fixture
def job(project: Project, users: dict[str, tuple[int, str]]) -> dict[str, str]:
    """The variables of a CI job of a Developer."""
    token = project.simulator.job_token(project.id, users["developer"][0])
    return {
        "CI_JOB_TOKEN": token,
        "CI_API_V4_URL": f"{project.simulator.url}/api/v4",
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_ID": str(project.id),
    }


def test_a_ci_jobs_token_does_environments(project: Project, job: dict[str, str]) -> None:
    """From creation over refresh and update to deletion, without any configuration."""
    kind, agent = "ProjectEnvironment", project.agent()
    with Front(project.simulator.url) as front:
        with DynamicHost({}, {**job, "CI_API_V4_URL": f"{front.url}/api/v4"}) as host:
            given = {"project": project.path, "name": "e", "cluster_agent_id": agent}
            id_, outputs = host.create(kind, given)
            assert host.read(kind, id_, outputs)[1] == outputs
            outputs = host.update(kind, id_, outputs, {**given, "tier": "staging"})
            assert project.api("GET", f"environments/{id_.split(':')[1]}")["tier"] == "staging"
            host.delete(kind, id_, outputs)
            assert host.read(kind, id_, outputs)[0] == ""
            with pytest.raises(CallError, match="cannot look up some/other: give the project's id"):
                host.create(kind, {**given, "project": "some/other"})
        assert front.tokens() == {("JOB-TOKEN", job["CI_JOB_TOKEN"])}


def test_a_ci_jobs_token_does_nothing_else(
    project: Project, pair: Pair, job: dict[str, str]
) -> None:
    """The preview says so in one line; a token of another sort is what to set."""
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
                "no GitLab token: a CI job token can only do environments; set gitlab:token or "
                "PULUMI_GITLAB_TOKEN for the rest"
            )


def test_a_ci_jobs_token_that_has_ended_is_told(project: Project, job: dict[str, str]) -> None:
    """The message says what else there is to set, and not that token."""
    with (
        DynamicHost({}, {**job, "CI_JOB_TOKEN": "glcbt-ended"}) as host,
        pytest.raises(CallError, match=r"PULUMI_GITLAB_TOKEN \(CI_JOB_TOKEN ends") as raised,
    ):
        host.create("ProjectEnvironment", {"project": project.id, "name": "e"})
    assert "glcbt" not in str(raised.value)


def test_a_ci_jobs_token_is_a_last_resort_and_for_its_own_gitlab_alone(
    job: dict[str, str],
) -> None:
    """Neither its token nor its address is ever combined with another one."""

    def resolve(settings: dict[str, str], name: str = "gitlab", **environ: str) -> Connection:
        return Connection.resolve(settings.get, name, {**job, **environ}, job_token=True)

    url = job["CI_API_V4_URL"].removesuffix("/api/v4")
    assert resolve({}).job == (job["CI_PROJECT_PATH"], job["CI_PROJECT_ID"])
    assert resolve({"gitlab:baseUrl": url}).url == url
    assert job["CI_JOB_TOKEN"] not in repr(resolve({}))
    for settings, environ in (
        ({"gitlab:token": "glpat-x"}, {}),
        ({}, {"GITLAB_TOKEN": "glpat-x"}),
        ({}, {"PULUMI_GITLAB_TOKEN": "glpat-x"}),
    ):
        found = resolve({**settings, "gitlab:baseUrl": "https://gitlab.com"}, **environ)
        assert (found.token, found.url, found.job) == ("glpat-x", "https://gitlab.com", None)
    for settings, name, environ in (
        ({"gitlab:baseUrl": "https://gitlab.example.com"}, "gitlab", {}),
        ({}, "gitlab", {"PULUMI_GITLAB_BASE_URL": "https://gitlab.example.com"}),
        ({}, "gitlab", {"CI_API_V4_URL": ""}),
        ({}, "gitlab", {"CI_JOB_TOKEN": ""}),
        ({"other:baseUrl": url}, "other", {}),
    ):
        with pytest.raises(ConfigurationError, match="no GitLab token"):
            resolve(settings, name, **environ)


def test_a_token_in_a_ci_job_does_not_go_to_gitlab_com_by_default(job: dict[str, str]) -> None:
    """Where the job is of another GitLab, the token is more likely of that one: both are named."""
    url = job["CI_API_V4_URL"].removesuffix("/api/v4")

    def resolve(settings: dict[str, str], **environ: str) -> str:
        return Connection.resolve(settings.get, "gitlab", {**job, **environ}).url

    for settings, environ in (
        ({"gitlab:token": "glpat-x"}, {}),
        ({}, {"GITLAB_TOKEN": "glpat-x"}),
        ({}, {"PULUMI_GITLAB_TOKEN": "glpat-x"}),
    ):
        with pytest.raises(ConfigurationError) as raised:
            resolve(settings, **environ)
        assert str(raised.value) == (
            f"no address: this is a CI job of {url}, but the token would go to https://gitlab.com, "
            "the default: set gitlab:baseUrl or PULUMI_GITLAB_BASE_URL to the GitLab that it is of"
        )
        assert resolve(settings, **environ, PULUMI_GITLAB_BASE_URL=url) == url
        assert resolve(settings, **environ, GITLAB_BASE_URL=url) == url
        for its_own in ("https://gitlab.com/api/v4", "https://GitLab.com:443/api/v4/", ""):
            assert resolve(settings, **environ, CI_API_V4_URL=its_own) == "https://gitlab.com"
    with pytest.raises(ConfigurationError, match=r"^CI_API_V4_URL must be a URL such as"):
        resolve({"gitlab:token": "glpat-x"}, CI_API_V4_URL="gitlab")


@pytest.mark.parametrize("id_", ["", "x", "²", "-1"])
def test_a_ci_job_without_its_projects_id_looks_paths_up(
    project: Project, job: dict[str, str], id_: str
) -> None:
    """Which its token may not: the message says to give the id."""
    with DynamicHost({}, {**job, "CI_PROJECT_ID": id_}) as host:
        with pytest.raises(
            CallError, match=f"cannot look up {project.path}: give the project's id"
        ):
            host.create("ProjectEnvironment", {"project": project.path, "name": "e"})
        assert host.create("ProjectEnvironment", {"project": project.id, "name": "e"})

"""Checks of projects and their agents."""

from __future__ import annotations

import pytest
from tests.conftest import Project
from tests.doctor.conftest import Doctor, environ_of

from pulumi_gitlab_kubernetes.registry import MODULES


def test_all_kinds_work_for_a_maintainer(
    doctor: Doctor, project: Project, maintainer: dict[str, str]
) -> None:
    """Those of an agent can be checked if the project has one."""
    report = doctor(maintainer, "--project", project.path)
    assert report.one("role", project.path)["finding"] == "Maintainer"
    assert report.one("ClusterAgentToken", project.path)["status"] == "note"
    project.agent()
    report = doctor(maintainer, "--project", project.path)
    for kind in MODULES:
        assert report.one(kind, project.path)["finding"] == "it works", kind


@pytest.mark.parametrize(
    ("role", "working"),
    [("reporter", set()), ("developer", {"ClusterAgentConfiguration", "ProjectEnvironment"})],
)
def test_a_low_role_is_a_problem(
    doctor: Doctor,
    project: Project,
    users: dict[str, tuple[int, str]],
    role: str,
    working: set[str],
) -> None:
    """With the role that each kind needs."""
    project.agent()
    report = doctor(environ_of(project, users[role][1]), "--project", str(project.id))
    assert report.status == 1
    name = str(project.id)
    assert report.one("role", name)["finding"] == role.capitalize()
    for kind in MODULES:
        found = report.of(kind, name)
        assert len(found) == 1
        if kind in working:
            assert found[0]["status"] == "ok"
        elif found[0]["status"] == "problem":
            assert "give the token's user the role" in found[0]["advice"]
        else:
            assert "no agent" in found[0]["finding"]


def test_a_hidden_project_is_a_problem(
    doctor: Doctor, project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """Each of several projects is checked."""
    other = "no/such"
    environ = environ_of(project, users["outsider"][1])
    report = doctor(environ, "--project", project.path, "--project", other)
    assert report.status == 1
    for name in (project.path, other):
        assert f"project {name} does not exist, or the" in report.one("project", name)["finding"]


def test_no_project_is_a_note(doctor: Doctor, maintainer: dict[str, str]) -> None:
    """The role depends on it."""
    report = doctor(maintainer)
    assert report.status == 0
    assert "--project" in report.one("projects")["advice"]


def test_a_feature_that_is_off_is_a_note(
    doctor: Doctor, project: Project, maintainer: dict[str, str]
) -> None:
    """Most GitLab instances have no certificate-based clusters and no receptive agents."""
    project.agent()
    simulator = project.simulator
    simulator.api("POST", "features/certificate_based_clusters", value="false")
    simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=False)
    try:
        report = doctor(maintainer, "--project", project.path)
    finally:
        simulator.api("POST", "features/certificate_based_clusters", value="true")
        simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
    assert report.status == 0
    for kind, switch in (
        ("ProjectCluster", "`certificate_based_clusters`"),
        ("ClusterAgentUrlConfiguration", "`receptive_cluster_agents_enabled`"),
    ):
        found = report.one(kind, project.path)
        assert found["status"] == "note"
        assert switch in found["finding"]
    assert report.one("ClusterAgent", project.path)["status"] == "ok"


def test_an_archived_project_is_a_problem(
    doctor: Doctor, project: Project, maintainer: dict[str, str]
) -> None:
    """Nothing in it can change."""
    project.api("POST", "archive")
    report = doctor(maintainer, "--project", project.path)
    assert report.status == 1
    assert "it is archived" in report.one("project", project.path)["finding"]


def test_an_agent_with_two_tokens_is_a_warning(
    doctor: Doctor, project: Project, maintainer: dict[str, str]
) -> None:
    """It cannot get another one."""
    agent = project.agent()
    tokens = [
        project.api("POST", f"cluster_agents/{agent}/tokens", name=name) for name in ("a", "b")
    ]
    report = doctor(maintainer, "--project", project.path)
    assert report.status == 0
    found = report.one("agent tokens", project.path)
    assert found["status"] == "warning"
    assert found["finding"].startswith(
        f"prod has 2 active ones, GitLab's limit: {tokens[0]['id']} "
    )
    assert "revoke one" in found["advice"]
    for each in tokens:
        assert each["token"] not in report.text


def test_the_configuration_of_an_agent_is_looked_for(
    doctor: Doctor, project: Project, maintainer: dict[str, str]
) -> None:
    """Without it, only CI/CD jobs of the project can use the agent."""
    project.agent()
    path = ".gitlab/agents/prod/config.yaml"
    found = doctor(maintainer, "--project", project.path).one("agent configuration", project.path)
    assert found["status"] == "warning"
    assert found["finding"].startswith(f"{path} is not on the default branch")
    assert found["finding"].endswith("only jobs of this project can use the agent")
    file = "repository/files/.gitlab%2Fagents%2Fprod%2Fconfig.yaml"
    project.api("POST", file, branch="main", commit_message="x", content="user_access: {}\n")
    found = doctor(maintainer, "--project", project.path).one("agent configuration", project.path)
    assert (found["status"], found["finding"]) == ("ok", path)

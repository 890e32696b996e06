"""Checks of the token and its user."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from tests.conftest import Project, api
from tests.doctor.conftest import Doctor, environ_of

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


@pytest.fixture
def token(project: Project, users: dict[str, tuple[int, str]]) -> _Tokens:
    """Creates tokens of the maintainer."""
    return _Tokens(project, users["maintainer"][0])


class _Tokens:
    def __init__(self, project: Project, user: int) -> None:
        self._project = project
        self._path = f"users/{user}/personal_access_tokens"

    def __call__(self, *scopes: str, days: int = 200) -> dict[str, str]:
        """Return the environment with a new token."""
        end = (datetime.now(timezone.utc) + timedelta(days=days)).date().isoformat()
        simulator = self._project.simulator
        made = api(simulator, "POST", self._path, name="ci", scopes=list(scopes), expires_at=end)
        return environ_of(self._project, made["token"])


def test_a_token_is_shown_without_its_value(
    doctor: Doctor, project: Project, token: _Tokens
) -> None:
    """Its kind, name, scopes and expiry, and its user."""
    report = doctor(token("api", "read_user"), "--project", project.path)
    assert report.status == 0
    assert report.one("token")["finding"] == 'personal access token "ci"'
    assert report.one("scopes")["finding"] == "the token has api, read_user"
    assert report.one("token expiry")["status"] == "ok"
    assert report.one("token expiry")["finding"].endswith("in 200 days")
    assert report.one("user")["finding"] == "maintainer"


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (
            ("read_api",),
            "the token has read_api, not api: previews and functions work, changes do not",
        ),
        (("read_user",), "the token has read_user, not api: nothing works"),
        (("read_repository",), None),
    ],
)
def test_a_missing_scope_is_a_problem(
    doctor: Doctor, token: _Tokens, scopes: tuple[str, ...], expected: str | None
) -> None:
    """As far as GitLab shows it."""
    report = doctor(token(*scopes))
    if expected is None:
        assert report.one("token")["finding"] == "GitLab does not show its scopes and expiry"
        return
    assert report.status == 1
    assert report.one("scopes")["finding"] == expected
    assert report.one("scopes")["advice"] == "create a token with the scope `api`"


def test_a_scope_that_reads_nothing_is_explained(doctor: Doctor, token: _Tokens) -> None:
    """GitLab shows neither its version nor the scopes then."""
    report = doctor(token("read_repository"))
    assert report.one("version")["status"] == "note"
    assert report.one("version")["finding"].startswith("the token may not read it: The request")


def test_a_token_of_a_project_is_recognized(doctor: Doctor, project: Project) -> None:
    """By the name that GitLab gives its user."""
    name = f"project_{project.id}_bot_4ffca233d8298ea1"
    mail = f"{name}@example.com"
    made = api(
        project.simulator,
        "POST",
        "users",
        username=name,
        name=name,
        email=mail,
        reset_password=True,
    )
    path = f"users/{made['id']}/personal_access_tokens"
    value = api(project.simulator, "POST", path, name="deploy", scopes=["api"])["token"]
    report = doctor(environ_of(project, value))
    assert report.one("token")["finding"] == 'project access token "deploy"'


def test_a_token_that_expires_soon_is_a_warning(doctor: Doctor, token: _Tokens) -> None:
    """Some days before."""
    found = doctor(token("api", days=3)).one("token expiry")
    assert found["status"] == "warning"
    assert found["finding"].endswith("in 3 days")
    assert found["advice"].startswith("rotate it")


def test_an_expired_or_wrong_token_is_a_problem(doctor: Doctor, project: Project) -> None:
    """GitLab answers the same to both."""
    with Simulator() as running:
        user = running.api("GET", "user")["id"]
        end = (datetime.now(timezone.utc) + timedelta(days=2)).date().isoformat()
        path = f"users/{user}/personal_access_tokens"
        old = running.api("POST", path, name="old", scopes=["api"], expires_at=end)["token"]
        running.clock(advance=3 * 86400)
        for value in (old, "glpat-canary-wrong"):
            environ = environ_of(project, value, running.url)
            report = doctor(environ)
            assert report.status == 1
            assert report.problems() == ["token"]
            assert report.one("token")["finding"] == f"{running.url} does not accept the token"
            assert "PULUMI_GITLAB_TOKEN" in report.one("token")["advice"]
            assert report.one("address")["status"] == "ok"


def test_a_job_token_is_shown(
    doctor: Doctor, project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """It manages environments alone; the job's own project is checked."""
    project.api("POST", "environments", name="prod")
    environ = {
        "CI_JOB_TOKEN": project.simulator.job_token(project.id, users["developer"][0]),
        "CI_API_V4_URL": f"{project.simulator.url}/api/v4",
        "CI_PROJECT_PATH": project.path,
        "CI_PROJECT_ID": str(project.id),
    }
    report = doctor(environ)
    assert report.status == 0
    assert report.one("token")["finding"].startswith("the token of this CI/CD job")
    assert report.one("ProjectEnvironment", project.path)["status"] == "ok"
    assert report.one("ClusterAgent", project.path)["status"] == "note"

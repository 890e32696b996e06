"""Checks of the settings and of the GitLab instance."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.doctor.conftest import Doctor, environ_of
from tests.support.certificates import Key, Pair
from tests.support.gateway import Gateway
from tests.support.proxy import Proxy
from tests.support.web import Request, Response, server_side

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


def test_a_good_setup_has_no_problem(
    doctor: Doctor, project: Project, maintainer: dict[str, str]
) -> None:
    """The address, the version and the agent server are shown."""
    report = doctor(maintainer, "--project", project.path)
    assert report.status == 0
    assert report.problems() == []
    url = project.simulator.url
    assert report.one("settings")["finding"] == f"from the environment, for {url}"
    assert report.one("address")["finding"] == f"{url} is GitLab's API"
    assert report.one("clock") == {
        "check": "clock",
        "project": None,
        "status": "ok",
        "finding": "as GitLab's",
        "advice": None,
    }
    assert report.one("version")["finding"] == "GitLab 18.5.0-ee, Enterprise Edition"
    address = f"{url.replace('http://', 'ws://')}/-/kubernetes-agent/"
    assert report.one("agent server")["finding"] == f"agents connect to {address}"
    assert not report.of("certificate")  # There is none on this machine.


def test_no_token_is_a_problem(doctor: Doctor, project: Project) -> None:
    """Nothing else is checked."""
    report = doctor({"PULUMI_GITLAB_BASE_URL": project.simulator.url})
    assert report.status == 1
    (found,) = report.checks
    assert found["check"] == "settings"
    assert "no GitLab token: run `pulumi config set --secret" in found["finding"]


def test_an_address_without_a_server_is_a_problem(doctor: Doctor, project: Project) -> None:
    """With what to do."""
    report = doctor(environ_of(project, "glpat-canary", "http://127.0.0.1:9"))
    assert report.status == 1
    assert report.problems() == ["address"]
    assert "http://127.0.0.1:9 cannot be reached" in report.one("address")["finding"]


class _Below(Proxy):
    """A proxy with GitLab below the path `/gitlab`."""

    def handle(self, request: Request) -> None:
        if not request.path.startswith("/gitlab/"):
            page = b"<html><title>Not here</title></html>"
            request.respond(Response(404, page, {"Content-Type": "text/html"}))
            return
        request.path = request.path.removeprefix("/gitlab")
        super().handle(request)


def test_a_path_belongs_to_the_address(
    doctor: Doctor, project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """Without it, the server is not GitLab."""
    token = users["maintainer"][1]
    with _Below(project.simulator.url) as server:
        report = doctor(environ_of(project, token, f"{server.url}/gitlab"))
        assert report.status == 0
        report = doctor(environ_of(project, token, server.url))
    assert report.status == 1
    found = report.one("address")
    assert "is not GitLab's API" in found["finding"]
    assert "https://example.com/gitlab" in found["advice"]


@pytest.fixture
def shifted() -> Iterator[Simulator]:
    """A GitLab whose clock a test moves."""
    with Simulator() as running:
        yield running


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (7200, "this machine's clock is 2 hours behind GitLab's"),
        (-600, "this machine's clock is 10 min ahead of GitLab's"),
        (30, None),
    ],
)
def test_different_clocks_are_a_warning(
    doctor: Doctor, shifted: Simulator, seconds: int, expected: str | None
) -> None:
    """Certificates and tokens expire by them."""
    shifted.clock(advance=seconds)
    environ = {
        "PULUMI_GITLAB_BASE_URL": shifted.url,
        "PULUMI_GITLAB_TOKEN": shifted.root_token,
    }
    found = doctor(environ).one("clock")
    assert found["status"] == ("warning" if expected else "ok")
    assert found["finding"] == (expected or "as GitLab's")


def test_a_certificate_is_shown_and_checked(
    doctor: Doctor,
    project: Project,
    users: dict[str, tuple[int, str]],
    tls: ssl.SSLContext,
    tls_files: dict[str, str],
) -> None:
    """It must be trusted; `cacertFile` says by whom."""
    config = doctor.folder / "Pulumi.yaml"
    assert not config.exists()
    environ = environ_of(project, users["maintainer"][1])
    with Proxy(project.simulator.url, tls=tls) as server:
        untrusted = doctor({**environ, "PULUMI_GITLAB_BASE_URL": server.url})
    assert untrusted.problems() == ["address"]
    assert "set cacertFile" in untrusted.one("address")["finding"]
    assert tls_files["cacertFile"] not in untrusted.text


@pytest.mark.parametrize(
    ("ends", "status", "expected"),
    [(5, "warning", "valid until "), (365, "ok", "valid until "), (-0.5, "problem", "expired on")],
)
def test_a_certificate_that_expires_is_reported(
    doctor: Doctor,
    project: Project,
    users: dict[str, tuple[int, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    ends: float,
    status: str,
    expected: str,
) -> None:
    """Some days before, and when it has."""
    key = Key("P-256")
    pair = Pair(key.certificate("localhost", begins=-10, ends=ends), key.pem)
    trusted = tmp_path / "trusted.pem"
    trusted.write_text(pair.certificate)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    environ = environ_of(project, users["maintainer"][1])
    with Proxy(project.simulator.url, tls=server_side(pair, tmp_path)) as server:
        report = doctor({**environ, "PULUMI_GITLAB_BASE_URL": server.url})
    found = report.one("address" if status == "problem" else "certificate")
    assert found["status"] == status
    assert expected in found["finding"]


def test_no_agent_server_is_a_problem(
    doctor: Doctor, project: Project, maintainer: dict[str, str]
) -> None:
    """Nobody's agent can connect; one that this machine cannot reach is a note."""

    def without(_method: str, response: Response) -> Response:
        content = response.content.replace(b'"enabled":true', b'"enabled":false')
        return Response(response.status, content, response.headers)

    def elsewhere(_method: str, response: Response) -> Response:
        content = re.sub(
            rb":[0-9]+/-/kubernetes-agent/", b":9/-/kubernetes-agent/", response.content
        )
        return Response(response.status, content, response.headers)

    with Gateway(project.simulator.url) as gateway:
        environ = {**maintainer, "PULUMI_GITLAB_BASE_URL": gateway.url}
        gateway.distort = without
        report = doctor(environ)
        assert report.problems() == ["agent server"]
        gateway.distort = elsewhere
        found = doctor(environ).one("agent server")
    assert found["status"] == "note"
    assert "cannot be reached from this machine: Connection refused" in found["finding"]


def test_an_administrator_sees_the_license(doctor: Doctor, project: Project) -> None:
    """And whether receptive agents are on. Without a license, GitLab answers null."""
    with Simulator() as running:
        environ = environ_of(project, running.root_token, running.url)
        report = doctor(environ)
        assert report.one("license")["finding"] == "none, so GitLab Free"
        assert report.one("receptive agents")["finding"] == "off in the settings of GitLab"
        running.api("POST", "license", license="ultimate")
        running.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
        report = doctor(environ)
        assert report.one("license")["finding"] == "GitLab Ultimate"
        assert report.one("receptive agents")["finding"] == "on in the settings of GitLab"
        assert report.one("user")["finding"] == "root, an administrator"

"""A user's project from `pulumi install` to `pulumi destroy`, with the CLI's default settings.

All proxy variables point to a recorder, which rejects and records every request to another host
than the simulator. `pulumi install` installs from a folder of wheels. This package's wheel is built
from the source.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.support.web import Request, Response, Server
from tests.support.wheels import closure, repack

pytestmark = pytest.mark.cli

_PROGRAM = """\
from pulumi_gitlab_kubernetes import ClusterAgent, ProjectEnvironment

agent = ClusterAgent("a", project="{path}", name="a")
ProjectEnvironment("e", project="{path}", name="e", cluster_agent_id=agent.agent_id)
"""
_TOOLCHAINS = {"pip": {"toolchain": "pip", "virtualenv": ".venv"}, "uv": {"toolchain": "uv"}}
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_DIRECT = "127.0.0.1,localhost"
_FOREIGN = ("PULUMI_", "GITLAB_", "CI_", "PIP_", "UV_", "VIRTUAL_ENV", "PYTHON")
_SLOW = 600  # Seconds; other tests share the machine.


class Recorder(Server):
    """A proxy that forwards nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []

    def handle(self, request: Request) -> None:
        """Record the request, and reject it."""
        self.requests.append(f"{request.command} {request.path}")
        request.respond(Response(403, b"", {}))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """The recorder that all proxy variables point to."""
    with Recorder() as running:
        yield running


@pytest.fixture(scope="module")
def index(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of wheels: this package, its dependencies, and those of `pulumi install`."""
    folder = tmp_path_factory.mktemp("index")
    for each in closure("pulumi-gitlab-kubernetes", "pip", "setuptools", "wheel"):
        if each.name != "pulumi-gitlab-kubernetes":
            repack(each, folder)
    shutil.copy(wheel, folder)
    return folder


class Installed:
    """A Pulumi project in a folder, with its own environment for the CLI.

    Args:
        folder: An empty folder.
        toolchain: The Python toolchain.
        index: The folder of wheels.
        proxy: The address of the recorder.
    """

    def __init__(self, folder: Path, toolchain: str, index: Path, proxy: str) -> None:
        self.project = folder / "project"
        backend, programs = folder / "state", folder / "bin"
        for each in (self.project, backend, programs):
            each.mkdir()
        runtime = {"name": "python", "options": _TOOLCHAINS[toolchain]}
        described = {"name": "infrastructure", "runtime": runtime}
        (self.project / "Pulumi.yaml").write_text(json.dumps(described))  # JSON is YAML, too.
        (self.project / "requirements.txt").write_text("pulumi-gitlab-kubernetes\n")
        (folder / "uv.toml").write_text(f'no-index = true\nfind-links = ["{index}"]\n')
        uv = Path(sys.executable).with_name("uv")
        (programs / "uv").symlink_to(uv if uv.exists() else shutil.which("uv") or uv)
        python, pulumi = sys._base_executable, shutil.which("pulumi")  # type: ignore[attr-defined]
        path = (programs, Path(python).parent, Path(pulumi or "").parent, "/usr/bin", "/bin")
        self.environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)},
            **dict.fromkeys(_PROXIES, proxy),
            "NO_PROXY": _DIRECT,
            "no_proxy": _DIRECT,
            "HOME": str(folder),
            "PATH": os.pathsep.join(map(str, path)),
            "PIP_FIND_LINKS": str(index),
            "PIP_NO_COMPILE": "1",
            "PIP_NO_INDEX": "1",
            "UV_CONFIG_FILE": str(folder / "uv.toml"),
            "UV_PYTHON": python,
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": "p",
            # The CLI requests its latest version from Pulumi, whatever the project is.
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }

    def pulumi(self, *arguments: str) -> str:
        """Run the CLI in the project, which must succeed, and return its output."""
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],  # noqa: S607 (whichever is on PATH)
            cwd=self.project,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SLOW,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(params=_TOOLCHAINS)
def installed(
    request: pytest.FixtureRequest, index: Path, recorder: Recorder, tmp_path: Path
) -> Installed:
    """A project for each toolchain."""
    return Installed(tmp_path, request.param, index, recorder.url)


def test_the_cli_sends_requests_only_to_gitlab(
    installed: Installed, recorder: Recorder, project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """From the installation to `destroy`. The last part shows that the recorder works."""
    (installed.project / "__main__.py").write_text(_PROGRAM.format(path=project.path))
    installed.pulumi("install")
    (package,) = installed.project.glob(".venv/lib/*/site-packages/pulumi_gitlab_kubernetes")
    plugins = json.loads(installed.pulumi("about", "--json"))["plugins"]
    assert [each["kind"] for each in plugins] == ["language"]

    installed.pulumi("stack", "init", "dev")
    installed.pulumi("config", "set", "gitlab:baseUrl", project.simulator.url)
    installed.pulumi("config", "set", "--secret", "gitlab:token", users["maintainer"][1])
    installed.pulumi("preview")
    installed.pulumi("up", "--yes")
    assert [agent["name"] for agent in project.api("GET", "cluster_agents")] == ["a"]
    installed.pulumi("refresh", "--yes")
    installed.pulumi("destroy", "--yes")
    assert project.api("GET", "cluster_agents") == []
    assert recorder.requests == []

    (package / "pulumi-plugin.json").unlink()
    installed.pulumi("preview")
    assert any("pulumi" in each for each in recorder.requests)

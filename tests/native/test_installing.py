"""The ways to install the plugin, on the CLI with its default settings."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.conftest import Project
from tests.support.installation import PYTHON, UV, Machine, Recorder

from pulumi_gitlab_kubernetes import native
from pulumi_gitlab_kubernetes.native.plugin_folder import EXECUTABLE

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAM = """\
from pulumi_gitlab_kubernetes.native import ClusterAgent, ProjectEnvironment

agent = ClusterAgent("a", project="{path}", name="a")
ProjectEnvironment("e", project="{path}", name="e", cluster_agent_id=agent.agent_id)
"""
_VERSION = version("pulumi-gitlab-kubernetes")
_FROM_PATH = f"using {EXECUTABLE} from $PATH"


@pytest.fixture(scope="module")
def environment(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment in which the package is installed from its wheel."""
    folder = tmp_path_factory.mktemp("user") / "environment"
    uv = UV if UV.exists() else shutil.which("uv")
    subprocess.run([f"{uv}", "venv", "-q", "--no-config", "-p", PYTHON, str(folder)], check=True)
    options = ("-q", "--no-config", "--python", str(folder / "bin" / "python"))
    wanted = ("--no-index", "--find-links", str(index), "pulumi-gitlab-kubernetes[native]", "pip")
    subprocess.run([f"{uv}", "pip", "install", *options, *wanted], check=True)
    return folder


class _Machine(Machine):
    """A machine whose project uses that environment."""

    def __init__(self, folder: Path, index: Path, proxy: str, environment: Path) -> None:
        options = {"toolchain": "pip", "virtualenv": str(environment)}
        super().__init__(folder, index, proxy, options)
        self.programs = environment / "bin"
        self.pulumi("stack", "init", "dev")

    def command(self, *arguments: str | Path, ok: bool = True) -> str:
        """Run `gitlab-kubernetes`."""
        return self.run(self.programs / "gitlab-kubernetes", *arguments, ok=ok)


@pytest.fixture
def machine(environment: Path, index: Path, recorder: Recorder, tmp_path: Path) -> _Machine:
    """A machine for one test."""
    return _Machine(tmp_path, index, recorder.url, environment)


def _on_path(machine: _Machine) -> None:
    machine.environ["PATH"] += f":{machine.programs}"


def _installed(machine: _Machine) -> None:
    for _time in range(2):  # It can be repeated.
        output = machine.command("install-plugin")
        assert output == (
            f"Installed the plugin gitlab-kubernetes {_VERSION}, which runs with "
            f"{machine.programs / 'python'}.\n"
        )
    installed = machine.folder / f".pulumi/plugins/resource-gitlab-kubernetes-v{_VERSION}"
    assert {each.name for each in installed.iterdir()} == {EXECUTABLE, "__main__.py"}
    assert sum(each.stat().st_size for each in installed.iterdir()) < 1000


def _in_its_own_environment(machine: _Machine) -> None:
    machine.command("install-plugin", "--own-environment")


def _from_an_archive(machine: _Machine) -> None:
    folder, archive = machine.folder / "plugin", machine.folder / "plugin.tar.gz"
    machine.command("install-plugin", "--folder", folder)
    machine.run("tar", "-czf", archive, "-C", folder, ".")
    plugin = ("resource", "gitlab-kubernetes", _VERSION)
    machine.pulumi("plugin", "install", *plugin, "--file", str(archive))


def _in_a_folder(machine: _Machine) -> None:
    output = machine.command("install-plugin", "--folder", "../some where")
    (line,) = (line for line in output.splitlines() if "plugins:" in line)
    _plugins, _colon, described = line.partition("#")[0].partition(":")
    machine.describe(plugins=json.loads(described))


@pytest.mark.parametrize(
    "install", [_on_path, _installed, _in_its_own_environment, _from_an_archive, _in_a_folder]
)
def test_a_program_uses_the_plugin(
    install: Callable[[_Machine], None],
    machine: _Machine,
    recorder: Recorder,
    project: Project,
    users: dict[str, tuple[int, str]],
) -> None:
    """From the installation to `destroy`, without a request to Pulumi."""
    install(machine)
    (machine.project / "__main__.py").write_text(_PROGRAM.format(path=project.path))
    machine.pulumi("config", "set", "gitlab-kubernetes:baseUrl", project.simulator.url)
    token = users["maintainer"][1]
    machine.pulumi("config", "set", "--secret", "gitlab-kubernetes:token", token)

    up = machine.pulumi("up", "--yes")
    assert (_FROM_PATH in up) is (install is _on_path), up
    assert [agent["name"] for agent in project.api("GET", "cluster_agents")] == ["a"]
    machine.pulumi("preview", "--expect-no-changes")
    machine.pulumi("destroy", "--yes")
    assert project.api("GET", "cluster_agents") == []
    assert recorder.requests == []


@pytest.mark.parametrize("own", [False, True])
def test_the_cli_reads_the_schema_from_the_folder(
    own: bool, machine: _Machine, recorder: Recorder
) -> None:
    """As `pulumi package add` does, by the path that the command prints."""
    folder = machine.folder / "plugin"
    options = ("--own-environment",) if own else ()
    output = machine.command("install-plugin", "--folder", folder, *options)
    (path,) = (line.split()[-1] for line in output.splitlines() if "package add" in line)
    assert path == str(folder if own else folder / EXECUTABLE)
    shown = machine.pulumi("package", "get-schema", path)
    schema = json.loads(shown[shown.index("{") :])
    own_schema = json.loads(resources.files(native).joinpath("schema.json").read_text())
    assert schema["resources"].keys() == own_schema["resources"].keys()
    assert (schema["name"], schema["version"]) == ("gitlab-kubernetes", _VERSION)
    assert recorder.requests == []


def test_a_clone_of_a_project_needs_the_plugin(machine: _Machine) -> None:
    """With it, `pulumi install` does not look for what `pulumi package add` has written."""
    machine.describe(
        runtime="yaml", packages={"gitlab-kubernetes": f"gitlab-kubernetes@{_VERSION}"}
    )
    assert "registry" in machine.pulumi("install", ok=False)
    machine.command("install-plugin")
    machine.pulumi("install")


def test_the_settings_of_dynamic_resources_are_copied(
    machine: _Machine, project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """The error names the command that does it."""
    _in_a_folder(machine)
    (machine.project / "__main__.py").write_text(_PROGRAM.format(path=project.path))
    machine.pulumi("config", "set", "gitlab:baseUrl", project.simulator.url)
    machine.pulumi("config", "set", "--secret", "gitlab:token", users["maintainer"][1])
    assert "`gitlab-kubernetes migrate-config`" in machine.pulumi("up", "--yes", ok=False)
    assert project.api("GET", "cluster_agents") == []

    machine.command("migrate-config")
    machine.pulumi("up", "--yes")
    assert [agent["name"] for agent in project.api("GET", "cluster_agents")] == ["a"]
    machine.pulumi("destroy", "--yes")


def test_the_error_of_pip_is_shown(machine: _Machine, tmp_path: Path) -> None:
    """On one line, with what failed."""
    machine.environ["PIP_FIND_LINKS"] = str(tmp_path)
    shown = machine.command("install-plugin", "--own-environment", ok=False)
    *_others, error = shown.splitlines()
    assert error.startswith("error: `pulumi plugin install resource` failed: installing [resource")
    assert "No matching distribution found for" in error

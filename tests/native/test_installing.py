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
    """A virtual environment without pip, in which the package is installed from its wheel."""
    folder = tmp_path_factory.mktemp("user") / "environment"
    uv = str(UV if UV.exists() else shutil.which("uv"))
    subprocess.run([uv, "venv", "-q", "--no-config", "-p", PYTHON, folder], check=True)
    wanted = ["--no-index", "--find-links", index, "pulumi-gitlab-kubernetes[native]"]
    options = ["--no-config", "--python", folder / "bin" / "python"]
    subprocess.run([uv, "pip", "install", "-q", *options, *wanted], check=True)
    return folder


@pytest.fixture
def machine(environment: Path, index: Path, recorder: Recorder, tmp_path: Path) -> Machine:
    """A machine whose project uses that environment."""
    options = {"toolchain": "pip", "virtualenv": str(environment)}
    found = Machine(tmp_path, index, recorder.url, options)
    found.pulumi("stack", "init", "dev")
    return found


def _install(machine: Machine, environment: Path, *options: str | Path) -> str:
    return machine.run(environment / "bin" / "gitlab-kubernetes", "install-plugin", *options)


def _on_path(machine: Machine, environment: Path) -> None:
    machine.environ["PATH"] += f":{environment / 'bin'}"


def _installed(machine: Machine, environment: Path) -> None:
    for _time in range(2):  # It can be repeated.
        output = _install(machine, environment)
        assert output == (
            f"Installed the plugin gitlab-kubernetes {_VERSION}, which runs with "
            f"{environment / 'bin' / 'python'}.\n"
        )
    installed = machine.folder / f".pulumi/plugins/resource-gitlab-kubernetes-v{_VERSION}"
    assert {each.name for each in installed.iterdir()} == {EXECUTABLE, "__main__.py"}
    assert sum(each.stat().st_size for each in installed.iterdir()) < 1000


def _in_its_own_environment(machine: Machine, environment: Path) -> None:
    _install(machine, environment, "--own-environment")


def _from_an_archive(machine: Machine, environment: Path) -> None:
    folder, archive = machine.folder / "plugin", machine.folder / "plugin.tar.gz"
    _install(machine, environment, "--folder", folder)
    machine.run("tar", "-czf", archive, "-C", folder, ".")
    plugin = ("resource", "gitlab-kubernetes", _VERSION)
    machine.pulumi("plugin", "install", *plugin, "--file", str(archive))


def _in_a_folder(machine: Machine, environment: Path) -> None:
    output = _install(machine, environment, "--folder", "../some where")
    (line,) = (line for line in output.splitlines() if "plugins:" in line)
    _plugins, _colon, described = line.partition("#")[0].partition(":")
    machine.describe(plugins=json.loads(described))


@pytest.mark.parametrize(
    "install", [_on_path, _installed, _in_its_own_environment, _from_an_archive, _in_a_folder]
)
def test_a_program_uses_the_plugin(
    install: Callable[[Machine, Path], None],
    machine: Machine,
    environment: Path,
    recorder: Recorder,
    project: Project,
    users: dict[str, tuple[int, str]],
) -> None:
    """From the installation to `destroy`, without a request to Pulumi."""
    install(machine, environment)
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
    own: bool, machine: Machine, environment: Path, recorder: Recorder
) -> None:
    """As `pulumi package add` does, by the path that the command prints."""
    folder = machine.folder / "plugin"
    options = ("--own-environment",) if own else ()
    output = _install(machine, environment, "--folder", folder, *options)
    (path,) = (line.split()[-1] for line in output.splitlines() if "package add" in line)
    assert path == str(folder if own else folder / EXECUTABLE)
    shown = machine.pulumi("package", "get-schema", path)
    schema = json.loads(shown[shown.index("{") :])
    own_schema = json.loads(resources.files(native).joinpath("schema.json").read_text())
    assert schema["resources"].keys() == own_schema["resources"].keys()
    assert (schema["name"], schema["version"]) == ("gitlab-kubernetes", _VERSION)
    assert recorder.requests == []


def test_the_settings_of_dynamic_resources_are_copied(
    machine: Machine, environment: Path, project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """The error names the command that does it."""
    _in_a_folder(machine, environment)
    (machine.project / "__main__.py").write_text(_PROGRAM.format(path=project.path))
    machine.pulumi("config", "set", "gitlab:baseUrl", project.simulator.url)
    machine.pulumi("config", "set", "--secret", "gitlab:token", users["maintainer"][1])
    assert "`gitlab-kubernetes migrate-config`" in machine.pulumi("up", "--yes", ok=False)
    assert project.api("GET", "cluster_agents") == []

    machine.run(environment / "bin" / "gitlab-kubernetes", "migrate-config")
    machine.pulumi("up", "--yes")
    assert [agent["name"] for agent in project.api("GET", "cluster_agents")] == ["a"]
    machine.pulumi("destroy", "--yes")


def test_the_error_of_pip_is_shown(machine: Machine, environment: Path, tmp_path: Path) -> None:
    """On one line, with what failed."""
    machine.environ["PIP_FIND_LINKS"] = str(tmp_path)
    command = (environment / "bin" / "gitlab-kubernetes", "install-plugin", "--own-environment")
    *_others, error = machine.run(*command, ok=False).splitlines()
    assert error.startswith("error: `pulumi plugin install resource` failed: installing [resource")
    assert "No matching distribution found for" in error

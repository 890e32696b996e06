"""The plugin of a package is found where Pulumi's engine finds it."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.testing.host.conftest import resources

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.plugin_lookup import Launch, PluginFinder
from pulumi_gitlab_kubernetes.testing.host.project import Project


class Places:
    """A project, a folder on PATH, and the CLI's home folder."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "project"
        self.bin = directory / "bin"
        self.home = directory / "home"
        for folder in (self.root, self.bin, self.home):
            folder.mkdir()
        self.environ = {"PATH": str(self.bin), "PULUMI_HOME": str(self.home)}
        self.warnings: list[str] = []
        self.declare()

    def declare(self, **settings: Any) -> None:
        """Write Pulumi.yaml."""
        project = {"name": "shop", "runtime": "python", **settings}
        (self.root / "Pulumi.yaml").write_text(json.dumps(project))

    def executable(self, folder: Path, package: str = "pond") -> Path:
        """Put a plugin into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"pulumi-resource-{package}"
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
        return file

    def program(self, folder: Path, **settings: Any) -> Path:
        """Put a plugin in Python into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__main__.py").touch()
        options = {"virtualenv": sys.prefix}
        runtime = {"runtime": {"name": "python", "options": options}}
        (folder / "PulumiPlugin.yaml").write_text(json.dumps({**runtime, **settings}))
        return folder

    def installed(self, version: str) -> Path:
        """Install a version of the plugin into the CLI's folder."""
        return self.executable(self.home / "plugins" / f"resource-pond-v{version}")

    def find(self, version: str = "", package: str = "pond") -> Launch:
        """Find the plugin."""
        project = Project.find(self.root)
        finder = PluginFinder(project, self.environ, self.warnings.append, {})
        return finder.find(package, version)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Places without a plugin."""
    return Places(tmp_path)


def test_the_project_comes_first_then_path_then_the_installed_ones(places: Places) -> None:
    """A plugin on PATH is for development, so it is named in a warning."""
    installed = places.installed("0.1.0")
    assert places.find("0.1.0").command == (str(installed),)
    assert places.warnings == []
    on_path = places.executable(places.bin)
    assert places.find("0.1.0").command == (str(on_path),)
    assert places.warnings == [f"using pulumi-resource-pond from $PATH at {on_path}"]
    places.environ["PULUMI_IGNORE_AMBIENT_PLUGINS"] = "1"
    assert places.find("0.1.0").command == (str(installed),)
    named = places.executable(places.root / "plugin")
    places.declare(plugins={"providers": [{"name": "pond", "path": "plugin"}]})
    assert places.find("0.1.0").command == (str(named),)
    assert places.find().command == (str(named),)


@pytest.mark.parametrize(
    ("installed", "wanted", "found"),
    [
        (["0.1.0", "0.2.0"], "0.1.0", "0.1.0"),
        (["0.1.0", "0.10.0", "0.9.0"], "", "0.10.0"),
        (["0.1.0", "0.2.0-alpha.1"], "", "0.1.0"),
        (["0.2.0-alpha.1", "0.2.0-alpha.2"], "", "0.2.0-alpha.2"),
        (["0.2.0-alpha.1", "0.2.0"], "0.2.0-alpha.1", "0.2.0-alpha.1"),
        (["1.2"], "1.2.0", "1.2"),
    ],
)
def test_the_wanted_version_is_taken_or_else_the_newest(
    places: Places, installed: list[str], wanted: str, found: str
) -> None:
    """Of stable ones if there is any."""
    for version in installed:
        places.installed(version)
    [command] = places.find(wanted).command
    assert Path(command).parent.name == f"resource-pond-v{found}"


def test_what_the_cli_has_not_finished_is_not_taken(places: Places) -> None:
    """Nor is another package's plugin."""
    places.installed("0.1.0")
    places.installed("0.2.0")
    (places.home / "plugins" / "resource-pond-v0.2.0.partial").touch()
    places.executable(places.home / "plugins" / "resource-pond-life-v0.3.0", "pond-life")
    (places.home / "plugins" / "resource-pond-v0.4.0").touch()
    assert "v0.1.0" in places.find().command[0]


def test_a_version_of_the_project_counts(places: Places) -> None:
    """One of another version is passed over."""
    places.installed("0.2.0")
    named = places.executable(places.root / "plugin")
    plugin = {"name": "pond", "path": str(named.parent), "version": "0.1.0"}
    places.declare(plugins={"providers": [plugin]})
    assert places.find("0.1.0").command == (str(named),)
    assert places.find().command == (str(named),)
    assert "v0.2.0" in places.find("0.2.0").command[0]


@pytest.mark.parametrize("package", ["../plugin", {"source": "../plugin"}])
def test_a_folder_can_be_a_program_with_its_environment(places: Places, package: Any) -> None:
    """Packages of the project name it, and packages of that plugin further ones."""
    other = places.program(places.root.parent / "other")
    folder = places.program(
        places.root.parent / "plugin", packages={"other": "../other", "far": "far@1.0.0"}
    )
    places.declare(packages={"pond": package})
    found = places.find()
    python = f"{sys.prefix}/bin/python"
    assert found.command == (python, "-u", str(folder))
    assert dict(found.environ) == {
        "VIRTUAL_ENV": sys.prefix,
        "PATH": f"{sys.prefix}/bin{os.pathsep}{places.bin}",
    }
    assert places.find(package="other").command == (python, "-u", str(other))
    with pytest.raises(HostError, match="no plugin of package 'far' is installed"):
        places.find(package="far")


def _no_path(places: Places) -> None:
    places.declare(plugins={"providers": [{"name": "pond", "path": "nowhere"}]})


def _no_name(places: Places) -> None:
    places.declare(plugins={"providers": [{"path": "."}]})


def _empty(places: Places) -> None:
    places.declare(plugins={"providers": [{"name": "pond", "path": "."}]})


def _no_main(places: Places) -> None:
    (places.program(places.root) / "__main__.py").unlink()
    _empty(places)


def _no_environment(places: Places) -> None:
    places.program(places.root, runtime="python")
    _empty(places)


def _other_language(places: Places) -> None:
    places.program(places.root, runtime="nodejs")
    _empty(places)


def _other_version(places: Places) -> None:
    places.installed("0.2.0")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (_no_path, "the plugin 'pond' has the path 'nowhere', which is not a folder"),
        (_no_name, "a plugin of plugins.providers has no name"),
        (_empty, "has neither pulumi-resource-pond nor PulumiPlugin.yaml"),
        (_no_main, "the deployment host runs plugins that have __main__.py"),
        (_no_environment, "the 'virtualenv' option in .*PulumiPlugin.yaml is venv, but"),
        (_other_language, "runs plugins of runtime python, not nodejs"),
        (
            _other_version,
            r"no plugin of package 'pond' of version 0.1.0 is installed \(installed: 0.2.0\): put",
        ),
    ],
)
def test_a_plugin_that_cannot_be_run_is_one_plain_error(
    places: Places, prepare: Callable[[Places], None], message: str
) -> None:
    """It says what to do."""
    prepare(places)
    with pytest.raises(HostError, match=message) as raised:
        places.find("0.1.0")
    assert "\n" not in str(raised.value)


@pytest.fixture
def on_path(project: Any) -> Path:
    """A plugin on PATH that each project finds."""
    project.add_pond()
    (project.directory / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    folder: Path = project.directory.parent / "bin"
    folder.mkdir()
    file = folder / "pulumi-resource-pond"
    file.write_text(f'#!/bin/sh\nexec {sys.executable} {folder.with_name("pond")} "$@"\n')
    file.chmod(0o755)
    project.environ["PATH"] = f"{folder}{os.pathsep}{project.environ['PATH']}"
    return file


@pytest.mark.slow
def test_an_executable_on_path_runs(project: Any, on_path: Path) -> None:
    """It may shake hands, and an older version than the program's is a warning."""
    project.environ |= {"POND_SHAKES_HANDS": "1", "POND_VERSION": "0.0.9"}
    project.write('from fish import *\na = Fish("a", token=Output.secret("x"))')
    stack = project.stack()
    assert stack.preview().ok
    result = stack.up()
    assert result.ok, result.stdout
    assert resources(stack)["a"]["outputs"]["header"]["plaintext"] == '"Bearer x"'
    warnings = [each.message for each in result.diagnostics if each.severity == "warning"]
    assert warnings[0] == f"using pulumi-resource-pond from $PATH at {on_path}"
    assert f"{on_path} is expected to have version >=0.1.0, but has 0.0.9; " in warnings[1]


@pytest.mark.slow
def test_a_plugin_that_does_not_start_is_one_plain_error(project: Any, on_path: Path) -> None:
    """With what it printed."""
    project.environ["POND_DIES"] = "1"
    project.write('from fish import *\na = Fish("a")')
    result = project.stack().up()
    assert not result.ok
    errors = [each.message for each in result.diagnostics if each.severity == "error"]
    assert errors[0] == f"the plugin {on_path} did not start: it is dry"


@pytest.mark.slow
def test_a_plugin_that_ends_by_itself_is_an_error(project: Any, on_path: Path) -> None:
    """With the last of what it printed."""
    project.write('from fish import *\na = Fish("a", fail="exit")')
    result = project.stack().up()
    assert not result.ok
    errors = [each.message for each in result.diagnostics if each.severity == "error"]
    assert f"the plugin {on_path} ended by itself: it drained" in errors

"""The README is correct."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from tools import generate

from pulumi_gitlab_kubernetes.configuration.names import COMMON_KEYS, CONNECTION_KEYS, NAMESPACE
from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.conftest import Project
    from tests.support.dynamic_host import DynamicHost

README = generate.README.read_text()


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_tables_are_up_to_date() -> None:
    """`make generate` changes nothing."""
    for path, text in generate.documents().items():
        assert path.read_text() == text


def test_the_table_of_requests_is_up_to_date(simulator: Simulator, host: "DynamicHost") -> None:
    """The simulator counts them, for each kind and operation."""
    assert generate.with_requests(README, simulator, host) == README


def test_every_resource_is_in_the_first_table() -> None:
    """It names each class."""
    for name in MODULES:
        assert f"| `{name}` |" in README


def test_the_first_program_deploys(
    tmp_path: Path, project: "Project", users: dict[str, tuple[int, str]]
) -> None:
    """Unchanged, except for the project's path."""
    program = blocks("python")[0]
    (tmp_path / "__main__.py").write_text(program.replace("acme/shop", project.path))
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / "Pulumi.yaml").write_text(blocks("yaml")[0])
    stack = Stack(tmp_path, backend=tmp_path / "state", passphrase="p")
    stack.init()
    stack.set_config("gitlab:baseUrl", project.simulator.url)
    stack.set_config("gitlab:token", users["maintainer"][1], secret=True)

    up = stack.up()
    assert up.ok, up.stdout
    assert up.summary == {"create": 4}
    assert stack.outputs() == {"helm_values": {"config": {"token": "[secret]"}}}
    assert stack.destroy().ok


def test_the_program_with_an_explicit_provider_deploys(tmp_path: Path, project: "Project") -> None:
    """Unchanged, except for the project's path; the default provider has no token."""
    program = blocks("python")[1]
    (tmp_path / "__main__.py").write_text(program.replace("acme/shop", project.path))
    (tmp_path / "Pulumi.yaml").write_text("name: readme\nruntime: python\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path}
    stack = Stack(tmp_path, backend=tmp_path / "state", passphrase="p", environ=environ)
    stack.init()
    stack.set_config("readme:otherUrl", project.simulator.url)
    stack.set_config("readme:otherToken", project.simulator.root_token, secret=True)

    up = stack.up()
    assert up.ok, up.stdout
    assert up.summary == {"create": 3}
    assert stack.destroy().ok


def test_every_setting_of_the_connection_is_listed() -> None:
    """The table of the configuration has each key."""
    listed = set(re.findall(rf"`{NAMESPACE}:(\w+)`", README))
    assert listed >= {*CONNECTION_KEYS, *COMMON_KEYS}


def test_the_seed_in_the_readme_is_valid(tmp_path: Path) -> None:
    """Its user's token can read the project."""
    (seed,) = re.findall(r"  ```yaml\n(.*?)  ```", README, re.DOTALL)
    with Simulator(data=tmp_path / "data") as simulator:
        assert simulator.seed(yaml.safe_load(textwrap.dedent(seed))) == {}
        project = simulator.api("GET", "projects/acme%2Fshop?private_token=glpat-platform")
    assert project["permissions"]["project_access"]["access_level"] == 40


def test_the_simulators_setup_in_the_readme_works(tmp_path: Path) -> None:
    """A shell runs the commands, and each succeeds."""
    commands = re.search(r"  \$ api\(\) .*?```", README, re.DOTALL)
    assert commands is not None
    lines = [line.strip().removeprefix("$ ") for line in commands[0].splitlines()[:-1]]
    with Simulator(data=tmp_path / "data", root_token="root") as simulator:
        script = "\n".join(lines).replace("http://127.0.0.1:8080", simulator.url)
        script = script.replace("curl -s", "curl -s --fail --noproxy '*'")
        subprocess.run(["/bin/bash", "-ec", script], check=True, capture_output=True)
        assert simulator.api("GET", "projects/1")["path_with_namespace"] == "acme/shop"
        assert simulator.api("GET", "projects/1/clusters") == []

"""What the README says is so."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from tests import reference

from pulumi_gitlab_kubernetes import _connection, _settings
from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

if TYPE_CHECKING:
    from tests.conftest import Project
    from tests.dynamic_host import DynamicHost

README = reference.README.read_text()


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_tables_are_those_of_the_code() -> None:
    """`python -m tests.reference` would change nothing."""
    for path, text in reference.documents().items():
        assert path.read_text() == text


def test_the_table_of_requests_is_what_is_counted(
    simulator: Simulator, host: "DynamicHost"
) -> None:
    """At the simulator, for each kind and operation."""
    assert reference.with_requests(README, simulator, host) == README


def test_every_resource_is_in_the_first_table() -> None:
    """The table of resources names each class."""
    for name in MODULES:
        assert f"| `{name}` |" in README


def test_the_first_stack_goes_up_and_down(
    tmp_path: Path, project: "Project", users: dict[str, tuple[int, str]]
) -> None:
    """The first program shown deploys as it stands, but for the project's path."""
    program, _test = blocks("python")
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


def test_every_setting_of_the_connection_is_listed() -> None:
    """A key that the code reads is in the table of configuration."""
    source = "".join(Path(module.__file__).read_text() for module in (_connection, _settings))
    keys = set(re.findall(r"\{name\}:(\w+)", source)) | {"token", "baseUrl"}

    assert keys >= {"insecure", "cacertFile", "clientCert", "clientKey", "headers"}
    for key in keys:
        assert f"`gitlab:{key}`" in README


def test_the_seed_shown_is_loaded(tmp_path: Path) -> None:
    """With it, its user's token opens the project."""
    (shown,) = re.findall(r"  ```yaml\n(.*?)  ```", README, re.DOTALL)
    with Simulator(data=tmp_path / "data") as simulator:
        assert simulator.seed(yaml.safe_load(textwrap.dedent(shown))) == {}
        project = simulator.api("GET", "projects/acme%2Fshop?private_token=glpat-platform")
    assert project["permissions"]["project_access"]["access_level"] == 40


def test_the_simulator_is_set_up_as_shown(tmp_path: Path) -> None:
    """The commands shown run in a shell, and each of them is accepted."""
    shown = re.search(r"  \$ api\(\) .*?```", README, re.DOTALL)
    assert shown is not None
    lines = [line.strip().removeprefix("$ ") for line in shown[0].splitlines()[:-1]]
    with Simulator(data=tmp_path / "data", root_token="root") as simulator:
        script = "\n".join(lines).replace("http://127.0.0.1:8080", simulator.url)
        script = script.replace("curl -s", "curl -s --fail --noproxy '*'")
        subprocess.run(["/bin/bash", "-ec", script], check=True, capture_output=True)
        assert simulator.api("GET", "projects/1")["path_with_namespace"] == "acme/shop"
        assert simulator.api("GET", "projects/1/clusters") == []

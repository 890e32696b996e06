"""What the README says is so."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests import reference

from pulumi_gitlab_kubernetes import _connection
from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing.host import Stack

if TYPE_CHECKING:
    from tests.conftest import Project

README = reference.README.read_text()


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_tables_of_arguments_are_those_of_the_fields() -> None:
    """`python tests/reference.py` would change nothing."""
    assert reference.with_reference(README) == README


def test_every_resource_is_in_the_first_table() -> None:
    """The table of resources names each class."""
    for name in MODULES:
        assert f"| `{name}` |" in README


def test_the_first_stack_goes_up_and_down(
    tmp_path: Path, project: "Project", users: dict[str, tuple[int, str]]
) -> None:
    """The first program shown deploys as it stands, but for the project's path."""
    (program,) = blocks("python")
    (tmp_path / "__main__.py").write_text(program.replace("acme/shop", project.path))
    (tmp_path / ".venv").symlink_to(sys.prefix)
    options = re.search(r"`(runtime: {.*})`", README)
    assert options is not None
    (tmp_path / "Pulumi.yaml").write_text(f"name: first\n{options[1]}\n")
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
    source = Path(_connection.__file__).read_text()
    keys = set(re.findall(r'"\{name\}:(\w+)"', source)) | {"token", "baseUrl"}

    assert keys >= {"insecure", "cacertFile", "clientCert", "clientKey", "headers"}
    for key in keys:
        assert f"`gitlab:{key}`" in README

"""The generated parts of the documentation are up to date and complete."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tools import generate

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.configuration.names import COMMON_KEYS, CONNECTION_KEYS, NAMESPACE
from pulumi_gitlab_kubernetes.policy.rules import RULES
from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

if TYPE_CHECKING:
    from tests.support.dynamic_host import DynamicHost

_PART = re.compile(r"<!-- (\w+): made by tools/generate -->")


def _page(name: str) -> str:
    return (generate.DOCS / name).read_text()


def test_generated_files_are_up_to_date() -> None:
    """`make generate` changes nothing."""
    for path, text in generate.documents().items():
        assert path.read_text() == text, path


@pytest.mark.full  # `.ci/run` compares what `make generate` writes.
@pytest.mark.slow
def test_the_table_of_requests_is_up_to_date(simulator: Simulator, host: DynamicHost) -> None:
    """The simulator counts them, for each kind and operation."""
    for path, text in generate.measured(simulator, host).items():
        assert path.read_text() == text


def test_every_generated_part_is_in_a_page() -> None:
    """Each once, and no page has another one."""
    found = [name for page in generate.pages() for name in _PART.findall(page.read_text())]
    assert sorted(found) == sorted([*generate.PARTS, "requests"])


def test_every_resource_is_listed() -> None:
    """In the README and in the first table of the reference."""
    for text in ((generate.ROOT / "README.md").read_text(), _page("reference/resources.md")):
        for name in MODULES:
            assert f"| `{name}` |" in text


def test_every_setting_is_listed() -> None:
    """The reference of the configuration has each key."""
    listed = set(re.findall(rf"`{NAMESPACE}:(\w+)`", _page("reference/configuration.md")))
    assert listed >= {*CONNECTION_KEYS, *COMMON_KEYS}


def test_every_command_is_listed() -> None:
    """With a section of its own."""
    found = re.findall(r"^## gitlab-kubernetes (\S+)$", _page("reference/cli.md"), re.MULTILINE)
    assert found == list(cli.COMMANDS)


def test_every_option_is_described() -> None:
    """As in `--help`, with its default."""
    text = _page("reference/cli.md")
    assert not re.findall(r"^\| `.*\| +\|$", text, re.MULTILINE)
    assert "%(" not in text


def test_every_rule_is_listed() -> None:
    """With its level."""
    text = _page("reference/policies.md")
    for rule in RULES:
        assert f"| [`{rule.name}`]({rule.docs}) | {rule.level.value}" in text


def test_the_readme_is_short() -> None:
    """Everything else is in the documentation."""
    assert len((generate.ROOT / "README.md").read_text().splitlines()) <= 150

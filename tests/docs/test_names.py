"""The table of names in other tools."""

from __future__ import annotations

import re

from tools import generate
from tools.generate.translations import RESOURCES

from pulumi_gitlab_kubernetes.configuration.names import COMMON_KEYS, CONNECTION_KEYS
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for

PAGE = (generate.DOCS / "reference" / "names.md").read_text()
SINCE_OR_WITHOUT = {"maxParallel", "requestTimeout", "adoptExisting"}
"""Settings that no other tool has."""


def _rows(heading: str) -> list[list[str]]:
    part = PAGE.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("| `")
    ]


def test_every_kind_has_its_table() -> None:
    """With all its arguments; `make generate` fails if one is missing."""
    for name in MODULES:
        fields = {f"`{field.name}`" for field in kind_for(name).schema.fields}
        found = {row[0] for row in _rows(name)}
        assert fields - found == {"`connection`", "`adopt_existing`"} & fields
        assert found <= fields


def test_published_names_are_of_published_kinds() -> None:
    """A kind that the other packages do not have has no names there."""
    assert set(RESOURCES) == {name for name in MODULES if kind_for(name).published_type}
    for resource in RESOURCES.values():
        assert resource.terraform.startswith("gitlab_")
        assert resource.ui


def test_names_in_the_text_are_arguments() -> None:
    """Of the table of differences, whose cells are written by hand."""
    known = {field.name for name in MODULES for field in kind_for(name).schema.fields}
    known |= {id_ for name in MODULES for id_ in kind_for(name).ids}
    known |= {output.name for name in MODULES for output in kind_for(name).schema.outputs}
    for row in _rows("Differences under the same name"):
        for name in re.findall(r"`([a-z_]+)`", row[0]):
            assert name in known, name


def test_the_provider_configuration_is_complete() -> None:
    """With each of our keys that another tool has too."""
    ours = {row[0].strip("`").partition(":")[2] for row in _rows("Provider configuration")}
    assert ours == {*CONNECTION_KEYS, *COMMON_KEYS} - SINCE_OR_WITHOUT

"""Each kind declares all that it must, and the tests have it in each of their tables."""

from __future__ import annotations

from typing import get_type_hints

import pytest
from tests import test_state_format
from tests.adapters import test_check, test_provider
from tests.core import test_changes
from tests.gitlab import test_wrong_responses
from tests.lifecycle import gitlab
from tests.native import test_resources as test_native_resources
from tests.resources import test_resources
from tests.support import kinds
from tools.generate import examples

from pulumi_gitlab_kubernetes.components.declaration import NAME as COMPONENT
from pulumi_gitlab_kubernetes.core.fields import Change
from pulumi_gitlab_kubernetes.core.identity import NotUnique, Unique
from pulumi_gitlab_kubernetes.core.kind import Kind, TokenKind
from pulumi_gitlab_kubernetes.registry import ACTIONS, MODULES, kind_for

TABLES = {
    "tests/support/kinds.py KINDS": kinds.KINDS,
    "tests/support/kinds.py REPLACEMENTS": kinds.REPLACEMENTS,
    "tests/support/kinds.py SECRETS": kinds.SECRETS,
    "tests/core/test_changes.py CHANGES": test_changes.CHANGES,
    "tests/adapters/test_check.py DEFAULTS": test_check.DEFAULTS,
    "tests/adapters/test_provider.py REPLACING": {each[0] for each in test_provider.REPLACING},
    "tests/gitlab/test_wrong_responses.py IDENTITY": test_wrong_responses.IDENTITY,
    "tests/gitlab/test_wrong_responses.py OWNER": test_wrong_responses.OWNER,
    "tests/lifecycle/gitlab.py PATHS": gitlab.PATHS,
    "tests/native/test_resources.py ALIASES": test_native_resources.ALIASES,
    "tests/resources/test_resources.py ARGUMENTS": {
        each.__name__ for each in test_resources.ARGUMENTS
    },
    "tests/test_state_format.py IDS": test_state_format.IDS,
    "tools/generate/examples.py PROGRAMS": {*examples.PROGRAMS} - {COMPONENT},
}
"""Where the tests say by hand what is expected of each kind."""


@pytest.mark.parametrize("table", TABLES)
def test_each_table_of_the_tests_has_each_kind(table: str) -> None:
    """A kind that is missing there is not tested."""
    assert set(TABLES[table]) - set(ACTIONS) == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_kind_declares_everything(name: str) -> None:
    """What has no default must be there."""
    kind = kind_for(name)
    assert kind.name == name
    assert all(hasattr(kind, each) for each in get_type_hints(Kind))
    assert kind.docs_url.startswith("https://docs.gitlab.com/")
    assert kind.ids[0] == "project_id"
    assert bool(kind.parent) == bool(kind.place.parent) == (len(kind.ids) > 2)
    assert isinstance(kind, TokenKind) == isinstance(kind.identity, NotUnique)


@pytest.mark.parametrize("name", MODULES)
def test_the_schema_fits_the_kind(name: str) -> None:
    """The unique input is one, and what an update changes is sent."""
    kind = kind_for(name)
    fields = {field.name: field for field in kind.schema.fields}
    outputs = {output.name for output in kind.schema.outputs}
    assert {"project", "connection"} <= set(fields)
    assert "schema_version" in outputs
    assert ("adopt_existing" in fields) == ("adopted_at" in outputs)
    if isinstance(kind.identity, Unique):
        assert fields[kind.identity.input].always_set
        assert fields[kind.identity.input].response_key
    for field in fields.values():
        assert field.request_key or field.change is not Change.UPDATE
        assert field.reference is None or field.reference.kind in {"Project", *MODULES}
    once = {output.response_key for output in kind.schema.outputs if output.secret}
    assert once == set(kind.place.shown_once)

"""Replacements: create or delete first, and what happens to dependents."""

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack

pytestmark = pytest.mark.slow

Up = Callable[[str], Any]

_ORDERED = 'a = Thing("a", kind="{}"); b = Thing("b", of=a.id); c = Thing("c", of=b.id)'
_FIRST = (
    'a = Thing("a", kind="{0}", first=True{1}); b = Thing("b", kind=a.computed, first=True);'
    ' c = Thing("c", of=b.id); d = Thing("d", ResourceOptions(depends_on=[a]))'
)


def _steps(result: Any) -> list[tuple[str, str]]:
    return [(step.op, step.name) for step in result.steps if step.op != "same"]


def test_create_the_replacement_then_update_dependents_then_delete_the_original(
    project: Any, stack: Stack, up: Up
) -> None:
    """This is the engine's default order."""
    up(_ORDERED.format("x"))
    project.calls()
    project.write(_ORDERED.format("y"))
    planned = stack.preview()
    assert planned.summary == {"same": 2, "replace": 1, "update": 1}
    result = stack.up()
    assert _steps(result) == [
        ("create-replacement", "a"), ("replace", "a"), ("update", "b"), ("delete-replaced", "a"),
    ]  # fmt: skip
    assert [s.replaces for s in result.steps if s.op == "replace"] == [("kind",)]
    assert project.calls() == [("create", "a"), ("update", "b"), ("delete", "a")]
    assert sorted(project.contents()) == ["a-3", "b-1", "c-2"]


def test_deleting_first_takes_those_dependents_along_that_cannot_stay(
    project: Any, stack: Stack, up: Up
) -> None:
    """Other dependents are updated or left alone."""
    up(_FIRST.format("x", ""))
    project.calls()
    project.write(_FIRST.format("y", ""))
    planned = stack.preview()
    assert planned.summary == {"same": 2, "replace": 2, "update": 1}
    result = stack.up()
    assert result.ok, result.stdout
    assert _steps(result) == [
        ("delete-replaced", "b"), ("delete-replaced", "a"),
        ("replace", "a"), ("create-replacement", "a"),
        ("replace", "b"), ("create-replacement", "b"), ("update", "c"),
    ]  # fmt: skip
    assert project.calls() == [
        ("delete", "b"), ("delete", "a"), ("create", "a"), ("create", "b"), ("update", "c"),
    ]  # fmt: skip
    assert stack.up().summary == {"same": 5}


def test_a_replacement_that_fails_after_the_deletion_is_carried_on_with(
    project: Any, stack: Stack, up: Up
) -> None:
    """The state records the deletion, and the next run only creates the replacement."""
    up(_FIRST.format("x", ""))
    project.write(_FIRST.format("y", ', fail="create"'))
    assert not stack.up().ok
    pending = {
        item["urn"].rpartition("::")[2]: item.get("pendingReplacement")
        for item in stack.export()["deployment"]["resources"]
    }
    assert (pending["a"], pending["b"], pending["c"]) == (True, True, None)
    project.calls()
    result = up(_FIRST.format("y", ""))
    # As the engine does, it asks once more for the dependents' deletion.
    assert project.calls() == [
        ("delete", "b"), ("create", "a"), ("create", "b"), ("update", "c"),
    ]  # fmt: skip
    assert result.summary["replace"] == 2
    assert stack.up().summary == {"same": 5}


def test_what_was_deleted_for_a_replacement_and_is_no_longer_wanted_is_forgotten(
    project: Any, stack: Stack, up: Up
) -> None:
    """Its provider is not asked to delete it again."""
    up(_FIRST.format("x", ""))
    project.write(_FIRST.format("y", ', fail="create"'))
    stack.up()
    project.calls()
    up('d = Thing("d")')
    assert project.calls() == [("delete", "c")]
    left = [r["urn"].rpartition("::")[2] for r in stack.export()["deployment"]["resources"]]
    assert left == ["shop-dev", "default", "d"]


def test_an_original_whose_deletion_failed_is_deleted_by_the_next_run(
    project: Any, stack: Stack, up: Up
) -> None:
    """It stays in the state, marked for deletion, next to its replacement."""
    up('a = Thing("a", kind="x", fail="delete")')
    project.write('a = Thing("a", kind="y")')
    failed = stack.up()
    assert not failed.ok
    assert "it will not go" in failed.stdout
    both = [r for r in stack.export()["deployment"]["resources"] if r["urn"].endswith("::a")]
    assert [(r["id"], r.get("delete", False)) for r in both] == [("a-1", False), ("a-0", True)]

    exported = stack.export()
    for item in exported["deployment"]["resources"]:
        item.get("outputs", {}).pop("fail", None)
    stack.import_(exported)
    project.calls()
    result = stack.up()
    assert result.ok, result.stdout
    assert project.calls() == [("delete", "a")]
    assert list(project.contents()) == ["a-1"]


def test_the_programs_option_outweighs_the_providers_word(project: Any, up: Up) -> None:
    """In both directions."""
    option = 'a = Thing("a", ResourceOptions(delete_before_replace={}), kind="{}", first={})'
    up(option.format(True, "x", False))
    project.calls()
    up(option.format(True, "y", False))
    assert project.calls() == [("delete", "a"), ("create", "a")]
    up(option.format(False, "z", True))
    assert project.calls() == [("create", "a"), ("delete", "a")]


def test_a_tainted_resource_is_replaced_without_a_diff(project: Any, stack: Stack, up: Up) -> None:
    """As after `pulumi state taint`."""
    program = 'a = Thing("a")'
    up(program)
    exported = stack.export()
    exported["deployment"]["resources"][2]["taint"] = True
    stack.import_(exported)
    project.calls()
    result = up(program)
    assert project.calls("diff", "create", "delete") == [("create", "a"), ("delete", "a")]
    assert [s.replaces for s in result.steps if s.op == "replace"] == [("id",)]
    assert stack.up().summary == {"same": 2}

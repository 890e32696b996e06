"""Resource options, each as the engine takes it."""

from collections.abc import Callable
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack

pytestmark = pytest.mark.slow

Up = Callable[[str], Any]


def _thing(stack: Stack, name: str) -> dict[str, Any]:
    deployment = stack.export(show_secrets=True)["deployment"]
    found: dict[str, Any] = next(
        item for item in deployment["resources"] if item["urn"].endswith(f"::{name}")
    )
    return found


def _ops(result: Any) -> list[tuple[str, str]]:
    return [(step.op, step.name) for step in result.steps if step.op != "same"]


def test_a_protected_resource_is_neither_deleted_nor_replaced(
    project: Any, stack: Stack, up: Up
) -> None:
    """Other resources are deleted, except its dependencies."""
    up('a = Thing("a", ResourceOptions(protect=True)); b = Thing("b")')
    project.calls()
    project.write('a = Thing("a", ResourceOptions(protect=True), kind="other")')
    replaced = stack.up()
    assert not replaced.ok
    assert "unable to replace resource" in replaced.stdout
    destroyed = stack.destroy()
    assert not destroyed.ok
    assert "because it is protected" in destroyed.stdout
    assert project.calls() == [("delete", "b")]
    names = [r["urn"].rpartition("::")[2] for r in stack.export()["deployment"]["resources"]]
    assert names == ["shop-dev", "default", "a"]
    unprotected = up('a = Thing("a")')
    assert "[diff: ~protect]" in unprotected.stdout
    assert stack.destroy().ok


def test_a_retained_resource_is_removed_from_the_state_alone(
    project: Any, stack: Stack, up: Up
) -> None:
    """Its provider is not asked."""
    up('a = Thing("a", ResourceOptions(retain_on_delete=True))')
    project.calls()
    assert stack.destroy().ok
    assert project.calls() == []
    assert list(project.contents()) == ["a-0"]


def test_what_goes_with_another_is_not_deleted_by_itself(
    project: Any, stack: Stack, up: Up
) -> None:
    """Unless that one stays."""
    up('a = Thing("a"); b = Thing("b", ResourceOptions(deleted_with=a))')
    project.calls()
    assert stack.destroy().ok
    assert project.calls() == [("delete", "a")]


def test_ignored_changes_are_no_changes(stack: Stack, up: Up) -> None:
    """Of properties, of parts of them, and of elements."""
    options = 'ResourceOptions(ignore_changes=["colour", "deep.x", "list[0]", "secret"])'
    program = """a = Thing("a", {}, colour="{}", deep={{"x": {}, "y": {}}}, list=[{}, 2],
                   secret=Output.secret("{}"))"""
    up(program.format(options, "red", 1, 1, 1, "s"))
    assert up(program.format(options, "blue", 2, 1, 2, "t")).summary == {"same": 2}
    result = up(program.format(options, "blue", 2, 2, 2, "t"))
    assert _ops(result) == [("update", "a")]
    assert [s.diff for s in result.steps if s.op == "update"] == [("deep",)]
    inputs = _thing(stack, "a")["inputs"]
    assert (inputs["colour"], inputs["deep"], inputs["list"]) == ("red", {"x": 1, "y": 2}, [1, 2])
    assert "plaintext" in inputs["secret"]


def test_a_change_replaces_where_the_program_says_so(up: Up) -> None:
    """This needs a provider that lets the engine find the changes."""
    program = (
        'a = Thing("a", ResourceOptions(replace_on_changes=["deep.x"]), unsure=True,'
        ' deep={{"x": {}, "y": {}}})'
    )
    up(program.format(1, 1))
    assert _ops(up(program.format(1, 2))) == [("update", "a")]
    result = up(program.format(2, 2))
    assert ("replace", "a") in _ops(result)


def test_an_additional_secret_output_is_secret(stack: Stack, up: Up) -> None:
    """In state, and in what is exported from it."""
    result = up(
        """
        a = Thing("a", ResourceOptions(additional_secret_outputs=["computed"]))
        export("shout", a.computed)
        """
    )
    assert "plaintext" in _thing(stack, "a")["outputs"]["computed"]
    assert 'shout: "[secret]"' in result.stdout
    assert stack.outputs(show_secrets=True) == {"shout": "A"}


def test_timeouts_are_recorded_in_seconds(stack: Stack, up: Up) -> None:
    """As the CLI does."""
    up(
        """
        timeouts = CustomTimeouts(create="1h1m", delete="5s")
        a = Thing("a", ResourceOptions(custom_timeouts=timeouts))
        """
    )
    assert _thing(stack, "a")["customTimeouts"] == {"create": 3660, "delete": 5}


def test_a_renamed_resource_is_found_by_its_alias_with_its_children(
    project: Any, stack: Stack, up: Up
) -> None:
    """Nothing is made or deleted, and references follow."""
    program = """
        class Pair(ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("shop:index:Pair", name, None, opts)
                self.one = Thing(f"{{name}}-one", ResourceOptions(parent=self), name="one")
        pair = Pair("{}", ResourceOptions(aliases=[Alias(name="old")]))
        a = Thing("{}", ResourceOptions(aliases=[Alias(name="a")]), name="a")
        b = Thing("b", of=a.id, one=pair.one.id)
    """
    up(program.format("old", "a"))
    project.calls()
    result = up(program.format("new", "a2"))
    assert result.summary == {"same": 5}
    assert project.calls() == []
    urns = [item["urn"] for item in stack.export()["deployment"]["resources"]]
    assert not [urn for urn in urns if urn.endswith(("::old", "::old-one", "::a"))]
    assert _thing(stack, "b")["propertyDependencies"]["of"] == [_thing(stack, "a2")["urn"]]
    assert stack.up().summary == {"same": 5}


def test_a_resource_that_is_only_read_is_never_changed(project: Any, stack: Stack, up: Up) -> None:
    """Each run reads it. Without the option `id`, the program creates another one."""
    (project.things / "found.json").write_text('{"name": "f", "computed": "F!"}')
    program = 'f = Thing("f", ResourceOptions(id="found")); b = Thing("b", of=f.computed)'
    project.write(program)
    assert stack.preview().summary == {"create": 2}
    up(program)
    assert _thing(stack, "f")["external"] is True
    assert project.contents()["b-1"]["of"] == "F!"
    assert stack.up().summary == {"same": 2}
    project.calls()
    result = up('f = Thing("f")')
    assert ("create-replacement", "f") in _ops(result)
    assert project.calls() == [("create", "f"), ("delete", "b")]
    assert "found" in project.contents()


def test_a_replacement_trigger_and_replace_with_replace(project: Any, up: Up) -> None:
    """When the value changes, and when the other is replaced."""
    program = """
        a = Thing("a", ResourceOptions(replacement_trigger="{}"))
        b = Thing("b", ResourceOptions(replace_with=[a]))
    """
    up(program.format(1))
    project.calls()
    up(program.format(2))
    assert project.calls() == [("create", "a"), ("create", "b"), ("delete", "b"), ("delete", "a")]

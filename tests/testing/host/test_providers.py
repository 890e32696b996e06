"""Explicit providers, functions and remote components."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.testing.host.conftest import ops, resources

from pulumi_gitlab_kubernetes.testing.host import Stack

pytestmark = pytest.mark.slow

Up = Callable[[str], Any]
FISH = "from fish import *\n"


@pytest.fixture(autouse=True)
def _pond(project: Any) -> None:
    project.add_pond()


def _logged(project: Any, *names: str) -> list[list[Any]]:
    """Return the plugin's calls of these methods since the last time."""
    file = project.things / "calls"
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    file.unlink(missing_ok=True)
    return [line for line in lines if line[0] in names]


def test_each_provider_resource_is_a_process_of_its_own(project: Any, stack: Stack, up: Up) -> None:
    """Resources and components name theirs; children inherit it."""
    program = """
        from fish import *
        class Team(ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("shop:index:Team", name, None, opts)
                self.fish = Fish(f"{name}-fish", ResourceOptions(parent=self))
        p, q = Pond("p", region="north"), Pond("q", region="south")
        a = Fish("a", ResourceOptions(provider=p))
        b = Fish("b", ResourceOptions(parent=a))
        Team("x", ResourceOptions(provider=q))
        Team("y", ResourceOptions(providers=[p]))
        c = Fish("c")
    """
    result = up(program)
    assert ("create", "p") in ops(result.steps)
    regions = {
        name: found["outputs"]["region"]
        for name, found in resources(stack).items()
        if found["type"] == "pond:index:Fish"
    }
    assert regions == {
        "a": "north",
        "b": "north",
        "x-fish": "south",
        "y-fish": "north",
        "c": "home",
    }
    assert sorted(line[1] for line in _logged(project, "configure")) == ["default_0_1_0", "p", "q"]
    assert up(program).summary == {"same": 10}
    assert stack.destroy().ok


def test_a_provider_is_updated_or_replaced_as_it_says(project: Any, stack: Stack, up: Up) -> None:
    """What is replaced takes its resources with it."""
    program = FISH + 'p = Pond("p", region="{}", extra={}); a = Fish("a", {})'
    options = "ResourceOptions(provider=p)"
    up(program.format("north", 1, options))
    before = resources(stack)["p"]["id"]
    assert ops(up(program.format("north", 2, options)).steps) == [("update", "p")]
    assert resources(stack)["p"]["id"] == before
    _logged(project)
    result = up(program.format("south", 2, options))
    assert [step for step in ops(result.steps) if step[0] == "replace"] == [
        ("replace", "p"),
        ("replace", "a"),
    ]
    assert [step.replaces for step in result.steps if step.op == "replace"] == [
        ("region",),
        ("provider",),
    ]
    assert resources(stack)["p"]["id"] != before
    assert _logged(project, "delete") == [["delete", "a", "north", 0]]
    assert resources(stack)["a"]["outputs"]["region"] == "south"


def test_a_preview_without_the_whole_configuration_says_so(
    project: Any, stack: Stack, up: Up
) -> None:
    """Its resources are planned without the provider."""
    program = FISH + 'a = Fish("{}"); p = Pond("p", extra=a.serial)\n'
    program += 'b = Fish("b", ResourceOptions(provider=p), n={}); export("loud", b.loud)'
    project.write(program.format("a", 1))
    assert stack.preview().summary == {"create": 4}
    assert "b" not in [line[1] for line in _logged(project, "configure", "create")]
    up(program.format("a", 1))
    project.write(program.format("aa", 2))
    result = stack.preview()
    assert result.ok
    [warning] = [each for each in result.diagnostics if each.severity == "warning"]
    assert warning.urn.endswith("::b")
    assert warning.message.startswith(
        "The provider for this resource has inputs that are not known"
    )


@pytest.mark.parametrize(
    ("props", "urn", "message"),
    [
        (
            "region='nowhere'",
            "::p",
            "pulumi:providers:pond resource 'p': property region value {nowhere} has a problem: it",
        ),
        ("missing=1", "::a", '1 error occurred:\n\t* missing required configuration key "pond:de'),
    ],
)
def test_a_wrong_configuration_is_an_error(
    project: Any, stack: Stack, props: str, urn: str, message: str
) -> None:
    """That of CheckConfig on the provider, that of Configure on the resources that need it."""
    project.write(f'{FISH}p = Pond("p", {props}); a = Fish("a", ResourceOptions(provider=p))')
    result = stack.up()
    assert not result.ok
    error = next(each for each in result.diagnostics if each.severity == "error" and each.urn)
    assert error.urn.endswith(urn)
    assert error.message.startswith(message)


def test_default_providers_can_be_disabled(project: Any, stack: Stack) -> None:
    """Then resources and functions must name one."""
    stack.set_config("pulumi:disable-default-providers", '["pond"]')
    project.write(FISH + 'p = Pond("p"); a = Fish("a", ResourceOptions(provider=p))')
    assert stack.preview().ok
    project.write(FISH + 'a = Fish("a")')
    result = stack.preview()
    assert not result.ok
    assert (
        "Default provider for 'pond' disabled. 'pond:index:Fish' must use an explicit provider."
        in result.stdout
    )


def test_functions_are_called(stack: Stack, up: Up) -> None:
    """With secrets in arguments and results, by the provider that the options name."""
    up(
        FISH
        + """
        p = Pond("p", region="north")
        a = Fish("a")
        options = InvokeOptions(provider=p, version=VERSION)
        found = pulumi.runtime.invoke_output("pond:index:getFish", {"name": a.name}, options)
        hidden = pulumi.runtime.invoke_output(
            "pond:index:getFish", {"name": Output.secret("a")}, InvokeOptions(version=VERSION)
        )
        export("found", found)
        export("hidden", hidden)
        """.replace("\n        ", "\n")
    )
    assert stack.outputs() == {
        "found": {"ids": ["a-1"], "name": "a", "region": "north"},
        "hidden": "[secret]",
    }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('"pond:index:broken", {}', "it is broken"),
        ('"pond:index:getFish", {}', "it is required (name)"),
    ],
)
def test_a_function_that_fails_fails_the_program(
    project: Any, stack: Stack, call: str, message: str
) -> None:
    """With the provider's message."""
    project.write(f"{FISH}invoke({call}, InvokeOptions(version=VERSION))")
    result = stack.preview()
    assert not result.ok
    assert message in result.stdout


def test_a_remote_component_registers_its_children(project: Any, stack: Stack, up: Up) -> None:
    """With the same monitor; its outputs come back."""
    program = (
        FISH + 'p = Pond("p", region="north")\n'
        's = School("s", ResourceOptions(providers=[p]), name=Output.secret("x"))\n'
        'a = Fish("a", up=s.fish); export("fish", s.fish)'
    )
    project.write(program)
    assert stack.preview().summary == {"create": 5}
    up(program)
    found = resources(stack)
    assert found["s"]["outputs"]["fish"] == 101
    assert found["s-fish"]["parent"] == found["s"]["urn"]
    assert found["s-fish"]["outputs"]["region"] == "north"
    names = {found["s"]["urn"], found["s-fish"]["urn"]}
    assert set(found["a"]["propertyDependencies"]["up"]) == names
    assert "__main__.py" in found["s-fish"]["stackTrace"][0]["sourcePosition"]
    assert stack.outputs() == {"fish": 101}
    assert up(program).summary == {"same": 5}
    project.write(FISH + 's = School("s", fail=True)')
    result = stack.up()
    assert not result.ok
    assert "pond:index:School resource 's' has a problem: it is no school" in result.stdout
    assert stack.destroy().ok

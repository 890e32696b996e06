"""The life of a stack: preview, up, up again, destroy."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.host.errors import HostError

SHOP = """
    config = pulumi.Config()
    a = Thing("a", colour=config.get("colour"), token=config.require_secret("token"))
    b = Thing("b", of=a.id, like=a.computed)
    export("id", a.id)
    export("token", a.token if hasattr(a, "token") else config.require_secret("token"))
    export("nested", {"list": [1, True, a.computed], "none": None})
"""


@pytest.mark.slow
def test_a_stack_is_previewed_made_left_alone_changed_and_destroyed(
    project: Any, stack: Stack
) -> None:
    """No command makes an unnecessary call."""
    project.write(SHOP)
    stack.set_config("token", "s3cret", secret=True)
    stack.set_config("colour", "red")

    previewed = stack.preview()
    assert previewed.ok
    assert previewed.summary == {"create": 3}
    assert project.calls() == []
    assert stack.export()["deployment"].get("resources") is None

    made = stack.up()
    assert made.ok, made.stdout
    assert made.summary == {"create": 3}
    assert project.calls() == [("create", "a"), ("create", "b")]
    assert project.contents()["b-1"] == {
        "name": "b", "size": "m", "of": "a-0", "like": "A", "computed": "B",
    }  # fmt: skip
    assert stack.outputs(show_secrets=True) == {
        "id": "a-0",
        "token": "s3cret",
        "nested": {"list": [1, True, "A"], "none": None},
    }

    assert stack.up().summary == {"same": 3}
    assert stack.preview().summary == {"same": 3}
    assert project.calls() == []

    stack.set_config("colour", "blue")
    planned = stack.preview()
    assert [(s.op, s.name, s.diff) for s in planned.steps if s.op != "same"] == [
        ("update", "a", ("colour",)),
        ("update", "b", ("like",)),  # an output of what is updated is not known in a preview
    ]
    changed = stack.up()
    assert changed.summary == {"same": 2, "update": 1}
    assert project.calls() == [("update", "a")]

    gone = stack.destroy()
    assert gone.ok
    assert gone.summary == {"delete": 3}
    assert project.calls() == [("delete", "b"), ("delete", "a")]
    assert project.contents() == {}
    assert stack.export()["deployment"].get("resources") is None


@pytest.mark.slow
def test_undeclared_resources_are_deleted_last(project: Any, up: Callable[[str], Any]) -> None:
    """Deletions come after creations and updates, dependents first."""
    up('a = Thing("a"); b = Thing("b", of=a.id); c = Thing("c", of=b.id, also=a.id)')
    project.calls()
    result = up('d = Thing("d")')
    assert result.summary == {"same": 1, "create": 1, "delete": 3}
    assert project.calls() == [
        ("create", "d"), ("delete", "c"), ("delete", "b"), ("delete", "a"),
    ]  # fmt: skip


def test_secrets_are_never_in_plain_state_or_output(project: Any, stack: Stack) -> None:
    """Not those of the configuration, nor those a provider makes, nor their copies."""
    project.write(SHOP + '\n    export("made", Output.secret({"deep": ["h1dden"]}))\n')
    stack.set_config("token", "s3cret", secret=True)
    result = stack.up()
    assert result.ok, result.stdout
    files = [file for file in project.backend.rglob("*") if file.is_file()]
    assert files
    for file in files:
        assert "s3cret" not in file.read_text(), file
        assert "h1dden" not in file.read_text(), file
    assert "s3cret" not in result.stdout
    assert "h1dden" not in result.stdout
    assert stack.outputs()["made"] == "[secret]"
    shown = json.dumps(stack.export(show_secrets=True))
    assert '"plaintext": "\\"Bearer s3cret\\""' in shown  # made secret by the provider
    again = stack.up()
    assert again.summary == {"same": 3}


def test_secrets_that_do_not_change_keep_their_ciphertext(project: Any, stack: Stack) -> None:
    """So a state file differs only where something did."""
    project.write(SHOP)
    stack.set_config("token", "s3cret", secret=True)
    stack.up()
    provider = stack.export()["deployment"]["resources"][1]
    assert provider["type"] == "pulumi:providers:pulumi-python"
    project.write(SHOP + '\n    c = Thing("c")\n')
    stack.up()
    before, after = provider["outputs"], stack.export()["deployment"]["resources"][1]["outputs"]
    assert before == after


def test_components_parents_and_explicit_dependencies_are_recorded(
    stack: Stack, up: Callable[[str], Any]
) -> None:
    """A child waits for its parent and dependencies, and state lists them before it."""
    program = """
        class Pair(ComponentResource):
            def __init__(self, name, opts=None):
                super().__init__("shop:index:Pair", name, None, opts)
                self.one = Thing(f"{name}-one", ResourceOptions(parent=self))
                self.two = Thing(f"{name}-two", ResourceOptions(parent=self), of=self.one.id)
                self.register_outputs({"ids": [self.one.id, self.two.id]})
        pair = Pair("pair")
        last = Thing("last", ResourceOptions(depends_on=[pair]))
    """
    up(program)
    listed = stack.export()["deployment"]["resources"]
    names = [item["urn"].removeprefix("urn:pulumi:dev::shop::") for item in listed]
    assert names == [
        "pulumi:pulumi:Stack::shop-dev",
        "shop:index:Pair::pair",
        "pulumi:providers:pulumi-python::default",
        "shop:index:Pair$pulumi-python:dynamic/things:Thing::pair-one",
        "shop:index:Pair$pulumi-python:dynamic/things:Thing::pair-two",
        "pulumi-python:dynamic/things:Thing::last",
    ]
    assert listed[1]["outputs"] == {"ids": ["pair-one-0", "pair-two-1"]}
    assert listed[4]["parent"] == listed[1]["urn"]
    assert listed[4]["propertyDependencies"]["of"] == [listed[3]["urn"]]
    assert listed[3]["urn"] in listed[5]["dependencies"]
    assert up(program).summary == {"same": 5}


def test_prints_and_messages_are_shown(up: Callable[[str], Any]) -> None:
    """Those of the program and of its providers, on the resource they are about."""
    result = up(
        """
        a = Thing("a", print="from the provider")
        print("from the program")
        pulumi.log.warn("look here", resource=a)
        """
    )
    said = {(m.severity, m.urn.rpartition("::")[2], m.message) for m in result.diagnostics}
    assert said == {
        ("info", "", "from the program"),
        ("info", "", "from the provider"),
        ("warning", "a", "look here"),
    }
    assert "pulumi-python:dynamic/things:Thing (a):\n    warning: look here\n" in result.stdout


def test_a_tiny_stack_is_up_soon(up: Callable[[str], Any], salt: str) -> None:
    """Program and dynamic host start side by side."""
    assert salt  # the key is derived once for all tests
    began = time.monotonic()
    up('Thing("a")')
    assert time.monotonic() - began < 5  # about 0.7 s on an idle machine


def test_a_deployment_is_exported_and_imported(project: Any, up: Callable[[str], Any]) -> None:
    """A stack of the same name continues from an imported state."""
    program = 'a = Thing("a", secret=Output.secret("x"))'
    up(program)
    exported = project.stack().export()
    (project.backend / ".pulumi" / "stacks" / "shop" / "dev.json").unlink()
    stack = project.stack()
    stack.import_(exported)
    assert stack.up().summary == {"same": 2}


def test_keys_of_a_resource_that_are_unknown_here_stay(
    stack: Stack, up: Callable[[str], Any]
) -> None:
    """Keys of newer engines survive."""
    up('a = Thing("a")')
    exported = stack.export()
    exported["deployment"]["resources"][2]["futureKey"] = {"x": [1]}
    exported["deployment"]["futureToo"] = True
    stack.import_(exported)
    up('a = Thing("a", v=2)')
    deployment = stack.export()["deployment"]
    assert deployment["resources"][2]["futureKey"] == {"x": [1]}
    assert deployment["futureToo"] is True


def test_a_feature_of_the_state_that_is_unknown_here_is_named(
    stack: Stack, up: Callable[[str], Any]
) -> None:
    """`pulumi state taint` writes one, for example."""
    up('a = Thing("a")')
    expected = r"reads version 3, not 4 \(features: taint\): run `pulumi state untaint` first"
    with pytest.raises(HostError, match=expected):
        stack.import_({**stack.export(), "version": 4, "features": ["taint"]})

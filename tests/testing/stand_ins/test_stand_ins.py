"""Stacks with stand-ins on both engines: components, explicit providers, functions, secrets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.lifecycle.engines import Outcome, Stack
from tests.lifecycle.gitlab import Lab
from tests.support.foreign import SERVERS, Foreign
from tests.testing.stand_ins.conftest import ANSWERS, CANARY, NewStack

from pulumi_gitlab_kubernetes.testing.host import HostError

_CREATED = [
    "network",
    "cluster",
    "kube",
    "agent",
    "token",
    "token-in-cluster",
]


def _shown(outcome: Outcome) -> set[str]:
    """Return the outputs that the program knew."""
    return {
        message.text.strip()
        for message in outcome.messages
        if re.match(r"(network|endpoint) is ", message.text)
    }


def _unchanged(outcome: Outcome) -> bool:
    return {step.op for step in outcome.steps} <= {"same", "read"}


def _announced(outcome: Outcome) -> list[str]:
    return [
        message.text.strip()
        for message in outcome.messages
        if message.text.startswith("stand-ins for")
    ]


def test_a_stack_lives(stack: Stack, lab: Lab) -> None:
    """Preview, creation, no change, refresh, update, replacement, destruction."""
    preview = stack.run("preview")
    assert preview.ok, preview.text
    assert not _shown(preview)
    assert _announced(preview) == [
        "stand-ins for cloud, kube: nothing is created in a cloud; answers from answers.yaml"
    ]

    created = stack.run("up")
    assert created.ok, created.text
    known = {"network is net-1234", "endpoint is https://cluster.example.com"}
    assert _shown(created) == known
    assert len(_announced(created)) == 1
    for name in _CREATED:
        assert created.ops(name)[0] == "create", name
    found = stack.resources(show_secrets=True)
    assert found["network"]["id"] == "net-1"
    assert found["token-in-cluster"]["provider"].startswith(found["kube"]["urn"])
    token = found["token"]["outputs"]["token"]
    assert found["token-in-cluster"]["outputs"]["stringData"]["token"] == token
    assert len(lab.resources()) == 2

    again = stack.run("preview")
    assert _unchanged(again), again.text
    assert _shown(again) == known
    assert _unchanged(stack.run("up"))
    assert _unchanged(stack.run("refresh"))

    stack.set_config("size", "2")
    updated = stack.run("preview")
    assert updated.ops("network") == ["update"], updated.text
    assert _shown(updated) == known
    assert updated.ops("token-in-cluster") == ["same"]
    assert stack.run("up").ok

    stack.set_config("zone", "b")
    replaced = stack.run("preview")
    assert "replace" in replaced.ops("network"), replaced.text
    assert _shown(replaced) == {"endpoint is https://cluster.example.com"}
    assert stack.run("up").ok
    assert stack.resources()["network"]["outputs"]["zone"] == "b"

    assert stack.run("destroy").ok
    assert not stack.resources()
    assert not lab.resources()


def test_secrets_do_not_show(stack: Stack) -> None:
    """Neither a secret input of a component, nor what the answers name, in any file or output."""
    texts = [stack.run(verb).text for verb in ("preview", "up", "refresh")]
    stack.set_config("replicas", "2")
    texts += [stack.run(verb).text for verb in ("up", "destroy")]
    for canary in (CANARY, "network-canary", "kubeconfig-canary"):
        for text in texts:
            assert canary not in text
        for path, content in stack.files().items():
            if "stand-ins" not in path.parts:
                assert canary.encode() not in content, path


@pytest.mark.cli
@pytest.mark.slow
def test_the_other_engine_continues(new_stack: NewStack, lab: Lab) -> None:
    """With the state of the first one, it changes nothing, and destroys all."""
    stacks = {engine: new_stack(engine) for engine in ("host", "cli")}
    for first, second in (("host", "cli"), ("cli", "host")):
        assert stacks[first].run("up").ok
        exported = {"version": 3, "deployment": stacks[first].deployment(show_secrets=True)}
        stacks[second].import_(exported)
        continued = stacks[second].run("up")
        assert continued.ok, continued.text
        assert _unchanged(continued), continued.text
        assert stacks[second].run("destroy").ok
        assert not lab.resources()
        stacks[first].import_({"version": 3, "deployment": stacks[second].deployment()})


def test_the_version_is_that_of_the_sdk(new_stack: NewStack, engine: str, tmp_path: Path) -> None:
    """The engine does not warn about another one."""
    sdk = tmp_path / "sdks" / "pulumi_cloud"
    sdk.mkdir(parents=True)
    described = {"resource": True, "name": "cloud", "version": "4.4.0"}
    (sdk / "pulumi-plugin.json").write_text(json.dumps(described))
    stack = new_stack(engine, PYTHONPATH=str(sdk.parent))
    text = (stack.project / "clouds.py").read_text()
    old = 'super().__init__("cloud:index:Cluster", name, args, opts, remote=True)'
    assert old in text
    new = f'opts = ResourceOptions.merge(ResourceOptions(version="4.4.0"), opts)\n        {old}'
    (stack.project / "clouds.py").write_text(text.replace(old, new))
    outcome = stack.run("up")
    assert outcome.ok, outcome.text
    assert "expected to have version" not in outcome.text
    assert "stand-ins for cloud 4.4.0, kube:" in _announced(outcome)[0]


@pytest.mark.parametrize(
    ("change", "name", "message"),
    [
        (
            ("cloud:index:getVersions", "cloud:index:getOther"),
            "",
            "cloud:index:getVersions has no answer: add it to {file}, under functions",
        ),
        (("replace_on: [zone]", "error: no quota"), "network", "no quota"),
        (
            ("secrets: [kubeconfig]", "error: no capacity"),
            "cluster",
            "no capacity",
        ),
    ],
)
def test_errors_are_one_line(  # noqa: PLR0917 (pytest's arguments)
    change: tuple[str, str],
    name: str,
    message: str,
    new_stack: NewStack,
    engine: str,
    tmp_path: Path,
) -> None:
    """Those of the answers, and that there is none."""
    file = tmp_path / "answers.yaml"
    text = ANSWERS.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change))
    outcome = new_stack(engine, file).run("up")
    assert not outcome.ok
    if name:
        assert outcome.error(name) == message
    assert message.format(file=file) in outcome.text


_REFUSED = "stand-ins need a GitLab simulator, but"


def test_a_real_gitlab_is_not_changed(new_stack: NewStack, engine: str) -> None:
    """The first preview shows the stack with a warning, and `up` is refused."""
    with Foreign(SERVERS["a page"]) as foreign:
        stack = new_stack(engine, url=foreign.url)
        preview = stack.run("preview")
        assert preview.ok, preview.text
        warnings = [each.text for each in preview.messages if each.severity == "warning"]
        (warning,) = (each for each in warnings if each.startswith(_REFUSED))
        assert f" {foreign.url}, from gitlab:baseUrl, is none" in warning
        assert _refusal(stack).startswith(f"{_REFUSED} {foreign.url}")
        assert "network" not in stack.resources()


def _refusal(stack: Stack) -> str:
    """Return the error of `up`. The deployment host raises it before it starts anything."""
    try:
        outcome = stack.run("up")
    except HostError as error:
        assert not stack.resources()
        return str(error)
    assert not outcome.ok
    return next(error for error in outcome.errors() if error.startswith(_REFUSED))


def test_installed_plugins_are_named(new_stack: NewStack, engine: str, tmp_path: Path) -> None:
    """Those that a stand-in hides."""
    home = tmp_path / engine / "home"
    stack = new_stack(engine, PULUMI_HOME=str(home))
    (home / "plugins" / "resource-cloud-v7.1.0").mkdir(parents=True)
    outcome = stack.run("preview")
    assert outcome.ok, outcome.text
    warnings = [each.text.strip() for each in outcome.messages if each.severity == "warning"]
    assert "stand-ins hide installed plugins: cloud 7.1.0" in warnings


def test_an_existing_resource_is_answered(new_stack: NewStack, engine: str) -> None:
    """`.get()` of a type without an answer is an error, rather than empty."""
    stack = new_stack(engine)
    program = stack.project / "__main__.py"
    text = """
import clouds, pulumi
found = clouds.Network("found", pulumi.ResourceOptions(id="net-7"))
pulumi.export("label", found.label)
"""
    program.write_text(text)
    outcome = stack.run("up")
    assert outcome.ok, outcome.text
    assert stack.resources()["found"]["id"] == "net-7"
    assert stack.resources()["found"]["outputs"]["label"] == "net-1234"
    secret = "clouds.Secret('found', pulumi.ResourceOptions(id='s'))"
    program.write_text(f"import clouds, pulumi\n{secret}\n")
    outcome = stack.run("up")
    assert not outcome.ok
    assert "kube:core/v1:Secret has no answer: add it to" in outcome.text

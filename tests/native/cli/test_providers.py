"""Explicit providers, each with a GitLab of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import set_up
from tests.lifecycle.gitlab import Lab
from tests.native.cli.stacks import NativeStack

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAM = """\
import pulumi
from pulumi_gitlab_kubernetes.native import (
    ClusterAgent,
    ClusterAgentToken,
    Provider,
)

eu = Provider("eu", token="{eu.token}", base_url="{eu.url}", headers={{"X-Team": "canary-header"}})
us = Provider("us", token="{us.token}", base_url="{us.url}", request_timeout=30)
projects = {{"eu": "{eu.project.path}", "us": "{us.project.path}"}}
for name, provider in (("eu", eu), ("us", us)):
    opts = pulumi.ResourceOptions(provider=provider)
    agent = ClusterAgent(f"{{name}}-agent", opts, project=projects[name], name="prod")
    ClusterAgentToken(
        f"{{name}}-token", opts, project=projects[name], agent_id=agent.agent_id, name="t"
    )
"""
_DERIVED = """\
import pulumi
from pulumi_gitlab_kubernetes.native import ClusterAgent, ProjectEnvironment, Provider

first = Provider("first", token="{eu.token}", base_url="{eu.url}")
opts = pulumi.ResourceOptions(provider=first)
agent = ClusterAgent("agent", opts, project="{eu.project.path}", name="dev")
token = agent.created_at.apply(lambda _created_at: "{eu.token}")
derived = Provider("derived", token=token, base_url="{eu.url}")
opts = pulumi.ResourceOptions(provider=derived)
ProjectEnvironment("environment", opts, project="{eu.project.path}", name="dev")
pulumi.export("name", ClusterAgent.get("read", agent.id, opts).name)
"""
_ENVIRON = {
    "PULUMI_GITLAB_TOKEN": "glpat-wrong",
    "PULUMI_GITLAB_BASE_URL": "http://127.0.0.1:9",
    "PULUMI_GITLAB_ADOPT_EXISTING": "1",
    "GITLAB_TOKEN": "glpat-wrong",
    "GITLAB_BASE_URL": "http://127.0.0.1:9",
}
"""What an explicit provider never reads."""


@pytest.fixture
def other() -> Iterator[Lab]:
    """Another GitLab."""
    with Simulator() as running:
        set_up(running)
        yield Lab(running)


@pytest.fixture
def stack(plugin: Path, tmp_path: Path) -> NativeStack:
    """A stack without any configuration."""
    return NativeStack(tmp_path / "stack", plugin, {}, {})


def test_each_provider_has_its_own_gitlab(stack: NativeStack, lab: Lab, other: Lab) -> None:
    """Whatever the environment says. A changed URL replaces the provider and its resources."""
    program = _PROGRAM.format(eu=lab, us=other)
    stack.program(program)
    assert "7 created" in stack.pulumi("up", environ=_ENVIRON).text
    for each in (lab, other):
        assert {call.status for call in each.calls()} <= {200, 201}
        assert len(each.resources()) == 2
    stack.pulumi("preview", "--expect-no-changes", environ=_ENVIRON)
    stack.pulumi("refresh", environ=_ENVIRON)
    canaries = (lab.token, other.token, "canary-header")
    for file in stack.backend.rglob("*.json"):
        assert not [each for each in canaries if each.encode() in file.read_bytes()], file

    stack.program(program.replace(other.url, f"{other.url}/api/v4"))
    stack.unchanged()
    moved = program.replace(f'token="{other.token}"', f'token="{lab.token}"')
    stack.program(moved.replace(other.url, lab.url))
    done = stack.pulumi("preview", "--diff", environ=_ENVIRON)
    assert done.details("us") == {"baseUrl": "update-replace"}
    for name in ("us", "us-agent", "us-token"):
        assert "replace" in done.ops(name)
    assert "us-agent" in done.steps
    assert not done.ops("eu-agent")

    stack.program(program)
    stack.pulumi("destroy", environ=_ENVIRON)
    assert not lab.resources()
    assert not other.resources()


def test_a_provider_may_depend_on_another_resource(stack: NativeStack, lab: Lab) -> None:
    """In a preview its configuration is unknown, and so is what it would read."""
    stack.program(_DERIVED.format(eu=lab))
    done = stack.pulumi("preview", "--diff")
    assert "5 to create" in done.text
    assert "name: [unknown]" in done.text
    done = stack.pulumi("up")
    assert 'name: "dev"' in done.text
    stack.unchanged()
    stack.pulumi("destroy")
    assert not lab.resources()

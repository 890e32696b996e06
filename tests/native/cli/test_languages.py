"""Programs in other languages, with SDKs that the Pulumi CLI generates from the plugin's schema.

Those in YAML and TypeScript are examples. The commands are those of their README.md, and of
other-languages.md in the guides.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.lifecycle.gitlab import Lab
from tests.native.cli.languages import LanguageStack

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_EXAMPLES = Path(__file__).parents[3] / "examples"
_PROGRAMS = {
    "yaml": _EXAMPLES / "yaml",
    "nodejs": _EXAMPLES / "typescript",
    "go": Path(__file__).with_name("programs") / "go",
    "java": Path(__file__).with_name("programs") / "java",
}
_SPELLED = {
    "yaml": ("kubernetesNamespace", "clusterAgentId"),
    "nodejs": ("kubernetesNamespace", "clusterAgentId"),
    "go": ("KubernetesNamespace", "ClusterAgentId"),
    "java": ("kubernetesNamespace", "clusterAgentId"),
}
"""The names of inputs in messages."""


def test_a_program_in_another_language(
    language: str, lab: Lab, plugin: Path, tmp_path: Path
) -> None:
    """It creates, changes nothing, updates, replaces and destroys. Messages have its names."""
    stack = LanguageStack(tmp_path / "stack", plugin, lab, _PROGRAMS[language], language)
    assert "5 created" in stack.pulumi("up").text
    found = stack.resources(show_secrets=True)
    assert found["environment"]["outputs"]["tier"] == "production"
    assert found["token"]["inputs"]["rotationTriggers"] == {"month": "may"}
    assert "plaintext" in found["token"]["outputs"]["token"]
    outputs = json.loads(stack._call("stack", "output", "--json"))
    assert "[secret]" in outputs.values()
    assert found["agent"]["outputs"]["agentId"] in outputs.values()
    stack.unchanged()
    stack.pulumi("refresh")

    stack.pulumi("config", "set", "tier", "staging")
    assert stack.pulumi("preview", "--diff").details("environment") == {"tier": "update"}
    stack.pulumi("up")
    path = f"projects/{lab.project.id}/environments"
    (environment,) = lab.root("GET", path)
    assert environment["tier"] == "staging"

    stack.pulumi("config", "set", "project", "no/such")
    failed = stack.pulumi("up", ok=False)
    assert any("project no/such does not exist" in each for each in failed.errors())
    stack.pulumi("config", "set", "project", lab.project.path)

    source = stack.source("lusterAgentId")
    lines = source.read_text().splitlines(keepends=True)
    source.write_text("".join(line for line in lines if "lusterAgentId" not in line))
    (error,) = stack.pulumi("preview", ok=False).errors()
    name, needed = _SPELLED[language]
    assert f"{name} needs an agent: set {needed} too" in error
    stack.pulumi("destroy")
    assert not lab.resources()

"""Programs in other languages, with SDKs that the Pulumi CLI generates from the plugin's schema."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.lifecycle.gitlab import Lab
from tests.native.cli.stacks import NativeStack

from pulumi_gitlab_kubernetes.native.plugin_folder import EXECUTABLE

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAMS = Path(__file__).with_name("programs")
_COMMANDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "yaml": ((), ()),
    "nodejs": (("npm", "install", "--no-audit", "--no-fund"), ("npx", "tsc", "--noEmit")),
    "go": ((), ("go", "mod", "tidy")),
}
"""What a user runs in the project, before and after `pulumi package add`."""
_SPELLED = {
    "yaml": ("kubernetesNamespace", "clusterAgentId"),
    "nodejs": ("kubernetesNamespace", "clusterAgentId"),
    "go": ("KubernetesNamespace", "ClusterAgentId"),
}
"""The names of inputs in messages."""


@pytest.fixture(params=_COMMANDS)
def language(request: pytest.FixtureRequest) -> str:
    """A language whose host and tools are on PATH."""
    name: str = request.param
    tools = (f"pulumi-language-{name}", *(command[0] for command in _COMMANDS[name] if command))
    for tool in tools:
        if not shutil.which(tool):
            pytest.skip(f"no `{tool}` on PATH")
    return name


class _Stack(NativeStack):
    """A stack of a program in another language, which has added the package."""

    def __init__(self, directory: Path, plugin: Path, lab: Lab, language: str) -> None:
        self._language = language
        settings = {"project": lab.project.path, "url": lab.url}
        super().__init__(directory, plugin, settings, {"gitlabToken": lab.token}, language)

    def _init(self, config: dict[str, str], secrets: dict[str, str]) -> None:  # type: ignore[override] # as given above
        shutil.rmtree(self.project)
        shutil.copytree(_PROGRAMS / self._language, self.project)
        super()._init(config, secrets)
        before, after = _COMMANDS[self._language]
        self.tool(*before)
        self.tool("pulumi", "package", "add", str(self._plugin / EXECUTABLE))
        self.tool(*after)

    def tool(self, *command: str) -> None:
        """Run a command of the language in the project."""
        if command:
            subprocess.run(command, cwd=self.project, env=self.environ, check=True)


def test_a_program_in_another_language(
    language: str, lab: Lab, plugin: Path, tmp_path: Path
) -> None:
    """It creates, changes nothing, updates, replaces and destroys. Messages have its names."""
    stack = _Stack(tmp_path / "stack", plugin, lab, language)
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

    files = (file for file in stack.project.iterdir() if file.is_file())
    source = next(file for file in files if "lusterAgentId:" in file.read_text())
    lines = source.read_text().splitlines(keepends=True)
    source.write_text("".join(line for line in lines if "lusterAgentId:" not in line))
    (error,) = stack.pulumi("preview", ok=False).errors()
    name, needed = _SPELLED[language]
    assert f"{name} needs an agent: set {needed} too" in error
    stack.pulumi("destroy")
    assert not lab.resources()

"""The spelling of names in messages: that of the program's language."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.conftest import Project
from tests.support.native_plugin import NativePlugin
from tests.support.plugin_process import CallError

from pulumi_gitlab_kubernetes.native.project import runtime_of
from pulumi_gitlab_kubernetes.native.spelling import spelling_of, why_unknown

NAMES = {
    "python": ("force_stop", "force_stop=True"),
    "nodejs": ("forceStop", "forceStop: true"),
    "yaml": ("forceStop", "forceStop: true"),
    "java": ("forceStop", "forceStop: true"),
    "go": ("ForceStop", "ForceStop: true"),
    "dotnet": ("ForceStop", "ForceStop: true"),
    "": ("forceStop", "forceStop: true"),
    "rust": ("forceStop", "forceStop: true"),
}


@pytest.mark.parametrize("runtime", NAMES)
def test_each_language_has_its_spelling(runtime: str) -> None:
    """Of properties, of options, and of names that are in camelCase already."""
    spelling = spelling_of(runtime)
    assert (spelling["force_stop"], spelling.option("force_stop")) == NAMES[runtime]
    assert spelling["name"].casefold() == "name"
    if runtime != "python":
        assert spelling["forceStop"] == spelling["force_stop"]


@pytest.mark.parametrize("name", ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"])
def test_the_runtime_is_in_the_project_file(tmp_path: Path, name: str) -> None:
    """As text or as a map, in the program's folder or above it."""
    program = tmp_path / "infra/program"
    program.mkdir(parents=True)
    for text in ('{"name": "shop", "runtime": "go"}', '{"runtime": {"name": "go", "options": {}}}'):
        (tmp_path / name).write_text(text)
        assert runtime_of(tmp_path) == runtime_of(program) == "go"
    (program / name).write_text('{"runtime": "dotnet"}')
    assert runtime_of(program) == "dotnet"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"name: shop",
        b"runtime: [",
        b"runtime:",
        b"runtime: {options: {}}",
        b"runtime: {name: }",
        b"runtime: 1",
        b"\xff\xfe\x00",
        b"runtime: !!python/object:os.system {}",
    ],
)
def test_a_broken_file_is_an_unknown_language(tmp_path: Path, content: bytes) -> None:
    """The engine itself says what is wrong with it."""
    (tmp_path / "Pulumi.yaml").write_bytes(content)
    assert spelling_of(runtime_of(tmp_path)) == spelling_of("")


def test_no_project_is_an_unknown_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the folder is gone."""
    assert runtime_of(tmp_path) == ""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert runtime_of(Path()) == ""


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("externalURL", "is not an argument: write externalUrl"),
        ("external_url", "is not an argument: write externalUrl"),
        ("colour", "is not an argument: remove it"),
        (
            "connection",
            "is for dynamic resources only: give the resource an explicit provider",
        ),
    ],
)
def test_unknown_names_say_what_to_do(key: str, reason: str) -> None:
    """With the right name if there is a similar one."""
    assert why_unknown(key, ["name", "externalUrl", "project"]) == reason


@pytest.mark.parametrize(
    ("runtime", "agent", "triggers"),
    [
        ("python", "agent_id", "rotation_triggers"),
        ("nodejs", "agentId", "rotationTriggers"),
        ("go", "AgentId", "RotationTriggers"),
    ],
)
def test_messages_have_the_names_of_the_program(
    project: Project, tmp_path: Path, runtime: str, agent: str, triggers: str
) -> None:
    """In failures of a check, in their hints, and in errors."""
    (tmp_path / "Pulumi.yaml").write_text(f"name: shop\nruntime: {runtime}\n")
    config = {"baseUrl": project.simulator.url, "token": project.simulator.root_token}
    given = {"project": project.path, "name": "x"}
    with NativePlugin(config, folder=tmp_path) as plugin:
        wrong = {**given, "agentId": "seven", "rotationTriggers": "x"}
        _inputs, failures = plugin.check("ClusterAgentToken", wrong)
        assert failures.keys() == {agent, triggers}
        assert f"`agent.{agent}`" in failures[agent]
        with pytest.raises(CallError, match=f"agent 99 does not exist there: check {agent} "):
            plugin.create("ClusterAgentToken", {**given, "agentId": 99})

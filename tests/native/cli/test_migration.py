"""Programs that move between the dynamic and the native classes by changing an import."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.gitlab import Lab
from tests.native.cli.stacks import NativeStack, settings

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAM = """\
import pulumi
from {package} import (
    ClusterAgent,
    ClusterAgentConfiguration,
    ClusterAgentToken,
    ClusterAgentUrlConfiguration,
    ProjectCluster,
    ProjectEnvironment,
)

PROJECT = "{project}"
agent = ClusterAgent("agent", project=PROJECT, name="prod")
token = ClusterAgentToken(
    "token",
    project=PROJECT,
    agent_id=agent.agent_id,
    name="t",
    rotation_triggers={{"a": {{"b": 1}}}},
)
ClusterAgentUrlConfiguration(
    "url", project=PROJECT, agent_id=agent.agent_id, url="grpcs://agent.example.com:443"
)
ClusterAgentConfiguration(
    "configuration",
    project=PROJECT,
    agent_name=agent.name,
    ci_access={{"groups": [{{"id": "acme", "default_namespace": "shop"}}]}},
    additional_settings={{"container_scanning": {{"vulnerability_report": {{"a_b": [1]}}}}}},
)
ProjectCluster(
    "cluster",
    project=PROJECT,
    name="legacy",
    kubernetes_api_url="https://k8s.example.com",
    kubernetes_token="canary",
)
ProjectEnvironment(
    "environment",
    project=PROJECT,
    name="production",
    cluster_agent_id=agent.agent_id,
    kubernetes_namespace="shop",
    external_url="{url}",
)
pulumi.export("token", token.token)
pulumi.export("agent", agent.agent_id)
"""
_NAMES = ("agent", "token", "url", "configuration", "cluster", "environment")
_URL = "https://shop.example.com"


def _program(lab: Lab, package: str, url: str = _URL) -> str:
    return _PROGRAM.format(package=package, project=lab.project.path, url=url)


def _dynamic(lab: Lab, url: str = _URL) -> str:
    return _program(lab, "pulumi_gitlab_kubernetes", url)


def _native(lab: Lab, url: str = _URL) -> str:
    return _program(lab, "pulumi_gitlab_kubernetes.native", url)


def _require_native(stack: NativeStack, token: str) -> dict[str, dict[str, Any]]:
    """Require that the state is that of native resources, and return them by name."""
    found = stack.resources(show_secrets=True)
    for name in _NAMES:
        assert found[name]["type"].startswith("gitlab-kubernetes:index:")
        values = {**found[name]["inputs"], **found[name]["outputs"]}
        assert not [key for key in values if "_" in key], values
        assert "connection" not in values
    assert found["token"]["outputs"]["token"]["plaintext"] == token
    assert found["token"]["outputs"]["rotationTriggers"] == {"a": {"b": 1}}
    assert "plaintext" in found["cluster"]["inputs"]["kubernetesToken"]
    configuration = found["configuration"]["outputs"]
    assert configuration["ciAccess"] == {"groups": [{"id": "acme", "defaultNamespace": "shop"}]}
    scanning = {"vulnerability_report": {"a_b": [1]}}  # GitLab's own names.
    assert configuration["additionalSettings"] == {"container_scanning": scanning}
    return found


@pytest.mark.parametrize("rewrite", ["up", "refresh"])
def test_changing_the_import_is_the_whole_migration(
    stack: NativeStack, lab: Lab, rewrite: str
) -> None:
    """`up` changes nothing and asks GitLab nothing. The next run writes the native form."""
    stack.program(_dynamic(lab))
    stack.pulumi("up")
    before = stack.resources(show_secrets=True)
    token = before["token"]["outputs"]["token"]["plaintext"]
    lab.calls()

    stack.program(_native(lab))
    stack.unchanged()
    done = stack.pulumi("up")
    assert "7 unchanged" in done.text
    assert not lab.calls()
    found = stack.resources()
    assert "pulumi:providers:pulumi-python" not in {each["type"] for each in found.values()}

    if rewrite == "up":
        preview = stack.pulumi("preview")
        assert "6 to update" in preview.text
        # A status says why, and no list of messages at the end.
        assert "only its state is rewritten" not in preview.text.partition("Diagnostics:")[2]
        assert "6 updated" in stack.pulumi("up").text
        assert not lab.calls()
    else:
        assert "7 unchanged" in stack.pulumi("refresh").text
        assert {call.method for call in lab.calls()} == {"GET"}
    found = _require_native(stack, token)
    assert {name: found[name]["id"] for name in _NAMES} == {
        name: before[name]["id"] for name in _NAMES
    }
    stack.unchanged()
    stack.pulumi("destroy")
    assert not lab.resources()


def test_a_change_in_the_same_run_is_made(stack: NativeStack, lab: Lab) -> None:
    """The import and an input change at once: one update, without a replacement."""
    stack.program(_dynamic(lab))
    stack.pulumi("up")
    lab.calls()

    stack.program(_native(lab, "https://new.example.com"))
    done = stack.pulumi("up")

    assert done.ops("environment") == ["update"]
    assert done.details("environment") == {"externalUrl": "update"}
    assert "6 unchanged" in done.text
    assert [call.method for call in lab.calls()] == ["PUT"]
    assert "externalUrl" in stack.resources()["environment"]["outputs"]


def test_the_settings_of_the_dynamic_resources_are_copied(
    lab: Lab, plugin: Path, tmp_path: Path
) -> None:
    """The error about a missing token says which command copies `gitlab:*`."""
    stack = NativeStack(tmp_path / "stack", plugin, *settings(lab, "gitlab"))
    stack.program(_dynamic(lab))
    stack.pulumi("up")
    token = stack.resources(show_secrets=True)["token"]["outputs"]["token"]["plaintext"]
    lab.calls()

    stack.program(_native(lab))
    failed = stack.pulumi("preview", ok=False)
    assert any("`gitlab-kubernetes migrate-config`" in each for each in failed.errors())
    subprocess.run(
        ["gitlab-kubernetes", "migrate-config", "--stack", "test"],  # noqa: S607 (as users do)
        cwd=stack.project,
        env=stack.environ,
        check=True,
    )
    stack.unchanged()
    stack.pulumi("up")
    assert not lab.calls()
    stack.pulumi("up")
    _require_native(stack, token)


def test_back_to_the_dynamic_classes(stack: NativeStack, lab: Lab) -> None:
    """The first `up` rewrites the state without a request, and replaces nothing."""
    stack.program(_native(lab))
    stack.pulumi("up")
    before = stack.resources(show_secrets=True)
    lab.calls()

    stack.program(_dynamic(lab))
    assert "6 to update" in stack.pulumi("preview", "--diff").text
    assert "6 updated" in stack.pulumi("up").text
    assert not lab.calls()

    found = stack.resources(show_secrets=True)
    for name in _NAMES:
        assert found[name]["type"].startswith("pulumi-python:dynamic/gitlab:")
        assert found[name]["id"] == before[name]["id"]
        assert found[name]["outputs"]["connection"] == "gitlab"
        assert not [key for key in found[name]["outputs"] if key != key.lower()]
    token = before["token"]["outputs"]["token"]["plaintext"]
    assert found["token"]["outputs"]["token"]["plaintext"] == token
    stack.unchanged()
    assert "7 unchanged" in stack.pulumi("refresh").text
    stack.pulumi("destroy")
    assert not lab.resources()


def test_back_before_the_state_was_rewritten(stack: NativeStack, lab: Lab) -> None:
    """The state still has the dynamic form, so nothing changes."""
    stack.program(_dynamic(lab))
    stack.pulumi("up")
    stack.program(_native(lab))
    stack.pulumi("up")
    lab.calls()

    stack.program(_dynamic(lab))
    stack.unchanged()
    assert "7 unchanged" in stack.pulumi("up").text
    assert not lab.calls()
    stack.unchanged()


def test_back_right_after_an_import(stack: NativeStack, lab: Lab) -> None:
    """No program has said yet what it manages, so that the dynamic classes would clear the rest."""
    path = f"projects/{lab.project.id}/environments"
    own = lab.root("POST", path, name="production", description="By hand")["id"]
    program = (
        "import pulumi\n"
        "from {package} import ProjectEnvironment\n"
        f'ProjectEnvironment("it", {{opts}}project="{lab.project.id}", name="production")\n'
    )
    native, dynamic = "pulumi_gitlab_kubernetes.native", "pulumi_gitlab_kubernetes"
    opts = f'pulumi.ResourceOptions(import_="{lab.project.id}:{own}"), '
    stack.program(program.format(package=native, opts=opts))
    stack.pulumi("up")
    stack.program(program.format(package=dynamic, opts=""))
    (error,) = set(stack.pulumi("up", ok=False).errors())
    assert "run `pulumi up` once with the classes of `pulumi_gitlab_kubernetes.native`" in error
    assert "\n" not in error

    stack.program(program.format(package=native, opts=""))
    stack.pulumi("up")
    stack.program(program.format(package=dynamic, opts=""))
    lab.calls()
    assert "1 updated" in stack.pulumi("up").text
    assert not lab.calls()
    stack.unchanged()
    assert lab.root("GET", f"{path}/{own}")["description"] == "By hand"

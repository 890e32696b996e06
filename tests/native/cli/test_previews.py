"""What previews and refreshes of native resources show on the Pulumi CLI."""

from __future__ import annotations

import json

import pytest
from tests.lifecycle.gitlab import Lab, path_of
from tests.native.cli.stacks import NativeStack

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAM = """\
import pulumi
from pulumi_gitlab_kubernetes.native import (
    ClusterAgent,
    ClusterAgentToken,
    ProjectCluster,
    ProjectEnvironment,
)

given = {given}
project = "{project}"
agent = ClusterAgent("agent", project=project, name="prod", **given["agent"])
ClusterAgentToken(
    "token",
    project=project,
    agent_id=agent.agent_id,
    name="ci",
    rotation_triggers=given["triggers"],
)
cluster = ProjectCluster(
    "cluster",
    project=project,
    name="legacy",
    kubernetes_api_url="https://k8s.example.com",
    kubernetes_token=given["token"],
)
environment = ProjectEnvironment("environment", project=project, **given["environment"])
ProjectEnvironment(
    "dependent", project=project, name="dependent", description=environment.slug.apply(str.upper)
)
pulumi.export("agent", agent.agent_id)
pulumi.export("cluster", cluster.cluster_id)
pulumi.export("slug", environment.slug)
"""


def test_each_change_is_shown(stack: NativeStack, lab: Lab) -> None:
    """Nested keys too, secrets never. What an update does not change stays known."""
    given = {
        "agent": {},
        "triggers": {"month": "may", "by": {"team-a": [1, 2], "b": True}},
        "token": "canary-of-the-cluster",
        "environment": {"name": "production", "tier": "production"},
    }
    stack.program(_PROGRAM.format(project=lab.project.path, given=given))
    stack.pulumi("up")
    stack.unchanged()

    given |= {
        "agent": {"adopt_existing": True},
        "triggers": {"by": {"team-a": [1, 3], "c": False}, "x y": "z"},
        "token": "canary-of-another",
        "environment": {"name": "production", "tier": "staging", "description": "New"},
    }
    stack.program(_PROGRAM.format(project=lab.project.path, given=given))
    done = stack.pulumi("preview", "--diff")

    assert done.ops("agent") == ["update"]
    assert done.details("agent") == {"adoptExisting": "update"}
    assert done.details("token") == {
        "rotationTriggers.month": "delete-replace",
        'rotationTriggers.by["team-a"]': "update-replace",
        "rotationTriggers.by.b": "delete-replace",
        "rotationTriggers.by.c": "add-replace",
        'rotationTriggers["x y"]': "add-replace",
    }
    assert done.details("cluster") == {"kubernetesToken": "update"}
    assert done.details("environment") == {"tier": "update", "description": "add"}
    assert not done.ops("dependent")
    assert "canary" not in done.text
    assert "[unknown]" not in done.text
    stack.pulumi("up")
    stack.unchanged()


def test_drift_is_shown_and_mended(stack: NativeStack, lab: Lab) -> None:
    """A refresh shows what has changed in GitLab, and the next run changes it back."""
    url = "https://shop.example.com"
    environment = {"name": "production", "external_url": url}
    given = {"agent": {}, "triggers": {}, "token": "t", "environment": environment}
    stack.program(_PROGRAM.format(project=lab.project.path, given=given))
    stack.pulumi("up")
    path = path_of("ProjectEnvironment", stack.resources()["environment"]["id"])
    lab.root("PUT", path, external_url="https://drift.example.com", tier="other")

    done = stack.pulumi("refresh", "--diff")
    assert done.details("environment") == {"externalUrl": "update"}
    assert f'"{url}" => "https://drift.example.com"' in done.text
    done = stack.pulumi("preview", "--diff")
    assert done.details("environment") == {"externalUrl": "update"}
    assert f'"https://drift.example.com" => "{url}"' in done.text
    stack.pulumi("up")
    found = lab.get(path)
    assert found is not None
    assert (found["external_url"], found["tier"]) == (url, "other")

    lab.root("DELETE", path_of("ClusterAgent", stack.resources()["agent"]["id"]))
    done = stack.pulumi("refresh")
    assert {"agent", "token"} & stack.resources().keys() == set()
    assert json.loads(stack._call("stack", "output", "--json"))["slug"] == "production"

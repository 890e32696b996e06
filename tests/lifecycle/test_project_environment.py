"""The lifecycle of environments."""

from __future__ import annotations

from typing import Any

import pytest
from tests.lifecycle.engines import Stack, ref, resource
from tests.lifecycle.fields import UpdatableFieldTests
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import agent, environment
from tests.lifecycle.scenario import UNMANAGED, Args, Kind, Row, Then

_FLUX = "kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations"


def _base(lab: Lab, name: str) -> Args:
    return {"project": lab.project.path, "name": f"env/{name}"}


def _deploy(lab: Lab, state: dict[str, dict[str, Any]]) -> None:
    """Let CI/CD set every field of the environment that sets no optional field."""
    lab.agent("two")
    lab.simulator.deploy(
        lab.project.id,
        state[UNMANAGED]["outputs"]["name"],
        url="https://ci.example.com",
        deployment_tier="development",
        auto_stop_in="1 week",
        kubernetes={
            "agent": f"{lab.project.path}:two",
            "namespace": "ci",
            "flux_resource_path": f"{_FLUX}/ci",
        },
    )


ENVIRONMENT = Kind(
    class_="ProjectEnvironment",
    base=_base,
    rows=(
        Row("project", lambda lab: lab.project.path, lambda lab: lab.other.path, Then.REPLACE),
        Row("name", "old/name", "new/name", Then.REPLACE, response_key="name"),
        Row(
            "external_url",
            "https://old.example.com",
            "https://new.example.com",
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="external_url",
            outside={"external_url": "https://theirs.example.com"},
            drifted="https://theirs.example.com",
        ),
        Row(
            "description",
            "old",
            "new",
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="description",
            outside={"description": "theirs"},
            drifted="theirs",
        ),
        Row(
            "tier",
            "staging",
            "production",
            Then.UPDATE,
            drop=Then.UPDATE,
            cleared="other",
            response_key="tier",
            outside={"tier": "testing"},
            drifted="testing",
        ),
        Row(
            "auto_stop_setting",
            None,
            "with_action",
            Then.UPDATE,
            drop=Then.UPDATE,
            default="always",
            cleared="always",
            response_key="auto_stop_setting",
            outside={"auto_stop_setting": "always"},
            drifted="always",
        ),
        Row(
            "cluster_agent_id",
            lambda lab: lab.agent("one"),
            lambda lab: lab.agent("two"),
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="cluster_agent.id",
            outside={"cluster_agent_id": lambda lab: lab.agent("one")},
            drifted=lambda lab: lab.agent("one"),
        ),
        Row(
            "kubernetes_namespace",
            "old",
            "new",
            Then.UPDATE,
            drop=Then.UPDATE,
            beside={"cluster_agent_id": lambda lab: lab.agent("one")},
            response_key="kubernetes_namespace",
            outside={"kubernetes_namespace": "theirs"},
            drifted="theirs",
        ),
        Row(
            "flux_resource_path",
            f"{_FLUX}/old",
            f"{_FLUX}/new",
            Then.UPDATE,
            drop=Then.UPDATE,
            beside={
                "cluster_agent_id": lambda lab: lab.agent("one"),
                "kubernetes_namespace": "shop",
            },
            response_key="flux_resource_path",
            outside={"flux_resource_path": f"{_FLUX}/theirs"},
            drifted=f"{_FLUX}/theirs",
        ),
        # The last value must allow the environment to be destroyed.
        Row("stop_before_destroy", False, True, Then.STATE_ONLY, drop=Then.NONE, default=True),
        Row("force_stop", None, True, Then.STATE_ONLY, drop=Then.STATE_ONLY, default=False),
        Row("stop_timeout", None, 60, Then.STATE_ONLY, drop=Then.STATE_ONLY, default=1200),
        Row("connection", None, "other", Then.MOVE, drop=Then.MOVE, default="gitlab"),
        Row("adopt_existing", None, True, Then.STATE_ONLY, drop=Then.STATE_ONLY, default=False),
    ),
    carriers=("description", "external_url"),
    meanwhile=_deploy,
)


class TestFields(UpdatableFieldTests):
    """Each field of an environment."""

    kind = ENVIRONMENT


def _in_gitlab(stack: Stack, lab: Lab, name: str = "environment") -> dict[str, Any]:
    found = lab.get(path_of("ProjectEnvironment", stack.resources()[name]["id"]))
    assert found
    return found


def _plain(lab: Lab, **changes: Any) -> dict[str, Any]:
    unbound = {"cluster_agent_id": None, "kubernetes_namespace": None}
    return environment(lab.project.path, **{**unbound, **changes})


@pytest.mark.parametrize(
    "kept", [{}, {"cluster_agent_id": ref("agent.agent_id")}], ids=["agent", "namespace"]
)
def test_dependent_fields_are_cleared_in_one_request(
    stack: Stack, lab: Lab, kept: dict[str, Any]
) -> None:
    """Without agent or namespace, one PUT also clears the fields that need them."""
    project = lab.project.path
    bound = environment(project, flux_resource_path=f"{_FLUX}/shop")
    assert stack.up(agent(project), bound).ok
    lab.calls()
    outcome = stack.up(agent(project), _plain(lab, **kept))
    assert outcome.ok, outcome.text
    assert [call.method for call in lab.calls()] == ["PUT"]
    found = _in_gitlab(stack, lab)
    assert ("cluster_agent" in found) == bool(kept)
    assert found.get("kubernetes_namespace") is None
    assert found.get("flux_resource_path") is None
    assert {step.op for step in stack.refresh().steps} == {"same"}


def test_fields_that_ci_set_are_cleared_with_the_agent(stack: Stack, lab: Lab) -> None:
    """GitLab would not clear only the agent if CI/CD has set a namespace."""
    project = lab.project.path
    assert stack.up(agent(project), _plain(lab, cluster_agent_id=ref("agent.agent_id"))).ok
    path = path_of("ProjectEnvironment", stack.resources()["environment"]["id"])
    lab.root("PUT", path, kubernetes_namespace="theirs", flux_resource_path=f"{_FLUX}/theirs")
    lab.calls()
    outcome = stack.up(agent(project), _plain(lab))
    assert outcome.ok, outcome.text
    assert [call.method for call in lab.calls()] == ["PUT"]
    assert "cluster_agent" not in _in_gitlab(stack, lab)


def test_an_invisible_agent_does_not_count_as_cleared(stack: Stack, lab: Lab) -> None:
    """GitLab omits the agent's keys. The state keeps them, without drift."""
    project = lab.project.path
    declared = [agent(project), environment(project, flux_resource_path=f"{_FLUX}/shop")]
    assert stack.up(*declared).ok
    before = stack.resources()["environment"]["outputs"]
    lab.join("projects", lab.project.id, other := lab.add_user()[0], level=20)  # a Reporter
    token = lab.root(
        "POST",
        f"users/{lab.root('GET', f'users?username={other}')[0]['id']}/personal_access_tokens",
        name="reporter",
        scopes=["api"],
    )["token"]
    stack.environ["PULUMI_GITLAB_TOKEN"] = token
    outcome = stack.refresh()
    assert outcome.ops("environment") == ["same"], outcome.text
    assert stack.resources()["environment"]["outputs"] == before


def test_a_cleared_agent_is_drift(stack: Stack, lab: Lab) -> None:
    """A user who may read agents can be sure that the keys are missing."""
    project = lab.project.path
    declared = [agent(project), environment(project, flux_resource_path=f"{_FLUX}/shop")]
    assert stack.up(*declared).ok
    lab.root(
        "PUT",
        path_of("ProjectEnvironment", stack.resources()["environment"]["id"]),
        **dict.fromkeys(("cluster_agent_id", "kubernetes_namespace", "flux_resource_path"), ""),
    )
    assert "cluster_agent" not in _in_gitlab(stack, lab)
    assert stack.refresh().ops("environment") == ["update"]
    lab.calls()
    repaired = stack.up(*declared)
    assert repaired.ops("environment") == ["update"]
    assert [call.method for call in lab.calls()] == ["PUT"]
    assert _in_gitlab(stack, lab)["flux_resource_path"] == f"{_FLUX}/shop"


def _environment_id(stack: Stack) -> int:
    return int(stack.resources()["environment"]["outputs"]["environment_id"])


def test_a_deleted_agent_does_not_block_updates(stack: Stack, lab: Lab) -> None:
    """GitLab keeps the namespace, and rejects another one until it is cleared too."""
    agent_id = lab.agent("gone")
    bound = {"cluster_agent_id": agent_id, "kubernetes_namespace": "shop"}
    args = {"project": lab.project.path, "name": "e"}
    assert stack.up(resource("ProjectEnvironment", "e", **args, **bound)).ok
    lab.root("DELETE", f"projects/{lab.project.id}/cluster_agents/{agent_id}")

    changed = resource("ProjectEnvironment", "e", **args, **bound, description="changed")
    assert stack.up(changed).ok
    moved = {**bound, "kubernetes_namespace": "other"}
    changed = resource("ProjectEnvironment", "e", **args, **moved)
    assert "cannot be set without a cluster agent" in stack.up(changed).error("e")
    assert stack.refresh().ok
    outcome = stack.up(resource("ProjectEnvironment", "e", **args, description="new"))
    assert outcome.ok, outcome.text
    found = lab.get(path_of("ProjectEnvironment", stack.resources()["e"]["id"]))
    assert found
    assert found["description"] == "new"


def test_destroy_waits_for_the_on_stop_job(stack: Stack, lab: Lab) -> None:
    """It stops the environment, waits until the job has finished, and then deletes it."""
    assert stack.up(_plain(lab)).ok
    lab.simulator.on_stop_job(lab.project.id, _environment_id(stack), seconds=0.5)
    lab.calls()
    outcome = stack.destroy()
    assert outcome.ok, outcome.text
    methods = [call.method for call in lab.calls()]
    assert methods[0] == "POST"
    assert methods[-1] == "DELETE"
    assert set(methods[1:-1]) == {"GET"}
    assert lab.resources() == set()


def test_destroy_fails_after_stop_timeout(stack: Stack, lab: Lab) -> None:
    """The error says what to do, the state keeps it, and the next run continues."""
    assert stack.up(_plain(lab, stop_timeout=0.5)).ok
    lab.simulator.on_stop_job(lab.project.id, _environment_id(stack))
    error = stack.destroy().error("environment")
    assert "still stopping" in error
    assert "stop_timeout" in error
    assert "force_stop=True" in error
    assert "environment" in stack.resources()
    lab.simulator.finish_stop_job(lab.project.id, _environment_id(stack))
    assert stack.destroy().ok
    assert lab.resources() == set()


def test_force_stop_does_not_wait(stack: Stack, lab: Lab) -> None:
    """The on-stop job is skipped."""
    assert stack.up(_plain(lab, force_stop=True)).ok
    lab.simulator.on_stop_job(lab.project.id, _environment_id(stack))
    lab.calls()
    outcome = stack.destroy()
    assert outcome.ok, outcome.text
    assert [call.method for call in lab.calls()] == ["POST", "DELETE"]


def test_without_stop_before_destroy_an_available_environment_is_an_error(
    stack: Stack, lab: Lab
) -> None:
    """GitLab only deletes stopped environments."""
    assert stack.up(_plain(lab, stop_before_destroy=False)).ok
    path = path_of("ProjectEnvironment", stack.resources()["environment"]["id"])
    lab.calls()
    error = stack.destroy().error("environment")
    assert "it is available" in error
    assert "stop_before_destroy=True" in error
    assert {call.method for call in lab.calls()} == {"GET"}
    assert "environment" in stack.resources()
    lab.root("POST", f"{path}/stop")
    assert stack.destroy().ok
    assert lab.get(path) is None

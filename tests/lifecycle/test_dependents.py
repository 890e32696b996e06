"""The dependents of an agent or a token that changes."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.engines import Stack, ref, resource
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import (
    agent,
    all_kinds,
    configuration,
    environment,
    token,
    url_configuration,
)
from tests.support import files


def test_an_agents_update_previews_no_replacement(stack: Stack, lab: Lab) -> None:
    """The agent's ID stays known, so its token, configuration and environment do not change."""
    project = lab.project.path
    assert stack.up(*all_kinds(project)).ok
    changed = [
        agent(project, adopt_existing=True),
        token(project),
        url_configuration(project),
        configuration(project),
        environment(project),
    ]
    for outcome in (stack.preview(*changed), stack.up(*changed)):
        assert outcome.ok, outcome.text
        assert outcome.ops("agent") == ["update"]
        for name in ("token", "url", "configuration", "environment"):
            assert outcome.ops(name) == ["same"], name


def test_a_preview_knows_what_an_update_cannot_change(stack: Stack, lab: Lab) -> None:
    """The native adapter also knows outputs that are no inputs. The deployment changes nothing."""
    project = lab.project.path
    user = environment(project, description=ref("agent.created_at"))
    assert stack.up(agent(project), user).ok
    changed = [agent(project, adopt_existing=True), user]
    previewed = stack.preview(*changed)
    assert previewed.ok, previewed.text
    assert previewed.ops("environment") == [stack.adapter.uses_of_outputs]
    assert stack.up(*changed).ops("environment") == ["same"]


def test_a_preview_knows_what_a_create_is_given(stack: Stack, lab: Lab) -> None:
    """Also defaults. The native adapter also knows the ID of a project that is given by its ID."""
    project = lab.project.id
    unbound: dict[str, Any] = {"cluster_agent_id": None, "kubernetes_namespace": None}
    users = {"auto_stop_setting": "always", "project_id": str(project)}
    deployed = [
        environment(project, name, description=value, **unbound) for name, value in users.items()
    ]
    assert stack.up(*deployed).ok
    made = environment(project, "made", **unbound)
    using = [
        environment(project, name, description=ref(f"made.{name}"), **unbound) for name in users
    ]
    previewed = stack.preview(made, *using)
    assert previewed.ok, previewed.text
    assert previewed.ops("auto_stop_setting") == ["same"]
    assert previewed.ops("project_id") == [stack.adapter.uses_of_outputs]
    updated = stack.up(made, *using)
    assert updated.ok, updated.text
    assert [updated.ops(name) for name in users] == [["same"]] * len(users)


def test_a_token_is_revoked_after_its_dependents_are_updated(stack: Stack, lab: Lab) -> None:
    """The new token is created, its dependents are updated, and the old one is revoked."""
    project = lab.project.path

    def declared(trigger: str) -> list[dict[str, object]]:
        return [
            agent(project),
            token(project, rotation_triggers={"quarter": trigger}),
            environment(project, description=ref("token.token_id")),
        ]

    assert stack.up(*declared("1"), token=ref("token.token")).ok
    old = stack.resources()["token"]["outputs"]["token_id"]
    lab.calls()
    outcome = stack.up(*declared("2"), token=ref("token.token"))
    assert outcome.ok, outcome.text
    new = stack.resources()["token"]["outputs"]["token_id"]
    environment_id = stack.resources()["environment"]["outputs"]["environment_id"]
    agent_path = f"projects/{lab.project.id}/cluster_agents"
    agent_path += f"/{stack.resources()['agent']['outputs']['agent_id']}"
    writes = [(call.method, call.path) for call in lab.calls() if call.method != "GET"]
    assert writes == [
        ("POST", f"{agent_path}/tokens"),
        ("PUT", f"projects/{lab.project.id}/environments/{environment_id}"),
        ("DELETE", f"{agent_path}/tokens/{old}"),
    ]
    assert stack.resources()["environment"]["outputs"]["description"] == str(new)


def test_a_replaced_agent_replaces_its_dependents(stack: Stack, lab: Lab) -> None:
    """Another name creates a new agent, with a new token and configuration."""
    project = lab.project.path
    assert stack.up(*all_kinds(project)).ok
    declared = [
        resource("ClusterAgent", "agent", project=project, name="renamed"),
        token(project),
        url_configuration(project),
        configuration(project),
        environment(project),
    ]
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    for name in ("agent", "token", "url", "configuration"):
        assert "replace" in outcome.ops(name), name
    assert outcome.ops("environment") == ["update"]
    agent_id = stack.resources()["agent"]["outputs"]["agent_id"]
    for name in ("token", "url"):
        assert stack.resources()[name]["outputs"]["agent_id"] == agent_id
    assert len([path for path in lab.resources() if "cluster_agents" in path]) == 3
    (file,) = files.listed(lab.below(lab.project.id))
    assert file["id"] == "renamed"


def test_an_agents_composite_id_is_accepted(stack: Stack, lab: Lab) -> None:
    """Also in a first preview. It is no change if the state has the number."""
    project = lab.project.path
    by_number = [agent(project), token(project), url_configuration(project), environment(project)]
    by_composite_id = [
        agent(project),
        token(project, agent_id=ref("agent.id")),
        url_configuration(project, agent_id=ref("agent.id")),
        environment(project, cluster_agent_id=ref("agent.id")),
    ]
    assert stack.preview(*by_composite_id).ok
    assert stack.up(*by_composite_id).ok
    number = stack.resources()["agent"]["outputs"]["agent_id"]
    fields = {"token": "agent_id", "url": "agent_id", "environment": "cluster_agent_id"}
    for name, field in fields.items():
        for part in ("inputs", "outputs"):
            assert stack.resources()[name][part][field] == number
    for declared in (by_composite_id, by_number, by_composite_id):
        for outcome in (stack.preview(*declared), stack.up(*declared)):
            assert outcome.ok, outcome.text
            for name in ("agent", "token", "url", "environment"):
                assert outcome.ops(name) == ["same"], name
    changed = [
        *by_composite_id[:3],
        environment(project, cluster_agent_id=ref("agent.id"), description="d"),
    ]
    for outcome in (stack.preview(*changed), stack.up(*changed)):
        assert outcome.ok, outcome.text
        assert outcome.ops("environment") == ["update"]
    assert stack.refresh().ok
    assert stack.up(*changed).ops("environment") == ["same"]


def test_an_agent_of_another_project_is_rejected(stack: Stack, lab: Lab) -> None:
    """The agent itself is created, but nothing that depends on it."""
    users = {
        "agent_id": token(lab.project.path, "user", agent_id=ref("agent.id")),
        "cluster_agent_id": environment(lab.project.path, "user", cluster_agent_id=ref("agent.id")),
    }
    for field, user in users.items():
        error = stack.up(agent(lab.other.path), user).error("user")
        assert f"{field} is the id of an agent in project {lab.other.id}" in error
        assert f"this resource is in project {lab.project.id}" in error
    number = stack.resources()["agent"]["outputs"]["agent_id"]
    assert lab.resources() == {f"projects/{lab.other.id}/cluster_agents/{number}"}

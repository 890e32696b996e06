"""What previews know of outputs, and which values are secret in each call."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.native.conftest import Made, Maker
from tests.support.kinds import KINDS, SECRETS, UPDATES, marked
from tests.support.native_plugin import NativePlugin, wire
from tests.support.plugin_process import UNKNOWN, Values, plain, secret

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.registry import kind_for


def _outputs(kind: str, *, volatile: bool) -> set[str]:
    outputs = kind_for(kind).schema.outputs
    return {camel_case(each.name) for each in outputs if each.volatile or not volatile}


@pytest.mark.parametrize("kind", KINDS)
def test_a_create_previews_the_inputs_and_the_project(
    plugin: NativePlugin, make: Maker, project: Project, calls: Calls, kind: str
) -> None:
    """Everything else is unknown, except the ID of a project that is given by its ID."""
    program = make.inputs(kind)
    calls()
    for given, known in ((project.path, UNKNOWN), (project.id, project.id)):
        inputs, failures = plugin.check(kind, {**program, "project": given})
        assert failures == {}
        id_, outputs = plugin.create(kind, inputs, preview=True)
        assert id_ == ""
        assert outputs.items() >= inputs.items()
        assert outputs["projectId"] == known
        assert outputs["schemaVersion"] == 1
        own = {camel_case(kind_for(kind).ids[-1]), *_outputs(kind, volatile=False)} - inputs.keys()
        unknown = {name for name in own if plain(outputs)[name] == UNKNOWN}
        assert unknown == own - {"schemaVersion"}
        assert marked(outputs) == {camel_case(each) for each in SECRETS[kind]}
    assert not any(each.startswith("POST") for each in calls())
    _id, created = plugin.create(kind, inputs)
    assert created.keys() <= outputs.keys()


def test_unknown_inputs_are_unknown_outputs(plugin: NativePlugin) -> None:
    """Also the project, whose ID is then unknown too, and values in a map."""
    triggers = {"a": UNKNOWN, "b": [UNKNOWN, None, 1]}
    given = {"project": UNKNOWN, "agentId": UNKNOWN, "name": "x", "rotationTriggers": triggers}
    inputs, failures = plugin.check("ClusterAgentToken", given)
    assert failures == {}
    assert inputs.items() >= given.items()
    _id, outputs = plugin.create("ClusterAgentToken", inputs, preview=True)
    assert outputs.items() >= {**given, "projectId": UNKNOWN}.items()


@pytest.mark.parametrize("kind", UPDATES)
def test_an_update_previews_everything_but_volatile_outputs(
    plugin: NativePlugin, make: Maker, calls: Calls, kind: str
) -> None:
    """The preview says what the update then does."""
    old = make(kind)
    news, _failures = plugin.check(kind, {**old.inputs, **wire(UPDATES[kind])}, old.inputs)
    calls()
    previewed = plugin.update(kind, old.id, old.outputs, old.inputs, news, preview=True)
    assert calls() == []
    updated = plugin.update(kind, old.id, old.outputs, old.inputs, news)
    volatile = _outputs(kind, volatile=True) & old.outputs.keys()
    assert {name for name, value in plain(previewed).items() if value == UNKNOWN} == volatile
    assert previewed == {**updated, **dict.fromkeys(volatile, UNKNOWN)}


def test_an_update_without_a_request_previews_everything(plugin: NativePlugin, make: Maker) -> None:
    """Also volatile outputs, which do not change."""
    old = make("ProjectEnvironment")
    news = {**old.inputs, "stopTimeout": 5}
    previewed = plugin.update(old.kind, old.id, old.outputs, old.inputs, news, preview=True)
    assert previewed == {**old.outputs, "stopTimeout": 5}
    assert previewed == plugin.update(old.kind, old.id, old.outputs, old.inputs, news)


def test_an_update_to_unknown_values_previews_them(plugin: NativePlugin, make: Maker) -> None:
    """A dependent resource then knows that they may change."""
    old = make("ProjectEnvironment")
    news = {**old.inputs, "externalUrl": UNKNOWN, "clusterAgentId": UNKNOWN}
    previewed = plugin.update(old.kind, old.id, old.outputs, old.inputs, news, preview=True)
    assert (previewed["externalUrl"], previewed["clusterAgentId"]) == (UNKNOWN, UNKNOWN)
    assert previewed["slug"] == old.outputs["slug"]
    found = plugin.diff(old.kind, old.id, old.outputs, old.inputs, news)
    assert sorted(found.detailedDiff) == ["clusterAgentId", "externalUrl"]


# Secrets ----------------------------------------------------------------------------------------

MARKED: dict[str, Values] = {
    "ClusterAgent": {"name": secret("agent")},
    "ClusterAgentConfiguration": {
        "ciAccess": {"projects": [{"id": secret("a/b"), "defaultNamespace": "shop"}]},
        "additionalSettings": {"a": {"b": [secret("1")]}},
    },
    "ClusterAgentToken": {
        "description": secret("d"),
        "rotationTriggers": {"a": secret("1"), "b": {"c": [secret("2"), "3"]}, "d": "4"},
    },
    "ClusterAgentUrlConfiguration": {"tlsHost": secret("agent.example.com")},
    "ProjectCluster": {"name": secret("cluster"), "domain": secret("example.com")},
    "ProjectEnvironment": {"externalUrl": secret("https://x.example.com"), "name": secret("env")},
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_program_marks_stays_marked(plugin: NativePlugin, make: Maker, kind: str) -> None:
    """In each call, at any depth, beside what the schema marks."""
    given = {**make.inputs(kind), **MARKED[kind]}
    inputs, failures = plugin.check(kind, given)
    assert failures == {}
    expected = {**MARKED[kind]}
    _assert_marked(inputs, expected, kind)
    _id, previewed = plugin.create(kind, inputs, preview=True)
    _assert_marked(previewed, expected, kind)
    id_, outputs = plugin.create(kind, inputs)
    _assert_marked(outputs, expected, kind)
    _id, read, followed = plugin.read(kind, id_, outputs, inputs)
    assert (read, followed) == (outputs, inputs)
    _id, got, _inputs = plugin.read(kind, id_, outputs, {})
    _assert_marked(got, expected, kind)
    for preview in (True, False):
        updated = plugin.update(kind, id_, outputs, inputs, inputs, preview=preview)
        _assert_marked(updated, expected, kind)
    found = plugin.diff(kind, id_, outputs, inputs, inputs)
    assert found.changes == found.DIFF_NONE


def _assert_marked(values: Values, expected: Values, kind: str) -> None:
    assert values.items() >= expected.items()
    own = {camel_case(each) for each in SECRETS[kind]} & values.keys()
    nested = {"rotationTriggers"} & expected.keys()
    assert marked(values) == own | expected.keys()
    for name in nested:
        assert values[name]["d"] == "4"


def test_a_secret_of_the_old_state_stays_marked(plugin: NativePlugin, make: Maker) -> None:
    """As `additionalSecretOutputs` marks outputs in the state."""
    old = make("ProjectEnvironment")
    hidden = {**old.outputs, "slug": secret(old.outputs["slug"])}
    news = {**old.inputs, "tier": "staging"}
    assert plugin.update(old.kind, old.id, hidden, old.inputs, news)["slug"] == hidden["slug"]
    assert plugin.read(old.kind, old.id, hidden, old.inputs)[1]["slug"] == hidden["slug"]


def test_a_partial_failure_keeps_the_marks(
    plugin: NativePlugin, make: Maker, project: Project
) -> None:
    """The engine stores these values."""
    old = make("ProjectCluster", domain=secret("example.com"))
    path = f"clusters/{old.id.rpartition(':')[2]}"
    body = {**project.api("GET", path), "managed": True}
    project.simulator.faults({"method": "PUT", "status": 200, "body": body})
    error: Any = _failed_update(plugin, old, {**old.inputs, "managed": False})
    kept = error.init_failed()
    for values in (kept.properties, kept.inputs):
        assert values["domain"]["value"] == "example.com"
        assert values["kubernetesToken"]["value"] == "k8s-hidden-token"


def _failed_update(plugin: NativePlugin, old: Made, news: Values) -> Any:
    with pytest.raises(Exception, match=r"^managed cannot be changed") as raised:
        plugin.update(old.kind, old.id, old.outputs, old.inputs, news)
    return raised.value

"""Detailed diffs: what happens to each property of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2
from tests.conftest import Calls, Project
from tests.native.conftest import Made, Maker
from tests.support.kinds import KINDS
from tests.support.native_plugin import NativePlugin
from tests.support.plugin_process import UNKNOWN, Values, plain, secret

from pulumi_gitlab_kubernetes.core.fields import Change, Field
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.native.detailed_diff import _changes
from pulumi_gitlab_kubernetes.registry import kind_for

NEW: dict[str, Any] = {
    "adopt_existing": True,
    "additional_settings": {"container_scanning": {"cadence": "0 0 * * *"}},
    "agent_id": 99,
    "agent_name": "other",
    "author_email": "ann@example.com",
    "author_name": "Ann",
    "auto_stop_setting": "with_action",
    "branch": UNKNOWN,
    "ci_access": UNKNOWN,
    "cluster_agent_id": 7,
    "commit_message": "Configure the agent",
    "description": "new",
    "domain": "example.com",
    "enabled": False,
    "environment_scope": "prod/*",
    "external_url": "https://new.example.com",
    "flux_resource_path": "kustomizations/app",
    "force_stop": True,
    "kubernetes_api_url": "https://other.example.com",
    "kubernetes_authorization_type": "abac",
    "kubernetes_namespace": "other",
    "kubernetes_token": secret("another-hidden-token"),
    "managed": False,
    "management_project_id": 8,
    "name": "other",
    "namespace_per_environment": False,
    "observability": {"logging": {"level": "debug"}},
    "project": UNKNOWN,
    "rotation_triggers": {"month": "may"},
    "stop_before_destroy": False,
    "stop_timeout": 5,
    "tier": "staging",
    "tls_host": "other.example.com",
    "url": "grpc://other.example.com",
    "user_access": {"accessAs": {"agent": {}}},
}
"""A new value of each field that is no certificate."""

FIELDS = [
    (kind, field)
    for kind in KINDS
    for field in kind_for(kind).schema.fields
    if field is not CONNECTION
]
OPTIONAL = [(kind, field) for kind, field in FIELDS if not field.always_set]
DIFF = provider_pb2.PropertyDiff


def _diff(plugin: NativePlugin, made: Made, news: Values, **more: Any) -> provider_pb2.DiffResponse:
    return plugin.diff(made.kind, made.id, made.outputs, made.inputs, news, **more)


def _new(field: Field, other: str) -> Any:
    """Return a new value of a field. `other` is another certificate or key."""
    return NEW.get(field.name, other)


def _details(found: provider_pb2.DiffResponse) -> dict[str, int]:
    assert found.hasDetailedDiff
    assert all(each.inputDiff for each in found.detailedDiff.values())
    return {path: each.kind for path, each in found.detailedDiff.items()}


@pytest.fixture(scope="module")
def made() -> dict[str, Made]:
    """One resource of each kind, which no test changes."""
    return {}


@pytest.fixture
def one(made: dict[str, Made], make: Maker) -> Callable[[str], Made]:
    """Returns the resource of a kind."""

    def get(kind: str) -> Made:
        if kind not in made:
            made[kind] = make(kind)
        return made[kind]

    return get


def _expected(field: Field, what: str) -> dict[str, int]:
    """Return the detailed diff of a field's change."""
    if field.change is Change.CONTROL:
        return {}
    suffix = "_REPLACE" if field.change is Change.REPLACE else ""
    return {camel_case(field.name): DIFF.Kind.Value(f"{what}{suffix}")}


def _assert_diff(found: provider_pb2.DiffResponse, field: Field, what: str) -> None:
    details = _expected(field, what)
    assert _details(found) == details
    assert list(found.diffs) == list(details)
    assert list(found.replaces) == (list(details) if field.change is Change.REPLACE else [])
    assert found.changes == (found.DIFF_SOME if details else found.DIFF_NONE)


@pytest.mark.parametrize(("kind", "field"), FIELDS, ids=lambda each: getattr(each, "name", each))
def test_each_field_is_added_changed_and_deleted(
    plugin: NativePlugin,
    one: Callable[[str], Made],
    other_pair: Any,
    kind: str,
    field: Field,
) -> None:
    """The engine shows the property, and whether it replaces. No request is sent."""
    old, name = one(kind), camel_case(field.name)
    new = _new(field, other_pair.key if "key" in field.name else other_pair.certificate)
    without = {key: value for key, value in old.inputs.items() if key != name}
    with_it = {**old.inputs, name: new}
    what = "UPDATE" if name in old.inputs else "ADD"
    if name == "rotationTriggers":
        new = {"month": "may"}
    _assert_diff(_diff(plugin, old, with_it), field, what)
    changed = Made(kind, old.id, {**old.outputs, name: new}, with_it)
    if new != UNKNOWN:
        _assert_diff(_diff(plugin, changed, without), field, "DELETE")
        assert _details(_diff(plugin, changed, with_it)) == {}


@pytest.mark.parametrize("kind", KINDS)
def test_stable_outputs_are_named(
    plugin: NativePlugin, one: Callable[[str], Made], kind: str
) -> None:
    """All IDs, and no volatile output."""
    found = _diff(plugin, one(kind), one(kind).inputs)
    names = {camel_case(each.name): each.volatile for each in kind_for(kind).schema.outputs}
    assert {camel_case(each) for each in kind_for(kind).ids} <= set(found.stables)
    assert not {name for name, volatile in names.items() if volatile} & set(found.stables)


NESTED: list[tuple[Any, Any, dict[str, str]]] = [
    ({"a": "1"}, {"a": "2"}, {"p.a": "update"}),
    ({"a": "1"}, {"a": "1", "b": "2"}, {"p.b": "add"}),
    ({"a": "1", "b": "2"}, {"a": "1"}, {"p.b": "delete"}),
    ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, {"p.a.b.c": "update"}),
    ({"a": [1, 2]}, {"a": [1, 3]}, {"p.a": "update"}),
    ({"a": {"b": 1}}, {"a": 1}, {"p.a": "update"}),
    ({"x.y": 1}, {"x.y": 2}, {'p["x.y"]': "update"}),
    ({'x"y': 1}, {'x"y': 2}, {'p["x\\"y"]': "update"}),
    ({"x]y[": 1}, {"x]y[": 2}, {'p["x]y["]': "update"}),
    ({"x\\y": 1}, {"x\\y": 2}, {'p["x\\y"]': "update"}),
    ({'x\\"y': 1}, {'x\\"y': 2}, {'p["x\\\\"y"]': "update"}),
    ({"": 1}, {"": 2}, {'p[""]': "update"}),
    ({"0": 1}, {"0": 2}, {'p["0"]': "update"}),
    ({"a-b": 1}, {"a-b": 2}, {'p["a-b"]': "update"}),
    ({"ß": 1}, {"ß": 2}, {"p.ß": "update"}),
    ({"x\\": 1, "y": 1}, {"x\\": 2, "y": 2}, {"p": "update"}),
    ({"a": {"x\\": 1}, "y": 1}, {"a": {"x\\": 2}, "y": 2}, {"p.a": "update", "p.y": "update"}),
    ({"x\\": 1, "y": 1}, {"x\\": 1, "y": 2}, {"p.y": "update"}),
    ({}, {"a": 1}, {"p.a": "add"}),
    (None, {"a": 1}, {"p": "add"}),
    ({"a": 1}, None, {"p": "delete"}),
]
"""Old and new values of `p`, and the paths of the changes."""


@pytest.mark.parametrize(("old", "new", "expected"), NESTED, ids=str)
def test_nested_changes_have_paths(old: Any, new: Any, expected: dict[str, str]) -> None:
    """In the form that the engine parses. It cannot parse a key that ends with a backslash."""
    found = dict(_changes("p", old, new))
    assert found == expected
    for path, what in found.items():
        _read(path, {"p": old if what == "delete" else new})


def _read(path: str, value: Any) -> Any:
    """Return the value at a path, which is parsed as the engine does."""
    rest = f".{path}"
    while rest:
        if rest[0] == ".":
            end = min((i for i in map(rest.find, ".[", (1, 1)) if i > 0), default=len(rest))
            key, rest = rest[1:end], rest[end:]
        else:
            assert rest[:2] == '["'
            key, i = "", 2
            while rest[i] != '"':
                escaped = rest[i : i + 2] == '\\"'
                key += '"' if escaped else rest[i]
                i += 2 if escaped else 1
            assert rest[i + 1] == "]"
            rest = rest[i + 2 :]
        value = value[key]
    return value


def test_nested_triggers_replace(plugin: NativePlugin, make: Maker) -> None:
    """Only the changed keys show, also those of secrets and of unknown values."""
    triggers = {"a.b": "1", "c": secret("x"), "d": {"e": [1, None]}, "f": "same"}
    old = make("ClusterAgentToken", rotation_triggers=triggers)
    assert old.inputs["rotationTriggers"] == triggers
    assert _details(_diff(plugin, old, old.inputs)) == {}
    news = {**triggers, "a.b": UNKNOWN, "c": secret("y"), "d": {"e": [1, 2]}, "g": True}
    found = _diff(plugin, old, {**old.inputs, "rotationTriggers": news})
    assert _details(found) == {
        'rotationTriggers["a.b"]': DIFF.UPDATE_REPLACE,
        "rotationTriggers.c": DIFF.UPDATE_REPLACE,
        "rotationTriggers.d.e": DIFF.UPDATE_REPLACE,
        "rotationTriggers.g": DIFF.ADD_REPLACE,
    }
    assert list(found.replaces) == ["rotationTriggers"]


@pytest.mark.parametrize(
    "ignored", [["externalUrl"], ['["externalUrl"]'], ["*"], ["tier", "externalUrl"]]
)
def test_ignored_changes_are_no_changes(
    plugin: NativePlugin, make: Maker, calls: Calls, ignored: list[str]
) -> None:
    """The engine has also set these inputs back, except after a change in GitLab."""
    old = make("ProjectEnvironment", external_url="https://shop.example.com")
    calls()
    news = {**old.inputs, "externalUrl": "https://other.example.com"}
    found = _diff(plugin, old, news, ignored=ignored)
    assert (found.changes, _details(found)) == (found.DIFF_NONE, {})
    updated = plugin.update(old.kind, old.id, old.outputs, old.inputs, news, ignored=ignored)
    assert calls() == []
    assert updated["externalUrl"] == "https://other.example.com"


def test_an_ignored_nested_path_is_the_engines_business(plugin: NativePlugin, make: Maker) -> None:
    """It has set the value back before, so all that remains is a change."""
    old = make("ClusterAgentToken", rotation_triggers={"a": "1", "b": "1"})
    news = {**old.inputs, "rotationTriggers": {"a": "1", "b": "2"}}
    found = _diff(plugin, old, news, ignored=["rotationTriggers.a"])
    assert _details(found) == {"rotationTriggers.b": DIFF.UPDATE_REPLACE}


def test_the_old_inputs_decide(plugin: NativePlugin, make: Maker) -> None:
    """After a refresh they have what GitLab has. Outputs may also be older, as in a failed run."""
    old = make("ProjectEnvironment", external_url="https://shop.example.com")
    drifted = {**old.inputs, "externalUrl": "https://drift.example.com"}
    for outputs in (old.outputs, {**old.outputs, "externalUrl": drifted["externalUrl"]}):
        found = _diff(plugin, Made(old.kind, old.id, outputs, drifted), old.inputs)
        assert _details(found) == {"externalUrl": DIFF.UPDATE}
        found = _diff(plugin, Made(old.kind, old.id, outputs, old.inputs), old.inputs)
        assert _details(found) == {}


def test_volatile_outputs_are_no_change(
    plugin: NativePlugin, make: Maker, project: Project
) -> None:
    """A refresh keeps their old values, and a diff does not look at them."""
    old = make("ProjectEnvironment")
    number = old.id.rpartition(":")[2]
    project.api("PUT", f"environments/{number}", external_url="https://new.example.com")
    _id, outputs, inputs = plugin.read(old.kind, old.id, old.outputs, old.inputs)
    assert (outputs, inputs) == (old.outputs, old.inputs)
    older = {**old.outputs, "updatedAt": "2020-01-01T00:00:00Z", "autoStopAt": None}
    assert _details(_diff(plugin, Made(old.kind, old.id, older, old.inputs), old.inputs)) == {}


def test_an_old_token_is_replaced(plugin: NativePlugin, make: Maker) -> None:
    """With a message, and only if the program says so."""
    old = make("ClusterAgentToken", rotate_after_days=30)
    aged = Made(old.kind, old.id, {**old.outputs, "createdAt": "2020-01-01T00:00:00Z"}, old.inputs)
    plugin.engine.messages.clear()
    found = _diff(plugin, aged, old.inputs)
    assert _details(found) == {"rotateAfterDays": DIFF.UPDATE_REPLACE}
    assert list(found.replaces) == ["rotateAfterDays"]
    (message,) = plugin.engine.messages
    assert message.message.endswith("days old, and rotateAfterDays is 30")
    without = {key: value for key, value in old.inputs.items() if key != "rotateAfterDays"}
    assert _details(_diff(plugin, aged, without)) == {}
    assert _details(_diff(plugin, old, old.inputs)) == {}


@pytest.mark.parametrize("kind", ["ProjectCluster", "ClusterAgentUrlConfiguration"])
def test_a_replacement_deletes_first_if_there_can_be_only_one(
    plugin: NativePlugin, one: Callable[[str], Made], kind: str
) -> None:
    """GitLab would reject the second one."""
    changed = {
        "ProjectCluster": {"kubernetesAuthorizationType": "abac"},
        "ClusterAgentUrlConfiguration": {"url": "grpc://other.example.com"},
    }[kind]
    found = _diff(plugin, one(kind), {**one(kind).inputs, **changed})
    assert found.deleteBeforeReplace
    assert not _diff(plugin, one(kind), one(kind).inputs).deleteBeforeReplace


def test_another_spelling_of_the_project_is_an_update_without_a_request(
    plugin: NativePlugin, make: Maker, project: Project, calls: Calls
) -> None:
    """It is shown, so that the state has the program's value."""
    old = make("ClusterAgent")
    calls()
    news = {**old.inputs, "project": str(project.id)}
    found = _diff(plugin, old, news)
    assert (_details(found), list(found.replaces)) == ({"project": DIFF.UPDATE}, [])
    updated = plugin.update(old.kind, old.id, old.outputs, old.inputs, news)
    assert plain(updated) == {**plain(old.outputs), "project": str(project.id)}
    assert calls() == []

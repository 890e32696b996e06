"""States that the native provider takes over: dynamic ones, and those of Pulumi's package."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.native.conftest import Made, Maker
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost, pickled
from tests.support.kinds import KINDS, SECRETS, inputs_of, marked
from tests.support.native_plugin import NativePlugin, wire
from tests.support.plugin_process import UNKNOWN, CallError, Values, plain, secret

from pulumi_gitlab_kubernetes.core.spelling import camel_case

PUBLISHED = ("ClusterAgent", "ClusterAgentToken", "ProjectCluster", "ProjectEnvironment")
"""The kinds that Pulumi's GitLab package has too."""


def _diff(plugin: NativePlugin, old: Made, news: Values) -> tuple[bool, dict[str, Any]]:
    found = plugin.diff(old.kind, old.id, old.outputs, old.inputs, news)
    assert list(found.replaces) == []
    return found.changes != found.DIFF_NONE, dict(found.detailedDiff)


def _rewritten(plugin: NativePlugin, old: Made, news: Values) -> Made:
    """Update a state that must be rewritten, with the same inputs."""
    plugin.engine.messages.clear()
    assert _diff(plugin, old, news) == (True, {})
    (message,) = plugin.engine.messages
    assert message.message == "only its state is rewritten"
    previewed = plugin.update(old.kind, old.id, old.outputs, old.inputs, news, preview=True)
    outputs = plugin.update(old.kind, old.id, old.outputs, old.inputs, news)
    unknown = {name for name, each in plain(previewed).items() if each == UNKNOWN}
    assert unknown <= ({"projectId", "environmentId", "clusterId"} if "/" in old.id else set())
    assert previewed == {**outputs, **dict.fromkeys(unknown, UNKNOWN)}
    assert _diff(plugin, replace(old, outputs=outputs, inputs=news), news) == (False, {})
    return replace(old, outputs=outputs, inputs=news)


# Dynamic resources ------------------------------------------------------------------------------


@pytest.fixture
def dynamic(host: DynamicHost, project: Project, pair: Pair) -> Any:
    """Creates a resource with the dynamic provider. Returns its state and the program's inputs."""

    def create(kind: str, **more: Any) -> tuple[Made, Values]:
        given = {**inputs_of(kind, project, pair), **more}
        inputs, _failures = host.check(kind, given)
        id_, outputs = host.create(kind, given)
        provider = {"__provider": pickled(kind)}
        return Made(kind, id_, {**outputs, **provider}, {**inputs, **provider}), wire(given)

    return create


def _native(values: Values) -> Values:
    """Return the values of a dynamic state as a native one has them."""
    return wire({name: each for name, each in values.items() if name != "__provider"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_dynamic_resource_is_unchanged_and_then_rewritten(
    plugin: NativePlugin, dynamic: Any, calls: Calls, kind: str
) -> None:
    """The first run only changes its inputs. The second one rewrites its outputs. No request."""
    old, program = dynamic(kind)
    calls()
    plugin.engine.messages.clear()
    news, failures = plugin.check(kind, program, old.inputs)
    assert failures == {}
    assert _diff(plugin, old, news) == (False, {})
    assert plugin.engine.messages == []

    after = _rewritten(plugin, replace(old, inputs=news), news)
    assert calls() == []
    assert after.outputs == _native(old.outputs)
    assert marked(after.outputs) == {camel_case(each) for each in SECRETS[kind]}
    _id, read, inputs = plugin.read(kind, after.id, after.outputs, after.inputs)
    assert (read, inputs) == (after.outputs, after.inputs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_of_a_dynamic_state_rewrites_it(
    plugin: NativePlugin, dynamic: Any, kind: str
) -> None:
    """In its own form, with the same values. What the program marked stays secret."""
    more = {"rotation_triggers": {"a": "hidden"}} if kind == "ClusterAgentToken" else {}
    old, program = dynamic(kind, **more)
    news, _failures = plugin.check(kind, program, old.inputs)
    outputs = {**old.outputs, **{name: secret(old.outputs[name]) for name in more}}
    _id, read, inputs = plugin.read(kind, old.id, outputs, news)
    assert plain(read) == plain(_native(old.outputs))
    assert marked(read) == {*map(camel_case, SECRETS[kind]), *map(camel_case, more)}
    assert plain(inputs) == plain(news)
    assert _diff(plugin, replace(old, outputs=read, inputs=inputs), news) == (False, {})


def test_a_change_with_the_move_is_an_update(
    plugin: NativePlugin, dynamic: Any, calls: Calls
) -> None:
    """It is one request, and the state is rewritten at once."""
    old, program = dynamic("ProjectEnvironment")
    news, _failures = plugin.check(
        old.kind, {**program, "externalUrl": "https://x.example.com"}, old.inputs
    )
    changed, details = _diff(plugin, old, news)
    assert (changed, [*details]) == (True, ["externalUrl"])
    calls()
    outputs = plugin.update(old.kind, old.id, old.outputs, old.inputs, news)
    assert [each.partition(" ")[0] for each in calls()] == ["PUT"]
    assert _diff(plugin, replace(old, outputs=outputs, inputs=news), news) == (False, {})


@pytest.mark.parametrize("kind", KINDS)
def test_a_dynamic_resource_is_deleted(
    plugin: NativePlugin, dynamic: Any, calls: Calls, kind: str
) -> None:
    """With the settings of its state, before the state is rewritten."""
    more = {"stop_before_destroy": False} if kind == "ProjectEnvironment" else {}
    old, _program = dynamic(kind, **more)
    if more:
        with pytest.raises(CallError, match="set stopBeforeDestroy: true and run"):
            plugin.delete(kind, old.id, old.outputs, old.inputs)
        return
    plugin.delete(kind, old.id, old.outputs, old.inputs)
    assert calls()[-1].startswith("DELETE ")


# Pulumi's GitLab package ------------------------------------------------------------------------


@pytest.fixture
def published(make: Maker, project: Project) -> Any:
    """Creates a resource. Returns its state in Pulumi's package, and the program's inputs."""

    def create(kind: str, *, path: bool) -> tuple[Made, Values]:
        given = {**make.inputs(kind), **_PUBLISHED_INPUTS[kind]}
        made = make.create(kind, given)
        own = {key: each for key, each in made.outputs.items() if key in _PUBLISHED_OUTPUTS[kind]}
        numbers = {"managementProjectId", "agentId"} if kind == "ProjectCluster" else set()
        outputs = {key: str(each) if key in numbers else each for key, each in own.items()}
        id_ = made.id
        if path:
            id_ = f"{project.path}:{made.id.partition(':')[2]}"
            outputs["project"] = given["project"] = project.path
        else:
            outputs["project"] = given["project"] = str(project.id)
        outputs |= {"__meta": '{"schema_version":"1"}', "id": id_}
        inputs = {**given, "__defaults": []}
        return Made(kind, id_, outputs, inputs), given

    return create


_PUBLISHED_INPUTS: dict[str, Values] = {
    "ClusterAgent": {},
    "ClusterAgentToken": {"description": "of the agent"},
    "ProjectCluster": {"kubernetesToken": secret("k8s-hidden-token"), "domain": "example.com"},
    "ProjectEnvironment": {"externalUrl": "https://shop.example.com", "stopBeforeDestroy": False},
}
_PUBLISHED_OUTPUTS: dict[str, set[str]] = {
    "ClusterAgent": {"agentId", "createdAt", "createdByUserId", "name"},
    "ClusterAgentToken": {
        *("agentId", "createdAt", "createdByUserId", "description", "lastUsedAt", "name"),
        *("status", "token", "tokenId"),
    },
    "ProjectCluster": {
        *("clusterType", "createdAt", "domain", "enabled", "environmentScope", "kubernetesApiUrl"),
        *("kubernetesAuthorizationType", "kubernetesToken", "managed", "name", "platformType"),
        "providerType",
    },
    "ProjectEnvironment": {
        *("autoStopAt", "autoStopSetting", "createdAt", "externalUrl", "name", "slug", "state"),
        *("stopBeforeDestroy", "tier", "updatedAt"),
    },
}
"""What the schema of Pulumi's package lists, as of version 9."""


@pytest.mark.parametrize("path", [False, True], ids=["numeric", "path"])
@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_published_resource_is_rewritten_without_a_replacement(  # noqa: PLR0917 (pytest's)
    plugin: NativePlugin, published: Any, project: Project, calls: Calls, kind: str, path: bool
) -> None:
    """In the first run. A project in the ID is looked up, and nothing else is requested."""
    old, program = published(kind, path=path)
    calls()
    news, failures = plugin.check(kind, program, old.inputs)
    assert failures == {}
    after = _rewritten(plugin, old, news)
    found = set(calls())
    assert found <= {f"GET {project.path.replace('/', '%2F')}"}
    assert path or not found
    assert after.outputs["projectId"] == project.id
    assert after.outputs["schemaVersion"] == 1
    assert not {"__meta", "id"} & after.outputs.keys()
    if kind == "ClusterAgentToken":
        assert after.outputs["token"] == secret(plain(old.outputs["token"]))
    assert marked(after.outputs) == {camel_case(each) for each in SECRETS[kind]}
    _id, read, inputs = plugin.read(kind, after.id, after.outputs, after.inputs)
    assert _diff(plugin, replace(after, outputs=read, inputs=inputs), news) == (False, {})


@pytest.mark.parametrize("path", [False, True], ids=["numeric", "path"])
@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_published_resource_is_refreshed_first(
    plugin: NativePlugin, published: Any, project: Project, kind: str, path: bool
) -> None:
    """As `pulumi up --refresh`: its ID then has numbers only."""
    old, program = published(kind, path=path)
    news, _failures = plugin.check(kind, program, old.inputs)
    id_, outputs, inputs = plugin.read(kind, old.id, old.outputs, news)
    assert id_ == f"{project.id}:{old.id.partition(':')[2]}" or not path
    assert outputs["projectId"] == project.id
    assert _diff(plugin, Made(kind, id_, outputs, inputs), news) == (False, {})


@pytest.mark.parametrize("kind", PUBLISHED)
def test_a_published_resource_is_deleted(
    plugin: NativePlugin, published: Any, project: Project, calls: Calls, kind: str
) -> None:
    """With a path in its ID."""
    old, _program = published(kind, path=True)
    old.outputs.pop("stopBeforeDestroy", None)
    plugin.delete(kind, old.id, old.outputs, old.inputs)
    assert calls()[-1].startswith(f"DELETE {project.id}/")


def test_a_changed_secret_of_a_published_cluster_reaches_gitlab(
    plugin: NativePlugin, published: Any, calls: Calls
) -> None:
    """The state has its old value."""
    old, program = published("ProjectCluster", path=False)
    news, _failures = plugin.check(
        old.kind, {**program, "kubernetesToken": secret("k8s-hidden-new")}, old.inputs
    )
    assert [*_diff(plugin, old, news)[1]] == ["kubernetesToken"]
    calls()
    plugin.update(old.kind, old.id, old.outputs, old.inputs, news)
    assert [each.partition(" ")[0] for each in calls()] == ["PUT"]


# Other states -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["schemaVersion", "schema_version"])
def test_a_newer_state_is_not_read(plugin: NativePlugin, make: Maker, name: str) -> None:
    """In any call. The message says to upgrade."""
    made = make("ClusterAgent")
    outputs = {key: each for key, each in made.outputs.items() if key != "schemaVersion"}
    outputs[name] = 2
    for call in (
        lambda: plugin.diff(made.kind, made.id, outputs, made.inputs, made.inputs),
        lambda: plugin.read(made.kind, made.id, outputs, made.inputs),
        lambda: plugin.read(made.kind, made.id, outputs, {}),
        lambda: plugin.update(made.kind, made.id, outputs, made.inputs, made.inputs),
        lambda: plugin.delete(made.kind, made.id, outputs, made.inputs),
    ):
        with pytest.raises(CallError, match=r"^schema_version 2 is .*; upgrade"):
            call()


@pytest.mark.parametrize("kind", KINDS)
def test_a_resource_that_is_only_read_is_refreshed(
    plugin: NativePlugin, make: Maker, kind: str
) -> None:
    """`.get()` shows everything. It has no inputs, or those that the program gave it."""
    made = make(kind)
    _id, outputs, inputs = plugin.read(kind, made.id, {}, {})
    assert inputs == {}
    assert outputs["schemaVersion"] == 1
    assert plugin.read(kind, made.id, outputs, {}) == (made.id, outputs, {})
    given = {"project": made.inputs["project"]}
    _id, found, _inputs = plugin.read(kind, made.id, given, given)
    assert found["projectId"] == outputs["projectId"]
    plugin.delete(kind, made.id, made.outputs, made.inputs)
    assert plugin.read(kind, made.id, outputs, {}) == ("", {}, {})

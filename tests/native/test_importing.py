"""Imports: resources that exist in GitLab, and the first runs of their program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.native.conftest import Made, Maker
from tests.support import files
from tests.support.kinds import KINDS
from tests.support.native_plugin import NativePlugin
from tests.support.plugin_process import CallError, Values, plain, secret

from pulumi_gitlab_kubernetes.core.fields import Change
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.core.state import IMPORTED
from pulumi_gitlab_kubernetes.registry import kind_for

EVERYTHING: dict[str, Values] = {
    "ClusterAgent": {},
    "ClusterAgentConfiguration": {
        "userAccess": {"accessAs": {"agent": {}}, "groups": [{"id": "acme"}]},
        "additionalSettings": {"container_scanning": {"cadence": "0 0 * * *"}},
    },
    "ClusterAgentToken": {"description": "of the agent"},
    "ClusterAgentUrlConfiguration": {"tlsHost": "agent.example.com"},
    "ProjectCluster": {
        "domain": "example.com",
        "kubernetesNamespace": "shop",
        "environmentScope": "prod/*",
        "enabled": False,
    },
    "ProjectEnvironment": {
        "externalUrl": "https://shop.example.com",
        "description": "of the shop",
        "tier": "staging",
        "autoStopSetting": "with_action",
    },
}
"""Optional inputs that a resource has in GitLab."""

UNSET: dict[str, tuple[str, ...]] = {
    "ProjectCluster": ("kubernetesToken",),
    "ClusterAgentUrlConfiguration": ("clientKey",),
}
"""What GitLab never returns."""

NAMES = {
    "ClusterAgent": "{project}:prod",
    "ClusterAgentConfiguration": "{project}:prod",
    "ClusterAgentToken": "{project}:prod:{id}",
    "ClusterAgentUrlConfiguration": "{project}:prod",
    "ProjectCluster": "{project}:prod/*",
    "ProjectEnvironment": "{project}:prod",
}
"""A reference by name to a resource of each kind."""


def _imported(plugin: NativePlugin, make: Maker, kind: str, **more: Any) -> tuple[Made, Values]:
    """Create a resource and import it by its ID. Return it, and the program's inputs."""
    made = make.create(kind, {**make.inputs(kind), **EVERYTHING[kind], **more})
    id_, outputs, inputs = plugin.read(kind, made.id)
    assert id_ == made.id
    return Made(kind, id_, outputs, inputs), made.inputs


def _program(imported: Made) -> Values:
    """Return the inputs that a program has after an import: without the engine's own ones."""
    return {key: each for key, each in imported.inputs.items() if not key.startswith("__")}


def _up(plugin: NativePlugin, old: Made, news: Values) -> tuple[Made, bool]:
    """Check, diff and update as `pulumi up`. Return what the state then has, and if it changed."""
    checked, failures = plugin.check(old.kind, news, old.inputs)
    assert failures == {}
    found = plugin.diff(old.kind, old.id, old.outputs, old.inputs, checked)
    assert list(found.replaces) == []
    changed = found.changes != found.DIFF_NONE
    outputs = old.outputs
    if changed:
        outputs = plugin.update(old.kind, old.id, old.outputs, old.inputs, checked)
    return Made(old.kind, old.id, outputs, checked), changed


@pytest.mark.parametrize("kind", KINDS)
def test_the_inputs_are_those_of_a_program(
    plugin: NativePlugin, make: Maker, project: Project, kind: str
) -> None:
    """Without defaults, and without what GitLab does not return."""
    imported, given = _imported(plugin, make, kind)
    defaults = {camel_case(each.name): each.default for each in kind_for(kind).schema.fields}
    expected = {key: each for key, each in plain(given).items() if each != defaults[key]}
    for name in UNSET.get(kind, ()):
        del expected[name]
    if kind == "ClusterAgentToken":
        assert "token" not in imported.outputs
    assert _program(imported) == {**expected, "project": str(project.id)}
    assert imported.inputs[IMPORTED] is True
    assert imported.outputs["projectId"] == project.id
    assert "schemaVersion" not in imported.outputs


def test_a_file_with_settings_that_are_not_known(plugin: NativePlugin, project: Project) -> None:
    """A program can have them, and the first run does not change the file."""
    kind, known = "ClusterAgentConfiguration", {"projects": [{"id": "a/b"}]}
    section = {"groups": [{"id": "acme", "a_new_setting": {"x_y": [1]}}]}
    text = files.dump({"user_access": known, "ci_access": section, "flux": {"x": 1}})
    files.write(project.api, "edge", text)
    id_, outputs, inputs = plugin.read(kind, f"{project.path}:edge")
    imported = Made(kind, id_, outputs, inputs)
    program = _program(imported)
    assert program == {
        "project": project.path,
        "agentName": "edge",
        "userAccess": known,
        "additionalSettings": {"ci_access": section, "flux": {"x": 1}},
    }
    old, _changed = _up(plugin, imported, program)
    for values in plugin.read(kind, id_, old.outputs, old.inputs)[1:]:
        assert program.items() <= values.items()
    changed = {**program, "userAccess": {"projects": [{"id": "c/d"}]}}
    assert _up(plugin, old, changed)[1]
    found = files.read(project.api, "edge")
    assert found == {
        "id": "edge",
        "user_access": {"projects": [{"id": "c/d"}]},
        "ci_access": section,
        "flux": {"x": 1},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_reference_by_name_is_the_same(
    plugin: NativePlugin, make: Maker, project: Project, kind: str
) -> None:
    """The project keeps the spelling of the reference. The ID has numbers only."""
    imported, _given = _imported(plugin, make, kind)
    own = imported.id.rpartition(":")[2]
    reference = NAMES[kind].format(project=project.path, id=own)
    id_, outputs, inputs = plugin.read(kind, reference)
    assert id_ == imported.id
    assert (outputs, inputs) == (
        {**imported.outputs, "project": project.path},
        {**imported.inputs, "project": project.path},
    )
    assert plugin.read(kind, f"{project.path}:{imported.id.partition(':')[2]}")[0] == imported.id


@pytest.mark.parametrize("kind", KINDS)
def test_the_imported_inputs_are_unchanged(
    plugin: NativePlugin, make: Maker, calls: Calls, kind: str
) -> None:
    """In the import itself, in the first run of the program, and in later runs."""
    imported, _given = _imported(plugin, make, kind)
    calls()
    assert plugin.check(kind, imported.inputs, imported.inputs)[1] == {}
    old = imported
    for _run in range(3):
        old, changed = _up(plugin, old, _program(imported))
        assert not changed
        assert IMPORTED not in old.inputs
    assert calls() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_program_may_set_only_what_is_required(
    plugin: NativePlugin, make: Maker, project: Project, calls: Calls, kind: str
) -> None:
    """What it leaves out is then unmanaged, as in a program that has always left it out."""
    imported, _given = _imported(plugin, make, kind)
    default = {camel_case(f.name) for f in kind_for(kind).schema.fields if f.default is not None}
    bare = {
        key: each
        for key, each in _program(imported).items()
        if key not in EVERYTHING[kind] or key in default
    }
    if kind == "ClusterAgentUrlConfiguration":
        bare = {key: each for key, each in bare.items() if key not in {"clientCert", "caCert"}}
    calls()
    old, changed = _up(plugin, imported, bare)
    assert not changed
    old, changed = _up(plugin, old, bare)
    assert not changed
    assert calls() == []
    number = imported.id.rpartition(":")[2]
    if kind == "ProjectEnvironment":
        there = project.api("GET", f"environments/{number}")
        assert there["external_url"] == EVERYTHING[kind]["externalUrl"]


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        ("ProjectCluster", "kubernetesToken", (secret("first"), secret("second"))),
        ("ClusterAgentToken", "rotationTriggers", ({"a": "1"}, {"a": "2"})),
    ],
)
def test_the_first_value_of_what_gitlab_does_not_return_is_no_change(
    plugin: NativePlugin, make: Maker, kind: str, name: str, values: tuple[Any, Any]
) -> None:
    """A later one is, although the outputs are still those of the import."""
    imported, _given = _imported(plugin, make, kind)
    old, changed = _up(plugin, imported, {**_program(imported), name: values[0]})
    assert not changed
    assert old.inputs[name] == values[0]
    news, _failures = plugin.check(kind, {**_program(imported), name: values[1]}, old.inputs)
    found = plugin.diff(kind, old.id, old.outputs, old.inputs, news)
    assert [each.partition(".")[0] for each in found.detailedDiff] == [name]


def test_a_later_token_reaches_gitlab(plugin: NativePlugin, make: Maker, calls: Calls) -> None:
    """The update stores the state in full."""
    imported, _given = _imported(plugin, make, "ProjectCluster")
    program = {**_program(imported), "kubernetesToken": secret("first")}
    old, _changed = _up(plugin, imported, program)
    calls()
    new, changed = _up(plugin, old, {**program, "kubernetesToken": secret("second")})
    assert changed
    assert [each.partition(" ")[0] for each in calls()] == ["PUT"]
    assert new.outputs["kubernetesToken"] == secret("second")
    assert new.outputs["schemaVersion"] == 1


def test_an_input_that_is_removed_later_is_cleared(
    plugin: NativePlugin, make: Maker, project: Project
) -> None:
    """The program has managed it since its first run."""
    imported, _given = _imported(plugin, make, "ProjectEnvironment")
    old, changed = _up(plugin, imported, _program(imported))
    assert not changed
    without = {key: each for key, each in _program(imported).items() if key != "externalUrl"}
    _new, changed = _up(plugin, old, without)
    assert changed
    there = project.api("GET", f"environments/{old.id.rpartition(':')[2]}")
    assert there["external_url"] is None


STATE_ONLY = [
    (kind, field.name, {True: False, False: True}.get(field.default, 5))
    for kind in KINDS
    for field in kind_for(kind).schema.fields
    if field.change is Change.STATE_ONLY and field.name != "connection"
]


@pytest.mark.parametrize(("kind", "name", "value"), STATE_ONLY)
def test_what_only_the_state_has_is_stored(  # noqa: PLR0917 (pytest's arguments)
    plugin: NativePlugin, make: Maker, calls: Calls, kind: str, name: str, value: Any
) -> None:
    """Otherwise a destroy would not know of it. No request is sent."""
    imported, _given = _imported(plugin, make, kind)
    calls()
    name = camel_case(name)
    new, changed = _up(plugin, imported, {**_program(imported), name: value})
    assert changed
    assert (new.outputs[name], new.outputs["schemaVersion"]) == (value, 1)
    assert calls() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_does_not_end_the_import(plugin: NativePlugin, make: Maker, kind: str) -> None:
    """As `pulumi up --refresh` after an import: the program is still unchanged."""
    imported, given = _imported(plugin, make, kind)
    id_, outputs, inputs = plugin.read(kind, imported.id, imported.outputs, imported.inputs)
    assert (id_, outputs) == (imported.id, imported.outputs)
    refreshed = Made(kind, id_, outputs, inputs)
    for program in (_program(imported), plain(given) | {"project": imported.inputs["project"]}):
        _new, changed = _up(plugin, refreshed, program)
        assert not changed


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_keeps_what_the_program_leaves_out_unmanaged(
    plugin: NativePlugin, make: Maker, kind: str
) -> None:
    """Also after the program's first run. A resource that is gone leaves the state."""
    imported, _given = _imported(plugin, make, kind)
    optional = {
        camel_case(field.name) for field in kind_for(kind).schema.fields if not field.always_set
    }
    news = {key: each for key, each in _program(imported).items() if key not in optional}
    first, changed = _up(plugin, imported, news)
    assert not changed
    _id, outputs, inputs = plugin.read(kind, first.id, first.outputs, first.inputs)
    assert plain(inputs) == plain(first.inputs)
    assert not optional & outputs.keys()
    assert outputs["schemaVersion"] == 1
    refreshed = Made(kind, first.id, outputs, inputs)
    assert not _up(plugin, refreshed, news)[1]
    plugin.delete(kind, first.id, outputs, inputs)
    assert plugin.read(kind, first.id, first.outputs, first.inputs)[0] == ""


def test_a_certificate_needs_its_key_without_an_import(
    plugin: NativePlugin, make: Maker, pair: Any
) -> None:
    """GitLab would silently ignore it. A replacement checks the inputs without the old ones."""
    kind = "ClusterAgentUrlConfiguration"
    program = {**make.inputs(kind), "clientCert": None, "clientKey": None}
    old, failures = plugin.check(kind, program)
    assert failures == {}
    news = {**program, "clientCert": pair.certificate}
    for olds in (old, {}):
        _inputs, failures = plugin.check(kind, news, olds)
        assert failures == {"clientCert": "needs clientKey: set both or none"}


def test_a_cluster_needs_its_token_without_an_import(plugin: NativePlugin, make: Maker) -> None:
    """Also if it had one."""
    program = make.inputs("ProjectCluster")
    old, _failures = plugin.check("ProjectCluster", program)
    del program["kubernetesToken"]
    for olds in (old, {}):
        _inputs, failures = plugin.check("ProjectCluster", program, olds)
        assert failures.keys() == {"kubernetesToken"}


def test_only_what_an_import_lacks_may_be_missing(plugin: NativePlugin, make: Maker) -> None:
    """Other failures are reported, and not that one."""
    imported, _given = _imported(plugin, make, "ProjectCluster")
    news = {**_program(imported), "name": None, "kubernetesApiUrl": "nowhere"}
    _inputs, failures = plugin.check("ProjectCluster", news, imported.inputs)
    assert {"name", "kubernetesApiUrl"} <= failures.keys()


def test_an_imported_token_has_no_value(plugin: NativePlugin, make: Maker) -> None:
    """A warning says so. Other kinds have no warning."""
    plugin.engine.messages.clear()
    _imported(plugin, make, "ClusterAgent", name="other")
    assert plugin.engine.messages == []
    _imported(plugin, make, "ClusterAgentToken")
    (message,) = plugin.engine.messages
    assert message.message == (
        "imported without its token: GitLab returns it only once; replace the resource to get a "
        "new one"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_import_of_something_missing_is_an_error(
    plugin: NativePlugin, project: Project, kind: str
) -> None:
    """An empty response would be a missing resource too, but without what is wrong."""
    ids = kind_for(kind).ids
    agent = [str(project.agent("there"))] if len(ids) > 2 else []
    numeric = ":".join([str(project.id), *agent, "999999"])
    with pytest.raises(CallError, match=rf'^id "{numeric}": GitLab has no .* with this id$'):
        plugin.read(kind, numeric)
    with pytest.raises(CallError, match=r"project no/such does not exist, or the token's user"):
        plugin.read(kind, numeric.replace(str(project.id), "no/such", 1))
    if agent:
        with pytest.raises(CallError, match=r'the project has no agent "absent"$'):
            plugin.read(kind, f"{project.path}:absent:7")
    if kind == "ClusterAgentUrlConfiguration":
        with pytest.raises(CallError, match=r"the project has no agent 999999$"):
            plugin.read(kind, f"{project.id}:999999")
    if kind != "ClusterAgentToken":
        name = {"ClusterAgentUrlConfiguration": "there"}.get(kind, "absent")
        missing = f'^id "{project.path}:{name}": GitLab has no such'
        if kind == "ClusterAgentConfiguration":  # Its name is its ID, so it is not looked up.
            missing = f'^id "{project.id}:{name}": GitLab has no agent configuration with this id'
        with pytest.raises(CallError, match=missing):
            plugin.read(kind, f"{project.path}:{name}")


WRONG = {
    "ClusterAgent": ["42", "acme/shop", ":7", "acme/shop:", "", "42:7:9", "acme/shop:a:b"],
    "ClusterAgentConfiguration": ["42", "acme/shop", ":prod", "acme/shop:", "42:prod:9"],
    "ClusterAgentToken": ["42:7", "acme/shop:prod", "a::7", "42:7:", "42:7:9:1"],
    "ClusterAgentUrlConfiguration": ["42", "acme/shop", "42:", "a/b::7", "42:7:9:1"],
    "ProjectCluster": ["42", ":prod", "acme/shop:", "42:7:9"],
    "ProjectEnvironment": ["42", "prod", "acme/shop:", "42:7:9", "acme/shop:a:b"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_reference_of_another_form_is_an_error(
    plugin: NativePlugin, calls: Calls, kind: str
) -> None:
    """The message has the forms. No request is sent."""
    for reference in WRONG[kind]:
        with pytest.raises(CallError) as raised:
            plugin.read(kind, reference)
        assert str(raised.value).startswith(
            f'id "{reference}" must have the form <project-id>:<'
        ), reference
        assert " or <project-path>" in str(raised.value)
    assert calls() == []


def test_a_token_is_not_imported_by_name(plugin: NativePlugin, project: Project) -> None:
    """Several tokens can have one name."""
    project.agent()
    with pytest.raises(CallError) as raised:
        plugin.read("ClusterAgentToken", f"{project.path}:prod:prod")
    assert str(raised.value).endswith("must end with a number: GitLab does not keep names unique")


@pytest.mark.parametrize("name", ["review/fix-1", "a b", "$x.{y}"])
def test_a_name_may_have_any_form(
    plugin: NativePlugin, make: Maker, project: Project, name: str
) -> None:
    """No name has a colon."""
    made = make("ProjectEnvironment", name=name)
    assert plugin.read("ProjectEnvironment", f"{project.path}:{name}")[0] == made.id


def test_a_number_is_an_id(plugin: NativePlugin, make: Maker, project: Project) -> None:
    """Also if a name could be the same number."""
    make("ProjectEnvironment", name="987654")
    with pytest.raises(CallError, match=r"GitLab has no environment with this id$"):
        plugin.read("ProjectEnvironment", f"{project.path}:987654")


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("ClusterAgentToken", "{project}:prod:7"),
        ("ClusterAgentUrlConfiguration", "{project}:prod"),
    ],
)
def test_hidden_agents_are_not_missing(
    project: Project, users: dict[str, tuple[int, str]], tmp_path: Path, kind: str, reference: str
) -> None:
    """A reporter cannot see whether an agent exists."""
    project.agent()
    config = {"baseUrl": project.simulator.url, "token": users["reporter"][1]}
    with NativePlugin(config, folder=tmp_path) as plugin:
        with pytest.raises(CallError, match=r"the token's user may not see agents there"):
            plugin.read(kind, reference.format(project=project.path))
        given = {"project": project.path, "agentName": "prod"}
        with pytest.raises(CallError, match=r"the token's user may not see agents there"):
            plugin.invoke("getClusterAgentTokens", given)


def test_a_wrong_agent_of_a_numeric_reference_is_an_error(
    plugin: NativePlugin, make: Maker, project: Project
) -> None:
    """A token belongs to one agent."""
    made = make("ClusterAgentToken")
    other = project.agent("other")
    project_id, _agent, token = made.id.split(":")
    with pytest.raises(CallError, match=r"GitLab has no agent token with this id$"):
        plugin.read("ClusterAgentToken", f"{project_id}:{other}:{token}")


def test_each_kind_is_in_each_table() -> None:
    """Otherwise it would be tested less."""
    assert set(EVERYTHING) == set(NAMES) == set(WRONG) == set(KINDS)

"""What a change of each field of each kind means, as the design's tables say."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pulumi_gitlab_kubernetes._fields import UNKNOWN, Difference
from pulumi_gitlab_kubernetes._session import Session
from pulumi_gitlab_kubernetes.registry import MODULES, core_for

REPLACE, UPDATE, LOCAL, NOTHING = "replace", "update", "local", "nothing"
OURS = {"connection": LOCAL, "adopt_existing": LOCAL}
MEANINGS: dict[str, dict[str, str]] = {
    "ClusterAgent": {"project": REPLACE, "name": REPLACE, **OURS},
    "ClusterAgentToken": {
        "project": REPLACE,
        "agent_id": REPLACE,
        "name": REPLACE,
        "description": REPLACE,
        "rotation_triggers": REPLACE,
        "rotate_after_days": NOTHING,
        "connection": LOCAL,
    },
    "ClusterAgentUrlConfiguration": {
        "project": REPLACE,
        "agent_id": REPLACE,
        "url": REPLACE,
        "client_cert": REPLACE,
        "client_key": REPLACE,
        "ca_cert": REPLACE,
        "tls_host": REPLACE,
        **OURS,
    },
    "ProjectCluster": {
        "project": REPLACE,
        "name": UPDATE,
        "kubernetes_api_url": UPDATE,
        "kubernetes_token": UPDATE,
        "kubernetes_ca_cert": UPDATE,
        "kubernetes_namespace": UPDATE,
        "kubernetes_authorization_type": REPLACE,
        "environment_scope": UPDATE,
        "domain": UPDATE,
        "management_project_id": UPDATE,
        "enabled": UPDATE,
        "managed": UPDATE,
        "namespace_per_environment": UPDATE,
        **OURS,
    },
    "ProjectEnvironment": {
        "project": REPLACE,
        "name": REPLACE,
        "external_url": UPDATE,
        "description": UPDATE,
        "tier": UPDATE,
        "auto_stop_setting": UPDATE,
        "cluster_agent_id": UPDATE,
        "kubernetes_namespace": UPDATE,
        "flux_resource_path": UPDATE,
        "stop_before_destroy": LOCAL,
        "force_stop": LOCAL,
        "stop_timeout": LOCAL,
        **OURS,
    },
}
SENT_BESIDE = {"ProjectCluster": {"namespace_per_environment"}}
"""What GitLab would set back to its default if it were left out."""

CASES = [(kind, name, what) for kind, fields in MEANINGS.items() for name, what in fields.items()]
SESSION = Session(
    {
        "gitlab:token": "x",
        "other:token": "y",
        "other:baseUrl": "https://gitlab.com",
    }.get,
    say=lambda _message: None,
    tell=lambda _message: None,
)


def _values(kind: str, which: str) -> dict[str, Any]:
    """Return a value for every field; two calls differ in all of them."""
    by_type = {"TEXT": which, "INTEGER": ord(which), "NUMBER": ord(which), "MAP": {"a": which}}
    found: dict[str, Any] = {
        field.name: by_type.get(field.type.name, which == "a")
        for field in core_for(kind).schema.fields
    }
    return {
        **found,
        "connection": "gitlab" if which == "a" else "other",
        "project": str(ord(which)),
    }


def test_the_table_has_every_field() -> None:
    """In the fields' own order."""
    assert list(MEANINGS) == list(MODULES)
    for kind, fields in MEANINGS.items():
        assert list(fields) == [field.name for field in core_for(kind).schema.fields]


@pytest.mark.parametrize(("kind", "name", "what"), CASES)
def test_a_changed_field_does_what_the_table_says(kind: str, name: str, what: str) -> None:
    """Alone, and also when it is set, no longer set, or not known yet."""
    core = core_for(kind)
    state = {**_values(kind, "a"), "project_id": ord("a")}
    news = {field: value for field, value in state.items() if field != "project_id"}
    assert core.diff(state, news, SESSION).changed == ()
    ignoring = dataclasses.replace(SESSION, ignored=frozenset({name}))
    assert core.diff(state, {**news, name: _values(kind, "b")[name]}, ignoring) == Difference()
    news[name] = _values(kind, "b")[name]
    unset = {field: value for field, value in news.items() if field != name}
    new_values = [news, {**news, name: UNKNOWN}]
    if not next(field for field in core.schema.fields if field.name == name).required:
        new_values.append(unset)
    for new in new_values:
        found = core.diff(state, new, SESSION)
        assert found.changed == (() if what is NOTHING else (name,))
        assert found.replaces == ((name,) if what is REPLACE else ())


@pytest.mark.parametrize(("kind", "name", "what"), CASES)
def test_an_update_sends_what_changed(kind: str, name: str, what: str) -> None:
    """And nothing that GitLab need not hear of."""
    core = core_for(kind)
    state = _values(kind, "a")
    news = {**state, name: _values(kind, "b")[name]}
    sent = {field.sent.split(".")[-1]: field.name for field in core.schema.fields if field.sent}
    body = core.body((name,), state, news) if what is UPDATE else {}
    leaves = {key for value in body.values() if isinstance(value, dict) for key in value}
    leaves |= {key for key, value in body.items() if not isinstance(value, dict)}
    expected = {name} | SENT_BESIDE.get(kind, set()) if what is UPDATE else set()
    assert {sent[leaf] for leaf in leaves} == expected


def test_what_depends_on_an_environments_agent_goes_with_it() -> None:
    """GitLab refuses to clear the agent alone; all are cleared at once."""
    core = core_for("ProjectEnvironment")
    bound = {"cluster_agent_id": 7, "kubernetes_namespace": "x", "flux_resource_path": "y"}
    for cleared, kept in (("cluster_agent_id", 0), ("kubernetes_namespace", 1)):
        news = dict(list(bound.items())[:kept])
        body = core.body((cleared,), bound, news)
        assert body == dict.fromkeys(list(bound)[kept:])
    assert core.body(("cluster_agent_id",), bound, bound) == {"cluster_agent_id": 7}

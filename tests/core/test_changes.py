"""What a change of each field of each kind does."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.schema import Difference
from pulumi_gitlab_kubernetes.core.state import State
from pulumi_gitlab_kubernetes.core.values import UNKNOWN
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for, lifecycle_for

REPLACE, UPDATE, STATE_ONLY, CONTROL = "replace", "update", "state only", "control"
COMMON = {"connection": STATE_ONLY, "adopt_existing": STATE_ONLY}
CHANGES: dict[str, dict[str, str]] = {
    "ClusterAgent": {"project": REPLACE, "name": REPLACE, **COMMON},
    "ClusterAgentConfiguration": {
        "project": REPLACE,
        "agent_name": REPLACE,
        "ci_access": UPDATE,
        "user_access": UPDATE,
        "observability": UPDATE,
        "additional_settings": UPDATE,
        "branch": REPLACE,
        "commit_message": CONTROL,
        "author_name": CONTROL,
        "author_email": CONTROL,
        **COMMON,
    },
    "ClusterAgentToken": {
        "project": REPLACE,
        "agent_id": REPLACE,
        "name": REPLACE,
        "description": REPLACE,
        "rotation_triggers": REPLACE,
        "rotate_after_days": CONTROL,
        "connection": STATE_ONLY,
    },
    "ClusterAgentUrlConfiguration": {
        "project": REPLACE,
        "agent_id": REPLACE,
        "url": REPLACE,
        "client_cert": REPLACE,
        "client_key": REPLACE,
        "ca_cert": REPLACE,
        "tls_host": REPLACE,
        **COMMON,
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
        **COMMON,
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
        "stop_before_destroy": STATE_ONLY,
        "force_stop": STATE_ONLY,
        "stop_timeout": STATE_ONLY,
        **COMMON,
    },
}
ALWAYS_SENT = {"ProjectCluster": {"namespace_per_environment"}}
"""What GitLab would reset if it were absent."""

CASES = [(kind, name, what) for kind, fields in CHANGES.items() for name, what in fields.items()]
SETTINGS = {
    "gitlab:token": "x",
    "other:token": "y",
    "other:baseUrl": "https://gitlab.com",
}
CONTEXT = CallContext(lambda name: resolve(SETTINGS.get, name, environ={}), Run())


def _values(kind: str, which: str) -> dict[str, Any]:
    """Return a value for each field. Two calls have no value in common."""
    by_type = {"TEXT": which, "INTEGER": ord(which), "NUMBER": ord(which), "MAP": {"a": which}}
    found: dict[str, Any] = {
        field.name: by_type.get(field.type.name, which == "a")
        for field in kind_for(kind).schema.fields
    }
    return {
        **found,
        "connection": "gitlab" if which == "a" else "other",
        "project": str(ord(which)),
    }


def test_the_table_has_every_field() -> None:
    """In the order of the fields."""
    assert list(CHANGES) == list(MODULES)
    for kind, fields in CHANGES.items():
        assert list(fields) == [field.name for field in kind_for(kind).schema.fields]


@pytest.mark.parametrize(("kind", "name", "what"), CASES)
def test_a_change_does_what_the_table_says(kind: str, name: str, what: str) -> None:
    """Of one field, and also if it is set, no longer set, or unknown."""
    core = lifecycle_for(kind)
    state = {**_values(kind, "a"), "project_id": ord("a")}
    news = {field: value for field, value in state.items() if field != "project_id"}
    old = State(state, core.kind.schema.inputs(state))
    assert core.diff(old, news, CONTEXT).changed == ()
    ignoring = dataclasses.replace(CONTEXT, ignored=frozenset({name}))
    assert core.diff(old, {**news, name: _values(kind, "b")[name]}, ignoring) == Difference()
    news[name] = _values(kind, "b")[name]
    unset = {field: value for field, value in news.items() if field != name}
    new_values = [news, {**news, name: UNKNOWN}]
    field = next(field for field in core.kind.schema.fields if field.name == name)
    if not field.required and name != "branch":  # GitLab knows the default branch.
        new_values.append(unset)
    for new in new_values:
        found = core.diff(old, new, CONTEXT)
        assert found.changed == (() if what is CONTROL else (name,))
        assert found.replaces == ((name,) if what is REPLACE else ())


@pytest.mark.parametrize(("kind", "name", "what"), CASES)
def test_an_update_sends_the_changed_field(kind: str, name: str, what: str) -> None:
    """And no other, except those that each update must send."""
    core = lifecycle_for(kind)
    state = _values(kind, "a")
    news = {**state, name: _values(kind, "b")[name]}
    sent = {
        field.request_key.split(".")[-1]: field.name
        for field in core.kind.schema.fields
        if field.request_key
    }
    body = core.kind.update_body((name,), news) if what is UPDATE else {}
    nested = {key: value for key, value in body.items() if key not in sent}
    leaves = {key for value in nested.values() for key in value} | (body.keys() - nested.keys())
    expected = {name} | ALWAYS_SENT.get(kind, set()) if what is UPDATE else set()
    assert {sent[leaf] for leaf in leaves} == expected


def test_clearing_an_agent_clears_its_dependents() -> None:
    """GitLab rejects a request that clears only the agent."""
    core = lifecycle_for("ProjectEnvironment")
    bound = {"cluster_agent_id": 7, "kubernetes_namespace": "x", "flux_resource_path": "y"}
    for cleared, kept in (("cluster_agent_id", 0), ("kubernetes_namespace", 1)):
        news = dict(list(bound.items())[:kept])
        body = core.kind.update_body((cleared,), news)
        assert body == dict.fromkeys(list(bound)[kept:])
    assert core.kind.update_body(("cluster_agent_id",), bound) == {"cluster_agent_id": 7}

"""Calls of `check` to both adapters: defaults, failures, unknowns, secrets."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.kinds import KINDS, SECRETS, inputs_of, marked
from tests.support.native_host import Host
from tests.support.plugin_process import UNKNOWN, plain, secret

DEFAULTS: dict[str, dict[str, Any]] = {
    "ClusterAgent": {"adopt_existing": False},
    "ClusterAgentConfiguration": {"adopt_existing": False},
    "ClusterAgentToken": {},
    "ClusterAgentUrlConfiguration": {"adopt_existing": False},
    "ProjectCluster": {
        "adopt_existing": False,
        "kubernetes_authorization_type": "rbac",
        "environment_scope": "*",
        "enabled": True,
        "managed": True,
        "namespace_per_environment": True,
    },
    "ProjectEnvironment": {
        "adopt_existing": False,
        "auto_stop_setting": "always",
        "stop_before_destroy": True,
        "force_stop": False,
        "stop_timeout": 1200,
    },
}


@pytest.mark.parametrize("kind", KINDS)
def test_check_fills_in_defaults_and_marks_secrets(
    host: Host, project: Project, pair: Pair, kind: str
) -> None:
    """The result is what the state contains as inputs."""
    given = inputs_of(kind, project, pair)
    inputs, failures = host.check(kind, given)
    assert failures == {}
    assert plain(inputs) == {**given, "connection": "gitlab", **DEFAULTS[kind]}
    assert marked(inputs) == SECRETS[kind] & given.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_check_accepts_unknown_values(host: Host, project: Project, pair: Pair, kind: str) -> None:
    """Each input may come from another resource."""
    given = dict.fromkeys([*inputs_of(kind, project, pair), *DEFAULTS[kind]], UNKNOWN)
    inputs, failures = host.check(kind, given)
    assert failures == {}
    assert plain(inputs) == {**given, "connection": "gitlab"}


@pytest.mark.parametrize("kind", KINDS)
def test_check_reports_every_missing_input(host: Host, kind: str) -> None:
    """All at once, each by its name."""
    _inputs, failures = host.check(kind, {})
    assert {"project"} < set(failures)
    assert set(failures.values()) == {
        "is required: set it; with --target, also target the resource that it comes from"
    }


def test_check_accepts_floats_and_texts_as_ids(host: Host) -> None:
    """The engine passes all numbers as floats, and some resources return IDs as texts."""
    given = {"project": 42.0, "agent_id": "7", "name": "prod"}
    inputs, failures = host.check("ClusterAgentToken", given)
    assert failures == {}
    assert (inputs["project"], inputs["agent_id"]) == ("42", 7)
    _inputs, failures = host.check("ClusterAgentToken", {**given, "agent_id": 7.5})
    assert failures == {
        "agent_id": "must be an integer: use the agent's number, `agent.agent_id`, or its id, "
        "`agent.id`"
    }


def test_check_keeps_unknowns_within_triggers(host: Host) -> None:
    """Other values of the map do not change, and null values are dropped."""
    triggers = {"a": UNKNOWN, "b": [1, {"c": UNKNOWN}], "d": "x"}
    given = {"project": "a/b", "agent_id": 7, "name": "prod"}
    inputs, failures = host.check(
        "ClusterAgentToken", {**given, "rotation_triggers": {**triggers, "e": None}}
    )
    assert failures == {}
    assert inputs["rotation_triggers"] == triggers


def test_check_rejects_lists_and_maps(host: Host) -> None:
    """The failures say which type is expected."""
    given = {"project": ["a/b"], "name": {"x": 1}, "enabled": "yes", "kubernetes_token": ["hidden"]}
    _inputs, failures = host.check(
        "ProjectCluster", {**given, "kubernetes_api_url": "https://k8s.example.com"}
    )
    assert failures == {
        "project": "must be text",
        "name": "must be text",
        "enabled": "must be true or false",
        "kubernetes_token": "must be text",
    }


def test_check_rejects_certificates_that_are_no_pair(
    host: Host, project: Project, pair: Pair, other_pair: Pair
) -> None:
    """And a certificate without a key, which GitLab would silently ignore."""
    kind = "ClusterAgentUrlConfiguration"
    given = inputs_of(kind, project, pair)
    _inputs, failures = host.check(kind, {**given, "client_key": other_pair.key})
    assert failures == {"client_key": "is not the key of client_cert: set a matching pair"}
    for name, other in (("client_cert", "client_key"), ("client_key", "client_cert")):
        _inputs, failures = host.check(kind, {**given, name: None})
        assert failures == {other: f"needs {name}: set both or none"}


def test_secrets_have_the_form_of_pulumis_protocol(host: Host) -> None:
    """Without the helpers that the other tests use."""
    given = {
        "project": "a/b",
        "name": "x",
        "kubernetes_api_url": "https://x",
        "kubernetes_token": "k8s",
    }
    inputs, _failures = host.check("ProjectCluster", given)
    assert (
        inputs["kubernetes_token"]
        == secret("k8s")
        == {
            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
            "value": "k8s",
        }
    )

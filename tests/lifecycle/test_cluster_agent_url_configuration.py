"""The lifecycle of URL configurations of receptive agents."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.lifecycle.certificates import (
    CERTIFICATE,
    KEY,
    OTHER_CERTIFICATE,
    OTHER_KEY,
    RENEWED,
    in_one_line,
    respelled,
)
from tests.lifecycle.engines import Stack
from tests.lifecycle.fields import SecretFieldTests
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import agent, url_configuration
from tests.lifecycle.scenario import Args, Kind, Row, Then

_PAIR = {"client_cert": CERTIFICATE, "client_key": KEY}


def _base(lab: Lab, name: str) -> Args:
    # An agent has at most one configuration.
    return {
        "project": lab.project.path,
        "agent_id": lab.agent(f"receptive-{name}"),
        "url": "grpcs://agent.example.com:443",
    }


URL_CONFIGURATION = Kind(
    class_="ClusterAgentUrlConfiguration",
    base=_base,
    rows=(
        Row(
            "project",
            lambda lab: lab.project.path,
            lambda lab: lab.other.path,
            Then.DELETE_FIRST,
            beside_new={"agent_id": lambda lab: lab.agent("receptive-elsewhere", lab.other)},
        ),
        Row(
            "agent_id",
            lambda lab: lab.agent("receptive-one"),
            lambda lab: lab.agent("receptive-two"),
            Then.DELETE_FIRST,
            response_key="agent_id",
        ),
        Row("url", "grpc://old:80", "grpcs://new:443", Then.DELETE_FIRST, response_key="url"),
        Row(
            "client_cert",
            CERTIFICATE,
            RENEWED,
            Then.DELETE_FIRST,
            drop=Then.DELETE_FIRST,
            beside={"client_key": KEY},
            drop_too=("client_key",),
            response_key="client_cert",
        ),
        Row(
            "client_key",
            KEY,
            OTHER_KEY,
            Then.DELETE_FIRST,
            drop=Then.DELETE_FIRST,
            beside={"client_cert": CERTIFICATE},
            beside_new={"client_cert": OTHER_CERTIFICATE},
            drop_too=("client_cert",),
        ),
        Row(
            "ca_cert",
            CERTIFICATE,
            OTHER_CERTIFICATE,
            Then.DELETE_FIRST,
            drop=Then.DELETE_FIRST,
            response_key="ca_cert",
        ),
        Row(
            "tls_host",
            "old.example.com",
            "new.example.com",
            Then.DELETE_FIRST,
            drop=Then.DELETE_FIRST,
            response_key="tls_host",
        ),
        Row("connection", None, "other", Then.MOVE, drop=Then.MOVE, default="gitlab"),
        Row("adopt_existing", None, True, Then.STATE_ONLY, drop=Then.STATE_ONLY, default=False),
    ),
)


class TestFields(SecretFieldTests):
    """Each field of a URL configuration."""

    kind = URL_CONFIGURATION

    def normalize(self, row: Row, value: Any) -> Any:
        """Decode GitLab's base64."""
        if value is None or not row.field.endswith("_cert"):
            return value
        return base64.b64decode(value).decode()


def test_white_space_is_no_change(stack: Stack, lab: Lab) -> None:
    """In certificates and keys. GitLab gets a form that OpenSSL accepts."""
    project = lab.project.path
    spaced = {
        "client_cert": in_one_line(CERTIFICATE),
        "client_key": in_one_line(KEY),
        "ca_cert": respelled(OTHER_CERTIFICATE),
    }
    plain = {"ca_cert": OTHER_CERTIFICATE}
    assert stack.up(agent(project), url_configuration(project, **spaced)).ok
    lab.calls()
    for outcome in (
        stack.refresh(),
        stack.up(agent(project), url_configuration(project, **spaced)),
        stack.up(agent(project), url_configuration(project, **plain)),
    ):
        assert outcome.ok, outcome.text
        assert {step.op for step in outcome.steps} == {"same"}
        assert stack.resources()["url"]["outputs"]["ca_cert"] == spaced["ca_cert"]
    assert {call.method for call in lab.calls()} == {"GET"}


def test_without_a_certificate_the_public_key_is_an_output(stack: Stack, lab: Lab) -> None:
    """A refresh keeps it."""
    project = lab.project.path
    declared = [agent(project), url_configuration(project, client_cert=None, client_key=None)]
    assert stack.up(*declared).ok
    key = stack.resources()["url"]["outputs"]["public_key"]
    assert len(base64.b64decode(key)) == 32
    refreshed = stack.refresh()
    assert refreshed.ops("url") == ["same"]
    assert stack.resources()["url"]["outputs"]["public_key"] == key


def test_a_forced_replacement_deletes_first(stack: Stack, lab: Lab) -> None:
    """It does not call `diff`, so the resource itself has the option."""
    project = lab.project.path
    declared = [agent(project), url_configuration(project)]
    assert stack.up(*declared).ok
    old = stack.resources()["url"]["id"]
    stack.taint("url")
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    assert outcome.ops("url") == Then.DELETE_FIRST.ops
    assert stack.resources()["url"]["id"] != old


def test_drift_keeps_the_key(stack: Stack, lab: Lab) -> None:
    """GitLab never returns it. The replacement of drifted fields has the same key."""
    project = lab.project.path
    declared = [agent(project), url_configuration(project, tls_host="ours.example.com")]
    assert stack.up(*declared).ok
    before = stack.resources(show_secrets=True)["url"]
    path = path_of("ClusterAgentUrlConfiguration", before["id"])
    drifted = {**(lab.get(path) or {}), "tls_host": "theirs.example.com"}
    lab.simulator.faults({"method": "GET", "path": f"{path}$", "status": 200, "body": drifted})
    refreshed = stack.refresh()
    assert refreshed.ops("url") == ["update"], refreshed.text
    seen = stack.resources(show_secrets=True)["url"]
    assert seen["outputs"]["tls_host"] == seen["inputs"]["tls_host"] == "theirs.example.com"
    for part in ("inputs", "outputs"):
        assert json.loads(seen[part]["client_key"]["plaintext"]) == KEY
    repaired = stack.up(*declared)
    assert repaired.ok, repaired.text
    assert repaired.ops("url") == Then.DELETE_FIRST.ops
    response = lab.get(path_of("ClusterAgentUrlConfiguration", stack.resources()["url"]["id"]))
    assert response
    assert response["tls_host"] == "ours.example.com"
    assert response["client_cert"]  # GitLab returns it only if it has the key.

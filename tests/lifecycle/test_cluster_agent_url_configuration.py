"""The lifecycle of URL configurations of receptive agents."""

from __future__ import annotations

import base64
import json
from typing import Any

from .certificates import (
    CERTIFICATE,
    KEY,
    OTHER_CERTIFICATE,
    OTHER_KEY,
    RENEWED,
    in_one_line,
    respelled,
)
from .course import Args, Kind, Row, Then
from .engines import Stack
from .fields import SecretFieldTests
from .gitlab import Lab, path_of
from .resources import agent, url_configuration

_PAIR = {"client_cert": CERTIFICATE, "client_key": KEY}


def _base(lab: Lab, name: str) -> Args:
    # An agent has one configuration at most.
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
            shown="agent_id",
        ),
        Row("url", "grpc://old:80", "grpcs://new:443", Then.DELETE_FIRST, shown="url"),
        Row(
            "client_cert",
            CERTIFICATE,
            RENEWED,
            Then.DELETE_FIRST,
            drop=Then.DELETE_FIRST,
            beside={"client_key": KEY},
            drop_too=("client_key",),
            shown="client_cert",
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
            shown="ca_cert",
        ),
        Row(
            "tls_host",
            "old.example.com",
            "new.example.com",
            Then.DELETE_FIRST,
            drop=Then.DELETE_FIRST,
            shown="tls_host",
        ),
        Row("connection", None, "other", Then.LOCAL, drop=Then.LOCAL, default="gitlab"),
        Row("adopt_existing", None, True, Then.LOCAL, drop=Then.LOCAL, default=False),
    ),
)


class TestFields(SecretFieldTests):
    """Every field of a URL configuration."""

    kind = URL_CONFIGURATION

    def normal(self, row: Row, value: Any) -> Any:
        """Decode what GitLab gives as base64."""
        if value is None or not row.field.endswith("_cert"):
            return value
        return base64.b64decode(value).decode()


def test_spelling_is_no_change(stack: Stack, lab: Lab) -> None:
    """White space in certificates and keys means nothing; GitLab gets what OpenSSL takes."""
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


def test_without_a_certificate_gitlab_shows_its_own_key(stack: Stack, lab: Lab) -> None:
    """The public half is an output, and stays when a refresh reads it."""
    project = lab.project.path
    declared = [agent(project), url_configuration(project, client_cert=None, client_key=None)]
    assert stack.up(*declared).ok
    key = stack.resources()["url"]["outputs"]["public_key"]
    assert len(base64.b64decode(key)) == 32
    refreshed = stack.refresh()
    assert refreshed.ops("url") == ["same"]
    assert stack.resources()["url"]["outputs"]["public_key"] == key


def test_a_forced_replacement_deletes_first(stack: Stack, lab: Lab) -> None:
    """It never asks for a diff, so the resource itself says that there is room for one only."""
    project = lab.project.path
    declared = [agent(project), url_configuration(project)]
    assert stack.up(*declared).ok
    old = stack.resources()["url"]["id"]
    stack.taint("url")
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    assert outcome.ops("url") == Then.DELETE_FIRST.ops
    assert stack.resources()["url"]["id"] != old


def test_a_key_survives_drift(stack: Stack, lab: Lab) -> None:
    """GitLab never shows it: what drifted beside it is replaced with the same key."""
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
    mended = stack.up(*declared)
    assert mended.ok, mended.text
    assert mended.ops("url") == Then.DELETE_FIRST.ops
    answer = lab.get(path_of("ClusterAgentUrlConfiguration", stack.resources()["url"]["id"]))
    assert answer
    assert answer["tls_host"] == "ours.example.com"
    assert answer["client_cert"]  # which GitLab shows where it was given the key

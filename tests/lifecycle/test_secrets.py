"""No secret is ever in plain text: not in the state, output, messages or files of the engine."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.adapters import Adapter
from tests.lifecycle.certificates import KEY, OTHER_CERTIFICATE, OTHER_KEY
from tests.lifecycle.conftest import new_stack
from tests.lifecycle.engines import Outcome, Stack, ref
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import agent, cluster, environment, token, url_configuration

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_CLUSTER_TOKEN = "canary-of-the-cluster"
_NEW_CLUSTER_TOKEN = "canary-of-the-new-cluster"


class Record:
    """Runs of all kinds, with failures, and everything that they print or write."""

    def __init__(self, lab: Lab, stack: Stack) -> None:
        self.seen: dict[str, bytes] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.tokens: set[str] = set()
        self._lab = lab
        self._stack = stack
        self._run("create", _CLUSTER_TOKEN)
        self._run("update", _NEW_CLUSTER_TOKEN)
        self._run("replace", _NEW_CLUSTER_TOKEN, trigger="2", **_OTHER_PAIR)
        self._run("refresh")
        lab.simulator.faults(
            {"method": "PUT", "path": "/clusters/", "status": 400, "body": _echo(_CLUSTER_TOKEN)},
            {"method": "POST", "path": "/url_conf", "status": 400, "body": _echo(KEY, _sent(KEY))},
        )
        self._run("failing update", _CLUSTER_TOKEN, trigger="2", **_OTHER_PAIR)
        self._run("failing replace", _NEW_CLUSTER_TOKEN, trigger="2")
        self._run("recover", _NEW_CLUSTER_TOKEN, trigger="2")
        self._run("destroy")

    def secrets(self) -> set[str]:
        """Return all values that must not show."""
        lines = [line for key in (KEY, OTHER_KEY) for line in key.splitlines()[1:-1]]
        return {self._lab.token, _CLUSTER_TOKEN, _NEW_CLUSTER_TOKEN, *lines, *self.tokens}

    def _run(self, name: str, cluster_token: str = "", **changes: Any) -> None:
        if cluster_token:
            declared = _declared(self._lab, cluster_token, **changes)
            exports: dict[str, Any] = {
                "token": ref("token.token"),
                "values": {"config": ref("token.token")},
            }
            outcome = self._stack.up(*declared, **exports)
        else:
            outcome = self._stack.run(name)
        self.outcomes[name] = outcome
        self.seen[f"{name}: output"] = outcome.text.encode()
        self.seen[f"{name}: messages"] = repr(outcome.messages).encode()
        for path, content in self._stack.files().items():
            self.seen[f"{name}: {path}"] = content
        revealed = self._stack.resources(show_secrets=True).get("token", {}).get("outputs", {})
        if "token" in revealed:
            self.tokens.add(json.loads(revealed["token"]["plaintext"]))


_OTHER_PAIR = {"client_cert": OTHER_CERTIFICATE, "client_key": OTHER_KEY}


def _declared(
    lab: Lab, cluster_token: str, trigger: str = "1", **pair: str
) -> list[dict[str, Any]]:
    project = lab.project.path
    return [
        agent(project),
        token(project, rotation_triggers={"quarter": trigger}),
        url_configuration(project, **pair),
        cluster(project, kubernetes_token=cluster_token),
        environment(project, description=f"in quarter {trigger}"),
    ]


def _sent(key: str) -> str:
    """Return a key as it is sent to GitLab."""
    return base64.b64encode(key.encode()).decode()


def _echo(*given: str) -> dict[str, Any]:
    """Return a response that quotes values."""
    return {"message": {"base": [f"cannot take {' nor '.join(given)}"]}}


@pytest.fixture(scope="module")
def record(
    engine: str, adapter: Adapter, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Record:
    """The record, created once for all tests."""
    lab = Lab(simulator)
    directory = tmp_path_factory.mktemp(engine) / "stack"
    return Record(lab, new_stack(engine, adapter, directory, lab))


def test_the_record_has_all_runs(record: Record) -> None:
    """All succeed, except for the two failures, whose messages are still useful."""
    failed = {name for name, outcome in record.outcomes.items() if not outcome.ok}
    assert failed == {"failing update", "failing replace"}
    assert len(record.tokens) == 2
    for token_value in record.tokens:
        assert token_value.startswith("glagent-")
    error = record.outcomes["failing update"].error("cluster")
    assert "cannot update certificate-based cluster" in error
    assert "[secret]" in error
    assert "cannot take" in record.outcomes["failing replace"].error("url")


def test_no_secret_is_in_the_record(record: Record) -> None:
    """Neither in plain text nor in base64."""
    found = []
    for secret in record.secrets():
        plain = secret.encode()
        for form in (plain, base64.b64encode(plain)):
            found += [where for where, content in record.seen.items() if form in content]
    parts = [_sent(key)[100:140].encode() for key in (KEY, OTHER_KEY)]
    found += [where for where, seen in record.seen.items() for part in parts if part in seen]
    assert sorted(set(found)) == []


def test_the_record_has_the_states(record: Record, engine: str) -> None:
    """Of all runs, with encrypted values."""
    states = [
        content
        for where, content in record.seen.items()
        if Path(where).name == "test.json" and ".pulumi/stacks" in where
    ]
    assert len(states) == len(record.outcomes), engine
    assert all(b"ciphertext" in content for content in states[:-1])


def test_a_value_that_the_program_marks_as_secret_is_not_shown(stack: Stack, lab: Lab) -> None:
    """The provider does not know which values are marked, so errors only quote names."""
    canary = "canary-of-the-program"
    lab.simulator.faults(
        {"method": "POST", "path": "/environments$", "status": 422, "body": _echo(canary)}
    )
    declared = environment(
        lab.project.path,
        cluster_agent_id=None,
        kubernetes_namespace=None,
        description={"$secret": canary},
    )
    outcome = stack.up(declared)
    error = outcome.error("environment")
    assert "[description]" in error
    assert canary not in outcome.text
    assert canary not in repr(outcome.messages)

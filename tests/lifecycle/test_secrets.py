"""No secret is ever seen in the clear: not in state, output, messages or files of the engine."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

from .certificates import KEY, OTHER_CERTIFICATE, OTHER_KEY
from .conftest import new_stack
from .engines import Outcome, Stack, ref
from .gitlab import Lab
from .resources import agent, cluster, environment, token, url_configuration

_CLUSTER_TOKEN = "canary-of-the-cluster"
_NEW_CLUSTER_TOKEN = "canary-of-the-new-cluster"


class Story:
    """All kinds through a whole life with a failure in it, and what became visible."""

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
        """Return everything that must not show."""
        lines = [line for key in (KEY, OTHER_KEY) for line in key.splitlines()[1:-1]]
        return {self._lab.token, _CLUSTER_TOKEN, _NEW_CLUSTER_TOKEN, *lines, *self.tokens}

    def _run(self, name: str, cluster_token: str = "", **changes: Any) -> None:
        if cluster_token:
            declared = _declared(self._lab, cluster_token, **changes)
            exports = {"token": ref("token.token"), "values": {"config": ref("token.token")}}
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
    """Return a key in the form in which GitLab takes it."""
    return base64.b64encode(key.encode()).decode()


def _echo(*given: str) -> dict[str, Any]:
    """Answer as a GitLab that quotes what it was given."""
    return {"message": {"base": [f"cannot take {' nor '.join(given)}"]}}


@pytest.fixture(scope="module")
def story(engine: str, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """What happened, told once."""
    lab = Lab(simulator)
    return Story(lab, new_stack(engine, tmp_path_factory.mktemp(engine) / "stack", lab))


def test_the_story_is_the_intended_one(story: Story) -> None:
    """Everything went well, but for the two failures, whose messages are still of use."""
    failed = {name for name, outcome in story.outcomes.items() if not outcome.ok}
    assert failed == {"failing update", "failing replace"}
    assert len(story.tokens) == 2
    for token_value in story.tokens:
        assert token_value.startswith("glagent-")
    error = story.outcomes["failing update"].error("cluster")
    assert "cannot update certificate-based cluster" in error
    assert "[secret]" in error
    assert "cannot take" in story.outcomes["failing replace"].error("url")


def test_no_secret_is_seen(story: Story) -> None:
    """Neither as it is, nor in base64, in anything that an engine printed or wrote."""
    found = []
    for secret in story.secrets():
        plain = secret.encode()
        for form in (plain, base64.b64encode(plain)):
            found += [where for where, content in story.seen.items() if form in content]
    whole = [_sent(key)[100:140].encode() for key in (KEY, OTHER_KEY)]
    found += [where for where, seen in story.seen.items() for part in whole if part in seen]
    assert sorted(set(found)) == []


def test_the_state_was_looked_at(story: Story, engine: str) -> None:
    """What was searched has the state of every run, with the values encrypted."""
    states = [
        content
        for where, content in story.seen.items()
        if Path(where).name == "test.json" and ".pulumi/stacks" in where
    ]
    assert len(states) == len(story.outcomes), engine
    assert all(b"ciphertext" in content for content in states[:-1])


def test_what_the_program_marks_secret_is_not_quoted_either(stack: Stack, lab: Lab) -> None:
    """Pulumi does not tell which values are marked, so an error quotes none but names."""
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

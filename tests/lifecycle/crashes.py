"""Kills of the engine and the provider during a run, and the state of GitLab afterwards.

The moment of the kill is random: a line of the engine's output, and a pause after it. GitLab
responds slowly, so that most of these moments are within calls. Only tokens that no state contains
may be left behind, and a message must have reported them.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.lifecycle.engines import Outcome, Stack, ref
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import (
    agent,
    cluster,
    configuration,
    environment,
    token,
    url_configuration,
)
from tests.support.processes import Running, running_in

ENGINE, PROVIDER = "the engine", "the provider"
ADOPT = "PULUMI_GITLAB_ADOPT_EXISTING"
ENDS_WITHIN = 5.0
"""Seconds that the provider may run after the engine has ended."""

_LATENCY = 0.1
_LONG = 4.0
"""Seconds: longer than it takes to kill two processes on a busy machine."""
_TIMEOUT = 60.0
_CONFLICT = re.compile(
    r"cannot create (?P<kind>agent configuration|agent|certificate-based cluster|environment|"
    r"URL configuration) .*"
    r"with the id (?P<id>[\w-]+)(?P<created>, created [\d:.TZ-]+)?(?P<creator> by user \d+)?: "
    rf".*adopt_existing=True.*{ADOPT}=1"
)
_LAST = {"agent configuration": "id", "environment": "created", "URL configuration": "id"}
"""The last of `id`, `created` and `creator` that GitLab returns. Other kinds have all three."""
_LIMIT = re.compile(
    r"of agent (?P<agent>\d+) in project .*active tokens are (?P<active>.*): revoke"
)


def program(lab: Lab, *, changed: bool) -> list[dict[str, Any]]:
    """Describe resources of all kinds, with all kinds of changes.

    Args:
        lab: The GitLab.
        changed: Whether to return the changed ones: updated, replaced, created and deleted.
    """
    project, now = lab.project.path, int(changed)
    unbound = {"cluster_agent_id": None, "kubernetes_namespace": None}
    rotation: dict[str, Any] = {"rotation_triggers": {"number": now}}
    return [
        agent(project),
        token(project, **rotation),
        token(project, "spare", agent_id=lab.agent("unmanaged"), **rotation),
        url_configuration(project, url=f"grpcs://agent{now}.example.com:443"),
        {**agent(project, f"renamed-{now}"), "name": "renamed"},
        configuration(project, ci_access={"groups": [{"id": f"acme-{now}"}]}),
        configuration(project, "configuration-moved", agent_name=ref("renamed.name")),
        cluster(project, "updated", environment_scope="updated/*", enabled=not changed),
        cluster(project, "replaced", kubernetes_authorization_type=("rbac", "abac")[now]),
        environment(project, "bound", description=f"Number {now}"),
        {**environment(project, f"moved-{now}", **unbound), "name": "moved"},
        environment(project, ("old", "new")[now], cluster_agent_id=ref("renamed.agent_id")),
    ]


def kill_at(stack: Stack, lab: Lab, verb: str, method: str, path: str) -> None:
    """Kill engine and provider during a request, which GitLab then completes.

    Args:
        stack: The stack.
        lab: The GitLab.
        verb: The engine's command.
        method: The request's method.
        path: The end of its path.
    """
    lab.calls()
    lab.simulator.faults({"method": method, "path": f"{path}$", "latency": _LONG})
    with stack.begin(verb) as process:
        deadline = time.monotonic() + _TIMEOUT
        while not any(call.method == method and call.path.endswith(path) for call in lab.calls()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for other in running_in(stack.directory):
            if other.runs(stack.adapter.process):
                os.kill(other.pid, signal.SIGKILL)
        process.kill()
        process.communicate(timeout=_TIMEOUT)
    for other in running_in(stack.directory):
        if not other.ended(ENDS_WITHIN):
            os.kill(other.pid, signal.SIGKILL)
    stack.unlock()


@dataclass
class CrashScenario:
    """A stack whose runs are killed, one after the other.

    Args:
        stack: The stack.
        lab: The GitLab.
        victims: What is killed: one of the two, or both.
        random: The source of the random moments.
    """

    stack: Stack
    lab: Lab
    victims: tuple[str, ...]
    random: random.Random
    kills: int = 0
    text: str = field(default="", repr=False)
    """Everything that was printed."""

    def crash(self, verb: str) -> None:
        """Kill a run, then run the same command until it succeeds."""
        self._kill(verb)
        if ENGINE in self.victims:
            self.stack.unlock()
        self._recover(verb)

    # The kill -----------------------------------------------------------------------------------

    def _kill(self, verb: str) -> None:
        line = self.random.randrange(3 * len(program(self.lab, changed=True)) // 2)
        pause = self.random.uniform(0, 1.5 * _LATENCY)
        print(f"{verb}: killing {' and '.join(self.victims)} {pause:.3f} s after line {line}")
        simulator = self.lab.simulator
        simulator.faults({"path": "^/api/v4/projects/", "latency": _LATENCY, "times": None})
        try:
            with self.stack.begin(verb) as process:
                text = _read(process, self.stack.adapter.type_prefix, line)
                time.sleep(pause)
                others = running_in(self.stack.directory)
                providers = [each for each in others if each.runs(self.stack.adapter.process)]
                if PROVIDER in self.victims:
                    for provider in providers:
                        os.kill(provider.pid, signal.SIGKILL)
                if ENGINE in self.victims and process.poll() is None:
                    process.kill()
                    self.kills += 1
                elif providers:
                    self.kills += 1
                killed = simulator.clock(advance=0)
                text += process.communicate(timeout=_TIMEOUT)[0] or ""
            self.text += text
            if ENGINE in self.victims:
                self._assert_ended(others, providers, killed)
        finally:
            simulator._call("DELETE", "/-/simulator/faults")

    def _assert_ended(self, others: list[Running], providers: list[Running], killed: str) -> None:
        """Assert that the provider ends with the engine, and sends no more requests."""
        working = bool(self.lab.calls())  # Otherwise it may not have imported this package yet.
        ended = all(each.ended(ENDS_WITHIN) for each in providers)
        assert ended or not working, f"the provider outlived the engine: {self.text}"
        for other in others:  # Processes of the CLI, and a provider without any call yet.
            if not other.ended(0):
                os.kill(other.pid, signal.SIGKILL)
                other.ended(_TIMEOUT)
        latest = _moment(killed) + timedelta(seconds=ENDS_WITHIN)
        late = [
            each
            for each in self.lab.simulator.requests()
            if each["user"] == self.lab.user and _moment(each["time"]) > latest
        ]
        assert not late, late

    # The next runs ------------------------------------------------------------------------------

    def _recover(self, verb: str) -> None:
        unknown = self.lab.resources() - self._known()
        outcome = self._run(verb)
        adopted = unknown & self._known()
        assert not adopted, f"adopted without permission: {adopted}\n{outcome.text}"
        rounds = 0
        while not outcome.ok:
            rounds += 1
            assert rounds < len(program(self.lab, changed=True)), outcome.text
            for error in outcome.errors():
                self._assert_advice(error)
            self.stack.environ[ADOPT] = "1"
            outcome = self._run(verb)
            del self.stack.environ[ADOPT]
        self._assert_converged()

    def _run(self, verb: str) -> Outcome:
        outcome = self.stack.run(verb)
        self.text += outcome.text
        return outcome

    def _assert_advice(self, error: str) -> None:
        """Assert that an error says how to adopt or revoke what the killed run created."""
        print(error)
        assert "\n" not in error
        if full := _LIMIT.search(error):
            agent = f"projects/{self.lab.project.id}/cluster_agents/{full['agent']}"
            active = {f"{agent}/tokens/{id_}" for id_ in re.findall(r'(\d+) "', full["active"])}
            (lost,) = active - self._known()
            if not active & self._known(deleted=False):
                # Killed between marking the old token as deleted and recording the new one: no diff
                # claims the old one. See `test_rotation`.
                assert "revoke the one that is no longer used in GitLab" in error, error
                self.lab.root("DELETE", lost)
                return
            assert (
                f"{ADOPT}=1 pulumi up` once, which revokes {lost.rpartition('/')[2]}, a" in error
            ), error
            return
        conflict = _CONFLICT.search(error)
        assert conflict, error
        assert conflict[_LAST.get(conflict["kind"], "creator")], error

    def _known(self, *, deleted: bool = True) -> set[str]:
        """Return the API paths of the resources in the state, also of those to be deleted."""
        return {
            path_of(each["type"].rpartition(":")[2], each["id"])
            for each in self.stack.deployment().get("resources") or ()
            if self.stack.adapter.serves(each["type"]) and (deleted or not each.get("delete"))
        }

    def _assert_converged(self) -> None:
        """Assert that state and GitLab are equal, except for tokens in messages."""
        resources = self.stack.deployment().get("resources") or ()
        assert not [each["urn"] for each in resources if each.get("delete")]
        known, existing = self._known(), self.lab.resources()
        assert known <= existing, known - existing
        unmanaged = path_of("ClusterAgent", f"{self.lab.project.id}:{self.lab.agent('unmanaged')}")
        for path in existing - known - {unmanaged}:
            assert "/tokens/" in path, f"{path} was left behind"
            lost = self.lab.get(path)
            assert lost
            assert f'of no resource in this run: {lost["id"]} "{lost["name"]}"' in self.text


def _read(process: subprocess.Popen[str], type_prefix: str, lines: int) -> str:
    """Read output up to a number of lines about resources of a type."""
    assert process.stdout
    text = process.stdout.readline()
    while lines:
        line = process.stdout.readline()
        if not line:
            break
        text += line
        lines -= type_prefix in line
    return text


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))

"""Kills of the engine and the dynamic host in the middle of a run, and what must come of them.

Where a run is killed is drawn: after which line of the engine's output, and how much later. GitLab
answers slowly meanwhile, so that most of the moments are inside of calls. What may stay behind is
what GitLab made and nobody recorded; a message must have told of it.
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

from tests.processes import Running, running_in

from .engines import Outcome, Stack, ref
from .gitlab import Lab, path_of
from .resources import agent, cluster, environment, token, url_configuration

ENGINE, DYNAMIC_HOST = "the engine", "the dynamic host"
ADOPT = "PULUMI_GITLAB_ADOPT_EXISTING"
ENDS_WITHIN = 5.0
"""Seconds that the dynamic host may outlive the engine."""

_LATENCY = 0.1
_LONG = 4.0
"""Seconds: longer than it takes to kill two processes on a busy machine."""
_PATIENCE = 60.0
_KIND = "pulumi-python:dynamic/gitlab:"
_TAKEN = re.compile(
    r"cannot create (?P<kind>agent|certificate-based cluster|environment|URL configuration) .*"
    r"with the id (?P<id>\d+)(?P<made>, made [\d:.TZ-]+)?(?P<who> by user \d+)?: "
    rf".*adopt_existing=True.*{ADOPT}=1"
)
_SHOWN = {"environment": "made", "URL configuration": "id"}
"""The last of id, `made` and `who` that GitLab shows; it shows all three of other kinds."""
_LIMIT = re.compile(r"of agent (?P<agent>\d+) in project .*active are (?P<active>.*): revoke")


def program(lab: Lab, *, changed: bool) -> list[dict[str, Any]]:
    """Describe a few things of all kinds, which change in every way.

    Args:
        lab: The GitLab.
        changed: Whether as it was later: with updates, replacements, creations and deletions.
    """
    project, now = lab.project.path, int(changed)
    unbound = {"cluster_agent_id": None, "kubernetes_namespace": None}
    rotation = {"rotation_triggers": {"number": now}}
    return [
        agent(project),
        token(project, **rotation),
        token(project, "spare", agent_id=lab.agent("unmanaged"), **rotation),
        url_configuration(project, url=f"grpcs://agent{now}.example.com:443"),
        {**agent(project, f"renamed-{now}"), "name": "renamed"},
        cluster(project, "mended", environment_scope="mended/*", enabled=not changed),
        cluster(project, "remade", kubernetes_authorization_type=("rbac", "abac")[now]),
        environment(project, "bound", description=f"Number {now}"),
        {**environment(project, f"moved-{now}", **unbound), "name": "moved"},
        environment(project, ("old", "new")[now], cluster_agent_id=ref("renamed.agent_id")),
    ]


def kill_at(stack: Stack, lab: Lab, verb: str, method: str, path: str) -> None:
    """Kill engine and dynamic host while GitLab is at work on a request, which it then finishes.

    Args:
        stack: The stack.
        lab: The GitLab.
        verb: What to run.
        method: The request's method.
        path: What its path ends with.
    """
    lab.calls()
    lab.simulator.faults({"method": method, "path": f"{path}$", "latency": _LONG})
    with stack.begin(verb) as process:
        deadline = time.monotonic() + _PATIENCE
        while not any(call.method == method and call.path.endswith(path) for call in lab.calls()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        for other in running_in(stack.directory):
            if other.is_dynamic_host:
                os.kill(other.pid, signal.SIGKILL)
        process.kill()
        process.communicate(timeout=_PATIENCE)
    for other in running_in(stack.directory):
        if not other.ended(ENDS_WITHIN):
            os.kill(other.pid, signal.SIGKILL)
    stack.unlock()


@dataclass
class Course:
    """One stack whose runs are killed, one after the other.

    Args:
        stack: The stack.
        lab: The GitLab.
        victims: What is killed: one of the two, or both.
        random: Draws the moments.
    """

    stack: Stack
    lab: Lab
    victims: tuple[str, ...]
    random: random.Random
    kills: int = 0
    said: str = field(default="", repr=False)
    """All that users were shown."""

    def crash(self, verb: str) -> None:
        """Kill a run, then have the same run end well."""
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
                shown = _read(process, line)
                time.sleep(pause)  # This is the moment that was drawn.
                others = running_in(self.stack.directory)
                hosts = [each for each in others if each.is_dynamic_host]
                if DYNAMIC_HOST in self.victims:
                    for host in hosts:
                        os.kill(host.pid, signal.SIGKILL)
                if ENGINE in self.victims and process.poll() is None:
                    process.kill()
                    self.kills += 1
                elif hosts:
                    self.kills += 1
                killed = simulator.clock(advance=0)
                shown += process.communicate(timeout=_PATIENCE)[0] or ""
            self.said += shown
            if ENGINE in self.victims:
                self._all_ended(others, hosts, killed)
        finally:
            simulator._call("DELETE", "/-/simulator/faults")

    def _all_ended(self, others: list[Running], hosts: list[Running], killed: str) -> None:
        """See that nobody goes on working for an engine that is no more."""
        working = bool(self.lab.calls())  # Else perhaps none of our code has been loaded yet.
        ended = all(host.ended(ENDS_WITHIN) for host in hosts)
        assert ended or not working, f"the dynamic host outlived the engine: {self.said}"
        for other in others:  # Processes of the CLI, and a dynamic host that had nothing to do yet.
            if not other.ended(0):
                os.kill(other.pid, signal.SIGKILL)
                other.ended(_PATIENCE)
        latest = _moment(killed) + timedelta(seconds=ENDS_WITHIN)
        late = [
            each
            for each in self.lab.simulator.requests()
            if each["user"] == self.lab.user and _moment(each["time"]) > latest
        ]
        assert not late, late

    # What comes after ---------------------------------------------------------------------------

    def _recover(self, verb: str) -> None:
        unknown = self.lab.things() - self._known()
        outcome = self._run(verb)
        adopted = unknown & self._known()
        assert not adopted, f"adopted unasked: {adopted}\n{outcome.text}"
        rounds = 0
        while not outcome.ok:
            rounds += 1
            assert rounds < len(program(self.lab, changed=True)), outcome.text
            for error in outcome.errors():
                self._follow(error)
            self.stack.environ[ADOPT] = "1"
            outcome = self._run(verb)
            del self.stack.environ[ADOPT]
        self._converged()

    def _run(self, verb: str) -> Outcome:
        outcome = self.stack.run(verb)
        self.said += outcome.text
        return outcome

    def _follow(self, error: str) -> None:
        """Do what an error asks for; adopting is all that some ask for."""
        print(error)
        assert "\n" not in error
        if full := _LIMIT.search(error):
            agent = f"projects/{self.lab.project.id}/cluster_agents/{full['agent']}"
            active = {f"{agent}/tokens/{id_}" for id_ in re.findall(r'(\d+) "', full["active"])}
            (lost,) = active - self._known()
            assert (
                f"{ADOPT}=1 pulumi up` once, which revokes {lost.rpartition('/')[2]}, a" in error
            ), error
            return
        taken = _TAKEN.search(error)
        assert taken, error
        shown = _SHOWN.get(taken["kind"], "who")
        assert taken[shown], error

    def _known(self) -> set[str]:
        """Return the API paths of what the state has."""
        return {
            path_of(each["type"].removeprefix(_KIND), each["id"])
            for each in self.stack.deployment().get("resources") or ()
            if each["type"].startswith(_KIND)
        }

    def _converged(self) -> None:
        """See that state and GitLab agree, but for tokens that a message told of."""
        resources = self.stack.deployment().get("resources") or ()
        assert not [each["urn"] for each in resources if each.get("delete")]
        known, there = self._known(), self.lab.things()
        assert known <= there, known - there
        unmanaged = path_of("ClusterAgent", f"{self.lab.project.id}:{self.lab.agent('unmanaged')}")
        for path in there - known - {unmanaged}:
            assert "/tokens/" in path, f"{path} was left behind"
            lost = self.lab.get(path)
            assert lost
            assert f'of no resource in this run: {lost["id"]} "{lost["name"]}"' in self.said


def _read(process: subprocess.Popen[str], lines: int) -> str:
    """Read output until so many lines were about resources."""
    assert process.stdout
    shown = process.stdout.readline()
    while lines:
        line = process.stdout.readline()
        if not line:
            break
        shown += line
        lines -= _KIND in line
    return shown


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))

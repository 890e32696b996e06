"""Stopping environments before they are deleted."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from tests.conftest import Calls, Pair, Project
from tests.dynamic_host import CallError, DynamicHost
from tests.kinds import make

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

KIND = "ProjectEnvironment"


def _with_job(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair, **more: Any
) -> tuple[str, dict[str, Any], int]:
    """Make an environment whose stop waits for a job."""
    id_, outputs, _given = make(host, KIND, project, pair, **more)
    own = int(id_.split(":")[1])
    simulator.on_stop_job(project.id, own)
    return id_, outputs, own


def test_a_stop_is_waited_for_and_told(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """Each wait is a passing message on the resource's line."""
    id_, outputs, own = _with_job(host, simulator, project, pair)
    before = len(host.engine.messages)

    def finish() -> None:
        deadline = time.monotonic() + 10
        while len(host.engine.messages) == before and time.monotonic() < deadline:
            time.sleep(0.02)
        simulator.finish_stop_job(project.id, own)

    worker = threading.Thread(target=finish)
    worker.start()
    host.delete(KIND, id_, outputs)
    worker.join()
    told = host.engine.messages[before]
    assert told.message == "stopping: waiting for its on-stop job (0 s of 1200 s)"
    assert told.urn == "urn:pulumi:dev::shop::pulumi-python:dynamic/gitlab:ProjectEnvironment::it"
    assert told.ephemeral
    assert project.api("GET", "environments") == []


def test_a_wait_ends_at_its_limit(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The message says what else could be done; nothing was deleted."""
    id_, outputs, _own = _with_job(host, simulator, project, pair, stop_timeout=0)
    with pytest.raises(CallError, match=r"it is still stopping after 0 s: let its on-stop job end"):
        host.delete(KIND, id_, outputs)
    assert [each["state"] for each in project.api("GET", "environments")] == ["stopping"]


def test_a_failed_job_ends_the_wait(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The environment is available again, and would be for ever."""
    id_, outputs, own = _with_job(host, simulator, project, pair)
    project.api("POST", f"environments/{own}/stop")
    worker = threading.Timer(0.5, simulator.finish_stop_job, (project.id, own), {"success": False})
    worker.start()
    with pytest.raises(CallError, match=r"it is available again, since its on-stop job failed"):
        host.delete(KIND, id_, outputs)
    worker.join()


@pytest.mark.parametrize("force", [False, True])
def test_what_has_stopped_is_deleted(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, force: bool
) -> None:
    """GitLab refuses to stop it once more, and with force even breaks."""
    id_, outputs, _given = make(host, KIND, project, pair, force_stop=force)
    path = f"{project.id}/environments/{id_.split(':')[1]}"
    project.api("POST", f"environments/{id_.split(':')[1]}/stop")
    calls()
    host.delete(KIND, id_, outputs)
    assert calls() == [f"POST {path}/stop", f"GET {path}", f"DELETE {path}"]


def test_force_skips_the_job(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair, calls: Calls
) -> None:
    """So there is nothing to wait for."""
    id_, outputs, own = _with_job(host, simulator, project, pair, force_stop=True)
    path = f"{project.id}/environments/{own}"
    calls()
    host.delete(KIND, id_, outputs)
    assert calls() == [f"POST {path}/stop", f"DELETE {path}"]


def test_an_idle_stop_setting_is_stopped_by_force(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """With `with_action` and no job GitLab does not stop it otherwise."""
    id_, outputs, _given = make(host, KIND, project, pair, auto_stop_setting="with_action")
    host.delete(KIND, id_, outputs)
    assert project.api("GET", "environments") == []


def test_without_stop_before_destroy_an_available_one_stays(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """GitLab deletes stopped ones only; the message names the setting."""
    id_, outputs, _given = make(host, KIND, project, pair, stop_before_destroy=False)
    with pytest.raises(CallError, match=r"it is available, and GitLab only deletes a stopped"):
        host.delete(KIND, id_, outputs)
    project.api("POST", f"environments/{id_.split(':')[1]}/stop")
    host.delete(KIND, id_, outputs)


def test_a_refused_stop_is_told(host: DynamicHost, project: Project, pair: Pair) -> None:
    """Nothing else is tried after it."""
    id_, outputs, _given = make(host, KIND, project, pair)
    outputs["connection"] = "reporter"
    with pytest.raises(CallError, match=r'^cannot delete environment "prod" .* 403 Forbidden'):
        host.delete(KIND, id_, outputs)

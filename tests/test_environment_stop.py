"""Stopping environments before they are deleted."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from tests.certificates import Pair
from tests.conftest import Calls, Project
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


def test_each_look_of_a_wait_has_its_own_deadline(
    simulator: Simulator, project: Project, pair: Pair
) -> None:
    """A wait may last longer than GitLab may be away: two short failures in it are no long one."""
    config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
    with DynamicHost({**config, "gitlab-kubernetes:retryDeadline": "1.2"}) as host:
        id_, outputs, _own = _with_job(host, simulator, project, pair, stop_timeout=3.5)
        away = {"method": "GET", "path": r"environments/\d+$", "status": 503}
        simulator.faults(away, {**away, "skip": 1})
        with pytest.raises(CallError, match="it is still stopping after"):
            host.delete(KIND, id_, outputs)
    assert simulator.pending_faults() == []


def test_a_wait_ends_at_its_limit(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The message says what else could be done; nothing was deleted."""
    id_, outputs, _own = _with_job(host, simulator, project, pair, stop_timeout=0)
    with pytest.raises(CallError, match=r"it is still stopping after 0 s: let its on-stop job end"):
        host.delete(KIND, id_, outputs)
    assert [each["state"] for each in project.api("GET", "environments")] == ["stopping"]


def test_custom_timeouts_bound_the_wait(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The shorter of both limits counts, and the message names the one that it was."""
    id_, outputs, _own = _with_job(host, simulator, project, pair)
    with pytest.raises(
        CallError, match=r"still stopping after \d s: .* raise the delete of custom_t"
    ):
        host.delete(KIND, id_, outputs, timeout=0.5)
    with pytest.raises(CallError, match=r"it is still stopping after 0 s: .* raise stop_timeout,"):
        host.delete(KIND, id_, {**outputs, "stop_timeout": 0}, timeout=0.5)


def test_a_deployment_after_the_stop_is_told(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """GitLab refuses the deletion as if a role were missing; the next run stops it again."""
    id_, outputs, own = _with_job(host, simulator, project, pair)
    simulator.faults({"method": "DELETE", "latency": 1})
    worker = threading.Thread(target=_deploy_once_stopped, args=(simulator, project, own))
    simulator.on_stop_job(project.id, own, present=False)
    worker.start()
    with pytest.raises(CallError, match=r"it is available again, since something was deployed to"):
        host.delete(KIND, id_, outputs)
    worker.join()
    host.delete(KIND, id_, outputs)
    assert project.api("GET", "environments") == []


def _deploy_once_stopped(simulator: Simulator, project: Project, own: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if project.api("GET", f"environments/{own}")["state"] == "stopped":
            simulator.deploy(project.id, "prod")
            return
        time.sleep(0.02)


def _protect(project: Project, **who: int) -> None:
    project.api("POST", "protected_environments", name="prod", deploy_access_levels=[who])


def test_a_protected_environment_is_named(
    host: DynamicHost,
    users: dict[str, tuple[int, str]],
    project: Project,
    pair: Pair,
) -> None:
    """Its people are told, since the role alone does not open it."""
    id_, outputs, given = make(host, KIND, project, pair)
    _protect(project, user_id=users["developer"][0])
    outputs["connection"] = given["connection"] = "maintainer"
    told = r"403 Forbidden; .*; it is a protected environment, to which only these may deploy: dev"
    with pytest.raises(CallError, match=told):
        host.delete(KIND, id_, outputs)
    with pytest.raises(CallError, match=told):
        host.update(KIND, id_, outputs, {**given, "external_url": "https://a.example.com"})
    outputs["connection"] = "developer"
    host.delete(KIND, id_, outputs)


def test_a_protection_that_cannot_be_seen_is_a_possibility(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """Only Maintainers may read which environments are protected."""
    id_, outputs, _given = make(host, KIND, project, pair)
    _protect(project, access_level=40)
    outputs["connection"] = "developer"
    with pytest.raises(CallError, match=r"; if it is a protected environment, its user must be"):
        host.delete(KIND, id_, outputs)


def test_an_environment_that_is_not_protected_is_not_called_so(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """Then it is the role, and on GitLab Free nothing else is possible."""
    id_, outputs, _given = make(host, KIND, project, pair)
    outputs["connection"] = "maintainer"
    for free in (False, True):
        simulator.faults({"method": "POST", "path": "stop$", "status": 403})
        if free:
            simulator.faults({"path": "protected_environments", "status": 404})
        with pytest.raises(CallError) as raised:
            host.delete(KIND, id_, outputs)
        assert "protected" not in str(raised.value)
        assert "the role Developer in the project" in str(raised.value)


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


def test_a_refused_stop_is_not_forced(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """Force would skip the on-stop job, which nobody asked for."""
    id_, outputs, own = _with_job(host, simulator, project, pair)
    simulator.faults({"method": "POST", "path": "stop$", "status": 400})
    with pytest.raises(CallError):
        host.delete(KIND, id_, outputs)
    assert project.api("GET", f"environments/{own}")["state"] == "available"


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

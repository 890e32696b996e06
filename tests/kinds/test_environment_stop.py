"""Stopping environments before they are deleted."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.kinds import make
from tests.support.plugin_process import CallError

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

KIND = "ProjectEnvironment"


def _with_job(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair, **more: Any
) -> tuple[str, dict[str, Any], int]:
    """Create an environment whose stop waits for a job."""
    id_, outputs, _given = make(host, KIND, project, pair, **more)
    own = int(id_.split(":")[1])
    simulator.on_stop_job(project.id, own)
    return id_, outputs, own


def test_the_destroy_waits_for_the_on_stop_job(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """Each wait logs an ephemeral message of the resource."""
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
    message = host.engine.messages[before]
    assert message.message == "stopping: waiting for its on-stop job (0 s of 1200 s)"
    assert (
        message.urn == "urn:pulumi:dev::shop::pulumi-python:dynamic/gitlab:ProjectEnvironment::it"
    )
    assert message.ephemeral
    assert project.api("GET", "environments") == []


@pytest.mark.slow
def test_each_request_of_a_wait_has_its_own_deadline(
    simulator: Simulator, project: Project, pair: Pair
) -> None:
    """A long wait may contain two short failures without exceeding the retry deadline."""
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
    """The message says what to do, and nothing is deleted."""
    id_, outputs, _own = _with_job(host, simulator, project, pair, stop_timeout=0)
    with pytest.raises(CallError, match=r"it is still stopping after 0 s: let its on-stop job fi"):
        host.delete(KIND, id_, outputs)
    assert [each["state"] for each in project.api("GET", "environments")] == ["stopping"]


def test_custom_timeouts_limit_the_wait(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The shorter limit counts, and the message names its setting."""
    id_, outputs, _own = _with_job(host, simulator, project, pair)
    with pytest.raises(
        CallError, match=r"still stopping after \d s: .* raise the delete of custom_t"
    ):
        host.delete(KIND, id_, outputs, timeout=0.5)
    with pytest.raises(CallError, match=r"it is still stopping after 0 s: .* raise stop_timeout,"):
        host.delete(KIND, id_, {**outputs, "stop_timeout": 0}, timeout=0.5)


def test_a_deployment_after_the_stop_is_an_error(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """GitLab rejects the deletion with 403. The next run stops the environment again."""
    id_, outputs, own = _with_job(host, simulator, project, pair)
    simulator.faults({"method": "DELETE", "latency": 1})
    worker = threading.Thread(target=_deploy_once_stopped, args=(simulator, project, own))
    simulator.on_stop_job(project.id, own, present=False)
    worker.start()
    with pytest.raises(CallError, match=r"it is available again, because something was deployed"):
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


def test_the_error_names_a_protected_environment(
    host: DynamicHost,
    users: dict[str, tuple[int, str]],
    project: Project,
    pair: Pair,
) -> None:
    """It lists who may deploy, since the role alone is not sufficient."""
    id_, outputs, given = make(host, KIND, project, pair)
    _protect(project, user_id=users["developer"][0])
    outputs["connection"] = given["connection"] = "maintainer"
    message = r"403 Forbidden; .*; it is a protected environment, only these may deploy to it: d"
    with pytest.raises(CallError, match=message):
        host.delete(KIND, id_, outputs)
    with pytest.raises(CallError, match=message):
        host.update(KIND, id_, outputs, {**given, "external_url": "https://a.example.com"})
    outputs["connection"] = "developer"
    host.delete(KIND, id_, outputs)


def test_the_error_mentions_protection_if_it_cannot_be_read(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """Only Maintainers may read which environments are protected."""
    id_, outputs, _given = make(host, KIND, project, pair)
    _protect(project, access_level=40)
    outputs["connection"] = "developer"
    with pytest.raises(CallError, match=r"; if it is a protected environment, the user must"):
        host.delete(KIND, id_, outputs)


def test_the_error_does_not_mention_protection_without_need(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """The environment is not protected, or GitLab Free has no protected environments."""
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
    """The environment is available again, so waiting would never end."""
    id_, outputs, own = _with_job(host, simulator, project, pair)
    project.api("POST", f"environments/{own}/stop")
    worker = threading.Timer(0.5, simulator.finish_stop_job, (project.id, own), {"success": False})
    worker.start()
    with pytest.raises(CallError, match=r"it is available again, because its on-stop job failed"):
        host.delete(KIND, id_, outputs)
    worker.join()


@pytest.mark.parametrize("force", [False, True])
def test_a_stopped_environment_is_deleted(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, force: bool
) -> None:
    """GitLab rejects another stop, and responds with an error to a forced one."""
    id_, outputs, _given = make(host, KIND, project, pair, force_stop=force)
    path = f"{project.id}/environments/{id_.split(':')[1]}"
    project.api("POST", f"environments/{id_.split(':')[1]}/stop")
    calls()
    host.delete(KIND, id_, outputs)
    assert calls() == [f"POST {path}/stop", f"GET {path}", f"DELETE {path}"]


def test_force_skips_the_job(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair, calls: Calls
) -> None:
    """There is nothing to wait for."""
    id_, outputs, own = _with_job(host, simulator, project, pair, force_stop=True)
    path = f"{project.id}/environments/{own}"
    calls()
    host.delete(KIND, id_, outputs)
    assert calls() == [f"POST {path}/stop", f"DELETE {path}"]


def test_an_environment_with_action_and_no_job_is_stopped_by_force(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """Otherwise, GitLab does not stop it."""
    id_, outputs, _given = make(host, KIND, project, pair, auto_stop_setting="with_action")
    host.delete(KIND, id_, outputs)
    assert project.api("GET", "environments") == []


def test_a_rejected_stop_is_not_forced(
    host: DynamicHost, simulator: Simulator, project: Project, pair: Pair
) -> None:
    """Force would skip the on-stop job, which the user did not ask for."""
    id_, outputs, own = _with_job(host, simulator, project, pair)
    simulator.faults({"method": "POST", "path": "stop$", "status": 400})
    with pytest.raises(CallError):
        host.delete(KIND, id_, outputs)
    assert project.api("GET", f"environments/{own}")["state"] == "available"


def test_without_stop_before_destroy_an_available_environment_stays(
    host: DynamicHost, project: Project, pair: Pair
) -> None:
    """GitLab deletes only stopped environments. The message names the setting."""
    id_, outputs, _given = make(host, KIND, project, pair, stop_before_destroy=False)
    with pytest.raises(CallError, match=r"it is available, and GitLab only deletes a stopped"):
        host.delete(KIND, id_, outputs)
    project.api("POST", f"environments/{id_.split(':')[1]}/stop")
    host.delete(KIND, id_, outputs)


def test_a_rejected_stop_is_an_error(host: DynamicHost, project: Project, pair: Pair) -> None:
    """No other request follows."""
    id_, outputs, _given = make(host, KIND, project, pair)
    outputs["connection"] = "reporter"
    with pytest.raises(CallError, match=r'^cannot delete environment "prod" .* 403 Forbidden'):
        host.delete(KIND, id_, outputs)

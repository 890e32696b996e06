"""Which requests are repeated, and which are not."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.support.collections import agents_of, environments_of, tokens_of
from tests.support.gateway import Gateway

from pulumi_gitlab_kubernetes.errors import CancelledError, GitLabError
from pulumi_gitlab_kubernetes.gitlab import retries
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.clients import Clients
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.retries import Deadline, Retries
from pulumi_gitlab_kubernetes.gitlab.shared import Shared

pytestmark = pytest.mark.slow


@pytest.fixture
def status() -> list[str]:
    """The status messages of the client."""
    return []


@pytest.fixture
def client(project: Project, status: list[str]) -> Client:
    """The administrator's client, with a deadline of two seconds."""
    simulator = project.simulator
    connection = Connection(simulator.url, simulator.root_token, deadline=2)
    found = Client(connection)
    found.log_status = status.append
    return found


def fault(project: Project, **what: Any) -> None:
    """Make the next request below the project fail, or as many requests as `times`."""
    project.simulator.faults({"path": f"projects/{project.id}/", **what})


@pytest.mark.parametrize(
    "what",
    [
        {"status": 502},
        {"status": 503},
        {"status": 504},
        {"drop": "before"},
        {"drop": "after"},
        {"drop": "halfway"},
    ],
    ids=str,
)
def test_reads_are_repeated(
    client: Client, project: Project, calls: Calls, what: dict[str, Any]
) -> None:
    """Whatever happened to a GET, another one is harmless."""
    agent = project.agent()
    calls()
    fault(project, **what)

    assert agents_of(client, project.id).get(agent)["name"] == "prod"
    assert calls() in (
        [f"GET {project.id}/cluster_agents/{agent}"] * 2,
        [f"GET {project.id}/cluster_agents/{agent}"],  # `drop: before` does not log the request.
    )


def test_deletes_are_repeated(client: Client, project: Project) -> None:
    """The response to the first one was lost, so the second one gets a 404."""
    agent = project.agent()
    fault(project, method="DELETE", drop="after")

    with pytest.raises(GitLabError) as raised:
        agents_of(client, project.id).delete(agent)
    assert raised.value.status == 404
    assert list(agents_of(client, project.id).list()) == []


@pytest.mark.parametrize(
    "what",
    [{"status": 502}, {"status": 503}, {"status": 500}, {"drop": "after"}, {"drop": "halfway"}],
    ids=str,
)
def test_creates_are_not_repeated(
    client: Client, project: Project, calls: Calls, what: dict[str, Any]
) -> None:
    """GitLab may have created the resource, and a second POST could create another one."""
    agent = project.agent()
    calls()
    fault(project, method="POST", **what)

    with pytest.raises(GitLabError):
        tokens_of(client, project.id, agent).create({"name": "t"})
    assert len(calls()) <= 1
    assert len(list(tokens_of(client, project.id, agent).list())) == ("drop" in what)


@pytest.mark.parametrize(
    "after", ["1", formatdate(time.time() + 3600, usegmt=True)], ids=["seconds", "date"]
)
def test_a_rate_limit_is_waited_for(
    client: Client, project: Project, status: list[str], after: str
) -> None:
    """GitLab did nothing, so a POST is repeated too, until the deadline."""
    headers = {"Retry-After": after}
    fault(project, method="POST", status=429, headers=headers, body="Retry later")

    if after == "1":
        assert agents_of(client, project.id).create({"name": "a"})["name"] == "a"
        assert status == ["retrying in 1 s: GitLab limits the rate of requests"]
    else:
        started = time.monotonic()
        with pytest.raises(GitLabError, match="Retry later"):
            agents_of(client, project.id).create({"name": "a"})
        assert time.monotonic() - started < 60
        assert status == []
    assert len(list(agents_of(client, project.id).list())) == (after == "1")


def test_the_reset_of_a_rate_limit_is_used(
    client: Client, project: Project, status: list[str]
) -> None:
    """If there is no `Retry-After`, `RateLimit-Reset` is the end of the window."""
    headers = {"RateLimit-Reset": str(int(time.time()) + 1)}
    fault(project, status=429, headers=headers, body="Retry later")

    list(agents_of(client, project.id).list())
    assert len(status) <= 1
    assert all("limits the rate" in each for each in status)


def test_retries_end(client: Client, project: Project, calls: Calls) -> None:
    """After the deadline, the last response is the error."""
    calls()
    fault(project, status=503, times=None)

    with pytest.raises(GitLabError) as raised:
        agents_of(client, project.id).get(1)
    assert raised.value.status == 503
    assert 1 < len(calls()) < 6


def test_a_date_is_compared_with_gitlabs_clock(
    client: Client, project: Project, status: list[str]
) -> None:
    """This machine's clock may be a year ahead."""
    for name, spell in (("Retry-After", formatdate), ("RateLimit-Reset", lambda s, **_: str(s))):
        now = int(time.time()) - 365 * 86_400
        headers = {"Date": formatdate(now, usegmt=True), name: spell(now + 1, usegmt=True)}
        fault(project, status=429, headers=headers, body="Retry later")
        client.deadline.renew()
        list(agents_of(client, project.id).list())
    assert status == ["retrying in 1 s: GitLab limits the rate of requests"] * 2


_NEVER = "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"


@pytest.mark.parametrize("after", ["soon", "", "-1", _NEVER])
def test_an_invalid_time_is_ignored(client: Client, project: Project, after: str) -> None:
    """The usual pauses are used."""
    fault(project, status=429, headers={"Retry-After": after}, body="Retry later")
    assert list(agents_of(client, project.id).list()) == []


def test_an_operation_has_one_deadline(client: Client, project: Project) -> None:
    """All requests of an operation share its time. The next operation has its own."""
    agents = agents_of(client, project.id)
    client.deadline.left()
    time.sleep(2)
    fault(project, status=503, body="busy")
    with pytest.raises(GitLabError, match="busy"):
        agents.get(1)
    client.deadline.renew()
    fault(project, status=503, body="busy")
    assert list(agents.list()) == []


def test_a_redirect_to_another_address_is_not_followed(
    client: Client, project: Project, calls: Calls
) -> None:
    """It would send the token to another server."""
    elsewhere = f"{project.simulator.url.replace('127.0.0.1', 'localhost')}/api/v4/version?x=y"
    for method, status in (("GET", 302), ("POST", 301), ("PUT", 308)):
        fault(project, method=method, status=status, headers={"Location": elsewhere})
    agents = agents_of(client, project.id)
    sent: tuple[Callable[[], object], ...] = (
        lambda: agents.get(1),
        lambda: agents.create({"name": "a"}),
        lambda: environments_of(client, project.id).update(1, {"tier": "other"}),
    )
    for call in sent:
        with pytest.raises(GitLabError) as raised:
            call()
        assert str(raised.value) == (
            f"GitLab at {project.simulator.url} redirects to {elsewhere.partition('/api')[0]}: set "
            "baseUrl to GitLab's own address"
        )
    assert all("version" not in each for each in calls())


@pytest.mark.parametrize("responded", [True, False])
def test_an_address_that_responded_is_tried_until_the_deadline(
    project: Project, status: list[str], monkeypatch: pytest.MonkeyPatch, responded: bool
) -> None:
    """GitLab may be restarting. An address that never responded is only tried a few times."""
    monkeypatch.setattr(Deadline, "pause", lambda _deadline, _seconds: True)
    with Gateway(project.simulator.url) as gateway:
        headers = (("Connection", "close"),)
        token = project.simulator.root_token
        client = Client(Connection(gateway.url, token, deadline=9, headers=headers))
        client.log_status = status.append
        if responded:
            assert list(agents_of(client, project.id).list()) == []
    with pytest.raises(GitLabError, match=r"cannot be reached \(Connection refused\)"):
        agents_of(client, project.id).create({"name": "a"})
    longest = max(int(text) for text in re.findall(r"retrying in (\d+) s", " ".join(status)))
    assert (longest >= 4) == responded


class Watch(threading.Event):
    """A clock that does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        """Return the seconds of all pauses."""
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        """Record a pause."""
        self.pauses.append(timeout or 0)
        self.now += timeout or 0
        return False


def test_pauses_grow_to_half_a_minute_and_are_shown(
    status: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first retry comes at once, and the last one before the deadline."""
    watch = Watch()
    monkeypatch.setattr(retries, "time", watch)
    for _attempt in Retries.within(Deadline(300, watch), status.append).attempts("it is busy"):
        pass

    first, *growing = watch.pauses[:6]
    assert first == 0
    for number, pause in enumerate(growing):
        assert 2**number <= pause <= 2**number + 0.5
    assert set(watch.pauses[6:]) == {30.0}
    assert 300 - 31 < watch.now < 300
    assert status == [f"retrying in {pause:.0f} s: it is busy" for pause in watch.pauses[1:]]


def test_a_cancelled_run_pauses_no_more(project: Project) -> None:
    """A pause ends immediately, and the request is not repeated."""
    fault(project, status=503, times=100)
    shared = Shared()
    client = Client(Connection(project.simulator.url, project.simulator.root_token), shared)
    client.log_status = lambda _message: shared.cancel()  # The first pause that is shown.

    before = time.monotonic()
    with pytest.raises(CancelledError, match="the run was cancelled: run it again to go on"):
        list(agents_of(client, project.id).list())
    assert time.monotonic() - before < 5


def test_a_call_ends_at_its_time_limit(project: Project, status: list[str]) -> None:
    """`custom_timeouts` end retries before the deadline of the connection."""
    fault(project, status=503, times=100)
    clients = Clients()
    connection = Connection(project.simulator.url, project.simulator.root_token)
    client = clients.get(connection, status.append, time.monotonic() + 2)

    before = time.monotonic()
    with pytest.raises(GitLabError):
        list(agents_of(client, project.id).list())
    assert time.monotonic() - before < 5

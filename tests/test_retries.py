"""Which requests go again, and which never do."""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from typing import Any

import pytest
from tests.conftest import Calls, Project
from tests.gateway import Gateway

from pulumi_gitlab_kubernetes import _retries
from pulumi_gitlab_kubernetes._connection import Client, Connection
from pulumi_gitlab_kubernetes._retries import Deadline, Retries
from pulumi_gitlab_kubernetes.errors import GitLabError


class Said(list[str]):
    """What a client said while it waited."""


@pytest.fixture
def said() -> Said:
    """Nothing yet."""
    return Said()


@pytest.fixture
def client(project: Project, said: Said) -> Client:
    """The administrator's client, which gives up after two seconds."""
    simulator = project.simulator
    connection = Connection("gitlab", simulator.url, simulator.root_token, deadline=2)
    found = Client(connection)
    found.say = said.append
    return found


def fault(project: Project, **what: Any) -> None:
    """Let the next request below the project fail, or as many as `times` says."""
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
def test_reading_goes_again(
    client: Client, project: Project, calls: Calls, what: dict[str, Any]
) -> None:
    """Whatever happened to a GET, one more does no harm."""
    agent = project.agent()
    calls()
    fault(project, **what)

    assert client.agents(project.id).get(agent)["name"] == "prod"
    assert calls() in (
        [f"GET {project.id}/cluster_agents/{agent}"] * 2,
        [f"GET {project.id}/cluster_agents/{agent}"],  # one that was cut before is not logged
    )


def test_a_deletion_goes_again(client: Client, project: Project) -> None:
    """The answer to the first one was lost, and the second finds nothing: both are fine."""
    agent = project.agent()
    fault(project, method="DELETE", drop="after")

    with pytest.raises(GitLabError) as raised:
        client.agents(project.id).delete(agent)
    assert raised.value.status == 404
    assert list(client.agents(project.id).list()) == []


@pytest.mark.parametrize(
    "what",
    [{"status": 502}, {"status": 503}, {"status": 500}, {"drop": "after"}, {"drop": "halfway"}],
    ids=str,
)
def test_a_creation_never_goes_again(
    client: Client, project: Project, calls: Calls, what: dict[str, Any]
) -> None:
    """It may have been done, and a second one would be another thing."""
    agent = project.agent()
    calls()
    fault(project, method="POST", **what)

    with pytest.raises(GitLabError):
        client.tokens(project.id, agent).create({"name": "t"})
    assert len(calls()) <= 1
    assert len(list(client.tokens(project.id, agent).list())) == ("drop" in what)


@pytest.mark.parametrize(
    "after", ["1", formatdate(time.time() + 3600, usegmt=True)], ids=["seconds", "date"]
)
def test_a_limit_is_waited_for(client: Client, project: Project, said: Said, after: str) -> None:
    """What GitLab put off was not done, so a POST goes again too; but not beyond the deadline."""
    headers = {"Retry-After": after}
    fault(project, method="POST", status=429, headers=headers, body="Retry later")

    if after == "1":
        assert client.agents(project.id).create({"name": "a"})["name"] == "a"
        assert said == ["retrying in 1 s: GitLab limits the rate of requests"]
    else:
        started = time.monotonic()
        with pytest.raises(GitLabError, match="Retry later"):
            client.agents(project.id).create({"name": "a"})
        assert time.monotonic() - started < 60
        assert said == []
    assert len(list(client.agents(project.id).list())) == (after == "1")


def test_the_reset_of_a_limit_is_read(client: Client, project: Project, said: Said) -> None:
    """Where there is no `Retry-After`, GitLab says when its window ends."""
    headers = {"RateLimit-Reset": str(int(time.time()) + 1)}
    fault(project, status=429, headers=headers, body="Retry later")

    list(client.agents(project.id).list())
    assert len(said) <= 1
    assert all("limits the rate" in each for each in said)


def test_an_end_comes(client: Client, project: Project, calls: Calls) -> None:
    """After the deadline the last answer is the one that counts."""
    calls()
    fault(project, status=503, times=None)

    with pytest.raises(GitLabError) as raised:
        client.agents(project.id).get(1)
    assert raised.value.status == 503
    assert 1 < len(calls()) < 6


def test_a_date_is_read_by_gitlabs_own_clock(client: Client, project: Project, said: Said) -> None:
    """A year's difference to this machine's clock makes no difference to the wait."""
    for name, spell in (("Retry-After", formatdate), ("RateLimit-Reset", lambda s, **_: str(s))):
        now = int(time.time()) - 365 * 86_400
        headers = {"Date": formatdate(now, usegmt=True), name: spell(now + 1, usegmt=True)}
        fault(project, status=429, headers=headers, body="Retry later")
        client.deadline.renew()
        list(client.agents(project.id).list())
    assert said == ["retrying in 1 s: GitLab limits the rate of requests"] * 2


_NEVER = "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"


@pytest.mark.parametrize("after", ["soon", "", "-1", _NEVER])
def test_what_is_no_moment_is_not_waited_for(client: Client, project: Project, after: str) -> None:
    """The usual pauses do."""
    fault(project, status=429, headers={"Retry-After": after}, body="Retry later")
    assert list(client.agents(project.id).list()) == []


def test_an_operation_has_one_deadline(client: Client, project: Project) -> None:
    """What its first request used up its second one does not have; the next operation does."""
    agents = client.agents(project.id)
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
    """As from http to https: whoever followed it would take the token to whatever is there."""
    elsewhere = f"{project.simulator.url.replace('127.0.0.1', 'localhost')}/api/v4/version?x=y"
    for method, status in (("GET", 302), ("POST", 301), ("PUT", 308)):
        fault(project, method=method, status=status, headers={"Location": elsewhere})
    agents = client.agents(project.id)
    for call in (
        lambda: agents.get(1),
        lambda: agents.create({"name": "a"}),
        lambda: client.environments(project.id).update(1, {"tier": "other"}),
    ):
        with pytest.raises(GitLabError) as raised:
            call()
        assert str(raised.value) == (
            f"GitLab at {project.simulator.url} redirects to {elsewhere.partition('/api')[0]}: set "
            "baseUrl to GitLab's own address"
        )
    assert all("version" not in each for each in calls())


@pytest.mark.parametrize("answered", [True, False])
def test_an_address_that_answered_is_tried_until_the_deadline(
    project: Project, said: Said, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    """GitLab may be restarting; one that nobody ever listened at is given up soon."""
    monkeypatch.setattr("pulumi_gitlab_kubernetes._retries.time.sleep", lambda _seconds: None)
    with Gateway(project.simulator.url) as gateway:
        headers = (("Connection", "close"),)
        token = project.simulator.root_token
        client = Client(Connection("gitlab", gateway.url, token, deadline=9, headers=headers))
        client.say = said.append
        if answered:
            assert list(client.agents(project.id).list()) == []
    with pytest.raises(GitLabError, match=r"cannot be reached \(Connection refused\)"):
        client.agents(project.id).create({"name": "a"})
    longest = max(int(text) for text in re.findall(r"retrying in (\d+) s", " ".join(said)))
    assert (longest >= 4) == answered


class Watch:
    """A clock on which a pause takes no time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        """Return the seconds that were waited."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.pauses.append(seconds)
        self.now += seconds


def test_pauses_grow_to_half_a_minute_and_are_told(
    said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first repetition comes at once, the last one before the deadline."""
    watch = Watch()
    monkeypatch.setattr(_retries, "time", watch)
    for _attempt in Retries.within(Deadline(300), said.append).attempts("it is busy"):
        pass

    first, *growing = watch.pauses[:6]
    assert first == 0
    for number, pause in enumerate(growing):
        assert 2**number <= pause <= 2**number + 0.5
    assert set(watch.pauses[6:]) == {30.0}
    assert 300 - 31 < watch.now < 300
    assert said == [f"retrying in {pause:.0f} s: it is busy" for pause in watch.pauses[1:]]

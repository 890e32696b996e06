"""What survives `kill -9`, and consistency of two processes that share a file."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from tests.testing.simulator.api import Api

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator
from pulumi_gitlab_kubernetes.testing.simulator.store import Store

pytestmark = pytest.mark.slow

_CONNECTIONS = 6


@dataclass
class _Ledger:
    """The acknowledged writes: by name the latest description, None if deleted."""

    known: dict[str, str | None] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    count: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def acknowledge(self, name: str, description: str | None) -> int:
        """Record an acknowledged write and return the number of writes."""
        with self.lock:
            self.known[name] = description
            self.doubtful.discard(name)
            self.count += 1
            return self.count


def _write(
    api: Api, path: str, writer: str, ledger: _Ledger, enough: Callable[[int], None]
) -> None:
    """Create, change, stop and delete environments until the connection breaks."""
    try:
        for number in range(10_000):
            name = f"{writer}-{number}"
            ledger.doubtful.add(name)
            made = api("POST", path, {"name": name, "description": "new"})
            assert made.status_code == 201
            enough(ledger.acknowledge(name, "new"))
            member = f"{path}/{made.json()['id']}"
            if number % 3 == 0:
                ledger.doubtful.add(name)
                assert api("PUT", member, {"description": "changed"}).status_code == 200
                enough(ledger.acknowledge(name, "changed"))
            elif number % 3 == 1:
                ledger.doubtful.add(name)
                assert api("POST", f"{member}/stop").status_code == 200
                assert api("DELETE", member).status_code == 204
                enough(ledger.acknowledge(name, None))
    except requests.RequestException:
        pass  # the process was killed
    finally:
        api.session.close()


def _all(simulator: Simulator, path: str) -> dict[str, str]:
    """Return the name and description of all environments."""
    found: dict[str, str] = {}
    page = 1
    while rows := simulator.api("GET", f"{path}?per_page=100&page={page}"):
        found |= {row["name"]: row["description"] for row in rows}
        page += 1
    return found


def _check_file(data: Path) -> None:
    connection = sqlite3.connect(data)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    """Whenever the process is killed, with several connections."""
    data, ledger, path = tmp_path / "gitlab.db", _Ledger(), ""
    chance = random.Random(4)  # noqa: S311 (not for cryptography)
    for life in range(5):
        with Simulator(data) as simulator:
            if not path:
                path = (
                    f"projects/{simulator.api('POST', 'projects', name='app')['id']}/environments"
                )
            found = _all(simulator, path)
            sure = {
                name: text for name, text in ledger.known.items() if name not in ledger.doubtful
            }
            assert {name: found.get(name) for name in sure} == sure
            assert set(found) <= set(ledger.known) | ledger.doubtful
            last = ledger.count + chance.randrange(10, 60)

            def enough(count: int, last: int = last, process: Any = simulator.process) -> None:
                if count >= last:
                    process.kill()

            threads = [
                threading.Thread(
                    target=_write,
                    args=(
                        Api(simulator.url, simulator.root_token), path, f"{life}-{number}",
                        ledger, enough,
                    ),
                )
                for number in range(_CONNECTIONS)
            ]  # fmt: skip
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert simulator.process.wait() == -9
        _check_file(data)
    assert ledger.count >= 50


def test_a_file_of_an_older_version_is_migrated(tmp_path: Path) -> None:
    """It gets the missing tables and columns, and keeps its content."""
    data = tmp_path / "gitlab.db"
    store = Store(str(data))
    store.insert("users", username="a", name="A", email="a@example.com", admin=1, created_at="")
    store.close()
    older = sqlite3.connect(data)
    older.execute("DROP TABLE jobs")
    for column in ("on_stop_job", "auto_stop_at"):
        older.execute(f"ALTER TABLE environments DROP COLUMN {column}")
    older.close()
    store = Store(str(data))
    assert store.fetch("users", 1)["name"] == "A"
    assert store.all("SELECT on_stop_job, auto_stop_at FROM environments") == []
    assert store.all("SELECT * FROM jobs") == []
    store.close()


@dataclass
class _Two:
    """Two processes that share a file."""

    simulators: tuple[Simulator, Simulator]
    data: Path

    def together(self, method: str, path: str, body: Any, times: int = 8) -> list[Any]:
        """Send the same request concurrently over several connections, half to each process."""
        barrier = threading.Barrier(times)

        def send(number: int) -> Any:
            api = Api(self.simulators[number % 2].url, self.simulators[0].root_token)
            api("GET", "version")  # connected
            barrier.wait(20)
            response = api(method, path, body(number) if callable(body) else body)
            api.session.close()
            return response

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(send, range(times)))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Two]:
    """Two simulators that share a file, with all features enabled."""
    data = tmp_path_factory.mktemp("two") / "gitlab.db"
    with Simulator(data) as first, Simulator(data) as second:
        first.api("POST", "license", license="ultimate")
        first.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
        first.api("POST", "features/certificate_based_clusters", value=True)
        first.api("POST", "projects", name="app")
        yield _Two((first, second), data)


def test_two_processes_write_to_one_file(two: _Two) -> None:
    """Each reads all complete writes of both."""
    path = "projects/1/environments"
    for step in range(10):
        responses = two.together(
            "POST", path, lambda number, step=step: {"name": f"{step}-{number}"}
        )
        assert {response.status_code for response in responses} == {201}
    expected = {f"{step}-{number}" for step in range(10) for number in range(8)}
    for simulator in two.simulators:
        assert set(_all(simulator, path)) == expected
    _check_file(two.data)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("projects", {"name": "same"}),
        ("groups", {"name": "same", "path": "same"}),
        ("projects/1/cluster_agents", {"name": "same"}),
        ("projects/1/environments", {"name": "same"}),
        ("projects/1/environments", lambda number: {"name": "slug" + "-" * (number % 2)}),
        (
            "projects/1/clusters/user",
            {
                "name": "c",
                "platform_kubernetes_attributes": {"api_url": "https://k.test", "token": "t"},
            },
        ),
        ("projects/1/cluster_agents/1/url_configurations", {"url": "grpcs://a.test:443"}),
    ],
)
def test_uniqueness_holds_across_processes(two: _Two, path: str, body: Any) -> None:
    """Of concurrent requests to both processes, one succeeds; others get the usual error."""
    if "url_configurations" in path:
        agent = two.simulators[0].api("POST", "projects/1/cluster_agents", name="receptive")
        path = path.replace("agents/1", f"agents/{agent['id']}")
    responses = two.together("POST", path, body)
    assert sorted(response.status_code for response in responses) == [201] + [400] * 7
    errors = {response.text for response in responses if response.status_code == 400}
    assert all("already" in text or "duplicated" in text for text in errors)


def test_the_limit_of_tokens_holds(two: _Two) -> None:
    """Two are active, with any number of concurrent requests to both processes."""
    agent = two.simulators[0].api("POST", "projects/1/cluster_agents", name="limited")
    path = f"projects/1/cluster_agents/{agent['id']}/tokens"
    responses = two.together("POST", path, {"name": "t"})
    assert sorted(response.status_code for response in responses) == [201] * 2 + [400] * 6
    for simulator in two.simulators:
        assert len(simulator.api("GET", path)) == 2


def test_the_clock_is_shared(two: _Two) -> None:
    """Moving it in one process moves it in both, and due jobs run once."""
    first, second = two.simulators
    made = first.deploy(1, "review/clock", auto_stop_in="1 hour")
    first.clock(advance=7200)
    path = f"projects/1/environments/{made['environment']['id']}"
    responses = two.together("GET", path, None)
    assert {response.json()["state"] for response in responses} == {"stopped"}
    assert len({response.json()["updated_at"] for response in responses}) == 1
    assert abs(_seconds(second.clock()) - _seconds(first.clock())) < 60


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()

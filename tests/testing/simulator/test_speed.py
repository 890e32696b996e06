"""The simulator stays fast with much data; `make bench-simulator` measures it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from starlette.types import Message

from pulumi_gitlab_kubernetes.testing.simulator.app import App
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator
from pulumi_gitlab_kubernetes.testing.simulator.store import Store

pytestmark = pytest.mark.slow

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "simulator.py"
SMALL_TABLES = {"settings", "features", "licenses"}
# The few namespaces above a project and its shared groups, and a query without a table.
ABOVE = {"above", "a", "i", "CONSTANT"}


class InProcess:
    """A simulator in this process, which records SQLite's statements."""

    def __init__(self, path: Path) -> None:
        self.store = Store(str(path))
        self.token = "root-token"
        self.statements: list[str] = []
        self._app = App(self.store, self.token)
        self._db = self.store._connection

    def __call__(self, method: str, path: str, /, **parameters: Any) -> Any:
        """Call the API and return the response's body, and record the statements without a cache.

        The cache is empty, as after a write.
        """
        self.store._clear_cache()
        return self.again(method, path, **parameters)

    def again(self, method: str, path: str, /, **parameters: Any) -> Any:
        """Call the API with the cache as it is."""
        self.statements.clear()
        self._db.set_trace_callback(self.statements.append)
        try:
            status, response = asyncio.run(self._exchange(method, path, parameters))
        finally:
            self._db.set_trace_callback(None)
        assert status < 300, response
        return response

    async def _exchange(
        self, method: str, path: str, parameters: dict[str, Any]
    ) -> tuple[int, Any]:
        sent: list[Message] = []
        path, _, query = f"/api/v4/{path}".partition("?")

        async def receive() -> Message:
            return {"type": "http.request", "body": json.dumps(parameters).encode()}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [
                (b"host", b"gitlab.localhost"),
                (b"content-type", b"application/json"),
                (b"private-token", self.token.encode()),
            ],
            "server": ("127.0.0.1", 80),
            "client": ("127.0.0.1", 50000),
        }
        await self._app(scope, receive, send)
        body = sent[1]["body"]
        return sent[0]["status"], json.loads(body) if body else None

    def plan(self, statement: str) -> list[str]:
        """Return SQLite's query plan of a statement."""
        return [row["detail"] for row in self._db.execute(f"EXPLAIN QUERY PLAN {statement}")]


@pytest.fixture
def in_process(tmp_path: Path) -> Iterator[InProcess]:
    """A fresh simulator with a Maintainer's token."""
    found = InProcess(tmp_path / "gitlab.db")
    with closing(found.store):
        user = found(
            "POST", "users", username="m", name="m", email="m@x.org", force_random_password=True
        )
        token = found(
            "POST", f"users/{user['id']}/personal_access_tokens", name="t", scopes=["api"]
        )
        group = found("POST", "groups", name="g", path="g")["id"]
        found("POST", f"groups/{group}/members", user_id=user["id"], access_level=40)
        found("POST", "projects", name="app", namespace_id=group)
        found("POST", "features/certificate_based_clusters", value="true")
        found("POST", "license", license="ultimate")
        found("PUT", "application/settings", receptive_cluster_agents_enabled=True)
        found.token = token["token"]
        yield found


def _lifecycle(call: InProcess) -> Iterator[str]:
    """Create, read, change and delete one object of each kind; yield the name of each step."""
    made: dict[str, Any] = {}
    for kind, path, parameters in (
        ("agent", "cluster_agents", {"name": "a"}),
        ("token", "cluster_agents/{agent}/tokens", {"name": "t"}),
        ("url", "cluster_agents/{agent}/url_configurations", {"url": "grpc://agent.test:80"}),
        ("environment", "environments", {"name": "e"}),
        (
            "cluster",
            "clusters/user",
            {
                "name": "c",
                "platform_kubernetes_attributes": {"api_url": "https://k.test", "token": "x"},
            },
        ),
    ):
        path = "projects/1/" + path.format(**made)  # noqa: PLW2901 (the same path, complete)
        made[kind] = call("POST", path, **parameters)["id"]
        yield f"create {kind}"
        path = path.removesuffix("/user")  # noqa: PLW2901 (another path creates clusters)
        call("GET", f"{path}/{made[kind]}")
        yield f"read {kind}"
        if kind in {"environment", "cluster"}:
            call("PUT", f"{path}/{made[kind]}", domain="d.test", description="d")
            yield f"update {kind}"
        if kind == "environment":
            call("POST", f"{path}/{made[kind]}/stop")
            yield "stop environment"
        if kind != "agent":
            call("DELETE", f"{path}/{made[kind]}")
            yield f"delete {kind}"
    call("DELETE", f"projects/1/cluster_agents/{made['agent']}")
    yield "delete agent"


def _counts(call: InProcess) -> dict[str, int]:
    # Settings are read only after a write, so the number varies by step.
    return {
        step: sum("FROM settings" not in statement for statement in call.statements)
        for step in _lifecycle(call)
    }


def _fill(store: Store) -> None:
    """Insert 300 rows of each kind that can have many."""
    now, levels = store.timestamp(), ("repository", "builds", "environments", "infrastructure")
    shared = {"created_at": now, "updated_at": now}
    features = {f"{level}_access_level": "enabled" for level in levels}
    with store.transaction():
        for number in range(300):
            name = f"many-{number}"
            of_project = {"project_id": 1, "name": name, **shared}
            store.insert("cluster_agents", **of_project)
            store.insert(
                "environments",
                **of_project,
                slug=name,
                tier="other",
                auto_stop_setting="always",
            )
            store.insert(
                "projects",
                namespace_id=2,
                name=name,
                path=name,
                visibility="private",
                **shared,
                **features,
            )


def test_the_number_of_statements_is_constant(in_process: InProcess) -> None:
    """Each step of each kind runs the same number with 300 other objects as with none."""
    few = _counts(in_process)
    _fill(in_process.store)
    assert _counts(in_process) == few
    assert max(few.values()) < 30


def test_a_repeated_read_uses_the_cache(in_process: InProcess) -> None:
    """It only checks whether another process wrote."""
    path = (
        f"projects/1/environments/{in_process('POST', 'projects/1/environments', name='e')['id']}"
    )
    first = in_process("GET", path)
    assert len(in_process.statements) > 8
    assert in_process.again("GET", path) == first
    in_the_transaction = in_process.statements[in_process.statements.index("BEGIN DEFERRED") :]
    assert in_the_transaction == ["BEGIN DEFERRED", "PRAGMA data_version", "COMMIT"]


def test_every_statement_uses_an_index(in_process: InProcess) -> None:
    """No statement of any step scans a table."""
    seen = 0
    for step in _lifecycle(in_process):
        for statement in list(in_process.statements):
            if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)", statement):
                tables = {
                    match[1]
                    for line in in_process.plan(statement)
                    if (match := re.match(r"SCAN (\w+)", line))
                }
                assert tables <= SMALL_TABLES | ABOVE, f"{step}: {statement}"
                seen += 1
    assert seen > 100


def test_every_foreign_key_has_an_index(in_process: InProcess) -> None:
    """Otherwise a delete would scan the referencing tables."""
    store, missing, seen = in_process.store, [], 0
    for table in store.all("SELECT name FROM sqlite_master WHERE type = 'table'"):
        indexes = store.all(f"PRAGMA index_list({table['name']})")
        indexed = {store.all(f"PRAGMA index_info({index['name']})")[0]["name"] for index in indexes}
        for key in store.all(f"PRAGMA foreign_key_list({table['name']})"):
            seen += 1
            if key["from"] not in indexed:
                missing.append(f"{table['name']}.{key['from']}")
    assert missing == []
    assert seen > 20


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Hold the file's write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_reads_wait_for_no_writer(tmp_path: Path) -> None:
    """GET responds while another process holds the write lock."""
    data = tmp_path / "gitlab.db"
    with Simulator(data) as simulator:
        project = simulator.api("POST", "projects", name="app")
        path = f"projects/{project['id']}/environments"
        environment = simulator.api("POST", path, name="e")
        with _writing(data):
            assert simulator.api("GET", f"{path}/{environment['id']}")["name"] == "e"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Two stores that share a file, as in two processes."""
    path = str(tmp_path / "gitlab.db")
    with closing(Store(path)) as one, closing(Store(path)) as other:
        yield one, other


def _setting(store: Store) -> Callable[[], Any]:
    return lambda: store.setting("name")


def test_a_write_invalidates_the_cache(stores: tuple[Store, Store]) -> None:
    """A write of another process or this one, and a rollback."""
    one, other = stores
    read = _setting(one)
    assert one.run(read, reads=True) is None
    other.set_setting("name", 1)
    assert one.run(read, reads=True) == 1
    one.set_setting("name", 2)
    assert one.run(read, reads=True) == 2

    def write_and_fail() -> None:
        one.set_setting("name", 3)
        assert read() == 3
        raise LookupError

    with pytest.raises(LookupError):
        one.run(write_and_fail, reads=False)
    assert one.run(read, reads=True) == 2


def test_a_read_that_writes_is_repeated_after_a_foreign_write(
    stores: tuple[Store, Store],
) -> None:
    """It then sees the other process's write, and its own write is committed."""
    one, other = stores
    seen = []

    def count() -> None:
        seen.append(one.setting("name", 0))
        if len(seen) == 1:
            other.set_setting("name", 10)
        one.set_setting("name", seen[-1] + 1)

    one.run(count, reads=True)
    assert seen == [0, 10]
    assert other.run(_setting(other), reads=True) == 11


def test_a_response_is_one_write(simulator: Simulator) -> None:
    """Head and body are sent together, so that a client wakes up once."""
    host, port = simulator.url.removeprefix("http://").split(":")
    lines = ["Host: localhost", f"PRIVATE-TOKEN: {simulator.root_token}", "", ""]
    request = "\r\n".join(["GET /api/v4/version HTTP/1.1", *lines])
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        for _ in range(10):
            connection.sendall(request.encode())
            head, _, body = connection.recv(1 << 16).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert json.loads(body)["version"]


def test_ping_does_no_work(simulator: Simulator) -> None:
    """It responds at once, without faults and request log."""
    simulator.faults({"times": None, "status": 500})
    response = requests.get(f"{simulator.url}/-/simulator/ping", timeout=20)
    assert (response.status_code, response.content) == (200, b"")
    assert simulator.requests() == []


def test_the_benchmark_prints_its_ratios() -> None:
    """For both kinds of store; a short run does not check the values."""
    command = [sys.executable, str(BENCHMARK), "--rounds", "1", "--seconds", "0.02"]
    sizes = ["--connections", "4", "--projects", "2", "--environments", "10"]
    ended = subprocess.run(command + sizes, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr == ""
    for title in ("in memory", "on a file"):
        table = ended.stdout.partition(title)[2]
        for kind in ("GET", "POST", "PUT"):
            assert re.search(rf"^{kind} +\d+ +\d+% .* \d+ +\d+\.\d\dx", table, re.MULTILINE)
    assert ended.returncode == ("MISSED" in ended.stdout)

"""How fast the GitLab simulator answers, against an empty endpoint of the same server.

`make bench-simulator` runs it. For a simulator in memory and one on a file it prints the rates of
an empty answer, of a simple read and of two simple writes, over keep-alive from 16 connections, and
what 20,000 environments in the project change. Each round measures everything once, one thing right
after the other, and ratios are medians of the rounds' ratios: what else the machine does meanwhile
hardly shows. The exit code is 1 when a ratio is missed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import selectors
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

READ_SHARE, WRITE_SHARE = 0.40, 0.10  # of the empty endpoint's rate, at least
SLOWDOWN = 2.0  # of a project with many environments, less than this
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_CHUNK = 1 << 16
_MAINTAINER = 40


class Load:
    """A cheap client: some keep-alive connections, with one request on each at a time.

    Args:
        url: address of a simulator.
        token: personal access token.
        connections: how many.
    """

    def __init__(self, url: str, token: str, connections: int) -> None:
        address = urlsplit(url)
        self._head = f"HTTP/1.1\r\nHost: {address.netloc}\r\nPRIVATE-TOKEN: {token}"
        self._sockets = [
            socket.create_connection((address.hostname, address.port or 0))
            for _ in range(connections)
        ]
        for connection in self._sockets:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.busy = 0.0  # the largest share of the time in which this client was at work

    def close(self) -> None:
        """Close the connections."""
        for connection in self._sockets:
            connection.close()

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> bytes:
        """Return a request as it goes over the wire."""
        content = json.dumps(body) if body is not None else ""
        head = f"{method} {path} {self._head}\r\nContent-Length: {len(content)}\r\n"
        return f"{head}Content-Type: application/json\r\n\r\n{content}".encode()

    def rate(self, requests: Iterable[bytes], seconds: float = float("inf")) -> float:
        """Send requests until the time is over or there are no more, and return how many a second.

        Raises:
            SystemExit: an answer was no success.
        """
        source, answered, begin, busy = iter(requests), 0, time.perf_counter(), time.process_time()
        with selectors.DefaultSelector() as selector:
            for connection in self._sockets:
                if (request := next(source, None)) is not None:
                    selector.register(connection, selectors.EVENT_READ, connection)
                    connection.sendall(request)
            while selector.get_map():
                for key, _ in selector.select():
                    connection = key.data
                    _receive(connection)
                    answered += 1
                    over = time.perf_counter() - begin >= seconds
                    if over or (request := next(source, None)) is None:
                        selector.unregister(connection)
                    else:
                        connection.sendall(request)
        elapsed = time.perf_counter() - begin
        self.busy = max(self.busy, (time.process_time() - busy) / elapsed)
        return answered / elapsed


def _receive(connection: socket.socket) -> None:
    answer = connection.recv(_CHUNK)
    while (end := answer.find(b"\r\n\r\n")) < 0 or len(answer) < end + 4 + _length(answer):
        more = connection.recv(_CHUNK)
        if not more:
            sys.exit("the simulator closed the connection")
        answer += more
    if answer[9:10] != b"2":
        sys.exit(f"the simulator refused: {answer.decode()}")


def _length(answer: bytes) -> int:
    found = _LENGTH.search(answer)
    return int(found[1]) if found else 0


class Subject:
    """A simulator under load: a maintainer's project in a group, with one environment.

    Args:
        simulator: a fresh one.
        connections: how many to load it with.
    """

    def __init__(self, simulator: Simulator, connections: int) -> None:
        self._simulator = simulator
        self._numbers = itertools.count()
        user = simulator.api(
            "POST",
            "users",
            username="maintainer",
            name="maintainer",
            email="maintainer@example.com",
            force_random_password=True,
        )
        token = simulator.api(
            "POST", f"users/{user['id']}/personal_access_tokens", name="bench", scopes=["api"]
        )
        self._group = simulator.api("POST", "groups", name="bench", path="bench")["id"]
        members = f"groups/{self._group}/members"
        simulator.api("POST", members, user_id=user["id"], access_level=_MAINTAINER)
        self.load = Load(simulator.url, token["token"], connections)
        self.renew()

    def renew(self) -> None:
        """Go on with a new project."""
        name = f"project-{next(self._numbers)}"
        project = self._simulator.api("POST", "projects", name=name, namespace_id=self._group)
        path = f"projects/{project['id']}/environments"
        environment = self._simulator.api("POST", path, name="first")
        self._environments = f"/api/v4/{path}"
        self._environment = f"{self._environments}/{environment['id']}"

    def fill(self, projects: int, environments: int) -> None:
        """Add other projects with one environment each, and environments to a last one."""
        for _ in range(projects):
            self.renew()
        self.load.rate(itertools.islice(self._creations(), environments))

    def rate(self, kind: str, seconds: float) -> float:
        """Return how many requests of a kind are answered a second."""
        requests = {
            "empty": lambda: itertools.repeat(self.load.request("GET", "/-/simulator/ping")),
            "GET": lambda: itertools.repeat(self.load.request("GET", self._environment)),
            "POST": self._creations,
            "PUT": self._changes,
        }
        return self.load.rate(requests[kind](), seconds)

    def _creations(self) -> Iterator[bytes]:
        for number in self._numbers:
            yield self.load.request("POST", self._environments, {"name": f"env-{number}"})

    def _changes(self) -> Iterator[bytes]:
        for number in self._numbers:
            yield self.load.request("PUT", self._environment, {"description": f"change {number}"})


def main() -> int:
    """Measure and print; return how many ratios were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--seconds", type=float, default=0.25, help="of each measurement")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--environments", type=int, default=20_000)
    options = parser.parse_args()
    print(
        f"{options.connections} connections, medians of {options.rounds} rounds; "
        f"many: {options.environments} environments in the project, {options.projects} projects"
    )
    with tempfile.TemporaryDirectory() as directory:
        missed = _measure("in memory", (None, None), options)
        files = (Path(directory, "empty"), Path(directory, "many"))
        return missed + _measure("on a file", files, options)


def _measure(title: str, data: tuple[Path | None, Path | None], options: Any) -> int:
    rates: dict[tuple[str, str], list[float]] = {}
    with ExitStack() as stack:
        few, many = (
            Subject(stack.enter_context(Simulator(path)), options.connections) for path in data
        )
        loads = [stack.enter_context(closing(subject.load)) for subject in (few, many)]
        many.fill(options.projects, options.environments)
        for _ in range(options.rounds):
            few.renew()
            for kind in ("empty", "GET", "POST", "PUT"):
                for name, subject in (("few", few), ("many", many)):
                    rate = subject.rate(kind, options.seconds)
                    rates.setdefault((name, kind), []).append(rate)
        busy = max(load.busy for load in loads)
    print(f"\n{title:<12}{'a second':>10}{'of empty':>10}{'':>16}{'with many':>11}{'slower':>8}")
    print(f"{'empty':<12}{statistics.median(rates['few', 'empty']):>10.0f}")
    missed = 0
    for kind, least in (("GET", READ_SHARE), ("POST", WRITE_SHARE), ("PUT", WRITE_SHARE)):
        share = _ratio(rates["few", kind], rates["few", "empty"])
        slower = _ratio(rates["few", kind], rates["many", kind])
        fails = [share < least, slower >= SLOWDOWN]
        missed += sum(fails)
        print(
            f"{kind:<12}{statistics.median(rates['few', kind]):>10.0f}{share:>10.0%}"
            f"{f'(at least {least:.0%})':>16}{statistics.median(rates['many', kind]):>11.0f}"
            f"{slower:>7.2f}x (below {SLOWDOWN:.0f}x){'  MISSED' if any(fails) else ''}"
        )
    print(f"The client was at work for {busy:.0%} of the time at most.")
    return missed


def _ratio(rates: list[float], bases: list[float]) -> float:
    return statistics.median(rate / base for rate, base in zip(rates, bases, strict=True))


if __name__ == "__main__":
    sys.exit(min(1, main()))

"""The command: its output, its errors, its exit, and the data file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator, SimulatorError

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "pulumi_gitlab_kubernetes.testing.simulator"]
VARIABLE = "GITLAB_SIMULATOR_ROOT_TOKEN"


@contextmanager
def _running(*options: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    with subprocess.Popen(
        [*COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment | variables,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _user(url: str, token: str) -> str:
    headers = {"PRIVATE-TOKEN": token}
    response = requests.get(f"{url}/api/v4/user", headers=headers, timeout=20)
    return str(response.json().get("username"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_its_address_and_exits_on_a_signal(number: signal.Signals) -> None:
    """One line if the token was given; the exit code is 0 without more output."""
    with _running("--port", "0", **{VARIABLE: "from-variable"}) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert _user(url, "from-variable") == "root"
        process.send_signal(number)
        output, errors = process.communicate(timeout=5)
        assert (process.returncode, output, errors) == (0, "", "")


def test_a_generated_token_is_printed() -> None:
    """On the second line, only if none was given."""
    with _running() as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        label, _, token = process.stdout.readline().strip().partition(": ")
        assert label == "root token"
        assert _user(url, token) == "root"


def test_an_error_is_one_line(tmp_path: Path) -> None:
    """A port in use, a missing directory, a file that is not a database."""
    nonsense = tmp_path / "nonsense"
    nonsense.write_text("not a database " * 100)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for options, text in (
            (["--port", str(port)], f"cannot listen on port {port}"),
            (["--data", str(tmp_path / "no" / "file")], "does not exist"),
            (["--data", str(nonsense)], "file is not a database"),
        ):
            ended = subprocess.run(
                [*COMMAND, *options], capture_output=True, text=True, timeout=20, check=False
            )
            assert (ended.returncode, ended.stdout) == (1, "")
            assert text in ended.stderr
            assert len(ended.stderr.splitlines()) == 1
    with pytest.raises(SimulatorError, match="does not exist"), Simulator(tmp_path / "no" / "f"):
        pass


def test_a_killed_simulator_loses_nothing(tmp_path: Path) -> None:
    """Acknowledged changes and the clock survive `kill -9`; the file has no secrets."""
    data = tmp_path / "gitlab.db"
    names = []
    with Simulator(data) as simulator:
        simulator.clock(now="2031-01-01T00:00:00Z")
        project = simulator.api("POST", "projects", name="app")
        agents = f"projects/{project['id']}/cluster_agents"
        agent = simulator.api("POST", agents, name="dev")
        token = simulator.api("POST", f"{agents}/{agent['id']}/tokens", name="t")["token"]
        for number in range(20):
            name = f"env-{number}"
            path = f"projects/{project['id']}/environments"
            names.append(simulator.api("POST", path, name=name)["name"])
        simulator.process.kill()
        simulator.process.wait()
    with Simulator(data) as simulator:
        found = simulator.api("GET", f"projects/{project['id']}/environments?per_page=100")
        assert [environment["name"] for environment in found] == names
        assert simulator.clock(advance=0).startswith("2031-01-01")
    for file in tmp_path.iterdir():
        assert token.encode() not in file.read_bytes()
        assert simulator.root_token.encode() not in file.read_bytes()


def test_two_simulators_share_one_file(tmp_path: Path) -> None:
    """Each sees what the other writes, and names stay unique."""
    data = tmp_path / "gitlab.db"
    with Simulator(data) as first, Simulator(data) as second:
        project = first.api("POST", "projects", name="app")
        path = f"projects/{project['id']}/environments"
        for number in range(10):
            writer, reader = (first, second) if number % 2 else (second, first)
            made = writer.api("POST", path, name=f"env-{number}")
            assert reader.api("GET", f"{path}/{made['id']}")["name"] == made["name"]
        with pytest.raises(SimulatorError, match="has already been taken"):
            second.api("POST", path, name="env-1")


def test_verbose_logs_requests_without_their_queries() -> None:
    """One line per request on stderr, without tokens."""
    with _running("--verbose", "--root-token", "s3cret") as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        requests.get(f"{url}/api/v4/user?private_token=s3cret", timeout=20)
        process.terminate()
        _, logged = process.communicate(timeout=5)
    assert "GET /api/v4/user 200" in logged
    assert "s3cret" not in logged


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    """Not in the first lines, the log, or an error."""
    seed = tmp_path / "seed.yaml"
    seed.write_text(r'users: [{username: ann, tokens: [{name: "\e[31m\u202e\x9b"}]}]')
    with _running("--verbose", "--root-token", "r", "--seed", str(seed)) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        line = process.stdout.readline()
        assert line.startswith(r"token \x1b[31m\u202e\x9b of ann: glpat-")
        host, port = url.removeprefix("http://").split(":")
        for path in (b"/api/v4/\x1b[31m", b"/api/v4/\xe2\x80\xae", b"/api/v4/%1B%0A%E2%80%AE"):
            with socket.create_connection((host, int(port)), timeout=20) as connection:
                connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(9) == b"HTTP/1.1 "
        process.terminate()
        _, logged = process.communicate(timeout=20)
    assert "GET /api/v4/%1B%0A%E2%80%AE 404" in logged
    assert all(each.isprintable() or each == "\n" for each in logged)
    missing = tmp_path / "\x1b[31m\u202e"
    ended = subprocess.run(
        [*COMMAND, "--seed", str(missing)], capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 1
    assert r"\x1b[31m\u202e" in ended.stderr
    assert all(each.isprintable() or each == "\n" for each in ended.stderr)

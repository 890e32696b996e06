"""The simulator that stays up between runs of a local stack."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for
from pulumi_gitlab_kubernetes.testing.host.files import write_atomically
from pulumi_gitlab_kubernetes.testing.simulator.default_seed import PROJECT, default_seed

_STOP_TIMEOUT = 10.0


@dataclass
class LocalSimulator:
    """A running simulator and its tokens.

    Args:
        url: Its address.
        pid: Its process.
        root_token: The administrator's token.
        token: The token of a Maintainer of its project; empty until it is created.
    """

    url: str
    pid: int
    root_token: str
    token: str = ""

    @classmethod
    def start(cls, folder: Path) -> LocalSimulator:
        """Return the folder's simulator; start and set it up if needed.

        Args:
            folder: Where it keeps its state; everything in it survives a restart.

        Returns:
            A simulator with a project, a Maintainer, and all features that this package needs.

        Raises:
            ProviderError: It did not start; the message names its log.
        """
        with (folder / "simulator.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # Two runs at once share one simulator.
            found = cls.load(folder)
            if found is None or not found.answers():
                found = cls._spawn(folder, found)
            if not found.token:
                found.token = found.set_up()
                found.save(folder)
        return found

    @classmethod
    def load(cls, folder: Path) -> LocalSimulator | None:
        """Return the folder's simulator, running or not, or nothing if it never started."""
        try:
            return cls(**json.loads((folder / "simulator.json").read_text()))
        except FileNotFoundError:
            return None

    def answers(self) -> bool:
        """Return whether this simulator is running."""
        try:
            return self._request("GET", "user").ok
        except requests.RequestException:
            return False

    def stop(self, folder: Path) -> None:
        """End its process and wait for the end."""
        if self.answers():
            os.kill(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + _STOP_TIMEOUT
            while _runs(self.pid) and time.monotonic() < deadline:
                time.sleep(0.02)
        self.pid = 0
        self.save(folder)

    def set_up(self) -> str:
        """Create the project and its Maintainer, and enable all features; may be repeated.

        Returns:
            A new token of the Maintainer.
        """
        token = f"glpat-{secrets.token_urlsafe(20)}"
        self._call("POST", "/-/simulator/seed", default_seed(token))
        return token

    def sweep(self) -> int:
        """Delete objects that an interrupted run created and that are in no state.

        Returns:
            The number of deleted objects.
        """
        count = 0
        for kind in map(kind_for, reversed(MODULES)):
            if kind.parent or kind.place.file:
                continue  # Deleted with its parent; a file is taken over by the next run.
            base = kind.place.path.format(quote(PROJECT, safe="")).lstrip("/")
            for found in self._call("GET", f"{base}?per_page=100"):
                path = f"{base}/{found['id']}"
                if found.get("state", "stopped") != "stopped":
                    self._call("POST", f"{path}/stop", {"force": True})
                self._request("DELETE", path)
                count += 1
        return count

    @classmethod
    def _spawn(cls, folder: Path, before: LocalSimulator | None) -> LocalSimulator:
        """Start a process that Ctrl-C in this terminal does not reach."""
        root_token = before.root_token if before else secrets.token_urlsafe()
        log = folder / "simulator.log"
        # With the same port as before, the stack's configuration stays valid.
        port = before.url.rpartition(":")[2] if before else "0"
        for attempt in (port, "0"):
            with log.open("a") as stderr:
                process = subprocess.Popen(  # noqa: S603 (this package's own program)
                    [
                        sys.executable,
                        "-m",
                        "pulumi_gitlab_kubernetes.testing.simulator",
                        *("--port", attempt, "--data", str(folder / "simulator.db")),
                    ],
                    env={**os.environ, "GITLAB_SIMULATOR_ROOT_TOKEN": root_token},
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    start_new_session=True,
                    text=True,
                )
            try:
                with process.stdout or log.open() as output:
                    url = output.readline().strip()
                if url:
                    token = before.token if before else ""
                    started = cls(url, process.pid, root_token, token)
                    started.save(folder)
                    return started
            except BaseException:
                process.kill()  # No file records it.
                raise
        raise ProviderError(f"the GitLab simulator did not start: see {log}")

    def save(self, folder: Path) -> None:
        """Save it for the next run."""
        write_atomically(folder / "simulator.json", json.dumps(asdict(self)))

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        response = self._request(method, path, body)
        if not response.ok:
            raise ProviderError(
                f"the GitLab simulator refused {method} {path}: {response.status_code}"
            )
        return response.json()

    def _request(self, method: str, path: str, body: Any = None) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False  # It runs on this machine: use no proxy.
            return session.request(
                method,
                self.url + (path if path.startswith("/") else f"/api/v4/{path}"),
                json=body,
                headers={"PRIVATE-TOKEN": self.root_token},
                timeout=10,
            )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

"""The simulator as a process of its own, for tests and examples."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests

from pulumi_gitlab_kubernetes.testing.simulator import ROOT_TOKEN_VARIABLE
from pulumi_gitlab_kubernetes.testing.simulator.ready_made import PROJECT, ready_made

if TYPE_CHECKING:
    from typing_extensions import Self

_START_TIMEOUT = 20
_STOP_TIMEOUT = 10
_REQUEST_TIMEOUT = 30


class SimulatorError(Exception):
    """The simulator did not start, or refused what a test asked of it."""


class Simulator:
    """A simulator in a process of its own, on a free port, for the length of a `with` block.

    Args:
        data: SQLite file; None keeps the state in memory.
        root_token: the administrator's personal access token.
        allowed_hosts: names under which it answers, beside those of the loopback interface.

    Attributes:
        url: its address; a page in a browser.
        root_token: the administrator's personal access token.
        project: path of the project that `start_afresh` makes.
        token: personal access token of the Maintainer that `start_afresh` makes.
    """

    project = PROJECT
    token = "glpat-maintainer"  # noqa: S105 - it opens nothing but this process

    def __init__(
        self,
        data: Path | str | None = None,
        root_token: str = "root-token",  # noqa: S107 - it opens nothing but this process
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        self.root_token = root_token
        self._allowed_hosts = tuple(allowed_hosts)
        self.url = ""
        self._data = data
        self._process: subprocess.Popen[str] | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["PRIVATE-TOKEN"] = root_token

    def __enter__(self) -> Self:
        """Start the process and wait until it accepts connections."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the process."""
        self.stop()

    @property
    def process(self) -> subprocess.Popen[str]:
        """The running process."""
        if self._process is None:
            raise SimulatorError("the simulator is not running")
        return self._process

    def start(self) -> None:
        """Start the process.

        Raises:
            SimulatorError: it ended before it accepted connections; the message is what it said.
        """
        package = __name__.rpartition(".")[0]
        command = [sys.executable, "-m", package]
        if self._data is not None:
            command += ["--data", str(self._data)]
        for name in self._allowed_hosts:
            command += ["--allowed-host", name]
        # A file, since nobody reads a pipe while the process runs.
        with tempfile.TemporaryFile("w+") as complaints:
            process = self._process = subprocess.Popen(  # noqa: S603 - this package's own program
                command,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                env={**os.environ, ROOT_TOKEN_VARIABLE: self.root_token},
            )
            timer = threading.Timer(_START_TIMEOUT, process.kill)
            timer.start()
            self.url = process.stdout.readline().strip() if process.stdout else ""
            timer.cancel()
            if not self.url:
                self.stop()
                complaints.seek(0)
                raise SimulatorError(f"the simulator did not start: {complaints.read().strip()}")

    def stop(self) -> None:
        """End the process and wait for it."""
        process, self._process = self._process, None
        self._session.close()
        if process is None:
            return
        process.terminate()
        try:
            process.communicate(timeout=_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()

    def api(self, method: str, path: str, /, **parameters: Any) -> Any:
        """Call GitLab's API as the administrator and return what it answers.

        Args:
            method: HTTP method.
            path: below `/api/v4/`.
            **parameters: sent as JSON.

        Raises:
            SimulatorError: GitLab would have refused.
        """
        return self._call(method, f"/api/v4/{path.lstrip('/')}", parameters)

    def requests(self, method: str = "", path: str = "", user: str = "") -> list[dict[str, Any]]:
        """Return the requests to the API so far: method, path, route, status, user, time.

        Args:
            method: HTTP method; empty for every one.
            path: regular expression to search for in the path; empty for every one.
            user: name of the user who asked; empty for every one.
        """
        query = urlencode({"method": method, "path": path, "user": user})
        found: list[dict[str, Any]] = self._call("GET", f"/-/simulator/requests?{query}")
        return found

    def count(self, method: str = "", path: str = "", user: str = "") -> dict[str, int]:
        """Return how many requests each method and route had, such as `GET /projects/:id`.

        Args:
            method: as for `requests`.
            path: as for `requests`.
            user: as for `requests`.
        """
        query = urlencode({"method": method, "path": path, "user": user})
        found: dict[str, int] = self._call("GET", f"/-/simulator/requests/count?{query}")
        return found

    def reset(self) -> None:
        """Go back to an empty GitLab: no one but the administrator, no fault, the time as it is."""
        self._call("POST", "/-/simulator/reset")

    def seed(self, seed: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Make what a seed holds; `gitlab-kubernetes simulator --help` says what it may.

        Args:
            seed: what a YAML file of `--seed` would hold.

        Returns:
            The tokens whose values were made up: whose, the token's name, its value.

        Raises:
            SimulatorError: it is no seed, or GitLab would have refused something in it.
        """
        made: dict[str, dict[str, str]] = self._call("POST", "/-/simulator/seed", seed)["tokens"]
        return made

    def start_afresh(self) -> None:
        """Go back to a GitLab with `project`, its Maintainer with `token`, and all switched on."""
        self.reset()
        self.seed(ready_made(self.token))
        self._call("DELETE", "/-/simulator/requests")

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Add faults; `faults` says what they may hold."""
        self._call("POST", "/-/simulator/faults", list(faults))

    def pending_faults(self) -> list[dict[str, Any]]:
        """Return the faults that are not used up, with what is left of `skip` and `times`."""
        found: list[dict[str, Any]] = self._call("GET", "/-/simulator/faults")
        return found

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._call("DELETE", "/-/simulator/faults")

    def clock(self, **change: Any) -> str:
        """Move the time (`advance=seconds` or `now="2030-01-01T00:00:00Z"`) and return it."""
        return str(self._call("POST", "/-/simulator/clock", change)["now"])

    def deploy(
        self, project_id: int, environment: str, *, user_id: int | None = None, **job: Any
    ) -> dict[str, Any]:
        """Have a CI job deploy to an environment, which is made when absent.

        Args:
            project_id: the job's project.
            environment: the environment's name.
            user_id: who runs the job; None is the administrator.
            **job: what `.gitlab-ci.yml` says under `environment` (`url`, `deployment_tier`,
                `auto_stop_in`, `on_stop`, `kubernetes`), and `job`, `ref`, `sha`, `status`.

        Returns:
            The environment's id, name and state, the deployment's id, iid and status, and as
            `errors` what was wrong with the new values, if GitLab kept the old ones.
        """
        beside = {"job", "ref", "sha", "status"} & set(job)
        body: dict[str, Any] = {name: job.pop(name) for name in beside}
        body |= {"project_id": project_id, "user_id": user_id}
        body["environment"] = {"name": environment, **job}
        answer: dict[str, Any] = self._call("POST", "/-/simulator/deployments", body)
        return answer

    def use_agent_token(self, token: str | int) -> str:
        """Have an agent connect with a token (its value or id); return its `last_used_at`."""
        body = {"id" if isinstance(token, int) else "token": token}
        return str(self._call("POST", "/-/simulator/agent_tokens/used", body)["last_used_at"])

    def races(self, **runners: int) -> None:
        """Let requests at the same time pass a check together, where GitLab has no lock either.

        Args:
            **runners: by name, so far `agent_tokens` alone, how many start together; 0 is off.
                They wait for each other, but two seconds at most.
        """
        self._call("POST", "/-/simulator/races", runners)

    def on_stop_job(
        self,
        project_id: int,
        environment_id: int,
        *,
        present: bool = True,
        seconds: float | None = None,
    ) -> None:
        """Let a stop of the environment wait for a job (for ever, or some seconds)."""
        path = f"/-/simulator/environments/{project_id}/{environment_id}/on_stop_job"
        self._call("POST", path, {"present": present, "seconds": seconds})

    def finish_stop_job(
        self, project_id: int, environment_id: int, *, success: bool = True
    ) -> None:
        """End the job that a stopping environment waits for."""
        path = f"/-/simulator/environments/{project_id}/{environment_id}/on_stop_job/finish"
        self._call("POST", path, {"success": success})

    def job_token(self, project_id: int, user_id: int) -> str:
        """Return the token of a CI job that the user runs in the project."""
        body = {"project_id": project_id, "user_id": user_id}
        return str(self._call("POST", "/-/simulator/job_tokens", body)["token"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        response = self._session.request(
            method, self.url + path, json=body, timeout=_REQUEST_TIMEOUT
        )
        if not response.ok:
            raise SimulatorError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

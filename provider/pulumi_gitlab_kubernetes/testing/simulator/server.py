"""The simulator as a separate process, for tests and examples."""

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
from pulumi_gitlab_kubernetes.testing.simulator.default_seed import PROJECT, default_seed

if TYPE_CHECKING:
    from typing_extensions import Self

_START_TIMEOUT = 60
_STOP_TIMEOUT = 10
_REQUEST_TIMEOUT = 30


class SimulatorError(Exception):
    """The simulator did not start, or responded with an error."""


class Simulator:
    """A simulator in a separate process, on a free port, that runs during a `with` block.

    Args:
        data: SQLite file; None keeps the state in memory.
        root_token: The administrator's personal access token.
        allowed_hosts: Host names to accept besides those of the loopback interface.

    Attributes:
        url: Its address; open it in a browser to see the dashboard.
        root_token: The administrator's personal access token.
        project: Path of the project that `start_afresh` creates.
        token: Personal access token of the Maintainer that `start_afresh` creates.
    """

    project = PROJECT
    token = "glpat-maintainer"  # noqa: S105 (valid for this process alone)

    def __init__(
        self,
        data: Path | str | None = None,
        root_token: str = "root-token",  # noqa: S107 (valid for this process alone)
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
        """Stop the process."""
        self.stop()

    @property
    def process(self) -> subprocess.Popen[str]:
        """The running process."""
        if self._process is None:
            raise SimulatorError("the simulator is not running")
        return self._process

    def start(self) -> None:
        """Start the process and wait until it accepts connections.

        Raises:
            SimulatorError: The process exited instead; the message is its output.
        """
        package = __name__.rpartition(".")[0]
        command = [sys.executable, "-m", package]
        if self._data is not None:
            command += ["--data", str(self._data)]
        for name in self._allowed_hosts:
            command += ["--allowed-host", name]
        # A file, because a pipe that nobody reads would fill up.
        with tempfile.TemporaryFile("w+") as errors:
            process = self._process = subprocess.Popen(  # noqa: S603 (this package's own program)
                command,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, ROOT_TOKEN_VARIABLE: self.root_token},
            )
            timer = threading.Timer(_START_TIMEOUT, process.kill)
            timer.start()
            self.url = process.stdout.readline().strip() if process.stdout else ""
            timer.cancel()
            if not self.url:
                self.stop()
                errors.seek(0)
                said = errors.read().strip() or f"it said nothing for {_START_TIMEOUT} seconds"
                raise SimulatorError(f"the simulator did not start: {said}")

    def stop(self) -> None:
        """Stop the process and wait for it to exit."""
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
        """Call GitLab's API as the administrator and return the response's body.

        Args:
            method: HTTP method.
            path: Path below `/api/v4/`.
            **parameters: The body, sent as JSON.

        Raises:
            SimulatorError: The response is an error.
        """
        return self._call(method, f"/api/v4/{path.lstrip('/')}", parameters)

    def requests(self, method: str = "", path: str = "", user: str = "") -> list[dict[str, Any]]:
        """Return the requests to the API so far: method, path, route, status, user, time.

        Args:
            method: HTTP method; empty for all.
            path: Regular expression to search for in the path; empty for all.
            user: Username of the token's user; empty for all.
        """
        query = urlencode({"method": method, "path": path, "user": user})
        found: list[dict[str, Any]] = self._call("GET", f"/-/simulator/requests?{query}")
        return found

    def count(self, method: str = "", path: str = "", user: str = "") -> dict[str, int]:
        """Return the number of requests by method and route, such as `GET /projects/:id`.

        Args:
            method: As for `requests`.
            path: As for `requests`.
            user: As for `requests`.
        """
        query = urlencode({"method": method, "path": path, "user": user})
        found: dict[str, int] = self._call("GET", f"/-/simulator/requests/count?{query}")
        return found

    def reset(self) -> None:
        """Return to an empty GitLab: only the administrator, no faults, the real time."""
        self._call("POST", "/-/simulator/reset")

    def seed(self, seed: Mapping[str, Any]) -> dict[str, dict[str, str]]:
        """Load a seed; `gitlab-kubernetes simulator --help` documents its format.

        Args:
            seed: The content of a `--seed` file.

        Returns:
            The generated tokens: by owner and name, the value.

        Raises:
            SimulatorError: The seed is invalid, or a request for it got an error.
        """
        made: dict[str, dict[str, str]] = self._call("POST", "/-/simulator/seed", seed)["tokens"]
        return made

    def start_afresh(self) -> None:
        """Reset to `project`, its Maintainer with `token`, and all features enabled."""
        self.reset()
        self.seed(default_seed(self.token))
        self._call("DELETE", "/-/simulator/requests")

    def faults(self, *faults: Mapping[str, Any]) -> None:
        """Add faults; `faults` documents their keys."""
        self._call("POST", "/-/simulator/faults", list(faults))

    def pending_faults(self) -> list[dict[str, Any]]:
        """Return the pending faults, with the remaining `skip` and `times`."""
        found: list[dict[str, Any]] = self._call("GET", "/-/simulator/faults")
        return found

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "/-/simulator/faults")

    def clock(self, **change: Any) -> str:
        """Move the time (`advance=seconds` or `now="2030-01-01T00:00:00Z"`) and return it."""
        return str(self._call("POST", "/-/simulator/clock", change)["now"])

    def deploy(
        self, project_id: int, environment: str, *, user_id: int | None = None, **job: Any
    ) -> dict[str, Any]:
        """Let a CI/CD job deploy to an environment, which is created if it does not exist.

        Args:
            project_id: The job's project.
            environment: The environment's name.
            user_id: The user who runs the job; None for the administrator.
            **job: The keys below `environment` in `.gitlab-ci.yml` (`url`, `deployment_tier`,
                `auto_stop_in`, `on_stop`, `kubernetes`), and `job`, `ref`, `sha`, `status`.

        Returns:
            The environment's id, name and state, the deployment's id, iid and status, and `errors`:
            the validation errors if GitLab kept the environment's old values.
        """
        outside = {"job", "ref", "sha", "status"} & set(job)
        body: dict[str, Any] = {name: job.pop(name) for name in outside}
        body |= {"project_id": project_id, "user_id": user_id}
        body["environment"] = {"name": environment, **job}
        result: dict[str, Any] = self._call("POST", "/-/simulator/deployments", body)
        return result

    def use_agent_token(self, token: str | int) -> str:
        """Let an agent connect with a token (its value or id); return its `last_used_at`."""
        body = {"id" if isinstance(token, int) else "token": token}
        return str(self._call("POST", "/-/simulator/agent_tokens/used", body)["last_used_at"])

    def races(self, **sizes: int) -> None:
        """Let concurrent requests pass a limit together, as GitLab does where it has no lock.

        Args:
            **sizes: By name (only `agent_tokens` so far), how many requests pass together; 0
                disables it. They wait for each other for at most two seconds.
        """
        self._call("POST", "/-/simulator/races", sizes)

    def on_stop_job(
        self,
        project_id: int,
        environment_id: int,
        *,
        present: bool = True,
        seconds: float | None = None,
    ) -> None:
        """Let stopping the environment wait for its `on_stop` job, forever or `seconds`."""
        path = f"/-/simulator/environments/{project_id}/{environment_id}/on_stop_job"
        self._call("POST", path, {"present": present, "seconds": seconds})

    def finish_stop_job(
        self, project_id: int, environment_id: int, *, success: bool = True
    ) -> None:
        """Finish the job that a stopping environment waits for."""
        path = f"/-/simulator/environments/{project_id}/{environment_id}/on_stop_job/finish"
        self._call("POST", path, {"success": success})

    def job_token(self, project_id: int, user_id: int) -> str:
        """Return the CI/CD job token of a job that the user runs in the project."""
        body = {"project_id": project_id, "user_id": user_id}
        return str(self._call("POST", "/-/simulator/job_tokens", body)["token"])

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        response = self._session.request(
            method, self.url + path, json=body, timeout=_REQUEST_TIMEOUT
        )
        if not response.ok:
            raise SimulatorError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

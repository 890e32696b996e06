"""What GitLab has no API for, under `/-/simulator/`: requests, faults, the clock, jobs, reset.

No token is asked for; the simulator listens on the loopback interface alone. Bodies are JSON.

| call | what it does |
|---|---|
| `GET requests` | the requests so far: method, path, status, user, time (never a query or a body) |
| `DELETE requests` | forgets them |
| `POST faults` | adds one fault, or a list of them; see `Fault` |
| `GET faults`, `DELETE faults` | what is still pending; removes it |
| `POST clock` | `{"advance": seconds}` or `{"now": "2030-01-01T00:00:00Z"}`; answers the new time |
| `POST reset` | back to the state right after the first start; the root token stays |
| `POST environments/:project_id/:environment_id/on_stop_job` | `{"present": true}`: a
  stop of this environment now waits in `stopping` for its job; with `"seconds": n` the job ends by
  itself after n seconds |
| `POST environments/:project_id/:environment_id/on_stop_job/finish` | the job ends:
  `{"success": true}` makes the environment `stopped`, false makes it `available` again |
| `POST job_tokens` | `{"project_id": 1, "user_id": 2}`: answers a CI job token |
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from pulumi_gitlab_kubernetes.testing.simulator import auth, environment_stops, users
from pulumi_gitlab_kubernetes.testing.simulator.parameters import parse_moment
from pulumi_gitlab_kubernetes.testing.simulator.store import Store, digest

_PREFIX = "/-/simulator/"
_LOG_LIMIT = 100_000


@dataclass
class Fault:
    """Something that goes wrong for matching requests.

    Args:
        method: HTTP method; empty for every one.
        path: regular expression searched for in the path (as sent, so `%2F` stays `%2F`).
        times: how many requests it befalls; null for all.
        skip: how many matching requests pass before.
        latency: seconds to wait before the work.
        status: answer this status instead of doing the work.
        body: what to answer; text is sent as plain text.
        headers: response headers.
        drop: `before` or `after` the work, the connection is cut without an answer.
    """

    method: str = ""
    path: str = ""
    times: int | None = 1
    skip: int = 0
    latency: float = 0
    status: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: str = ""

    def __post_init__(self) -> None:
        """Check what the client sent."""
        re.compile(self.path)
        self.latency = float(self.latency)
        if self.drop not in {"", "before", "after"}:
            raise ValueError("drop is 'before' or 'after'")

    def takes(self, method: str, path: str) -> bool:
        """Tell whether a request is meant, and count it."""
        if self.times == 0 or self.method.upper() not in {"", method}:
            return False
        if not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    async def wait(self) -> None:
        """Let the latency pass."""
        await asyncio.sleep(self.latency)

    def response(self) -> Response | None:
        """Return the answer instead of the work, if there is one."""
        if self.status is None:
            return None
        if isinstance(self.body, str):
            return PlainTextResponse(self.body, self.status, self.headers)
        body = {"message": f"{self.status} simulated"} if self.body is None else self.body
        return JSONResponse(body, self.status, self.headers)


class Control:
    """The simulator's own switches.

    Args:
        store: the state.
        root_token: the administrator's personal access token.
        on_reset: called on a reset, for what is not in the store.
    """

    def __init__(self, store: Store, root_token: str, on_reset: Callable[[], None]) -> None:
        self._store = store
        self._on_reset = on_reset
        self._root_token = root_token
        self._log: deque[dict[str, Any]] = deque(maxlen=_LOG_LIMIT)
        self._faults: list[Fault] = []
        with store.transaction():
            users.ensure_root(store, root_token)

    def log(self, method: str, path: str) -> dict[str, Any]:
        """Note a request; its status and user are filled in later."""
        time = self._store.timestamp()
        entry = {"method": method, "path": path, "status": None, "user": None, "time": time}
        self._log.append(entry)
        return entry

    def fault_for(self, method: str, path: str) -> Fault | None:
        """Return the first fault that befalls this request."""
        return next((fault for fault in self._faults if fault.takes(method, path)), None)

    async def respond(self, request: Request, path: str) -> Response:
        """Answer a request below `/-/simulator/`."""
        name = path.removeprefix(_PREFIX).strip("/")
        try:
            body = json.loads(await request.body() or b"{}")
            with self._store.transaction():
                answer = self._act(request.method, name, body)
        except LookupError as error:
            return JSONResponse({"error": f"not found: {error}"}, 404)
        except (AttributeError, OverflowError, TypeError, ValueError, re.error) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(answer)

    def _act(self, method: str, name: str, body: Any) -> Any:
        actions: Mapping[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "requests"): lambda _: list(self._log),
            ("DELETE", "requests"): lambda _: self._log.clear(),
            ("GET", "faults"): lambda _: [asdict(f) for f in self._faults if f.times != 0],
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): lambda _: self._faults.clear(),
            ("POST", "clock"): self._move_clock,
            ("POST", "reset"): self._reset,
            ("POST", "job_tokens"): self._add_job_token,
        }
        if action := actions.get((method, name)):
            return action(body)
        if job := re.fullmatch(r"environments/(\d+)/(\d+)/on_stop_job(/finish)?", name):
            if method != "POST":
                raise LookupError(f"{method} {name}")
            change = environment_stops.finish_stop_job if job[3] else environment_stops.set_stop_job
            return change(self._store, int(job[1]), int(job[2]), **body)
        raise LookupError(f"{method} {name}")

    def _add_faults(self, body: Any) -> Any:
        known = {field.name for field in fields(Fault)}
        given = body if isinstance(body, list) else [body]
        for fault in given:
            if unknown := set(fault) - known:
                raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        self._faults.extend([Fault(**fault) for fault in given])
        return [asdict(fault) for fault in self._faults]

    def _move_clock(self, body: Any) -> Any:
        store = self._store
        seconds = body.get("advance", 0)
        if "now" in body:
            seconds = (parse_moment(body["now"]) - store.now()).total_seconds()
        offset = float(store.setting("simulator.clock_offset", 0)) + float(seconds)
        store.set_setting("simulator.clock_offset", offset)
        return {"now": store.timestamp()}

    def _reset(self, _: Any) -> None:
        self._store.clear()
        self._faults.clear()
        self._log.clear()
        self._on_reset()
        users.ensure_root(self._store, self._root_token)

    def _add_job_token(self, body: Any) -> Any:
        token = auth.JOB_TOKEN_PREFIX + secrets.token_urlsafe(20)
        user = self._store.fetch("users", body["user_id"])
        project = self._store.fetch("projects", body["project_id"])
        self._store.insert(
            "job_tokens", user_id=user["id"], project_id=project["id"], digest=digest(token)
        )
        return {"token": token}

"""What GitLab has no API for, under `/-/simulator/`: requests, faults, the clock, jobs, reset.

No token is asked for; the simulator listens on the loopback interface alone, and answers under its
names and those of `--allowed-host`, so that no website reaches it by a browser. Bodies are JSON.
A wrong one is answered with 400 and what is wrong with it, an unknown thing with 404. Requests,
faults and races are one process's own; the rest is in the file. `ping` gets an empty answer at
once, whatever else goes on: what the server alone costs.

| call | what it does |
|---|---|
| `GET requests` | the requests so far: method, path, route, status, user, time (never a query or
  a body); `?method=&path=&user=` selects, the path by a regular expression |
| `GET requests/count` | how many each method and route had, such as `{"GET /projects/:id": 2}`;
  selects in the same way |
| `DELETE requests` | forgets them |
| `POST faults` | adds one fault, or a list of them; the keys are in `faults` |
| `GET faults`, `DELETE faults` | what is still pending; removes it |
| `POST clock` | `{"advance": seconds}` or `{"now": "2030-01-01T00:00:00Z"}`; answers the new time |
| `POST reset` | back to the state right after the first start; the root token stays |
| `POST environments/:project_id/:environment_id/on_stop_job` | `{"present": true}`: a
  stop of this environment now waits in `stopping` for its job; with `"seconds": n` the job ends by
  itself after n seconds |
| `POST environments/:project_id/:environment_id/on_stop_job/finish` | the job ends:
  `{"success": true}` makes the environment `stopped`, false makes it `available` again |
| `POST deployments` | a CI job deploys: `{"project_id": 1, "environment": {"name": "production"}}`
  with what else the job's `environment` keyword has: `url`, `deployment_tier`, `auto_stop_in`,
  `on_stop` and `kubernetes` (`agent`, `namespace`, `flux_resource_path`); beside it `user_id`,
  `job`, `ref`, `sha` and `status` (`created`, `running`, `success`, `failed`, `canceled`) |
| `POST agent_tokens/used` | `{"token": "glagent-..."}` or `{"id": 1}`: the agent connected |
| `POST races` | `{"agent_tokens": 5}`: five creations of agent tokens pass the limit together, as
  they can in GitLab; 0 keeps the limit |
| `POST seed` | loads a seed, as `--seed` does; answers the tokens whose values were made up |
| `GET overview` | what the page at `/` shows |
| `POST job_tokens` | `{"project_id": 1, "user_id": 2}`: answers a CI job token |
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pulumi_gitlab_kubernetes.testing.simulator import (
    agent_tokens,
    auth,
    ci_jobs,
    environment_stops,
    users,
)
from pulumi_gitlab_kubernetes.testing.simulator.body import parse_json
from pulumi_gitlab_kubernetes.testing.simulator.errors import ApiError
from pulumi_gitlab_kubernetes.testing.simulator.faults import Faults
from pulumi_gitlab_kubernetes.testing.simulator.overview import overview
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.races import Races
from pulumi_gitlab_kubernetes.testing.simulator.request_log import RequestLog
from pulumi_gitlab_kubernetes.testing.simulator.store import Store, digest
from pulumi_gitlab_kubernetes.testing.simulator.switches import Switches, find

_PREFIX = "/-/simulator/"
_SELECTED = (Param("method", default=""), Param("path", default=""), Param("user", default=""))

switches = Switches()
_TOPICS = (switches, agent_tokens.switches, ci_jobs.switches, environment_stops.switches)


class Control:
    """The simulator's own switches.

    Args:
        store: the state.
        root_token: the administrator's personal access token.
        on_reset: called on a reset, for what is not in the store.
    """

    def __init__(self, store: Store, root_token: str, on_reset: Callable[[], None]) -> None:
        self.faults = Faults()
        self.races = Races()
        self._store = store
        self._on_reset = on_reset
        self._root_token = root_token
        self._log = RequestLog()
        self._switches = [
            *self._own().all,
            *(switch for topic in _TOPICS for switch in topic.all),
        ]
        with store.transaction():
            users.ensure_root(store, root_token)

    def log(self, method: str, path: str) -> dict[str, Any]:
        """Note a request; its route, status and user are filled in later."""
        return self._log.add(method, path, self._store.timestamp())

    async def respond(self, request: Request, path: str) -> Response:
        """Answer a request below `/-/simulator/`."""
        try:
            content = await request.body()
            body = parse_json(content) if content else dict(request.query_params)
            switch, numbers = find(
                self._switches, request.method, path.removeprefix(_PREFIX).strip("/")
            )
            given, named = switch.arguments(body)
            with self._store.transaction():
                answer = switch.act(self._store, *given, **numbers, **named)
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        except LookupError as error:
            return JSONResponse({"error": f"not found: {error}"}, 404)
        except (OverflowError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(answer)

    def _own(self) -> Switches:
        """Return the switches of what is kept in this process rather than in the store."""
        own = Switches()
        own.get("requests", *_SELECTED)(lambda _, **which: self._log.find(**which))
        own.get("requests/count", *_SELECTED)(lambda _, **which: self._log.count(**which))
        own.get("overview")(lambda store: overview(store, self._log))
        own.delete("requests")(lambda _: self._log.clear())
        own.get("faults")(lambda _: self.faults.pending())
        own.post("faults", whole=True)(lambda _, body: self.faults.add(body))
        own.delete("faults")(lambda _: self.faults.clear())
        own.post("races", whole=True)(lambda _, body: self.races.set(body))
        own.post("reset")(self._reset)
        return own

    def _reset(self, store: Store) -> None:
        store.clear()
        self.faults.clear()
        self.races.stop()
        self._log.clear()
        self._on_reset()
        users.ensure_root(store, self._root_token)


@switches.post("clock", Param("advance", float), Param("now", datetime))
def _move_clock(
    store: Store, advance: float | None = None, now: datetime | None = None
) -> dict[str, str]:
    seconds = advance or 0.0
    if now is not None:
        seconds += (now - store.now()).total_seconds()
    offset = float(store.setting("simulator.clock_offset", 0)) + seconds
    store.set_setting("simulator.clock_offset", offset)
    return {"now": store.timestamp()}


@switches.post(
    "job_tokens",
    Param("project_id", int, required=True, allow_blank=False),
    Param("user_id", int, required=True, allow_blank=False),
)
def _add_job_token(store: Store, project_id: int, user_id: int) -> dict[str, str]:
    token = auth.JOB_TOKEN_PREFIX + secrets.token_urlsafe(20)
    user = store.fetch("users", user_id)
    project = store.fetch("projects", project_id)
    store.insert("job_tokens", user_id=user["id"], project_id=project["id"], digest=digest(token))
    return {"token": token}

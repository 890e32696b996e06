"""Control routes, for what GitLab has no API for: requests, faults, the clock, jobs, reset.

They are below `/-/simulator/`, need no token and take JSON. The simulator listens on the loopback
interface alone and accepts only the host names in `hosts`, so that no website can reach it through
a browser. An invalid body gets 400 with the reason, an unknown route or record 404. Requests,
faults and races belong to one process; the rest is in the database. `ping` has an empty response
and does no work, to measure the server itself.

| call | what it does |
|---|---|
| `GET requests` | returns the requests so far: method, path, route, status, user, time (never a
  query or a body); filter with `?method=&path=&user=`, the path by a regular expression |
| `GET requests/count` | returns the number of requests by method and route, such as
  `{"GET /projects/:id": 2}`; takes the same filters |
| `DELETE requests` | clears the request log |
| `POST faults` | adds one fault, or a list of them; the keys are in `faults` |
| `GET faults`, `DELETE faults` | returns the pending faults; removes them |
| `POST clock` | `{"advance": seconds}` or `{"now": "2030-01-01T00:00:00Z"}`; returns the new time |
| `POST reset` | returns to the state after the first start; the root token stays |
| `POST environments/:project_id/:environment_id/on_stop_job` | `{"present": true}`: stopping this
  environment now waits in `stopping` for its `on_stop` job; with `"seconds": n` the job finishes
  after n seconds |
| `POST environments/:project_id/:environment_id/on_stop_job/finish` | finishes the job:
  `{"success": true}` makes the environment `stopped`, false makes it `available` again |
| `POST deployments` | a CI job deploys: `{"project_id": 1, "environment": {"name": "production"}}`.
  `environment` also takes the other parts of the CI/CD keyword: `url`, `deployment_tier`,
  `auto_stop_in`, `on_stop` and `kubernetes` (`agent`, `namespace`, `flux_resource_path`); the body
  also takes `user_id`, `job`, `ref`, `sha` and `status` (`created`, `running`, `success`, `failed`,
  `canceled`) |
| `POST agent_tokens/used` | `{"token": "glagent-..."}` or `{"id": 1}`: the agent connected |
| `POST races` | `{"agent_tokens": 5}`: five requests that create an agent token pass the limit
  together, as they can in GitLab; 0 restores the limit |
| `POST seed` | loads a seed, as `--seed` does; returns the generated tokens |
| `GET overview` | returns what the page at `/` shows |
| `POST job_tokens` | `{"project_id": 1, "user_id": 2}`: returns a CI/CD job token |
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
from pulumi_gitlab_kubernetes.testing.simulator.control_routes import ControlRoutes, find
from pulumi_gitlab_kubernetes.testing.simulator.dashboard_data import dashboard_data
from pulumi_gitlab_kubernetes.testing.simulator.errors import ApiError
from pulumi_gitlab_kubernetes.testing.simulator.faults import Faults
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.race_conditions import RaceConditions
from pulumi_gitlab_kubernetes.testing.simulator.request_log import RequestLog
from pulumi_gitlab_kubernetes.testing.simulator.store import Store, digest

_PREFIX = "/-/simulator/"
_FILTERS = (Param("method", default=""), Param("path", default=""), Param("user", default=""))

control_routes = ControlRoutes()
_MODULES = (agent_tokens, ci_jobs, environment_stops)


class Control:
    """The control routes, and the state that belongs to this process.

    Args:
        store: The database.
        root_token: The administrator's personal access token.
        on_reset: Called on a reset, for state outside the database.
    """

    def __init__(self, store: Store, root_token: str, on_reset: Callable[[], None]) -> None:
        self.faults = Faults()
        self.race_conditions = RaceConditions()
        self._store = store
        self._on_reset = on_reset
        self._root_token = root_token
        self._log = RequestLog()
        self.routes = [
            *self._own().all,
            *control_routes.all,
            *(route for module in _MODULES for route in module.control_routes.all),
        ]
        with store.transaction():
            users.ensure_root(store, root_token)

    def log(self, method: str, path: str) -> dict[str, Any]:
        """Record a request; its route, status and user are filled in later."""
        return self._log.add(method, path, self._store.timestamp())

    async def respond(self, request: Request, path: str) -> Response:
        """Respond to a request below `/-/simulator/`."""
        try:
            content = await request.body()
            body = parse_json(content) if content else dict(request.query_params)
            route, numbers = find(
                self.routes, request.method, path.removeprefix(_PREFIX).strip("/")
            )
            given, named = route.arguments(body)
            with self._store.transaction():
                result = route.handler(self._store, *given, **numbers, **named)
        except ApiError as error:
            return JSONResponse(error.body, error.status)
        except LookupError as error:
            return JSONResponse({"error": f"not found: {error}"}, 404)
        except (OverflowError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(result)

    def _own(self) -> ControlRoutes:
        """Return the routes to state that belongs to this process."""
        own = ControlRoutes()
        own.get("requests", *_FILTERS)(lambda _, **filters: self._log.find(**filters))
        own.get("requests/count", *_FILTERS)(lambda _, **filters: self._log.count(**filters))
        own.get("overview")(lambda store: dashboard_data(store, self._log))
        own.delete("requests")(lambda _: self._log.clear())
        own.get("faults")(lambda _: self.faults.pending())
        own.post("faults", whole=True)(lambda _, body: self.faults.add(body))
        own.delete("faults")(lambda _: self.faults.clear())
        own.post("races", whole=True)(lambda _, body: self.race_conditions.set(body))
        own.post("reset")(self._reset)
        return own

    def _reset(self, store: Store) -> None:
        store.clear()
        self.faults.clear()
        self.race_conditions.clear()
        self._log.clear()
        self._on_reset()
        users.ensure_root(store, self._root_token)


@control_routes.post("clock", Param("advance", float), Param("now", datetime))
def _move_clock(
    store: Store, advance: float | None = None, now: datetime | None = None
) -> dict[str, str]:
    seconds = advance or 0.0
    if now is not None:
        seconds += (now - store.now()).total_seconds()
    offset = float(store.setting("simulator.clock_offset", 0)) + seconds
    store.set_setting("simulator.clock_offset", offset)
    return {"now": store.timestamp()}


@control_routes.post(
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

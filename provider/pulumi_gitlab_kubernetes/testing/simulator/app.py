"""The ASGI app: finds a request's route, runs it and sends the response.

The order is GitLab's: throttle, routing, body, authentication, the route's hooks, validation of the
parameters, the endpoint itself.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from contextlib import suppress
from email.utils import formatdate
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from pulumi_gitlab_kubernetes.testing.simulator import (
    MARK,
    PING,
    agent_tokens,
    agent_url_configurations,
    auth,
    cluster_agents,
    dashboard,
    environment_stops,
    environments,
    errors,
    faults,
    groups,
    hosts,
    instance,
    members,
    merge_request_notes,
    merge_requests,
    project_clusters,
    project_shares,
    projects,
    protected_branches,
    protected_environments,
    repository_branches,
    repository_commits,
    repository_files,
    repository_tree,
    seed,
    users,
)
from pulumi_gitlab_kubernetes.testing.simulator.admin_client import AdminClient
from pulumi_gitlab_kubernetes.testing.simulator.body import parse_json, read_parameters
from pulumi_gitlab_kubernetes.testing.simulator.control import Control
from pulumi_gitlab_kubernetes.testing.simulator.parameters import validate
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Route, Router
from pulumi_gitlab_kubernetes.testing.simulator.store import Store
from pulumi_gitlab_kubernetes.testing.simulator.throttle import Throttle

ROUTES: tuple[Route, ...] = tuple(
    route
    for family in (
        project_clusters,
        cluster_agents,
        agent_tokens,
        agent_url_configurations,
        environment_stops,  # before routes with an id in the same segment
        environments,
        protected_environments,
        projects,
        project_shares,
        members,
        repository_branches,
        repository_commits,
        repository_files,
        repository_tree,
        protected_branches,
        merge_requests,
        merge_request_notes,
        groups,
        users,
        instance,
    )
    for route in family.routes.routes
)

ROUTER = Router(ROUTES)
_PREFIX = "/api/v4/"
_PONG: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-length", b"0"), (MARK.lower().encode(), b"1")],
}
_log = logging.getLogger(__name__)


class App:
    """GitLab's REST API over a `Store`.

    Args:
        store: The database.
        root_token: The administrator's personal access token.
        allowed_hosts: Host names to accept besides those of the loopback interface.
    """

    def __init__(self, store: Store, root_token: str, allowed_hosts: Iterable[str] = ()) -> None:
        self.store = store
        self._hosts = hosts.Hosts(allowed_hosts)
        self.throttle = Throttle(store)
        self.control = Control(store, root_token, on_reset=self.throttle.reset)
        self.admin_client = AdminClient(self._respond_to_admin, root_token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI)."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        if not self._hosts.allow(host := request.headers.get("host")):
            await JSONResponse({"error": hosts.rejection(host or "")}, 403)(scope, receive, send)
            return
        if scope["path"] == PING:
            await send(_PONG)
            await send({"type": "http.response.body"})
            return
        path = scope["raw_path"].decode("latin-1").partition("?")[0]
        fault = None
        if path == "/" or path.startswith("/-/simulator/"):
            response = await self._respond_outside_api(request, path)
        else:
            entry = self.control.log(request.method, path)
            fault = self.control.faults.find(request.method, path)
            await request.body()
            if fault:
                await self._identify(request, path, entry)
                await fault.wait()
            if fault and fault.drop == "before":
                await faults.drop(scope, receive)
                return
            response = (fault and fault.response()) or await self._respond(request, path, entry)
            entry["status"] = response.status_code
            _log.info("%s %s %s", request.method, path, response.status_code)
            if fault and fault.drop == "after":
                await faults.drop(scope, receive)
                return
        # GitLab's web server and its records share a clock; a fault can set another date.
        response.headers.setdefault("Date", _http_date(int(self.store.now().timestamp())))
        if fault and fault.drop == "halfway":
            await faults.drop_halfway(response, scope, receive, send)
        else:
            await response(scope, receive, send)

    async def _respond_outside_api(self, request: Request, path: str) -> Response:
        """Respond to requests outside GitLab's API: dashboard, seeds, control routes."""
        origin, host = request.headers.get("origin"), request.headers.get("host")
        # https behind a reverse proxy that terminates TLS.
        if origin not in (None, f"http://{host}", f"https://{host}"):
            return JSONResponse({"error": "requests from other origins are rejected"}, 403)
        if found := dashboard.respond(request.method, path):
            return found
        if path == "/-/simulator/seed" and request.method == "POST":
            return await self._load_seed(request)
        return await self.control.respond(request, path)

    async def _load_seed(self, request: Request) -> Response:
        try:
            content = parse_json(await request.body())
            made = await seed.load(self.admin_client, self.store, content)
        except (seed.SeedError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"tokens": made})

    async def _respond_to_admin(self, request: Request, path: str) -> Response:
        """Respond to the admin client: without faults and request log."""
        if path.startswith("/-/simulator/"):
            return await self.control.respond(request, path)
        return await self._respond(request, path, {})

    async def _respond(self, request: Request, path: str, entry: dict[str, Any]) -> Response:
        limits: dict[str, str] = {}
        try:
            limits = self.throttle.admit(request)
            status, body, headers = await self._run(request, path, entry)
        except errors.ApiError as error:
            status, body, headers = error.status, error.body, error.headers
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                await self._identify(request, path, entry)
        except Exception:  # noqa: BLE001 (GitLab responds with 500)
            _log.exception("%s %s failed inside the simulator", request.method, path)
            status, body, headers = 500, {"message": "500 Internal Server Error"}, {}
        id_ = secrets.token_hex(16)
        headers = {
            "X-Frame-Options": "SAMEORIGIN",
            "X-Content-Type-Options": "nosniff",
            "X-Gitlab-Meta": f'{{"correlation_id":"{id_}","version":"1"}}',
            "X-Request-Id": id_,
            **limits,
            **headers,
        }
        if status == HTTPStatus.NO_CONTENT:
            return Response(status_code=status, headers=headers)
        if isinstance(body, (str, bytes)):
            return PlainTextResponse(body, status, headers)
        return JSONResponse(body, status, headers)

    async def _run(
        self, request: Request, path: str, entry: dict[str, Any]
    ) -> tuple[int, Any, dict[str, str]]:
        call, route = await self._resolve(request, path, entry)
        work = partial(_work, call, route, entry)
        if self.control.race_conditions.enabled(route.race_condition):
            with self.store.rolled_back():
                work()
            await self.control.race_conditions.wait(route.race_condition)
            call.limit_checked = True
        body = self.store.run(work, reads=call.method == "GET")
        return route.status, body, call.response_headers

    async def _resolve(
        self, request: Request, path: str, entry: dict[str, Any]
    ) -> tuple[Call, Route]:
        """Return a request's call and route, before authentication."""
        method = "GET" if request.method == "HEAD" else request.method  # as in Grape
        if path.startswith("/api/v3/"):
            text = "API V3 is no longer supported. Use API V4 instead."
            raise errors.ApiError(410, {"error": text})
        route, in_path = _find_route(method, path)
        entry["route"] = route.label
        given = await read_parameters(request) | in_path
        query, headers = request.scope["query_string"].decode("latin-1"), _headers(request)
        host = headers.get("host") or "{}:{}".format(*request.scope["server"])
        url = f"{request.scope['scheme']}://{host}{path}"
        return Call(self.store, method, url, query, headers, given), route

    async def _identify(self, request: Request, path: str, entry: dict[str, Any]) -> None:
        """Record route and user of a request that may never reach its route."""
        with suppress(errors.ApiError):
            call, route = await self._resolve(request, path, entry)
            self.store.run(partial(_authenticate, call, route, entry), reads=True)


@lru_cache(maxsize=1)
def _http_date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _headers(request: Request) -> dict[str, str]:
    """Return the headers; the first value of a repeated one."""
    given = reversed(request.scope["headers"])
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in given}


def _authenticate(call: Call, route: Route, entry: dict[str, Any]) -> None:
    try:
        auth.authenticate(call, route)
    finally:
        entry["user"] = call.user["username"] if call.user else None


def _work(call: Call, route: Route, entry: dict[str, Any]) -> Any:
    _authenticate(call, route, entry)
    for hook in route.before:
        hook(call)
    call.params = validate(route.all_params, call.given, route.exclusive)
    return route.handler(call)


def _find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    found = ROUTER.find(method, path[len(_PREFIX) :]) if path.startswith(_PREFIX) else None
    if found is None:
        raise errors.no_route()
    return found

"""Routes as data: an API family declares method, path, parameters and conditions.

An endpoint is one decorated function in its family's module::

    @routes.get("/projects/{id}/cluster_agents/{agent_id:int}", role=30, errors=(404,))
    def show(call: Call) -> dict[str, Any]:
        ...

The function gets a `Call`; what it returns is sent as JSON. `make generate` writes the
reference of all endpoints. Tests request every status that a route lists.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store

_SEGMENT = re.compile(r"\{(\w+)(:int)?\}")


@dataclass
class Call:
    """One request to a route.

    Args:
        store: The database, in this request's transaction.
        method: HTTP method (GET for HEAD).
        url: Scheme, host and path as the client sent them, without the query.
        query: The query as the client sent it.
        headers: Request headers, names in lower case.
        given: Path, query and body parameters, merged and not validated.
    """

    store: Store
    method: str
    url: str
    query: str
    headers: Mapping[str, str]
    given: Mapping[str, Any]
    params: dict[str, Any] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    user: Row | None = None
    scopes: tuple[str, ...] | None = None
    token_id: int | None = None
    job_project_id: int | None = None
    limit_checked: bool = False  # before the work, for a race condition

    @property
    def base_url(self) -> str:
        """The URL of the instance, as the client sent it."""
        return self.url.partition("/api/")[0]

    @property
    def caller(self) -> Row:
        """The authenticated user."""
        if self.user is None:
            raise LookupError("the request is not authenticated")
        return self.user


COMMON = (400, 401, 403, 404, 415, 429)
"""Statuses of any route.

An unreadable body, invalid credentials, an insufficient scope or no right to sudo, an unknown sudo
user, an unsupported media type, the throttle.
"""

Handler = Callable[[Call], Any]
Hook = Callable[[Call], object]


@dataclass(frozen=True)
class Route:
    """One endpoint.

    Args:
        method: HTTP method.
        path: Template below `/api/v4`; `{x}` is one segment, `{x:int}` one with an integer.
        handler: The endpoint.
        params: Query and body parameters.
        exclusive: Parameters that are mutually exclusive.
        before: Run after authentication and before the parameters are validated.
        status: Status of success.
        admin: Whether the route is for administrators only.
        job_token: Whether CI/CD job tokens are accepted.
        scopes: Token scopes that are accepted besides `api`.
        race_condition: The race condition that the route can have (see `race_conditions`).
        doc: The page of GitLab's documentation.
        role: The minimum role in the project or group (see `auth.Role`); 0 for any user.
        gate: The feature that must be enabled, as text; 404 without it.
        errors: Statuses of errors, besides `COMMON` and those of a moved project.
    """

    method: str
    path: str
    handler: Handler
    params: tuple[Param, ...] = ()
    exclusive: tuple[str, ...] = ()
    before: tuple[Hook, ...] = ()
    status: int = 200
    admin: bool = False
    job_token: bool = False
    scopes: tuple[str, ...] = ()
    race_condition: str = ""
    doc: str = ""
    role: int = 0
    gate: str = ""
    errors: tuple[int, ...] = ()

    @property
    def statuses(self) -> tuple[int, ...]:
        """The route's own statuses: success first, then errors."""
        moved = {"GET": 301}.get(self.method, 405)
        moved_statuses = (moved,) if self.path.startswith("/projects/{id}") else ()
        return (self.status, *sorted({*self.errors, *moved_statuses}))

    @cached_property
    def template(self) -> tuple[tuple[str, str], ...]:
        """The path by segment: a literal, or empty and the name of a parameter."""
        found = ((part, _SEGMENT.fullmatch(part)) for part in self.path.strip("/").split("/"))
        return tuple(("", match[1]) if match else (part, "") for part, match in found)

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the path's parameters if a path of the same length matches, else None."""
        values: dict[str, str] = {}
        for (literal, name), actual in zip(self.template, segments, strict=True):
            if name:
                values[name] = actual
            elif literal != actual:
                return None
        return values

    @cached_property
    def label(self) -> str:
        """The path as GitLab's documentation writes it, such as `/projects/:id`."""
        return _SEGMENT.sub(r":\1", self.path)

    @cached_property
    def all_params(self) -> tuple[Param, ...]:
        """The parameters of path, query and body."""
        kinds = {name: int if kind else str for name, kind in _SEGMENT.findall(self.path)}
        path = tuple(Param(name, kind, required=True) for name, kind in kinds.items())
        return (*path, *self.params)


class Router:
    """Finds a request's route.

    Args:
        routes: The routes; the first one that matches wins.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[str, int], list[Route]] = {}
        for route in routes:
            self._routes.setdefault((route.method, len(route.template)), []).append(route)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and the path's parameters.

        Args:
            method: HTTP method.
            path: Path below `/api/v4`, as the client sent it.
        """
        # Repeated slashes count as one, as in GitLab's web server and router.
        segments = [unquote(segment) for segment in path.split("/") if segment]
        for route in self._routes.get((method, len(segments)), ()):
            values = route.match(segments)
            if values is not None:
                return route, values
        return None


class Family:
    """The routes of one API family, in the order in which they are matched.

    Args:
        doc: The page of GitLab's documentation.
        **shared: Default fields of the family's `Route`s.
    """

    def __init__(self, doc: str, **shared: Any) -> None:
        self.routes: list[Route] = []
        self._shared: dict[str, Any] = {"doc": doc, **shared}

    def route(
        self, method: str, path: str, *params: Param, **fields: Any
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that adds a handler as a `Route` with these fields."""

        def add(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, handler, params, **(self._shared | fields)))
            return handler

        return add

    def get(self, path: str, *params: Param, **fields: Any) -> Callable[[Handler], Handler]:
        """Add a GET route; success is 200."""
        return self.route("GET", path, *params, **fields)

    def post(self, path: str, *params: Param, **fields: Any) -> Callable[[Handler], Handler]:
        """Add a POST route; success is 201 by default."""
        return self.route("POST", path, *params, **({"status": 201} | fields))

    def put(self, path: str, *params: Param, **fields: Any) -> Callable[[Handler], Handler]:
        """Add a PUT route; success is 200."""
        return self.route("PUT", path, *params, **fields)

    def delete(self, path: str, *params: Param, **fields: Any) -> Callable[[Handler], Handler]:
        """Add a DELETE route; success is 204 without a body by default."""
        return self.route("DELETE", path, *params, **({"status": 204} | fields))

"""Routes as data: a family declares method, path, parameters and gates; the app does the rest.

Adding an endpoint means one decorated function in its family's module::

    @routes.get("/projects/{id}/cluster_agents/{agent_id:int}", role=30, errors=(404,))
    def show(call: Call) -> dict[str, Any]:
        ...

The function gets a `Call` and returns what is sent as JSON. `python -m tests.reference` writes the
table of all routes, ENDPOINTS.md; tests ask each route for every status that it lists.
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
    """One request on its way through a route.

    Args:
        store: the state, inside this request's transaction.
        method: HTTP method (HEAD is GET).
        url: scheme, host and path as the client wrote them, without the query.
        query: the query as the client wrote it.
        headers: request headers, names in lower case.
        given: path, query and body parameters, merged and not yet checked.
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
    passed: bool = False  # the check that a race is about

    @property
    def base_url(self) -> str:
        """The address of the instance, as the client knows it."""
        return self.url.partition("/api/")[0]

    @property
    def caller(self) -> Row:
        """The authenticated user."""
        if self.user is None:
            raise LookupError("the route did not authenticate")
        return self.user


# What any route can answer: a body that cannot be read, bad credentials, a scope too small or no
# right to sudo, an unknown user to act as, a body of an unknown type, the throttle.
COMMON = (400, 401, 403, 404, 415, 429)

Handler = Callable[[Call], Any]
Hook = Callable[[Call], object]


@dataclass(frozen=True)
class Route:
    """One endpoint.

    Args:
        method: HTTP method.
        path: template below `/api/v4`; `{x}` is one segment, `{x:int}` one declared an integer.
        handler: what answers.
        params: declared query and body parameters.
        exclusive: parameters that cannot be used together.
        before: run after authentication and before the parameters are checked.
        status: of success.
        admin: for administrators alone.
        job_token: CI job tokens are accepted.
        scopes: token scopes that open the route beside `api`.
        race: the race of `races` that this route can be in.
        doc: the page of GitLab's documentation.
        role: the least role in the project or group (see `auth.Role`); 0 for any signed-in user.
        gate: what has to be switched on, in words; 404 without.
        errors: statuses of refusals, beside `COMMON` and those of a moved project.
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
    race: str = ""
    doc: str = ""
    role: int = 0
    gate: str = ""
    errors: tuple[int, ...] = ()

    @property
    def answers(self) -> tuple[int, ...]:
        """Every status of its own: success first, then refusals."""
        moved = {"GET": 301}.get(self.method, 405)
        moved_statuses = (moved,) if self.path.startswith("/projects/{id}") else ()
        return (self.status, *sorted({*self.errors, *moved_statuses}))

    @cached_property
    def template(self) -> tuple[tuple[str, str], ...]:
        """The path by segments: each a literal, or empty and the name of a parameter."""
        found = ((part, _SEGMENT.fullmatch(part)) for part in self.path.strip("/").split("/"))
        return tuple(("", match[1]) if match else (part, "") for part, match in found)

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the path's parameters when this path, of equal length, is meant, else None."""
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
    def declared(self) -> tuple[Param, ...]:
        """The path's parameters and those declared."""
        kinds = {name: int if kind else str for name, kind in _SEGMENT.findall(self.path)}
        path = tuple(Param(name, kind, required=True) for name, kind in kinds.items())
        return (*path, *self.params)


class Router:
    """Finds the route that a request means.

    Args:
        routes: of those that fit, the first wins.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[str, int], list[Route]] = {}
        for route in routes:
            self._routes.setdefault((route.method, len(route.template)), []).append(route)

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and the path's parameters.

        Args:
            method: HTTP method.
            path: below `/api/v4`, as the client wrote it.
        """
        # Several slashes are one, as for GitLab's web server and router.
        segments = [unquote(segment) for segment in path.split("/") if segment]
        for route in self._routes.get((method, len(segments)), ()):
            values = route.match(segments)
            if values is not None:
                return route, values
        return None


class Family:
    """The routes of one API family, in the order in which they are tried.

    Args:
        doc: the page of GitLab's documentation.
        **shared: fields that every `Route` of the family gets unless it has its own.
    """

    def __init__(self, doc: str, **shared: Any) -> None:
        self.routes: list[Route] = []
        self._shared: dict[str, Any] = {"doc": doc, **shared}

    def route(
        self, method: str, path: str, *params: Param, **rules: Any
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that adds a handler as a `Route`; `rules` are its other fields."""

        def add(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, handler, params, **(self._shared | rules)))
            return handler

        return add

    def get(self, path: str, *params: Param, **rules: Any) -> Callable[[Handler], Handler]:
        """Add a GET route, answering 200."""
        return self.route("GET", path, *params, **rules)

    def post(self, path: str, *params: Param, **rules: Any) -> Callable[[Handler], Handler]:
        """Add a POST route, answering 201 unless told otherwise."""
        return self.route("POST", path, *params, **({"status": 201} | rules))

    def put(self, path: str, *params: Param, **rules: Any) -> Callable[[Handler], Handler]:
        """Add a PUT route, answering 200."""
        return self.route("PUT", path, *params, **rules)

    def delete(self, path: str, *params: Param, **rules: Any) -> Callable[[Handler], Handler]:
        """Add a DELETE route, answering 204 without a body unless told otherwise."""
        return self.route("DELETE", path, *params, **({"status": 204} | rules))

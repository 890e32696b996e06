"""The routes below `/-/simulator/` as data, as `routing` has those of GitLab's API.

A module declares its own::

    control_routes = ControlRoutes()

    @control_routes.post("environments/{project_id}/on", Param("seconds", float))
    def _on(store: Store, project_id: int, seconds: float | None = None) -> Any:
        ...

The function gets the store, the numbers in the path, and the parameters of the JSON body by name.
What it returns is sent as JSON.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param, validate

Handler = Callable[..., Any]


@dataclass(frozen=True)
class ControlRoute:
    """One route.

    Args:
        method: HTTP method.
        path: Template below `/-/simulator/`; `{x}` is a number.
        handler: Does the work.
        params: The body's parameters; None passes the whole body to the handler.
    """

    method: str
    path: str
    handler: Handler
    params: tuple[Param, ...] | None = ()

    def match(self, method: str, path: str) -> dict[str, int] | None:
        """Return the numbers in the path if this route matches, else None."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]{1,18})", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return (
            None if found is None else {name: int(text) for name, text in found.groupdict().items()}
        )

    def arguments(self, body: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return the handler's arguments for a body.

        Raises:
            ValueError: The body is not an object, or has an unknown key.
            ApiError: 400, a value is invalid.
        """
        if self.params is None:
            return [body], {}
        if not isinstance(body, Mapping):
            raise ValueError(  # noqa: TRY004 (one kind of error for a wrong body)
                f"the body of {self.path} must be an object, not {reprlib.repr(body)}"
            )
        _reject_unknown(self.path, self.params, body)
        return [], validate(self.params, body)


def _reject_unknown(name: str, params: tuple[Param, ...], given: Mapping[str, Any]) -> None:
    known = [param.name for param in params]
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(
            f"{name} has no {', '.join(unknown)}; it has {', '.join(known) or 'nothing'}"
        )
    for param in params:
        inner = given.get(param.name)
        if param.fields and isinstance(inner, Mapping):
            _reject_unknown(param.name, param.fields, inner)


class ControlRoutes:
    """The routes of one module."""

    def __init__(self) -> None:
        self.all: list[ControlRoute] = []

    def add(
        self, method: str, path: str, *params: Param, whole: bool = False
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that adds a function as a `ControlRoute`.

        Args:
            method: HTTP method.
            path: Template below `/-/simulator/`.
            *params: The body's parameters.
            whole: Pass the body to the function as it is.
        """

        def register(handler: Handler) -> Handler:
            self.all.append(ControlRoute(method, path, handler, None if whole else params))
            return handler

        return register

    def get(self, path: str, *params: Param) -> Callable[[Handler], Handler]:
        """Add a GET route; its parameters come from the query."""
        return self.add("GET", path, *params)

    def post(self, path: str, *params: Param, whole: bool = False) -> Callable[[Handler], Handler]:
        """Add a POST route."""
        return self.add("POST", path, *params, whole=whole)

    def delete(self, path: str) -> Callable[[Handler], Handler]:
        """Add a DELETE route."""
        return self.add("DELETE", path)


def find(
    routes: Iterable[ControlRoute], method: str, path: str
) -> tuple[ControlRoute, dict[str, int]]:
    """Return the route that matches a request, and the numbers in its path.

    Raises:
        LookupError: None matches.
    """
    for route in routes:
        numbers = route.match(method, path)
        if numbers is not None:
            return route, numbers
    raise LookupError(f"{method} {path}")

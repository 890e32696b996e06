"""The calls below `/-/simulator/` as data, as `routing` has GitLab's own.

A topic declares its switches in its own module::

    switches = Switches()

    @switches.post("environments/{project_id}/on", Param("seconds", float))
    def _on(store: Store, project_id: int, seconds: float | None = None) -> Any:
        ...

The function gets the store, the numbers of the path and the parameters of the JSON body by name,
and returns what is sent as JSON.
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param, declared

Act = Callable[..., Any]


@dataclass(frozen=True)
class Switch:
    """One call.

    Args:
        method: HTTP method.
        path: template below `/-/simulator/`; `{x}` is a number.
        act: what is done.
        params: what the body may hold; None hands the whole body to `act`.
    """

    method: str
    path: str
    act: Act
    params: tuple[Param, ...] | None = ()

    def match(self, method: str, path: str) -> dict[str, int] | None:
        """Return the path's numbers when this switch is meant, else None."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]{1,18})", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return (
            None if found is None else {name: int(text) for name, text in found.groupdict().items()}
        )

    def arguments(self, body: Any) -> tuple[list[Any], dict[str, Any]]:
        """Return what the body means to `act`.

        Raises:
            ValueError: the body is not an object, or holds something unknown.
            ApiError: 400 with what is wrong with its values.
        """
        if self.params is None:
            return [body], {}
        if not isinstance(body, Mapping):
            raise ValueError(f"the body of {self.path} is an object, not {reprlib.repr(body)}")  # noqa: TRY004
        _refuse_unknown(self.path, self.params, body)
        return [], declared(self.params, body)


def _refuse_unknown(name: str, params: tuple[Param, ...], given: Mapping[str, Any]) -> None:
    known = [param.name for param in params]
    if unknown := sorted(set(given) - set(known)):
        raise ValueError(
            f"{name} has no {', '.join(unknown)}; it has {', '.join(known) or 'nothing'}"
        )
    for param in params:
        inner = given.get(param.name)
        if param.fields and isinstance(inner, Mapping):
            _refuse_unknown(param.name, param.fields, inner)


class Switches:
    """The switches of one topic."""

    def __init__(self) -> None:
        self.all: list[Switch] = []

    def add(
        self, method: str, path: str, *params: Param, whole: bool = False
    ) -> Callable[[Act], Act]:
        """Return a decorator that adds a function as a `Switch`.

        Args:
            method: HTTP method.
            path: template below `/-/simulator/`.
            *params: what the body may hold.
            whole: hand over the body as it is.
        """

        def register(act: Act) -> Act:
            self.all.append(Switch(method, path, act, None if whole else params))
            return act

        return register

    def get(self, path: str, *params: Param) -> Callable[[Act], Act]:
        """Add a GET switch; its parameters are those of the query."""
        return self.add("GET", path, *params)

    def post(self, path: str, *params: Param, whole: bool = False) -> Callable[[Act], Act]:
        """Add a POST switch."""
        return self.add("POST", path, *params, whole=whole)

    def delete(self, path: str) -> Callable[[Act], Act]:
        """Add a DELETE switch."""
        return self.add("DELETE", path)


def find(switches: Iterable[Switch], method: str, path: str) -> tuple[Switch, dict[str, int]]:
    """Return the switch that a request means, and the numbers in its path.

    Raises:
        LookupError: there is none.
    """
    for switch in switches:
        numbers = switch.match(method, path)
        if numbers is not None:
            return switch, numbers
    raise LookupError(f"{method} {path}")

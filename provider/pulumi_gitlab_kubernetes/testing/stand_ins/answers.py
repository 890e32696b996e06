"""What stand-ins answer for resources and functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pulumi_gitlab_kubernetes.core.spelling import camel_case

_SNAKE_CASE: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


@dataclass(frozen=True)
class Answer:
    """The answer for one resource or function.

    Args:
        id: The ID of a resource; empty for its name.
        outputs: The outputs that are not inputs, or that differ from the input of their name.
        secrets: The names of secret outputs, besides those whose input is a secret.
        replace_on: The names of the inputs whose changes replace a resource.
        seconds: How long a call takes.
        error: The error of each call; empty for none.
    """

    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    secrets: AbstractSet[str] = frozenset()
    replace_on: AbstractSet[str] = frozenset()
    seconds: float = 0
    error: str = ""


class Answers(Protocol):
    """The answers of a file."""

    @property
    def packages(self) -> AbstractSet[str]:
        """The packages that the file is for."""

    def planned(self, type_: str, name: str) -> Answer | None:
        """Return what is known of a resource without its inputs; `None` if nothing is."""

    def resource(self, type_: str, name: str, inputs: Mapping[str, Any]) -> Answer:
        """Return the answer for a new resource."""

    def existing(self, type_: str, name: str, inputs: Mapping[str, Any], id_: str) -> Answer | None:
        """Return the answer for a resource that exists outside of the stack, if there is any."""

    def function(self, token: str, args: Mapping[str, Any], provider: str) -> Answer | None:
        """Return the answer for a call of a function, if there is any."""


class InputsAlone:
    """The answers for packages without a file: the outputs of resources are their inputs."""

    packages: AbstractSet[str] = frozenset()

    def planned(self, type_: str, name: str) -> None:
        """Return nothing."""

    def resource(self, type_: str, name: str, inputs: Mapping[str, Any]) -> Answer:
        """Return an empty answer."""
        del type_, name, inputs
        return Answer()

    def existing(self, type_: str, name: str, inputs: Mapping[str, Any], id_: str) -> None:
        """Return nothing."""

    def function(self, token: str, args: Mapping[str, Any], provider: str) -> None:
        """Return nothing."""


def wrong_name(name: str) -> str:
    """Return what is wrong with the name of a property; nothing if it is one of a plugin."""
    if _SNAKE_CASE.fullmatch(name):
        return f"{name} is a name in Python: write {camel_case(name)}, as the plugin does"
    return ""

"""A resource in the engine's state."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_gitlab_kubernetes.core.values import Values

IMPORTED = "__imported"
"""Marks the inputs of an import until a program has its own. The engine never shows such names."""


@dataclass(frozen=True)
class State:
    """A resource in the engine's state.

    Args:
        outputs: Its outputs, which include its inputs.
        inputs: Its checked inputs. An adapter that gets only outputs takes them from there.
        complete: Whether this package wrote the outputs. If not, an engine has given other values,
            and a resource that does not exist is an error.
    """

    outputs: Values
    inputs: Values
    complete: bool = True

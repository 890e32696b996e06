"""Tools for testing stacks without a GitLab or a Pulumi CLI.

`Simulator` is a GitLab, `Stack` runs a Pulumi program; `plugin` has both as pytest fixtures. They
need the extra `testing`, and are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.testing.host import HostError, Message, Result, Stack, StepResult
    from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator, SimulatorError

__all__ = [
    "HostError",
    "Message",
    "Result",
    "Simulator",
    "SimulatorError",
    "Stack",
    "StepResult",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = ".simulator.server" if name.startswith("Simulator") else ".host"
    found = globals()[name] = getattr(import_module(module, __name__), name)
    return found


def __dir__() -> list[str]:
    return __all__

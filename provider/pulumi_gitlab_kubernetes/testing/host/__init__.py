"""The deployment host: runs a Pulumi program in Python without the Pulumi CLI.

It is for tests and first steps. Real deployments are the Pulumi CLI's; where the two differ, this
one is wrong. Its names are imported when they are first used, since stand-ins need few of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.testing.host.errors import HostError
    from pulumi_gitlab_kubernetes.testing.host.importer import Import
    from pulumi_gitlab_kubernetes.testing.host.result import Message, Result, StepResult
    from pulumi_gitlab_kubernetes.testing.host.stack import Stack

_MODULES = {
    "HostError": "errors",
    "Import": "importer",
    "Message": "result",
    "Result": "result",
    "Stack": "stack",
    "StepResult": "result",
}

__all__ = ["HostError", "Import", "Message", "Result", "Stack", "StepResult"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    return found

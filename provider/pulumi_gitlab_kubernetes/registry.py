"""From the name that state holds to the code that serves it.

The path of `provider_for` stands in every state that this package ever wrote: it never moves.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from .errors import ProviderError

if TYPE_CHECKING:
    from ._dynamic import DynamicProvider
    from ._provider import Provider

MODULES = {
    "ClusterAgent": "cluster_agent",
    "ClusterAgentToken": "cluster_agent_token",
    "ClusterAgentUrlConfiguration": "cluster_agent_url_configuration",
    "ProjectCluster": "project_cluster",
    "ProjectEnvironment": "project_environment",
}
"""Each resource class and the module it lives in."""

NEWER = (
    "not known to this version of pulumi-gitlab-kubernetes: a newer one wrote this state; "
    "upgrade with `pip install --upgrade pulumi-gitlab-kubernetes`"
)
"""What ends the message about something in state that this version cannot read."""


@cache
def core_for(name: str) -> Provider:
    """Return the core of a resource class.

    Args:
        name: The class's name, such as `ClusterAgent`.

    Raises:
        ProviderError: This version has no such class.
    """
    if name not in MODULES:
        raise ProviderError(f"{name} is {NEWER}")
    module = import_module(f".{MODULES[name]}", __package__)
    core: Provider = getattr(module, f"{name}Provider")()
    return core


def provider_for(name: str) -> DynamicProvider:
    """Return the provider that state refers to.

    Args:
        name: The resource class's name, such as `ClusterAgent`.

    Raises:
        ProviderError: This version has no such class.
    """
    from ._host import clean_errors  # noqa: PLC0415 (this module stands alone at first)

    with clean_errors():
        from ._dynamic import DynamicProvider  # noqa: PLC0415 (that module needs this one)

        return DynamicProvider(core_for(name))

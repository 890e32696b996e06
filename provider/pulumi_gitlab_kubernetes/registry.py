"""The kinds, and the providers that states refer to.

Every state of this package contains the path of `provider_for`, so it never moves.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.errors import ProviderError

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.core.kind import Kind
    from pulumi_gitlab_kubernetes.core.lifecycle import Lifecycle
    from pulumi_gitlab_kubernetes.dynamic.provider import DynamicProvider

MODULES = {
    "ClusterAgent": "cluster_agent",
    "ClusterAgentConfiguration": "cluster_agent_configuration",
    "ClusterAgentToken": "cluster_agent_token",
    "ClusterAgentUrlConfiguration": "cluster_agent_url_configuration",
    "ProjectCluster": "project_cluster",
    "ProjectEnvironment": "project_environment",
}
"""The name of each resource class, and of its modules in `kinds` and `resources`."""

ACTIONS = {"StaleEnvironmentCleanup": "stale_environment_cleanup"}
"""The same of the classes whose resources are actions: GitLab stores nothing of them."""
CLASSES = {**MODULES, **ACTIONS}
"""The same of all classes."""

NEWER = (
    "not known to this version of pulumi-gitlab-kubernetes: a newer one wrote this state; "
    "upgrade with `pip install --upgrade pulumi-gitlab-kubernetes`"
)
"""The end of a message about a value in the state that this version cannot read."""


@cache
def kind_for(name: str) -> Kind:
    """Return the kind of a resource class.

    Args:
        name: The class's name, such as `ClusterAgent`.

    Raises:
        ProviderError: This version has no such class.
    """
    if name not in CLASSES:
        raise ProviderError(f"{name} is {NEWER}")
    module = import_module(f"{__package__}.kinds.{CLASSES[name]}")
    kind: Kind = getattr(module, f"{name}Kind")()
    return kind


@cache
def lifecycle_for(name: str) -> Lifecycle:
    """Return the lifecycle of a resource class; as `kind_for`."""
    from pulumi_gitlab_kubernetes.core.action import ActionKind, ActionLifecycle  # noqa: PLC0415 (as below)
    from pulumi_gitlab_kubernetes.core.lifecycle import Lifecycle  # noqa: PLC0415 (kinds do not need it)

    kind = kind_for(name)
    return ActionLifecycle(kind) if isinstance(kind, ActionKind) else Lifecycle(kind)


def provider_for(name: str) -> DynamicProvider:
    """Return the provider that a state refers to.

    Args:
        name: The resource class's name, such as `ClusterAgent`.

    Raises:
        ProviderError: This version has no such class.
    """
    from pulumi_gitlab_kubernetes.dynamic.host import clean_errors  # noqa: PLC0415 (it imports Pulumi)

    with clean_errors():
        from pulumi_gitlab_kubernetes.dynamic import provider  # noqa: PLC0415 (it imports this module)

        return provider.DynamicProvider(lifecycle_for(name))

"""Pulumi resources for GitLab's Kubernetes integration.

Agents for Kubernetes with their tokens and URL configurations, certificate-based clusters and
environments, as dynamic resources on python-gitlab.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._hidden import tell_hidden
from .errors import (
    ConfigurationError,
    GitLabError,
    InvalidInputError,
    LostAnswerError,
    NotFoundError,
    PartialFailureError,
    ProviderError,
)
from .registry import MODULES

if TYPE_CHECKING:
    from .cluster_agent import ClusterAgent
    from .cluster_agent_token import ClusterAgentToken
    from .cluster_agent_url_configuration import ClusterAgentUrlConfiguration
    from .project_cluster import ProjectCluster
    from .project_environment import ProjectEnvironment

__all__ = [
    "ClusterAgent",
    "ClusterAgentToken",
    "ClusterAgentUrlConfiguration",
    "ConfigurationError",
    "GitLabError",
    "InvalidInputError",
    "LostAnswerError",
    "NotFoundError",
    "PartialFailureError",
    "ProjectCluster",
    "ProjectEnvironment",
    "ProviderError",
]


def __getattr__(name: str) -> Any:
    """Import a resource when it is first used: this package's programs start without Pulumi."""
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with tell_hidden():
        module = import_module(f".{MODULES[name]}", __name__)
    resource = globals()[name] = getattr(module, name)
    return resource


def __dir__() -> list[str]:
    return __all__

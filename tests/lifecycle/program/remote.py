"""The classes of an SDK that the Pulumi CLI generates: the plugin declares the component."""

from importlib.metadata import version
from typing import Any

import pulumi

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.native import (  # noqa: F401 (used by their names)
    ClusterAgent,
    ClusterAgentToken,
    ProjectEnvironment,
    Provider,
)

_OUTPUTS = ("agent_id", "token", "helm_values", "secret_manifest", "agent", "environments")


def _named(values: dict[str, Any]) -> dict[str, Any]:
    return {camel_case(name): value for name, value in values.items()}


class GitLabAgent(pulumi.ComponentResource):
    """The component, which the plugin declares."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **arguments: Any
    ) -> None:
        """Declare it."""
        if "receptive" in arguments:
            arguments["receptive"] = _named(arguments["receptive"])
        if "environments" in arguments:
            given = arguments["environments"].items()
            arguments["environments"] = {name: _named(each) for name, each in given}
        props = {**dict.fromkeys(_OUTPUTS), **arguments}
        versioned = pulumi.ResourceOptions(version=version("pulumi-gitlab-kubernetes"))
        super().__init__(
            "gitlab-kubernetes:index:GitLabAgent",
            resource_name,
            _named(props),
            pulumi.ResourceOptions.merge(versioned, opts),
            remote=True,
        )

    def __getattr__(self, name: str) -> Any:
        """Return an output."""
        try:
            return self.__dict__[camel_case(name)]
        except KeyError:
            raise AttributeError(name) from None

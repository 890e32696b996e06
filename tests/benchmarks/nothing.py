"""The five kinds as dynamic resources that do nothing: what the engine costs by itself.

The benchmark puts this file beside the program, which then takes its classes from here.
"""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import dynamic


class Nothing(dynamic.ResourceProvider):
    """Makes nothing; its outputs are its inputs."""

    serialize_as_secret_always = False

    def __reduce__(self) -> tuple[type[Nothing], tuple[()]]:
        """Pickle as a reference to this class."""
        return Nothing, ()

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Return an id of the usual form."""
        return dynamic.CreateResult("1:1", props)


class Resource(dynamic.Resource):
    """A resource that takes any arguments."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **props: Any
    ) -> None:
        super().__init__(Nothing(), resource_name, props, opts)


class ClusterAgent(Resource, module="gitlab", name="ClusterAgent"):
    """Stands for an agent."""

    @property
    def agent_id(self) -> pulumi.Output[int]:
        """A number from the id."""
        return self.id.apply(lambda id_: int(id_.rpartition(":")[2]))


class ClusterAgentToken(Resource, module="gitlab", name="ClusterAgentToken"):
    """Stands for a token."""


class ClusterAgentUrlConfiguration(Resource, module="gitlab", name="ClusterAgentUrlConfiguration"):
    """Stands for a URL configuration."""


class ProjectCluster(Resource, module="gitlab", name="ProjectCluster"):
    """Stands for a cluster."""


class ProjectEnvironment(Resource, module="gitlab", name="ProjectEnvironment"):
    """Stands for an environment."""

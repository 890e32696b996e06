"""The kinds as dynamic resources that do nothing: what the engine costs by itself.

The benchmark puts this file beside the program, which then takes its classes from here. Beside it
are the values of a real resource of each kind: the engine writes the whole state at each step, so
the number of properties is most of what it costs.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
from pulumi import dynamic

VALUES = "values.json"
"""The file with the inputs and outputs of each kind."""


@cache
def _values() -> dict[str, dict[str, dict[str, Any]]]:
    found: dict[str, dict[str, dict[str, Any]]] = json.loads(
        Path(__file__).with_name(VALUES).read_text()
    )
    return found


class Nothing(dynamic.ResourceProvider):
    """Makes nothing, but has as many inputs and outputs as a real resource.

    Args:
        kind: The name of the kind.
    """

    serialize_as_secret_always = False

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind

    def __reduce__(self) -> tuple[type[Nothing], tuple[str]]:
        """Pickle as a reference to this class."""
        return Nothing, (self._kind,)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Fill in as many defaults."""
        return dynamic.CheckResult({**_values()[self._kind]["inputs"], **news}, [])

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Return an id of the usual form."""
        return dynamic.CreateResult("1:1", {**_values()[self._kind]["outputs"], **props})


class Resource(dynamic.Resource):
    """A resource that takes any arguments."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **props: Any
    ) -> None:
        super().__init__(Nothing(type(self).__name__), resource_name, props, opts)


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

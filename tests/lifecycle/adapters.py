"""The two adapters of the tests, and the table of what differs between them.

Tests see one form: names as in Python programs, and the connection of each resource. With the
native adapter, an explicit provider with the name of the connection has its settings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION
from pulumi_gitlab_kubernetes.core.spelling import camel_case, names_of
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.native.provider_configuration import MISMATCH
from pulumi_gitlab_kubernetes.registry import CLASSES, NEWER, kind_for

_NESTED = ("ciAccess", "userAccess", "observability")
"""The properties whose values have names that differ too."""
_NAMES = {wire: name for kind in CLASSES for wire, name in names_of(kind_for(kind)).items()}


@dataclass(frozen=True)
class Adapter:
    """An adapter, and what differs between the two.

    Args:
        name: Its name in the IDs of tests.
        package: The package of a program's resource classes.
        namespace: The configuration namespace of the default connection.
        type_prefix: The start of the type of a resource.
        process: What the provider's process runs, as in its command line.
        moves: The steps of a resource whose connection changes, and nothing else.
        details_of_a_move: What such a step says about properties.
        details_of_a_replacement: Whether the steps of a replacement say it.
        uses_of_outputs: The step in a preview of a resource that uses an output of a created or
            updated one, which does not change. The output is known if this is `same`.
        newer_kind: What is wrong with a resource of a kind that only a newer version has.
    """

    name: str
    package: str
    namespace: str
    type_prefix: str
    process: str
    moves: tuple[str, ...]
    details_of_a_move: Mapping[str, str]
    details_of_a_replacement: bool
    uses_of_outputs: str
    newer_kind: str

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def key(self, setting: str) -> str:
        """Return the configuration key of a setting of the default connection."""
        return f"{self.namespace}:{setting}"

    def serves(self, type_: str) -> bool:
        """Return whether a type is of a resource of this package."""
        return type_.startswith(self.type_prefix)

    def in_state(self, name: str) -> str:
        """Return the name of a property in the state."""
        return name

    def in_program(self, path: str) -> str:
        """Return the property path in a program for one in the state or in a step."""
        return path

    def plain(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return a resource in the state in the form that the tests see."""
        return dict(resource)


class _Native(Adapter):
    def in_state(self, name: str) -> str:
        return camel_case(name)

    def in_program(self, path: str) -> str:
        first, *nested = re.split(r"(?=[.\[])", path, maxsplit=1)
        if first in _NESTED:
            nested = [_snake_case(each) for each in nested]
        return "".join((_NAMES.get(first, first), *nested))

    def plain(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        if not (self.serves(resource["type"]) and resource["custom"]):
            return dict(resource)
        # A reference is <URN>::<id>, and a URN ends with the provider's name.
        provider = resource["provider"].split("::")[-2]
        connection = DEFAULT if provider.startswith("default") else provider
        parts = {
            part: {
                **{
                    self.in_program(name): _in_program(value) if name in _NESTED else value
                    for name, value in resource[part].items()
                },
                CONNECTION.name: connection,
            }
            for part in ("inputs", "outputs")
            if part in resource
        }
        return {**resource, **parts}


def _snake_case(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _in_program(value: Any) -> Any:
    """Return a value in the state with the names inside it as in Python programs."""
    if isinstance(value, list):
        return [_in_program(each) for each in value]
    if isinstance(value, dict):
        return {_snake_case(key): _in_program(each) for key, each in value.items()}
    return value


DYNAMIC = Adapter(
    name="dynamic",
    package="pulumi_gitlab_kubernetes",
    namespace=DEFAULT,
    type_prefix="pulumi-python:dynamic/gitlab:",
    process="-m pulumi.dynamic",
    moves=("update",),
    details_of_a_move={CONNECTION.name: "update"},
    details_of_a_replacement=False,  # The engine compares only for an update.
    uses_of_outputs="update",
    newer_kind=f"is {NEWER}",
)
NATIVE = _Native(
    name="native",
    package="pulumi_gitlab_kubernetes.native",
    namespace=NAMESPACE,
    type_prefix=f"{NAMESPACE}:index:",
    process="/pulumi-resource-gitlab-kubernetes",
    moves=("same",),  # The engine asks the provider whether the other one is for the same GitLab.
    details_of_a_move={},
    details_of_a_replacement=True,
    uses_of_outputs="same",
    newer_kind="is not a resource of this plugin, version "
    f"{version('pulumi-gitlab-kubernetes')}: {MISMATCH}",
)
ADAPTERS = {each.name: each for each in (DYNAMIC, NATIVE)}
REMOTE = replace(NATIVE, name="remote", package="remote")
"""Native resources, with the component as programs in other languages have it."""

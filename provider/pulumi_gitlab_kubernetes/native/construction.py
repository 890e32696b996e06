"""Components, which the plugin declares for programs in any language.

See https://www.pulumi.com/docs/iac/guides/building-extending/components/build-a-component/. The
protocol is that of the SDK: each call has its own connection to the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2

from pulumi_gitlab_kubernetes.components import helm
from pulumi_gitlab_kubernetes.components.declaration import ARGUMENTS, CHILDREN, Group
from pulumi_gitlab_kubernetes.components.gitlab_agent import TYPE
from pulumi_gitlab_kubernetes.core.fields import Field
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.errors import InvalidInputError, ProviderError, unexpected
from pulumi_gitlab_kubernetes.native.configured import ConfiguredProvider
from pulumi_gitlab_kubernetes.native.provider_configuration import MISMATCH
from pulumi_gitlab_kubernetes.native.resources.gitlab_agent import GitLabAgent
from pulumi_gitlab_kubernetes.native.spelling import why_unknown


async def construct(
    request: provider_pb2.ConstructRequest, context: Any, provider: ConfiguredProvider
) -> provider_pb2.ConstructResponse:
    """Declare a component and its children.

    Args:
        request: The engine's request.
        context: The context of the call.
        provider: The provider.

    Raises:
        pulumi.RunError: The component is wrong, or the run has ended. The message is one line.
    """
    servicer = ProviderServicer(_Components(provider), [], provider.engine or "")
    response: provider_pb2.ConstructResponse = await servicer.Construct(request, context)
    return response


class _Components(Provider):
    """The components of the package.

    Args:
        provider: The provider of their children.
    """

    def __init__(self, provider: ConfiguredProvider) -> None:
        super().__init__(version("pulumi-gitlab-kubernetes"))
        self._provider = provider

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        """Declare a component, and return its outputs and children."""
        try:
            return self._construct(name, resource_type, inputs, options)
        except InvalidInputError as error:
            message = f"{self._provider.spelling[error.property]} {error.reason}"
        except ProviderError as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001 (a traceback may contain secrets)
            message = unexpected(error)
        raise pulumi.RunError(message)

    def _construct(
        self,
        name: str,
        resource_type: str,
        inputs: Mapping[str, Any],
        options: pulumi.ResourceOptions | None,
    ) -> ConstructResult:
        if resource_type != TYPE:
            raise ProviderError(f"{resource_type} is not a component of this plugin: {MISMATCH}")
        arguments = _arguments(inputs)
        # The engine calls the plugin of the provider that the children have.
        arguments.setdefault("kas_address", helm.kas_address(self._provider.address()))
        component = GitLabAgent(name, options, **arguments)
        children = {camel_case(each): getattr(component, each) for each in CHILDREN}
        return ConstructResult(component.urn, {**component.outputs(), **children})


def _arguments(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the component's arguments by their names in Python."""
    known = {camel_case(each.name): each for each in ARGUMENTS if each.name != CONNECTION.name}
    found = {}
    for key, value in inputs.items():
        if key not in known:
            raise InvalidInputError(key, why_unknown(key, known))
        argument = known[key]
        if value is not None:
            found[argument.name] = _named(argument, value) if isinstance(argument, Group) else value
    for argument in known.values():
        if isinstance(argument, Field) and argument.required and argument.name not in found:
            raise InvalidInputError(argument.name, "is required: set it")
    return found


def _named(group: Group, given: Any) -> Any:
    """Return the named values in an argument by their names in Python."""
    names = {camel_case(field.name): field.name for field in group.fields}

    def translated(values: Any) -> Any:
        if isinstance(values, pulumi.Output):
            return values.apply(translated)
        if not isinstance(values, Mapping):
            return values
        for key in values:
            if key not in names:
                raise InvalidInputError(f"{group.name}.{key}", why_unknown(key, names))
        return {names[key]: each for key, each in values.items()}

    if group.by_name and isinstance(given, Mapping):
        return {name: translated(values) for name, values in given.items()}
    return translated(given)

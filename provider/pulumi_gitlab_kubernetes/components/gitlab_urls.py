"""The base URL of the GitLab instance that a component's children use, with each adapter."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
from pulumi.runtime import get_config

from pulumi_gitlab_kubernetes.components.gitlab_agent import TYPE, AgentComponent
from pulumi_gitlab_kubernetes.configuration import connections, provider_settings
from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.errors import ConfigurationError, InvalidInputError
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.gitlab.settings import DEFAULT_URL, api_url


def of_connection(
    component: AgentComponent, connection: pulumi.Input[str | None]
) -> pulumi.Output[str]:
    """Return the URL of a connection of dynamic resources.

    Args:
        component: The component.
        connection: The name of the connection; `None` for the default one.
    """
    del component

    def url(name: str | None) -> str:
        return _configured(lambda: connections.address(get_config, name or DEFAULT))

    return pulumi.Output.from_input(connection).apply(url)


def of_provider(
    component: AgentComponent, connection: pulumi.Input[str | None]
) -> pulumi.Output[str]:
    """Return the URL of the provider of native resources.

    Args:
        component: The component. Its provider is an explicit one, or the default provider.
        connection: Not used: a native component has no such argument.

    Raises:
        InvalidInputError: The provider is not one of this package's class `Provider`.
    """
    del connection
    provider = component.get_provider(TYPE)
    if provider is None:
        return pulumi.Output.from_input(_configured(_of_default_provider))
    url = getattr(provider, "base_url", None)
    if url is None:
        raise InvalidInputError(
            "kas_address", "is required: the address of the given provider is not known here"
        )
    return pulumi.Output.from_input(url).apply(lambda known: api_url(known or DEFAULT_URL, ""))


def _of_default_provider() -> str:
    inputs = {key: get_config(f"{NAMESPACE}:{key}") for key in provider_settings.KEYS}
    return provider_settings.address(inputs, default=True)


def _configured(url: Callable[[], str]) -> str:
    """Return a URL from the configuration. A wrong setting is one line, without a traceback."""
    try:
        return url()
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from None

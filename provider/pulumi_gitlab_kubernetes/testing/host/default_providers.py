"""The providers of resources and functions that name none.

Follows ``pkg/resource/deploy/default_providers.go`` of Pulumi's engine; see
https://www.pulumi.com/docs/iac/concepts/providers/#default-providers.
"""

import json
import threading
from collections.abc import Callable
from typing import Final

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.goal import Goal, Registration
from pulumi_gitlab_kubernetes.testing.host.plugin_lookup import DYNAMIC_PACKAGE, parse_version
from pulumi_gitlab_kubernetes.testing.host.provider_inputs import (
    DOWNLOAD_URL,
    INTERNAL,
    Request,
    package_of,
    version_of,
)
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import Properties, unwrap

_DISABLED: Final = "pulumi:disable-default-providers"


class DefaultProviders:
    """Creates default providers when they are first needed.

    Args:
        stack: The stack.
        register: Registers a provider resource, and waits for it.
    """

    def __init__(self, stack: DeployedStack, register: Callable[[Registration], Resource]) -> None:
        self._config = stack.config
        self._register = register
        self._recorded = recorded(stack.previous.resources)
        self._references: dict[Request, str] = {}
        self._lock = threading.Lock()

    def completed(self, request: Request) -> Request:
        """Return a request with the version that the last run used, if it names none."""
        recorded = self._recorded.get(request.package)
        if recorded is None:
            return request
        return request._replace(
            version=request.version or recorded.version,
            download_url=request.download_url or recorded.download_url,
        )

    def reference(self, request: Request, user: str) -> str:
        """Return the reference to a default provider.

        Args:
            request: The provider.
            user: What needs it.

        Raises:
            HostError: The stack's configuration forbids it.
            CancelledError: The run ends.
        """
        request = self.completed(request)
        if self._is_disabled(request.package):
            raise HostError(
                f"Default provider for '{request.package}' disabled. '{user}' must use an explicit"
                " provider."
            )
        with self._lock:
            if request not in self._references:
                goal = Goal(
                    request.type,
                    request.name,
                    custom=True,
                    properties=package_config(self._config, request.package),
                )
                request.add_to(goal.properties)
                made = self._register(Registration(goal))
                self._references[request] = urns.provider_reference(made.urn, made.id)
            return self._references[request]

    def _is_disabled(self, package: str) -> bool:
        text = unwrap(self._config.get(_DISABLED))
        if not text:
            return False
        try:
            disabled = json.loads(text)
        except ValueError:
            raise HostError(f"{_DISABLED} is not a list of packages") from None
        return any(str(name).strip() in ("*", package) for name in disabled)


def package_config(config: Properties, package: str) -> Properties:
    """Return the part of a stack's configuration that a package's default provider gets.

    Args:
        config: The configuration, by full key.
        package: The package; that of dynamic providers gets all of it.
    """
    if package == DYNAMIC_PACKAGE:
        return dict(config)
    prefix = f"{package}:"
    return {
        key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)
    }


def recorded(resources: list[Resource]) -> dict[str, Request]:
    """Return the newest plugin of each package that a deployment used.

    Args:
        resources: The resources of the deployment.

    Returns:
        The plugins, by package.
    """
    found: dict[str, Request] = {}
    for resource in resources:
        if not resource.is_provider:
            continue
        package = package_of(resource.urn)
        internal = resource.inputs.get(INTERNAL) or {}
        request = Request(
            package,
            version_of(resource.urn, resource.inputs),
            internal.get(DOWNLOAD_URL, ""),
        )
        version, known = parse_version(request.version), found.get(package)
        newest = parse_version(known.version) if known else None
        if known is None or (version and (newest is None or version >= newest)):
            found[package] = request
    return found

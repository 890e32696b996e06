"""The inputs of provider resources: what the engine stores in them besides the configuration.

Follows ``pkg/resource/deploy/providers`` of Pulumi's engine.
"""

import re
from typing import Final, NamedTuple

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.values import Properties, equal

VERSION: Final = "version"
"""The input with the version of the plugin."""

INTERNAL: Final = "__internal"
"""The input with what plugins do not see."""

DOWNLOAD_URL: Final = "pluginDownloadURL"
"""In it, where the plugin would be downloaded from."""

_NAMELESS: Final = re.compile(r"[^A-Za-z0-9_.-]")


class Request(NamedTuple):
    """The default provider that a resource or function needs.

    Attributes:
        package: Its package.
        version: The version of its plugin; empty for any.
        download_url: Where the plugin would be downloaded from, or an empty string.
    """

    package: str
    version: str = ""
    download_url: str = ""

    @property
    def type(self) -> str:
        """The type token of the provider resource."""
        return f"{urns.PROVIDER_TYPE_PREFIX}{self.package}"

    @property
    def name(self) -> str:
        """The name of the default provider."""
        name = "default"
        if self.version:
            name += "_" + re.sub(r"[.+-]", "_", self.version)
        if self.download_url:
            name += "_" + _qualified_name(self.download_url)
        return name

    def add_to(self, inputs: Properties) -> None:
        """Add version and URL to the inputs of a provider resource."""
        internal = dict(inputs.get(INTERNAL) or {})
        if self.version or self.download_url:
            inputs[INTERNAL] = internal
        if self.version:
            inputs[VERSION] = self.version
        if self.download_url:
            internal[DOWNLOAD_URL] = self.download_url


def package_of(urn: str) -> str:
    """Return the package of a provider resource."""
    return urns.type_of(urn).removeprefix(urns.PROVIDER_TYPE_PREFIX)


def configuration(inputs: Properties) -> Properties:
    """Return the part of a provider's inputs that its plugin sees."""
    return {key: value for key, value in inputs.items() if key != INTERNAL}


def version_of(urn: str, inputs: Properties) -> str:
    """Return the version of a provider's plugin, or an empty string.

    Raises:
        HostError: The package is parameterized.
    """
    if "parameterization" in (inputs.get(INTERNAL) or {}):
        raise HostError(
            f"package '{package_of(urn)}' is parameterized, which the deployment host does not"
            " support; deploy with the Pulumi CLI"
        )
    version = inputs.get(VERSION)
    return version if isinstance(version, str) else ""


def restored(urn: str, checked: Properties, inputs: Properties) -> Properties:
    """Return what a plugin returned for a provider's inputs, with what the engine added to them.

    Raises:
        HostError: The plugin changed its version.
    """
    kept: Properties = {key: inputs[key] for key in (VERSION, INTERNAL) if key in inputs}
    given = checked.get(VERSION, inputs.get(VERSION))
    if VERSION in inputs and not equal(given, inputs[VERSION]):
        raise HostError(
            f'provider "{urn}" attempted to change version from "{inputs[VERSION]}" to "{given}"'
        )
    return {**checked, **kept}


def _qualified_name(text: str) -> str:
    return "/".join(_NAMELESS.sub("_", part) for part in text.split("/") if part) or "_"

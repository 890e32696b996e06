"""The providers of a deployment: each provider resource is one, in a plugin of its own.

Follows ``pkg/resource/deploy/providers/registry.go`` of Pulumi's engine.
"""

import threading
import uuid

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.diff import Diff
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.plugins import LoadedProvider, Plugins
from pulumi_gitlab_kubernetes.testing.host.provider import CheckFailure, Provider, ResourceProvider
from pulumi_gitlab_kubernetes.testing.host.provider_inputs import (
    configuration,
    package_of,
    restored,
    version_of,
)
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import UNKNOWN_STRING, Properties, equal


class Registry:
    """The configured providers of a deployment, and what manages their resources.

    Args:
        plugins: The plugins.
        preview: Whether the run is a preview.
    """

    def __init__(self, plugins: Plugins, *, preview: bool) -> None:
        self._plugins = plugins
        self._preview = preview
        self._configured: dict[str, LoadedProvider] = {}
        self._checked: dict[str, LoadedProvider] = {}
        """Those whose configuration was checked but that are not configured yet, by URN."""
        self._aliases: dict[str, str] = {}
        self._lock = threading.Lock()

    def manager_of(self, resource: Resource) -> ResourceProvider:
        """Return what manages a custom resource.

        Raises:
            HostError: Its provider is not in the deployment.
        """
        return self if resource.is_provider else self.require(resource.provider, resource.urn)

    def require(self, reference: str, resource: str) -> Provider:
        """Return the configured provider of a reference that a resource requires.

        Raises:
            HostError: There is none.
        """
        provider = self._configured.get(reference)
        if provider is None:
            raise HostError(f"unknown provider '{reference}' for resource '{resource}'")
        return provider

    def ensure(self, reference: str, resources: list[Resource]) -> None:
        """Configure a provider as recorded in the deployment, unless it is configured.

        Args:
            reference: The provider.
            resources: The deployment's resources, the provider among them.

        Raises:
            HostError: It does not exist, or its plugin cannot be started.
        """
        if not reference or reference in self._configured:
            return
        urn, id_ = urns.split_reference(reference)
        recorded = next((r for r in resources if r.urn == urn and r.id == id_), None)
        if recorded is None:
            raise HostError(f"could not find provider {reference}")
        self.keep(recorded, recorded.inputs, was_checked=False)

    def keep(self, provider: Resource, inputs: Properties, *, was_checked: bool = True) -> None:
        """Configure a provider that does not change, unless it is configured.

        Args:
            provider: Its resource.
            inputs: The inputs as recorded in the deployment.
            was_checked: Whether they were just checked, rather than taken from the deployment.
        """
        reference = urns.provider_reference(provider.urn, provider.id)
        if reference in self._configured:
            return
        loaded = self._take(provider.urn) if was_checked else None
        self._configure(loaded or self._load(provider.urn, inputs), reference, inputs)

    def rename(self, urn: str, old_urn: str) -> None:
        """Let resources find a provider by the URN that it had in the last run, too."""
        self._aliases[urn] = old_urn

    def diff_config(self, reference: str, old: Resource, inputs: Properties) -> Diff:
        """Ask a provider whether it can take over the resources of another one.

        Args:
            reference: The provider.
            old: The other provider's resource.
            inputs: Its own inputs.
        """
        urn = urns.split_reference(reference)[0]
        return self.require(reference, urn).diff_config(
            urn, configuration(old.inputs), old.outputs, configuration(inputs), []
        )

    def check(
        self,
        urn: str,
        old_inputs: Properties,
        inputs: Properties,
        *,
        unknowns: bool,  # noqa: ARG002 (a provider's configuration may always be unknown)
    ) -> tuple[Properties, list[CheckFailure]]:
        """Check the configuration of a provider; load its plugin for that."""
        running = self._running(urn, inputs)
        provider = running or self._load(urn, inputs)
        try:
            checked, failures = provider.check_config(
                urn, configuration(old_inputs), configuration(inputs)
            )
        except BaseException:
            if provider is not running:
                self._plugins.unload(provider)
            raise
        if provider is not running:
            if failures:
                self._plugins.unload(provider)
            else:
                self._checked[urn] = provider
        return restored(urn, checked, inputs), failures

    def diff(
        self,
        old: Resource,
        inputs: Properties,
        ignored: list[str],
        *,
        unknowns: bool,  # noqa: ARG002 (as above)
    ) -> Diff:
        """Compare the configuration of a provider with the one it should have."""
        wanted = configuration(inputs)
        provider = self._checked.get(old.urn)
        if provider is None:
            reference = urns.provider_reference(old.urn, old.id)
            provider = self._configured[reference]
        diff = provider.diff_config(
            old.urn, configuration(old.inputs), old.outputs, wanted, ignored
        )
        if diff.changes is None:
            diff.changes = not equal(old.outputs, wanted)
        if diff.is_replacement and (checked := self._take(old.urn)):
            self._plugins.unload(checked)
        return diff

    def create(self, new: Resource, *, preview: bool) -> tuple[str, Properties]:
        """Configure a new provider; return its id and outputs."""
        id_ = UNKNOWN_STRING if preview else str(uuid.uuid4())
        return id_, self._start(new, id_)

    def update(self, old: Resource, new: Resource, *, preview: bool) -> Properties:  # noqa: ARG002 (the same)
        """Configure a provider anew, in a new process; return its outputs."""
        return self._start(new, old.id)

    def delete(self, old: Resource) -> None:
        """End a provider."""
        with self._lock:
            provider = self._configured.pop(urns.provider_reference(old.urn, old.id), None)
        if provider:
            self._plugins.unload(provider)

    def _start(self, new: Resource, id_: str) -> Properties:
        provider = self._take(new.urn) or self._load(new.urn, new.inputs)
        self._configure(provider, urns.provider_reference(new.urn, id_), new.inputs)
        return configuration(new.inputs)

    def _configure(self, provider: LoadedProvider, reference: str, inputs: Properties) -> None:
        urn, id_ = urns.split_reference(reference)
        provider.configure(urn, id_, configuration(inputs))
        with self._lock:
            before = self._configured.get(reference)
            self._configured[reference] = provider
            if urn in self._aliases:
                renamed = urns.provider_reference(self._aliases[urn], id_)
                self._configured[renamed] = provider
        if before:
            self._plugins.unload(before)

    def _running(self, urn: str, inputs: Properties) -> LoadedProvider | None:
        """Return a configured provider with this name and plugin: it can answer without a change.

        The engine starts another process then, which is not needed unless the provider changes.
        """
        launch = self._plugins.find(package_of(urn), version_of(urn, inputs))
        with self._lock:
            return next(
                (
                    provider
                    for reference, provider in self._configured.items()
                    if urns.split_reference(reference)[0] == urn and provider.launch == launch
                ),
                None,
            )

    def _take(self, urn: str) -> LoadedProvider | None:
        with self._lock:
            return self._checked.pop(urn, None)

    def _load(self, urn: str, inputs: Properties) -> LoadedProvider:
        version = version_of(urn, inputs)
        return self._plugins.load(self._plugins.find(package_of(urn), version), version)

"""Imports a resource that no program declares yet, as ``pulumi import`` does.

Follows ``pkg/resource/deploy/import.go`` of Pulumi's engine; see
https://www.pulumi.com/docs/iac/cli/commands/pulumi_import/.
"""

from dataclasses import dataclass

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.default_providers import package_config, recorded
from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.executor import Executor
from pulumi_gitlab_kubernetes.testing.host.failures import describe
from pulumi_gitlab_kubernetes.testing.host.goal import Outputs
from pulumi_gitlab_kubernetes.testing.host.import_step import PlannedImportStep
from pulumi_gitlab_kubernetes.testing.host.provider_inputs import Request
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.steps import CreateStep, SameStep, Step

_TOKEN_PARTS = 3


@dataclass(frozen=True)
class Import:
    """A resource to import.

    Attributes:
        type: Its type token.
        name: Its name in the stack.
        id: Its id, in the form that the provider's documentation names.
        provider: The URN of an explicit provider, or an empty string.
        parent: The URN of its parent, or an empty string for the stack.
        protect: Whether it is protected afterwards.
    """

    type: str
    name: str
    id: str
    provider: str = ""
    parent: str = ""
    protect: bool = True

    def __post_init__(self) -> None:
        """Raise `HostError` if the type is not one of a package."""
        if len(self.type.split(":")) != _TOKEN_PARTS:
            raise HostError(
                f'import type "{self.type}" is not a valid resource type token: it must be of the'
                " form <package>:<module>:<type>"
            )


class Importer:
    """Imports resources into a stack.

    Args:
        stack: The stack.
        registry: The run's providers.
        executor: Runs the steps.
    """

    def __init__(self, stack: DeployedStack, registry: Registry, executor: Executor) -> None:
        self._stack = stack
        self._registry = registry
        self._executor = executor
        self._olds = {each.urn: each for each in stack.previous.resources if not each.delete}

    def run(self, wanted: Import) -> None:
        """Import a resource; a failed step is reported by the executor.

        Args:
            wanted: The resource.

        Raises:
            HostError: It cannot be imported.
            ProviderError: The provider failed.
        """
        if not self._make([self._same(old) for old in self._olds.values()]):
            return
        root = next((urn for urn in self._olds if urns.is_root_stack(urn)), "")
        created = not root
        if created:
            name = f"{self._stack.project}-{self._stack.name}"
            root = self._urn("", urns.ROOT_STACK_TYPE, name)
            if not self._make([CreateStep(new=Resource(root, urns.ROOT_STACK_TYPE))]):
                return
        parent = wanted.parent or root
        if parent != root and parent not in self._olds:
            raise HostError(f"unknown parent '{parent}' for resource '{wanted.name}'")
        urn = self._urn(parent, wanted.type, wanted.name)
        old = self._olds.get(urn)
        if old is not None and wanted.id == (old.import_id or old.id):
            return  # It is in the state already.
        provider = self._provider(wanted)
        if not provider:
            return
        new = Resource(
            urn,
            wanted.type,
            custom=True,
            parent=parent,
            protect=wanted.protect,
            provider=provider,
            import_id=wanted.id,
        )
        step = PlannedImportStep(new=new, exists=old is not None)
        if self._make([step]) and created:
            self._executor.set_outputs(Outputs(root, {}))

    def _provider(self, wanted: Import) -> str:
        """Return the reference to a resource's provider, created if it is a new default one."""
        package = wanted.type.partition(":")[0]
        request = recorded(self._stack.previous.resources).get(package, Request(package))
        urn = wanted.provider or self._urn("", request.type, request.name)
        old = self._olds.get(urn)
        if old is not None:
            return urns.provider_reference(urn, old.id)
        if wanted.provider:
            raise HostError(f"the stack has no provider '{urn}'")
        inputs = package_config(self._stack.config, package)
        request.add_to(inputs)
        new = Resource(urn, request.type, custom=True, inputs=inputs)
        _, failures = self._registry.check(urn, {}, inputs, unknowns=self._stack.preview)
        if failures:
            raise HostError("; ".join(describe(new, failure) for failure in failures))
        if not self._make([CreateStep(new=new)]):
            return ""
        return urns.provider_reference(urn, new.id)

    def _urn(self, parent: str, type_: str, name: str) -> str:
        return urns.make(self._stack.name, self._stack.project, parent, type_, name)

    def _make(self, steps: list[Step]) -> bool:
        """Run steps one after the other; return whether they succeeded."""
        self._executor.submit(steps).result()
        return not self._executor.failed

    @staticmethod
    def _same(old: Resource) -> Step:
        return SameStep(old=old, new=old.copy(id=""))

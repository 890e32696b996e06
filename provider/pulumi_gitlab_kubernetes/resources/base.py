"""The base of the resource classes of the dynamic adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi import dynamic

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.dynamic import inline
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.registry import provider_for
from pulumi_gitlab_kubernetes.resources.common import (
    KnownArguments,
    await_once,
    properties,
    warn_deprecated,
)

if TYPE_CHECKING:
    from typing_extensions import Self


class Resource(KnownArguments, dynamic.Resource):
    """The base of all resources."""

    _kind: ClassVar[Kind]

    def _declare(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resource.

        Args:
            resource_name: The resource's name in the stack.
            inputs: Its arguments. `None` means not set.
            opts: Pulumi's resource options.
        """
        inline.require_interpreter()
        schema = self._kind.schema
        secrets = schema.secrets()
        outputs = (*(output.name for output in schema.outputs), *self._kind.ids)
        props = properties(inputs, outputs, secrets)
        defaults = pulumi.ResourceOptions(
            additional_secret_outputs=list(secrets),
            aliases=[pulumi.Alias(type_=each) for each in self.alias_types()],
            # A forced replacement does not call `diff`, so the option is needed too.
            delete_before_replace=self._kind.delete_before_replace or None,
        )
        super().__init__(
            provider_for(self._kind.name),
            resource_name,
            props,
            pulumi.ResourceOptions.merge(defaults, opts),
        )
        warn_deprecated(self, self._kind.deprecation, opts)
        await_once(self, props)

    @classmethod
    def alias_types(cls) -> tuple[str, ...]:
        """Return the types of the same resource in states that the provider takes over."""
        return (f"{NAMESPACE}:index:{cls._kind.name}",)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 (Pulumi's own name)
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """Read a resource that this stack does not manage.

        Args:
            resource_name: The resource's name in the stack.
            id: Its ID, such as `42:7`: numbers only, the project's first.
            opts: Pulumi's resource options.

        Returns:
            The resource, with everything that GitLab returns.

        Raises:
            InvalidInputError: The ID has another form.
        """
        if isinstance(id, str):
            cls._kind.parse_id(id)
        resource = cls.__new__(cls)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        fields = dict.fromkeys(field.name for field in cls._kind.schema.fields)
        resource._declare(resource_name, fields, options)  # noqa: SLF001 (a method of this class)
        return resource

    def _id_part(self, name: str) -> pulumi.Output[int]:
        """Return a part of the resource's ID.

        A preview of an update knows the ID, but no other outputs. So resources that depend on this
        part are not previewed as replaced.
        """
        mocked = self.__dict__.get(name)

        def part(id_: str) -> Any:
            try:
                return self._kind.parse_id(id_)[self._kind.ids.index(name)]
            except InvalidInputError:  # A user's unit test mocks the engine, with IDs of any form.
                return mocked

        return self.id.apply(part)

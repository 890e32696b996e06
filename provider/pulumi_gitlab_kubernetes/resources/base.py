"""The base of the resource classes of the dynamic adapter."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi import dynamic

from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.dynamic import inline
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.registry import provider_for

if TYPE_CHECKING:
    from typing_extensions import Self


class Resource(dynamic.Resource):
    """The base of all resources."""

    _kind: ClassVar[Kind]

    if not TYPE_CHECKING:  # Type checkers and editors read the arguments from `__init__`.

        def __new__(cls, *_values: Any, **named: Any) -> Self:
            """Reject an unknown argument, and suggest the most similar one."""
            _reject_unknown(cls, named)
            return super().__new__(cls)

    def __init__(
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
        props: dict[str, Any] = dict.fromkeys(
            (*(output.name for output in schema.outputs), *self._kind.ids)
        )
        for name, value in inputs.items():
            secret = name in secrets and value is not None
            props[name] = pulumi.Output.secret(value) if secret else value
        defaults = pulumi.ResourceOptions(
            additional_secret_outputs=list(secrets),
            # A forced replacement does not call `diff`, so the option is needed too.
            delete_before_replace=self._kind.delete_before_replace or None,
        )
        super().__init__(
            provider_for(self._kind.name),
            resource_name,
            props,
            pulumi.ResourceOptions.merge(defaults, opts),
        )
        if self._kind.deprecation and not (opts and opts.id):  # `.get()` has an ID.
            pulumi.log.warn(self._kind.deprecation, resource=self)
        _await_once(self.__dict__[name] for name in props)

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
        Resource.__init__(resource, resource_name, fields, options)
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


def _reject_unknown(resource: type[Resource], given: Iterable[str]) -> None:
    known = _arguments(resource.__init__)
    for name in given:
        if known and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it takes {', '.join(known)}"
            raise TypeError(
                f"{resource.__name__}.__init__() got an unexpected keyword argument "
                f"'{name}': {hint}"
            )


@cache
def _arguments(constructor: Callable[..., None]) -> tuple[str, ...]:
    """Return the names of a constructor's arguments; none if it accepts any."""
    _self, *parameters = inspect.signature(constructor).parameters.values()
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return ()
    return tuple(each.name for each in parameters)


def _await_once(outputs: Iterable[pulumi.Output[Any]]) -> None:
    """Let the end of the program await only the resource's registration, not each of its outputs.

    Each time an output resolves, the SDK iterates over all remaining ones. With a dozen for each
    resource, that takes most of a large program's time. `urn` and `id` are still awaited.
    """
    if hasattr(pulumi.Output, "_untrack"):  # A detail of the SDK.
        for output in outputs:
            output._untrack()  # noqa: SLF001 (the only way)

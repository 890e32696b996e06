"""The bases of the resource classes of the native adapter, and of its class `Provider`.

The SDK translates between the names of Python programs and those of the package schema. It takes
both from the types of a class's attributes and arguments, which are derived here from the
annotations of the class. Keys of maps are never translated.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi

from pulumi_gitlab_kubernetes.core.spelling import Names, camel_case, in_snake_case
from pulumi_gitlab_kubernetes.native.resources.installed import require_plugin
from pulumi_gitlab_kubernetes.resources.common import (
    KnownArguments,
    await_once,
    properties,
    warn_deprecated,
)

if TYPE_CHECKING:
    from typing_extensions import Self

PACKAGE = "gitlab-kubernetes"
"""The name of the Pulumi package."""
VERSION = version("pulumi-gitlab-kubernetes")
"""With this version, the engine selects the plugin of this distribution."""


class Resource(KnownArguments, pulumi.CustomResource):
    """The base of all resources."""

    pulumi_type: ClassVar[str]
    _outputs: ClassVar[tuple[str, ...]]
    _arguments: ClassVar[type[Any]]
    _secrets: ClassVar[tuple[str, ...]]
    _deprecation: ClassVar[str]
    _nested: ClassVar[Mapping[str, Names]]
    _defaults: ClassVar[pulumi.ResourceOptions]
    _alias_types: ClassVar[tuple[str, ...]]

    def __init_subclass__(
        cls,
        *,
        name: str = "",
        aliases: Iterable[str] = (),
        secrets: tuple[str, ...] = (),
        deprecation: str = "",
        delete_before_replace: bool | None = None,
        nested: Mapping[str, Names] | None = None,
    ) -> None:
        """Complete a resource class, unless it is a program's own subclass.

        Args:
            name: The name of the kind; empty for a program's own subclass.
            aliases: The types of the same resource in states that the provider takes over.
            secrets: The names of secret inputs and outputs.
            deprecation: Why the resource is deprecated; empty if it is not.
            delete_before_replace: Whether each replacement deletes first.
            nested: The names inside the values of inputs, by input.
        """
        super().__init_subclass__()
        if not name:
            return
        cls.pulumi_type = f"{PACKAGE}:index:{name}"
        cls._nested = nested or {}
        cls._outputs = _add_getters(cls, cls._nested)
        cls._arguments = _arguments_type(cls._outputs)
        cls._secrets = secrets
        cls._deprecation = deprecation
        cls._alias_types = tuple(aliases)
        cls._defaults = pulumi.ResourceOptions(
            additional_secret_outputs=list(secrets),
            aliases=[pulumi.Alias(type_=each) for each in cls._alias_types],
            # A forced replacement does not ask the provider, so the option is needed too.
            delete_before_replace=delete_before_replace,
            version=VERSION,
        )

    def _declare(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resource.

        It is not `__init__`: the SDK takes the caller of the third `__init__` as the place in the
        program, which the state and Pulumi Cloud have.

        Args:
            resource_name: The resource's name in the stack.
            inputs: Its arguments. `None` means not set.
            opts: Pulumi's resource options.
        """
        require_plugin(VERSION)
        spelled = {name: _spelled(each, self._nested.get(name)) for name, each in inputs.items()}
        props = properties(spelled, self._outputs, self._secrets)
        super().__init__(
            self.pulumi_type,
            resource_name,
            _arguments_of(self._arguments, props),
            pulumi.ResourceOptions.merge(self._defaults, opts),
        )
        warn_deprecated(self, self._deprecation, opts)
        await_once(self, props)

    @classmethod
    def alias_types(cls) -> tuple[str, ...]:
        """Return the types of the same resource in states that the provider takes over."""
        return cls._alias_types

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
            id: Its ID, such as `42:7`.
            opts: Pulumi's resource options.

        Returns:
            The resource, with everything that GitLab returns.
        """
        resource = cls.__new__(cls)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        resource._declare(resource_name, {}, options)  # noqa: SLF001 (a method of this class)
        return resource


class ProviderResource(KnownArguments, pulumi.ProviderResource):
    """The base of `Provider`."""

    _secrets: ClassVar[tuple[str, ...]]
    _arguments: ClassVar[type[Any]]

    def __init_subclass__(
        cls, *, arguments: Iterable[str] = (), secrets: tuple[str, ...] = ()
    ) -> None:
        """Complete the class, unless it is a program's own subclass.

        Args:
            arguments: The names of its arguments; empty for a program's own subclass.
            secrets: Those of them that are secret.
        """
        super().__init_subclass__()
        if arguments:
            _add_getters(cls, {})
            cls._arguments = _arguments_type(arguments)
            cls._secrets = secrets

    def _declare(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the provider.

        Args:
            resource_name: The resource's name in the stack.
            inputs: Its arguments. `None` means not set.
            opts: Pulumi's resource options.
        """
        require_plugin(VERSION)
        props = {
            name: None if value is None else pulumi.Output.from_input(value).apply(_as_text)
            for name, value in properties(inputs, (), self._secrets).items()
        }
        defaults = pulumi.ResourceOptions(
            additional_secret_outputs=list(self._secrets), version=VERSION
        )
        super().__init__(
            PACKAGE,
            resource_name,
            _arguments_of(self._arguments, props),
            pulumi.ResourceOptions.merge(defaults, opts),
        )
        await_once(self, props)


def _spelled(value: Any, names: Names | None) -> Any:
    """Return a program's value with the names inside it as in the package schema.

    Values that are still unknown stay where they are, so that previews show the others.
    """
    if not names:
        return value
    if isinstance(value, pulumi.Output):
        return value.apply(lambda known: _spelled(known, names))
    if isinstance(value, list | tuple):
        return [_spelled(each, names) for each in value]
    if not isinstance(value, Mapping):
        return value
    return {
        camel_case(key) if key in names else key: _spelled(each, names.get(key))
        for key, each in value.items()
    }


def _add_getters(cls: type[Any], nested: Mapping[str, Names]) -> tuple[str, ...]:
    """Give each annotated output its name in the package schema, and return the outputs.

    The annotation stays, so the SDK also recognizes the Python name with its type: outputs have it
    in a state that a dynamic provider has written.
    """
    annotations = inspect.get_annotations(cls)
    for name, annotation in annotations.items():
        setattr(cls, name, property(_getter(name, annotation, nested.get(name))))
    return tuple(annotations)


def _getter(name: str, annotation: Any, names: Names | None) -> Any:
    def get(self: pulumi.Resource) -> Any:
        found = self.__dict__.get(name)
        return found.apply(lambda value: in_snake_case(value, names)) if found and names else found

    get.__annotations__ = {"return": annotation}
    return pulumi.getter(name=camel_case(name))(get)


def _arguments_type(names: Iterable[str]) -> type[Any]:
    """Return a type of arguments with which the SDK translates their names."""
    body: dict[str, Any] = {name: pulumi.property(camel_case(name)) for name in names}
    return pulumi.input_type(
        type("Arguments", (), {"__annotations__": dict.fromkeys(body, Any), **body})
    )


def _arguments_of(type_: type[Any], props: Mapping[str, Any]) -> Any:
    arguments: Any = object.__new__(type_)
    arguments.__dict__.update(props)
    return arguments


def _as_text(value: Any) -> Any:
    """Return a provider's argument as all SDKs send it: text as it is, other values as JSON."""
    return value if value is None or isinstance(value, str) else pulumi.runtime.to_json(value)

"""What the resource classes of all adapters share."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import mocks, settings

if TYPE_CHECKING:
    from typing_extensions import Self


class KnownArguments:
    """A class that suggests the most similar argument for an unknown one."""

    if not TYPE_CHECKING:  # Type checkers and editors read the arguments from `__init__`.

        def __new__(cls, *_values: Any, **named: Any) -> Self:
            """Reject an unknown argument."""
            _reject_unknown(cls, named)
            return super().__new__(cls)


def properties(
    inputs: Mapping[str, Any], outputs: Iterable[str], secrets: Collection[str]
) -> dict[str, Any]:
    """Return the properties with which the SDK declares a resource.

    Args:
        inputs: The arguments. `None` means not set.
        outputs: The names of the outputs, of which the SDK makes attributes.
        secrets: The names of secret inputs and outputs.
    """
    props: dict[str, Any] = dict.fromkeys(outputs)
    for name, value in inputs.items():
        secret = name in secrets and value is not None
        props[name] = pulumi.Output.secret(value) if secret else value
    return props


def is_mocked() -> bool:
    """Return whether the program is a unit test with mocks, which has no engine and no GitLab.

    See https://www.pulumi.com/docs/iac/guides/testing/unit/.
    """
    return isinstance(settings.get_monitor(), mocks.MockMonitor)


def warn_deprecated(
    resource: pulumi.Resource, deprecation: str, opts: pulumi.ResourceOptions | None
) -> None:
    """Log why a resource is deprecated, unless the program only reads it.

    Args:
        resource: The resource.
        deprecation: Why it is deprecated; empty if it is not.
        opts: The program's resource options. Those of `.get()` have an ID.
    """
    if deprecation and not (opts and opts.id):
        pulumi.log.warn(deprecation, resource=resource)


def await_once(resource: pulumi.Resource, names: Iterable[str]) -> None:
    """Let the end of the program await only the resource's registration, not each of its outputs.

    Each time an output resolves, the SDK iterates over all remaining ones. With a dozen for each
    resource, that takes most of a large program's time. `urn` and `id` are still awaited.

    Args:
        resource: The resource.
        names: The names of its outputs.
    """
    if hasattr(pulumi.Output, "_untrack"):  # A detail of the SDK.
        for name in names:
            resource.__dict__[name]._untrack()  # noqa: SLF001 (the only way)


def _reject_unknown(resource: type[Any], given: Iterable[str]) -> None:
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

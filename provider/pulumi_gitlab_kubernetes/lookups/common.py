"""What the functions of both adapters share: arguments, results and errors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import pulumi

from pulumi_gitlab_kubernetes.core.spelling import camel_case, in_snake_case
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.redaction import redact_whole

Result = TypeVar("Result")
Arguments = Mapping[str, Any]
"""The arguments of a call by name. `None` means not set."""


class FunctionError(ProviderError, pulumi.RunError):
    """A call of a function failed. Pulumi shows it without a traceback."""


def plain_arguments(
    function: str, arguments: Arguments, opts: pulumi.InvokeOptions | None
) -> dict[str, Any]:
    """Return the arguments of a plain call that are set.

    Args:
        function: The function's name.
        arguments: Its arguments.
        opts: Its options.

    Raises:
        FunctionError: An argument is an output, or an option needs the other form.
    """
    output_form = f"use {function}_output"
    for name, value in arguments.items():
        if isinstance(value, pulumi.Output):
            raise FunctionError(f"{function}: {name} is an Output: {output_form}")
    if isinstance(opts, pulumi.InvokeOutputOptions) and opts.depends_on is not None:
        raise FunctionError(f"{function}: depends_on has no effect on a plain call: {output_form}")
    return {name: value for name, value in arguments.items() if value is not None}


def result_of(
    function: str,
    type_: type[Result],
    values: Mapping[str, Any],
    spelling: Callable[[str], str] = camel_case,
) -> Result:
    """Return a result as its dataclass.

    Args:
        function: The function's name.
        type_: The dataclass.
        values: Its values. Those that it does not have come from a newer plugin.
        spelling: Returns the name in `values` of a field.

    Raises:
        FunctionError: A name is spelled as in Python, which a unit test's mocks may do.
    """
    fields = dataclasses.fields(type_)  # type: ignore[arg-type] # it is one
    names = {field.name: spelling(field.name) for field in fields}
    inside = {field.name: field.metadata.get("names", {}) for field in fields}
    for name, expected in names.items():
        if name != expected and name in values:
            raise FunctionError(f"{function}: {name} is not a result: write {expected}")

    types = _types_of(type_)  # type: ignore[arg-type] # a class is hashable

    def converted(name: str, value: Any) -> Any:
        nested, is_integer = types[name]
        if inside[name]:
            return in_snake_case(value, inside[name])
        if isinstance(value, list):
            return tuple(converted(name, each) for each in value)
        if nested and isinstance(value, Mapping):
            return result_of(function, nested, value, spelling)
        return int(value) if is_integer and isinstance(value, float) else value

    return type_(**{name: converted(name, values.get(key)) for name, key in names.items()})


def failure(function: str, error: ProviderError, secrets: Iterable[str] = ()) -> FunctionError:
    """Return the error of a call.

    Args:
        function: The function's name.
        error: What went wrong.
        secrets: The secret arguments, which it does not show.
    """
    return FunctionError(f"{function}: {redact_whole(str(error), secrets)}")


@dataclasses.dataclass(frozen=True)
class _Failed:
    error: Exception


def finished(
    output: pulumi.Output[Any],
    function: str,
    result: Callable[[Any], Result],
    arguments: Arguments,
    reason: Callable[[Exception], ProviderError | None],
) -> pulumi.Output[Result]:
    """Return the result of a call, or its error.

    Args:
        output: What the call returns.
        function: The function's name.
        result: Converts what it returns.
        arguments: Its arguments. The error does not show those that are secret.
        reason: Returns the error of a failed call, or `None` for any other error.
    """

    async def finish(value: Any) -> Result:
        if not isinstance(value, _Failed):
            return result(value)
        if (error := reason(value.error)) is None:
            raise value.error
        inputs = [pulumi.Output.from_input(each) for each in arguments.values()]
        secrets = [str(await each.future()) for each in inputs if await each.is_secret()]
        raise failure(function, error, secrets)

    # An error that `recover` itself raised later would be reported although a program handles it.
    made: pulumi.Output[Any] = output.recover(_Failed)
    return made.apply(finish)


@cache
def _types_of(type_: type[Any]) -> dict[str, tuple[type[Any] | None, bool]]:
    """Return the dataclass in each field's type, if there is one, and whether it is an integer."""
    found = {}
    for name, hint in get_type_hints(type_).items():
        parts = (hint, *get_args(hint))
        nested: Any = next((each for each in parts if dataclasses.is_dataclass(each)), None)
        found[name] = (nested, int in parts)
    return found

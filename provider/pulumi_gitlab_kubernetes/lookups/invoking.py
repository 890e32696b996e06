"""Calls of functions that the engine passes on: to the plugin, or to the mocks of a unit test."""

from __future__ import annotations

from typing import Any

import pulumi

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.lookups.common import (
    Arguments,
    FunctionError,
    Result,
    failure,
    finished,
    plain_arguments,
    result_of,
)


def invoke(
    function: str,
    token: str,
    result: type[Result],
    arguments: Arguments,
    opts: pulumi.InvokeOptions | None,
    *,
    version: str | None = None,
) -> Result:
    """Call a function and wait for its result.

    Args:
        function: The function's name in Python programs.
        token: Its token.
        result: The type of its result.
        arguments: Its arguments.
        opts: Pulumi's options of the call.
        version: The version of the plugin, unless the options have one.

    Returns:
        The result.

    Raises:
        FunctionError: It failed, or its result is not known in this preview.
    """
    given = plain_arguments(function, arguments, opts)
    options = pulumi.InvokeOptions.merge(pulumi.InvokeOptions(version=version), opts)
    try:
        found = pulumi.runtime.invoke(token, _on_the_wire(given), options)
    except Exception as error:
        if (reason := _reason(error, token)) is None:
            raise
        raise failure(function, reason) from None
    if not found.is_known:
        raise FunctionError(f"{function}: not known in this preview: use {function}_output")
    return result_of(function, result, found.value)


def invoke_output(
    function: str,
    token: str,
    result: type[Result],
    arguments: Arguments,
    opts: pulumi.InvokeOptions | None,
    *,
    version: str | None = None,
) -> pulumi.Output[Result]:
    """Call a function when its arguments are known; as `invoke`.

    Args:
        function: The function's name in Python programs.
        token: Its token.
        result: The type of its result.
        arguments: Its arguments.
        opts: Pulumi's options of the call.
        version: The version of the plugin, unless the options have one.

    Returns:
        The result, which is unknown in a preview that does not know all arguments or creates a
        resource that the call depends on.
    """
    defaults = pulumi.InvokeOptions(version=version)
    options = pulumi.InvokeOutputOptions.merge(defaults, opts)

    found = pulumi.runtime.invoke_output(token, _on_the_wire(arguments), options)
    return finished(
        found,
        function,
        lambda values: result_of(function, result, values),
        arguments,
        lambda error: _reason(error, token),
    )


def _on_the_wire(arguments: Arguments) -> dict[str, Any]:
    return {camel_case(name): value for name, value in arguments.items()}


def _reason(error: Exception, token: str) -> ProviderError | None:
    """Return the plugin's own error, without what the SDK and the engine say before it.

    Args:
        error: What the SDK raised: exactly an `Exception` if a call failed.
        token: The function's token.
    """
    if type(error) is not Exception:
        return None
    text = str(error).removeprefix(f"invoke of {token} failed: ")
    return ProviderError(text.removeprefix(f"invocation of {token} returned an error: "))

"""What a provider finds wrong with a resource's inputs, in words."""

from .provider import CheckFailure
from .state import Resource
from .values import UNKNOWN, unwrap


def describe(new: Resource, failure: CheckFailure) -> str:
    """What is wrong with a resource, in the CLI's words.

    Args:
        new: The resource.
        failure: What its provider said.

    Returns:
        The message.
    """
    if not failure.property:
        return f"{new.type} resource '{new.name}' has a problem: {failure.reason}"
    value = _show(new.inputs.get(failure.property))
    return (
        f"{new.type} resource '{new.name}': property {failure.property} value {value}"
        f" has a problem: {failure.reason}"
    )


def _show(value: object) -> str:
    """A value as the CLI puts it into a message; but a secret stays one, unlike there."""
    value = "[secret]" if value != unwrap(value) else value
    if value is UNKNOWN:
        return "{output<unknown>}"
    return (
        "{"
        + (
            "<nil>"
            if value is None
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        )
        + "}"
    )

"""Messages for failed checks of inputs."""

from pulumi_gitlab_kubernetes.testing.host.provider import CheckFailure
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import UNKNOWN, unwrap


def describe(new: Resource, failure: CheckFailure) -> str:
    """Return a failed check as the CLI words it.

    Args:
        new: The resource.
        failure: The failed check.

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
    """Return a value as the CLI puts it into a message, but with secrets hidden."""
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

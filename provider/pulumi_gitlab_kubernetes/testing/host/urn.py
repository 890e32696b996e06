"""Uniform resource names and provider references.

``urn:pulumi:<stack>::<project>::<parent types>$<type>::<name>``; see
https://www.pulumi.com/docs/iac/concepts/resources/names/#urns.
"""

from typing import Final

ROOT_STACK_TYPE: Final = "pulumi:pulumi:Stack"
PROVIDER_TYPE_PREFIX: Final = "pulumi:providers:"

_PREFIX: Final = "urn:pulumi:"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource.

    Args:
        stack: The stack's name.
        project: The project's name.
        parent: The parent's URN, or an empty string. The root stack is never part of a child's
            name.
        type_: The resource's type token.
        name: The resource's name.

    Returns:
        The URN.
    """
    parent_type = qualified_type(parent) if parent else ""
    prefix = f"{parent_type}$" if parent_type and parent_type != ROOT_STACK_TYPE else ""
    return f"{_PREFIX}{stack}::{project}::{prefix}{type_}::{name}"


def qualified_type(urn: str) -> str:
    """Return the types of a resource's ancestors and its own, joined by ``$``."""
    return _part(urn, 2)


def type_of(urn: str) -> str:
    """Return a resource's type token."""
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """Return a resource's name."""
    return _part(urn, 3)


def is_root_stack(urn: str) -> bool:
    """Return whether this is the stack's own resource."""
    return qualified_type(urn) == ROOT_STACK_TYPE


def is_provider_type(type_: str) -> bool:
    """Return whether a type token is that of a provider resource."""
    return type_.startswith(PROVIDER_TYPE_PREFIX)


def display_type(urn: str) -> str:
    """Return a type as the CLI shows it: ``aws:ec2/instance:Instance`` as ``aws:ec2:Instance``."""
    type_ = type_of(urn)
    parts = type_.split(":")
    if len(parts) != 3:  # noqa: PLR2004 (package, module and name)
        return type_
    package, module, name = parts
    head, slash, tail = module.rpartition("/")
    if slash and name and tail == name[0].lower() + name[1:]:
        return f"{package}:{head}:{name}"
    return type_


def provider_reference(urn: str, id_: str) -> str:
    """Return the reference to a provider that resources record."""
    return f"{urn}::{id_}"


def split_reference(reference: str) -> tuple[str, str]:
    """Return a provider reference's URN and id."""
    urn, _, id_ = reference.rpartition("::")
    return urn, id_


def _part(urn: str, index: int) -> str:
    parts = urn.removeprefix(_PREFIX).split("::", 3)
    return parts[index] if index < len(parts) else ""

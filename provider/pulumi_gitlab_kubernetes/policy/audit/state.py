"""Read the resources in a stack's state.

See https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/. Encrypted secrets are not
decrypted: rules only see that they are set.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.policy.agent_tokens import MARKS
from pulumi_gitlab_kubernetes.policy.model import Resource, Stored
from pulumi_gitlab_kubernetes.policy.secrets import reveal
from pulumi_gitlab_kubernetes.policy.type_tokens import kind_of
from pulumi_gitlab_kubernetes.text import printable

T = TypeVar("T")
_VERSION = 3
_BOM = "\ufeff"
"""The byte order mark that programs on Windows write before UTF-8 text."""


def read(text: str) -> list[Resource]:
    """Read the output of `pulumi stack export`.

    Args:
        text: The export, with or without `--show-secrets`, or a state file of a file backend.

    Returns:
        The resources that rules apply to, without those that are pending deletion or external.

    Raises:
        InvalidInputError: The text is not a state.
    """
    entries = _entries(text)
    # Only the rule about tokens in plain text needs whole resources, and it is slow.
    suspicious = any(mark in text for mark in MARKS)
    return [resource for each in entries for resource in _of_entry(each, whole=suspicious)]


def _entries(text: str) -> list[dict[str, Any]]:
    try:
        state = json.loads(text.removeprefix(_BOM))
        version = state["version"]
        deployment = state["checkpoint"]["latest"] if "checkpoint" in state else state["deployment"]
        resources = (deployment or {}).get("resources") or []
        valid = all(isinstance(each["urn"], str) and each["type"] for each in resources)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        valid = False
    if not valid:
        raise InvalidInputError(
            "STATE", "is not a stack's state: create one with `pulumi stack export`"
        )
    if version != _VERSION:
        raise InvalidInputError(
            "STATE",
            f"has version {version}, and only {_VERSION} is supported: upgrade this package",
        )
    return list(resources)


def _of_entry(resource: Mapping[str, Any], *, whole: bool) -> Iterator[Resource]:
    if resource.get("delete") or resource.get("external"):
        return
    urn = resource["urn"]
    label = urn.rpartition("::")[2]
    type_ = _part(resource, "type", str)
    parts = {part: _part(resource, part, dict) for part in ("inputs", "outputs")}
    if whole:
        yield Stored(label, parts, urn=urn)
    if token := kind_of(type_):
        inputs, outputs = parts["inputs"], parts["outputs"]
        sources = _part(resource, "propertyDependencies", dict)
        values = {
            name: token.value(name, reveal(found) if isinstance(found, dict) else found)
            for name, spelled in token.names
            if (found := outputs.get(spelled, outputs.get(name, inputs.get(spelled)))) is not None
        }
        yield token.kind(
            label,
            values,
            urn=urn,
            published=token.published,
            protect=bool(resource.get("protect")),
            sources={
                name: _urns(sources, token.spelled(name)) for name in token.kind.agent_references
            },
        )


def _part(resource: Mapping[str, Any], name: str, type_: type[T]) -> T:
    """Return a part of a resource, or an empty value if it is missing.

    Raises:
        InvalidInputError: The part has another type.
    """
    found = resource.get(name) or type_()
    if isinstance(found, type_):
        return found
    label = printable(resource["urn"].rpartition("::")[2])
    what = "an object" if type_ is dict else "text"
    raise InvalidInputError(
        "STATE", f"is damaged: `{name}` of {label} is not {what}: export the stack's state again"
    )


def _urns(sources: Mapping[str, Any], name: str) -> list[str]:
    found = sources.get(name)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

"""Reads the things in a stack's state.

See https://www.pulumi.com/docs/iac/cli/commands/pulumi_stack_export/. Secrets are encrypted there
and stay so: a rule can tell that one is set, and no more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.policy.agent_tokens import MARKS
from pulumi_gitlab_kubernetes.policy.kinds import kind_of
from pulumi_gitlab_kubernetes.policy.secrets import revealed
from pulumi_gitlab_kubernetes.policy.things import Stored, Thing
from pulumi_gitlab_kubernetes.policy.words import printable

T = TypeVar("T")
_VERSION = 3
_MARK = "\ufeff"
"""What programs on Windows write in front of a text in UTF-8."""


def things(text: str) -> list[Thing]:
    """Read what `pulumi stack export` wrote.

    Args:
        text: The export, with or without `--show-secrets`, or a state file of a file backend.

    Returns:
        The resources that rules are about; those that are on their way out, or that the stack
        only reads, are none of them.

    Raises:
        InvalidInputError: It is no such text.
    """
    resources = _resources(text)
    # Only a rule about tokens in plain text looks at whole resources, which takes its time.
    suspicious = any(mark in text for mark in MARKS)
    return [thing for each in resources for thing in _read(each, whole=suspicious)]


def _resources(text: str) -> list[dict[str, Any]]:
    try:
        state = json.loads(text.removeprefix(_MARK))
        version = state["version"]
        deployment = state["checkpoint"]["latest"] if "checkpoint" in state else state["deployment"]
        resources = (deployment or {}).get("resources") or []
        fitting = all(isinstance(each["urn"], str) and each["type"] for each in resources)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fitting = False
    if not fitting:
        raise InvalidInputError("STATE", "is no stack's state: make one with `pulumi stack export`")
    if version != _VERSION:
        raise InvalidInputError(
            "STATE", f"has the format {version}, and only {_VERSION} is known: upgrade this package"
        )
    return list(resources)


def _read(resource: Mapping[str, Any], *, whole: bool) -> Iterator[Thing]:
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
            name: revealed(found) if isinstance(found, dict) else found
            for name, spelled in token.names
            if (found := outputs.get(spelled, inputs.get(spelled))) is not None
        }
        yield token.kind(
            label,
            values,
            urn=urn,
            published=token.published,
            protect=bool(resource.get("protect")),
            sources={name: _urns(sources, token.spelled(name)) for name in token.kind.pointers},
        )


def _part(resource: Mapping[str, Any], name: str, type_: type[T]) -> T:
    """Return a part of a resource, or what is empty of its type where there is none.

    Raises:
        InvalidInputError: It is something else.
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

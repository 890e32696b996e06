"""Taking over a thing that is at GitLab already."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ._connection import Client
from ._fields import Change, Field, Values
from .errors import GitLabError

if TYPE_CHECKING:
    from ._provider import Provider

ADOPTED_AT = "adopted_at"
"""The output that tells two resources apart that hold one thing."""

OWN = "this resource"
"""How messages name the resource that a call is for."""

_HELD: defaultdict[tuple[str, str, tuple[int, ...]], set[tuple[object, str]]] = defaultdict(set)
"""What the resources of the running program hold: each with its `adopted_at` and its URN."""


def hold(
    provider: Provider, url: str, ids: tuple[int, ...], outputs: Values, resource: str
) -> None:
    """Note that a resource of the running program holds a thing.

    Args:
        provider: The provider of things of this kind.
        url: The GitLab.
        ids: The thing's ids, outermost first.
        outputs: The resource's outputs.
        resource: Its URN.
    """
    _HELD[url, provider.name, ids].add((outputs.get(ADOPTED_AT), resource))


def holders(provider: Provider, url: str, ids: tuple[int, ...]) -> set[str]:
    """Return the URNs of the resources of the running program that hold a thing."""
    return {resource for _adopted_at, resource in _HELD.get((url, provider.name, ids), set())}


def held_by_another(provider: Provider, url: str, ids: tuple[int, ...], outputs: Values) -> bool:
    """Tell whether another resource than the one of these outputs holds a thing.

    A forced replacement creates first. Where that takes over the very thing that it is to
    replace, the deletion that follows must not delete it, though it be in a later run.
    """
    known = {adopted_at for adopted_at, _urn in _HELD.get((url, provider.name, ids), set())}
    return bool(known - {outputs.get(ADOPTED_AT)})


def adopt(
    provider: Provider,
    client: Client,
    ids: tuple[int, ...],
    found: Values,
    inputs: Values,
    *,
    resource: str,
) -> Values:
    """Bring a thing that is already there to the inputs, with one update at most.

    Args:
        provider: The provider of things of this kind.
        client: The client to use.
        ids: The thing's ids, outermost first.
        found: GitLab's description of it.
        inputs: Checked inputs.
        resource: The URN of the resource that takes it over.

    Returns:
        GitLab's description of it afterwards, with `adopted_at`.

    Raises:
        GitLabError: What GitLab shows of it differs in a way that no update can change.
    """
    found = provider.reveal(client, ids, found, inputs)
    differs = differing(provider, found, inputs)
    fixed = [field.name for field in differs if field.change is Change.REPLACE]
    if fixed:
        raise GitLabError(
            f"it is already there with the id {ids[-1]}, but with another {' and '.join(fixed)}, "
            "which no update can change: remove it there, or give the same here"
        )
    fields = provider.schema.fields
    hidden = [f for f in fields if f.write_only and f.change is Change.UPDATE and f.name in inputs]
    names = tuple(field.name for field in (*differs, *hidden))
    if names:
        shown = _shown(provider, found, inputs)
        body = provider.body(names, shown, inputs)
        found = provider.collection(client, ids[:-1]).update(ids[-1], body)
    found = {**found, ADOPTED_AT: datetime.now(timezone.utc).isoformat()}
    hold(provider, client.connection.url, ids, found, resource)
    return found


def differing(provider: Provider, found: Values, inputs: Values) -> list[Field]:
    """Return the inputs that GitLab shows otherwise, without those it never shows.

    What no update can change counts also where the program leaves it out.

    Args:
        provider: The provider of things of this kind.
        found: GitLab's description of a thing.
        inputs: Checked inputs.
    """
    shown = _shown(provider, found, inputs)
    return [
        field
        for field in provider.schema.fields
        if field.sent
        and field.shown
        and (field.name in inputs or field.change is Change.REPLACE)
        and not field.same(shown.get(field.name), inputs.get(field.name))
    ]


def _shown(provider: Provider, found: Values, inputs: Values) -> Values:
    return provider.schema.live(found, {"project": inputs["project"]}, whole=True)

"""Taking over a thing that is at GitLab already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._connection import Client
from ._fields import Change, Values
from .errors import GitLabError

if TYPE_CHECKING:
    from ._provider import Provider

_ADOPTED: set[tuple[str, str, tuple[int, ...]]] = set()


def adopted(provider: Provider, client: Client, ids: tuple[int, ...]) -> bool:
    """Tell whether this process has taken a thing over.

    A forced replacement creates first. Where that takes over the very thing that it is to
    replace, the deletion that follows must not delete it.
    """
    return (client.connection.url, provider.name, ids) in _ADOPTED


def adopt(
    provider: Provider,
    client: Client,
    ids: tuple[int, ...],
    found: Values,
    inputs: Values,
) -> Values:
    """Bring a thing that is already there to the inputs, with one update at most.

    Args:
        provider: The provider of things of this kind.
        client: The client to use.
        ids: The thing's ids, outermost first.
        found: GitLab's description of it.
        inputs: Checked inputs.

    Returns:
        GitLab's description of it afterwards.

    Raises:
        GitLabError: What GitLab shows of it differs in a way that no update can change.
    """
    found = provider.reveal(client, ids, found, inputs)
    shown = provider.schema.live(found, {"project": inputs["project"]}, whole=True)
    differs = [
        field
        for field in provider.schema.fields
        if field.sent and not field.same(shown.get(field.name), inputs.get(field.name))
    ]
    fixed = [f.name for f in differs if f.change is Change.REPLACE and not f.write_only]
    if fixed:
        raise GitLabError(
            f"it is already there with the id {ids[-1]}, but with another {' and '.join(fixed)}, "
            "which no update can change: remove it there, or give the same here"
        )
    names = tuple(f.name for f in differs if f.change is Change.UPDATE and f.name in inputs)
    if names:
        body = provider.body(names, shown, inputs)
        found = provider.collection(client, ids[:-1]).update(ids[-1], body)
    _ADOPTED.add((client.connection.url, provider.name, ids))
    return found

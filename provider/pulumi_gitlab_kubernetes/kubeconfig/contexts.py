"""The cluster and the user that a context of a kubeconfig names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.kubeconfig.documents import ARGUMENT
from pulumi_gitlab_kubernetes.redaction import one_line

_LONGEST = 100  # Characters of a name to show.
_MOST = 10  # Names to show.
_ON = {"true", "yes", "on", "y"}  # In YAML 1.1, which kubectl reads.


@dataclass(frozen=True)
class Entry:
    """A cluster, a user or a context of a kubeconfig.

    Args:
        label: How messages name it, such as `cluster "shop"`; empty for the kubeconfig itself.
        values: Its content.
    """

    label: str
    values: Mapping[str, Any] = field(repr=False)

    def text(self, key: str) -> str:
        """Return a text in it, or an empty one if it is not set.

        Raises:
            InvalidInputError: The value is not a text.
        """
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise self.error(f"must have a text as its {key}")
        return (value or "").strip()

    def enabled(self, key: str) -> bool:
        """Return whether a switch in it is on."""
        return str(self.values.get(key)).lower() in _ON

    def error(self, reason: str) -> InvalidInputError:
        """Return the error for something that is wrong in it."""
        return InvalidInputError(ARGUMENT, f"{self.label} {reason}".lstrip())


def select(document: Mapping[str, Any], name: str | None) -> tuple[Entry, Entry]:
    """Return the cluster and the user of a context.

    Args:
        document: The content of the kubeconfig.
        name: The context's name; `None` for the current one.

    Returns:
        The cluster and the user. The user has no content if the kubeconfig lacks it.

    Raises:
        InvalidInputError: There is no such context, or no such cluster.
    """
    contexts = _entries(document, "context")
    listed = _listed(contexts)
    wanted = name or Entry("", document).text("current-context")
    if not contexts:
        raise InvalidInputError(ARGUMENT, "must have a context: it has none")
    if not wanted:
        raise InvalidInputError("context", f"is required, as none is current: set {listed}")
    if wanted not in contexts:
        missing = f'as the kubeconfig has no "{_shown(wanted)}"'
        why = f"is wrong, {missing}" if name else f"is required, {missing}, its current one"
        raise InvalidInputError("context", f"{why}: set {listed}")
    context = contexts[wanted]
    clusters = _entries(document, "cluster")
    if (cluster := context.text("cluster")) not in clusters:
        raise context.error(f'has the cluster "{_shown(cluster)}", which is not in the kubeconfig')
    user = context.text("user")
    absent = Entry(f'user "{_shown(user)}"', {})
    return clusters[cluster], _entries(document, "user").get(user, absent)


def _entries(document: Mapping[str, Any], kind: str) -> dict[str, Entry]:
    """Return the clusters, users or contexts by name. As in kubectl, the first of a name counts."""
    found: dict[str, Entry] = {}
    listed = document.get(f"{kind}s")
    for each in listed if isinstance(listed, list | tuple) else ():
        name = each.get("name") if isinstance(each, Mapping) else None
        values = each.get(kind) if isinstance(each, Mapping) else None
        if isinstance(name, str) and isinstance(values, Mapping):
            found.setdefault(name, Entry(f'{kind} "{_shown(name)}"', values))
    return found


def _listed(names: Iterable[str]) -> str:
    """Return names for a message."""
    names = list(names)
    shown = ", ".join(f'"{_shown(name)}"' for name in islice(names, _MOST))
    more = ", ..." if len(names) > _MOST else ""
    return f"it to {'one of ' if len(names) > 1 else ''}{shown}{more}"


def _shown(name: str) -> str:
    name = one_line(name)
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"

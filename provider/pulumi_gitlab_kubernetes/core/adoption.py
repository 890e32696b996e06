"""Adopting a resource that already exists in GitLab."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.fields import Change, Field
from pulumi_gitlab_kubernetes.core.shared_fields import ADOPTED_AT
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.places import Ids

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.core.kind import Kind


def adopt(
    kind: Kind,
    client: Client,
    ids: Ids,
    found: Values,
    inputs: Values,
    *,
    context: CallContext,
) -> Values:
    """Update an existing resource to the inputs, with at most one request.

    Args:
        kind: The kind of the resource.
        client: The client to use.
        ids: The resource's IDs, outermost first.
        found: GitLab's response about it.
        inputs: Checked inputs.
        context: What the call can use.

    Returns:
        GitLab's response after the update, with `adopted_at`.

    Raises:
        GitLabError: It differs in an input that cannot be updated.
    """
    found = kind.complete_response(client, ids, found, inputs) or found
    differs = differing(kind, found, inputs)
    fixed = [context.spelling[field.name] for field in differs if field.change is Change.REPLACE]
    if fixed:
        raise GitLabError(
            f"it already exists with the id {ids[-1]}, but with another {' and '.join(fixed)}, "
            "which cannot be updated: delete it in GitLab, or set the same value here"
        )
    fields = kind.schema.fields
    hidden = [f for f in fields if f.write_only and f.change is Change.UPDATE and f.name in inputs]
    names = tuple(field.name for field in (*differs, *hidden))
    if names:
        current = _current(kind, found, inputs)
        kind.refuse_update(names, current)
        body = kind.update_body(names, inputs)
        found = kind.collection(client, ids[:-1], inputs, {}).update(ids[-1], body)
    found = {**found, ADOPTED_AT.name: datetime.now(timezone.utc).isoformat()}
    key = kind.key(client.connection.url, ids, inputs)
    context.run.claims.claim(key, found, context.resource)
    return found


def differing(kind: Kind, found: Values, inputs: Values) -> list[Field]:
    """Return the inputs that GitLab returns with another value.

    An input that cannot be updated also counts if the program does not set it.

    Args:
        kind: The kind of the resource.
        found: GitLab's response about it.
        inputs: Checked inputs.
    """
    current = _current(kind, found, inputs)
    return [
        field
        for field in kind.schema.fields
        if field.request_key
        and field.response_key
        and (field.name in inputs or field.change is Change.REPLACE)
        and not field.same(current.get(field.name), inputs.get(field.name))
    ]


def _current(kind: Kind, found: Values, inputs: Values) -> Values:
    return kind.schema.from_response(found, {"project": inputs["project"]}, include_unmanaged=True)

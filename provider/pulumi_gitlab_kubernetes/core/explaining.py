"""GitLab's errors with what was requested, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.parameter_names import gitlab_names
from pulumi_gitlab_kubernetes.errors import FORBIDDEN, READING, WRITING, GitLabError, explain
from pulumi_gitlab_kubernetes.gitlab.client import Client

_NAMES = {"project", "connection", "name"}
_READS = {"read", "look up", "import", "list"}


@contextmanager
def explained(
    kind: Kind,
    client: Client,
    verb: str,
    values: Mapping[str, object],
    context: CallContext,
    *,
    id_: str = "",
) -> Iterator[None]:
    """Add to GitLab's error what was requested, and what to do.

    Args:
        kind: The kind of the resource.
        client: The client of the request.
        verb: What was requested, such as `create`.
        values: The resource's inputs or outputs.
        context: What the call can use.
        id_: The resource's ID.

    Raises:
        GitLabError: The error.
    """
    try:
        yield
    except GitLabError as error:
        reads = verb in _READS
        forbidden = error.status == FORBIDDEN and not reads
        noun = f"{kind.noun}s" if verb == "list" else kind.noun
        where = (verb, noun, kind.label(values), id_ and f"({id_})")
        raise explain(
            error,
            action=f"{' '.join(filter(None, where))} in project {values.get('project', '?')}",
            role=kind.read_role if reads else kind.write_role,
            scope=READING if reads else WRITING,
            host=client.connection.url,
            also=(kind.why_forbidden(client, dict(values)) or "") if forbidden else "",
            token_setting=client.connection.token_setting,
            names=gitlab_names(kind.schema.fields, context.spelling),
            secrets=(*client.connection.secrets(), *kind.schema.secret_texts(values)),
            values={
                name: text
                for name, text in kind.schema.open_texts(values).items()
                if name not in {*_NAMES, kind.unique_input}
            },
        ) from error

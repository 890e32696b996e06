"""Kinds of actions: what GitLab does once, when their resource is created or replaced.

GitLab stores nothing of an action, so there is nothing to read, to import, to adopt or to delete.
"""

from __future__ import annotations

from typing import NoReturn

from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.explaining import explained
from pulumi_gitlab_kubernetes.core.identity import NotUnique
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.lifecycle import Lifecycle
from pulumi_gitlab_kubernetes.core.not_found import require_project
from pulumi_gitlab_kubernetes.core.state import State
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import InvalidInputError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.client import Client


class ActionKind(Kind):
    """A kind of action. A subclass declares it and performs it."""

    identity = NotUnique()

    def perform(self, client: Client, project_id: int, inputs: Values) -> Values:
        """Request the action.

        Args:
            client: The client to use.
            project_id: The project's ID.
            inputs: Checked inputs.

        Returns:
            The last part of the ID as `id`, and the outputs by their response keys.

        Raises:
            GitLabError: GitLab rejected the request.
        """
        raise NotImplementedError


class ActionLifecycle(Lifecycle):
    """Performs actions of one kind.

    Args:
        kind: The kind.
    """

    def __init__(self, kind: ActionKind) -> None:
        super().__init__(kind)
        self._action = kind

    def create(self, inputs: Values, context: CallContext) -> tuple[str, Values]:
        """Perform the action."""
        client = context.client(inputs)
        with explained(self.kind, client, "request", inputs, context):
            project_id = require_project(client, inputs["project"])
            context.run.composite_ids.require_project(context.resource, inputs, project_id)
            try:
                response = self._action.perform(client, project_id, inputs)
            except NotFoundError as error:
                collection = self.kind.collection(client, (project_id,))
                project = inputs["project"]
                missing = self._missing(client, collection, project_id, project, in_state=False)
                raise missing or error from error
        ids = (project_id, int(response["id"]))
        return ":".join(map(str, ids)), self._outputs(ids, response, inputs)

    def read(self, id_: str, olds: State, context: CallContext) -> State:
        """Return the state as it is, without a request."""
        if not olds.complete:
            self.get(id_, {}, context)
        return State(olds.outputs, olds.inputs)

    def get(self, id_: str, known: Values, context: CallContext) -> NoReturn:
        """Reject what the stack does not manage."""
        del id_, known, context
        raise InvalidInputError("id", f"cannot be read: GitLab stores no {self.kind.noun}")

    def import_(self, reference: str, context: CallContext) -> NoReturn:
        """Reject an import."""
        self.get(reference, {}, context)

    def delete(self, id_: str, olds: State, context: CallContext) -> None:
        """Do nothing: the action stays done."""

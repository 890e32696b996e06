"""Check, diff, create, read, update and delete of any kind.

It works with plain values. An adapter maps the engine's calls and values to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi_gitlab_kubernetes.core.claims import Keys
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.explaining import explained
from pulumi_gitlab_kubernetes.core.fields import Change
from pulumi_gitlab_kubernetes.core.identity import NotUnique, Singleton, Unique
from pulumi_gitlab_kubernetes.core.kind import Kind, TokenKind
from pulumi_gitlab_kubernetes.core.not_found import parent_missing, require_project, what_is_missing
from pulumi_gitlab_kubernetes.core.references import is_id, resolve
from pulumi_gitlab_kubernetes.core.schema import Difference, Failure
from pulumi_gitlab_kubernetes.core.shared_fields import ADOPTED_AT, PROJECT, SCHEMA_VERSION
from pulumi_gitlab_kubernetes.core.state import State
from pulumi_gitlab_kubernetes.core.token_creation import TokenCreation
from pulumi_gitlab_kubernetes.core.unique_creation import UniqueCreation
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Values
from pulumi_gitlab_kubernetes.errors import (
    GitLabError,
    InvalidInputError,
    NotFoundError,
    PartialFailureError,
)
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.gitlab.objects import look_up
from pulumi_gitlab_kubernetes.gitlab.places import Ids

VERSION = 1
"""The `schema_version` of states. It increases when the meaning of a state's values changes."""


class Lifecycle:
    """Creates, reads, updates and deletes resources of one kind.

    Args:
        kind: The kind.
    """

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def check(
        self, news: Mapping[str, object], context: CallContext
    ) -> tuple[Values, list[Failure]]:
        """Validate inputs and fill in defaults, without a request to GitLab.

        Args:
            news: The program's inputs.
            context: What the call can use.

        Returns:
            The inputs to store, and what is wrong.

        Raises:
            ConfigurationError: The connection has no token, or a setting is wrong or unknown.
        """
        values, failures = self.kind.schema.check(news, context.spelling)
        failures += context.run.composite_ids.check(
            context.resource, self.kind.schema.projects(news), values
        )
        if not failures:
            if values.get("connection") is not UNKNOWN:
                context.connection(values)
            for warning in self.kind.schema.warnings(values, context.spelling):
                context.log_warning(warning)
        return values, failures

    def diff(self, olds: State, news: Values, context: CallContext) -> Difference:
        """Compare the state with checked inputs.

        If `project` has another spelling, GitLab is asked whether it is the same project. A kind
        can ask about other inputs.

        Args:
            olds: The state.
            news: Checked inputs.
            context: What the call can use.

        Raises:
            InvalidInputError: The connection is another GitLab, or an ID is of another project.
            GitLabError: The project could not be looked up.
        """
        outputs = olds.outputs
        if UNKNOWN not in (outputs.get("connection"), news.get("connection")):
            context.require_same_gitlab(outputs, news)
            if not context.refreshing and all(name in outputs for name in self.kind.ids):
                types = self.kind.id_types
                ids = tuple(type_.coerce(outputs[name]) for name, type_ in types.items())
                key = self.kind.key(context.connection(news).url, ids, outputs)
                context.run.claims.claim(key, outputs, context.resource)
        found = self.kind.schema.diff(olds.inputs, news, context.ignored)
        replaces = tuple(
            name
            for name in found.replaces
            if not self._same_in_gitlab(name, outputs, news, context)
        )
        found = Difference(changed=found.changed, replaces=replaces)
        if "project_id" in outputs and "project" not in found.replaces and not context.refreshing:
            project_id = int(outputs["project_id"])
            context.run.composite_ids.require_project(context.resource, news, project_id)
        due = None if context.refreshing else self.kind.replacement_due(outputs, news, context)
        more = (due,) if due else ()
        found = Difference((*found.changed, *more), (*found.replaces, *more))
        return replace(found, delete_first=self._must_delete_first(found))

    def _must_delete_first(self, found: Difference) -> bool:
        """Return whether GitLab would reject the new resource while the old one exists."""
        match self.kind.identity:
            case Unique(name, within=within):
                moved = name in found.changed or {"project", *within} & {*found.replaces}
                return bool(found.replaces) and not moved
            case Singleton():
                return bool(found.replaces)
            case NotUnique():
                return False

    def create(self, inputs: Values, context: CallContext) -> tuple[str, Values]:
        """Create the resource.

        Args:
            inputs: Checked inputs.
            context: What the call can use.

        Returns:
            Its ID and its outputs.

        Raises:
            ProviderError: GitLab rejected it. If the response was lost, the message says whether
                the resource may exist.
        """
        client = context.client(inputs)
        with explained(self.kind, client, "create", inputs, context):
            project_id = require_project(client, inputs["project"])
            context.run.composite_ids.require_project(context.resource, inputs, project_id)
            parents = (project_id, *(inputs[name] for name in self.kind.ids[1:-1]))
            try:
                created = self._create(client, parents, inputs, context)
            except NotFoundError as error:
                collection = self.kind.collection(client, parents, inputs)
                project = inputs["project"]
                missing = self._missing(client, collection, project_id, project, in_state=False)
                if missing is None and collection.parent is None:
                    raise
                raise missing or parent_missing(
                    self.kind.ids[-2], parents[-1], context.spelling
                ) from error
        ids = (*parents, created["id"])
        return ":".join(map(str, ids)), self._outputs(ids, created, inputs)

    def _create(self, client: Client, parents: Ids, inputs: Values, context: CallContext) -> Values:
        kind = self.kind
        key = client.connection.url, kind.name, parents, inputs.get(kind.unique_input or "name")
        # Without the lock, a lost request could claim what another thread has just created.
        with context.run.claims.lock(key):
            if isinstance(kind, TokenKind):
                return TokenCreation(kind, client, parents, inputs, context=context).create()
            return UniqueCreation(kind, client, parents, inputs, context=context).create()

    def read(self, id_: str, olds: State, context: CallContext) -> State | None:
        """Read a resource of the stack, for a refresh.

        Args:
            id_: Its ID.
            olds: The state.
            context: What the call can use.

        Returns:
            Its outputs, and its inputs as GitLab has them now; `None` if it no longer exists.

        Raises:
            InvalidInputError: The state is not complete, and there is no such resource.
        """
        response = self._request(id_, olds.outputs, context, in_state=olds.complete)
        if response is None:
            return None
        schema, ids = self.kind.schema, self.kind.parse_id(id_)
        outputs = self._outputs(ids, response, olds.outputs)
        if olds.complete:
            outputs = schema.freeze_volatile(outputs, olds.outputs)
        # A new value of a control field is no change, so the outputs may have an old value.
        controls = schema.control_fields()
        inputs = {n: v for n, v in schema.inputs(outputs).items() if n not in controls}
        inputs |= {name: olds.inputs[name] for name in controls if name in olds.inputs}
        return State(outputs, inputs)

    def get(self, id_: str, known: Values, context: CallContext) -> Values | None:
        """Read a resource that the stack does not manage, with everything that GitLab returns.

        Args:
            id_: Its ID.
            known: The outputs of an earlier read; empty for the first read.
            context: What the call can use.

        Returns:
            Its outputs; `None` if it existed in an earlier read and no longer exists.

        Raises:
            InvalidInputError: There is no such resource.
        """
        response = self._request(id_, known, context, in_state=bool(known))
        if response is None:
            return None
        ids = self.kind.parse_id(id_)
        outputs = self._outputs(ids, response, known, include_unmanaged=True)
        return self.kind.schema.freeze_volatile(outputs, known) if known else outputs

    def import_(self, reference: str, context: CallContext) -> tuple[str, State]:
        """Read a resource that the stack is to manage from now on.

        Args:
            reference: Its ID, or its parts by name, as `references.resolve` takes them.
            context: What the call can use.

        Returns:
            Its ID and its state. The inputs are those that a program needs to set: without
            defaults.

        Raises:
            InvalidInputError: There is no such resource.
        """
        client, kind = context.client({}), self.kind
        with explained(
            self.kind, client, "import", {"project": reference.partition(":")[0]}, context
        ):
            id_ = ":".join(map(str, resolve(kind, client, reference)))
        found = kind.as_declared(self._request(id_, {}, context, in_state=False) or {})
        known: Values = {}
        if not is_id(project := reference.partition(":")[0]):
            known["project"] = project
        outputs = self._outputs(kind.parse_id(id_), found, known, include_unmanaged=True)
        defaults = {field.name: field.default for field in kind.schema.fields}
        inputs = {
            name: value
            for name, value in kind.schema.inputs(outputs).items()
            if value != defaults[name]
        }
        return id_, State(outputs, inputs)

    def update(self, id_: str, olds: State, news: Values, context: CallContext) -> Values:
        """Update a resource to its new inputs, with at most one request.

        Args:
            id_: Its ID.
            olds: The state.
            news: Checked inputs.
            context: What the call can use.

        Returns:
            Its outputs.

        Raises:
            PartialFailureError: GitLab applied only some of the changes.
            ProviderError: GitLab rejected the update.
        """
        kind, ids = self.kind, self.kind.parse_id(id_)
        changed = kind.schema.diff(olds.inputs, news, context.ignored).changed
        updatable = {field.name for field in kind.schema.fields if field.change is Change.UPDATE}
        names = tuple(name for name in changed if name in updatable)
        # Inputs come from the program, everything else from the state.
        inputs = {field.name for field in kind.schema.fields}
        kept = {name: value for name, value in olds.outputs.items() if name not in inputs}
        if not names:
            return self._outputs(ids, {}, {**kept, **news})
        client = context.client(news)
        with explained(self.kind, client, "update", news, context, id_=id_):
            collection = kind.collection(client, ids[:-1], news, olds.outputs)
            try:
                news = {**news, **self._as_at_gitlab(collection, ids[-1], context)}
                kind.refuse_update(names, olds.outputs)
                response = collection.update(ids[-1], kind.update_body(names, news))
            except NotFoundError as error:
                missing = self._missing(client, collection, ids[0], news["project"], in_state=True)
                raise missing or GitLabError(
                    f"it no longer exists: {_REFRESH}", error.status
                ) from error
            outputs = self._outputs(ids, response, {**kept, **news})
            if problem := kind.not_applied(names, news, response, context.spelling):
                raise PartialFailureError(problem, outputs)
        return outputs

    def delete(self, id_: str, olds: State, context: CallContext) -> None:
        """Delete a resource. It is not an error if it no longer exists.

        Args:
            id_: Its ID.
            olds: The state.
            context: What the call can use.

        Raises:
            ProviderError: GitLab rejected the deletion.
        """
        outputs, ids = olds.outputs, self.kind.parse_id(id_)
        client = context.client(outputs)
        project = outputs.get("project", str(ids[0]))
        with explained(self.kind, client, "delete", outputs, context, id_=id_):
            collection = self.kind.collection(client, ids[:-1], outputs)
            keys: Keys = ()
            try:
                keys = self.kind.keys(client, ids, outputs)
                if context.run.claims.claimed_by_another(keys, outputs):
                    context.log_info(_ADOPTED)
                    return
                if not self.kind.delete_specially(collection, ids[-1], outputs, context):
                    collection.delete(ids[-1])
            except NotFoundError as error:
                if missing := self._missing(client, collection, ids[0], project, in_state=True):
                    raise missing from error
        context.run.claims.note_deleted(keys)

    def _request(
        self, id_: str, known: Values, context: CallContext, *, in_state: bool
    ) -> Values | None:
        """Return GitLab's response about a resource, or `None` if it certainly does not exist.

        A resource that is not in the state may never have existed, which is an error.
        """
        client, ids = context.client(known), self.kind.parse_id(id_)
        known = {"project": str(ids[0]), **known}
        with explained(self.kind, client, "read", known, context, id_=id_):
            collection = self.kind.collection(client, ids[:-1], known)
            try:
                response = collection.read(ids[-1])
            except NotFoundError as error:
                project = known["project"]
                missing = self._missing(client, collection, ids[0], project, in_state=in_state)
                if missing:
                    raise missing from error
                if not in_state:
                    reason = f'"{id_}": GitLab has no {self.kind.noun} with this id'
                    raise InvalidInputError("id", reason) from error
                return None
            return self.kind.complete_response(client, ids, response, known) or response

    def _missing(
        self,
        client: Client,
        collection: Collection,
        project_id: int,
        project: str,
        *,
        in_state: bool,
    ) -> GitLabError | None:
        why = self.kind.unavailable
        return what_is_missing(client, collection, project_id, project, why, in_state=in_state)

    def _outputs(
        self,
        ids: Ids,
        response: Values,
        known: Values,
        *,
        include_unmanaged: bool = False,
    ) -> Values:
        known = {"project": str(ids[0]), **known}
        values = self.kind.schema.from_response(
            response, known, include_unmanaged=include_unmanaged
        )
        if ADOPTED_AT.name in response:
            values[ADOPTED_AT.name] = response[ADOPTED_AT.name]
        values |= dict(zip(self.kind.ids, ids, strict=True))
        return values | {SCHEMA_VERSION.name: VERSION}

    def _as_at_gitlab(self, collection: Collection, id_: Any, context: CallContext) -> Values:
        """Return GitLab's values of ignored inputs that each update must send."""
        fields = [f for f in self.kind.schema.fields if f.always_send and f.name in context.ignored]
        response = collection.get(id_) if fields else {}
        return {field.name: look_up(response, field.response_key)[1] for field in fields}

    def _same_in_gitlab(self, name: str, olds: Values, news: Values, context: CallContext) -> bool:
        """Return whether the new value of an input means the same in GitLab as the old one."""
        if UNKNOWN in (news.get(name), news.get("connection")) or "project_id" not in olds:
            return False
        client = context.client(news)
        with explained(self.kind, client, "look up", news, context):
            if name == PROJECT.name:
                return require_project(client, news[name]) == int(olds["project_id"])
            return self.kind.same_in_gitlab(name, olds, news, client)


_ADOPTED = "not deleted in GitLab: another resource of this stack has adopted it"
_REFRESH = "run `pulumi refresh`, then `pulumi up` to create it again"

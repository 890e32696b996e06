"""What all five resources share: the core of a provider over plain values.

A resource's module declares its fields and its place at GitLab, and overrides what is special to
it. Nothing here, nor there, knows Pulumi's dynamic providers: `_dynamic` maps this onto them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from . import _whole_ids
from ._absence import agent_missing, require_project, what_is_missing
from ._adoption import ADOPTED_AT, held_by_another, hold
from ._connection import Client
from ._creation import create
from ._descriptions import look_up
from ._fields import UNKNOWN, Change, Difference, Failure, Schema, Values
from ._gitlab_names import gitlab_names
from ._managers import Collection
from ._session import Session
from .errors import (
    FORBIDDEN,
    READING,
    WRITING,
    GitLabError,
    InvalidInputError,
    NotFoundError,
    PartialFailureError,
    explain,
)

SCHEMA_VERSION = 1
"""Rises when the meaning of what state holds changes."""


class Provider:
    """Creates, reads, updates and deletes one kind of thing, over plain values."""

    name: ClassVar[str]
    """The resource class's name, which state holds."""
    noun: ClassVar[str]
    """What GitLab calls the thing in a sentence."""
    identity: ClassVar[str | None] = "name"
    """The input that GitLab keeps unique; empty where there can be one only, `None` for none."""
    creator: ClassVar[str] = ""
    """GitLab's name for the id of the user who made the thing, dotted where nested."""
    schema: ClassVar[Schema]
    parent: ClassVar[str] = ""
    """The kind of resource that things belong to, where that is not the project alone."""
    ids: ClassVar[tuple[str, ...]]
    """The outputs that make up the id, outermost first."""
    role: ClassVar[str] = "Maintainer"
    """The role that writing needs at GitLab."""
    reader: ClassVar[str] = "Developer"
    """The role that reading needs."""
    job_token: ClassVar[bool] = False
    """Whether GitLab lets the token of a CI job do it."""
    hidden: ClassVar[str]
    """What it means when the project can be seen, but this kind of thing cannot."""

    # What a resource's module gives -----------------------------------------------------------

    def collection(self, client: Client, ids: tuple[int, ...]) -> Collection:
        """Return the collection that things of this kind are in.

        Args:
            client: The client to use.
            ids: The project's id, and the agent's where things belong to an agent.
        """
        raise NotImplementedError

    def label(self, values: Mapping[str, object]) -> str:
        """Return how a message names the thing; empty when that is not known."""
        return f'"{values["name"]}"' if "name" in values else ""

    def find(self, things: Collection, inputs: Values) -> Values | None:
        """Return the thing that already has this identity, if there is one."""
        raise NotImplementedError

    def taken(
        self,
        things: Collection,
        inputs: Values,
        found: Values | None,
        holder: Callable[[Values], str],
    ) -> tuple[str, str] | None:
        """Say what stands in the way of a thing that GitLab refused to create.

        Args:
            things: The collection.
            inputs: What was to be created.
            found: What already has this identity.
            holder: Names the resource of the running program that has a thing; empty for none.

        Returns:
            What it is, and what to do where that is special; `None` when nothing is in the way.
        """
        del things, inputs, holder
        told = "it is already there with the id"
        return None if found is None else (f"{told} {self.listed([found])}", "")

    def candidates(
        self, things: Collection, inputs: Values, holder: Callable[[Values], str]
    ) -> list[Values]:
        """Return what may have come of a creation whose answer was lost; `holder` as above."""
        del holder  # What has the identity is in the way, whoever has it.
        found = self.find(things, inputs)
        return [] if found is None else [found]

    def recover(self, things: Collection, thing: Values) -> Values | None:
        """Take what a creation without an answer made for its answer.

        Args:
            things: The collection.
            thing: GitLab's description of it.

        Returns:
            GitLab's description of it, or `None` where it is of no use and has been deleted.
        """
        del things
        return thing

    def listed(self, things: list[Values]) -> str:
        """Name things in a message, with when and by whom they were made."""
        return ", ".join(f"{thing['id']}{self._history(thing)}" for thing in things)

    def _history(self, thing: Values) -> str:
        made = f" made {thing['created_at']}" if thing.get("created_at") else ""
        who = look_up(thing, self.creator)[1] if self.creator else None
        return f",{made}{f' by user {who}' if who else ''}" if made else ""

    # The six calls ----------------------------------------------------------------------------

    def check(self, news: Mapping[str, object], session: Session) -> tuple[Values, list[Failure]]:
        """Validate inputs and fill in defaults, without asking GitLab.

        Raises:
            ConfigurationError: The connection has no token, or a setting is wrong or unknown.
        """
        values, failures = self.schema.check(news)
        failures += _whole_ids.check(session.resource, self.schema.projects(news), values)
        if not failures:
            if values.get("connection") is not UNKNOWN:
                session.require_known_settings(values)
                session.connection(values)
            for warning in self.schema.warnings(values):
                session.warn(warning)
        return values, failures

    def diff(self, olds: Values, news: Values, session: Session) -> Difference:
        """Compare the state's outputs with checked inputs.

        A project spelled in another way is still the same project, which GitLab is asked.

        Raises:
            InvalidInputError: The connection leads to another GitLab, or an id to another project.
            GitLabError: The new spelling of the project could not be looked up.
        """
        if UNKNOWN not in (olds.get("connection"), news.get("connection")):
            session.require_same_gitlab(olds, news)
            if not session.refreshing and all(name in olds for name in self.ids):
                ids = tuple(int(olds[name]) for name in self.ids)
                hold(self, session.connection(news).url, ids, olds, session.resource)
        found = self.schema.diff(olds, news, session.ignored)
        if "project" in found.replaces and self._same_project(olds, news, session):
            replaces = tuple(name for name in found.replaces if name != "project")
            found = Difference(changed=found.changed, replaces=replaces)
        if "project_id" in olds and "project" not in found.replaces and not session.refreshing:
            _whole_ids.require_project(session.resource, news, int(olds["project_id"]))
        return found

    def create(self, inputs: Values, session: Session) -> tuple[str, Values]:
        """Make the thing.

        Args:
            inputs: Checked inputs.
            session: What the call may use.

        Returns:
            Its id and its outputs.

        Raises:
            ProviderError: GitLab refused, and nothing was made; or its answer was lost, which the
                message says.
        """
        client = session.client(inputs)
        with self._explained(client, "create", inputs):
            project_id = require_project(client, inputs["project"])
            _whole_ids.require_project(session.resource, inputs, project_id)
            parents = (project_id, *(inputs[name] for name in self.ids[1:-1]))
            try:
                answer = create(self, client, parents, inputs, session)
            except NotFoundError as error:
                things = self.collection(client, parents)
                project = inputs["project"]
                missing = self._missing(client, things, project_id, project, held=False)
                if missing is None and things.parent is None:
                    raise
                raise missing or agent_missing(parents) from error
        ids = (*parents, int(answer["id"]))
        return ":".join(map(str, ids)), self._outputs(ids, answer, inputs)

    def read(self, id_: str, state: Values, session: Session, *, whole: bool) -> Values | None:
        """Read the thing.

        Args:
            id_: Its id.
            state: The outputs in the state.
            session: What the call may use.
            whole: Whether to bring in every field, also those that the state does not have.

        Returns:
            Its outputs, or `None` when it is gone.
        """
        client = session.client(state)
        ids = self.parse_id(id_)
        state = {"project": str(ids[0]), **state}
        with self._explained(client, "read", state, id_):
            answer = self._look(client, ids, state["project"], held="schema_version" in state)
            if answer is None:
                return None
            answer = self.reveal(client, ids, answer, state)
        outputs = self._outputs(ids, answer, state, whole=whole)
        return self.schema.steady(outputs, state) if "schema_version" in state else outputs

    def update(self, id_: str, olds: Values, news: Values, session: Session) -> Values:
        """Bring the thing to its new inputs with at most one request.

        Args:
            id_: Its id.
            olds: The outputs in the state.
            news: Checked inputs.
            session: What the call may use.

        Returns:
            Its outputs.

        Raises:
            PartialFailureError: GitLab took only a part.
            ProviderError: GitLab refused.
        """
        ids = self.parse_id(id_)
        changed = self.schema.diff(olds, news, session.ignored).changed
        wanted = tuple(f.name for f in self.schema.fields if f.change is Change.UPDATE)
        names = tuple(name for name in changed if name in wanted)
        if not names:
            return self._outputs(ids, {}, {**_without(olds, self.schema), **news})
        client = session.client(news)
        with self._explained(client, "update", news, id_):
            things = self.collection(client, ids[:-1])
            try:
                news = {**news, **self._left_alone(things, ids[-1], session)}
                answer = things.update(ids[-1], self.body(names, olds, news))
            except NotFoundError as error:
                missing = self._missing(client, things, ids[0], news["project"], held=True)
                raise missing or GitLabError(f"it is gone: {_REFRESH}", error.status) from error
            outputs = self._outputs(ids, answer, {**_without(olds, self.schema), **news})
            if refused := self.refused(names, news, answer):
                raise PartialFailureError(refused, outputs)
        return outputs

    def delete(self, id_: str, olds: Values, session: Session) -> None:
        """Delete the thing; one that is gone already is fine."""
        client = session.client(olds)
        ids = self.parse_id(id_)
        if held_by_another(self, client.connection.url, ids, olds):
            session.tell("left at GitLab: another resource of this stack has taken it over")
            return
        project = olds.get("project", str(ids[0]))
        with self._explained(client, "delete", olds, id_):
            things = self.collection(client, ids[:-1])
            try:
                self.remove(things, ids[-1], olds, session)
            except NotFoundError as error:
                if missing := self._missing(client, things, ids[0], project, held=True):
                    raise missing from error

    # What a resource's module may do in another way ------------------------------------------

    def body(self, names: tuple[str, ...], olds: Values, news: Values) -> Values:
        """Return the body of an update's request."""
        del olds
        return self.schema.payload(news, names)

    def refused(self, names: tuple[str, ...], news: Values, answer: Values) -> str | None:
        """Say which changes GitLab accepted but did not make, and what to do."""
        del names, news, answer
        return None

    def reveal(self, client: Client, ids: tuple[int, ...], answer: Values, state: Values) -> Values:
        """Complete an answer in which GitLab left out something that matters."""
        del client, ids, state
        return answer

    def remove(self, things: Collection, id_: int, olds: Values, session: Session) -> None:
        """Delete the thing at GitLab."""
        del olds, session
        things.delete(id_)

    def forbidden(self, client: Client, values: Values) -> str:
        """Say what else than the role may stand behind a 403."""
        del client, values
        return ""

    # Shared ----------------------------------------------------------------------------------

    def parse_id(self, id_: str) -> tuple[int, ...]:
        """Take an id apart.

        Raises:
            InvalidInputError: It is not of this kind's form.
        """
        parts = id_.split(":")
        if len(parts) != len(self.ids) or not all(part.isdecimal() for part in parts):
            form = ":".join(f"<{name.replace('_', '-')}>" for name in self.ids)
            raise InvalidInputError("id", f'"{id_}" must have the form {form}, all of them numbers')
        return tuple(map(int, parts))

    def _look(
        self, client: Client, ids: tuple[int, ...], project: str, *, held: bool
    ) -> Values | None:
        """Return GitLab's description of a thing, or `None` when it is certain that it is gone."""
        things = self.collection(client, ids[:-1])
        try:
            return things.read(ids[-1])
        except NotFoundError as error:
            if missing := self._missing(client, things, ids[0], project, held=held):
                raise missing from error
            return None

    def _missing(
        self, client: Client, things: Collection, project_id: int, project: str, *, held: bool
    ) -> GitLabError | None:
        return what_is_missing(client, things, project_id, project, self.hidden, held=held)

    def _outputs(
        self, ids: tuple[int, ...], answer: Values, state: Values, *, whole: bool = False
    ) -> Values:
        adopted_at = answer.get(ADOPTED_AT) or state.get(ADOPTED_AT)
        return {
            **self.schema.live(answer, state, whole=whole),
            **dict(zip(self.ids, ids, strict=True)),
            **({ADOPTED_AT: adopted_at} if adopted_at else {}),
            "schema_version": SCHEMA_VERSION,
        }

    def _left_alone(self, things: Collection, id_: int, session: Session) -> Values:
        """Look up what an update has to send as GitLab has it: the state may be out of date."""
        fields = [f for f in self.schema.fields if f.resent and f.name in session.ignored]
        answer = things.get(id_) if fields else {}
        return {field.name: look_up(answer, field.shown)[1] for field in fields}

    def _same_project(self, olds: Values, news: Values, session: Session) -> bool:
        new = news.get("project", UNKNOWN)
        if UNKNOWN in (new, news.get("connection")) or "project_id" not in olds:
            return False
        client = session.client(news)
        with self._explained(client, "look up", news):
            return require_project(client, new) == int(olds["project_id"])

    @contextmanager
    def _explained(
        self, client: Client, verb: str, values: Mapping[str, object], id_: str = ""
    ) -> Iterator[None]:
        """Give whatever GitLab refuses its whole sentence."""
        try:
            yield
        except GitLabError as error:
            reads = verb in _READS
            forbidden = error.status == FORBIDDEN and not reads
            where = (verb, self.noun, self.label(values), id_ and f"({id_})")
            raise explain(
                error,
                action=f"{' '.join(filter(None, where))} in project {values.get('project', '?')}",
                role=self.reader if reads else self.role,
                scope=READING if reads else WRITING,
                host=client.connection.url,
                also=self.forbidden(client, dict(values)) if forbidden else "",
                token_setting=client.connection.token_setting,
                names=gitlab_names(self.schema.fields),
                secrets=(*client.connection.secrets(), *self.schema.secret_texts(values)),
                values={
                    name: text
                    for name, text in self.schema.open_texts(values).items()
                    if name not in {*_NAMES, self.identity}
                },
            ) from error


_NAMES = {"project", "connection", "name"}
_READS = {"read", "look up"}
_REFRESH = "run `pulumi refresh`, then `pulumi up` to make it again"


def _without(olds: Values, schema: Schema) -> Values:
    """Keep a state's outputs, but not its inputs: those come from the program."""
    inputs = {field.name for field in schema.fields}
    return {name: value for name, value in olds.items() if name not in inputs}

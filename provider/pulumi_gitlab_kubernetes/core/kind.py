"""A kind of resource: its declaration, and the hooks for what is special to it.

A kind does not import Pulumi. `lifecycle` calls the hooks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pulumi_gitlab_kubernetes.core.claims import Key, Keys
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.identity import Identity, NotUnique, Singleton, Unique
from pulumi_gitlab_kubernetes.core.schema import CrossCheck, Schema
from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import BAD_REQUEST, InvalidInputError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.gitlab.objects import look_up
from pulumi_gitlab_kubernetes.gitlab.places import Ids, Place


class Kind:
    """A kind of resource. A subclass declares it and overrides what is special to it."""

    name: ClassVar[str]
    """The name of its resource class, which the state contains."""
    noun: ClassVar[str]
    """What GitLab calls it in a sentence."""
    doc: ClassVar[str]
    """What it is, for the reference: a sentence, and more paragraphs if needed."""
    docs_url: ClassVar[str]
    """The page of GitLab's documentation about it."""
    deprecation: ClassVar[str] = ""
    """Why it is deprecated and what to use instead; empty if it is not."""
    published_type: ClassVar[str] = ""
    """The type of the same resource in Pulumi's GitLab package; empty if it has none."""
    schema: ClassVar[Schema]
    lookup_outputs: ClassVar[tuple[Output, ...]] = ()
    """What only functions return of it."""
    list_filters: ClassVar[tuple[Field, ...]] = ()
    """The filters of its list in GitLab's API."""
    list_checks: ClassVar[tuple[CrossCheck, ...]] = ()
    """Checks of these filters together."""
    ids: ClassVar[tuple[str, ...]]
    """The outputs that form its ID, outermost first: numbers, or inputs that are texts."""
    name_input: ClassVar[str] = "name"
    """The input that names a resource in messages."""
    parent: ClassVar[str] = ""
    """The kind of resource that it belongs to, if that is not the project."""
    enabled_by: ClassVar[str] = ""
    """The response key of its parent that is false if the parent cannot have one."""
    place: ClassVar[Place]
    """Its endpoints in GitLab's API."""
    identity: ClassVar[Identity] = Unique("name")
    """What GitLab keeps unique."""
    taken_status: ClassVar[int] = BAD_REQUEST
    """The status of a create that GitLab rejects because its identity is taken."""
    creator_key: ClassVar[str] = ""
    """The response key of the ID of the user who created it, with dots where nested."""
    write_role: ClassVar[str] = "Maintainer"
    """The GitLab role that a create, an update or a delete requires."""
    read_role: ClassVar[str] = "Developer"
    """The GitLab role that reading requires."""
    job_token: ClassVar[bool] = False
    """Whether a CI/CD job token can manage it."""
    unavailable: ClassVar[str]
    """Why GitLab may show none in a project that can be seen: a clause that ends a message."""

    def collection(
        self,
        client: Client,
        ids: Ids,
        values: Mapping[str, Any] | None = None,
        olds: Mapping[str, Any] | None = None,
    ) -> Collection:
        """Return the collection that resources of this kind are in.

        Args:
            client: The client to use.
            ids: The IDs of its parents: the project's, and the agent's if it belongs to one.
            values: The inputs or outputs of the resource, as far as they are known.
            olds: The outputs in the state, for an update.
        """
        del values, olds
        return client.collection(self.place, ids)

    @property
    def item_name(self) -> str:
        """The name of one of them in a list, without its project."""
        if self.id_types[self.ids[-1]] is Type.INTEGER:
            return self.ids[-1].removesuffix("_id")
        return self.noun.replace(" ", "_")

    def label(self, values: Mapping[str, object]) -> str:
        """Return the name of a resource in messages, and its agent; empty if unknown."""
        name = f'"{values[self.name_input]}"' if self.name_input in values else ""
        agent = f"of agent {values['agent_id']}" if self.parent and "agent_id" in values else ""
        return " ".join(filter(None, (name, agent)))

    @property
    def delete_before_replace(self) -> bool:
        """Whether each replacement deletes first, because there can be only one."""
        return isinstance(self.identity, Singleton)

    @property
    def unique_input(self) -> str:
        """The input that GitLab keeps unique; empty if there is none."""
        return self.identity.input if isinstance(self.identity, Unique) else ""

    def key(self, url: str, ids: Ids, values: Mapping[str, Any]) -> Key:
        """Return the key of a resource in the run's claims.

        Args:
            url: The URL of the GitLab.
            ids: The IDs of the resource, outermost first.
            values: Its inputs or outputs.
        """
        within = self.identity.within if isinstance(self.identity, Unique) else ()
        return Key(url, self.name, ids, tuple(values.get(name) for name in within))

    def keys(self, client: Client, ids: Ids, values: Mapping[str, Any]) -> Keys:
        """Return all keys that mean the same resource. This may ask GitLab.

        Args:
            client: The client to use.
            ids: The IDs of the resource, outermost first.
            values: Its inputs or outputs.
        """
        return (self.key(client.connection.url, ids, values),)

    def find(self, collection: Collection, inputs: Values) -> Values | None:
        """Return the existing resource with this identity, if there is one."""
        match self.identity:
            case Unique(name, searchable):
                field = self.schema.field(name)
                wanted = field.normalize(inputs[name])
                found = collection.list(**({field.request_key: wanted} if searchable else {}))
                return next((each for each in found if each[field.response_key] == wanted), None)
            case Singleton():
                return next(collection.list(), None)
            case NotUnique():
                return None

    def listed(self, found: list[Values]) -> str:
        """Return resources as text for a message: their IDs, creation times and creators.

        Args:
            found: GitLab's responses.
        """
        return ", ".join(f"{each['id']}{self._history(each)}" for each in found)

    def _history(self, found: Values) -> str:
        created = f" created {found['created_at']}" if found.get("created_at") else ""
        creator = look_up(found, self.creator_key)[1] if self.creator_key else None
        return f",{created}{f' by user {creator}' if creator else ''}" if created else ""

    def refuse_update(self, names: tuple[str, ...], olds: Values) -> None:
        """Reject changes that GitLab cannot make.

        Args:
            names: The inputs to update.
            olds: The outputs in the state.

        Raises:
            InvalidInputError: One of these inputs cannot be changed.
        """

    def update_body(self, names: tuple[str, ...], news: Values) -> Values:
        """Return the body of an update request.

        Args:
            names: The inputs to update.
            news: Checked inputs.
        """
        return self.schema.payload(news, names)

    def not_applied(
        self, names: tuple[str, ...], news: Values, response: Values, spelling: Spelling
    ) -> str | None:
        """Return which changes GitLab accepted but did not make, and what to do, if any.

        Args:
            names: The updated inputs.
            news: Checked inputs.
            response: GitLab's response to the update.
            spelling: How the user writes names.
        """

    def complete_response(
        self, client: Client, ids: Ids, response: Values, state: Values
    ) -> Values | None:
        """Return a response with the keys that GitLab omitted; `None` if none are missing.

        Args:
            client: The client to use.
            ids: The resource's IDs, outermost first.
            response: GitLab's response.
            state: The outputs in the state, or the inputs.
        """

    def as_declared(self, response: Values) -> Values:
        """Return a response with its values in the inputs that a program can set them in.

        Args:
            response: GitLab's response about a resource that is imported.
        """
        return response

    def delete_specially(
        self, collection: Collection, id_: Any, olds: Values, context: CallContext
    ) -> bool | None:
        """Delete a resource that needs more than one DELETE request.

        Args:
            collection: The collection.
            id_: The resource's ID.
            olds: The outputs in the state.
            context: What the call can use.

        Returns:
            Whether this has deleted it.
        """

    def why_forbidden(self, client: Client, values: Values) -> str | None:
        """Return what can cause a 403 besides the role, as the end of a message.

        Args:
            client: The client to use.
            values: The resource's inputs or outputs.
        """

    def same_in_gitlab(self, name: str, olds: Values, news: Values, client: Client) -> bool:
        """Return whether the new value of an input means the same in GitLab as the old one.

        Args:
            name: An input whose change would replace the resource.
            olds: The outputs in the state.
            news: Checked inputs.
            client: The client to use.
        """
        del name, olds, news, client
        return False

    def replacement_due(self, olds: Values, news: Values, context: CallContext) -> str | None:
        """Return the input that requires a replacement although nothing has changed.

        Args:
            olds: The outputs in the state.
            news: Checked inputs.
            context: What the call can use.
        """

    def id_doc(self, name: str) -> str:
        """Return the description of one of `ids`, for the reference."""
        whose = self.noun if name == self.ids[-1] else name.removesuffix("_id")
        return f"GitLab's ID of the {whose}. Previews of updates know it too."

    @property
    def id_types(self) -> dict[str, Type]:
        """The type of each part of its ID: that of the input with its name, or a number."""
        types = {field.name: field.type for field in self.schema.fields}
        return {name: types.get(name, Type.INTEGER) for name in self.ids}

    def id_part(self, name: str, text: str) -> Any:
        """Return a part of an ID; `None` if it cannot be one.

        Args:
            name: Its name in `ids`.
            text: The text.
        """
        if self.id_types[name] is Type.INTEGER:
            return int(text) if text.isascii() and text.isdecimal() else None
        return text if text and self.schema.field(name).check(text) is None else None

    def is_id(self, text: str) -> bool:
        """Return whether a text has the form of a resource's ID."""
        return None not in self._parts(text)

    def parse_id(self, id_: str) -> Ids:
        """Return the parts of a resource's ID.

        Raises:
            InvalidInputError: It has another form.
        """
        if None not in (parts := self._parts(id_)):
            return parts
        form = ":".join(f"<{name.replace('_', '-')}>" for name in self.ids)
        names = [name for name, type_ in self.id_types.items() if type_ is not Type.INTEGER]
        all_ = f"all but <{names[0].replace('_', '-')}> numbers" if names else "all of them numbers"
        raise InvalidInputError("id", f'"{id_}" must have the form {form}, {all_}')

    def _parts(self, text: str) -> Ids:
        parts = text.split(":")
        if len(parts) != len(self.ids):
            return (None,)
        return tuple(map(self.id_part, self.ids, parts))


class TokenKind(Kind):
    """A kind that is not unique, and whose secret only the create returns."""

    identity = NotUnique()

    def lost_create_candidates(
        self, collection: Collection, inputs: Values, claimed_by: Callable[[Values], str]
    ) -> list[Values]:
        """Return the resources that a create with a lost response may have created.

        Args:
            collection: The collection.
            inputs: The inputs of the create.
            claimed_by: Returns the name of the program's resource that claims one, or empty.
        """
        raise NotImplementedError

    def limit(
        self, collection: Collection, inputs: Values, claimed_by: Callable[[Values], str]
    ) -> tuple[str, str] | None:
        """Return the resources that reach GitLab's limit, and what to do; `None` if below it.

        What to do is a static text with names in braces.

        Args:
            collection: The collection.
            inputs: The inputs of the create.
            claimed_by: Returns the name of the program's resource that claims one, or empty.
        """
        raise NotImplementedError

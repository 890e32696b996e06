"""Getting one resource, by its ID or by name."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.fields import Field
from pulumi_gitlab_kubernetes.core.identity import Singleton
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.shared_fields import AGENT
from pulumi_gitlab_kubernetes.core.validators import id_number
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.functions.function import (
    Function,
    exactly_one,
    id_doc,
    parent_arguments,
    show,
    shown,
)
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.gitlab.places import Ids, Listing


class Get(Function):
    """Return one resource of a kind."""

    verb = "read"

    def __init__(self, kind: Kind, name: str) -> None:
        super().__init__(kind, name)
        self._names = tuple(
            Field(name=field.name, doc=field.doc, response_key=field.response_key)
            for field in kind.schema.fields
            if field.name in {"name", kind.unique_input} and field.name not in kind.ids
        )
        type_ = kind.id_types[kind.ids[-1]]
        numbered = type_ is Type.INTEGER
        by = " or by name" if self._names else ""
        key = "its ID" if numbered else f"`{kind.ids[-1]}`"
        self.doc = f"Return one {kind.noun} of a project, by {key}{by}."
        own = Field(
            name=kind.ids[-1],
            doc=f"The ID of the {kind.noun}." if numbered else id_doc(kind, kind.ids[-1]),
            type=type_,
            reference=AGENT if kind.name == AGENT.kind else None,
            check=id_number if numbered else kind.schema.field(kind.ids[-1]).check,
        )
        self.arguments = (*parent_arguments(kind), own, *self._names)
        self.results = (*shown(kind), *kind.lookup_outputs)

    def read(
        self,
        collection: Collection,
        parents: Ids,
        arguments: Values,
        context: CallContext,
    ) -> Values:
        """Return the resource."""
        kind = self.kind
        id_ = arguments.get(kind.ids[-1])
        found = None if id_ else self._find(collection, arguments, context)
        if found is None or kind.lookup_outputs or kind.place.listing is not Listing.FULL:
            found = collection.get(id_ or (found["id"] if found else 0))
        ids = (*parents, found["id"])
        found = kind.complete_response(context.client({}), ids, found, {}) or found
        return show(self.results, kind, ids, found)

    def _find(self, collection: Collection, arguments: Values, context: CallContext) -> Values:
        """Return GitLab's response about the resource of that name, from a list."""
        kind = self.kind
        by = next((field for field in self._names if field.name in arguments), None)
        if by is None or by.name == kind.unique_input:
            found = kind.find(collection, arguments)
            matching = [] if found is None else [found]
        else:
            wanted = arguments[by.name]
            matching = [each for each in collection.list() if each[by.response_key] == wanted]
        if len(matching) == 1:
            return matching[0]
        own = context.spelling[kind.ids[-1]]
        if matching and by:
            listed = ", ".join(str(each["id"]) for each in matching)
            reason = f"is not unique: set {own} to one of {listed}"
            raise InvalidInputError(by.name, reason)
        if by is None:
            raise InvalidInputError(kind.ids[-2], f"is of an agent without a {kind.noun}")
        raise InvalidInputError(by.name, f"matches no {kind.noun} in the project")

    def _conflicts(self, values: Values) -> Iterator[Failure]:
        yield from super()._conflicts(values)
        own = (self.kind.ids[-1], *(field.name for field in self._names))
        if not isinstance(self.kind.identity, Singleton):
            yield from exactly_one(values, *own)

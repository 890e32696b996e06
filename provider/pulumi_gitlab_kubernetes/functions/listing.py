"""Listing the resources of a project, or of an agent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.fields import Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.functions.function import Function, parent_arguments, show, shown
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.gitlab.places import Ids, Listing


class List(Function):
    """Return all resources of a kind, from all pages of GitLab's list."""

    verb = "list"

    def __init__(self, kind: Kind, name: str) -> None:
        super().__init__(kind, name)
        whose = "an agent" if kind.parent else "a project"
        self.doc = f"Return all {kind.noun}s of {whose}."
        self.arguments = (*parent_arguments(kind), *kind.list_filters)
        items = shown(kind)
        if kind.place.listing is Listing.PARTIAL:
            fixed = {"id", *kind.ids, *kind.place.texts}
            items = tuple(
                each if each.name in fixed else replace(each, optional=True) for each in items
            )
        self.items = items
        """What each item shows."""
        self.result = f"{kind.item_name}s"
        """The name of the result."""
        doc = f"The {kind.noun}s, in GitLab's order."
        self.results = (Output(name=self.result, type=Type.LIST, doc=doc, fields=items),)

    def read(
        self,
        collection: Collection,
        parents: Ids,
        arguments: Values,
        context: CallContext,
    ) -> Values:
        """Return the list."""
        del context
        filters = {
            field.request_key: arguments[field.name]
            for field in self.kind.list_filters
            if field.name in arguments
        }
        return {
            self.result: [
                show(self.items, self.kind, (*parents, found["id"]), found)
                for found in collection.list(**filters)
            ]
        }

    def _conflicts(self, values: Values) -> Iterator[Failure]:
        yield from super()._conflicts(values)
        for check in self.kind.list_checks:
            yield from check(values)

"""What a get and a list have in common: arguments, results, and the collection that they read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pulumi_gitlab_kubernetes.core.composite_ids import wrong_project
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.explaining import explained
from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.not_found import require_project, what_is_missing
from pulumi_gitlab_kubernetes.core.references import find_agent
from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.shared_fields import AGENT_ID, PROJECT
from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import InvalidInputError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.gitlab.objects import look_up
from pulumi_gitlab_kubernetes.gitlab.places import Ids

_PROJECT = replace(PROJECT, doc="The ID or full path of the project.")
_AGENT_ID = replace(AGENT_ID, required=False)
_AGENT_NAME = Field(name="agent_name", doc="The name of the agent, instead of `agent_id`.")


class Function(ABC):
    """A function that reads resources of one kind.

    Args:
        kind: The kind.
        name: The name in Python programs.
    """

    doc: str
    """What it returns, in sentences for the reference."""
    arguments: tuple[Field, ...]
    results: tuple[Output, ...]

    def __init__(self, kind: Kind, name: str) -> None:
        self.kind = kind
        self.name = name

    @property
    def docs_url(self) -> str:
        """GitLab's page of the API. The kind's URL has the section about creating one."""
        return self.kind.docs_url.partition("#")[0]

    def check(self, given: Mapping[str, Any], spelling: Spelling) -> tuple[Values, list[Failure]]:
        """Validate arguments, without a request to GitLab.

        Args:
            given: The arguments by name.
            spelling: How the user writes names.

        Returns:
            The arguments to use, and what is wrong.
        """
        values: Values = {}
        failures: list[Failure] = []
        for field in self.arguments:
            value, reasons = field.accept(given.get(field.name), spelling)
            failures += [Failure(f"{field.name}{path}", each) for path, each in reasons.items()]
            if value is not None:
                values[field.name] = value
        names = {field.name for field in self.arguments}
        failures += [
            Failure(name, "is not an argument of this function: remove it")
            for name in given
            if name not in names
        ]
        if not failures:
            conflicts = self._conflicts(values)
            failures = [Failure(f.property, f.reason.format_map(spelling)) for f in conflicts]
        return values, failures

    def call(self, given: Mapping[str, Any], context: CallContext) -> Values:
        """Read from GitLab.

        Args:
            given: The arguments by name.
            context: What the call can use.

        Returns:
            The results by name.

        Raises:
            InvalidInputError: An argument is wrong, or there is no such resource.
            GitLabError: GitLab rejected the request, or could not be reached.
        """
        arguments, failures = self.check(given, context.spelling)
        if failures:
            raise InvalidInputError(failures[0].property, failures[0].reason)
        client, project = context.client({}), arguments["project"]
        with explained(self.kind, client, self.verb, {"project": project}, context):
            project_id = require_project(client, project)
            for field in self.arguments:
                ids = field.ids_in(given.get(field.name))
                if ids and ids[0] != project_id:
                    raise InvalidInputError(field.name, wrong_project(ids[0], project_id))
            parents = (project_id, *self._agent(client, project_id, arguments))
            collection = self.kind.collection(client, parents)
            try:
                return self.read(collection, parents, arguments, context)
            except NotFoundError as error:
                missing = what_is_missing(
                    client, collection, project_id, project, self.kind.unavailable, in_state=False
                )
                if missing:
                    raise missing from error
                there = collection.parent is None or collection.readable()
                name, noun = (self.kind.ids[-1], self.kind.noun) if there else ("agent_id", "agent")
                what = "the ID" if name.endswith("_id") else "that"
                reason = f"is not {what} of any {noun} in the project"
                raise InvalidInputError(name, reason) from error

    verb: str
    """What it does, in errors."""

    @abstractmethod
    def read(
        self,
        collection: Collection,
        parents: Ids,
        arguments: Values,
        context: CallContext,
    ) -> Values:
        """Read from a collection.

        Args:
            collection: The collection.
            parents: The IDs of the project, and of the agent if the resources belong to one.
            arguments: Checked arguments.
            context: What the call can use.

        Returns:
            The results by name.
        """

    def _conflicts(self, values: Values) -> Iterator[Failure]:
        """Yield failures of several arguments together, with names in braces."""
        if self.kind.parent:
            yield from exactly_one(values, "agent_id", "agent_name")

    def _agent(self, client: Client, project_id: int, arguments: Values) -> tuple[int, ...]:
        """Return the ID of the agent, if the resources belong to one."""
        if not self.kind.parent:
            return ()
        if "agent_id" in arguments:
            return (arguments["agent_id"],)
        project, name = arguments["project"], arguments["agent_name"]
        if (found := find_agent(client, project_id, project, name)) is not None:
            return (found,)
        raise InvalidInputError("agent_name", "is not the name of an agent in the project")


def parent_arguments(kind: Kind) -> tuple[Field, ...]:
    """Return the arguments that select the collection."""
    return (_PROJECT, _AGENT_ID, _AGENT_NAME) if kind.parent else (_PROJECT,)


def exactly_one(values: Values, *names: str) -> Iterator[Failure]:
    """Yield a failure unless exactly one of these arguments is set.

    Args:
        values: Checked arguments.
        names: Their names.
    """
    given = [name for name in names if name in values]
    either = " or ".join(f"{{{name}}}" for name in names)
    if not given:
        yield Failure(names[0], f"is required: set {either}" if names[1:] else "is required")
    elif len(given) > 1:
        yield Failure(given[1], f"cannot be used together with {{{given[0]}}}: set one of them")


def shown(kind: Kind) -> tuple[Output, ...]:
    """Return what a lookup shows of a resource: everything that GitLab returns."""
    fields = tuple(
        Output(
            name=field.name,
            type=field.type,
            doc=field.doc,
            optional=not field.always_set,
            response_key=field.response_key,
            fields=_inside(field),
            type_name=field.type_name,
        )
        for field in kind.schema.fields
        if field.response_key and field.name not in kind.ids
    )
    outputs = tuple(
        each
        for each in kind.schema.outputs
        if each.response_key and not each.secret and each.response_key not in kind.place.shown_once
    )
    ids = tuple(
        Output(name=name, type=type_, doc=id_doc(kind, name))
        for name, type_ in kind.id_types.items()
    )
    id_ = Output(name="id", doc=f"The ID of the {kind.noun}, as its resource has it.")
    return (id_, *ids, *fields, *outputs)


def id_doc(kind: Kind, name: str) -> str:
    """Return the description of a part of a resource's ID."""
    if kind.id_types[name] is not Type.INTEGER:
        return kind.schema.field(name).doc
    return f"The ID of the {name.removesuffix('_id').replace('_', ' ')}."


def _inside(field: Field) -> tuple[Output, ...]:
    """Return what a lookup shows inside the values of a field."""
    return tuple(
        Output(
            name=each.name,
            type=each.type,
            doc=each.doc,
            optional=not each.required,
            fields=_inside(each),
            type_name=each.type_name,
        )
        for each in field.fields
    )


def show(results: tuple[Output, ...], kind: Kind, ids: Ids, response: Mapping[str, Any]) -> Values:
    """Return GitLab's response in the form of results.

    Args:
        results: The results.
        kind: The kind of the resource.
        ids: The IDs of the resource.
        response: GitLab's response.
    """
    known = kind.schema.from_response(response, {}, include_unmanaged=True)
    values = {**_values(results, response), **known, **dict(zip(kind.ids, ids, strict=True))}
    values["id"] = ":".join(map(str, ids))
    names = {each.name for each in results}
    return {name: value for name, value in values.items() if name in names}


def _values(outputs: tuple[Output, ...], response: Mapping[str, Any]) -> Values:
    found: Values = {}
    for output in outputs:
        _there, value = look_up(response, output.response_key or output.name)
        if value is None or not output.type.has(value):
            continue
        found[output.name] = _values(output.fields, value) if output.fields else value
    return found

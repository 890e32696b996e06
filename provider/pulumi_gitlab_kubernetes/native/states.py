"""States that the native provider reads: its own, and those that it takes over.

Aliases let it take over resources of this package's dynamic provider, whose state has names in
snake_case, and of Pulumi's own GitLab package, whose state lacks some outputs. A resource that was
imported has no `schema_version` until its next update or refresh by a program that manages it: its
outputs have all that GitLab returns.
"""

from __future__ import annotations

from google.protobuf import struct_pb2

from pulumi_gitlab_kubernetes.core.fields import Change
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.lifecycle import VERSION
from pulumi_gitlab_kubernetes.core.schema import Schema
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION, SCHEMA_VERSION
from pulumi_gitlab_kubernetes.core.spelling import camel_case, in_snake_case, names_of
from pulumi_gitlab_kubernetes.core.state import IMPORTED, State
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.native.wire import Path, decode
from pulumi_gitlab_kubernetes.registry import NEWER

_DYNAMIC = "__provider"


class OldState:
    """A resource in the engine's state.

    Args:
        kind: Its kind.
        outputs: Its outputs on the wire.
        inputs: Its inputs on the wire.

    Raises:
        ProviderError: A newer version of this package wrote the state.
    """

    def __init__(self, kind: Kind, outputs: struct_pb2.Struct, inputs: struct_pb2.Struct) -> None:
        self._kind = kind
        self.outputs, self.inputs = known_values(kind, outputs), known_values(kind, inputs)
        if (version := self.outputs.get(SCHEMA_VERSION.name, VERSION)) > VERSION:
            raise ProviderError(f"{SCHEMA_VERSION.name} {version} is {NEWER}")
        self.secrets: set[Path] = {
            _on_the_wire(kind, path)
            for struct in (outputs, inputs)
            for path in decode(struct).secrets
        }
        """The paths of what is secret in it, on the wire."""
        self.imported = IMPORTED in inputs.fields
        """Whether no program has had inputs of its own since the import."""
        self._own = all(name in self.outputs for name in kind.ids)
        if not self._own:  # Other packages lack what only a state has.
            fields = (f for f in kind.schema.fields if f.change is Change.STATE_ONLY)
            defaults = {f.name: f.default for f in fields if f is not CONNECTION}
            self.outputs = {**defaults, **self.outputs}
        self._dynamic = _DYNAMIC in outputs.fields
        self._moving = _DYNAMIC in inputs.fields

    @property
    def managed(self) -> bool:
        """Whether a program manages it, so that it has inputs; `.get()` gives it none."""
        return "project" in self.inputs

    @property
    def must_be_rewritten(self) -> bool:
        """Whether an update has to write it in the form of this provider.

        The first run after a program has moved from the dynamic classes leaves its outputs alone.
        """
        return not self._own or (self._dynamic and not self._moving)

    def as_of(self, news: Values) -> State:
        """Return the state to compare with new inputs.

        What GitLab does not return is unknown in an imported state, so the program's value counts
        as the old one. What the program does not set then stays unmanaged.

        Args:
            news: Checked inputs.
        """
        if self.imported or not self._own:
            return State(self.outputs, self._completed(news))
        if SCHEMA_VERSION.name in self.outputs:
            return State(self.outputs, self.inputs)
        # An import stored more than the program manages.
        fields = {field.name for field in self._kind.schema.fields}
        outputs = {name: value for name, value in self.outputs.items() if name not in fields}
        return State({**outputs, **self.inputs}, self.inputs)

    def _completed(self, news: Values) -> Values:
        found = dict(self.inputs)
        for field in self._kind.schema.fields:
            new = news.get(field.name)
            if field is CONNECTION:
                continue
            if field.name not in found:
                unknown = not field.response_key and field.change is not Change.STATE_ONLY
                found[field.name] = new if unknown else field.default
            elif new is None and self.imported:
                del found[field.name]
        return {name: value for name, value in found.items() if value is not None}


def _on_the_wire(kind: Kind, path: Path) -> Path:
    """Return the path of a value in a state with the names on the wire."""
    first, *inside = path
    name = names_of(kind).get(str(first), str(first))
    names = kind.schema.names_in(name)
    found: list[str | int] = [camel_case(name)]
    for part in inside:
        known = isinstance(part, str) and next(
            (each for each in names if part in {each, camel_case(each)}), None
        )
        names = names[known] if known else names if isinstance(part, int) else {}
        found.append(camel_case(known) if known else part)
    return tuple(found)


def known_values(kind: Kind, struct: struct_pb2.Struct) -> Values:
    """Return the values of a state that the kind knows, by field name."""
    names, own = names_of(kind), set(names_of(kind).values())
    types = _types(kind.schema) | kind.id_types
    found: Values = {}
    for key, value in decode(struct).values.items():
        name = names.get(key, key)
        if name in own and name != CONNECTION.name and value not in ("", {}):
            type_ = types[name]
            # Other packages have some numbers as text.
            value = in_snake_case(value, kind.schema.names_in(name))  # noqa: PLW2901 (the same value)
            found[name] = type_.coerce(value) if type_.fits(value) else value
    return found


def _types(schema: Schema) -> dict[str, Type]:
    types = {field.name: field.type for field in schema.fields}
    return types | {output.name: output.type for output in schema.outputs}

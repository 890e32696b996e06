"""All inputs and outputs of a kind, and what follows from them: check, diff, requests, reading.

Values are plain: text, integers, booleans, numbers and maps. `UNKNOWN` is a value that a preview
does not know. An input that is not set is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.spelling import PYTHON, Names, Spelling
from pulumi_gitlab_kubernetes.core.values import Values, contains_unknown
from pulumi_gitlab_kubernetes.gitlab.objects import look_up


@dataclass(frozen=True)
class Failure:
    """An invalid input: the path of the property, what is wrong with it and what to do."""

    property: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """The changes from the state to the program.

    Args:
        changed: The changed inputs, in the order of the fields.
        replaces: Those of them that require a replacement.
        delete_first: Whether the old resource must be deleted before the new one is created.
    """

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


CrossCheck = Callable[[Values], Iterator[Failure]]
"""A check of several inputs together. A value may still be `UNKNOWN`.

Reasons are static texts with names in braces, such as "set {client_key} too".
"""


@dataclass(frozen=True)
class Schema:
    """All inputs and outputs of a kind, and everything that follows from them.

    Args:
        fields: The inputs, in the order of the constructor's arguments.
        outputs: The outputs that are not inputs.
        cross_checks: Checks of several inputs together.
    """

    fields: tuple[Field, ...]
    outputs: tuple[Output, ...]
    cross_checks: tuple[CrossCheck, ...] = ()

    def field(self, name: str) -> Field:
        """Return the field of that name."""
        return next(field for field in self.fields if field.name == name)

    def names_in(self, name: str) -> Names:
        """Return the names inside the values of an input; none for other names."""
        return next((field.names for field in self.fields if field.name == name), {})

    def control_fields(self) -> tuple[str, ...]:
        """Return the names of the inputs that only control other decisions."""
        return tuple(field.name for field in self.fields if field.change is Change.CONTROL)

    def secrets(self) -> tuple[str, ...]:
        """Return the names of all secret inputs and outputs."""
        inputs = (field.name for field in self.fields if field.secret)
        return (*inputs, *(output.name for output in self.outputs if output.secret))

    def secret_texts(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Return the secret values as text, also as they are sent to GitLab."""
        yield from (str(values[name]) for name in self.secrets() if name in values)
        for field in self.fields:
            if field.secret and isinstance(value := values.get(field.name), str):
                yield field.to_gitlab(value)

    def open_texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the text values of inputs that are not marked as secret."""
        texts = ((f.name, values.get(f.name)) for f in self.fields if not f.secret)
        return {name: value for name, value in texts if isinstance(value, str)}

    def check(
        self, news: Mapping[str, Any], spelling: Spelling = PYTHON
    ) -> tuple[Values, list[Failure]]:
        """Validate inputs and fill in defaults, without a request to GitLab.

        Args:
            news: The program's inputs; unknown ones are `UNKNOWN`.
            spelling: How the user writes names.

        Returns:
            The inputs to store, and the failures.
        """
        values: Values = {}
        failures: list[Failure] = []
        for field in self.fields:
            value, reasons = field.accept(news.get(field.name), spelling)
            failures += [Failure(f"{field.name}{path}", each) for path, each in reasons.items()]
            if value is not None:
                values[field.name] = value
        failures += [
            Failure(name, "is not an argument of this resource: remove it")
            for name in sorted(set(news) - {field.name for field in self.fields})
        ]
        if not failures:
            found = (failure for check in self.cross_checks for failure in check(values))
            failures = [Failure(f.property, f.reason.format_map(spelling)) for f in found]
        return values, failures

    def warnings(self, values: Mapping[str, Any], spelling: Spelling = PYTHON) -> Iterator[str]:
        """Yield warnings about valid inputs that the user may not have meant.

        Args:
            values: Checked inputs; may contain `UNKNOWN`.
            spelling: How the user writes names.
        """
        for field in self.fields:
            value = values.get(field.name)
            known = value is not None and not contains_unknown(value)
            if known and (warning := field.warn(value)):
                yield f"{spelling[field.name]} {warning}"

    def projects(self, news: Mapping[str, Any]) -> dict[str, int]:
        """Return the project in each composite ID, by the field that has it.

        Args:
            news: The program's inputs.
        """
        found = ((f.name, f.ids_in(news.get(f.name))) for f in self.fields)
        return {name: ids[0] for name, ids in found if ids}

    def diff(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], ignored: Collection[str] = ()
    ) -> Difference:
        """Compare the state's inputs with new inputs.

        Args:
            olds: The state's inputs; may be partial.
            news: Checked inputs; may contain `UNKNOWN`.
            ignored: The inputs whose changes are ignored.
        """
        changed = [
            field
            for field in self.fields
            if field.change is not Change.CONTROL
            and field.name not in ignored
            and not field.same(olds.get(field.name), news.get(field.name))
        ]
        return Difference(
            changed=tuple(field.name for field in changed),
            replaces=tuple(f.name for f in changed if f.change is Change.REPLACE),
        )

    def payload(self, values: Mapping[str, Any], names: tuple[str, ...] | None = None) -> Values:
        """Build the body of a request.

        Args:
            values: The inputs.
            names: The inputs to send, besides those that each update must send. An input without a
                value is cleared with null. `None` sends all inputs that are set.

        Returns:
            GitLab's parameters, nested as in GitLab's API.
        """
        body: Values = {}
        for field in self.fields:
            wanted = field.name in (values if names is None else names)
            wanted |= field.always_send and names is not None
            if not field.request_key or not wanted:
                continue
            *parents, last = field.request_key.split(".")
            target = body
            for parent in parents:
                target = target.setdefault(parent, {})
            value = values.get(field.name)
            target[last] = None if value is None else field.to_gitlab(value)
        return body

    def from_response(
        self,
        response: Mapping[str, Any],
        state: Mapping[str, Any],
        *,
        include_unmanaged: bool = False,
    ) -> Values:
        """Convert GitLab's response about a resource to inputs and outputs.

        An optional field without a default that the program does not set is not managed, so it is
        not included. A field keeps its old value if the response lacks it or has a value of another
        type, or an empty value for a field that is always set. A value that means the same as the
        old one keeps the program's spelling.

        Args:
            response: GitLab's response.
            state: The values in the state, or the program's.
            include_unmanaged: Whether to include inputs that the state does not have.

        Returns:
            The current inputs and outputs.
        """
        values: Values = {}
        for field in self.fields:
            old = state.get(field.name)
            if old is None and not include_unmanaged and not field.always_set:
                continue
            found, value = look_up(response, field.response_key)
            empty = value is None or value == ""
            if not found or not field.type.fits(value) or (field.always_set and empty):
                value = old
            elif not empty:
                value = field.from_gitlab(field.type.coerce(value))
                value = old if field.same(old, value) else value
            if value is not None and value != "":
                values[field.name] = value
        for output in self.outputs:
            found, value = look_up(response, output.response_key)
            value = value if found and output.type.has(value) else state.get(output.name)
            if value is not None:
                values[output.name] = value
        return values

    def freeze_volatile(self, values: Values, state: Mapping[str, Any]) -> Values:
        """Replace volatile outputs by those of the state, so that no refresh shows them as changed.

        Args:
            values: The current inputs and outputs.
            state: The values in the state.
        """
        volatile = {output.name for output in self.outputs if output.volatile}
        others = {name: value for name, value in values.items() if name not in volatile}
        return others | {name: state[name] for name in volatile & state.keys()}

    def inputs(self, values: Mapping[str, Any]) -> Values:
        """Return the inputs among inputs and outputs."""
        return {f.name: values[f.name] for f in self.fields if f.name in values}

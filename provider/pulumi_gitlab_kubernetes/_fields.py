"""A resource's fields as data, and what follows from them: check, diff, secrets, reading.

Nothing here knows Pulumi or HTTP. Values are plain: text, integers, booleans, numbers and maps;
`UNKNOWN` stands for what a preview cannot know yet, and an absent key for what is not set.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ._descriptions import look_up
from ._values import UNKNOWN, Type, Values, contains_unknown, whole_id

__all__ = [
    "UNKNOWN",
    "Change",
    "Difference",
    "Failure",
    "Field",
    "Output",
    "Rule",
    "Schema",
    "Type",
    "Values",
    "contains_unknown",
]


class Change(enum.Enum):
    """What a new value of an input means for the thing at GitLab."""

    REPLACE = "replace"
    """GitLab cannot change it: a new thing is made."""
    UPDATE = "update"
    """One update at GitLab."""
    LOCAL = "local"
    """GitLab never sees it: only the state changes."""
    NONE = "none"
    """It steers other decisions and is no change by itself."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """An input of a resource, and all its rules.

    Args:
        name: Its name in programs, state and policies.
        type: The type of its values.
        doc: One line for the reference table.
        change: What a changed value means.
        required: Whether a program must set it.
        default: Filled in by `check` when the program leaves it out.
        secret: Whether it is encrypted in state and never shown.
        sent: GitLab's name for it in requests, dotted where nested; empty when it is not sent.
        shown: GitLab's name for it in answers, dotted where nested; empty when not shown.
        resent: Whether each update sends it, since GitLab takes its default for what is absent.
        hint: What to give in place of a value of another type.
        check: Given a known value, says what is wrong with it, or `None`.
        warn: Given a good value, says what its user may not have meant, or `None`.
        whole: The parts of an id of another resource that will do too; the last one is kept.
        normal: The form in which two values are compared.
        to_gitlab: The form in which GitLab takes it.
        from_gitlab: The form in which programs have it.
    """

    name: str
    type: Type = Type.TEXT
    doc: str
    change: Change = Change.REPLACE
    required: bool = False
    default: Any = None
    secret: bool = False
    sent: str = ""
    shown: str = ""
    resent: bool = False
    hint: str = ""
    warn: Callable[[Any], str | None] = lambda _value: None
    whole: tuple[str, ...] = ()
    check: Callable[[Any], str | None] = lambda _value: None
    normal: Callable[[Any], Any] = lambda value: value
    to_gitlab: Callable[[Any], Any] = lambda value: value
    from_gitlab: Callable[[Any], Any] = lambda value: value

    @property
    def write_only(self) -> bool:
        """Whether GitLab takes it but never shows it: reading keeps what the state has."""
        return bool(self.sent) and not self.shown

    def accept(self, value: Any) -> tuple[Any, str | None]:
        """Bring a program's value to the form to store, and find what is wrong with it.

        Args:
            value: The value; `None` where there is none.

        Returns:
            The value to store, the default where there is none, and what is wrong, or `None`.
        """
        empty = value == {} or (isinstance(value, str) and not value.strip())
        if value is None or empty:  # GitLab takes an empty text for none at all.
            return self.default, self._why_not(empty=empty)
        if value is UNKNOWN:
            return value, None
        if ids := whole_id(value, self.whole):
            value = ids[-1]
        try:
            value = self.type.coerce(value)
        except ValueError as error:
            return value, f"{error}: {self.hint}" if self.hint else str(error)
        if contains_unknown(value):
            return value, None
        if isinstance(value, str) and "\0" in value:
            return value, "must not hold a null character"
        return value, self.check(value)

    def _why_not(self, *, empty: bool) -> str | None:
        if empty and self.default is not None:
            return f"must not be empty: leave it out for {self.default!r}, the default"
        if not self.required:
            return None
        if empty:
            return "must be set: it is empty"
        return "is required: set it; with --target, also target the resource that it comes from"

    def same(self, old: Any, new: Any) -> bool:
        """Tell whether two values mean the same to GitLab; an unknown one is never the same."""
        if contains_unknown(new) or contains_unknown(old):
            return False
        if old is None or new is None:
            return old is new
        return bool(self.normal(old) == self.normal(new))


@dataclass(frozen=True, kw_only=True)
class Output:
    """An output of a resource that is not an input.

    Args:
        name: Its name in programs, state and policies.
        type: The type of its values.
        doc: One line for the reference table.
        shown: GitLab's name for it in answers, dotted where nested.
        secret: Whether it is encrypted in state and never shown.
        volatile: Whether it changes by itself, which is no news: only writing brings it anew.
    """

    name: str
    type: Type = Type.TEXT
    doc: str
    shown: str = ""
    secret: bool = False
    volatile: bool = False


@dataclass(frozen=True)
class Failure:
    """A wrong input: which property, and what is wrong with it and what to do."""

    property: str
    reason: str


@dataclass(frozen=True)
class Difference:
    """What separates the state from the program.

    Args:
        changed: The inputs that differ, in the order of the fields.
        replaces: Those of them that force a replacement.
        delete_first: Whether the old thing must go before the new one can come.
    """

    changed: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


Rule = Callable[[Values], Iterator[Failure]]
"""A check over several inputs at once; a set one may still be `UNKNOWN`."""


@dataclass(frozen=True)
class Schema:
    """All fields of one resource, and everything that follows from them alone."""

    fields: tuple[Field, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...] = ()

    def steering(self) -> tuple[str, ...]:
        """Return the names of the inputs that are no change by themselves."""
        return tuple(field.name for field in self.fields if field.change is Change.NONE)

    def secrets(self) -> tuple[str, ...]:
        """Return the names of all secret inputs and outputs."""
        inputs = (field.name for field in self.fields if field.secret)
        return (*inputs, *(output.name for output in self.outputs if output.secret))

    def secret_texts(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Return the texts that are secret, also in the form in which GitLab takes them."""
        yield from (str(values[name]) for name in self.secrets() if name in values)
        for field in self.fields:
            if field.secret and isinstance(value := values.get(field.name), str):
                yield field.to_gitlab(value)

    def open_texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Return the texts that are not secret by themselves."""
        texts = ((f.name, values.get(f.name)) for f in self.fields if not f.secret)
        return {name: value for name, value in texts if isinstance(value, str)}

    def check(self, news: Mapping[str, Any]) -> tuple[Values, list[Failure]]:
        """Fill in defaults and find what is wrong before GitLab is asked.

        Args:
            news: The program's inputs; unknown ones are `UNKNOWN`.

        Returns:
            The inputs to store, and the failures.
        """
        values: Values = {}
        failures: list[Failure] = []
        for field in self.fields:
            value, reason = field.accept(news.get(field.name))
            if reason:
                failures.append(Failure(field.name, reason))
            if value is not None:
                values[field.name] = value
        failures += [
            Failure(name, "is not an argument of this resource: remove it")
            for name in sorted(set(news) - {field.name for field in self.fields})
        ]
        if not failures:
            failures = [failure for rule in self.rules for failure in rule(values)]
        return values, failures

    def warnings(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Yield warnings about valid inputs that the user may not have meant.

        Args:
            values: Checked inputs; may hold `UNKNOWN`.
        """
        for field in self.fields:
            value = values.get(field.name)
            known = value is not None and not contains_unknown(value)
            if known and (warning := field.warn(value)):
                yield f"{field.name} {warning}"

    def projects(self, news: Mapping[str, Any]) -> dict[str, int]:
        """Return the ids of the projects that whole ids name, by the fields that were given one.

        Args:
            news: The program's inputs.
        """
        found = ((f.name, whole_id(news.get(f.name), f.whole)) for f in self.fields)
        return {name: ids[0] for name, ids in found if ids}

    def diff(
        self, olds: Mapping[str, Any], news: Mapping[str, Any], ignored: Collection[str] = ()
    ) -> Difference:
        """Compare the state's outputs, which echo its inputs, with new inputs.

        Args:
            olds: The state's outputs; may be partial.
            news: Checked inputs; may hold `UNKNOWN`.
            ignored: The inputs whose changes do not count.

        Returns:
            What changed.
        """
        changed = [
            field
            for field in self.fields
            if field.change is not Change.NONE
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
            names: Only these, and what each update has to send; a named one that is not set is
                cleared with null. All set ones when left out.

        Returns:
            GitLab's parameters, nested where GitLab nests them.
        """
        body: Values = {}
        for field in self.fields:
            wanted = field.name in (values if names is None else names)
            wanted |= field.resent and names is not None
            if not field.sent or not wanted:
                continue
            *parents, last = field.sent.split(".")
            target = body
            for parent in parents:
                target = target.setdefault(parent, {})
            value = values.get(field.name)
            target[last] = None if value is None else field.to_gitlab(value)
        return body

    def live(
        self, answer: Mapping[str, Any], state: Mapping[str, Any], *, whole: bool = False
    ) -> Values:
        """Read GitLab's description of a thing into inputs and outputs.

        An optional field without a default that the program never set is not managed and stays
        out. What GitLab leaves out of its answer, or shows as something that it cannot be, is not
        known to have changed, and keeps its value: of what a thing always has, that is also an
        empty one. A value that means the same keeps the program's spelling.

        Args:
            answer: GitLab's description.
            state: What the state, or the program, has.
            whole: Whether to bring in every field, also those not managed.

        Returns:
            The inputs and outputs as they are now.
        """
        values: Values = {}
        for field in self.fields:
            old = state.get(field.name)
            always = field.required or field.default is not None
            if old is None and not whole and not always:
                continue
            found, value = look_up(answer, field.shown)
            empty = value is None or value == ""
            if not found or not field.type.fits(value) or (always and empty):
                value = old
            elif not empty:
                value = field.from_gitlab(field.type.coerce(value))
                value = old if field.same(old, value) else value
            if value is not None and value != "":
                values[field.name] = value
        for output in self.outputs:
            found, value = look_up(answer, output.shown)
            value = value if found and output.type.has(value) else state.get(output.name)
            if value is not None:
                values[output.name] = value
        return values

    def steady(self, values: Values, state: Mapping[str, Any]) -> Values:
        """Keep what changes by itself as the state has it, so that no refresh ever shows it.

        Args:
            values: The inputs and outputs as they are now.
            state: What the state has.
        """
        volatile = {output.name for output in self.outputs if output.volatile}
        steady = {name: value for name, value in values.items() if name not in volatile}
        return steady | {name: state[name] for name in volatile & state.keys()}

    def inputs(self, values: Mapping[str, Any]) -> Values:
        """Return the part of a state that is inputs."""
        return {f.name: values[f.name] for f in self.fields if f.name in values}

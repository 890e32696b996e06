"""Inputs and outputs of a kind as data: everything that the package knows of each property.

The checks, the diff, secrets, reading, the Python classes, the reference tables and the policies'
model all come from here. Nothing here knows Pulumi or HTTP.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from pulumi_gitlab_kubernetes.core.spelling import Names, Spelling
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Type, composite_id, contains_unknown

Reasons = dict[str, str]
"""What is wrong with a value, by the path of the nested value that is wrong: empty for itself."""


class Change(enum.Enum):
    """What a new value of an input does."""

    REPLACE = "replace"
    """GitLab cannot change it: the resource is replaced."""
    UPDATE = "update"
    """The resource is updated at GitLab."""
    STATE_ONLY = "state only"
    """Only the state changes: GitLab does not get it."""
    CONTROL = "control"
    """It controls other decisions. A new value alone is not a change."""


@dataclass(frozen=True)
class Reference:
    """The kind of resource whose ID is an input's value.

    Args:
        kind: The kind's name.
        ids: The parts of its ID. A program can set the composite ID, of which the last part is
            used.
        hint: What to use instead of a value of another type, with names in braces.
    """

    kind: str
    ids: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """An input of a resource.

    Args:
        name: The name in programs, state and policies.
        type: The type of its values.
        doc: What it is, in sentences for the reference. Whether it is required or secret, its
            default and what a change does are added from the other arguments.
        change: What a new value does.
        required: Whether a program must set it.
        default: The value that `check` fills in for an input that is not set.
        choices: The only valid values; empty if there are others.
        secret: Whether it is encrypted in the state and never shown.
        request_key: GitLab's name for it in requests, with dots where nested; empty if GitLab does
            not get it.
        response_key: GitLab's name for it in responses, with dots where nested; empty if GitLab
            does not return it.
        always_send: Whether each update sends it, because GitLab resets it if it is absent.
        reference: The kind whose ID it is, if it is one.
        fields: The known keys of a map, or of each map in a list.
        other_keys: What to do about a key that is not known, with names in braces.
        type_name: The name of the type of these maps in the package schema.
        check: Returns what is wrong with a known value, or `None`.
        warn: Returns what the user may not have meant with a valid value, or `None`.
        normalize: Returns the form in which two values are compared.
        to_gitlab: Converts a value for a request.
        from_gitlab: Converts a value of a response.
    """

    name: str
    type: Type = Type.TEXT
    doc: str
    change: Change = Change.REPLACE
    required: bool = False
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    request_key: str = ""
    response_key: str = ""
    always_send: bool = False
    reference: Reference | None = None
    fields: tuple[Field, ...] = ()
    other_keys: str = ""
    type_name: str = ""
    check: Callable[[Any], str | None] = lambda _value: None
    warn: Callable[[Any], str | None] = lambda _value: None
    normalize: Callable[[Any], Any] = lambda value: value
    to_gitlab: Callable[[Any], Any] = lambda value: value
    from_gitlab: Callable[[Any], Any] = lambda value: value

    @property
    def always_set(self) -> bool:
        """Whether checked inputs always have it."""
        return self.required or self.default is not None

    @property
    def write_only(self) -> bool:
        """Whether GitLab never returns it, so that reading keeps the state's value."""
        return bool(self.request_key) and not self.response_key

    @property
    def names(self) -> Names:
        """The names of the known keys, with those of the keys in their values."""
        return {field.name: field.names for field in self.fields}

    def accept(self, value: Any, spelling: Spelling) -> tuple[Any, Reasons]:
        """Convert a program's value to the form in the state, and find what is wrong with it.

        Args:
            value: The value; `None` if it is not set.
            spelling: How the user writes names.

        Returns:
            The value to store, or the default, and what is wrong with it.
        """
        empty = value == {} or (isinstance(value, str) and not value.strip())
        if value is None or empty:  # To GitLab, an empty text is the same as none.
            return self.default, _reasons(self._why_required(empty=empty))
        return self.accept_set(value, spelling)

    def accept_set(self, value: Any, spelling: Spelling) -> tuple[Any, Reasons]:
        """Do the same for a value that is set, even if it is empty."""
        if value is UNKNOWN:
            return value, {}
        if ids := self.ids_in(value):
            value = ids[-1]
        try:
            value = self.type.coerce(value)
        except ValueError as error:
            hint = self.reference.hint.format_map(spelling) if self.reference else ""
            return value, {"": f"{error}: {hint}" if hint else str(error)}
        if self.type is Type.LIST:
            value, reasons = self._accept_items(value, spelling)
        else:
            value, reasons = self._accept_keys(value, spelling)
        if not reasons and not contains_unknown(value):
            reasons = _reasons(self._why_invalid(value))
        return value, reasons

    def _accept_items(self, value: list[Any], spelling: Spelling) -> tuple[list[Any], Reasons]:
        type_ = Type.MAP if self.fields else Type.TEXT
        item = replace(self, type=type_, check=lambda _value: None)
        accepted = [item.accept_set(each, spelling) for each in value]
        reasons = _inside(((f"[{i}]", found) for i, (_item, found) in enumerate(accepted)))
        return [each for each, _reasons in accepted], reasons

    def _accept_keys(self, value: Any, spelling: Spelling) -> tuple[Any, Reasons]:
        if not self.fields:
            return value, {}
        values: dict[str, Any] = {}
        reasons: Reasons = {}
        for field in self.fields:
            given = value.get(field.name)
            # An empty map has a meaning where GitLab expects one.
            accept = field.accept_set if given == {} else field.accept
            accepted, found = accept(given, spelling)
            reasons |= _inside([(f".{field.name}", found)])
            if accepted is not None:
                values[field.name] = accepted
        if unknown := sorted(value.keys() - self.names.keys()):
            advice = self.other_keys.format_map(spelling)
            reasons[""] = f"has {', '.join(unknown)}, which is not known: {advice}"
        return values, reasons

    def ids_in(self, value: Any) -> tuple[int, ...]:
        """Return the parts of a composite ID of the referenced kind; empty for other values."""
        return composite_id(value, self.reference.ids) if self.reference else ()

    def _why_invalid(self, value: Any) -> str | None:
        if isinstance(value, str) and "\0" in value:
            return "must not contain a null character"
        if self.choices and value not in self.choices:
            return f"must be one of {', '.join(self.choices)}"
        return self.check(value)

    def _why_required(self, *, empty: bool) -> str | None:
        if empty and self.default is not None:
            return f"must not be empty: leave it out for {self.default!r}, the default"
        if not self.required:
            return None
        if empty:
            return "must be set: it is empty"
        return "is required: set it; with --target, also target the resource that it comes from"

    def same(self, old: Any, new: Any) -> bool:
        """Return whether two values mean the same to GitLab; never for an unknown value."""
        if contains_unknown(new) or contains_unknown(old):
            return False
        if old is None or new is None:
            return old is new
        return bool(self.normalize(old) == self.normalize(new))


@dataclass(frozen=True, kw_only=True)
class Output:
    """An output of a resource that is not an input.

    Args:
        name: The name in programs, state and policies.
        type: The type of its values.
        doc: What it is, in sentences for the reference.
        optional: Whether a resource may lack it.
        response_key: GitLab's name for it in responses, with dots where nested; empty if it does
            not come from GitLab.
        secret: Whether it is encrypted in the state and never shown.
        fields: The values in it, for an object or a list of objects.
        volatile: Whether GitLab changes it by itself. A refresh then keeps the state's value, and
            only a create or an update stores a new one.
        type_name: The name of the type of these objects in the package schema; by default it is
            derived from the function that returns them.
    """

    name: str
    type: Type = Type.TEXT
    doc: str
    optional: bool = False
    response_key: str = ""
    secret: bool = False
    fields: tuple[Output, ...] = ()
    volatile: bool = False
    type_name: str = ""

    @property
    def names(self) -> Names:
        """The names in its values, each with those inside."""
        return {output.name: output.names for output in self.fields}


def _reasons(reason: str | None) -> Reasons:
    return {"": reason} if reason else {}


def _inside(found: Iterable[tuple[str, Reasons]]) -> Reasons:
    """Return the reasons for values inside another one, with the paths from there."""
    return {f"{outer}{inner}": reason for outer, each in found for inner, reason in each.items()}

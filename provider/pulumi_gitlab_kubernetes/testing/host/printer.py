"""Property values, and what changed in them, as the CLI prints them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from .steps import Op
from .values import (
    SIGNATURE,
    UNKNOWN,
    Properties,
    ResourceReference,
    Secret,
    Value,
    equal,
    redact,
    reference_properties,
)

PREFIXES: Final = {
    Op.SAME: "  ",
    Op.CREATE: "+ ",
    Op.DELETE: "- ",
    Op.UPDATE: "~ ",
    Op.REPLACE: "+-",
    Op.CREATE_REPLACEMENT: "++",
    Op.DELETE_REPLACED: "--",
    Op.READ: "> ",
    Op.READ_REPLACEMENT: ">>",
    Op.REFRESH: "~ ",
    Op.READ_DISCARD: "< ",
    Op.DISCARD_REPLACED: "<<",
    Op.REMOVE_PENDING_REPLACE: "  ",
}
INTERNAL: Final = "__"
"""What the names of properties begin with that are none of the user's."""

Title = Callable[["Printer"], None]
Paint = Callable[[Op, str], str]


def plain(op: Op, text: str) -> str:  # noqa: ARG001 - a `Paint`
    """Text without colour."""
    return text


@dataclass
class Printer:
    """Prints property values into lines.

    Attributes:
        parts: What was printed so far.
        indent: How deep, in steps of four blanks.
        op: What happens to the values.
        prefixed: Whether each line is marked with that.
        show_secrets: Whether secrets are shown.
        paint: Colours a piece of text.
    """

    parts: list[str] = field(default_factory=list)
    indent: int = 1
    op: Op = Op.SAME
    prefixed: bool = True
    show_secrets: bool = False
    paint: Paint = plain

    @property
    def text(self) -> str:
        """All that was printed."""
        return "".join(self.parts)

    def visible(self, properties: Properties) -> Properties:
        """Properties in which secrets that are not shown are all the same."""
        if self.show_secrets:
            return properties
        return {key: redact(value) for key, value in properties.items()}

    def print_object(self, properties: Properties) -> None:
        """Prints properties, one a line."""
        width = max(map(len, properties), default=0)
        for key, value in sorted(properties.items()):
            if not key.startswith(INTERNAL):
                self.print_property(key, value, width)

    def print_property(self, key: str, value: Value, width: int) -> None:
        """Prints one property, its name filled up to a width."""
        self._title(key, width)(self)
        self.print_value(value)

    def print_changes(self, old: Properties, new: Properties, only: Iterable[str] = ()) -> None:
        """Prints what became of properties, those that did not change among them.

        Args:
            old: The properties before.
            new: The properties after.
            only: The names to print; empty for all.
        """
        keys = sorted(key for key in old.keys() | new.keys() if not key.startswith(INTERNAL))
        keys = [key for key in keys if not only or key in only]
        width = max(map(len, keys), default=0)
        for key in keys:
            self.print_change(key, old.get(key), new.get(key), width)

    def print_change(self, key: str, old: Value, new: Value, width: int) -> None:
        """Prints what became of one property, its name filled up to a width."""
        self._change(self._title(key, width), old, new, in_object=True)

    def print_value(self, value: Value) -> None:
        """Prints a value to the end of its last line."""
        self._value(value)
        self._raw("\n")

    def _value(self, value: Value) -> None:
        if isinstance(value, Secret) and self.show_secrets:
            self._value(value.value)
        elif isinstance(value, ResourceReference):
            self._value(
                {key: item for key, item in reference_properties(value).items() if key != SIGNATURE}
            )
        elif isinstance(value, list) and value:
            self._raw("[\n")
            for index, item in enumerate(value):
                self._line(f"    [{index}]: ")
                replace(self, indent=self.indent + 1).print_value(item)
            self._unmarked("]")
        elif isinstance(value, dict) and value:
            self._raw("{\n")
            replace(self, indent=self.indent + 1).print_object(value)
            self._unmarked("}")
        else:
            self._raw(_primitive(value))

    def _change(self, title: Title, old: Value, new: Value, *, in_object: bool) -> None:
        if equal(old, new):
            if not in_object or is_worth_printing(new):
                self._with(Op.SAME, title, new, prefixed=False)
        elif not is_worth_printing(old) or not is_worth_printing(new):
            if is_worth_printing(old):
                self._with(Op.DELETE, title, old)
            if is_worth_printing(new):
                self._with(Op.CREATE, title, new)
        elif isinstance(old, dict) and isinstance(new, dict):
            marked = replace(self, op=Op.UPDATE, prefixed=True)
            title(marked)
            marked._raw("{\n")  # noqa: SLF001 - another of this class
            replace(marked, indent=self.indent + 1).print_changes(old, new)
            marked._unmarked("}\n")  # noqa: SLF001 - as above
        elif isinstance(old, list) and isinstance(new, list):
            self._list_change(title, old, new)
        elif _is_primitive(old) and _is_primitive(new):
            marked = replace(self, op=Op.UPDATE, prefixed=True)
            title(marked)
            before, after = (_primitive(self._opened(value)) for value in (old, new))
            marked._raw(f"{self.paint(Op.DELETE, before)} => {self.paint(Op.CREATE, after)}\n")  # noqa: SLF001 - as above
        else:
            self._with(Op.DELETE, title, old)
            self._with(Op.CREATE, title, new)

    def _list_change(self, title: Title, old: list[Any], new: list[Any]) -> None:
        marked = replace(self, op=Op.UPDATE, prefixed=True)
        title(marked)
        marked._raw("[\n")  # noqa: SLF001 - another of this class
        inner = replace(marked, indent=self.indent + 2)
        for index in range(max(len(old), len(new))):

            def element(printer: "Printer", index: int = index) -> None:
                replace(printer, indent=printer.indent - 1)._line(f"[{index}]: ")  # noqa: SLF001 - as above

            if index >= len(old):
                inner._with(Op.CREATE, element, new[index])  # noqa: SLF001 - as above
            elif index >= len(new):
                inner._with(Op.DELETE, element, old[index])  # noqa: SLF001 - as above
            else:
                inner._change(element, old[index], new[index], in_object=False)  # noqa: SLF001 - as above
        marked._unmarked("]\n")  # noqa: SLF001 - as above

    def _with(self, op: Op, title: Title, value: Value, *, prefixed: bool = True) -> None:
        marked = replace(self, op=op, prefixed=prefixed)
        title(marked)
        marked.print_value(value)

    def _title(self, name: str, width: int) -> Title:
        return lambda printer: printer._line(f"{visible(name):<{width}}: ")  # noqa: SLF001 - a part of this class

    def _opened(self, value: Value) -> Value:
        return value.value if self.show_secrets and isinstance(value, Secret) else value

    def _line(self, text: str) -> None:
        self.parts.append(
            indentation(self.indent, self.op if self.prefixed else Op.SAME, self.paint)
        )
        self._raw(text)

    def _unmarked(self, text: str) -> None:
        self.parts.append(indentation(self.indent, Op.SAME, self.paint))
        self._raw(text)

    def _raw(self, text: str) -> None:
        self.parts.append(self.paint(self.op, text) if self.op in {Op.CREATE, Op.DELETE} else text)


def indentation(indent: int, op: Op, paint: Paint = plain) -> str:
    """The beginning of a line, marked with what happens there."""
    blanks = " " * (4 * indent)
    return blanks[:-2] + paint(op, PREFIXES[op]) if blanks else ""


def visible(text: str) -> str:
    """A text in which nothing steers a terminal or turns the text around: as JSON writes that."""
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def _primitive(value: Value) -> str:
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return "[unknown]"
    if value is None:
        return "<null>"
    if isinstance(value, str | bool):
        return visible(json.dumps(value, ensure_ascii=False))
    return str(value).replace(" ", "")


def _is_primitive(value: Value) -> bool:
    return not isinstance(value, dict | list | ResourceReference)


def is_worth_printing(value: Value) -> bool:
    """Whether a value says anything."""
    return not (value is None or value in ("", [], {}))

"""What a step changes: names of properties, and their old and new values."""

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from pulumi_gitlab_kubernetes.redaction import one_line
from pulumi_gitlab_kubernetes.testing.host import paths
from pulumi_gitlab_kubernetes.testing.host.diff import Kind
from pulumi_gitlab_kubernetes.testing.host.steps import Op, Step
from pulumi_gitlab_kubernetes.testing.host.style import STYLES
from pulumi_gitlab_kubernetes.testing.host.values import (
    UNKNOWN,
    Properties,
    Value,
    displayed,
    equal,
)

_IS_RESOURCE: Final = "@isPulumiResource"  # set by the SDK in previews alone
_INTERNAL: Final = "__"  # begins the names of properties that no program sets
_OPS: Final = {Kind.ADD: Op.CREATE, Kind.DELETE: Op.DELETE, Kind.UPDATE: Op.UPDATE}
_METADATA: Final = ("provider", "protect", "taint")


class Change(NamedTuple):
    """One property that differs.

    Attributes:
        op: `Op.CREATE`, `Op.UPDATE` or `Op.DELETE`.
        path: The property's path, such as ``headers.X-Team``.
        old: The value before; nothing if it is added.
        new: The value after; nothing if it is removed.
    """

    op: Op
    path: str
    old: Value
    new: Value

    @property
    def marked(self) -> str:
        """The path with its mark: ``+added``, ``-removed`` or ``~changed``."""
        return f"{STYLES[self.op].mark.strip()}{self.path}"

    def text(self, *, show_secrets: bool) -> str:
        """Return a line with the path, the old and the new value.

        Args:
            show_secrets: Show secrets in plain text.
        """
        values = [value for value in (self.old, self.new) if value is not None]
        shown = " => ".join(value_text(each, show_secrets=show_secrets) for each in values)
        return f"{STYLES[self.op].mark}{self.path}: {shown}"


def changed_keys(step: Step, op: Op) -> list[str]:
    """Return the names of the inputs that a step changes.

    Args:
        step: The step.
        op: Its outcome.

    Returns:
        The names, sorted, ``provider``, ``protect`` and ``taint`` among them.
    """
    return sorted(change.path for change in input_changes(step, op))


def input_changes(step: Step, op: Op) -> list[Change]:
    """Return the inputs that a step changes, and its changes of resource options.

    Args:
        step: The step.
        op: Its outcome.
    """
    old, new = step.old, step.new
    if old is None or new is None:
        return []
    if op is Op.SAME:
        changes = []
    elif step.detailed is None:
        changes = list(_compare(old.inputs, new.inputs))
    else:
        changes = _whole_properties(detailed_changes(step), old.outputs, new.inputs)
    changes += [
        Change(Op.UPDATE, name, getattr(old, name), getattr(new, name))
        for name in _METADATA
        if getattr(old, name) != getattr(new, name)
    ]
    return [change for change in changes if not step.diff or change.path in step.diff]


def detailed_changes(step: Step) -> list[Change]:
    """Return each difference that the provider told, nested properties too.

    Follows ``pkg/engine/detailedDiff.go`` of Pulumi's engine.

    Args:
        step: The step; it has a detailed difference.
    """
    old, new = step.old, step.new
    if old is None or new is None:
        return []
    hidden = [path for text in new.hide_diff if (path := paths.parse(str(text)))]
    changes = []
    for text, each in (step.detailed or {}).items():
        path = paths.parse(text) or (text,)
        if any(paths.contains(prefix, path) for prefix in hidden):
            continue
        olds = old.inputs if each.inputs else old.outputs
        news = new.outputs if step.op is Op.REFRESH and not each.inputs else new.inputs
        before = None if each.kind is Kind.ADD else paths.get(path, olds)
        after = None if each.kind is Kind.DELETE else paths.get(path, news)
        changes.append(Change(_OPS[each.kind], one_line(text), before, after))
    return changes


def property_changes(old: Properties, new: Properties, prefix: str = "") -> Iterator[Change]:
    """Return each property that differs; inside dictionaries, each of their items.

    Args:
        old: The properties before.
        new: The properties after.
        prefix: The prefix of all paths.
    """
    for change in _compare(old, new):
        path = f"{prefix}{one_line(change.path)}"
        if isinstance(change.old, dict) and isinstance(change.new, dict):
            yield from property_changes(change.old, change.new, f"{path}.")
        else:
            yield change._replace(path=path)


def known_changes(old: Value, new: Value) -> Value:
    """Return a preview's outputs with each unknown one replaced by its last value.

    Args:
        old: The outputs of the last update.
        new: The outputs as far as the preview knows them.
    """
    if not isinstance(new, dict):
        return new
    before = old if isinstance(old, dict) else {}
    return {
        key: before[key]
        if value is UNKNOWN and key in before
        else known_changes(before.get(key), value)
        for key, value in new.items()
        if key != _IS_RESOURCE
    }


def value_text(value: Value, *, show_secrets: bool, indent: int | None = None) -> str:
    """Return a value as JSON, in which nothing steers a terminal.

    Args:
        value: The value.
        show_secrets: Show secrets in plain text rather than as ``[secret]``.
        indent: Blanks of each level; without it the text is one line.
    """
    plain = displayed(value, show_secrets=show_secrets)
    text = json.dumps(plain, ensure_ascii=False, indent=indent)
    if text.replace("\n", "").isprintable():
        return text
    return json.dumps(plain, indent=indent)


def output_lines(outputs: Properties, *, show_secrets: bool) -> list[str]:
    """Return lines that show a stack's outputs.

    Args:
        outputs: The outputs, by name.
        show_secrets: Show secrets in plain text.
    """
    lines = []
    for key, value in sorted(outputs.items()):
        text = value_text(value, show_secrets=show_secrets, indent=4)
        lines += f"{one_line(key)}: {text}".split("\n")
    return [f"    {line}" for line in lines]


def _whole_properties(changes: list[Change], old: Properties, new: Properties) -> list[Change]:
    """Return changes of nested properties as those of the properties that they are in."""
    found: dict[str, Change] = {}
    for change in changes:
        first, *rest = paths.parse(change.path) or (change.path,)
        name = str(first)
        found[name] = _whole(name, old, new) if rest else change._replace(path=name)
    return list(found.values())


def _whole(name: str, old: Properties, new: Properties) -> Change:
    before, after = old.get(name), new.get(name)
    op = Op.CREATE if before is None else Op.DELETE if after is None else Op.UPDATE
    return Change(op, name, before, after)


def _compare(old: Properties, new: Properties) -> Iterator[Change]:
    for key in sorted(old.keys() | new.keys()):
        if not key.startswith(_INTERNAL) and not equal(old.get(key), new.get(key)):
            yield _whole(key, old, new)

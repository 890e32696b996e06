"""Property paths: ``root.nested["with dots"][0].*``.

See https://www.pulumi.com/docs/iac/concepts/options/ignorechanges/.
"""

import copy
import re
from typing import Any, Final, TypeAlias

from pulumi_gitlab_kubernetes.testing.host.values import Properties, Secret, Value

Path: TypeAlias = tuple[str | int, ...]

_ANY: Final = "*"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_]*")
_TOKEN: Final = re.compile(
    r"""\.?(?P<name>[^.\[\]"]+)            # a name, with or without a dot before it
      | \[(?P<index>\d+)\]                 # [0]
      | \[(?P<star>\*)\]                   # [*]
      | \.?\["(?P<quoted>(?:\\"|[^"])*)"\] # ["a name"]
    """,
    re.VERBOSE,
)


def parse(text: str) -> Path | None:
    """Read a property path.

    Args:
        text: The path as a resource option names it.

    Returns:
        Its steps, or nothing where it is malformed.
    """
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        position = match.end()
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["quoted"] is not None:
            steps.append(match["quoted"].replace('\\"', '"'))
        else:
            steps.append(match["name"] or match["star"])
    return tuple(steps)


def join(path: Path) -> str:
    """Write a property path, the inverse of `parse`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += '["{}"]'.format(step.replace('"', '\\"'))
    return text


def contains(path: Path, other: Path) -> bool:
    """Return whether a path equals another or is a prefix of it."""
    return len(path) <= len(other) and all(
        mine in (_ANY, theirs) for mine, theirs in zip(path, other, strict=False)
    )


def get(path: Path, value: Value) -> Value:
    """Return the property at a path; what is in a secret is as secret as all of it.

    Args:
        path: The path.
        value: Where it leads from.

    Returns:
        The property, or nothing where there is none.
    """
    for step in path:
        if isinstance(value, Secret):
            return value
        if isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        elif isinstance(step, str) and isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value


def ignore_changes(
    old: Properties, new: Properties, texts: list[str]
) -> tuple[Properties, list[str]]:
    """Apply the resource option ``ignoreChanges``.

    Args:
        old: The properties as they are.
        new: The properties as they should be.
        texts: The paths to ignore changes of.

    Returns:
        A copy of the new properties with the old values in it, and the paths for which that cannot
        be done because they lead through something that was added or removed.
    """
    if not texts:
        return new, []
    result = copy.deepcopy(new)
    failed = [
        text for text in texts if (path := parse(text)) is not None and not reset(path, old, result)
    ]
    return result, failed


def reset(path: Path, old: Properties, new: Properties) -> bool:
    """Reset the property at a path to its old value.

    Args:
        path: The path.
        old: Where the old value is taken from.
        new: Where it is put; changed in place.

    Returns:
        Whether that was possible.
    """
    return bool(path) and _reset(path, old, new, secret=False)


def _reset(path: Path, old: Any, new: Any, *, secret: bool) -> bool:
    if isinstance(old, Secret) or isinstance(new, Secret):
        secret = (secret or isinstance(old, Secret)) and not isinstance(new, Secret)
        return _reset(path, _open(old), _open(new), secret=secret)
    step, rest = path[0], path[1:]
    if step == _ANY:
        return _reset_all(rest, old, new, secret=secret)
    if rest:
        return _reset_inside(step, rest, old, new, secret=secret)
    reset_one = _reset_index if isinstance(step, int) else _reset_key
    return reset_one(step, old, new, secret=secret)


def _reset_inside(step: Any, rest: Path, old: Any, new: Any, *, secret: bool) -> bool:
    kind: type[Any] = list if isinstance(step, int) else dict
    if not isinstance(old, kind) or not isinstance(new, kind):
        return not isinstance(old, kind) and not isinstance(new, kind)
    if isinstance(step, int):
        return step < min(len(old), len(new)) and _reset(rest, old[step], new[step], secret=secret)
    if step not in new:
        return step not in old
    return _reset(rest, old.get(step), new[step], secret=secret)


def _reset_key(key: Any, old: Any, new: Any, *, secret: bool) -> bool:
    has_old = isinstance(old, dict) and key in old
    if not isinstance(new, dict):
        return not has_old
    if has_old:
        new[key] = _marked(old[key], secret=secret)
    else:
        new.pop(key, None)
    return True


def _reset_index(index: Any, old: Any, new: Any, *, secret: bool) -> bool:
    if not isinstance(old, list) or not isinstance(new, list):
        return not isinstance(old, list) and not isinstance(new, list)
    inside = [index < len(items) for items in (old, new)]
    if all(inside):
        new[index] = _marked(old[index], secret=secret)
    return all(inside) or not any(inside)


def _reset_all(rest: Path, old: Any, new: Any, *, secret: bool) -> bool:
    """Reset every item; as in the engine, an empty rest covers a whole dictionary."""
    if isinstance(old, list) and isinstance(new, list):
        reached = range(min(len(old), len(new)))
        results = [_reset((i, *rest), old, new, secret=secret) for i in reached]
        return all(results) and len(old) == len(new)
    if isinstance(old, dict) and isinstance(new, dict):
        if rest:
            return all(
                key in new and _reset(rest, value, new[key], secret=secret)
                for key, value in old.items()
            )
        for key in {**old, **new}:
            _reset_key(key, old, new, secret=secret)
        return True
    return not rest and isinstance(new, dict | list)


def _marked(value: Value, *, secret: bool) -> Value:
    value = copy.deepcopy(value)
    return Secret(value) if secret and not isinstance(value, Secret) else value


def _open(value: Value) -> Value:
    return value.value if isinstance(value, Secret) else value

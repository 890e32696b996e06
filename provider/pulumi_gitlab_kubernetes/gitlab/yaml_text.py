"""YAML files, as plain values that a state can contain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pulumi_gitlab_kubernetes.errors import GitLabError

_MOST_BYTES = 1024 * 1024  # By default, agents read at most 128 KiB. The KAS can allow more.
_MOST_VALUES = 100_000  # After aliases are replaced.
_DEEPEST = 50
_TIME = "tag:yaml.org,2002:timestamp"
_AMBIGUOUS = re.compile(r"[-+.\d]|(y|n|yes|no|on|off|true|false|null|~)$", re.IGNORECASE)
"""Text that may be a number, a time, a switch or nothing in a version of YAML. Agents' parser has
`1e3` as a number, PyYAML has it as text."""
_WRONG = "correct it in GitLab, or delete it there"


def parse(data: bytes) -> dict[str, Any]:
    """Return the content of a YAML file.

    Args:
        data: The file. It must contain a map, or nothing.

    Raises:
        GitLabError: It contains something else.
    """
    import yaml  # noqa: PLC0415 (few runs need it)

    if len(data) > _MOST_BYTES:
        raise GitLabError(f"the file has more than 1 MiB: {_WRONG}")
    try:
        found = yaml.load(data.decode(), _loader())  # noqa: S506 (a subclass of the safe loader)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise GitLabError(f"the file does not contain a map: {_WRONG}")
        plain: dict[str, Any] = _Plain().value(found, 0)
    except yaml.MarkedYAMLError as error:
        line = f" (line {error.problem_mark.line + 1})" if error.problem_mark else ""
        raise GitLabError(f"the file is not valid YAML{line}: {_WRONG}") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise GitLabError(f"the file is not YAML that agents can read: {_WRONG}") from error
    return plain


def why_no_content(settings: Mapping[str, Any]) -> str | None:
    """Return why settings cannot be content of a file that `parse` reads."""
    try:
        _Plain().value(settings, 0)
    except ValueError:
        return "must have values that YAML and JSON have: no NaN, no infinity, not nested too deep"
    return None


def render(content: Mapping[str, Any]) -> str:
    """Return a YAML file with this content, in the same order."""
    import yaml  # noqa: PLC0415 (few runs need it)

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            """Indent lists too, as GitLab's documentation does."""
            del indentless
            super().increase_indent(flow=flow, indentless=False)

        def represent_text(self, text: str) -> Any:
            """Quote what any parser of YAML could read as another type."""
            style = "'" if _AMBIGUOUS.match(text) else None
            return self.represent_scalar("tag:yaml.org,2002:str", text, style)

    Dumper.add_representer(str, Dumper.represent_text)
    text: str = yaml.dump(
        dict(content), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=10_000
    )
    return text


@cache
def _loader() -> type[Any]:
    """Return PyYAML's safe loader, but with times as text.

    Dates are no values in JSON. `10:30` is text to agents, whose parser has no numbers in base 60.
    """
    import yaml  # noqa: PLC0415 (few runs need it)

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML's own)
            first: [each for each in resolvers if each[0] != _TIME]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            """Return the tag of a scalar: that of a text if it has a colon and no other tag."""
            if kind is yaml.ScalarNode and implicit[0] and ":" in value:
                return self.DEFAULT_SCALAR_TAG
            return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call] # as it is

    return Loader


class _Plain:
    """Copies values as JSON has them, up to a limit: aliases can stand for millions of them."""

    def __init__(self) -> None:
        self._left = _MOST_VALUES

    def value(self, value: Any, depth: int) -> Any:
        """Return a copy without nulls in maps, since a state has none.

        Raises:
            ValueError: It is too large, or no value in JSON.
        """
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise ValueError
        if isinstance(value, dict):
            if not all(isinstance(key, str) for key in value):
                raise ValueError
            items = ((key, self.value(each, depth + 1)) for key, each in value.items())
            return {key: each for key, each in items if each is not None}
        if isinstance(value, list):
            return [self.value(each, depth + 1) for each in value]
        finite = not isinstance(value, float) or value - value == 0
        if isinstance(value, str):
            value.encode()  # A ValueError if it is half of a character: no state can contain it.
        if finite and (value is None or isinstance(value, str | bool | int | float)):
            return value
        raise ValueError

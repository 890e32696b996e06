"""The seed file, and the location and line of each value in it."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from pulumi_gitlab_kubernetes.testing.simulator.printable import printable

Location = tuple[Any, ...]
"""The keys and indices of a value; an invalid key can have any type."""


class SeedError(Exception):
    """A seed cannot be loaded.

    Args:
        location: The location of the error; empty for the whole seed.
        reason: The error.
        line: The line of an error without a location.
    """

    def __init__(self, location: Location, reason: str, line: int | None = None) -> None:
        prefix = f"{_format_location(location)}: " if location else ""
        super().__init__(printable(prefix + reason))
        self.location = location
        self.line = line


_CONSTANTS = {"None": "null", "True": "true", "False": "false"}


@dataclass(frozen=True)
class Entry:
    """A mapping in a seed, and its location."""

    values: Mapping[str, Any]
    location: Location = ()

    def list(self, key: str) -> Iterator[Entry]:
        """Yield the mappings in a list."""
        for index, values in enumerate(self.values.get(key, ())):
            yield Entry(values, (*self.location, key, index))

    def items(self, key: str) -> Iterator[tuple[str, Any, Location]]:
        """Yield the names in a mapping, with their values and locations."""
        for name, value in self.values.get(key, {}).items():
            yield name, value, (*self.location, key, name)

    def only(self, keys: Collection[str]) -> dict[str, Any]:
        """Return the values of these keys."""
        return {key: value for key, value in self.values.items() if key in keys}


def read(file: Path) -> Any:
    """Read a seed; `describe` uses its line numbers.

    Args:
        file: A YAML file.

    Raises:
        SeedError: The file cannot be read, or is not YAML.
    """
    try:
        content = YAML(typ="rt").load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SeedError((), str(error.strerror)) from None
    except UnicodeDecodeError:
        raise SeedError((), "is not UTF-8 text") from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise SeedError((), str(error.problem).partition("\n")[0], line) from None
    except YAMLError as error:
        raise SeedError((), str(error).partition("\n")[0]) from None
    except RecursionError:
        raise SeedError((), "is nested too deeply") from None
    except ValueError as error:  # such as the 30th of February
        raise SeedError((), f"has an invalid value: {error}") from None
    return {} if content is None else content


def describe(error: SeedError, file: Path, content: Any) -> str:
    """Return an error's message with file and line."""
    line = _line(content, error.location) if error.location else error.line
    return f"{file}: {error}" if line is None else f"{file}:{line}: {error}"


def _line(content: Any, location: Location) -> int:
    line = 1
    for key in location:
        if not hasattr(content, "lc") or not content.lc.data or key not in content.lc.data:
            break
        line = content.lc.data[key][0] + 1
        content = content[key]
    return line


def _format_location(location: Location) -> str:
    """Return a location as text, such as `projects[0].agents`."""
    text = ""
    for key in location:
        if isinstance(key, str):
            text += f".{key}" if text else key
        else:
            text += f"[{_CONSTANTS.get(str(key), key)}]"
    return text


def suggestion(word: str, known: Collection[str]) -> str:
    """Return a similar known word, or all of them."""
    if close := difflib.get_close_matches(word, known, n=1):
        return f"did you mean {close[0]}?"
    return f"known are {', '.join(sorted(known))}"

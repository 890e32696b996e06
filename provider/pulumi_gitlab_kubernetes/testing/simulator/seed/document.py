"""A seed as its user wrote it: the file, and where in it a thing stands."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Place = tuple[Any, ...]
"""The keys and indices that lead to a thing; a key that is wrong may be anything."""


class SeedError(Exception):
    """A seed cannot be loaded.

    Args:
        place: where in it the fault is.
        reason: what it is.
        line: the line of a fault that has no place.
    """

    def __init__(self, place: Place, reason: str, line: int | None = None) -> None:
        super().__init__(_in_one_line(f"{spell(place)}: {reason}" if place else reason))
        self.place = place
        self.line = line


_CONSTANTS = {"None": "null", "True": "true", "False": "false"}


@dataclass(frozen=True)
class Entry:
    """A mapping in a seed and its place there."""

    values: Mapping[str, Any]
    place: Place = ()

    def list(self, key: str) -> Iterator[Entry]:
        """Yield the mappings in a list."""
        for index, values in enumerate(self.values.get(key, ())):
            yield Entry(values, (*self.place, key, index))

    def items(self, key: str) -> Iterator[tuple[str, Any, Place]]:
        """Yield the names in a mapping, with their values and places."""
        for name, value in self.values.get(key, {}).items():
            yield name, value, (*self.place, key, name)

    def only(self, keys: Collection[str]) -> dict[str, Any]:
        """Return the values of some keys."""
        return {key: value for key, value in self.values.items() if key in keys}


def read(file: Path) -> Any:
    """Read a seed; `describe` later finds the lines of what is in it.

    Args:
        file: a YAML file.

    Raises:
        SeedError: it cannot be read, or is not YAML.
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
        raise SeedError((), f"has a value that is none: {error}") from None
    return {} if content is None else content


def describe(error: SeedError, file: Path, content: Any) -> str:
    """Return an error's message with the file and the line of its place."""
    line = _line(content, error.place) if error.place else error.line
    return f"{file}: {error}" if line is None else f"{file}:{line}: {error}"


def _line(content: Any, place: Place) -> int:
    line = 1
    for key in place:
        if not hasattr(content, "lc") or not content.lc.data or key not in content.lc.data:
            break
        line = content.lc.data[key][0] + 1
        content = content[key]
    return line


def spell(place: Place) -> str:
    """Return a place as a person writes it: `projects[0].agents`."""
    text = ""
    for key in place:
        if isinstance(key, str):
            text += f".{key}" if text else key
        else:
            text += f"[{_CONSTANTS.get(str(key), key)}]"
    return text


def _in_one_line(text: str) -> str:
    """Return a text with line ends and all else that a terminal obeys as escapes."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def suggestion(word: str, known: Collection[str]) -> str:
    """Return what else may have been meant."""
    if close := difflib.get_close_matches(word, known, n=1):
        return f"do you mean {close[0]}?"
    return f"there are {', '.join(sorted(known))}"

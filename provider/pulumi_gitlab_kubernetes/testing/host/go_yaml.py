"""YAML as the Pulumi CLI reads it.

Python's usual YAML library follows YAML 1.1, where ``yes`` is true, ``12:30`` is 750 and ``1e3``
is text. The CLI's follows YAML 1.2 but for octal numbers such as ``0777``.
"""

import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from .errors import HostError


class _Loader(yaml.SafeLoader):
    """The safe loader with the scalars of Go's yaml.v3."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - the library's way


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int | float:
    text = loader.construct_scalar(node).replace("_", "").lower()
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
    old_octal = re.fullmatch("0[0-7]+", digits)
    number = sign * (int(digits, 8) if old_octal else int(digits, 0))
    return number if -(2**63) <= number < 2**64 else float(number)


def _float(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(
        loader.construct_scalar(node)
        .replace("_", "")
        .lower()
        .replace(".inf", "inf")
        .replace(".nan", "nan")
    )


def _timestamp(loader: _Loader, node: yaml.ScalarNode) -> date | str:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:  # there is no such day
        return loader.construct_scalar(node)


_DAY = r"\d{4}-\d\d?-\d\d?"
_CLOCK = r"\d\d?:\d\d:\d\d(?:\.\d+)?"
_NUMBER = r"(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)"
_NO_NUMBER = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
_SCALARS = {
    "bool": ("true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    "int": (
        r"[-+]?(?:0|[1-9][0-9_]*|0[0-7_]+|0[oO][0-7_]+|0[xX][0-9a-fA-F_]+|0[bB][01_]+)",
        "-+0123456789",
    ),
    "float": (f"[-+]?{_NUMBER}(?:[eE][-+]?[0-9]+)?|{_NO_NUMBER}", "-+.0123456789"),
    "timestamp": (
        rf"{_DAY}(?:[Tt]{_CLOCK}(?:Z|[-+]\d\d:\d\d)| {_CLOCK})?",
        "0123456789",
    ),
    "merge": ("<<", "<"),
}
for _tag, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first)
    )
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:float", _float)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _timestamp)


def read(path: Path) -> dict[str, Any]:
    """Reads a project's or a stack's settings file.

    Args:
        path: The file.

    Returns:
        Its contents; an empty file is an empty mapping.

    Raises:
        FileNotFoundError: There is no such file.
        HostError: The file cannot be read, is not YAML or not a mapping.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), _Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        raise
    except OSError as error:
        raise HostError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HostError(f"{path} is not UTF-8 text") from None
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise HostError(f"{path}{line}: {error.problem}") from None
    except (yaml.YAMLError, ValueError):
        raise HostError(f"{path} is not valid YAML") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise HostError(f"{path} is not a mapping")
    return content


def mapping(content: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    """Gives a part of a settings file that is itself a mapping.

    Args:
        content: The contents.
        key: The part's name.
        path: The file.

    Returns:
        The part; an empty mapping if it is left out.

    Raises:
        HostError: The part is something else.
    """
    part = content.get(key)
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise HostError(f"{path}: '{key}' is not a mapping")
    return part

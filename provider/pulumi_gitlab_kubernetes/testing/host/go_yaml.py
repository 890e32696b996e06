"""YAML as the Pulumi CLI reads it: YAML 1.2, with the integers and times of Go's yaml.v3."""

import copy
import functools
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import ScalarNode

from pulumi_gitlab_kubernetes.testing.host.errors import HostError

_DAY = r"\d{4}-\d\d?-\d\d?"
_CLOCK = r"\d\d?:\d\d:\d\d(?:\.\d+)?"
_TIME = re.compile(rf"{_DAY}(?:[Tt]{_CLOCK}(?:Z|[-+]\d\d:\d\d)| {_CLOCK})?")


class _Constructor(SafeConstructor):
    """ruamel.yaml's safe constructor, but for the scalars that Go reads in another way."""

    def integer(self, node: ScalarNode) -> int | float:
        """Read `0777` as octal, and a number that needs more than 64 bits as a float."""
        octal = re.fullmatch("([-+]?)0([0-7_]+)", node.value)
        number = int(octal[1] + octal[2], 8) if octal else self.construct_yaml_int(node)
        return number if -(2**63) <= number < 2**64 else float(number)

    def time(self, node: ScalarNode) -> Any:
        """Read as text what Go does not read as a time, such as a 13th month."""
        if _TIME.fullmatch(node.value):
            try:
                return self.construct_yaml_timestamp(node)
            except ValueError:
                pass
        return self.text(node)

    def text(self, node: ScalarNode) -> Any:
        """Read `=`, which YAML 1.2 no longer gives a meaning, as text."""
        return self.construct_yaml_str(node)


_Constructor.add_constructor("tag:yaml.org,2002:int", _Constructor.integer)
_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.time)
_Constructor.add_constructor("tag:yaml.org,2002:value", _Constructor.text)


def read(path: Path) -> dict[str, Any]:
    """Read a project's or a stack's settings file.

    Args:
        path: The file.

    Returns:
        Its contents; an empty file is an empty mapping.

    Raises:
        FileNotFoundError: There is no such file.
        HostError: The file cannot be read, is not YAML or not a mapping.
    """
    try:
        content = copy.deepcopy(_load(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise HostError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise HostError(f"{path} is not UTF-8 text") from None
    except MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        problem = str(error.problem).partition(" with value ")[0]  # Of a duplicate key.
        raise HostError(f"{path}{line}: {problem}") from None
    except (YAMLError, ValueError):
        raise HostError(f"{path} is not valid YAML") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise HostError(f"{path} is not a mapping")
    return content


@functools.lru_cache(maxsize=32)  # A run reads the same files several times.
def _load(text: str) -> Any:
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = _Constructor
    return reader.load(text)


def mapping(content: dict[str, Any], key: str, path: Path) -> dict[str, Any]:
    """Return a part of a settings file that is itself a mapping.

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

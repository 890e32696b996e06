"""Kubeconfigs as text or files, in YAML or JSON.

See https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from errno import ENOENT
from itertools import islice
from pathlib import Path
from typing import Any

import yaml

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.redaction import one_line

ARGUMENT = "kubeconfig"
"""The argument that errors name."""

_LARGEST = 1 << 20  # Bytes. A Secret in Kubernetes can have as many.
_NULLS = {"", "~", "null", "Null", "NULL"}
_MOST_DOCUMENTS = 10  # To read. Empty ones do not count.


@dataclass(frozen=True)
class Document:
    """A kubeconfig.

    Args:
        values: Its content.
        folder: The folder of its file, which relative paths in it start from; `None` if unknown.
    """

    values: Mapping[str, Any]
    folder: Path | None = None


class _Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc] # Far faster.
    """Loads every scalar as text, except null. Tags and merge keys have no effect.

    So `token: 0123` and `name: on` keep their text, as they do in Kubernetes.
    """

    def construct_scalar(self, node: Any) -> Any:
        value = super().construct_scalar(node)
        return None if not node.style and value in _NULLS else value


def load(given: object) -> Document:
    """Return the content of a kubeconfig.

    Args:
        given: Its text in YAML or JSON, its content, or the path of its file.

    Raises:
        InvalidInputError: It is not a kubeconfig. The message shows nothing of it.
    """
    folder, content = None, given
    if isinstance(given, Path):
        folder, content = given.parent, _read(given)
    if isinstance(content, str):
        content = _parse(content)
    if not isinstance(content, Mapping):
        raise InvalidInputError(ARGUMENT, _why_no_mapping(content))
    return Document(content, folder)


def read_text(path: Path) -> str:
    """Return the text of a file, but no more of it than a kubeconfig can have.

    Args:
        path: The file.

    Raises:
        OSError: It cannot be read.
        UnicodeDecodeError: It is not UTF-8.
    """
    if "\0" in str(path):
        raise FileNotFoundError(ENOENT, "No such file or directory")
    with path.open("rb") as file:
        return file.read(_LARGEST + 1).decode()


def _read(path: Path) -> str:
    try:
        return read_text(path.expanduser())
    except OSError as error:
        shown = one_line(str(path))
        raise InvalidInputError(ARGUMENT, f"cannot be read: {shown}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInputError(ARGUMENT, f"must be a text file: {path} is not UTF-8") from None


def _parse(text: str) -> object:
    if len(text) > _LARGEST:
        reason = f"must be the kubeconfig of one cluster: it is longer than {_LARGEST:,} characters"
        raise InvalidInputError(ARGUMENT, reason)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # YAML, or not valid in either.
        pass
    try:
        found = islice(yaml.load_all(text, _Loader), _MOST_DOCUMENTS)
        documents = [each for each in found if each is not None]
    except (yaml.YAMLError, RecursionError) as error:
        # The error's own text quotes the kubeconfig.
        mark = getattr(error, "problem_mark", None)
        last = text.count("\n")  # An error at the end is on the line after it.
        line = f": line {min(mark.line, last) + 1} is wrong" if mark else ""
        raise InvalidInputError(ARGUMENT, f"must be YAML or JSON{line}") from None
    if documents[1:]:
        raise InvalidInputError(ARGUMENT, "must be one YAML document: it has more than one")
    return documents[0] if documents else None


def _why_no_mapping(content: object) -> str:
    if content is None or content == "":
        return "must not be empty"
    if not isinstance(content, str):
        return "must be the text or the content of a kubeconfig, or its path as pathlib.Path"
    try:
        inner = base64.b64decode(content, validate=True)
    except ValueError:
        inner = b""
    if b"clusters" in inner:
        return "must not be in base64: decode it with base64.b64decode"
    return "must be the content of a kubeconfig: pass pathlib.Path(...) for its path"

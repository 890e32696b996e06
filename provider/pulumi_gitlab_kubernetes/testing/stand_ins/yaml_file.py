"""A YAML file with the answers of stand-ins."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Final

from pulumi_gitlab_kubernetes.testing.host import go_yaml
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins.answers import Answer, wrong_name

_FUNCTION: Final = "aws:index/getRegion:getRegion"
_PARTS: Final = ("packages", "resources", "functions")
_OF_FUNCTIONS: Final = ("outputs", "secrets", "seconds", "error")
_OF_RESOURCES: Final = ("id", "replace_on", *_OF_FUNCTIONS)
_TOKEN: Final = re.compile(r"(?P<package>[\w.-]+):[\w./-]+:[\w./-]+")
_PLAIN: Final = (str, bool, int, float, type(None))


class YamlFile:
    """The answers of a YAML file.

    Args:
        file: The file.

    Raises:
        HostError: It is wrong.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        content = go_yaml.read(file)
        self._reject_unknown(content, _PARTS, "the top level")
        self._resources = self._read(content, "resources", _OF_RESOURCES)
        self._functions = self._read(content, "functions", _OF_FUNCTIONS)
        named = self._names(content.get("packages"), "packages")
        tokens = (*self._resources, *self._functions)
        self.packages: AbstractSet[str] = named | {token.partition(":")[0] for token in tokens}

    def planned(self, type_: str, name: str) -> Answer:
        """Return the answer for a resource: that for its type and name, else for its type."""
        return self._found(type_, name) or Answer()

    def resource(self, type_: str, name: str, inputs: Mapping[str, Any]) -> Answer:
        """Return the same, whatever its inputs are."""
        del inputs
        return self.planned(type_, name)

    def existing(self, type_: str, name: str, inputs: Mapping[str, Any], id_: str) -> Answer | None:
        """Return the same, but nothing if the file does not have the type."""
        del inputs, id_
        return self._found(type_, name)

    def function(self, token: str, args: Mapping[str, Any], provider: str) -> Answer | None:
        """Return the answer for a function, if there is any."""
        del args, provider
        return self._functions.get(token)

    def _found(self, type_: str, name: str) -> Answer | None:
        return self._resources.get(f"{type_}::{name}") or self._resources.get(type_)

    def _read(self, content: dict[str, Any], part: str, keys: Collection[str]) -> dict[str, Answer]:
        entries = go_yaml.mapping(content, part, self._file)
        return {
            token: self._entry(f"{part}: {token}", token, entries[token], keys) for token in entries
        }

    def _entry(self, where: str, token: str, given: Any, keys: Collection[str]) -> Answer:
        type_, separator, name = str(token).partition("::")
        if not _TOKEN.fullmatch(type_) or (separator and not name) or (name and "id" not in keys):
            example = (
                "eks:index:Cluster or eks:index:Cluster::<name>" if "id" in keys else _FUNCTION
            )
            raise self._wrong(where, f"is not a token: write it as in the state, such as {example}")
        entry = {} if given is None else given
        if not isinstance(entry, dict):
            raise self._wrong(where, "must be a mapping")
        self._reject_unknown(entry, keys, where)
        outputs = go_yaml.mapping(entry, "outputs", self._file)
        try:
            leaves = [*_leaves(outputs, ())]
        except RecursionError:
            raise self._wrong(f"{where}: outputs", "contain themselves") from None
        for path, value in leaves:
            self._check_name(where, path)
            if not isinstance(value, _PLAIN):
                raise self._wrong(f"{where}: {'.'.join(path)}", "is not text: put it in quotes")
        return Answer(
            id=self._text(entry, "id", where),
            outputs=outputs,
            secrets=self._names(entry.get("secrets"), f"{where}: secrets"),
            replace_on=self._names(entry.get("replace_on"), f"{where}: replace_on"),
            seconds=self._seconds(entry.get("seconds", 0), where),
            error=self._text(entry, "error", where),
        )

    def _check_name(self, where: str, path: tuple[str, ...]) -> None:
        for name in path:
            if wrong := wrong_name(name):
                raise self._wrong(where, wrong)

    def _names(self, given: Any, where: str) -> AbstractSet[str]:
        names = [] if given is None else given
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise self._wrong(where, "must be a list of names")
        for name in names:
            self._check_name(where, (name,))
        return frozenset(names)

    def _text(self, entry: Mapping[str, Any], key: str, where: str) -> str:
        text = entry.get(key, "")
        if not isinstance(text, str):
            raise self._wrong(f"{where}: {key}", "must be text")
        return text

    def _seconds(self, given: Any, where: str) -> float:
        number = isinstance(given, int | float) and not isinstance(given, bool)
        if not number or not 0 <= given < math.inf:
            raise self._wrong(f"{where}: seconds", "must be a number of seconds")
        return float(given)

    def _reject_unknown(self, given: Mapping[str, Any], keys: Collection[str], where: str) -> None:
        for key in given:
            if key not in keys:
                raise self._wrong(where, f"has no '{key}': it can have {', '.join(keys)}")

    def _wrong(self, where: str, what: str) -> HostError:
        return HostError(f"{self._file}: {where} {what}")


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each value that is neither a mapping nor a list, with the names of its mappings."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
        if not value:
            yield path, None
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, path)
        if not value:
            yield path, None
    else:
        yield path, value

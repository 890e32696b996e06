"""A Python file with a class of `pulumi.runtime.Mocks`, whose answers a stand-in gives.

The same class can serve unit tests; see https://www.pulumi.com/docs/iac/guides/testing/unit/.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks

from pulumi_gitlab_kubernetes.redaction import one_line
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins.answers import Answer, wrong_name

_NAME: Final = "gitlab_kubernetes_stand_ins"
"""The name of the file as a module."""

_T = TypeVar("_T")


class MocksFile:
    """The answers of a class of `pulumi.runtime.Mocks`, with its attribute `packages`.

    Args:
        file: The file.

    Raises:
        HostError: It cannot be imported, or has not exactly one such class.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        module = self._import()
        found = [
            each
            for each in vars(module).values()
            if isinstance(each, type) and issubclass(each, Mocks) and each.__module__ == _NAME
        ]
        if len(found) != 1:
            raise HostError(
                f"{file} has {len(found)} classes of pulumi.runtime.Mocks: it must have one"
            )
        packages = getattr(found[0], "packages", ())
        if isinstance(packages, str) or not packages:
            raise HostError(
                f"{file}: {found[0].__name__} must have the attribute packages, such as ('tls',)"
            )
        self.packages: AbstractSet[str] = frozenset(packages)
        self._mocks: Mocks = self._run(found[0], "the constructor")

    def planned(self, type_: str, name: str) -> Answer | None:
        """Return nothing: the class needs known inputs."""
        del type_, name
        return None

    def resource(self, type_: str, name: str, inputs: Mapping[str, Any]) -> Answer:
        """Return what `new_resource` returns for a new resource."""
        return self._new_resource(type_, name, inputs, "")

    def existing(self, type_: str, name: str, inputs: Mapping[str, Any], id_: str) -> Answer:
        """Return what `new_resource` returns for an existing resource."""
        return self._new_resource(type_, name, inputs, id_)

    def function(self, token: str, args: Mapping[str, Any], provider: str) -> Answer | None:
        """Return what `call` returns, or nothing if that is empty."""
        given = MockCallArgs(token, dict(args), provider)
        result: Any = self._run(lambda: self._mocks.call(given), f"call for {token}")
        outputs, failures = result if isinstance(result, tuple) else (result, None)
        if failures:
            reasons = "; ".join(f"{name}: {reason}" for name, reason in failures)
            return Answer(error=reasons)
        return Answer(outputs=self._named(outputs, token)) if outputs else None

    def _new_resource(self, type_: str, name: str, inputs: Mapping[str, Any], id_: str) -> Answer:
        given = MockResourceArgs(type_, name, dict(inputs), resource_id=id_, custom=True)
        what = f"new_resource for {type_} {name}"
        made, outputs = self._run(lambda: self._mocks.new_resource(given), what)
        changed = {key: each for key, each in outputs.items() if inputs.get(key) != each}
        return Answer(id=made or "", outputs=self._named(changed, what))

    def _named(self, outputs: Mapping[str, Any], what: str) -> Mapping[str, Any]:
        """Return outputs, whose names must be those of a plugin."""
        for name in outputs:
            if wrong := wrong_name(name):
                raise HostError(f"{self._file}: {what}: {wrong}")
        return outputs

    def _import(self) -> ModuleType:
        specification = importlib.util.spec_from_file_location(_NAME, self._file)
        if specification is None or specification.loader is None:
            raise HostError(f"{self._file} cannot be imported")
        module = importlib.util.module_from_spec(specification)
        sys.modules[_NAME] = module
        sys.path.insert(0, str(self._file.parent))
        loader = specification.loader
        self._run(lambda: loader.exec_module(module), "the import")
        return module

    def _run(self, run: Callable[[], _T], what: str) -> _T:
        """Run the user's code; show its error with its line."""
        try:
            return run()
        except (Exception, SystemExit) as error:  # noqa: BLE001 (whatever the user's code raises is shown)
            frames = traceback.extract_tb(error.__traceback__)
            lines = [each.lineno for each in frames if each.filename == str(self._file)]
            where = f"line {lines[-1]}: " if lines else ""
            raise HostError(
                f"{self._file}: {what} failed: {where}{type(error).__name__}: "
                f"{one_line(str(error))}"
            ) from None

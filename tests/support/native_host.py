"""The native plugin with the calls of `DynamicHost`, for tests that both adapters must pass."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.support.dynamic_host import Diff, DynamicHost
from tests.support.native_plugin import EXPLICIT, NativePlugin, python, wire
from tests.support.plugin_process import Engine, Values
from typing_extensions import Self

from pulumi_gitlab_kubernetes.core.schema import Schema
from pulumi_gitlab_kubernetes.core.spelling import names_of
from pulumi_gitlab_kubernetes.registry import kind_for


class NativeHost:
    """A native provider for each connection, in a program in Python.

    Values have the names of Python, and `connection`, which selects the provider.

    Args:
        config: The settings of connections, as in `DynamicHost`. Those of `gitlab` are the default
            provider's.
        folder: The folder of the program, in which this writes Pulumi.yaml.
        arguments: The engine's arguments, with `{}` for its address.
    """

    def __init__(
        self, config: Mapping[str, str], folder: Path, arguments: Sequence[str] = ("{}",)
    ) -> None:
        (folder / "Pulumi.yaml").write_text("name: shop\nruntime: {name: python}\n")
        self._config = config
        self._folder = folder
        self._arguments = arguments
        self._running = ExitStack()
        self._plugins: dict[str, NativePlugin] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Return this. A process starts when it is needed."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop all processes."""
        self._running.__exit__(*error)  # type: ignore[arg-type] # the same arguments

    def check(self, kind: str, news: Values) -> tuple[Values, dict[str, str]]:
        """Return the checked inputs, and the failures by property."""
        inputs, failures = self._plugin(news).check(kind, wire(news))
        return _python(kind, inputs, news), failures

    def diff(self, kind: str, id_: str, olds: Values, news: Values) -> Diff:
        """Compare a state's outputs with checked inputs."""
        inputs = _schema(kind).inputs(olds)
        found = self._plugin(news).diff(kind, id_, wire(olds), wire(inputs), wire(news))
        names = names_of(kind_for(kind))
        return Diff(
            found.DiffChanges.Name(found.changes),
            [names[each] for each in found.replaces],
            found.deleteBeforeReplace,
        )

    def create(self, kind: str, inputs: Values) -> tuple[str, Values]:
        """Check a program's inputs as the engine does, and create the resource."""
        checked, failures = self._plugin(inputs).check(kind, wire(inputs))
        assert not failures
        id_, outputs = self._plugin(inputs).create(kind, checked)
        return id_, _python(kind, outputs, inputs)

    def read(
        self, kind: str, id_: str, outputs: Values | None, inputs: Values | None = None
    ) -> tuple[str, Values, Values]:
        """Return the ID, outputs and inputs. `.get()` is a read without outputs."""
        olds = outputs or {}
        inputs = inputs or _schema(kind).inputs(olds)
        plugin = self._plugin(olds)
        read_id, live, followed = plugin.read(kind, id_, wire(olds), wire(inputs))
        return read_id, _python(kind, live, olds), _python(kind, followed, olds)

    def update(self, kind: str, id_: str, olds: Values, inputs: Values) -> Values:
        """Check a program's inputs as the engine does, and update the resource."""
        plugin, old_inputs = self._plugin(inputs), wire(_schema(kind).inputs(olds))
        checked, failures = plugin.check(kind, wire(inputs), old_inputs)
        assert not failures
        outputs = plugin.update(kind, id_, wire(olds), old_inputs, checked)
        return _python(kind, outputs, inputs)

    def delete(self, kind: str, id_: str, outputs: Values, *, timeout: float = 0) -> None:
        """Delete a resource. The timeout in seconds is that of `custom_timeouts`."""
        inputs = _schema(kind).inputs(outputs)
        self._plugin(outputs).delete(kind, id_, wire(outputs), wire(inputs), timeout=timeout)

    @property
    def engine(self) -> Engine:
        """The engine's service, which receives the messages of the default provider."""
        return self._plugin({}).engine

    def lose_engine(self) -> None:
        """Stop the engine's service."""
        self._plugin({}).lose_engine()

    def ended(self, within: float) -> bool:
        """Wait for the process of the default provider to end; as `PluginProcess.ended`."""
        return self._plugin({}).ended(within)

    def stderr(self) -> str:
        """Return the error output of the default provider's process."""
        return self._plugin({}).stderr()

    def _plugin(self, values: Values) -> NativePlugin:
        """Return the plugin of a resource's connection."""
        name = values.get("connection", "gitlab")
        with self._lock:
            if name not in self._plugins:
                config = {
                    key: self._config[f"{name}:{key}"]
                    for key in ("baseUrl", "token")
                    if f"{name}:{key}" in self._config
                }
                plugin = NativePlugin(config, arguments=self._arguments, folder=self._folder)
                if name != "gitlab":
                    plugin.urn = EXPLICIT
                self._plugins[name] = self._running.enter_context(plugin)
            return self._plugins[name]


Host = DynamicHost | NativeHost
"""A host of either adapter."""


def _schema(kind: str) -> Schema:
    return kind_for(kind).schema


def _python(kind: str, values: Values, given: Values) -> Values:
    """Return values by their names in Python, with the connection if there are any."""
    names = names_of(kind_for(kind))
    connection = {"connection": given.get("connection", "gitlab")} if values else {}
    named = {names[name]: each for name, each in values.items()}
    return {**{name: python(name, each) for name, each in named.items()}, **connection}

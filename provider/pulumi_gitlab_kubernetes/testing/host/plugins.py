"""The plugins of a deployment: processes, each with one provider."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final, TypeVar

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.plugin import Plugin
from pulumi_gitlab_kubernetes.testing.host.plugin_lookup import (
    DYNAMIC_PACKAGE,
    Launch,
    PluginFinder,
    parse_version,
)
from pulumi_gitlab_kubernetes.testing.host.process import LineHandler, Spawn
from pulumi_gitlab_kubernetes.testing.host.project import Project
from pulumi_gitlab_kubernetes.testing.host.provider import Provider
from pulumi_gitlab_kubernetes.testing.host.provider_inputs import VERSION, package_of

_T = TypeVar("_T")
_CANCEL_SECONDS: Final = 30.0
_END_SECONDS: Final = 5.0
_SHOWN_LINES: Final = 3


class LoadedProvider(Provider):
    """A provider in a process of its own.

    Args:
        launch: How the process was started.
        plugin: The process.
        engine: The address of the engine's own service.
        lines: The last lines that the process printed.
    """

    def __init__(self, launch: Launch, plugin: Plugin, engine: str, lines: Iterable[str]) -> None:
        super().__init__(plugin.channel(), engine)
        self.launch = launch
        self._plugin = plugin
        self._lines = lines

    def close(self) -> str:
        """End the process.

        Returns:
            What is wrong if it had ended by itself.
        """
        ran = self.cancel(_END_SECONDS)
        self._plugin.stop()
        said = "; ".join(self._lines) or "it printed nothing"
        return "" if ran else f"{self.launch.what} ended by itself: {said}"


class Plugins:
    """Starts and ends the plugins of one deployment.

    Args:
        finder: Finds them.
        start: Starts a plugin whose output the given function takes.
        engine: The address of the engine's own service.
        on_line: Takes the output of those plugins whose output is for the user.
        warn: Takes a warning.
        report: Takes an error.
    """

    def __init__(
        self,
        finder: PluginFinder,
        start: Callable[[Launch, LineHandler], Plugin],
        engine: str,
        *,
        on_line: LineHandler,
        warn: Callable[[str], None],
        report: Callable[[str], None],
    ) -> None:
        self._finder = finder
        self._start = start
        self._engine = engine
        self._on_line = on_line
        self._warn = warn
        self._report = report
        self._expected: dict[Launch, list[tuple[Plugin, deque[str]]]] = {}
        self._loaded: list[LoadedProvider] = []
        self._lock = threading.Lock()

    def find(self, package: str, version: str) -> Launch:
        """Find a package's plugin; see `PluginFinder.find`."""
        return self._finder.find(package, version)

    def expect(self, package: str, version: str) -> None:
        """Start the process for a provider that will be loaded, if it can be found."""
        with suppress(HostError):
            launch = self.find(package, version)
            self._expected.setdefault(launch, []).append(self._spawn(launch))

    def load(self, launch: Launch, version: str) -> LoadedProvider:
        """Start a provider's process, unless one is waiting.

        Args:
            launch: How it is started.
            version: The version that is needed; empty for any.

        Raises:
            HostError: It did not start.
            ProviderError: It does not tell its version.
        """
        with self._lock:
            waiting = self._expected.get(launch)
            plugin, lines = waiting.pop() if waiting else self._spawn(launch)
        provider = LoadedProvider(launch, plugin, self._engine, lines)
        with self._lock:
            self._loaded.append(provider)
        self._compare_versions(provider, version)
        return provider

    def unload(self, provider: LoadedProvider) -> None:
        """End a provider's process."""
        with self._lock:
            self._loaded.remove(provider)
        self._close(provider)

    def cancel(self) -> None:
        """Ask all providers to end their running operations."""
        with self._lock:
            loaded = list(self._loaded)
        _for_all(lambda provider: provider.cancel(_CANCEL_SECONDS), loaded)

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            loaded, self._loaded = self._loaded, []
            unused = [plugin for each in self._expected.values() for plugin, _ in each]
            self._expected.clear()
        _for_all(self._close, loaded)
        _for_all(Plugin.stop, unused)

    def _spawn(self, launch: Launch) -> tuple[Plugin, deque[str]]:
        lines: deque[str] = deque(maxlen=_SHOWN_LINES)

        def keep(line: str, is_error: bool) -> None:  # noqa: ARG001 (a `LineHandler`)
            lines.append(line)

        return self._start(launch, self._on_line if launch.shows_output else keep), lines

    def _compare_versions(self, provider: LoadedProvider, version: str) -> None:
        has = provider.version()
        wanted, found = parse_version(version), parse_version(has)
        if wanted and not (found and found >= wanted):
            self._warn(
                f"{provider.launch.what} is expected to have version >={version}, but has {has}; "
                "the wrong version may be on your path, or this may be a bug in the plugin"
            )

    def _close(self, provider: LoadedProvider) -> None:
        if problem := provider.close():
            self._report(problem)


def starter(
    project: Project, environ: Mapping[str, str], engine: str, spawn: Spawn
) -> Callable[[Launch, LineHandler], Plugin]:
    """Return a function that starts plugins as the engine does.

    Args:
        project: The project; plugins run in its program's directory.
        environ: The environment variables, without those that Pulumi sets.
        engine: The address of the engine's own service, which plugins get as an argument.
        spawn: Starts the processes.
    """
    options = {
        f"PULUMI_RUNTIME_{key.upper()}": str(value)
        for key, value in project.runtime_options.items()
    }

    def start(launch: Launch, on_line: LineHandler) -> Plugin:
        return Plugin(
            launch.what,
            [*launch.command, engine],
            project.program,
            {**environ, **options, "PULUMI_PROJECT": project.name, **dict(launch.environ)},
            on_line,
            spawn=spawn,
        )

    return start


def recorded_plugins(deployment: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return package and version of each provider in a stored deployment.

    Args:
        deployment: The ``DeploymentV3``, its secrets encrypted.

    Returns:
        The packages; that of dynamic providers if there is no provider yet.
    """
    found = []
    for resource in deployment.get("resources") or ():
        if urns.is_provider_type(resource["type"]) and not resource.get("delete"):
            inputs = resource.get("inputs") or {}
            found.append((package_of(resource["urn"]), str(inputs.get(VERSION) or "")))
    return found or [(DYNAMIC_PACKAGE, "")]


def _for_all(act: Callable[[_T], object], items: list[_T]) -> None:
    """Apply a function to all items, at the same time if there are several."""
    if len(items) > 1:
        with ThreadPoolExecutor(max_workers=len(items)) as pool:
            list(pool.map(act, items))
    else:
        for item in items:
            act(item)

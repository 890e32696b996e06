"""Processes that serve a deployment over gRPC, and the providers in them.

See https://www.pulumi.com/docs/iac/concepts/resources/dynamic-providers/.
"""

import queue
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import grpc

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.process import LineHandler, Process, Spawn, start_process
from pulumi_gitlab_kubernetes.testing.host.project import Project
from pulumi_gitlab_kubernetes.testing.host.provider import Provider
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import UNKNOWN_STRING, Properties, Secret, equal

PACKAGE: Final = "pulumi-python"
PROVIDER_TYPE: Final = f"{urns.PROVIDER_TYPE_PREFIX}{PACKAGE}"

_START_SECONDS: Final = 60.0
_CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),
)


class Plugin:
    """A process of Pulumi's that serves gRPC; it starts at once and is waited for when first used.

    Args:
        what: Its name in messages.
        command: Program and arguments.
        directory: Where it runs.
        environ: Its environment variables.
        on_line: Takes its output.
        spawn: Starts it.
    """

    def __init__(
        self,
        what: str,
        command: Sequence[str],
        directory: Path,
        environ: Mapping[str, str],
        on_line: LineHandler,
        *,
        spawn: Spawn = start_process,
    ) -> None:
        self._what = what
        self._on_line = on_line
        self._port: queue.Queue[str | None] = queue.Queue()
        self._started = threading.Event()
        self._errors: list[str] = []
        self._process = Process(command, directory, environ, self._receive, spawn)
        self._channel: grpc.Channel | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def channel(self) -> grpc.Channel:
        """Connect to the process.

        Raises:
            HostError: It ended or did not start.
        """
        if self._channel is None:
            try:
                port = self._port.get(timeout=_START_SECONDS)
            except queue.Empty:
                port = None
            if port is None:
                said = "; ".join(self._errors[-3:]) or "no output"
                raise HostError(f"{self._what} did not start: {said}")
            self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS)
        return self._channel

    def stop(self) -> None:
        """End the process."""
        if self._channel is not None:
            self._channel.close()
        self._process.stop()

    def _receive(self, line: str, is_error: bool) -> None:
        if self._started.is_set():
            self._on_line(line, is_error)
        elif is_error:
            self._errors.append(line)
        else:
            self._started.set()
            self._port.put(line.strip() if line.strip().isdigit() else None)

    def _watch(self) -> None:
        self._process.wait()
        self._port.put(None)


def dynamic_host(
    project: Project,
    environ: Mapping[str, str],
    engine: str,
    on_line: LineHandler,
    spawn: Spawn = start_process,
) -> Plugin:
    """Start the process that runs a project's dynamic providers.

    Args:
        project: The project; it runs with its interpreter, in its program directory.
        environ: Its environment variables, without those that Pulumi sets.
        engine: The address of the engine's own service.
        on_line: Takes its output.
        spawn: Starts it.
    """
    options = {
        f"PULUMI_RUNTIME_{key.upper()}": str(value)
        for key, value in project.runtime_options.items()
    }
    return Plugin(
        "the dynamic host (python -m pulumi.dynamic)",
        [str(project.dynamic_python(environ)), "-u", "-m", "pulumi.dynamic", engine],
        project.program,
        {**environ, **options, "PULUMI_PROJECT": project.name},
        on_line,
        spawn=spawn,
    )


class _Running(NamedTuple):
    plugin: Plugin
    provider: Provider
    config: Properties


class Providers:
    """The providers of one deployment, by reference.

    Args:
        start: Starts a dynamic host process.
        preview: Whether the run is a preview.
    """

    def __init__(self, start: Callable[[], Plugin], *, preview: bool) -> None:
        self._start = start
        self._preview = preview
        self._spare: Plugin | None = start()
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    def get(self, reference: str) -> Provider | None:
        """Return the configured provider of a reference."""
        found = self._running.get(reference)
        return found.provider if found else None

    def require(self, reference: str, resource: str) -> Provider:
        """Return the configured provider of a reference that a resource requires."""
        provider = self.get(reference)
        if provider is None:
            raise HostError(f"unknown provider '{reference}' for resource '{resource}'")
        return provider

    def ensure(self, reference: str, resources: list[Resource]) -> None:
        """Configure a provider as recorded in the deployment, unless it is running.

        Args:
            reference: The provider.
            resources: The deployment's resources, the provider among them.

        Raises:
            HostError: It does not exist, or is not a dynamic provider.
        """
        if not reference or reference in self._running:
            return
        urn, id_ = urns.split_reference(reference)
        recorded = next((r for r in resources if r.urn == urn and r.id == id_), None)
        if recorded is None:
            raise HostError(f"could not find provider {reference}")
        self.configure(recorded.urn, recorded.id, recorded.inputs)

    def create(self, urn: str, inputs: Properties) -> str:
        """Configure a new provider; return its id."""
        id_ = UNKNOWN_STRING if self._preview else str(uuid.uuid4())
        self.configure(urn, id_, inputs)
        return id_

    def configure(self, urn: str, id_: str, inputs: Properties) -> None:
        """Configure a provider, in a new process if its configuration changed."""
        if urns.type_of(urn) != PROVIDER_TYPE:
            package = urns.type_of(urn).removeprefix(urns.PROVIDER_TYPE_PREFIX)
            raise HostError(
                "the deployment host supports only Python dynamic providers;"
                f" package '{package}' needs the Pulumi CLI"
            )
        reference = urns.provider_reference(urn, id_)
        plain = {
            key: item.value if isinstance(item, Secret) else item for key, item in inputs.items()
        }
        with self._lock:
            running = self._running.get(reference)
            if running and equal(running.config, plain):
                return
            plugin = self._spare or self._start()
            self._spare = None
            provider = Provider(plugin.channel())
            provider.configure(plain)
            self._running[reference] = _Running(plugin, provider, plain)
        if running:
            running.plugin.stop()

    def delete(self, reference: str) -> None:
        """End a provider."""
        running = self._running.pop(reference, None)
        if running:
            running.plugin.stop()

    def close(self) -> None:
        """End all of them."""
        plugins = [running.plugin for running in self._running.values()]
        if self._spare:
            plugins.append(self._spare)
        for plugin in plugins:
            plugin.stop()
        self._running.clear()
        self._spare = None

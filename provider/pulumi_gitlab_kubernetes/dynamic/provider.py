"""The adapter between `core.lifecycle` and Pulumi's dynamic providers.

See https://www.pulumi.com/docs/iac/concepts/resources/dynamic-providers/. The quirks of the dynamic
host end here: numbers and unknowns in its values, secrets in outputs, errors without a traceback,
and the pickle of the provider in the state.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pulumi import dynamic
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret

from pulumi_gitlab_kubernetes.configuration.connections import max_parallel, resolve
from pulumi_gitlab_kubernetes.configuration.names import require_known
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.lifecycle import VERSION, Lifecycle
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.shared_fields import SCHEMA_VERSION
from pulumi_gitlab_kubernetes.core.spelling import in_snake_case, names_of
from pulumi_gitlab_kubernetes.core.state import IMPORTED, State
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Values
from pulumi_gitlab_kubernetes.dynamic import host as _host
from pulumi_gitlab_kubernetes.dynamic import host_process as _host_process
from pulumi_gitlab_kubernetes.engine import process
from pulumi_gitlab_kubernetes.errors import PartialFailureError, ProviderError
from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.registry import NEWER, provider_for

_PROVIDER = "__provider"
_IMPORTED = (
    "it was imported by the native provider: run `pulumi up` once with the classes of "
    "`pulumi_gitlab_kubernetes.native`, then change the import"
)


class DynamicProvider(dynamic.ResourceProvider):
    """The dynamic provider of one kind.

    Args:
        lifecycle: The lifecycle of the kind.
    """

    # The pickle contains only the path of a function and the name of a class.
    serialize_as_secret_always = False

    def __init__(self, lifecycle: Lifecycle) -> None:
        super().__init__()
        self._lifecycle = lifecycle
        self._setting: Callable[[str], str | None] = lambda _key: None
        self._keys: frozenset[str] = frozenset()
        self._refreshed: set[str] = set()
        self._connections: dict[str, Connection] = {}

    def __reduce__(self) -> tuple[Callable[[str], DynamicProvider], tuple[str]]:
        """Pickle as a function and a name, so that the state does not depend on this class."""
        return provider_for, (self._lifecycle.kind.name,)

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Store the stack's configuration for the calls."""
        self._setting = req.config.get
        self._connections = {}
        self._keys = frozenset(getattr(req.config, "_props", ()))  # A detail of the SDK.
        _host_process.end_with_engine()
        process.give_large_memory_back()
        _host_process.serve_more_calls()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Validate inputs and fill in defaults."""
        with _host.clean_errors():
            self._max_parallel()  # A preview shows if it is invalid.
            context = self._context(checking=True)
            values, failures = self._lifecycle.check(_incoming(news), context)
        return dynamic.CheckResult(
            self._outgoing(values),
            # The engine prints the value of a named property, and the program may have marked it as
            # a secret.
            [dynamic.CheckFailure("", f"{each.property} {each.reason}") for each in failures],
        )

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the state's outputs with checked inputs.

        In a refresh, the engine calls it once after `read`, for what it displays.
        """
        refreshing = _id in self._refreshed
        self._refreshed.discard(_id)
        with _host.clean_errors():
            context = self._context(refreshing=refreshing)
            found = self._lifecycle.diff(self._state(_olds), _incoming(_news), context)
        if _olds.get(_PROVIDER) != _news.get(_PROVIDER):
            changes: bool | None = True  # Otherwise the state would keep the old one forever.
        elif found.replaces:
            changes = True
        elif found.changed:
            # The engine then compares the inputs itself, so that it shows the changes and
            # `replace_on_changes` works.
            changes = None
        else:
            changes = False
        return dynamic.DiffResult(
            changes=changes,
            replaces=list(found.replaces),
            delete_before_replace=found.delete_first or None,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Create the resource in GitLab."""
        with self._working():
            id_, values = self._lifecycle.create(_incoming(props), self._context())
        return dynamic.CreateResult(id_, self._outgoing(values))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Read a resource for a refresh, or for `.get()`.

        The host does not say which of them it is. Every state of this package has
        `schema_version`, and that of a managed resource also has `connection`.
        """
        with self._working():
            olds, context = self._state(props, reading=True), self._context()
            if "connection" in olds.outputs:
                found = self._lifecycle.read(id_, olds, context)
            else:
                outputs = self._lifecycle.get(id_, olds.outputs if olds.complete else {}, context)
                found = None if outputs is None else State(outputs, {})
        if found is None:
            return dynamic.ReadResult("", {})
        if not found.inputs:
            return dynamic.ReadResult(id_, self._outgoing(found.outputs))
        self._refreshed.add(id_)
        return dynamic.ReadResult(id_, self._outgoing(found.outputs), self._outgoing(found.inputs))

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Update the resource in GitLab to its new inputs."""
        with self._working():
            olds, news = self._state(_olds), _incoming(_news)
            try:
                values = self._lifecycle.update(_id, olds, news, self._context())
            except PartialFailureError as error:
                outputs = {**self._outgoing(error.outputs), _PROVIDER: _news[_PROVIDER]}
                inputs = self._outgoing(self._lifecycle.kind.schema.inputs(error.outputs))
                inputs[_PROVIDER] = _news[_PROVIDER]
                _host.keep(_id, outputs, inputs, str(error))
                raise
        return dynamic.UpdateResult(self._outgoing(values))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the resource in GitLab."""
        with self._working():
            self._lifecycle.delete(_id, self._state(_props), self._context())

    def _state(self, props: Mapping[str, Any], *, reading: bool = False) -> State:
        """Return the state, if this version can read it.

        The host passes only outputs, which include the inputs. Those of the native provider can
        have more than the program manages.

        Args:
            props: The outputs in the state.
            reading: Whether the resource is read, so that control fields may have changed.
        """
        outputs = self._named(props)
        if (version := outputs.get(SCHEMA_VERSION.name, VERSION)) > VERSION:
            raise ProviderError(f"{SCHEMA_VERSION.name} {version} is {NEWER}")
        inputs = self._lifecycle.kind.schema.inputs(outputs)
        if reading or _PROVIDER not in props:
            old_inputs = _host.old_inputs()
            if IMPORTED in old_inputs:
                raise ProviderError(_IMPORTED)
            inputs = self._named(old_inputs)
        return State(outputs, inputs, complete=SCHEMA_VERSION.name in outputs)

    def _named(self, props: Mapping[str, Any]) -> Values:
        """Return values of a state by field name. The native provider has camelCase names."""
        names, schema = names_of(self._lifecycle.kind), self._lifecycle.kind.schema
        named = _incoming({names.get(name, name): value for name, value in props.items()})
        return {name: in_snake_case(value, schema.names_in(name)) for name, value in named.items()}

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Show errors as one line, and limit the number of parallel calls."""
        with _host.clean_errors(), _RUN.clients.shared.concurrency.slot(self._max_parallel()):
            yield

    def _max_parallel(self) -> int:
        return max_parallel(self._setting, MOST_CALLS)

    def _context(self, *, refreshing: bool = False, checking: bool = False) -> CallContext:
        ignored = _host.ignored_changes()
        if "*" in ignored:
            ignored = frozenset(field.name for field in self._lifecycle.kind.schema.fields)
        return CallContext(
            self._connect_checked if checking else self._connect,
            _RUN,
            log_status=_host.log_status,
            log_info=_host.log_info,
            log_warning=_host.log_warning,
            resource=_host.resource(),
            time_limit=_host.time_limit(),
            refreshing=refreshing,
            ignored=ignored,
            adopt_existing=self._setting("gitlab-kubernetes:adoptExisting") in ("true", True),
            adopt_once=os.environ.get("PULUMI_GITLAB_ADOPT_EXISTING") == "1",
        )

    def _connect(self, name: str) -> Connection:
        """Return a connection by its name. Its settings do not change during a run."""
        if name not in self._connections:
            job_token = self._lifecycle.kind.job_token
            self._connections[name] = resolve(self._setting, name, job_token=job_token)
        return self._connections[name]

    def _connect_checked(self, name: str) -> Connection:
        """Return the same, and reject unknown settings."""
        # A URN is urn:pulumi:<stack>::<project>::<type>::<name>.
        _, _, project = _host.resource().partition("::")
        project, _, _ = project.partition("::")
        require_known(self._keys, name, project)
        return self._connect(name)

    def _outgoing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values for the engine, with secrets marked and unknowns restored."""
        secrets = self._lifecycle.kind.schema.secrets()
        return {
            name: wrap_rpc_secret(value)
            if name in secrets and value is not UNKNOWN
            else _to_pulumi(value)
            for name, value in values.items()
        }


_RUN = Run(process.engine_address)
"""What this process remembers. It serves one run, with a provider for each kind."""


def _incoming(props: Mapping[str, Any]) -> Values:
    return {
        name: _from_pulumi(value)
        for name, value in props.items()
        if name != _PROVIDER and value is not None
    }


def _from_pulumi(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _from_pulumi(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_from_pulumi(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Pulumi transfers all numbers as floats.
    return value


def _to_pulumi(value: Any) -> Any:
    if value is UNKNOWN:
        return Unknown()  # type: ignore[no-untyped-call] # the SDK's own
    if isinstance(value, dict):  # The engine drops nulls, so they are not stored either.
        return {key: _to_pulumi(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_to_pulumi(each) for each in value]
    return value

"""The thin adapter between `_provider` and Pulumi's dynamic providers.

See https://www.pulumi.com/docs/iac/concepts/resources/dynamic-providers/. Whatever is peculiar to
the dynamic host is dealt with here and nowhere else: its wire's numbers and unknowns, secrets in
outputs, errors without a traceback, and what state holds of this package's code.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi import dynamic
from pulumi.output import Unknown
from pulumi.runtime.rpc import wrap_rpc_secret

from . import _host, _host_process, _inline
from ._fields import UNKNOWN, Values
from ._provider import SCHEMA_VERSION, Provider
from ._session import Session
from ._settings import most_at_once
from ._turns import TURNS
from .errors import InvalidInputError, PartialFailureError, ProviderError
from .registry import NEWER, provider_for

if TYPE_CHECKING:
    from typing_extensions import Self

_PROVIDER = "__provider"


class DynamicProvider(dynamic.ResourceProvider):
    """Serves one kind of resource to Pulumi's dynamic host.

    Args:
        core: What does the work.
    """

    # The pickle holds a function's path and a class's name: nothing worth an encryption.
    serialize_as_secret_always = False

    def __init__(self, core: Provider) -> None:
        super().__init__()
        self._core = core
        self._setting: Callable[[str], str | None] = lambda _key: None
        self._keys: frozenset[str] = frozenset()
        self._refreshed: set[str] = set()

    def __reduce__(self) -> tuple[Callable[[str], DynamicProvider], tuple[str]]:
        """Pickle as a function and a name: state never depends on this class's shape."""
        return provider_for, (self._core.name,)

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Keep the stack's configuration for when a call needs it."""
        self._setting = req.config.get
        self._keys = frozenset(getattr(req.config, "_props", ()))  # A detail of the SDK.
        _host_process.end_with_engine()
        _host_process.give_large_memory_back()
        _host_process.serve_more_calls()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Validate inputs, fill in defaults."""
        with _host.clean_errors():
            self._most_at_once()  # What is wrong with it shows in the preview.
            values, failures = self._core.check(_incoming(news), self._session())
        return dynamic.CheckResult(
            self._outgoing(values),
            # The engine prints the value of a property named apart, and it may be a secret: only
            # the program knows what it has marked as one.
            [dynamic.CheckFailure("", f"{each.property} {each.reason}") for each in failures],
        )

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Compare the state's outputs with checked inputs.

        In a refresh the engine asks for it right after `read`, and once: for what to show.
        """
        refreshing = _id in self._refreshed
        self._refreshed.discard(_id)
        with _host.clean_errors():
            session = self._session(refreshing=refreshing)
            found = self._core.diff(_state(_olds), _incoming(_news), session)
        if _olds.get(_PROVIDER) != _news.get(_PROVIDER):
            changes: bool | None = True  # Otherwise the state would keep the old one for ever.
        elif found.replaces:
            changes = True
        elif found.changed:
            # The engine then compares the inputs itself: it shows what changes, and
            # `replace_on_changes` works. Inputs and outputs are always stored together.
            changes = None
        else:
            changes = False
        return dynamic.DiffResult(
            changes=changes,
            replaces=list(found.replaces),
            delete_before_replace=found.delete_first or None,
        )

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Make the thing at GitLab."""
        with self._working():
            id_, values = self._core.create(_incoming(props), self._session())
        return dynamic.CreateResult(id_, self._outgoing(values))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Read the thing for a refresh, or for `.get()`."""
        with self._working():
            state = _state(props)
            known = "schema_version" in state  # Only what this provider wrote has it.
            managed = "connection" in state  # What `.get()` read does not.
            values = self._core.read(id_, state, self._session(), whole=not managed)
            if values is None and not known:
                raise InvalidInputError("id", f'"{id_}": GitLab has no {self._core.noun} with it')
        if values is None:
            return dynamic.ReadResult("", {})
        if not managed:  # The program gave it no inputs, so there are none to follow GitLab.
            return dynamic.ReadResult(id_, self._outgoing(values))
        self._refreshed.add(id_)
        return dynamic.ReadResult(
            id_, self._outgoing(values), self._outgoing(self._followed(values))
        )

    def update(
        self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]
    ) -> dynamic.UpdateResult:
        """Bring the thing at GitLab to its new inputs."""
        with self._working():
            olds, news = _state(_olds), _incoming(_news)
            try:
                values = self._core.update(_id, olds, news, self._session())
            except PartialFailureError as error:
                outputs = {**self._outgoing(error.live), _PROVIDER: _news[_PROVIDER]}
                inputs = self._outgoing(self._core.schema.inputs(error.live))
                inputs[_PROVIDER] = _news[_PROVIDER]
                _host.keep(_id, outputs, inputs, str(error))
                raise
        return dynamic.UpdateResult(self._outgoing(values))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete the thing at GitLab."""
        with self._working():
            self._core.delete(_id, _state(_props), self._session())

    def _followed(self, values: Values) -> Values:
        """Return the inputs as GitLab has them now; what steers alone stays the program's.

        A change of that is none, so the state's outputs may still have an older value.
        """
        inputs, given = self._core.schema.inputs(values), _incoming(_host.given_inputs())
        steering = self._core.schema.steering()
        kept = {name: value for name, value in inputs.items() if name not in steering}
        return kept | {name: given[name] for name in steering if name in given}

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Show failures as one line, and work on no more calls at a time than are wanted."""
        with _host.clean_errors(), TURNS.take(self._most_at_once()):
            yield

    def _most_at_once(self) -> int:
        return most_at_once(self._setting, _host_process.MOST_CALLS)

    def _session(self, *, refreshing: bool = False) -> Session:
        ignored = _host.ignored_changes()
        if "*" in ignored:
            ignored = frozenset(field.name for field in self._core.schema.fields)
        return Session(
            self._setting,
            say=_host.say,
            tell=_host.tell,
            warn=_host.warn,
            resource=_host.resource(),
            keys=self._keys,
            time_limit=_host.time_limit(),
            refreshing=refreshing,
            job_token=self._core.job_token,
            ignored=ignored,
        )

    def _outgoing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Mark secrets, as only this form reaches the engine, and restore unknowns."""
        secrets = self._core.schema.secrets()
        return {
            name: wrap_rpc_secret(value)
            if name in secrets and value is not UNKNOWN
            else _to_pulumi(value)
            for name, value in values.items()
        }


class Resource(dynamic.Resource):
    """What the five resources have in common."""

    _core: ClassVar[Provider]

    if not TYPE_CHECKING:  # Type checkers and editors know the arguments from `__init__`.

        def __new__(cls, *_values: Any, **named: Any) -> Self:
            """Refuse an unknown argument, and name the nearest known one."""
            _refuse_unknown(cls, named)
            return super().__new__(cls)

    def __init__(
        self,
        resource_name: str,
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the resource.

        Args:
            resource_name: The resource's name in the stack.
            inputs: Its arguments; those that are `None` are not set.
            opts: Pulumi's resource options.
        """
        _inline.require_interpreter()
        schema = self._core.schema
        secrets = schema.secrets()
        props: dict[str, Any] = dict.fromkeys(
            (*(output.name for output in schema.outputs), *self._core.ids)
        )
        for name, value in inputs.items():
            secret = name in secrets and value is not None
            props[name] = pulumi.Output.secret(value) if secret else value
        ours = pulumi.ResourceOptions(additional_secret_outputs=list(secrets))
        super().__init__(
            provider_for(self._core.name),
            resource_name,
            props,
            pulumi.ResourceOptions.merge(ours, opts),
        )
        _await_once(self.__dict__[name] for name in props)

    @classmethod
    def get(
        cls,
        resource_name: str,
        id: pulumi.Input[str],  # noqa: A002 (Pulumi's own name)
        opts: pulumi.ResourceOptions | None = None,
    ) -> Self:
        """Read a thing that this stack does not manage.

        Args:
            resource_name: The resource's name in the stack.
            id: Its id, such as `42:7`: numbers only, the project's first.
            opts: Pulumi's resource options.

        Returns:
            The resource, with all that GitLab shows.

        Raises:
            InvalidInputError: The id has another form.
        """
        if isinstance(id, str):
            cls._core.parse_id(id)
        resource = cls.__new__(cls)
        options = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        fields = dict.fromkeys(field.name for field in cls._core.schema.fields)
        Resource.__init__(resource, resource_name, fields, options)
        return resource

    def _id_part(self, name: str) -> pulumi.Output[int]:
        """Derive a number from the resource's id.

        Other outputs are not known when an update is previewed, the id is: whatever depends on it
        is then not previewed as replaced.
        """
        mocked = self.__dict__.get(name)

        def part(id_: str) -> Any:
            try:
                return self._core.parse_id(id_)[self._core.ids.index(name)]
            except InvalidInputError:  # A user's own test mocks the engine, with ids of any form.
                return mocked

        return self.id.apply(part)

    @property
    def project_id(self) -> pulumi.Output[int]:
        """GitLab's id of the project, known also when an update is previewed."""
        return self._id_part("project_id")


def _refuse_unknown(resource: type[Resource], given: Iterable[str]) -> None:
    known = _arguments(resource.__init__)
    for name in given:
        if known and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"it takes {', '.join(known)}"
            raise TypeError(
                f"{resource.__name__}.__init__() got an unexpected keyword argument "
                f"'{name}': {hint}"
            )


@cache
def _arguments(constructor: Callable[..., None]) -> tuple[str, ...]:
    """Return the names that a constructor takes; none where it takes any."""
    _self, *parameters = inspect.signature(constructor).parameters.values()
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return ()
    return tuple(each.name for each in parameters)


def _await_once(outputs: Iterable[pulumi.Output[Any]]) -> None:
    """Have the end of the program await a resource's registration, not each of its outputs too.

    It goes through all outputs that are left each time one comes: with a dozen for each resource,
    that is most of what a large program does. The outputs `urn` and `id` are still awaited.
    """
    if hasattr(pulumi.Output, "_untrack"):  # A detail of the SDK.
        for output in outputs:
            output._untrack()  # noqa: SLF001 (the only way)


def _incoming(props: Mapping[str, Any]) -> Values:
    return {
        name: _from_pulumi(value)
        for name, value in props.items()
        if name != _PROVIDER and value is not None
    }


def _state(props: Mapping[str, Any]) -> Values:
    """Return the outputs that a state has, if this version knows what they mean."""
    state = _incoming(props)
    if (version := state.get("schema_version", SCHEMA_VERSION)) > SCHEMA_VERSION:
        raise ProviderError(f"schema_version {version} is {NEWER}")
    return state


def _from_pulumi(value: Any) -> Any:
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, dict):
        return {key: _from_pulumi(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_from_pulumi(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Pulumi's wire has floats only.
    return value


def _to_pulumi(value: Any) -> Any:
    if value is UNKNOWN:
        return Unknown()  # type: ignore[no-untyped-call] # the SDK's own
    if isinstance(value, dict):  # On the way back nulls vanish: better never to store them.
        return {key: _to_pulumi(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_to_pulumi(each) for each in value]
    return value

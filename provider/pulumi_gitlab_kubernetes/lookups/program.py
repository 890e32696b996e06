"""Calls of functions in the program's own process, as dynamic resources need no plugin.

Each call has a thread of its own, so that the program's event loop goes on registering resources.
In a unit test, Pulumi's mocks answer.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import config, rpc, settings
from pulumi.runtime.sync_await import _sync_await

from pulumi_gitlab_kubernetes.configuration.connections import max_parallel, resolve
from pulumi_gitlab_kubernetes.configuration.names import require_known
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.errors import ProviderError, unexpected
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.lookups import invoking
from pulumi_gitlab_kubernetes.lookups.common import (
    Arguments,
    FunctionError,
    Result,
    failure,
    finished,
    plain_arguments,
    result_of,
)
from pulumi_gitlab_kubernetes.resources.common import is_mocked

_RUNS: WeakKeyDictionary[Any, Run] = WeakKeyDictionary()
"""What each running program remembers, by its engine: inline programs share a process."""


def call(
    function: str, result: type[Result], arguments: Arguments, opts: pulumi.InvokeOptions | None
) -> Result:
    """Call a function and wait for its result.

    Args:
        function: The function's name.
        result: The type of its result.
        arguments: Its arguments, and `connection`.
        opts: Pulumi's options of the call.

    Returns:
        The result.

    Raises:
        FunctionError: An argument is wrong, or GitLab rejected a request.
    """
    if is_mocked():
        return invoking.invoke(function, _token(function), result, arguments, opts)
    given = plain_arguments(function, arguments, opts)
    _require_no_provider(function, opts)
    try:
        values = _sync_await(_read(function, given))
    except ProviderError as error:
        raise failure(function, error) from None  # Its causes have GitLab's raw responses.
    return result_of(function, result, values, str)


def call_output(
    function: str, result: type[Result], arguments: Arguments, opts: pulumi.InvokeOptions | None
) -> pulumi.Output[Result]:
    """Call a function when its arguments are known; as `call`.

    Args:
        function: The function's name.
        result: The type of its result.
        arguments: Its arguments, and `connection`.
        opts: Pulumi's options of the call.

    Returns:
        The result, which is unknown in a preview that does not know all arguments or creates a
        resource that the call depends on. It is secret if an argument is.
    """
    if is_mocked():
        return invoking.invoke_output(function, _token(function), result, arguments, opts)
    _require_no_provider(function, opts)
    given = pulumi.Output.from_input({**arguments})
    created: pulumi.Output[Any] = pulumi.Output.from_input(_created(given, opts))
    known: pulumi.Output[Any] = pulumi.Output.all(given, created)
    found: pulumi.Output[Any] = known.apply(lambda both: _read(function, both[0]))
    return finished(
        found,
        function,
        lambda values: result_of(function, result, values, str),
        arguments,
        lambda error: error if isinstance(error, ProviderError) else None,
    )


async def _read(function: str, arguments: Arguments) -> Values:
    """Call a function in a thread of its own."""
    if (engine := settings.get_monitor()) is None:
        raise ProviderError("there is no Pulumi engine: run it with `pulumi up`")
    given = {name: value for name, value in arguments.items() if value is not None}
    name = str(given.pop("connection", DEFAULT))
    run = _RUNS.setdefault(engine, Run())
    loop, variables = asyncio.get_running_loop(), contextvars.copy_context()

    def log(level: Callable[..., None], message: str, *, ephemeral: bool = False) -> None:
        level = partial(level, f"{function}: {message}", ephemeral=ephemeral)
        loop.call_soon_threadsafe(level, context=variables)

    def work() -> Values:
        called = functions()[function]  # The first call imports the kinds.
        keys = {*config.CONFIG.get(), *config.get_config_env()}
        require_known(keys, name, settings.get_project())
        connection = resolve(config.get_config, name, job_token=called.kind.job_token)
        context = CallContext(
            lambda _name: connection,
            run,
            log_status=partial(log, pulumi.log.info, ephemeral=True),
            log_info=partial(log, pulumi.log.info),
            log_warning=partial(log, pulumi.log.warn),
        )
        with run.clients.shared.concurrency.slot(max_parallel(config.get_config, MOST_CALLS)):
            return called.call(given, context)

    return await _in_thread(partial(contextvars.copy_context().run, work))


async def _created(given: pulumi.Output[dict[str, Any]], opts: pulumi.InvokeOptions | None) -> Any:
    """Return outputs that are known when everything that a call depends on exists.

    These are the resources that its arguments come from, those in `depends_on`, and all that is in
    a component.
    """
    listed: pulumi.Output[Any] = pulumi.Output.from_input(
        opts.depends_on if isinstance(opts, pulumi.InvokeOutputOptions) else None
    )
    needed = await listed.future()
    named = needed if isinstance(needed, list | tuple) else filter(None, [needed])
    resources = {*named, *await listed.resources(), *await given.resources()}
    expanded = await rpc._expand_dependencies(resources, None)  # noqa: SLF001 (the SDK's own calls use it)
    return [listed, *(part for each in expanded.values() for part in _parts(each))]


def _parts(resource: pulumi.Resource) -> Iterator[pulumi.Output[Any]]:
    """Yield the outputs of a resource that are known when it exists.

    A remote component has no ID, and its children are not known here.
    """
    attributes = vars(resource)
    if isinstance(resource, pulumi.CustomResource):
        attributes = {"id": attributes.get("id")}
    yield from (each for each in attributes.values() if isinstance(each, pulumi.Output))


def _in_thread(work: Callable[[], Values]) -> Awaitable[Values]:
    """Run it in a daemon thread, for which a program that has failed does not wait."""
    future: Future[Values] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except ProviderError as error:
            future.set_exception(error)
        except Exception as error:  # noqa: BLE001 (the program would show its traceback)
            future.set_exception(ProviderError(unexpected(error)))

    Thread(target=run, name="function", daemon=True).start()
    return asyncio.wrap_future(future)


def _require_no_provider(function: str, opts: pulumi.InvokeOptions | None) -> None:
    if opts is not None and opts.provider is not None:
        raise FunctionError(
            f"{function}: a provider is for the functions of pulumi_gitlab_kubernetes.native: set "
            "connection instead"
        )


def _token(function: str) -> str:
    name = camel_case(function)
    return f"gitlab:index/{name}:{name}"

"""Calls of the plugin's functions."""

from __future__ import annotations

import pulumi

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.lookups import invoking
from pulumi_gitlab_kubernetes.lookups.common import Arguments, Result
from pulumi_gitlab_kubernetes.native.resources.base import PACKAGE, VERSION
from pulumi_gitlab_kubernetes.native.resources.installed import require_plugin


def call(
    function: str, result: type[Result], arguments: Arguments, opts: pulumi.InvokeOptions | None
) -> Result:
    """Call a function and wait for its result; as `invoking.invoke`."""
    require_plugin(VERSION)
    token = _token(function)
    return invoking.invoke(function, token, result, arguments, opts, version=VERSION)


def call_output(
    function: str, result: type[Result], arguments: Arguments, opts: pulumi.InvokeOptions | None
) -> pulumi.Output[Result]:
    """Call a function when its arguments are known; as `invoking.invoke_output`."""
    require_plugin(VERSION)
    token = _token(function)
    return invoking.invoke_output(function, token, result, arguments, opts, version=VERSION)


def _token(function: str) -> str:
    return f"{PACKAGE}:index:{camel_case(function)}"

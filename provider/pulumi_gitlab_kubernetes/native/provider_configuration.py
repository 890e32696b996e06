"""The calls for the provider's own configuration.

See https://www.pulumi.com/docs/iac/concepts/resources/providers/.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Any

from pulumi.runtime.proto import provider_pb2

from pulumi_gitlab_kubernetes.configuration.provider_settings import (
    SECRET_KEYS,
    check_provider,
    other_gitlab,
)
from pulumi_gitlab_kubernetes.engine.log import log_warning
from pulumi_gitlab_kubernetes.native.configured import ConfiguredProvider
from pulumi_gitlab_kubernetes.native.spelling import setting_name
from pulumi_gitlab_kubernetes.native.wire import decode, encode

MISMATCH = (
    "install the same version of both: `pip install --upgrade 'pulumi-gitlab-kubernetes[native]'`, "
    "then `gitlab-kubernetes install-plugin`"
)
"""What to do if the program's SDK and this plugin have different versions."""

_ADDRESS = "baseUrl"


def check(
    request: provider_pb2.CheckRequest, provider: ConfiguredProvider
) -> provider_pb2.CheckResponse:
    """Return the inputs to store, and what is wrong with them.

    Args:
        request: The request.
        provider: The provider, which is not configured yet.
    """
    given = decode(request.news)
    expected, own = given.values.get("version"), version("pulumi-gitlab-kubernetes")
    if expected and expected != own:
        log_warning(
            provider.engine,
            request.urn,
            f"the program was written for version {expected} of gitlab-kubernetes, and this plugin "
            f"has version {own}: {MISMATCH}",
        )
    default = _is_default(request.urn)
    name: Callable[[str], str] = str if default else partial(setting_name, provider.spelling)
    stored, failures = check_provider(
        given.values, default=default, project=_project_of(request.urn), name=name
    )
    return provider_pb2.CheckResponse(
        inputs=encode(stored, given.secrets | {(key,) for key in SECRET_KEYS}),
        # The engine would print the value of a named property: an address may hold a password, and
        # an unknown key a token.
        failures=[
            provider_pb2.CheckFailure(reason=f"{name(each.property)} {each.reason}")
            for each in failures
        ],
    )


def diff(request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
    """Return whether the inputs are for another GitLab, which replaces all resources."""
    olds = decode(request.old_inputs).values or decode(request.olds).values
    news = decode(request.news).values
    if not other_gitlab(olds, news, default=_is_default(request.urn)):
        changed = olds != news
        some = (
            provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        )
        return provider_pb2.DiffResponse(changes=some)
    kind = provider_pb2.PropertyDiff.UPDATE_REPLACE
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME,
        replaces=[_ADDRESS],
        diffs=[_ADDRESS],
        detailedDiff={_ADDRESS: provider_pb2.PropertyDiff(kind=kind, inputDiff=True)},
        hasDetailedDiff=True,
    )


def configured(request: provider_pb2.ConfigureRequest) -> tuple[dict[str, Any], bool]:
    """Return the provider's inputs, and whether it is a default provider."""
    return decode(request.args).values, _is_default(request.urn)


def _is_default(urn: str) -> bool:
    """Return whether the engine has made a provider, as its name says."""
    name = urn.rpartition("::")[2]
    return name == "default" or name.startswith("default_")


def _project_of(urn: str) -> str:
    # A URN is urn:pulumi:<stack>::<project>::<type>::<name>.
    return urn.split("::")[1]

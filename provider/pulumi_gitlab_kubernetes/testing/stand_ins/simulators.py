"""Stand-ins create nothing in a cloud, so their stacks must not change a real GitLab."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.simulator import MARK, PING

_SECONDS: Final = 5.0
_VARIABLE: Final = re.compile(r"PULUMI_\w+_BASE_URL")
_OF_DEFAULT: Final = "PULUMI_GITLAB_BASE_URL"


def require_simulators(environ: Mapping[str, str], config: Mapping[str, str]) -> None:
    """Require that a stack has the addresses of GitLab simulators, and no other ones.

    Args:
        environ: The environment variables.
        config: The stack's configuration by full key.

    Raises:
        HostError: An address is of something else, or there is none.
    """
    found = dict(_addresses(environ, config))
    if not found:
        raise HostError(
            "stand-ins need a GitLab simulator, but this stack has no address of GitLab: set"
            f" {NAMESPACE}:baseUrl or {_OF_DEFAULT}"
        )
    for source, address in found.items():
        if not _is_simulator(address):
            raise HostError(
                f"stand-ins need a GitLab simulator, but {address}, from {source}, is none:"
                " start one with `gitlab-kubernetes simulator`, or deploy without stand-ins"
            )


def _addresses(environ: Mapping[str, str], config: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the addresses of all connections, each with the setting that it is from."""
    for name, address in environ.items():
        if _VARIABLE.fullmatch(name) and address:
            yield name, address
    own = {f"{namespace}:baseUrl" for namespace in (NAMESPACE, DEFAULT)}
    overridden = bool(environ.get(_OF_DEFAULT))
    for key, address in config.items():
        namespace, _, name = key.partition(":")
        used = not overridden if key in own else f"{namespace}:token" in config
        if name == "baseUrl" and used:
            yield key, address
    if not overridden and not own & config.keys() and environ.get("GITLAB_BASE_URL"):
        yield "GITLAB_BASE_URL", environ["GITLAB_BASE_URL"]


def _is_simulator(address: str) -> bool:
    import requests  # noqa: PLC0415 (few runs need it)

    with requests.Session() as session:
        session.trust_env = False  # It runs on this machine: use no proxy.
        try:
            response = session.get(
                address.rstrip("/").removesuffix("/api/v4") + PING,
                timeout=_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException:
            return False
    return response.ok and response.headers.get(MARK) is not None

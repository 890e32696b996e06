"""Checks of a GitLab instance: its address, certificate, clock, version and agent server."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from pulumi_gitlab_kubernetes.doctor.findings import Finding, Status
from pulumi_gitlab_kubernetes.errors import NOT_FOUND, GitLabError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.tls import served_certificate

_SOON = timedelta(days=14)
"""How long before it expires a certificate is reported."""
_SKEW = timedelta(minutes=1)
"""The largest difference of two clocks that does no harm."""
_WAIT = 5.0  # Seconds to wait for the agent server.
_PORTS = {"http": 80, "ws": 80, "grpc": 80, "https": 443, "wss": 443, "grpcs": 443}
_ENCRYPTED = {"https", "wss", "grpcs"}
_LOCAL = {"localhost", "127.0.0.1", "::1"}


def metadata_of(client: Client) -> dict[str, Any]:
    """Return GitLab's version and the address of its agent server.

    Raises:
        GitLabError: GitLab cannot be reached, or rejects the token.
    """
    try:
        return client.get("/metadata", "version")
    except NotFoundError:  # Before GitLab 15.2.
        return client.get("/version", "version")


def check(client: Client) -> Iterator[Finding]:
    """Check a GitLab that has answered."""
    yield Finding(Status.OK, "address", f"{client.connection.url} is GitLab's API")
    yield from _certificate(client.connection)
    yield from _clock(client)


def check_version(
    connection: Connection, metadata: dict[str, Any], why_unread: str
) -> Iterator[Finding]:
    """Check what GitLab says about itself.

    Args:
        connection: The connection.
        metadata: Its metadata; empty if the token may not read it.
        why_unread: Why it is empty.
    """
    if not metadata:
        yield Finding(Status.NOTE, "version", why_unread)
        return
    edition = {True: ", Enterprise Edition", False: ", Community Edition"}
    enterprise = edition.get(metadata.get("enterprise", ""), "")
    yield Finding(Status.OK, "version", f"GitLab {metadata['version']}{enterprise}")
    yield from _agent_server(connection, metadata.get("kas"))


def check_license(client: Client) -> Iterator[Finding]:
    """Check the license and the switch of receptive agents, which only administrators may read.

    See https://docs.gitlab.com/api/license/ and https://docs.gitlab.com/api/settings/.
    """
    try:
        plan = f"GitLab {str(client.get('/license', 'plan')['plan']).capitalize()}"
    except GitLabError as error:
        if error.status not in {None, NOT_FOUND}:  # Without a license, the response is null.
            raise
        plan = "none, so GitLab Free"
    yield Finding(Status.OK, "license", plan)
    settings = client.get("/application/settings")
    on = "on" if settings.get("receptive_cluster_agents_enabled") else "off"
    yield Finding(Status.OK, "receptive agents", f"{on} in the settings of GitLab")


def _certificate(connection: Connection) -> Iterator[Finding]:
    parts = urlsplit(connection.url)
    if parts.scheme != "https":
        if parts.hostname not in _LOCAL:
            yield Finding(
                Status.WARNING,
                "certificate",
                "the connection is not encrypted: anyone on the way can read the token",
                "begin baseUrl with https://",
            )
        return
    if connection.verify is False:
        yield Finding(
            Status.WARNING,
            "certificate",
            "any certificate is accepted: anyone on the way can read the token",
            "remove `insecure`, and set cacertFile to GitLab's certificate authority",
        )
        return
    found = served_certificate(connection.url)
    if found is None:
        yield Finding(Status.OK, "certificate", "trusted")
        return
    until = f"valid until {found.not_after:%Y-%m-%d}"
    if found.not_after - datetime.now(timezone.utc) < _SOON:
        yield Finding(Status.WARNING, "certificate", until, "renew GitLab's certificate")
    else:
        yield Finding(Status.OK, "certificate", until)


def _clock(client: Client) -> Iterator[Finding]:
    earliest, latest = (
        read(time.monotonic()) for read in (client.clock.at, client.clock.at_latest)
    )
    if earliest is None or latest is None:
        yield Finding(Status.NOTE, "clock", "GitLab's responses have no date")
        return
    here = datetime.now(timezone.utc)
    ahead = max(here - latest, earliest - here)
    if ahead <= _SKEW:
        yield Finding(Status.OK, "clock", "as GitLab's")
        return
    what = "ahead of" if here > latest else "behind"
    yield Finding(
        Status.WARNING,
        "clock",
        f"this machine's clock is {_rounded(ahead)} {what} GitLab's",
        "set the clock that is wrong: certificates and tokens expire by it",
    )


def _rounded(duration: timedelta) -> str:
    for unit, seconds in (("day", 86400), ("hour", 3600)):
        if (count := round(duration.total_seconds() / seconds)) > 1:
            return f"{count} {unit}s"
    return f"{max(1, round(duration.total_seconds() / 60))} min"


def _agent_server(connection: Connection, kas: Any) -> Iterator[Finding]:
    """Check the server that agents connect to.

    See https://docs.gitlab.com/administration/clusters/kas/.
    """
    name = "agent server"
    if not isinstance(kas, dict):
        yield Finding(Status.NOTE, name, "GitLab does not show its address")
        return
    if not kas.get("enabled"):
        yield Finding(
            Status.PROBLEM,
            name,
            "the agent server (KAS) is off, so no agent can connect",
            "ask GitLab's administrator to enable it: "
            "https://docs.gitlab.com/administration/clusters/kas/",
        )
        return
    address = str(kas.get("externalUrl"))
    if reason := _why_unreachable(address, connection):
        yield Finding(
            Status.NOTE,
            name,
            f"{address} cannot be reached from this machine: {reason}",
            "check that the cluster can reach it",
        )
    else:
        yield Finding(Status.OK, name, f"agents connect to {address}")


def _why_unreachable(address: str, connection: Connection) -> str:
    """Return why the agent server cannot be reached; empty if it can be."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443)
    if host not in _LOCAL and getproxies():
        return "this machine uses a proxy"
    try:
        with socket.create_connection((host, port), timeout=_WAIT) as plain:
            if parts.scheme in _ENCRYPTED:
                own = connection.verify if isinstance(connection.verify, str) else None
                context = ssl.create_default_context(cafile=own)
                if connection.verify is False:
                    context.check_hostname = False
                    context.verify_mode = ssl.CERT_NONE
                context.wrap_socket(plain, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not trusted: {error.verify_message}"
    except OSError as error:
        return error.strerror or "no answer in time"
    return ""

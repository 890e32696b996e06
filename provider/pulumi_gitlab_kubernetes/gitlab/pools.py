"""Connections that limit the time of a request and the size of a response.

They read the whole response before they return it, so that urllib3's retries see every error.
requests would read the body after the retries.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, ProtocolError, SSLError
from urllib3.response import BaseHTTPResponse, HTTPResponse

from pulumi_gitlab_kubernetes.gitlab.response_limits import read_body, require_size
from pulumi_gitlab_kubernetes.gitlab.tls import rejected_certificate
from pulumi_gitlab_kubernetes.gitlab.watchdog import WATCHDOG, TimeLimit

_AROUND = 1 << 20  # Bytes of headers and of chunk headers.


class NoHttpError(HTTPError):
    """The server does not speak HTTP.

    Args:
        line: The first line of its response.
    """

    def __init__(self, line: str) -> None:
        super().__init__("no HTTP")
        self.line = line


class _CountedBytes(io.RawIOBase):
    """The bytes from a connection, up to the limit of a response.

    Args:
        raw: The connection's own stream.
    """

    def __init__(self, raw: Any) -> None:
        self._raw, self._count = raw, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count: int | None = self._raw.readinto(buffer)
        self._count += count or 0
        require_size(self._count - _AROUND)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """A response whose headers and chunk headers are limited too."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_CountedBytes(self.fp.detach()))


class _Connection(HTTPConnection):
    """A connection with these limits. It serves one request at a time, as urllib3's does."""

    response_class = _Response
    _limit: TimeLimit | None = None
    _duplicate: socket.socket | None = None
    _reading = False
    _connected = False

    @property
    def has_connected_to_proxy(self) -> bool:
        """Whether a proxy is connected, or was before this connection was closed.

        urllib3 uses this after closing, to decide whether the proxy caused an error.
        """
        return self._connected or super().has_connected_to_proxy

    def begin(self, seconds: float) -> None:
        """Begin a request.

        Args:
            seconds: How long it may take, from connecting to the last byte of the response.
        """
        self._limit = WATCHDOG.start(seconds)
        self._connected = not self.is_closed
        if self._duplicate is not None:
            WATCHDOG.guard(self._limit, self._duplicate)

    def connect(self) -> None:
        """Connect, with TLS and through a proxy, before anything of a request is sent.

        Raises:
            ConnectTimeoutError: It takes too long.
        """
        late = ConnectTimeoutError(self, "timed out")
        try:
            super().connect()
        except HTTPError:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) or self._late():
                raise late from error
            raise
        if self._late():
            raise late
        self._connected = True

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request.

        Raises:
            BrokenPipeError: The server closed the connection. It may have sent a response first.
        """
        with self._broken_tls():
            try:
                super().request(*args, **kwargs)
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
                raise BrokenPipeError from error

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's does
        """Read a whole response.

        Raises:
            TimeoutError: It takes too long.
            NoHttpError: It is not HTTP.
        """
        self._reading = True
        try:
            with self._broken_tls():
                response = super().getresponse()
                try:
                    response._body = read_body(response)  # noqa: SLF001 (urllib3 has no other way in)
                finally:
                    response.close()
        except Exception as error:
            if self._late():
                raise TimeoutError("timed out") from error
            _require_http(error)
            raise
        finally:
            late = self._late()
            self._reading = False
            self._end_limit()
            if self.is_closed:
                self._close_duplicate()
        if late:  # The watchdog's shutdown may look like the end of the body.
            raise TimeoutError("timed out")
        return response

    def close(self) -> None:
        """Close the connection, but keep its limit while the body of a response is read."""
        super().close()
        if not self._reading:
            self._end_limit()
            self._close_duplicate()

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        self._duplicate = sock.dup()  # For the watchdog: TLS replaces the original.
        if self._limit is not None:
            WATCHDOG.guard(self._limit, self._duplicate)
        return sock

    def _tunnel(self) -> None:
        super()._tunnel()
        if self._late():  # The watchdog's shutdown may look like the end of the headers.
            raise TimeoutError("timed out")

    def _late(self) -> bool:
        return self._limit is not None and self._limit.passed

    def _end_limit(self) -> None:
        if self._limit is not None:
            WATCHDOG.lift(self._limit)
            self._limit = None

    def _close_duplicate(self) -> None:
        if self._duplicate is not None:
            self._duplicate.close()
            self._duplicate = None

    @contextmanager
    def _broken_tls(self) -> Iterator[None]:
        """Raise TLS errors after the handshake as a broken connection."""
        try:
            yield
        except (ssl.SSLError, SSLError) as error:
            if rejected_certificate(error):  # With TLS 1.3, this comes after the handshake.
                raise
            raise ProtocolError("Connection broken") from error


def _require_http(error: Exception) -> None:
    """Raise `NoHttpError` for a response that is not HTTP, but not for one that was cut off."""
    cut = isinstance(error, ConnectionError | http.client.IncompleteRead)
    if not isinstance(error, http.client.HTTPException) or cut:
        return
    line = str(error.args[0]) if error.args else ""
    cut = isinstance(error, http.client.BadStatusLine) and (
        line.startswith("HTTP/") or "HTTP/".startswith(line.strip())
    )
    if not cut:
        raise NoHttpError(line) from error


class _TlsConnection(_Connection, HTTPSConnection):
    """The same with TLS."""


class _Pool:
    """A mixin for urllib3's pools, which starts the limits of their connections."""

    def urlopen(self, *args: Any, **kwargs: Any) -> BaseHTTPResponse:
        """Send a request, with its retries."""
        whole = {**kwargs, "preload_content": False, "decode_content": True, "release_conn": True}
        response: BaseHTTPResponse = super().urlopen(*args, **whole)  # type: ignore[misc] # of the pool that this is mixed into
        return response

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc] # as above
        connection.begin(self.timeout.total)  # type: ignore[attr-defined] # as above
        return connection


class _HttpPool(_Pool, HTTPConnectionPool):
    ConnectionCls = _Connection


class _HttpsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection

    def _validate_conn(self, conn: Any) -> None:
        """Connect, without urllib3's warning about `insecure`."""
        if conn.is_closed:
            conn.connect()


POOLS = {"http": _HttpPool, "https": _HttpsPool}
"""The pools by scheme."""

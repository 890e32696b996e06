"""Connections on which a request has a limit of time, and an answer a limit of size.

All of an answer is read where urllib3's retries see what goes wrong with it; requests would read
the body after them.
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

from ._bodies import read_body, require_size
from ._tls import refused_certificate
from ._watchdog import WATCHDOG, TimeLimit

_AROUND = 1 << 20  # Bytes of headers, and of what is around the parts of a body.


class NoHttpError(HTTPError):
    """What answers does not speak HTTP.

    Args:
        line: What it said first.
    """

    def __init__(self, line: str) -> None:
        super().__init__("no HTTP")
        self.line = line


class _CountedBytes(io.RawIOBase):
    """What comes from a connection, up to what an answer may have.

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


class _Answer(http.client.HTTPResponse):
    """An answer of which headers, and what is around a body, are bounded too."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_CountedBytes(self.fp.detach()))


class _Connection(HTTPConnection):
    """A connection with these limits; serves one request at a time, as that of urllib3 does."""

    response_class = _Answer
    _limit: TimeLimit | None = None
    _line: socket.socket | None = None
    _answering = False
    _connected = False

    @property
    def has_connected_to_proxy(self) -> bool:
        """Whether a proxy is connected to, or was before this connection was closed.

        By this urllib3 tells whose trouble an error is, and asks only after it has closed.
        """
        return self._connected or super().has_connected_to_proxy

    def begin(self, seconds: float) -> None:
        """Begin a request.

        Args:
            seconds: How long it may take, from connecting to the last byte of its answer.
        """
        self._limit = WATCHDOG.start(seconds)
        self._connected = not self.is_closed
        if self._line is not None:
            WATCHDOG.guard(self._limit, self._line)

    def connect(self) -> None:
        """Connect, with TLS and through a proxy; nothing of a request is sent by then.

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
            BrokenPipeError: The other side has closed the connection; it may have said why.
        """
        with self._broken_tls():
            try:
                super().request(*args, **kwargs)
            except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
                raise BrokenPipeError from error

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3's does
        """Read all of an answer.

        Raises:
            TimeoutError: It takes too long.
            NoHttpError: It is none of HTTP.
        """
        self._answering = True
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
            self._answering = False
            self._end_limit()
            if self.is_closed:
                self._drop_line()
        if late:  # The end of a connection may look like the end of a body.
            raise TimeoutError("timed out")
        return response

    def close(self) -> None:
        """Close the connection; of an answer that ends with it, the body is still to be read."""
        super().close()
        if not self._answering:
            self._end_limit()
            self._drop_line()

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        self._line = sock.dup()  # Stays what it is, whatever TLS is put around the other.
        if self._limit is not None:
            WATCHDOG.guard(self._limit, self._line)
        return sock

    def _tunnel(self) -> None:
        super()._tunnel()
        if self._late():  # The end of a connection may look like the end of headers.
            raise TimeoutError("timed out")

    def _late(self) -> bool:
        return self._limit is not None and self._limit.passed

    def _end_limit(self) -> None:
        if self._limit is not None:
            WATCHDOG.lift(self._limit)
            self._limit = None

    def _drop_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    @contextmanager
    def _broken_tls(self) -> Iterator[None]:
        """Take trouble with TLS after its handshake for what it is: a connection that breaks."""
        try:
            yield
        except (ssl.SSLError, SSLError) as error:
            if refused_certificate(error):  # In TLS 1.3 a server says so after the handshake.
                raise
            raise ProtocolError("Connection broken") from error


def _require_http(error: Exception) -> None:
    """Tell an answer that is none from one that was cut off."""
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
    """Adds to a pool of urllib3 what its connections need."""

    def urlopen(self, *args: Any, **kwargs: Any) -> BaseHTTPResponse:
        """Send a request, and again where its retries say so."""
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
        """Connect; urllib3's own warns of `insecure`, in its own words and with its own path."""
        if conn.is_closed:
            conn.connect()


POOLS = {"http": _HttpPool, "https": _HttpsPool}
"""The pools to use, by scheme."""

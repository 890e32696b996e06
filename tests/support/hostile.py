"""A server that responds byte by byte, without end, or not in HTTP."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType

from typing_extensions import Self

Speak = Callable[[socket.socket], None]

_LONGEST = 30.0  # The maximum seconds of a connection that the client does not close.


class Hostile:
    """A server on a free port, during a `with` block.

    Args:
        speak: Responds to a request.
        tls: The TLS context, or `None` for plain TCP.
        keep: Whether to keep the connection open and read another request.
        listen: Whether to read a request before responding.
    """

    def __init__(
        self,
        speak: Speak,
        *,
        tls: ssl.SSLContext | None = None,
        keep: bool = False,
        listen: bool = True,
    ) -> None:
        self.requests: list[str] = []
        self.connections = 0
        self._speak, self._tls, self._keep, self._listen = speak, tls, keep, listen
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.port = self._socket.getsockname()[1]
        self.url = f"http{'s' if tls else ''}://localhost:{self.port}"

    def __enter__(self) -> Self:
        """Start the server."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(_LONGEST)
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                while not self._listen or self._read(connection):
                    self._speak(connection)
                    if not self._keep:
                        return

    def _read(self, connection: socket.socket) -> bool:
        """Read a request, store its first line, and return whether there was one."""
        data = b""
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(1 << 16)):
                return False
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [line.split(b":") for line in head.split(b"\r\n") if b"ength:" in line]
        missing = int(lengths[0][1]) - len(body) if lengths else 0
        while missing > 0:
            missing -= len(connection.recv(missing))
        self.requests.append(head.partition(b"\r\n")[0].decode())
        return True


def sends(*parts: bytes | Iterable[bytes]) -> Speak:
    """Send bytes as they are."""

    def speak(connection: socket.socket) -> None:
        for part in parts:
            for piece in [part] if isinstance(part, bytes) else part:
                connection.sendall(piece)

    return speak


def trickles(*parts: bytes, pause: float = 0.05, most: float = 8.0) -> Speak:
    """Send the first part at once, and then the others byte by byte, repeatedly.

    Args:
        parts: The bytes.
        pause: The seconds before each byte.
        most: The seconds after which to stop.
    """

    def speak(connection: socket.socket) -> None:
        first, *rest = parts
        connection.sendall(first)
        ends = time.monotonic() + most
        while True:
            for byte in b"".join(rest):
                if time.monotonic() > ends:
                    return
                time.sleep(pause)
                connection.sendall(bytes([byte]))

    return speak

"""The simulator's command line."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import secrets
import signal
import socket
import sqlite3
import sys
from pathlib import Path

ROOT_TOKEN_VARIABLE = "GITLAB_SIMULATOR_ROOT_TOKEN"  # noqa: S105 - the name of a variable
_LOOPBACK = "127.0.0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that `run` reads."""
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: a free one)"
    )
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="SQLite file of the state (default: in memory)"
    )
    parser.add_argument(
        "--root-token",
        metavar="TOKEN",
        help=f"the administrator's token (default: ${ROOT_TOKEN_VARIABLE}, or a new one, printed)",
    )
    parser.add_argument("--verbose", action="store_true", help="log each request")


def run(args: argparse.Namespace) -> int:
    """Serve the simulator until SIGTERM or SIGINT.

    The first line printed is its address; a second one tells the root token if it was made up.

    Args:
        args: what `add_arguments` declared, parsed.

    Returns:
        The exit code: 0, or 1 with one line on stderr when it cannot start.
    """
    # Imported late: the command line's help needs no web server.
    from pulumi_gitlab_kubernetes.testing.simulator.app import App  # noqa: PLC0415 - as above
    from pulumi_gitlab_kubernetes.testing.simulator.serving import serve  # noqa: PLC0415 - as above
    from pulumi_gitlab_kubernetes.testing.simulator.store import Store  # noqa: PLC0415 - as above

    if args.verbose:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given = args.root_token or os.environ.get(ROOT_TOKEN_VARIABLE)
    token = given or secrets.token_urlsafe(20)
    if args.data is not None and not args.data.parent.is_dir():
        return _fail(f"the directory of {args.data} does not exist")
    try:
        store = Store(None if args.data is None else str(args.data))
        app = App(store, token)
    except sqlite3.Error as error:
        return _fail(f"cannot use {args.data}: {error}")
    # Only with the protocol named does asyncio switch Nagle's algorithm off: 40 ms a request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, args.port))
    except (OSError, OverflowError) as error:
        return _fail(f"cannot listen on port {args.port}: {error}")
    address = f"http://{_LOOPBACK}:{listener.getsockname()[1]}"
    greeting = [address] if given else [address, f"root token: {token}"]
    # uvicorn raises the signal that ended it once more, so both have to be exceptions by then.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.closing(store), contextlib.suppress(KeyboardInterrupt):
        serve(app, listener, greeting)
    return 0


def _fail(reason: str) -> int:
    print(f"gitlab simulator: {reason}", file=sys.stderr)
    return 1

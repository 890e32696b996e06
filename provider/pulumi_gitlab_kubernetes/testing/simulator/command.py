"""The command `gitlab-kubernetes simulator`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import sqlite3
import sys
from pathlib import Path
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import ROOT_TOKEN_VARIABLE, manual, seed
from pulumi_gitlab_kubernetes.testing.simulator.app import App
from pulumi_gitlab_kubernetes.testing.simulator.hosts import name_in
from pulumi_gitlab_kubernetes.testing.simulator.printable import printable
from pulumi_gitlab_kubernetes.testing.simulator.serving import serve
from pulumi_gitlab_kubernetes.testing.simulator.store import Store

_LOOPBACK = "127.0.0.1"


class _CannotStartError(Exception):
    """The simulator cannot start; the message is one line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `run`, and the command's help."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description, parser.epilog = manual.DESCRIPTION, manual.epilog()
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help=f"port on {_LOOPBACK} to listen on (default: a free one)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="SQLite database for the state (default: in memory)",
    )
    parser.add_argument(
        "--seed", type=Path, metavar="FILE", help="YAML file with the initial state: see below"
    )
    parser.add_argument(
        "--root-token",
        metavar="TOKEN",
        help=f"the administrator's token (default: ${ROOT_TOKEN_VARIABLE}, else a generated one)",
    )
    parser.add_argument(
        "--allowed-host",
        action="append",
        default=[],
        type=_host,
        metavar="NAME",
        help=(
            "additional name to accept in the Host header besides localhost and loopback "
            "addresses, such as that of a reverse proxy; can be repeated"
        ),
    )
    parser.add_argument("--verbose", action="store_true", help="log each request")


def run(args: argparse.Namespace) -> int:
    """Run the simulator until SIGTERM or SIGINT.

    The first line of output is its address. Generated tokens follow: the root token and the seed's.

    Args:
        args: The parsed options.

    Returns:
        The exit code: 0, or 1 with one line on stderr if it cannot start.
    """
    if args.verbose:
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given = args.root_token or os.environ.get(ROOT_TOKEN_VARIABLE)
    token = given or secrets.token_urlsafe(20)
    try:
        with _listener(args.port) as listener, contextlib.closing(_store(args.data)) as store:
            app = App(store, token, args.allowed_host)
            banner = [f"http://{_LOOPBACK}:{listener.getsockname()[1]}"]
            banner += [] if given else [f"root token: {token}"]
            banner += [] if args.seed is None else _load_seed(app, args.seed)
            # uvicorn raises the signal that stopped it again: both must be exceptions by then.
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            with contextlib.suppress(KeyboardInterrupt):
                serve(app, listener, banner)
    except _CannotStartError as error:
        print(f"gitlab simulator: {printable(str(error))}", file=sys.stderr)
        return 1
    return 0


def _host(name: str) -> str:
    if not (found := name_in(name)) or found != name.lower().strip("[]").removesuffix("."):
        raise argparse.ArgumentTypeError(f"{name!r} is not a host name (without scheme and port)")
    return name


def _listener(port: int) -> socket.socket:
    # asyncio disables Nagle's algorithm (40 ms a request) only if the protocol is named.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise _CannotStartError(f"cannot listen on port {port}: {error}") from None
    return listener


def _store(data: Path | None) -> Store:
    if data is not None and not data.parent.is_dir():
        raise _CannotStartError(f"the directory of {data} does not exist")
    try:
        return Store(None if data is None else str(data))
    except sqlite3.Error as error:
        raise _CannotStartError(f"cannot use {data}: {error}") from None


def _load_seed(app: App, file: Path) -> list[str]:
    """Load a seed and return lines with the generated tokens."""
    content: Any = None
    try:
        content = seed.read(file)
        made = asyncio.run(seed.load(app.admin_client, app.store, content))
    except seed.SeedError as error:
        raise _CannotStartError(seed.describe(error, file, content)) from None
    return [
        printable(f"token {name} of {owner}: {value}")
        for owner, tokens in made.items()
        for name, value in tokens.items()
    ]

"""Ctrl-C and other signals while a stack's operation runs."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from pulumi_gitlab_kubernetes.testing.host.stack import Stack

_ONE_PRESS = 0.3  # Seconds.


@contextmanager
def interruptible(stack: Stack) -> Iterator[None]:
    """Finish the running steps on the first Ctrl-C or other signal; stop at once on the second."""
    pressed, last = 0, -_ONE_PRESS

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler)
        nonlocal pressed, last
        now = time.monotonic()
        if now - last < _ONE_PRESS:  # one key press, sent to the process group and to this process
            return
        pressed, last = pressed + 1, now
        if pressed == 1:
            print(
                "^C received; waiting for running operations. Press Ctrl-C again to abandon them.",
                file=sys.stderr,
            )
            stack.interrupt()
        else:
            stack.abandon()

    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

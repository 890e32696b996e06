"""Locks by name, for threads that must not do the same at the same time."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable


class Locks:
    """A lock for each name."""

    def __init__(self) -> None:
        self._locks: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def get(self, name: Hashable) -> threading.Lock:
        """Return the lock with a name."""
        with self._lock:
            return self._locks[name]

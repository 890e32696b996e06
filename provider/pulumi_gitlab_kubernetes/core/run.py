"""What a run remembers from one call to the next."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_gitlab_kubernetes.core.claims import Claims
from pulumi_gitlab_kubernetes.core.composite_ids import CompositeIds
from pulumi_gitlab_kubernetes.gitlab.clients import Clients


class Run:
    """The memory of one run of the engine. An adapter creates it; nothing in it is global.

    Args:
        engine: Returns the engine's address, by which all processes of a run know each other.
    """

    def __init__(self, engine: Callable[[], str | None] = lambda: None) -> None:
        self.clients = Clients()
        self.claims = Claims(engine)
        self.composite_ids = CompositeIds()

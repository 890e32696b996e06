"""What a run remembers from one call to the next."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.core.claims import Claims
from pulumi_gitlab_kubernetes.core.composite_ids import CompositeIds
from pulumi_gitlab_kubernetes.gitlab.clients import Clients


class Run:
    """The memory of one run of the engine. An adapter creates it; nothing in it is global."""

    def __init__(self) -> None:
        self.clients = Clients()
        self.claims = Claims()
        self.composite_ids = CompositeIds()

"""Creations as the dynamic host makes them, in the test's own process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.conftest import Project

from pulumi_gitlab_kubernetes._session import Session
from pulumi_gitlab_kubernetes.registry import core_for


class Caller:
    """Creates things as the dynamic host does, in this process.

    Args:
        url: GitLab's address.
        token: An access token.
        settings: Further settings, by key.
    """

    def __init__(self, url: str, token: str, **settings: str) -> None:
        ours = {f"gitlab-kubernetes:{key}": value for key, value in settings.items()}
        given = {"gitlab:baseUrl": url, "gitlab:token": token, **ours}
        self.said: list[str] = []
        self.told: list[str] = []
        self._session = Session(given.get, say=self.said.append, tell=self.told.append)

    def create(
        self, kind: str, given: dict[str, Any], name: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Create with inputs as a program gives them, for its resource of a name."""
        core, session = core_for(kind), self._for(name)
        inputs, failures = core.check(given, session)
        assert not failures
        return core.create(inputs, session)

    def diff(self, kind: str, olds: dict[str, Any], given: dict[str, Any], name: str = "") -> None:
        """Compare a state's outputs with a program's inputs, as a run does with what it has."""
        core, session = core_for(kind), self._for(name)
        core.diff(olds, core.check(given, session)[0], session)

    def _for(self, name: str) -> Session:
        return replace(self._session, resource=f"urn:pulumi:dev::shop::t::{name}" if name else "")


def tokens(project: Project, agent: int) -> list[int]:
    """Return the ids of an agent's active tokens."""
    return sorted(each["id"] for each in project.api("GET", f"cluster_agents/{agent}/tokens"))

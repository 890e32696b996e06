"""A client of the core in the test's own process, which works like the dynamic host."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from tests.conftest import Project

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.state import State
from pulumi_gitlab_kubernetes.registry import lifecycle_for


class CoreClient:
    """Create resources as the dynamic host does, in this process.

    Args:
        url: GitLab's base URL.
        token: An access token.
        run: The run. Clients with the same one belong to the same run of the engine.
        settings: Other settings, by key.
    """

    def __init__(self, url: str, token: str, run: Run | None = None, **settings: str) -> None:
        self.run = run or Run()
        ours = {f"gitlab-kubernetes:{key}": value for key, value in settings.items()}
        given = {"gitlab:baseUrl": url, "gitlab:token": token, **ours}
        self.status: list[str] = []
        self.info: list[str] = []
        self._context = CallContext(
            lambda name: resolve(given.get, name, environ={}),
            self.run,
            log_status=self.status.append,
            log_info=self.info.append,
        )

    def create(
        self, kind: str, given: dict[str, Any], name: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Create a resource from a program's inputs. The name is that in the program."""
        lifecycle, context = lifecycle_for(kind), self._for(name)
        inputs, failures = lifecycle.check(given, context)
        assert not failures
        return lifecycle.create(inputs, context)

    def diff(self, kind: str, olds: dict[str, Any], given: dict[str, Any], name: str = "") -> None:
        """Compare a state's outputs with a program's inputs, as a run does first."""
        lifecycle, context = lifecycle_for(kind), self._for(name)
        state = State(olds, lifecycle.kind.schema.inputs(olds))
        lifecycle.diff(state, lifecycle.check(given, context)[0], context)

    def delete(self, kind: str, id_: str, olds: dict[str, Any]) -> None:
        """Delete a resource with a state's outputs."""
        lifecycle = lifecycle_for(kind)
        state = State(olds, lifecycle.kind.schema.inputs(olds))
        lifecycle.delete(id_, state, self._for(""))

    def _for(self, name: str) -> CallContext:
        return replace(
            self._context,
            resource=f"urn:pulumi:dev::shop::t::{name}" if name else "",
            adopt_once=os.environ.get("PULUMI_GITLAB_ADOPT_EXISTING") == "1",
        )


def tokens(project: Project, agent: int) -> list[int]:
    """Return the IDs of an agent's active tokens."""
    return sorted(each["id"] for each in project.api("GET", f"cluster_agents/{agent}/tokens"))

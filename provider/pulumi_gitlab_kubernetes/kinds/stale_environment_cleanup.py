"""Stopping stale environments. See https://docs.gitlab.com/api/environments/."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pulumi_gitlab_kubernetes.core.action import ActionKind
from pulumi_gitlab_kubernetes.core.ages import iso, stale_cutoff, why_not_stale
from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.schema import Schema
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION, PROJECT, SCHEMA_VERSION
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import LostResponseError
from pulumi_gitlab_kubernetes.kinds.project_environment import ProjectEnvironmentKind

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.gitlab.client import Client
    from pulumi_gitlab_kubernetes.gitlab.collection import Collection


class StaleEnvironmentCleanupKind(ActionKind):
    """The kind of requests to stop stale environments."""

    doc = (
        "Stops the environments of a project that have not changed for a long time.\n\n"
        "GitLab does it once, when the resource is created, and again when a change of `triggers` "
        "replaces it. A destroy does nothing."
    )
    docs_url = "https://docs.gitlab.com/api/environments/#stop-stale-environments"
    name = "StaleEnvironmentCleanup"
    noun = "clean-up of stale environments"
    place = ProjectEnvironmentKind.place
    ids = ("project_id", "cleanup_id")
    job_token = True
    unavailable = ProjectEnvironmentKind.unavailable
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="before",
                doc=(
                    "The time since which the environments have not changed: an age such as `30d` "
                    "or `4w`, or a date such as `2026-01-31`. GitLab accepts from a week to ten "
                    "years."
                ),
                required=True,
                check=why_not_stale,
            ),
            Field(
                name="triggers",
                doc="Any values. When one of them changes, the clean-up is repeated.",
                type=Type.MAP,
            ),
            CONNECTION,
        ),
        outputs=(
            Output(
                name="stopped_before",
                type=Type.TIMESTAMP,
                doc="The time that `before` meant.",
                response_key="stopped_before",
            ),
            SCHEMA_VERSION,
        ),
    )

    def id_doc(self, name: str) -> str:
        """Return the description of a part of the ID. GitLab has none for an action."""
        if name == self.ids[-1]:
            return "When GitLab got the request, in milliseconds since 1970."
        return super().id_doc(name)

    def perform(self, client: Client, project_id: int, inputs: Values) -> Values:
        """Request the stop, which GitLab does in the background."""
        now = now_at(client)
        before = stale_cutoff(inputs["before"], now)
        request_stop(client, self.collection(client, (project_id,)), before)
        return {"id": int(now.timestamp() * 1000), "stopped_before": iso(before)}


def now_at(client: Client) -> datetime:
    """Return GitLab's time, or this machine's if no response had it."""
    return client.clock.at(time.monotonic()) or datetime.now(timezone.utc)


def request_stop(client: Client, environments: Collection, before: datetime) -> None:
    """Request the stop of stale environments, again if the response is lost.

    A second request does nothing more.

    Args:
        client: The client to use.
        environments: The project's environments.
        before: The time since which they have not changed.

    Raises:
        GitLabError: GitLab rejected the request, or did not respond in time.
    """
    lost: LostResponseError | None = None
    for _attempt in client.attempts():
        lost = _lost(environments, before)
        if lost is None or not lost.retryable:
            break
    if lost:
        raise lost


def _lost(environments: Collection, before: datetime) -> LostResponseError | None:
    try:
        environments.stop_stale(iso(before))
    except LostResponseError as error:
        return error
    return None

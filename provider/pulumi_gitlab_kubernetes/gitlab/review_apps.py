"""GitLab's responses about review environments to delete.

See https://docs.gitlab.com/api/environments/#delete-multiple-stopped-review-apps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.errors import BAD_REQUEST, FORBIDDEN, UNAUTHORIZED, from_status
from pulumi_gitlab_kubernetes.gitlab.objects import require_object

_SCHEDULED, _UNPROCESSABLE = "scheduled_entries", "unprocessable_entries"


@dataclass(frozen=True)
class ReviewApps:
    """The environments in a response.

    Args:
        scheduled: Those that are deleted, or would be.
        unprocessable: Those that this user may not delete.
        reason: Why none is deleted; empty if some are.
    """

    scheduled: tuple[dict[str, Any], ...] = ()
    unprocessable: tuple[dict[str, Any], ...] = ()
    reason: str = ""

    @classmethod
    def accepted(cls, response: Any) -> ReviewApps:
        """Return the environments in the response to a request that GitLab accepted.

        Args:
            response: The response.

        Raises:
            ValueError: It is not GitLab's.
        """
        return cls(_required(response[_SCHEDULED]), _required(response[_UNPROCESSABLE]))

    @classmethod
    def rejected(cls, body: bytes | str | None) -> ReviewApps | None:
        """Return the same of one that GitLab rejected; `None` if it is another error.

        Args:
            body: The body of the response.
        """
        try:
            found = json.loads(body or b"")["message"]
            scheduled, others = _required(found[_SCHEDULED]), _required(found[_UNPROCESSABLE])
            return cls(scheduled, others, str(found["message"]))
        except (ValueError, LookupError, TypeError, RecursionError):
            return None

    def or_raise(self, status: int | None) -> ReviewApps:
        """Return this unless GitLab rejected the request for another reason.

        Args:
            status: The status of the response. GitLab also rejects a request that finds nothing.

        Raises:
            GitLabError: It did.
        """
        if status == BAD_REQUEST:
            return self
        # GitLab accepts the token, and its user lacks the role.
        raise from_status(FORBIDDEN if status == UNAUTHORIZED else status, self.reason)


def _required(rows: Any) -> tuple[dict[str, Any], ...]:
    return tuple(require_object(row, "name") for row in rows)

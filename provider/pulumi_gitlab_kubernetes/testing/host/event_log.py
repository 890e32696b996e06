"""The engine's events as JSON lines, as ``--event-log`` of the Pulumi CLI writes them.

Only the violations of policies and the summary. See
https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/events.go.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.result import Result


def write(result: Result, file: Path) -> None:
    """Write the events of a run.

    Args:
        result: The result of the run.
        file: The file, which is replaced.

    Raises:
        HostError: It cannot be written.
    """
    lines = (
        json.dumps({"sequence": number, **event}) for number, event in enumerate(_events(result))
    )
    try:
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise HostError(f"{file}: {error.strerror}") from None


def _events(result: Result) -> Iterator[dict[str, Any]]:
    for each in result.violations:
        event = {
            "resourceUrn": each.urn,
            "message": each.message,
            "policyName": each.policy,
            "enforcementLevel": each.level,
        }
        yield {"policyEvent": event}
    yield {"summaryEvent": {"resourceChanges": result.summary}}

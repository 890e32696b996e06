"""Run `pulumi preview`, and read what it found from the engine's events."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.policy.findings import Finding
from pulumi_gitlab_kubernetes.policy.rule import Level

_NOT_EVALUATED = "can't run policy "
"""The start of pulumi-policy's message about a policy that needs an unknown value."""

# The option with which the Automation API reads events. The CLI hides it without the variable.
_EVENT_LOG = "--event-log"
_SHOW_HIDDEN = {"PULUMI_DEBUG_COMMANDS": "true"}


@dataclass(frozen=True)
class Preview:
    """A finished preview.

    Args:
        status: The exit status of `pulumi`.
        text: What it printed.
        changes: The number of resources for each operation, such as `create`. Empty if it failed
            before the end.
        findings: The violations of policies.
    """

    status: int
    text: str
    changes: Mapping[str, int]
    findings: tuple[Finding, ...]


def run(arguments: Sequence[str], show: Callable[[str], None]) -> Preview:
    """Run `pulumi preview`.

    Args:
        arguments: More arguments for it.
        show: Shows each line that it prints, while it runs.

    Raises:
        ProviderError: `pulumi` is not on PATH.
    """
    program = shutil.which("pulumi")
    if program is None:
        raise ProviderError("`pulumi` is not on PATH: use an image that has it")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events.jsonl"
        command = [program, "preview", "--diff", "--non-interactive", "--color", "never"]
        with subprocess.Popen(  # noqa: S603 (the user's CLI)
            [*command, _EVENT_LOG, str(log), *arguments],
            env=os.environ | _SHOW_HIDDEN,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            lines = []
            for line in process.stdout or ():
                show(line)
                lines.append(line)
        events = list(_events(log))
    changes = next((each["resourceChanges"] for each in _of(events, "summaryEvent")), None)
    return Preview(process.returncode, "".join(lines), changes or {}, tuple(_findings(events)))


def _events(log: Path) -> Iterator[dict[str, Any]]:
    """Yield the engine's events. There is no file if the preview could not start."""
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def _of(events: Iterable[Mapping[str, Any]], kind: str) -> Iterator[dict[str, Any]]:
    return (event[kind] for event in events if event.get(kind))


def _findings(events: Iterable[Mapping[str, Any]]) -> Iterator[Finding]:
    for event in _of(events, "policyEvent"):
        message = event["message"].strip()
        if not message.startswith(_NOT_EVALUATED):
            urn = event.get("resourceUrn", "")
            level = Level.MANDATORY if event["enforcementLevel"] == "mandatory" else Level.ADVISORY
            label = urn.rpartition("::")[2] or "the stack"
            yield Finding(event["policyName"], level, label, message, urn)

"""What the checks find, and the report of it."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_gitlab_kubernetes import text
from pulumi_gitlab_kubernetes.redaction import one_line

_HEADS = ("STATUS", "CHECK", "FINDING")


class Status(str, enum.Enum):
    """How a check ended."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing: nothing to do, or it could not be checked."""
    WARNING = "warning"
    """It works now, but something should be done."""
    PROBLEM = "problem"
    """Something will not work."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Args:
        status: How it ended.
        check: The name of the check.
        text: What it found.
        advice: What to do; empty if there is nothing to do.
        project: The project, for checks of one.
    """

    status: Status
    check: str
    text: str
    advice: str = ""
    project: str = ""

    @property
    def subject(self) -> str:
        """The check, and the project that it is about."""
        return f"{self.project}: {self.check}" if self.project else self.check


def has_problems(findings: Sequence[Finding]) -> bool:
    """Return whether something will not work."""
    return any(each.status is Status.PROBLEM for each in findings)


def table(findings: Sequence[Finding]) -> str:
    """Return the findings as a table for people. What to do is on a line of its own."""
    rows = [tuple(map(one_line, (each.status.value, each.subject, each.text))) for each in findings]
    head, *shown = text.table(_HEADS, rows).splitlines()
    indent = " " * head.index(_HEADS[-1])
    lines = [head]
    for each, line in zip(findings, shown, strict=True):
        lines.append(line)
        if each.advice:
            lines.append(f"{indent}-> {one_line(each.advice)}")
    counts = (
        text.counted(sum(each.status is status for each in findings), status.value)
        for status in (Status.PROBLEM, Status.WARNING)
    )
    return "\n".join([*lines, f"{' and '.join(counts)}."])


def as_json(findings: Sequence[Finding]) -> str:
    """Return the findings as JSON."""
    checks = [
        {
            "check": each.check,
            "project": each.project or None,
            "status": each.status.value,
            "finding": each.text,
            "advice": each.advice or None,
        }
        for each in findings
    ]
    return json.dumps({"ok": not has_problems(findings), "checks": checks}, indent=2)

"""Violations of policies, as a table or as GitLab's Code Quality report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from posixpath import normpath

from pulumi_gitlab_kubernetes import text
from pulumi_gitlab_kubernetes.policy.rule import Level

_HEADS = ("LEVEL", "RULE", "RESOURCE", "MESSAGE")
_SEVERITIES = {Level.MANDATORY: "critical", Level.ADVISORY: "minor"}


@dataclass(frozen=True)
class Finding:
    """A violation of a policy.

    Args:
        policy: The policy's name.
        level: `mandatory` or `advisory`.
        label: The resource's name.
        message: What is wrong, and how to fix it.
        urn: The resource's URN, if it has one.
    """

    policy: str
    level: Level
    label: str
    message: str
    urn: str = ""


def table(findings: Iterable[Finding]) -> str:
    """Return a table for people, with a line for each finding."""
    rows = [(each.level.value, each.policy, each.label, each.message) for each in findings]
    return text.table(_HEADS, rows)


def code_quality(findings: Iterable[Finding], path: str) -> str:
    """Return the report for GitLab's Code Quality widget in merge requests.

    See https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format. A finding
    keeps its fingerprint: GitLab compares the fingerprints of two branches.

    Args:
        findings: The findings.
        path: The file in the repository to which they are assigned. A leading `./`
            is removed: GitLab does not match it.
    """
    seen: Counter[tuple[str, str]] = Counter()
    entries = []
    for each in findings:
        key = each.policy, each.urn or each.label
        seen[key] += 1
        identity = json.dumps([*key, seen[key]])
        entries.append(
            {
                "description": f"{each.label}: {each.message}",
                "check_name": each.policy,
                "fingerprint": hashlib.sha256(identity.encode()).hexdigest(),
                "severity": _SEVERITIES[each.level],
                "location": {"path": normpath(path), "lines": {"begin": 1}},
            }
        )
    return json.dumps(entries, indent=2)

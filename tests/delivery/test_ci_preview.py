"""`gitlab-kubernetes ci-preview`: the note, the Code Quality report and the exit status."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conftest import Calls
from tests.delivery.conftest import PROGRAM, Job

PREVIEW = "gitlab-kubernetes ci-preview --stack dev"
REPORT = f"{PREVIEW} --code-quality report.json"
CLUSTER = """
from pulumi_gitlab_kubernetes import ProjectCluster

ProjectCluster(
    "legacy",
    project="{path}",
    name="legacy",
    kubernetes_api_url="https://k8s.example.com",
    kubernetes_token="canary-of-the-cluster",
    kubernetes_authorization_type="abac",
)
"""


@pytest.fixture(autouse=True)
def _address(job: Job) -> None:
    job.environ["PULUMI_GITLAB_BASE_URL"] = job.project.simulator.url


def _report(job: Job) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((job.folder / "report.json").read_text())
    return found


def test_a_merge_request_has_a_note(job: Job) -> None:
    """A later pipeline updates it."""
    job.merge_request()
    assert "Added the note on merge request !1." in job.succeed(PREVIEW)
    (note,) = job.notes()
    assert "### Pulumi preview of `dev`\n\n**+ 2 to create**" in note["body"]
    assert "advisory  agent-token        production  " in note["body"]

    job.program("raise RuntimeError('no such thing')\n")
    status, text = job.run(REPORT)
    assert status != 0
    assert "Updated the note on merge request !1." in text
    (note,) = job.notes()
    assert "The preview **failed**." in note["body"]
    assert "no such thing" in note["body"]
    assert _report(job) == []


def test_the_report_has_the_violations(job: Job) -> None:
    """With the fingerprints of an audit of the same resources, so that GitLab compares them."""
    job.merge_request()
    job.program(PROGRAM + CLUSTER)
    (job.folder / "policies.json").write_text('{"agent-environment": "disabled"}')
    status, text = job.run(f"{REPORT} --config policies.json")
    assert status != 0
    assert "[mandatory]" in text
    found = _report(job)
    assert "agent-environment" not in {each["check_name"] for each in found}
    assert not [each for each in found if "can't run policy" in each["description"]]
    (abac,) = (each for each in found if each["check_name"] == "cluster-no-abac")
    assert abac["severity"] == "critical"
    assert abac["location"] == {"path": "Pulumi.yaml", "lines": {"begin": 1}}
    assert abac["description"].startswith("legacy: ")
    (note,) = job.notes()
    for secret in ("canary-of-the-cluster", job.environ["PULUMI_GITLAB_TOKEN"]):
        assert secret not in note["body"] + text

    job.succeed("pulumi up --yes --skip-preview --non-interactive --stack dev")
    options = "--config policies.json --format gitlab-codequality --fail-on never"
    audit = f"gitlab-kubernetes audit - {options}"
    audited = job.succeed(f"pulumi stack export --stack dev 2>/dev/null | {audit}")
    assert {each["fingerprint"] for each in found} == {
        each["fingerprint"] for each in json.loads(audited)
    }


def test_without_a_merge_request(job: Job, calls: Calls) -> None:
    """There is no note and no request; options after two dashes are those of `pulumi preview`."""
    calls()
    status, text = job.run(f"{PREVIEW} -- --expect-no-changes")
    assert status != 0
    assert "no changes were expected" in text
    assert "merge request" not in text
    job.merge_request()
    calls()
    assert "merge request" not in job.succeed(f"{PREVIEW} --no-note")
    assert calls() == []

"""The CI/CD template: valid for GitLab, and its jobs do what the guide says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from check_jsonschema.builtin_schemas import get_builtin_schema
from tests.delivery.conftest import Job
from tests.support import ci_template
from tests.support.ci_template import documents, jobs, merged, script, variables

_SHELLCHECK = Path(sys.executable).with_name("shellcheck")
SCHEMA = get_builtin_schema("vendor.gitlab-ci")
_DAY = 86400
NAMES = {"preview", "deploy", "drift", "audit", "clean-up", "unlock"}


def _schema_errors(document: Any) -> list[str]:
    validator = jsonschema.Draft7Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(document)]


def test_both_documents_are_valid() -> None:
    """By GitLab's JSON schema; a wrong keyword is found."""
    header, _found = documents()
    assert set(header) == {"spec"}
    assert _schema_errors(header) == []
    filled = jobs(stack="prod")
    assert _schema_errors(filled) == []
    filled["deploy"]["rules"] = [{"when": "sometimes"}]
    assert _schema_errors(filled)


def test_the_path_is_that_of_a_component() -> None:
    """`templates/<name>.yml`: https://docs.gitlab.com/ci/components/#directory-structure."""
    assert ci_template.TEMPLATE.parent.name == "templates"
    assert re.fullmatch("[a-z0-9-]+", ci_template.TEMPLATE.stem)


def test_all_inputs_are_described_and_used() -> None:
    """Only the stack is required."""
    header, _found = documents()
    inputs = header["spec"]["inputs"]
    assert [name for name, each in inputs.items() if "default" not in each] == ["stack"]
    text = ci_template.TEMPLATE.read_text().partition("\n---\n")[2]
    for name, each in inputs.items():
        assert each["description"].endswith(".")
        assert f"$[[ inputs.{name} ]]" in text
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(inputs)


def test_a_prefix_separates_two_stacks() -> None:
    """No job has the name of another; each stack has its own resource group."""
    one, two = jobs(stack="staging", prefix="staging-"), jobs(stack="prod", prefix="prod-")
    assert not set(one) & set(two)
    assert {name for name in two if name[0] != "."} == {f"prod-{name}" for name in NAMES}
    for name in ("prod-deploy", "prod-unlock"):
        assert two[name]["resource_group"] == "pulumi/prod"
    for name in two:
        assert two[name].get("extends", ".prod-pulumi") == ".prod-pulumi"


def test_each_job_runs_in_its_pipelines() -> None:
    """As the guide's table says."""
    pipelines = {
        "merge request": {"CI_PIPELINE_SOURCE": "merge_request_event"},
        "branch": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "feature"},
        "default branch": {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"},
        "schedule": {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"},
        "user": {"CI_PIPELINE_SOURCE": "web", "CI_COMMIT_BRANCH": "main"},
    }

    def started(**inputs: str) -> dict[str, set[str]]:
        found = jobs(stack="prod", **inputs)
        return {
            pipeline: {name for name in NAMES if _runs(found[name]["rules"], given)}
            for pipeline, given in pipelines.items()
        }

    usual = {
        "merge request": {"preview"},
        "branch": set(),
        "default branch": {"deploy"},
        "schedule": {"drift", "audit", "clean-up"},
        "user": {"deploy", "unlock"},
    }
    assert started() == usual
    deployed = {"deploy", "audit", "clean-up"}
    assert started(on_schedule="deploy") == {**usual, "schedule": deployed}


def _runs(rules: list[dict[str, str]], variables_: dict[str, str]) -> bool:
    """Whether a job is in a pipeline: https://docs.gitlab.com/ci/jobs/job_rules/."""
    known = {"CI_DEFAULT_BRANCH": "main", **variables_}

    def value(term: str) -> str:
        return known.get(term[1:], "") if term.startswith("$") else term.strip('"')

    def holds(condition: str) -> bool:
        left, operator, right = condition.split()
        return (value(left) == value(right)) == (operator == "==")

    for rule in rules:
        if all(map(holds, rule["if"].split(" && "))):
            return rule.get("when") != "never"
    return False


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_scripts_pass_shellcheck(name: str, tmp_path: Path) -> None:
    """With values of inputs that need no quotes."""
    file = tmp_path / "script.sh"
    file.write_text(f"#!/bin/bash\n{script(merged(jobs(stack='prod'), name))}\n")
    done = subprocess.run(
        [str(_SHELLCHECK), "--exclude=SC1091", str(file)],  # The environment that is activated.
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def _run(job: Job, name: str, **inputs: str) -> tuple[int, str]:
    """Run a job of the template. The image has what `install` would install."""
    found = merged(jobs(stack="dev", install="true", **inputs), name)
    return job.run(script(found), variables(found, job.environ))


def test_from_a_merge_request_to_a_nightly_pipeline(job: Job) -> None:
    """All jobs but the clean-up, in the order in which they run."""
    job.merge_request()
    status, text = _run(job, "preview")
    assert status == 0, text
    (note,) = job.notes()
    assert "**+ 2 to create**" in note["body"]
    report = job.folder / "gl-code-quality-report.json"
    before = {each["fingerprint"] for each in json.loads(report.read_text())}
    assert before

    del job.environ["CI_MERGE_REQUEST_IID"]
    status, text = _run(job, "deploy")
    assert status == 0, text
    assert [each["name"] for each in job.project.api("GET", "cluster_agents")] == ["production"]
    assert {each["fingerprint"] for each in json.loads(report.read_text())} == before

    status, text = _run(job, "drift")
    assert status == 0, text
    status, text = _run(job, "audit")
    assert status == 0, text
    assert "agent-token" in text

    (agent,) = job.project.api("GET", "cluster_agents")
    job.project.api("DELETE", f"cluster_agents/{agent['id']}")
    status, text = _run(job, "drift")
    assert status != 0
    assert "no changes were expected" in text


def test_the_audit_fails_for_mandatory_policies(job: Job) -> None:
    """By the configuration in the project."""
    (job.folder / "policies.json").write_text('{"agent-token": "mandatory"}')
    job.succeed(
        "pulumi up --yes --skip-preview --non-interactive --stack dev",
        {"PULUMI_GITLAB_BASE_URL": job.project.simulator.url},
    )
    found = merged(jobs(stack="dev", install="true", policy_config="policies.json"), "audit")
    status, text = job.run(script(found), variables(found, job.environ))
    assert status == 1
    assert "mandatory  agent-token" in text


@pytest.mark.parametrize("engine", ["host"], indirect=True)
@pytest.mark.parametrize("token", ["PULUMI_GITLAB_TOKEN", "CI_JOB_TOKEN"])
@pytest.mark.parametrize("stop_stale", ["no", "yes"])
def test_the_nightly_clean_up(checkout: Job, token: str, stop_stale: str) -> None:
    """Deletes review apps, and stops what is stale if it is told to; the job token is enough."""
    simulator, project = checkout.project.simulator, checkout.project
    simulator.clock(advance=-60 * _DAY)
    try:
        for name in ("review/old", "shop"):
            project.api("POST", "environments", name=name)
        old = project.api("GET", "environments?name=review%2Fold")[0]["id"]
        project.api("POST", f"environments/{old}/stop")
    finally:
        simulator.clock(advance=60 * _DAY)
    project.api("POST", "environments", name="new")
    if token != "PULUMI_GITLAB_TOKEN":
        del checkout.environ["PULUMI_GITLAB_TOKEN"]
    status, text = _run(checkout, "clean-up", stop_stale=stop_stale)
    assert status == 0, text
    assert "review/old" in text
    simulator.clock(advance=2)
    try:
        states = {each["name"]: each["state"] for each in project.api("GET", "environments")}
    finally:
        simulator.clock(advance=-2)
    assert states == {
        "review/old": "stopped",
        "shop": "stopped" if stop_stale == "yes" else "available",
        "new": "available",
    }


@pytest.mark.cli
@pytest.mark.parametrize("engine", ["cli"], indirect=True)
def test_a_lock_is_removed(job: Job) -> None:
    """Which a canceled deployment has left: the next one fails until `unlock` ran."""
    job.program("import os\nos.kill(os.getppid(), 9)\nimport time\ntime.sleep(60)\n")
    variables_ = {"PULUMI_GITLAB_BASE_URL": job.project.simulator.url}
    up = "pulumi up --yes --skip-preview --non-interactive --stack dev"
    lock = f"timeout --signal=KILL 20 {up} || true"
    job.program("import time\ntime.sleep(120)\n")
    job.succeed(lock, variables_)
    job.program()
    status, text = job.run(up, variables_)
    assert status != 0
    assert "the stack is currently locked by 1 lock(s)" in text
    status, text = _run(job, "unlock")
    assert status == 0, text
    job.succeed(up, variables_)

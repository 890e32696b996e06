"""The documentation of policies is correct."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from tools import generate

from pulumi_gitlab_kubernetes.policy import command, configuration
from pulumi_gitlab_kubernetes.policy.audit import command as audit_command

DOCS = (generate.DOCS / "guides" / "policies.md").read_text()
_COMMAND = re.compile(r"gitlab-kubernetes (policy-pack|audit)([^`|>)\n]*)")
_KEYWORDS = {"image", "extends", "rules", "before_script", "script", "artifacts"}


def _block(language: str) -> str:
    (found,) = re.findall(rf"```{language}[^\n]*\n(.*?)```", DOCS, re.DOTALL)
    return str(found)


def test_the_configuration_in_the_documentation_is_valid() -> None:
    """It names existing rules and parameters."""
    configuration.Configuration(json.loads(_block("json")))


def test_the_jobs_for_gitlab_ci_are_well_formed() -> None:
    """YAML with keywords of GitLab CI; the artifact is the report that is written."""
    jobs: dict[str, dict[str, Any]] = yaml.safe_load(_block("yaml"))
    assert set(jobs) == {".pulumi", "preview", "audit"}
    for job in jobs.values():
        assert set(job) <= _KEYWORDS
        assert job.get("extends", ".pulumi") in jobs
        for line in (*job.get("before_script", ()), *job.get("script", ())):
            assert isinstance(line, str)
    (script,) = jobs["audit"]["script"]
    report = jobs["audit"]["artifacts"]["reports"]["codequality"]
    assert script.endswith(f"--format gitlab-codequality --fail-on never > {report}")
    assert "policy-pack" in jobs["preview"]["script"][0]
    events = [rule["if"] for rule in jobs[".pulumi"]["rules"]]
    assert '$CI_PIPELINE_SOURCE == "merge_request_event"' in events


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.stem)
def test_the_commands_in_the_documentation_exist(page: Path) -> None:
    """With their options."""
    found = [each for each in _COMMAND.findall(page.read_text()) if each[1].strip(' "')]
    for name, options in found:
        parser = argparse.ArgumentParser()
        {"policy-pack": command, "audit": audit_command}[name].add_arguments(parser)
        arguments = [part for part in shlex.split(options.replace('"', "")) if part != "or"]
        if arguments == ["--config"]:
            continue  # The text only mentions the option.
        parser.parse_args(arguments)


def test_the_options_of_the_audit_are_documented() -> None:
    """With their choices."""
    parser = argparse.ArgumentParser()
    audit_command.add_arguments(parser)
    for action in parser._actions[1:]:
        for option in action.option_strings:
            assert f"`{option}" in DOCS or option == "--project"
        for choice in action.choices or ():
            assert f"`{choice}`" in DOCS

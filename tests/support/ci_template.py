"""The CI/CD template as GitLab reads it: its inputs filled in, its jobs merged."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template
from typing import Any

import yaml

TEMPLATE = Path(__file__).parents[2] / "templates" / "pulumi-stack.yml"
_INPUT = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")


def documents() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two documents of the template: its header and its jobs."""
    header, jobs = yaml.safe_load_all(TEMPLATE.read_text())
    return header, jobs


def jobs(**given: str) -> dict[str, Any]:
    """Return the jobs with inputs filled in. Names have underscores for hyphens.

    GitLab interpolates each text of the YAML, keys too.
    """
    header, found = documents()
    inputs = header["spec"]["inputs"]
    values = {name: each["default"] for name, each in inputs.items() if "default" in each}
    for name, value in given.items():
        assert name.replace("_", "-") in inputs
        values[name.replace("_", "-")] = value
    filled: dict[str, Any] = _filled(found, values)
    return filled


def _filled(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {_filled(key, values): _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(each, values) for each in node]
    if isinstance(node, str):
        return _INPUT.sub(lambda found: values[found[1]], node)
    return node


def merged(all_jobs: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a job with what it extends. GitLab merges hashes, and replaces arrays."""
    job = all_jobs[name]
    base = merged(all_jobs, job["extends"]) if "extends" in job else {}
    return _merged(base, job)


def _merged(base: dict[str, Any], job: dict[str, Any]) -> dict[str, Any]:
    both = {key for key in base.keys() & job.keys() if isinstance(job[key], dict)}
    return {**base, **job, **{key: _merged(base[key], job[key]) for key in both}}


def script(job: dict[str, Any]) -> str:
    """Return the lines that a runner gives to its shell."""
    return "\n".join([*job.get("before_script", []), *job["script"]])


def variables(job: dict[str, Any], environ: dict[str, str]) -> dict[str, str]:
    """Return a job's variables, with other variables in them replaced."""
    return {
        name: Template(value).safe_substitute(environ)
        for name, value in job.get("variables", {}).items()
    }

"""The guide `ci-cd.md`."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from tests.support import ci_template
from tools import generate

from pulumi_gitlab_kubernetes.delivery import note
from pulumi_gitlab_kubernetes.policy.audit import state
from pulumi_gitlab_kubernetes.policy.audit.report import audit
from pulumi_gitlab_kubernetes.policy.configuration import Configuration

PAGE = (generate.DOCS / "guides" / "ci-cd.md").read_text()
_BLOCK = re.compile(r"^( *)(`{3,})(\w+)\n(.*?)^\1\2$", re.DOTALL | re.MULTILINE)
_TYPE = "pulumi-python:dynamic/gitlab:"
_URN = f"urn:pulumi:prod::shop::{_TYPE}"


def _blocks(language: str) -> list[str]:
    return [
        re.sub(f"^{indent}", "", text, flags=re.MULTILINE)
        for indent, _fence, found, text in _BLOCK.findall(PAGE)
        if found == language
    ]


def _includes() -> list[dict[str, Any]]:
    return [each for block in _blocks("yaml") for each in yaml.safe_load(block)["include"]]


def test_each_way_of_including_is_valid() -> None:
    """With inputs that the template has, and its path."""
    header, _jobs = ci_template.documents()
    inputs = header["spec"]["inputs"]
    found = _includes()
    assert {"component", "project", "local"} <= {key for each in found for key in each}
    for each in found:
        assert set(each["inputs"]) <= set(inputs)
        assert "stack" in each["inputs"]
        path = f"/templates/{ci_template.TEMPLATE.name}"
        assert each.get("file", path) == each.get("local", path) == path
        if "component" in each:
            assert each["component"].partition("@")[0].endswith(f"/{ci_template.TEMPLATE.stem}")


def test_two_stacks_have_different_jobs() -> None:
    """The block with two includes gives no job the name of another."""
    (block,) = (each for each in _blocks("yaml") if each.count("- local") > 1)
    names = [
        name
        for each in yaml.safe_load(block)["include"]
        for name in ci_template.jobs(**each["inputs"])
    ]
    assert len(names) == len(set(names))


def test_the_table_has_all_jobs() -> None:
    """In the order of the template."""
    found = re.findall(
        r"^\| `([a-z-]+)` \| [A-Z][^|]+\| [A-Z]", PAGE.split("\n## ")[0], re.MULTILINE
    )
    assert found == [name for name in ci_template.jobs(stack="prod") if name[0] != "."]


def test_the_note_looks_like_this() -> None:
    """With the messages of the policies."""
    agent = {"project": "acme/shop", "name": "production"}
    resources = [
        {
            "urn": f"{_URN}{kind}::{name}",
            "type": f"{_TYPE}{kind}",
            "inputs": inputs,
            "outputs": {**inputs, "schema_version": 1, **ids},
        }
        for kind, name, inputs, ids in (
            ("ClusterAgent", "production", agent, {"agent_id": 1, "project_id": 1}),
            (
                "ClusterAgentToken",
                "helm",
                {**agent, "agent_id": 1, "description": "d", "rotate_after_days": 90},
                {"project_id": 1, "token_id": 1},
            ),
        )
    ]
    text = json.dumps({"version": 3, "deployment": {"resources": resources}})
    findings = audit(state.read(text), Configuration()).findings()
    changes = {"create": 2, "same": 1}
    (block,) = _blocks("markdown")
    shown = note.text("prod", changes, findings, "…", "")
    assert block.strip() in shown


def test_the_lock_is_that_after_a_crash() -> None:
    """The CLI prints the same line; a test of the template reads it there."""
    (block,) = _blocks("console")
    (line,) = (line for line in block.splitlines() if line.startswith("error: "))
    assert line in (generate.DOCS / "guides" / "after-a-crash.md").read_text()


def test_backends_are_those_of_the_cli() -> None:
    """Each scheme once; PULUMI_BACKEND_URL is in the table of variables."""
    schemes = re.findall(r"^\| [^|]+ \| `([a-z0-9]+)://", PAGE, re.MULTILINE)
    assert set(schemes) == {"s3", "gs", "azblob", "postgres"}
    assert "| `PULUMI_BACKEND_URL` |" in PAGE

"""The examples that need no other package, on both engines."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from tests.examples.conftest import Examples
from tests.lifecycle.engines import Outcome, Stack

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("engine", ["host", "cli"])]


def _ok(outcome: Outcome) -> set[str]:
    """Return the steps of a run that must succeed."""
    assert outcome.ok, outcome.text
    return {step.op for step in outcome.steps}


def _ends(stack: Stack, examples: Examples) -> None:
    """Require that a second run changes nothing, and that a destroy leaves nothing."""
    assert _ok(stack.run("up")) == {"same"}
    _ok(stack.run("destroy"))
    assert not examples.lab.resources()


def test_review_environments(engine: str, examples: Examples) -> None:
    """The branch's environment has its slug, its namespace and the agent."""
    lab = examples.lab
    config = {
        "project": lab.project.path,
        "branch": "feature/JIRA-7_Fix login",
        "agentId": str(lab.agent("review")),
    }
    stack = examples.stack("review-environments", engine, config)
    assert _ok(stack.run("preview")) == {"create"}
    _ok(stack.run("up"))
    path = f"projects/{lab.project.id}/environments"
    (environment,) = lab.root("GET", path)
    assert environment["name"] == "review/feature-jira-7-fix-login"
    assert environment["external_url"] == "https://feature-jira-7-fix-login.review.example.com"
    assert environment["kubernetes_namespace"] == "review-feature-jira-7-fix-login"
    assert _ok(stack.run("up")) == {"same"}
    _ok(stack.run("destroy"))
    assert lab.root("GET", path) == []


def test_many_projects(engine: str, examples: Examples) -> None:
    """Each project of the inventory has its agents and environments."""
    lab = examples.lab
    stack = examples.stack("many-projects", engine)
    file = stack.project / "projects.yaml"
    for example, project in (("acme/shop", lab.project), ("acme/depot", lab.other)):
        file.write_text(file.read_text().replace(f"{example}:", f"{project.path}:"))
    assert _ok(stack.run("preview")) == {"create"}
    _ok(stack.run("up"))
    for (path, agents), project in zip(
        yaml.safe_load(file.read_text()).items(), (lab.project, lab.other), strict=True
    ):
        assert path == project.path
        found = lab.root("GET", f"projects/{project.id}/cluster_agents")
        assert {each["name"] for each in found} == set(agents)
        environments = lab.root("GET", f"projects/{project.id}/environments")
        wanted = {name for agent in agents.values() for name in agent.get("environments", {})}
        assert {each["name"] for each in environments} == wanted
    _ends(stack, examples)


def test_migrate_certificate_clusters(engine: str, examples: Examples) -> None:
    """The existing cluster and environment are taken over, and the cluster goes last."""
    lab = examples.lab
    base = f"projects/{lab.project.id}"
    kubernetes = {"api_url": "https://k8s.example.com", "token": "canary-of-the-cluster"}
    lab.root(
        "POST", f"{base}/clusters/user", name="legacy", platform_kubernetes_attributes=kubernetes
    )
    old = lab.root("POST", f"{base}/environments", name="production")
    config = {
        "project": lab.project.path,
        "clusterName": "legacy",
        "clusterUrl": "https://k8s.example.com",
    }
    secrets = {"clusterToken": "canary-of-the-cluster"}
    stack = examples.stack("migrate-certificate-clusters", engine, config, secrets)

    def environment() -> dict[str, Any]:
        (found,) = lab.root("GET", f"{base}/environments")
        assert found["id"] == old["id"]
        return lab.root("GET", f"{base}/environments/{found['id']}")  # type: ignore[no-any-return] # JSON

    for step, clusters, agent in (
        ("adopt", 1, None),
        ("connect", 1, None),
        ("move", 1, "production"),
        ("remove", 0, "production"),
    ):
        stack.set_config("step", step)
        outcome = stack.run("up")
        assert "replace" not in _ok(outcome)
        assert "canary-of-the-cluster" not in outcome.text
        assert len(lab.root("GET", f"{base}/clusters")) == clusters, step
        assert (environment().get("cluster_agent") or {}).get("name") == agent, step
    assert environment()["kubernetes_namespace"] == "shop"
    _ends(stack, examples)

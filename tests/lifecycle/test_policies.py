"""The policy pack on both engines, with a stack that violates every rule."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.adapters import Adapter
from tests.lifecycle.conftest import new_stack
from tests.lifecycle.engines import Outcome, Stack, Violation, ref
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import (
    agent,
    cluster,
    configuration,
    environment,
    token,
    url_configuration,
)
from tests.policy.pem import certificate, key

from pulumi_gitlab_kubernetes.policy.audit.report import audit
from pulumi_gitlab_kubernetes.policy.audit.state import read
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.folder import write
from pulumi_gitlab_kubernetes.policy.rule import Level, Rule, Scope
from pulumi_gitlab_kubernetes.policy.rules import BY_NAME, RULES
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_PLUGIN = "pulumi-resource-gitlab-kubernetes"
_CANARY = "canary-of-the-cluster"
_STRICT = {
    "agent-count": {"maximum": 1},
    "agent-name": {"pattern": "^eu-"},
    "token-age": {"maximumDays": 1e-9},
}
_ADMINISTRATOR = {"username": "deployer", "groups": ["system:masters"]}
_LENIENT = {
    "all": "disabled",
    "environment-namespace": "mandatory",
    "environment-https": "remediate",
    "production-force-stop": "remediate",
}


class Story:
    """A stack that is deployed without policies, and then with them."""

    def __init__(self, lab: Lab, stack: Stack) -> None:
        self.lab = lab
        self._stack = stack
        there = _deployed(lab.project.path)
        self.first = self._run(there, "strict")
        self.deployed = self._run(there, "disabled")
        self._set_auto_stop("production")
        described = _deployed(lab.project.path, description="another")
        self.described = self._run(described, "strict")
        self.export = json.dumps({"version": 3, "deployment": stack.deployment()})
        self.preview = self._run([*there, *_new(lab)], "strict")
        self._leave_the_environment()
        there = _deployed(lab.project.path, namespace="shop")
        self.remediated = self._run([*there, *_newer(lab)], "lenient")

    def _run(self, declared: list[dict[str, Any]], policies: str) -> Outcome:
        match policies:
            case "strict":
                self._stack.check_policies(write(), _STRICT)
                return self._stack.preview(*declared)
            case "lenient":
                self._stack.check_policies(write(), _LENIENT)
            case _:
                self._stack.check_policies(write(), {"all": "disabled"})
        return self._stack.up(*declared)

    def _set_auto_stop(self, name: str) -> None:
        """Set an output in the state that GitLab CI would set in GitLab."""
        deployment = self._stack.deployment()
        for each in deployment["resources"]:
            if each["urn"].endswith(f"::{name}"):
                each["outputs"][self._stack.adapter.in_state("auto_stop_at")] = (
                    "2030-01-01T00:00:00.000Z"
                )
        self._stack.import_({"version": 3, "deployment": deployment})

    def _leave_the_environment(self) -> None:
        """Remove the virtual environment from PATH; Pulumi.yaml names it instead.

        Users who have installed the plugin need not have it on PATH either.
        """
        alone = self._stack.directory / "plugins"
        alone.mkdir()
        (alone / _PLUGIN).symlink_to(Path(sys.executable).with_name(_PLUGIN))
        programs = [shutil.which(name) for name in ("pulumi", "sh")]
        found = [str(Path(program).parent) for program in programs if program]
        self._stack.environ["PATH"] = os.pathsep.join([str(alone), *found])
        options = f"{{virtualenv: {sys.prefix}}}"
        runtime = f"name: lifecycle\nruntime: {{name: python, options: {options}}}\n"
        (self._stack.project / "Pulumi.yaml").write_text(runtime)

    def environment(self, name: str) -> dict[str, Any] | None:
        """Return an environment in GitLab."""
        path = f"projects/{self.lab.project.id}/environments"
        found: list[dict[str, Any]] = self.lab.root("GET", path)
        return next((each for each in found if each["name"] == name), None)


def _deployed(project: str, namespace: str = "default", **given: Any) -> list[dict[str, Any]]:
    """Describe resources with violations that only exist once they are deployed."""
    url = "http://shop.example.com"
    more: dict[str, Any] = {"external_url": url, "force_stop": True, **given}
    return [
        agent(project),
        token(project),
        environment(project, "production", kubernetes_namespace=namespace, **more),
    ]


def _new(lab: Lab) -> list[dict[str, Any]]:
    """Describe resources that violate all other rules; GitLab would reject some of them."""
    project = lab.project.path
    expired = certificate(begins=-9, ends=-2, key="RSA-1024")
    soon = certificate(ends=9)
    return [
        agent(project, "idle"),
        agent(lab.other.path, "elsewhere"),
        token(project, "second"),
        url_configuration(
            project, url="grpc://10.0.0.1:80", client_cert=expired, client_key=key("RSA-1024")
        ),
        url_configuration(
            project,
            "soon",
            agent_id=ref("idle.agent_id"),
            client_cert=soon,
            client_key=key("Ed25519"),
        ),
        configuration(
            project,
            ci_access={
                "instance": {},
                "groups": [{"id": "acme", "access_as": {"impersonate": {"username": "root"}}}],
                "projects": [{"id": project, "access_as": {"impersonate": _ADMINISTRATOR}}],
            },
            user_access={"access_as": {"agent": {}}, "groups": [{"id": "acme"}]},
        ),
        cluster(
            project,
            "everywhere",
            kubernetes_api_url="http://127.0.0.1",
            kubernetes_authorization_type="abac",
            kubernetes_token=_CANARY,
        ),
        cluster(project, "reviews", environment_scope="review/*", kubernetes_ca_cert=expired),
        cluster(project, "fix", environment_scope="*/fix", kubernetes_ca_cert=soon),
        environment(project, "live", cluster_agent_id=None, kubernetes_namespace=None),
        environment(project, "my-review"),
        environment(project, "the-same-place"),
        environment(project, "far", cluster_agent_id=ref("elsewhere.agent_id")),
    ]


def _newer(lab: Lab) -> list[dict[str, Any]]:
    """Describe a resource that is remediated, and one that is stopped."""
    project = lab.project.path
    after = {"depends_on": ["web"]}
    return [
        environment(project, "web", external_url="http://web.example.com"),
        environment(project, "system", kubernetes_namespace="kube-system", opts=after),
    ]


@pytest.fixture(scope="module")
def story(
    engine: str, adapter: Adapter, simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> Story:
    """The stack and its outcomes, created once for all tests."""
    lab = Lab(simulator)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        directory = tmp_path_factory.mktemp(engine) / "stack"
        return Story(lab, new_stack(engine, adapter, directory, lab))


def _violations(outcome: Outcome) -> list[Violation]:
    """Return the violations, without policies that could not be evaluated."""
    return [each for each in outcome.violations if "can't run policy" not in each.message]


def test_disabled_rules_report_nothing(story: Story) -> None:
    """`all` sets the level of all rules."""
    assert story.deployed.ok, story.deployed.text
    assert story.deployed.violations == ()


def test_a_preview_reports_every_violation(story: Story) -> None:
    """With the level of the rule, the problem and the remediation."""
    served = [rule for rule in RULES if rule.scope is not Scope.STATE]
    assert {each.policy for each in _violations(story.preview)} == {rule.name for rule in served}
    for each in _violations(story.preview):
        rule: Rule = BY_NAME[each.policy]
        assert each.level == rule.level.value
        assert each.message.startswith(f"{rule.description}\n")
        assert each.message.rstrip().endswith(f"{rule.remediation} See {rule.docs}")
        assert each.policy in story.preview.text


def test_a_mandatory_violation_fails_the_preview(story: Story) -> None:
    """After all violations are reported."""
    assert not story.preview.ok
    assert "preview failed" in story.preview.text
    assert any(each.level == Level.MANDATORY.value for each in story.preview.violations)


def test_a_violation_names_its_resource(story: Story) -> None:
    """Also for rules about the whole stack."""
    found = {(each.policy, each.name) for each in _violations(story.preview)}
    assert {
        ("cluster-no-abac", "everywhere"),
        ("cluster-scopes-apart", "reviews"),
        ("agent-token", "elsewhere"),
        ("token-one-per-agent", "token"),
        ("token-age", "token"),
        ("url-configuration-key", "url"),
        ("production-auto-stop", "production"),
        ("environment-agent-project", "far"),
    } <= found


def test_an_audit_of_the_export_finds_the_same(story: Story) -> None:
    """Except for violations that the new resources in the preview cause."""
    report = audit(read(story.export), Configuration(_STRICT))
    found = {(each.rule.name, each.resource.label) for each in report.violations}
    previewed = {(each.policy, each.name) for each in _violations(story.preview)}
    assert found == {
        *(("agent-name", "agent"), ("token-age", "token"), ("token-description", "token")),
        *(("token-rotation", "token"), ("production-auto-stop", "production")),
        *(("production-force-stop", "production"), ("production-protect", "production")),
        *(("environment-namespace", "production"), ("environment-https", "production")),
    }
    assert found < previewed
    assert report.unevaluated == ()


@pytest.mark.parametrize("name", ["first", "described", "preview"])
def test_outputs_that_a_preview_does_not_have_are_not_reported(story: Story, name: str) -> None:
    """Such as the age of a new token; `up` evaluates them."""
    outcome: Outcome = getattr(story, name)
    policies = {each.policy for each in outcome.violations}
    assert "environment-namespace" in policies  # It was evaluated.
    assert "can't run" not in outcome.text
    assert len({(each.policy, each.name, each.message) for each in outcome.violations}) == len(
        outcome.violations
    )


def test_no_secret_is_shown(story: Story) -> None:
    """Although the pack receives them in plain text."""
    for outcome in (story.preview, story.remediated):
        shown = f"{outcome.text}{outcome.violations}"
        assert _CANARY not in shown
        assert not [line for line in key("RSA-1024").splitlines()[1:-1] if line in shown]


def test_a_mandatory_rule_stops_the_resource_in_an_update(story: Story) -> None:
    """Also if the virtual environment is not active: the pack names its interpreter."""
    assert not story.remediated.ok
    (found,) = _violations(story.remediated)
    assert (found.policy, found.name) == ("environment-namespace", "system")
    assert story.environment("system") is None


def test_inputs_are_remediated_before_the_diff(story: Story) -> None:
    """GitLab only sees the corrected value."""
    created = story.environment("web")
    assert created is not None, story.remediated.text
    assert created["external_url"] == "https://web.example.com"
    assert "- [remediate]  environment-https  (2 resources)" in story.remediated.text

"""Clusters that are registered with their kubeconfig."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest
from tests.lifecycle.engines import Stack
from tests.lifecycle.gitlab import Lab, path_of

DATA = Path(__file__).parents[1] / "kubeconfig" / "data"
GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "certificate-clusters.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
TOKEN = "eyJhbGciOiJSUzI1NiJ9.made.up"
UNKNOWN_TOKEN = """
environment = ProjectEnvironment("environment", project="acme/shop", name="token-of-service")
kubeconfig = pulumi.Config().require_secret("kubeconfig")
connection = connection_from_kubeconfig(kubeconfig, token=environment.slug)
ProjectCluster(
    "cluster",
    project="acme/shop",
    name="cluster",
    kubernetes_api_url="https://k8s.example.com:6443",
    kubernetes_ca_cert=connection["kubernetes_ca_cert"],
    kubernetes_token=connection["kubernetes_token"],
)
"""


def _write(stack: Stack, lab: Lab, text: str, kubeconfig: str) -> None:
    """Write a program, and set the kubeconfig."""
    text = text.replace("acme/shop", lab.project.path)
    text = text.replace("from pulumi_gitlab_kubernetes ", f"from {stack.package} ")
    (stack.project / "__main__.py").write_text(text)
    stack.set_config("lifecycle:kubeconfig", (DATA / kubeconfig).read_text())


def test_the_program_of_the_guide_registers_a_cluster(stack: Stack, lab: Lab) -> None:
    """Without its token in the state in plain text; URL and certificates are not secret."""
    _write(stack, lab, PROGRAMS[0], "service-account-token.yaml")
    outcome = stack.up()
    assert outcome.ok, outcome.text
    found = stack.resources()["production"]
    assert found["outputs"]["kubernetes_api_url"] == "https://k8s.example.com:6443"
    assert found["outputs"]["kubernetes_ca_cert"] == (DATA / "ca.crt").read_text()
    assert not [path for path, content in stack.files().items() if TOKEN.encode() in content]
    assert TOKEN not in outcome.text
    shown = stack.resources(show_secrets=True)["production"]["inputs"]["kubernetes_token"]
    assert json.loads(shown["plaintext"]) == TOKEN
    at_gitlab = lab.get(path_of("ProjectCluster", found["id"]))
    assert at_gitlab
    assert at_gitlab["platform_kubernetes"]["api_url"] == "https://k8s.example.com:6443"
    for again in (stack.refresh(), stack.up()):
        assert again.ok, again.text
        assert {step.op for step in again.steps} == {"same"}


def test_an_unusable_kubeconfig_is_one_line(stack: Stack, lab: Lab) -> None:
    """As in the guide, and without a traceback. Nothing is registered."""
    _write(stack, lab, PROGRAMS[0], "eks-pulumi.json")
    for run in (stack.preview, stack.up):
        outcome = run()
        assert not outcome.ok
        (line,) = re.findall(r"```text\nerror: (.*?)\n```", GUIDE)
        assert line in outcome.text
        assert "Traceback" not in outcome.text
    assert lab.resources() == set()


def test_a_token_can_come_from_the_same_stack(stack: Stack, lab: Lab) -> None:
    """A preview does not know it, and checks the kubeconfig all the same.

    GitLab rejects the loopback address of the kubeconfig, so the program replaces it.
    """
    imports = "import pulumi\nfrom pulumi_gitlab_kubernetes import ProjectCluster, "
    program = f"{imports}ProjectEnvironment, connection_from_kubeconfig\n{UNKNOWN_TOKEN}"
    _write(stack, lab, program, "kind.yaml")
    for run in (stack.preview, stack.up):
        outcome = run()
        assert outcome.ok, outcome.text
        (warning,) = [
            message.text
            for message in outcome.messages
            if message.severity == "warning" and "kubeconfig" in message.text
        ]
        assert warning.startswith('kubeconfig cluster "kind-shop" has a loopback address')
    shown = stack.resources(show_secrets=True)["cluster"]["inputs"]["kubernetes_token"]
    assert json.loads(shown["plaintext"]).startswith("token-of-service")


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_guides_programs_are_python(program: str) -> None:
    """Those that need a cloud only compile here."""
    compile(textwrap.dedent(program), "guide", "exec")

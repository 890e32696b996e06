"""The component `GitLabAgent`, with the children of each adapter and declared by the plugin."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.adapters import DYNAMIC, NATIVE, REMOTE
from tests.lifecycle.certificates import CERTIFICATE, KEY
from tests.lifecycle.conftest import Configured
from tests.lifecycle.engines import Stack, ref, resource
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import agent, environment, token
from tests.support import pond

from pulumi_gitlab_kubernetes.policy.audit.report import audit
from pulumi_gitlab_kubernetes.policy.audit.state import read
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.folder import write

pytestmark = pytest.mark.only(DYNAMIC, NATIVE, REMOTE)

_SECRET = {"secret_name": "agent-token", "namespace": "gitlab-agent"}


def _component(lab: Lab, name: str = "prod", **changes: Any) -> dict[str, Any]:
    """Describe a component with an environment."""
    given = {
        "project": lab.project.path,
        "name": name,
        "environments": {"live": {"tier": "production", "kubernetes_namespace": "shop"}},
        **changes,
    }
    return resource("GitLabAgent", name, **given)


def _exports(name: str = "prod") -> dict[str, Any]:
    return {
        each: ref(f"{name}.{each}")
        for each in ("agent_id", "token", "helm_values", "secret_manifest")
    }


def _outputs(stack: Stack) -> dict[str, Any]:
    """Return the outputs of the stack in plain text."""
    root = next(
        each
        for each in stack.resources(show_secrets=True).values()
        if each["type"] == "pulumi:pulumi:Stack"
    )
    return {name: _plain(value) for name, value in root["outputs"].items()}


def _plain(value: Any) -> Any:
    match value:
        case {"plaintext": text}:
            return json.loads(text)
        case dict():
            return {key: _plain(each) for key, each in value.items()}
    return value


def _resources(stack: Stack) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the resources in the state by kind and name."""
    return {
        (each["type"].rpartition(":")[2], each["urn"].rpartition("::")[2]): each
        for each in stack.deployment()["resources"]
    }


def _ids(stack: Stack) -> set[str]:
    """Return the IDs of the resources in GitLab."""
    return {
        each["id"]
        for each in stack.deployment()["resources"]
        if each["custom"] and not each["type"].startswith("pulumi:")
    }


def _writes(lab: Lab) -> list[str]:
    return [call.method for call in lab.calls() if call.method != "GET"]


def test_it_is_created_and_destroyed_with_its_children(stack: Stack, lab: Lab) -> None:
    """The second run changes nothing, and a refresh finds no drift."""
    component = _component(lab)
    assert stack.preview(component).ok
    outcome = stack.up(component, **_exports())
    assert outcome.ok, outcome.text

    found = _outputs(stack)
    number = found["agent_id"]
    made = lab.get(f"projects/{lab.project.id}/cluster_agents/{int(number)}")
    assert made
    assert made["name"] == "prod"
    address = lab.url.replace("http", "ws", 1) + "/-/kubernetes-agent/"
    assert found["helm_values"] == {"config": {"kasAddress": address, "token": found["token"]}}
    assert found["token"].startswith("glagent-")
    assert found.get("secret_manifest") is None
    (listed,) = lab.root("GET", f"projects/{lab.project.id}/environments")
    live = lab.get(f"projects/{lab.project.id}/environments/{listed['id']}")
    assert live
    assert live["cluster_agent"]["id"] == number
    assert live["tier"] == "production"

    lab.calls()
    again = stack.up(component, **_exports())
    assert again.ok, again.text
    assert {step.op for step in again.steps} == {"same"}
    assert _writes(lab) == []
    assert {step.op for step in stack.refresh().steps} <= {"same", "refresh"}
    assert stack.destroy().ok
    assert not lab.resources()


def test_the_address_of_kas_is_that_of_the_connection(configured: Configured, lab: Lab) -> None:
    """Or of the explicit provider, which has the settings of the connection."""
    other = lab.url.replace("127.0.0.1", "localhost")
    stack = configured(
        {"baseUrl": lab.url, "other:baseUrl": other},
        {"token": lab.token, "other:token": lab.token},
    )
    outcome = stack.up(_component(lab, connection="other", **_SECRET), **_exports())
    assert outcome.ok, outcome.text
    address = other.replace("http", "ws", 1) + "/-/kubernetes-agent/"
    assert _outputs(stack)["helm_values"]["config"]["kasAddress"] == address


def test_no_secret_is_in_plain_text(stack: Stack, lab: Lab) -> None:
    """Neither in the state nor in what the engine prints."""
    outcome = stack.up(_component(lab, **_SECRET), **_exports())
    assert outcome.ok, outcome.text
    found = _outputs(stack)
    written = json.dumps(stack.deployment())
    assert found["token"] not in written
    assert found["token"] not in outcome.text
    # Without the token, the values are readable in a preview of the Helm release.
    assert '"kasAddress"' in written
    assert found["secret_manifest"]["stringData"] == {"token": found["token"]}
    assert found["secret_manifest"]["metadata"]["namespace"] == "gitlab-agent"


def _alone(lab: Lab) -> list[dict[str, Any]]:
    """Describe the resources of the component without it, with the same names."""
    project = lab.project.path
    return [
        agent(project, "prod"),
        token(project, "prod", agent_id=ref("prod.agent_id")),
        environment(project, "live", cluster_agent_id=ref("prod.agent_id"), tier="production"),
    ]


def test_existing_resources_are_taken_over(stack: Stack, lab: Lab) -> None:
    """Those with the names of the children, or of an environment in GitLab."""
    first = stack.up(*_alone(lab))
    assert first.ok, first.text
    before = _ids(stack)
    lab.calls()

    outcome = stack.up(_component(lab))

    assert outcome.ok, outcome.text
    assert _writes(lab) == []
    assert _ids(stack) == before
    assert {step.op for step in outcome.steps} == {"same", "create"}
    assert [step.name for step in outcome.steps if step.op == "create"] == ["prod"]
    parents = {each.get("parent", "") for each in _resources(stack).values() if each["custom"]}
    assert any(parent.endswith(":GitLabAgent::prod") for parent in parents)
    assert {step.op for step in stack.up(_component(lab)).steps} == {"same"}


@pytest.mark.only(NATIVE, REMOTE)
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "in a component"])
def test_dynamic_resources_are_taken_over(stack: Stack, lab: Lab, *, alone: bool) -> None:
    """When the import of the program changes."""
    native, stack.package = stack.package, DYNAMIC.package
    first = stack.up(*(_alone(lab) if alone else [_component(lab)]))
    assert first.ok, first.text
    before = _ids(stack)
    lab.calls()
    stack.package = native

    outcome = stack.up(_component(lab))

    assert outcome.ok, outcome.text
    assert _writes(lab) == []
    assert _ids(stack) == before
    again = stack.up(_component(lab))
    assert {step.op for step in again.steps} == {"same", "update"}  # The state is rewritten.
    assert _writes(lab) == []
    assert _ids(stack) == before


@pytest.fixture
def cluster(stack: Stack, tmp_path: Path) -> Stack:
    """A stack whose program also has resources in a cluster."""
    folder, things = tmp_path / "plugins", tmp_path / "things"
    folder.mkdir()
    things.mkdir()
    plugin = folder / "pulumi-resource-pond"
    run = f"import runpy; runpy.run_path({pond.__file__!r}, run_name='__main__')"
    plugin.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{run}" "$@"\n')
    plugin.chmod(0o755)
    stack.environ["PATH"] = f"{folder}{os.pathsep}{stack.environ['PATH']}"
    stack.environ["THINGS"] = str(things)
    return stack


def _in_cluster(lab: Lab, trigger: str = "1", **changes: Any) -> list[dict[str, Any]]:
    """Describe a cluster with the Secret and the Helm release of an agent, as the guide does."""
    after: dict[str, Any] = {"depends_on": ["cluster"]}
    return [
        resource("cluster.Thing", "cluster"),
        _component(
            lab,
            **{**_SECRET, "rotation_triggers": {"quarter": trigger}, "opts": after, **changes},
        ),
        resource("cluster.Thing", "secret", manifest=ref("prod.secret_manifest"), opts=after),
        resource(
            "cluster.Thing",
            "release",
            values=ref("prod.helm_values"),
            opts={"depends_on": ["cluster", "secret"]},
        ),
    ]


def test_a_rotation_restarts_the_agent(cluster: Stack, lab: Lab) -> None:
    """First the new token, then the Secret, the Helm release, and last the old one is revoked."""
    assert cluster.up(*_in_cluster(lab), **_exports()).ok
    old = _outputs(cluster)

    preview = cluster.preview(*_in_cluster(lab, "2"))
    assert preview.ok, preview.text
    assert preview.ops("release") == ["update"]
    assert preview.ops("secret") == ["update"]
    outcome = cluster.up(*_in_cluster(lab, "2"), **_exports())

    assert outcome.ok, outcome.text
    steps = [(step.name, step.op) for step in outcome.steps if step.op not in ("same", "replace")]
    assert steps == [
        ("prod", "create-replacement"),
        ("secret", "update"),
        ("release", "update"),
        ("prod", "delete-replaced"),
    ]
    new = _outputs(cluster)
    assert new["token"] != old["token"]
    assert new["secret_manifest"]["stringData"] == {"token": new["token"]}
    ids = [each["helm_values"]["podAnnotations"] for each in (old, new)]
    assert ids[0] != ids[1]
    assert {step.op for step in cluster.up(*_in_cluster(lab, "2"), **_exports()).steps} == {"same"}


def test_environments_are_deleted_before_the_cluster(cluster: Stack, lab: Lab) -> None:
    """One that is declared after the Helm release is stopped while the agent still runs."""
    project = lab.project.path
    after = {"depends_on": ["release"]}
    review = environment(project, "review", cluster_agent_id=ref("prod.agent_id"), opts=after)
    assert cluster.up(*_in_cluster(lab), review).ok
    outcome = cluster.destroy()
    assert outcome.ok, outcome.text
    order = [step.name for step in outcome.steps if step.op == "delete"]
    assert order.index("review") < order.index("release") < order.index("cluster")
    # The children of the component have its dependencies.
    assert order.index("prod-live") < order.index("cluster")
    assert not lab.resources()


def test_a_receptive_agent_needs_no_address(stack: Stack, lab: Lab) -> None:
    """GitLab authenticates with a JWT, whose public key has no line break in the values."""
    receptive = {"url": "grpcs://agent.example.com:443", "tls_host": "agent.test"}
    component = _component(lab, receptive=receptive, environments=None)
    outcome = stack.up(component, **_exports())
    assert outcome.ok, outcome.text
    found = _outputs(stack)
    configuration = _resources(stack)[("ClusterAgentUrlConfiguration", "prod")]
    name = stack.adapter.in_state("public_key")
    public_key = configuration["outputs"][name]
    assert public_key.endswith("\n")
    assert found["helm_values"]["config"] == {
        "token": found["token"],
        "receptive": {"enabled": True},
        "api": {"jwtPublicKey": public_key.strip()},
    }
    again = stack.up(component, **_exports())
    assert {step.op for step in again.steps} == {"same"}
    assert stack.destroy().ok
    assert not lab.resources()


def test_a_client_certificate_is_warned_of(stack: Stack, lab: Lab) -> None:
    """GitLab's chart does not fully support it."""
    receptive = {
        "url": "grpcs://agent.example.com:443",
        "client_cert": CERTIFICATE,
        "client_key": {"$secret": KEY},
    }
    outcome = stack.up(_component(lab, receptive=receptive, environments=None))
    assert outcome.ok, outcome.text
    (warning,) = (
        each.text for each in outcome.messages if each.severity == "warning" and "mTLS" in each.text
    )
    assert "gitlab-agent/-/issues/64" in warning
    assert KEY.splitlines()[1] not in f"{outcome.text}{json.dumps(stack.deployment())}"


def test_policies_see_the_children(stack: Stack, lab: Lab) -> None:
    """In previews, and in an audit of the state."""
    stack.check_policies(write(), {"agent-name": {"pattern": "^eu-"}})
    preview = stack.preview(_component(lab))
    found = {(each.policy, each.name) for each in preview.violations}
    assert {("agent-name", "prod"), ("token-description", "prod")} <= found
    assert ("production-protect", "prod-live") in found
    stack.check_policies(write(), {"all": "disabled"})
    assert stack.up(_component(lab)).ok
    export = json.dumps({"version": 3, "deployment": stack.deployment()})
    report = audit(read(export), Configuration({"agent-name": {"pattern": "^eu-"}}))
    audited = {(each.rule.name, each.resource.label) for each in report.violations}
    assert ("agent-name", "prod") in audited
    assert ("production-protect", "prod-live") in audited
    assert report.unevaluated == ()


def test_what_is_wrong_is_one_line(stack: Stack, lab: Lab) -> None:
    """On the line of the child, or of the component."""
    assert not stack.up(_component(lab, name="Prod")).ok
    error = stack.up(_component(lab, project="no/such")).error("prod")
    assert "project no/such does not exist" in error

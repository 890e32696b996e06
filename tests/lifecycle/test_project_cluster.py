"""The lifecycle of certificate-based clusters."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.certificates import CERTIFICATE, OTHER_CERTIFICATE, in_one_line
from tests.lifecycle.engines import Stack
from tests.lifecycle.fields import SecretFieldTests, UpdatableFieldTests
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import cluster
from tests.lifecycle.scenario import Args, Kind, Row, Then

_PLATFORM = "platform_kubernetes_attributes"


def _base(lab: Lab, name: str) -> Args:
    return {
        "project": lab.project.path,
        "name": name,
        "kubernetes_api_url": "https://k8s.example.com:6443",
        "kubernetes_token": "a-kubernetes-token",
        "environment_scope": f"{name}/*",
    }


def _boolean(name: str) -> Row:
    return Row(
        name,
        None,
        False,
        Then.UPDATE,
        drop=Then.UPDATE,
        default=True,
        cleared=True,
        response_key=name,
        outside={name: True},
        drifted=True,
    )


CLUSTER = Kind(
    class_="ProjectCluster",
    base=_base,
    rows=(
        Row("project", lambda lab: lab.project.path, lambda lab: lab.other.path, Then.REPLACE),
        Row(
            "name",
            "old name",
            "new name",
            Then.UPDATE,
            response_key="name",
            outside={"name": "theirs"},
            drifted="theirs",
        ),
        Row(
            "kubernetes_api_url",
            "https://old.example.com",
            "http://new.example.com:8080",
            Then.UPDATE,
            response_key="platform_kubernetes.api_url",
            outside={_PLATFORM: {"api_url": "https://theirs.example.com"}},
            drifted="https://theirs.example.com",
        ),
        Row("kubernetes_token", "old-token", "new-token", Then.UPDATE),
        Row(
            "kubernetes_ca_cert",
            CERTIFICATE.strip(),
            OTHER_CERTIFICATE.strip(),
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="platform_kubernetes.ca_cert",
            outside={_PLATFORM: {"ca_cert": CERTIFICATE.strip()}},
            drifted=CERTIFICATE.strip(),
        ),
        Row(
            "kubernetes_namespace",
            "old",
            "new",
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="platform_kubernetes.namespace",
            outside={_PLATFORM: {"namespace": "theirs"}},
            drifted="theirs",
        ),
        Row(
            "kubernetes_authorization_type",
            None,
            "abac",
            Then.DELETE_FIRST,
            drop=Then.DELETE_FIRST,
            default="rbac",
            cleared="rbac",
            response_key="platform_kubernetes.authorization_type",
        ),
        Row(
            "environment_scope",
            "old/*",
            "new/*",
            Then.UPDATE,
            drop=Then.UPDATE,
            default="*",
            cleared="*",
            response_key="environment_scope",
            outside={"environment_scope": "theirs/*"},
            drifted="theirs/*",
        ),
        Row(
            "domain",
            "old.example.com",
            "new.example.com",
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="domain",
            outside={"domain": "theirs.example.com"},
            drifted="theirs.example.com",
        ),
        Row(
            "management_project_id",
            lambda lab: lab.other.id,
            lambda lab: lab.project.id,
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="management_project.id",
            outside={"management_project_id": lambda lab: lab.other.id},
            drifted=lambda lab: lab.other.id,
        ),
        _boolean("enabled"),
        _boolean("managed"),
        _boolean("namespace_per_environment"),
        Row("connection", None, "other", Then.MOVE, drop=Then.MOVE, default="gitlab"),
        Row("adopt_existing", None, True, Then.STATE_ONLY, drop=Then.STATE_ONLY, default=False),
    ),
    carriers=("domain", "kubernetes_namespace"),
    always_sent=frozenset({"namespace_per_environment"}),
)


class TestFields(UpdatableFieldTests, SecretFieldTests):
    """Each field of a certificate-based cluster."""

    kind = CLUSTER


def test_white_space_is_no_change(stack: Stack, lab: Lab) -> None:
    """Outer white space in scope, URL and token, and any in a certificate."""
    plain = {"kubernetes_ca_cert": CERTIFICATE, "environment_scope": "legacy/*"}
    spaced = {
        "kubernetes_ca_cert": in_one_line(CERTIFICATE),
        "environment_scope": " legacy/* ",
        "kubernetes_api_url": " https://k8s.example.com ",
        "kubernetes_token": " a-kubernetes-token\n",
    }
    first, second = (
        cluster(lab.project.path, "one", **plain),
        cluster(lab.other.path, "two", **spaced),
    )
    assert stack.up(first, second).ok
    lab.calls()
    respelling = (
        cluster(lab.project.path, "one", **spaced),
        cluster(lab.other.path, "two", **plain),
    )
    for outcome in (stack.refresh(), stack.up(first, second), stack.up(*respelling)):
        assert outcome.ok, outcome.text
        assert {step.op for step in outcome.steps} == {"same"}
        assert stack.resources()["two"]["outputs"]["environment_scope"] == " legacy/* "
    assert {call.method for call in lab.calls()} == {"GET"}


def test_an_update_keeps_the_settings(stack: Stack, lab: Lab) -> None:
    """Also the one that GitLab resets if an update does not send it."""
    off: dict[str, Any] = dict.fromkeys(("enabled", "managed", "namespace_per_environment"), False)
    assert stack.up(cluster(lab.project.path, **off)).ok
    outcome = stack.up(cluster(lab.project.path, **off, domain="example.com"))
    assert outcome.ok, outcome.text
    found = lab.get(path_of("ProjectCluster", stack.resources()["cluster"]["id"]))
    assert found
    assert {name: found[name] for name in off} == off
    assert stack.refresh().ops("cluster") == ["same"]


def test_a_setting_that_gitlab_ignores_is_an_error(stack: Stack, lab: Lab) -> None:
    """GitLab responds with 200 and changes nothing. The state has GitLab's value."""
    assert stack.up(cluster(lab.project.path)).ok
    path = path_of("ProjectCluster", stack.resources()["cluster"]["id"])
    fault = {"method": "PUT", "path": f"{path}$", "status": 200, "body": lab.get(path)}
    lab.simulator.faults(fault)
    changed = cluster(lab.project.path, managed=False)
    failed = stack.up(changed)
    error = failed.error("cluster")
    assert "managed cannot be changed on this GitLab" in error
    assert "delete_before_replace=True" in error
    assert stack.resources()["cluster"]["outputs"]["managed"] is True
    repaired = stack.up(changed)
    assert repaired.ok, repaired.text
    assert repaired.ops("cluster") == ["update"]
    assert stack.resources()["cluster"]["outputs"]["managed"] is False
    found = lab.get(path)
    assert found
    assert found["managed"] is False


def test_a_forced_replacement_needs_delete_before_replace(stack: Stack, lab: Lab) -> None:
    """The engine creates first by default. The error says which option to set."""
    declared = cluster(lab.project.path)
    assert stack.up(declared).ok
    old = stack.resources()["cluster"]["id"]
    stack.taint("cluster")
    error = stack.up(declared).error("cluster")
    assert 'environment_scope "*" is already used by cluster' in error
    assert "delete_before_replace=True" in error
    assert stack.resources()["cluster"]["id"] == old
    outcome = stack.up(cluster(lab.project.path, opts={"delete_before_replace": True}))
    assert outcome.ok, outcome.text
    assert outcome.ops("cluster") == Then.DELETE_FIRST.ops
    assert stack.resources()["cluster"]["id"] != old
    assert lab.resources() == {path_of("ProjectCluster", stack.resources()["cluster"]["id"])}


def test_the_deprecation_is_logged_once(stack: Stack, lab: Lab) -> None:
    """As a warning of the cluster."""
    outcome = stack.preview(cluster(lab.project.path))
    (warning,) = [
        message
        for message in outcome.messages
        if message.severity == "warning" and "from $PATH" not in message.text
    ]
    assert warning.name == "cluster"
    assert "deprecated" in warning.text

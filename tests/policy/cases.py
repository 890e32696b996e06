"""For each rule: resources that comply, that violate it, and that it cannot evaluate yet.

Every text that may be a secret contains the word `canary`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.policy.pem import SHA1, certificate

from pulumi_gitlab_kubernetes.policy.kinds import (
    ClusterAgent,
    ClusterAgentConfiguration,
    ClusterAgentToken,
    ClusterAgentUrlConfiguration,
    ProjectCluster,
    ProjectEnvironment,
)
from pulumi_gitlab_kubernetes.policy.model import Hidden, Resource, Stored

UNKNOWN = Hidden.UNKNOWN
SECRET_MARKER = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
"""What marks an object as a secret, in a state and on the wire."""
_TOKEN = "glagent-" + "canary-" * 7


@dataclass(frozen=True)
class Cases:
    """Resources for one rule.

    Args:
        passing: Stacks without a violation.
        failing: Stacks in which one resource violates the rule.
        unknown: Stacks in which one resource cannot be evaluated; none if the rule reads nothing.
        parameters: The arguments of the rule's check that differ from the defaults.
    """

    passing: Sequence[Sequence[Resource]]
    failing: Sequence[Sequence[Resource]]
    unknown: Sequence[Sequence[Resource]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


def _cluster(label: str = "cluster", **values: Any) -> ProjectCluster:
    given = {
        "project": "canary/shop",
        "name": "canary",
        "kubernetes_api_url": "https://canary.example.com",
    }
    return ProjectCluster(label, {**given, **values}, urn=f"urn::{label}")


def _agent(label: str = "agent", /, *, created: bool = True, **values: Any) -> ClusterAgent:
    given = {"project": "canary/shop", "name": "canary", "agent_id": 1.0 if created else None}
    return ClusterAgent(label, {**given, **values}, urn=f"urn::{label}", created=created)


def _token(
    label: str = "token",
    /,
    *,
    of: str = "",
    created: bool = True,
    published: bool = False,
    **values: Any,
) -> ClusterAgentToken:
    given = {"project": "canary/shop", "name": "canary", "agent_id": UNKNOWN if of else 1.0}
    return ClusterAgentToken(
        label,
        {**given, **values},
        urn=f"urn::{label}",
        created=created,
        published=published,
        sources={"agent_id": [f"urn::{of}"]} if of else {},
    )


def _configuration(url: str | Hidden = "grpcs://canary.example.com", **values: Any) -> Resource:
    given = {"project": "canary/shop", "agent_id": 1.0, "url": url}
    return ClusterAgentUrlConfiguration("url", {**given, **values}, urn="urn::url")


def _file(**values: Any) -> Resource:
    given = {"project": "canary/shop", "agent_name": "canary"}
    return ClusterAgentConfiguration("file", {**given, **values}, urn="urn::file")


def _ci(*groups: Any, **more: Any) -> list[Resource]:
    """Return a file with groups, or with projects."""
    return [_file(ci_access={**({"groups": list(groups)} if groups else {}), **more})]


def _environment(
    label: str = "environment",
    /,
    *,
    of: str = "",
    created: bool = True,
    protect: bool | Hidden = False,
    **values: Any,
) -> ProjectEnvironment:
    given: dict[str, Any] = {"project": "canary/shop", "name": "canary"}
    if of:
        given["cluster_agent_id"] = UNKNOWN
    return ProjectEnvironment(
        label,
        {**given, **values},
        urn=f"urn::{label}",
        created=created,
        protect=protect,
        sources={"cluster_agent_id": [f"urn::{of}"]} if of else {},
    )


def _days_ago(days: float) -> str:
    moment = dt.datetime.now(dt.timezone.utc) - dt.timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _secret(text: str) -> dict[str, str]:
    return {**SECRET_MARKER, "plaintext": f'"{text}"'}


_PROD: dict[str, Any] = {"tier": "production"}
_GUESSED: dict[str, Any] = {"name": "canary-prod"}
_GROUP = {"id": "canary/apps"}


def _as(username: str = "", **more: Any) -> dict[str, Any]:
    return {"impersonate": {"username": username, **more}}


_REVIEWS = {**_GROUP, "environments": ["review/*"]}
_UNKNOWN_FILES: list[Sequence[Resource]] = [
    [_file(ci_access=UNKNOWN)],
    [_file(additional_settings=UNKNOWN)],
    [_file(additional_settings={"ci_access": Hidden.SECRET})],
    _ci(UNKNOWN),
    _ci(groups=UNKNOWN),
]
_PLACE: dict[str, Any] = {"cluster_agent_id": 1.0, "kubernetes_namespace": "canary"}

CASES: Mapping[str, Cases] = {
    "cluster-deprecated": Cases(
        passing=[[_agent()]],
        failing=[[_cluster()], [_cluster(kubernetes_api_url=UNKNOWN, project=UNKNOWN)]],
    ),
    "cluster-no-abac": Cases(
        passing=[[_cluster()], [_cluster(kubernetes_authorization_type="rbac")]],
        failing=[[_cluster(kubernetes_authorization_type="abac")]],
        unknown=[[_cluster(kubernetes_authorization_type=UNKNOWN)]],
    ),
    "cluster-api-url-tls": Cases(
        passing=[[_cluster()], [_cluster(kubernetes_api_url=" HTTPS://canary.example.com")]],
        failing=[[_cluster(kubernetes_api_url="http://canary.example.com")]],
        unknown=[
            [_cluster(kubernetes_api_url=UNKNOWN)],
            [_cluster(kubernetes_api_url=Hidden.SECRET)],
        ],
    ),
    "cluster-api-url-public": Cases(
        passing=[[_cluster()], [_cluster(kubernetes_api_url="https://10.1.2.3/canary")]],
        failing=[
            [_cluster(kubernetes_api_url=f"https://{host}/canary")]
            for host in ("127.0.0.1", "192.168.1.1:6443", "[::1]", "localhost", "2130706433")
        ],
        unknown=[[_cluster(kubernetes_api_url=UNKNOWN)]],
        parameters={"allowed_hosts": ["10.0.0.0/8"]},
    ),
    "cluster-ca-certificate": Cases(
        passing=[
            [_cluster(kubernetes_ca_cert=certificate())],
            [_cluster(kubernetes_ca_cert=Hidden.SECRET)],
        ],
        failing=[[_cluster()], [_cluster(kubernetes_ca_cert="")]],
        unknown=[[_cluster(kubernetes_ca_cert=UNKNOWN)]],
    ),
    "cluster-ca-certificate-valid": Cases(
        passing=[[_cluster()], [_cluster(kubernetes_ca_cert=certificate())]],
        failing=[
            [_cluster(kubernetes_ca_cert=certificate(begins=-9, ends=-2))],
            [_cluster(kubernetes_ca_cert=certificate(begins=2))],
            [_cluster(kubernetes_ca_cert=certificate() + certificate(begins=-9, ends=-2))],
            [_cluster(kubernetes_ca_cert="canary")],
        ],
        unknown=[
            [_cluster(kubernetes_ca_cert=UNKNOWN)],
            [_cluster(kubernetes_ca_cert=Hidden.SECRET)],
        ],
    ),
    "cluster-ca-certificate-expiry": Cases(
        passing=[
            [_cluster()],
            [_cluster(kubernetes_ca_cert=certificate())],
            [_cluster(kubernetes_ca_cert=certificate(begins=-9, ends=-2))],
        ],
        failing=[[_cluster(kubernetes_ca_cert=certificate(ends=20))]],
        unknown=[[_cluster(kubernetes_ca_cert=UNKNOWN)]],
    ),
    "cluster-scope-wildcard": Cases(
        passing=[
            [_cluster()],
            [_cluster("a"), _cluster("b", project="canary/other")],
            [_cluster("a"), _cluster("b", connection="other")],
            [_cluster("a", environment_scope="a/*"), _cluster("b", environment_scope="b/*")],
            [_cluster(environment_scope=UNKNOWN)],
            [_cluster(project=UNKNOWN)],
        ],
        failing=[
            [_cluster("a"), _cluster("b", environment_scope="review/canary")],
            [_cluster("a", project_id=7.0), _cluster("b", project="7", environment_scope="b/*")],
            [_cluster("a", project_id=7.0), _cluster("b", environment_scope="b/*")],
            [
                _cluster("a", project=UNKNOWN, project_id=7.0),
                _cluster("b", project="7", environment_scope="b/*"),
            ],
        ],
        unknown=[
            [_cluster("a", environment_scope=UNKNOWN), _cluster("b", environment_scope="b")],
            [_cluster("a", project=UNKNOWN), _cluster("b", environment_scope="b")],
        ],
    ),
    "cluster-scopes-apart": Cases(
        passing=[
            [_cluster("a", environment_scope="a/*"), _cluster("b", environment_scope="b/*")],
            [_cluster("a", environment_scope="*"), _cluster("b", environment_scope="b/*")],
            [
                _cluster("a", environment_scope="canary"),
                _cluster("b", environment_scope="canary", project="canary/other"),
            ],
            [_cluster(environment_scope=UNKNOWN)],
        ],
        failing=[
            [_cluster("a", environment_scope="canary"), _cluster("b", environment_scope="canary")],
            [_cluster("a", environment_scope="can*"), _cluster("b", environment_scope="*ary")],
        ],
        unknown=[
            [_cluster("a", environment_scope="canary"), _cluster("b", environment_scope=UNKNOWN)],
            [_cluster("a", environment_scope=UNKNOWN), _cluster("b", environment_scope="canary")],
        ],
    ),
    "agent-count": Cases(
        passing=[
            [_agent()],
            [_agent(project=UNKNOWN)],
            [_agent("a"), _agent("b", project="canary/other")],
        ],
        failing=[[_agent("a"), _agent("b")]],
        unknown=[[_agent("a"), _agent("b", project=UNKNOWN)]],
        parameters={"maximum": 1},
    ),
    "agent-name": Cases(
        passing=[[_agent(name="eu-canary")]],
        failing=[[_agent()]],
        unknown=[[_agent(name=UNKNOWN)]],
        parameters={"pattern": "^eu-"},
    ),
    "agent-token": Cases(
        passing=[
            [_agent(), _token()],
            [_agent(), _configuration()],
            [_agent("new", created=False), _token(of="new")],
            [_agent("new", created=False), _token(of="new"), _token("other", agent_id=UNKNOWN)],
        ],
        failing=[
            [_agent()],
            [_agent(), _token(agent_id=2.0)],
            [_agent(), _token(connection="other")],
        ],
        unknown=[[_agent(), _token(agent_id=UNKNOWN)]],
    ),
    "agent-environment": Cases(
        passing=[
            [_agent(), _environment(**_PLACE)],
            [_agent("new", created=False), _environment(of="new")],
        ],
        failing=[[_agent()], [_agent(), _environment()]],
        unknown=[[_agent(), _environment(cluster_agent_id=UNKNOWN)]],
    ),
    "configuration-instance-access": Cases(
        passing=[[_file()], _ci(_GROUP), [_file(user_access={"groups": [_GROUP]})]],
        failing=[
            _ci(instance={}),
            _ci(_GROUP, instance={"canary": 1}),
            [_file(additional_settings={"ci_access": {"instance": {}}})],
            [_file(additional_settings={"user_access": {"instance": {}}}, ci_access={})],
        ],
        unknown=[[_file(ci_access=UNKNOWN)], _ci(instance=UNKNOWN)],
    ),
    "configuration-impersonation": Cases(
        passing=[
            _ci(_GROUP),
            _ci({**_GROUP, "access_as": {"ci_job": {}}}),
            _ci({**_GROUP, "access_as": {"impersonate": {"username": "canary"}}}),
            [_file(user_access={"access_as": {"user": {}}})],
        ],
        failing=[
            _ci({**_GROUP, "access_as": {"impersonate": {"username": "canary-admin"}}}),
            _ci(projects=[{"id": "a/b", "access_as": _as(groups=["x", "system:masters"])}]),
            [_file(additional_settings={"ci_access": {"groups": [{"access_as": _as("root")}]}})],
        ],
        unknown=[*_UNKNOWN_FILES, _ci({**_GROUP, "access_as": _as(groups=[UNKNOWN])})],
        parameters={"forbidden": ["system:masters", "canary-*", "root"]},
    ),
    "configuration-top-level-group": Cases(
        passing=[
            [_file()],
            _ci(_GROUP, projects=[{"id": "canary"}]),
            [_file(user_access={"groups": [{"id": "platform"}]})],
        ],
        failing=[
            _ci({"id": "canary"}),
            _ci({"id": "/canary/"}),
            [_file(user_access={"groups": [_GROUP, {"id": "canary"}]})],
        ],
        unknown=[*_UNKNOWN_FILES, _ci({"id": UNKNOWN})],
        parameters={"allowed_groups": ["platform"]},
    ),
    "configuration-environments": Cases(
        passing=[[_file()], _ci(_REVIEWS), [_file(user_access={"groups": [_GROUP]})]],
        failing=[
            _ci(_GROUP),
            _ci({**_GROUP, "environments": ["canary", "*"]}),
            _ci(projects=[{"id": "canary/shop", "environments": []}]),
        ],
        unknown=[*_UNKNOWN_FILES, _ci({**_GROUP, "environments": UNKNOWN})],
    ),
    "configuration-protected-branches": Cases(
        passing=[
            [_file()],
            _ci(_REVIEWS),
            _ci({**_GROUP, "protected_branches_only": True}),
        ],
        failing=[
            _ci(_GROUP),
            _ci({**_GROUP, "environments": ["canary", "production"]}),
            _ci({**_REVIEWS, "environments": ["prod/*"], "protected_branches_only": False}),
        ],
        unknown=[*_UNKNOWN_FILES, _ci({**_GROUP, "protected_branches_only": UNKNOWN})],
    ),
    "configuration-access-as": Cases(
        passing=[
            [_file()],
            _ci({**_GROUP, "access_as": {"ci_job": {}}}),
            [_file(user_access={"access_as": {"user": {}}, "groups": [_GROUP]})],
        ],
        failing=[
            _ci(_GROUP),
            _ci({**_GROUP, "access_as": {}}),
            [_file(user_access={"access_as": {"agent": {}}, "groups": [_GROUP]})],
            [_file(additional_settings={"user_access": {"groups": [_GROUP]}})],
        ],
        unknown=[*_UNKNOWN_FILES, _ci({**_GROUP, "access_as": UNKNOWN})],
    ),
    "token-description": Cases(
        passing=[[_token(description="canary")], [_token(description=Hidden.SECRET)]],
        failing=[[_token()]],
        unknown=[[_token(description=UNKNOWN)]],
    ),
    "token-age": Cases(
        passing=[
            [_token(created_at=_days_ago(80))],
            [_token(created_at=_days_ago(80)[:10])],
            [_token(created=False)],
            [_token(created=False, created_at=UNKNOWN)],
        ],
        failing=[[_token(created_at=_days_ago(100))], [_token(created_at=_days_ago(100)[:10])]],
        unknown=[[_token(created_at=Hidden.SECRET)]],
        parameters={"maximum_days": 90},
    ),
    "token-rotation": Cases(
        passing=[
            [_token(rotate_after_days=90.0)],
            [_token(rotation_triggers={"canary": "1"})],
            [_token(published=True)],
            [_token(rotate_after_days=UNKNOWN, rotation_triggers={"canary": "1"})],
        ],
        failing=[[_token()], [_token(rotation_triggers={})]],
        unknown=[
            [_token(rotate_after_days=UNKNOWN)],
            [_token(rotate_after_days=Hidden.NOT_IN_GITLAB)],
        ],
    ),
    "token-one-per-agent": Cases(
        passing=[
            [_token()],
            [_token("a"), _token("b", agent_id=2.0)],
            [_token("a", created_at=_days_ago(9)), _token("b", created_at=_days_ago(1))],
            [_token("a", created_at=_days_ago(9)), _token("b", created=False)],
            [_token("a", agent_id=UNKNOWN)],
            [_token("a", agent_id=None), _token("b", agent_id=None)],
        ],
        failing=[
            [_token("a", created_at=_days_ago(9)), _token("b", created_at=_days_ago(8))],
            [
                _agent("x", created=False),
                _token("a", of="x", created_at=_days_ago(9)),
                _token("b", of="x", created_at=_days_ago(8)),
            ],
        ],
        unknown=[[_token("a"), _token("b", agent_id=UNKNOWN)]],
        parameters={"rotation_days": 2},
    ),
    "token-exposed": Cases(
        passing=[
            [Stored("stack", {"outputs": {"values": {"token": _secret(_TOKEN)}, "canary": "-"}})],
            [Stored("stack", {"outputs": {"doc": "tokens begin with glagent-"}})],
        ],
        failing=[
            [Stored("stack", {"outputs": {"first": {"no": 1}, "token": _TOKEN}})],
            [Stored("stack", {"outputs": {"values": {"config": [{"x": f"a {_TOKEN} b"}]}}})],
            [Stored("stack", {"outputs": {"data": {"token": "Z2xhZ2VudC1jYW5hcnktY2FuYXJ5LWE="}}})],
            [Stored("stack", {"inputs": {_TOKEN: _TOKEN}})],
        ],
    ),
    "url-configuration-tls": Cases(
        passing=[[_configuration()]],
        failing=[[_configuration("grpc://canary.example.com")]],
        unknown=[[_configuration(UNKNOWN)]],
    ),
    "url-configuration-ca-certificate": Cases(
        passing=[
            [_configuration()],
            [_configuration("grpcs://canary.lan")],
            [_configuration("grpcs://10.1.2.3/canary", ca_cert=certificate())],
            [_configuration("grpcs://10.1.2.3/canary", ca_cert=Hidden.SECRET)],
            [_configuration(ca_cert=UNKNOWN)],
            [_configuration(UNKNOWN, ca_cert=certificate())],
        ],
        failing=[[_configuration("grpcs://canary.internal")]],
        unknown=[[_configuration("grpcs://10.1.2.3/canary", ca_cert=UNKNOWN)]],
        parameters={"allowed_hosts": ["*.lan"]},
    ),
    "url-configuration-certificate-valid": Cases(
        passing=[[_configuration()], [_configuration(client_cert=certificate())]],
        failing=[
            [_configuration(client_cert=certificate(begins=-9, ends=-2))],
            [_configuration(ca_cert=certificate(begins=2))],
        ],
        unknown=[[_configuration(client_cert=UNKNOWN)], [_configuration(ca_cert=Hidden.SECRET)]],
    ),
    "url-configuration-certificate-expiry": Cases(
        passing=[[_configuration()], [_configuration(client_cert=certificate())]],
        failing=[[_configuration(client_cert=certificate(ends=20))]],
        unknown=[[_configuration(client_cert=UNKNOWN)]],
    ),
    "url-configuration-key": Cases(
        passing=[
            [_configuration()],
            *([_configuration(client_cert=certificate(key=key))] for key in ("Ed25519", "P-256")),
            [_configuration(client_cert=certificate(key="RSA-2048"))],
            [_configuration(client_cert="canary")],
        ],
        failing=[
            *([_configuration(client_cert=certificate(key=key))] for key in ("RSA-1024", "P-192")),
            [_configuration(client_cert=certificate(key="DSA-1024"))],
            [_configuration(client_cert=SHA1)],
        ],
        unknown=[[_configuration(client_cert=UNKNOWN)]],
    ),
    "production-agent": Cases(
        passing=[
            [_environment()],
            [_environment(**_PROD, **_PLACE)],
            [_environment(**_PROD, cluster_agent_id=UNKNOWN, kubernetes_namespace="canary")],
            [_environment(**_GUESSED, tier="other")],
            [_environment(tier=UNKNOWN, **_PLACE)],
        ],
        failing=[
            [_environment(**_PROD, cluster_agent_id=1.0)],
            [_environment(**_GUESSED, kubernetes_namespace="canary")],
        ],
        unknown=[
            [_environment(tier=UNKNOWN)],
            [_environment(name=UNKNOWN)],
            [_environment(**_PROD, cluster_agent_id=1.0, kubernetes_namespace=UNKNOWN)],
        ],
    ),
    "production-protect": Cases(
        passing=[
            [_environment()],
            [_environment(protect=True, **_PROD)],
            [_environment(protect=True, tier=UNKNOWN)],
        ],
        failing=[[_environment(**_PROD)], [_environment(**_GUESSED)]],
        unknown=[
            [_environment(tier=UNKNOWN)],
            [_environment(protect=Hidden.NOT_IN_GITLAB, **_PROD)],
        ],
    ),
    "production-auto-stop": Cases(
        passing=[
            [_environment(auto_stop_at=_days_ago(-1))],
            [_environment(**_PROD)],
            [_environment(**_PROD, created=False)],
            [_environment(tier=UNKNOWN, created=False)],
            [_environment(name=UNKNOWN, created=False, auto_stop_at=UNKNOWN)],
            [_environment(tier=UNKNOWN)],
        ],
        failing=[[_environment(**_PROD, auto_stop_at=_days_ago(-1))]],
        unknown=[[_environment(tier=UNKNOWN, auto_stop_at=_days_ago(-1))]],
    ),
    "production-force-stop": Cases(
        passing=[
            [_environment(force_stop=True)],
            [_environment(**_PROD, force_stop=False)],
            [_environment(tier=UNKNOWN)],
        ],
        failing=[[_environment(**_PROD, force_stop=True)]],
        unknown=[
            [_environment(**_PROD, force_stop=UNKNOWN)],
            [_environment(name=UNKNOWN, force_stop=True)],
        ],
    ),
    "environment-namespace": Cases(
        passing=[[_environment()], [_environment(**_PLACE)]],
        failing=[
            [_environment(kubernetes_namespace="default")],
            [_environment(kubernetes_namespace="kube-canary")],
        ],
        unknown=[[_environment(kubernetes_namespace=UNKNOWN)]],
    ),
    "environment-https": Cases(
        passing=[[_environment()], [_environment(external_url="https://canary.example.com")]],
        failing=[
            [_environment(external_url="http://canary.example.com")],
            [_environment(external_url="canary.example.com")],
        ],
        unknown=[[_environment(external_url=UNKNOWN)]],
    ),
    "environment-own-target": Cases(
        passing=[
            [_environment("a"), _environment("b")],
            [_environment("a", **_PLACE), _environment("b", **{**_PLACE, "cluster_agent_id": 2.0})],
            [_environment("a", **_PLACE), _environment("b", **_PLACE, flux_resource_path="canary")],
            [_environment("a", **{**_PLACE, "cluster_agent_id": UNKNOWN})],
        ],
        failing=[
            [_environment("a", **_PLACE), _environment("b", **_PLACE)],
            [
                _agent("new", created=False),
                _environment("a", of="new", kubernetes_namespace="canary"),
                _environment("b", of="new", kubernetes_namespace="canary"),
            ],
        ],
        unknown=[
            [_environment("a", **_PLACE), _environment("b", **_PLACE, flux_resource_path=UNKNOWN)],
            [_environment("a"), _environment("b", **{**_PLACE, "cluster_agent_id": UNKNOWN})],
        ],
    ),
    "environment-review-name": Cases(
        passing=[
            [_environment(name="review/canary")],
            [_environment(name="canary-preview")],
        ],
        failing=[[_environment(name="canary-review")], [_environment(name="Review-canary")]],
        unknown=[[_environment(name=UNKNOWN)]],
    ),
    "environment-agent-project": Cases(
        passing=[
            [_environment()],
            [_environment(cluster_agent_id=UNKNOWN)],
            [_agent(), _environment(**_PLACE)],
            [_agent(project="canary/allowed"), _environment(**_PLACE)],
            [_agent(project="canary/shop", project_id=7.0), _environment(project="7", **_PLACE)],
            [_agent(project_id=UNKNOWN), _environment(project_id=UNKNOWN, **_PLACE)],
            [_agent(project="canary/other", project_id=8.0), _environment(**_PLACE)],
        ],
        failing=[[_agent(project="canary/other"), _environment(**_PLACE)]],
        unknown=[
            [_agent(), _environment(cluster_agent_id=UNKNOWN)],
            [_agent(project=UNKNOWN), _environment(**_PLACE)],
        ],
        parameters={"allowed_projects": ["canary/allowed", "8"]},
    ),
}
"""The cases of each rule by name."""

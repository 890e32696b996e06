"""Rules for certificate-based clusters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from pulumi_gitlab_kubernetes.core import addresses
from pulumi_gitlab_kubernetes.policy import certificates
from pulumi_gitlab_kubernetes.policy.kinds import ProjectCluster
from pulumi_gitlab_kubernetes.policy.model import every
from pulumi_gitlab_kubernetes.policy.parameters import ALLOWED_HOSTS, EXPIRY_DAYS
from pulumi_gitlab_kubernetes.policy.rule import Level, Rule, Scope
from pulumi_gitlab_kubernetes.policy.stack import Stack

_ADD = "https://docs.gitlab.com/user/project/clusters/add_existing_cluster/"
_MIGRATE = "https://docs.gitlab.com/user/infrastructure/clusters/migrate_to_gitlab_agent/"
_SCOPES = "https://docs.gitlab.com/user/project/clusters/multiple_kubernetes_clusters/"


def _deprecated(cluster: ProjectCluster) -> Iterator[str]:
    del cluster
    yield "this is a certificate-based cluster"


def _no_abac(cluster: ProjectCluster) -> Iterator[str]:
    if cluster.kubernetes_authorization_type == "abac":
        yield "`kubernetes_authorization_type` is abac"


def _api_url_tls(cluster: ProjectCluster) -> Iterator[str]:
    if addresses.scheme(cluster.kubernetes_api_url) != "https":
        yield "`kubernetes_api_url` does not start with https://"


def _api_url_public(cluster: ProjectCluster, allowed_hosts: Sequence[str]) -> Iterator[str]:
    if addresses.is_private(cluster.kubernetes_api_url, allowed_hosts):
        yield "`kubernetes_api_url` points to a private or loopback address"


def _ca_certificate(cluster: ProjectCluster) -> Iterator[str]:
    if not cluster.has("kubernetes_ca_cert"):
        yield "`kubernetes_ca_cert` is not set"


def _ca_certificate_valid(cluster: ProjectCluster) -> Iterator[str]:
    if wrong := certificates.not_valid(cluster.kubernetes_ca_cert):
        yield f"`kubernetes_ca_cert` {wrong}"


def _ca_certificate_expiry(cluster: ProjectCluster, days: float) -> Iterator[str]:
    if soon := certificates.expires_within(cluster.kubernetes_ca_cert, days):
        yield f"`kubernetes_ca_cert` {soon}"


def _beside(cluster: ProjectCluster, stack: Stack) -> list[ProjectCluster]:
    """Return all clusters of the same project."""
    return stack.group(ProjectCluster, stack.project)[stack.project(cluster)]


def _scope_wildcard(cluster: ProjectCluster, stack: Stack) -> Iterator[str]:
    if every(
        lambda: stack.several(ProjectCluster),
        lambda: cluster.environment_scope.strip() == "*",
        lambda: len(_beside(cluster, stack)) > 1,
    ):
        yield "`environment_scope` is *, and the project has other clusters"


def _scopes_apart(cluster: ProjectCluster, stack: Stack) -> Iterator[str]:
    if not stack.several(ProjectCluster):
        return
    for other in _beside(cluster, stack):
        if other is cluster:
            return  # The clusters after it report themselves.
        mine = cluster.environment_scope.strip()
        theirs = other.environment_scope.strip()
        wildcard = "*" in (mine, theirs) and mine != theirs  # Reported by the rule above.
        if not wildcard and scopes_overlap(mine, theirs):
            yield f"`environment_scope` overlaps with the scope of {other.label}"


def scopes_overlap(one: str, other: str) -> bool:
    """Return whether the name of some environment matches both scopes.

    In a scope `*` matches any text. See
    https://docs.gitlab.com/user/project/clusters/multiple_kubernetes_clusters/.

    Args:
        one: A scope.
        other: A scope.
    """
    if "*" not in one:
        return _matches(one, other)
    if "*" not in other:
        return _matches(other, one)
    # The middle of each scope fits into a `*` of the other, so only the ends can conflict.
    heads = sorted((one.partition("*")[0], other.partition("*")[0]), key=len)
    tails = sorted((one.rpartition("*")[2], other.rpartition("*")[2]), key=len)
    return heads[1].startswith(heads[0]) and tails[1].endswith(tails[0])


def _matches(name: str, scope: str) -> bool:
    """Return whether a name matches a scope; `?` and `[` are not wildcards there."""
    return fnmatchcase(name, re.sub(r"[?[]", r"[\g<0>]", scope))


RULES = (
    Rule(
        name="cluster-deprecated",
        kind=ProjectCluster,
        description="Clusters are connected through an agent.",
        remediation="Use a ClusterAgent: GitLab 14.5 deprecated certificate-based clusters.",
        docs=_MIGRATE,
        check=_deprecated,
    ),
    Rule(
        name="cluster-no-abac",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        description="Clusters use role-based access control (RBAC).",
        remediation="Set `kubernetes_authorization_type` to rbac. This replaces the cluster.",
        docs="https://docs.gitlab.com/user/project/clusters/cluster_access/",
        check=_no_abac,
    ),
    Rule(
        name="cluster-api-url-tls",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        description="GitLab connects to a cluster only over TLS.",
        remediation="Use the https:// address of the Kubernetes API.",
        docs=_ADD,
        check=_api_url_tls,
    ),
    Rule(
        name="cluster-api-url-public",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        description="GitLab connects to a private address only if it is allowed.",
        remediation="Use a public address, or add this one to `allowedHosts`.",
        docs="https://docs.gitlab.com/security/webhooks/",
        check=_api_url_public,
        parameters=(ALLOWED_HOSTS,),
    ),
    Rule(
        name="cluster-ca-certificate",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        description="A cluster has a CA certificate.",
        remediation="Set `kubernetes_ca_cert` to the CA certificate of the Kubernetes API.",
        docs=_ADD,
        check=_ca_certificate,
    ),
    Rule(
        name="cluster-ca-certificate-valid",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        description="The CA certificate of a cluster is valid.",
        remediation="Set a valid CA certificate.",
        docs=_ADD,
        check=_ca_certificate_valid,
    ),
    Rule(
        name="cluster-ca-certificate-expiry",
        kind=ProjectCluster,
        description="The CA certificate of a cluster does not expire soon.",
        remediation="Set a renewed CA certificate.",
        docs=_ADD,
        check=_ca_certificate_expiry,
        parameters=(EXPIRY_DAYS,),
    ),
    Rule(
        name="cluster-scope-wildcard",
        kind=ProjectCluster,
        scope=Scope.STACK,
        description="If a project has several clusters, each has its own environment scope.",
        remediation="Set `environment_scope` to the environments of this cluster.",
        docs=_SCOPES,
        check=_scope_wildcard,
    ),
    Rule(
        name="cluster-scopes-apart",
        kind=ProjectCluster,
        scope=Scope.STACK,
        description="The environment scopes of a project's clusters do not overlap.",
        remediation="Change the scopes so that each environment matches only one.",
        docs=_SCOPES,
        check=_scopes_apart,
    ),
)

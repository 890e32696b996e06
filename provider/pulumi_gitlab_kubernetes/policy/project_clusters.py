"""Rules for certificate-based clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import addresses, certificates, scopes
from .parameters import ALLOWED_HOSTS, EXPIRY_DAYS
from .rule import Level, Rule, Scope
from .stack import Stack
from .things import ProjectCluster, every

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
        yield "`kubernetes_api_url` does not begin with https://"


def _api_url_public(cluster: ProjectCluster, allowed_hosts: Sequence[str]) -> Iterator[str]:
    if addresses.is_private(cluster.kubernetes_api_url, allowed_hosts):
        yield "`kubernetes_api_url` leads to a private or loopback address"


def _ca_certificate(cluster: ProjectCluster) -> Iterator[str]:
    if not cluster.has("kubernetes_ca_cert"):
        yield "`kubernetes_ca_cert` is not set"


def _ca_certificate_valid(cluster: ProjectCluster) -> Iterator[str]:
    pem = cluster.kubernetes_ca_cert
    if pem and (wrong := certificates.not_valid(pem)):
        yield f"`kubernetes_ca_cert` {wrong}"


def _ca_certificate_expiry(cluster: ProjectCluster, days: float) -> Iterator[str]:
    pem = cluster.kubernetes_ca_cert
    if pem and (soon := certificates.expires_within(pem, days)):
        yield f"`kubernetes_ca_cert` {soon}"


def _beside(cluster: ProjectCluster, stack: Stack) -> list[ProjectCluster]:
    """Return all clusters of its project."""
    return stack.group(ProjectCluster, stack.project)[stack.project(cluster)]


def _scope_wildcard(cluster: ProjectCluster, stack: Stack) -> Iterator[str]:
    if every(
        lambda: len(stack.of(ProjectCluster)) > 1,
        lambda: cluster.environment_scope.strip() == "*",
        lambda: len(_beside(cluster, stack)) > 1,
    ):
        yield "`environment_scope` is *, and the project has other clusters"


def _scopes_apart(cluster: ProjectCluster, stack: Stack) -> Iterator[str]:
    if len(stack.of(ProjectCluster)) < 2:  # noqa: PLR2004 (one, and another)
        return
    for other in _beside(cluster, stack):
        if other is cluster:
            return  # Those after it speak for themselves.
        mine = cluster.environment_scope.strip()
        theirs = other.environment_scope.strip()
        alone = "*" in (mine, theirs) and mine != theirs  # That one is the other rule's.
        if not alone and scopes.overlap(mine, theirs):
            yield f"`environment_scope` overlaps with that of {other.label}"


RULES = (
    Rule(
        name="cluster-deprecated",
        kind=ProjectCluster,
        holds="Clusters are connected by an agent.",
        mend="Move to a ClusterAgent: GitLab has deprecated certificates since 14.5.",
        docs=_MIGRATE,
        check=_deprecated,
    ),
    Rule(
        name="cluster-no-abac",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        holds="Clusters authorise by role, not by attribute.",
        mend="Set `kubernetes_authorization_type` to rbac; this replaces the cluster.",
        docs="https://docs.gitlab.com/user/project/clusters/cluster_access/",
        check=_no_abac,
    ),
    Rule(
        name="cluster-api-url-tls",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        holds="GitLab talks to a cluster over TLS alone.",
        mend="Give the https:// address of the Kubernetes API.",
        docs=_ADD,
        check=_api_url_tls,
    ),
    Rule(
        name="cluster-api-url-public",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        holds="GitLab is not sent to private addresses that nobody allowed.",
        mend="Give a public address, or allow this one in `allowedHosts`.",
        docs="https://docs.gitlab.com/security/webhooks/",
        check=_api_url_public,
        parameters=(ALLOWED_HOSTS,),
    ),
    Rule(
        name="cluster-ca-certificate",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        holds="A cluster's authority is given.",
        mend="Give the certificate of the Kubernetes API's authority in `kubernetes_ca_cert`.",
        docs=_ADD,
        check=_ca_certificate,
    ),
    Rule(
        name="cluster-ca-certificate-valid",
        kind=ProjectCluster,
        level=Level.MANDATORY,
        holds="The certificate of a cluster's authority is valid.",
        mend="Give the authority's present certificate.",
        docs=_ADD,
        check=_ca_certificate_valid,
    ),
    Rule(
        name="cluster-ca-certificate-expiry",
        kind=ProjectCluster,
        holds="The certificate of a cluster's authority is valid for a while.",
        mend="Renew it, and give the new one.",
        docs=_ADD,
        check=_ca_certificate_expiry,
        parameters=(EXPIRY_DAYS,),
    ),
    Rule(
        name="cluster-scope-wildcard",
        kind=ProjectCluster,
        scope=Scope.STACK,
        holds="Where a project has several clusters, each says which environments it is for.",
        mend="Name the environments that this cluster is for.",
        docs=_SCOPES,
        check=_scope_wildcard,
    ),
    Rule(
        name="cluster-scopes-apart",
        kind=ProjectCluster,
        scope=Scope.STACK,
        holds="No environment is for two clusters of its project.",
        mend="Make the scopes such that each environment matches one.",
        docs=_SCOPES,
        check=_scopes_apart,
    ),
)

"""Certificate-based clusters. See https://docs.gitlab.com/api/project_clusters/."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pulumi

from . import _certificates as certificates
from ._dynamic import Resource
from ._fields import Change, Difference, Field, Output, Schema, Type, Values
from ._pem import canonical
from ._provider import Provider
from ._rules import (
    all_of,
    dns_label,
    domain,
    environment_scope,
    id_number,
    not_reserved,
    one_of,
    trimmed,
    url,
    with_password,
)
from ._shared_fields import ADOPT_EXISTING, CONNECTION, CREATED_AT, PROJECT
from .errors import InvalidInputError

if TYPE_CHECKING:
    from ._connection import Client
    from ._managers import Collection
    from ._session import Session

_ADD_USER = "platform_kubernetes_attributes"
_SHOWN = "platform_kubernetes"
_SWITCHES = ("enabled", "managed", "namespace_per_environment")
_PROVIDED = ("name", "kubernetes_api_url", "kubernetes_ca_cert", "kubernetes_token")


def _switch(name: str, doc: str, *, resent: bool = False) -> Field:
    return Field(
        name=name,
        doc=doc,
        type=Type.BOOLEAN,
        change=Change.UPDATE,
        default=True,
        sent=name,
        shown=name,
        resent=resent,
    )


class ProjectClusterProvider(Provider):
    """Adds, edits and removes certificate-based clusters of a project."""

    name = "ProjectCluster"
    noun = "certificate-based cluster"
    identity = "environment_scope"
    creator = "user.id"
    ids = ("project_id", "cluster_id")
    hidden = (
        "certificate-based clusters are switched off on this GitLab (its administrator can switch "
        "on the feature flag `certificate_based_clusters`; GitLab advises an agent instead)"
    )
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="name",
                doc="Name of the cluster.",
                change=Change.UPDATE,
                required=True,
                sent="name",
                shown="name",
            ),
            Field(
                name="kubernetes_api_url",
                doc="URL of the Kubernetes API.",
                change=Change.UPDATE,
                required=True,
                sent=f"{_ADD_USER}.api_url",
                shown=f"{_SHOWN}.api_url",
                check=url("http", "https"),
                warn=with_password,
                normal=trimmed,
            ),
            Field(
                name="kubernetes_token",
                doc="Token for the Kubernetes API.",
                change=Change.UPDATE,
                required=True,
                secret=True,
                sent=f"{_ADD_USER}.token",
                normal=trimmed,
            ),
            Field(
                name="kubernetes_ca_cert",
                doc="Certificate of the Kubernetes API's authority, in PEM.",
                change=Change.UPDATE,
                sent=f"{_ADD_USER}.ca_cert",
                shown=f"{_SHOWN}.ca_cert",
                check=certificates.certificate,
                normal=canonical,
                to_gitlab=canonical,
            ),
            Field(
                name="kubernetes_namespace",
                doc="Namespace to deploy to.",
                change=Change.UPDATE,
                sent=f"{_ADD_USER}.namespace",
                shown=f"{_SHOWN}.namespace",
                check=all_of(dns_label, not_reserved),
            ),
            Field(
                name="kubernetes_authorization_type",
                doc="`rbac`, `abac` or `unknown_authorization`.",
                default="rbac",
                sent=f"{_ADD_USER}.authorization_type",
                shown=f"{_SHOWN}.authorization_type",
                check=one_of("rbac", "abac", "unknown_authorization"),
            ),
            Field(
                name="environment_scope",
                doc="Environments that deploy there; unique in the project.",
                change=Change.UPDATE,
                default="*",
                sent="environment_scope",
                shown="environment_scope",
                check=environment_scope,
                normal=trimmed,
            ),
            Field(
                name="domain",
                doc="Base domain of Auto DevOps.",
                change=Change.UPDATE,
                sent="domain",
                shown="domain",
                check=domain,
            ),
            Field(
                name="management_project_id",
                doc="Id of the project that manages the cluster.",
                type=Type.INTEGER,
                hint="give the id of a project, such as `agent.project_id`",
                change=Change.UPDATE,
                sent="management_project_id",
                shown="management_project.id",
                check=id_number,
            ),
            _switch("enabled", "Whether GitLab uses the cluster."),
            _switch("managed", "Whether GitLab manages namespaces and service accounts."),
            _switch(
                "namespace_per_environment",
                "Whether each environment has its namespace.",
                resent=True,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            CREATED_AT,
            Output(name="cluster_type", doc="Always `project_type`.", shown="cluster_type"),
            Output(
                name="provider_type",
                doc="`user`, or the cloud in which GitLab made it.",
                shown="provider_type",
            ),
            Output(name="platform_type", doc="Always `kubernetes`.", shown="platform_type"),
        ),
    )

    def collection(self, client: Client, ids: tuple[int, ...]) -> Collection:
        """Return the project's clusters."""
        return client.clusters(ids[0])

    def find(self, things: Collection, inputs: Values) -> Values | None:
        """Find the cluster of that scope, which GitLab keeps unique."""
        scope = inputs["environment_scope"].strip()
        return next((each for each in things.list() if each["environment_scope"] == scope), None)

    def taken(
        self,
        things: Collection,
        inputs: Values,
        found: Values | None,
        holder: Callable[[Values], str],
    ) -> tuple[str, str] | None:
        """Name the cluster that has the scope."""
        del things, holder
        if found is None:
            return None
        told = (
            f'environment_scope "{inputs["environment_scope"]}" is that of cluster '
            f'"{found["name"]}" with the id {self.listed([found])}'
        )
        return told, ""

    def diff(self, olds: Values, news: Values, session: Session) -> Difference:
        """Delete first where the new one has the same scope: a project has each scope once."""
        found = super().diff(olds, news, session)
        moved = "project" in found.replaces or "environment_scope" in found.changed
        return Difference(
            found.changed, found.replaces, delete_first=bool(found.replaces) and not moved
        )

    def body(self, names: tuple[str, ...], olds: Values, news: Values) -> Values:
        """Refuse to change what belongs to the cloud that GitLab made the cluster in."""
        provider_type = olds.get("provider_type", "user")
        for name in _PROVIDED:
            if name in names and provider_type != "user":
                raise InvalidInputError(
                    name,
                    f"cannot be changed: GitLab made this cluster in {provider_type}; "
                    "change it there, and set the same value here",
                )
        return super().body(names, olds, news)

    def refused(self, names: tuple[str, ...], news: Values, answer: Values) -> str | None:
        """Some versions of GitLab answer 200 and leave a switch as it was."""
        kept = [name for name in _SWITCHES if name in names and answer.get(name) != news[name]]
        if not kept:
            return None
        return (
            f"{', '.join(kept)} cannot be changed on this GitLab: replace the cluster with "
            "`pulumi up --target-replace <urn>` and delete_before_replace=True, or set it back"
        )


class ProjectCluster(Resource, module="gitlab", name="ProjectCluster"):
    """A certificate-based cluster of a project, deprecated by GitLab since 14.5.

    Follows https://docs.gitlab.com/api/project_clusters/#add-existing-cluster-to-project.
    """

    project: pulumi.Output[str]
    name: pulumi.Output[str]
    kubernetes_api_url: pulumi.Output[str]
    kubernetes_token: pulumi.Output[str]
    kubernetes_ca_cert: pulumi.Output[str | None]
    kubernetes_namespace: pulumi.Output[str | None]
    kubernetes_authorization_type: pulumi.Output[str]
    environment_scope: pulumi.Output[str]
    domain: pulumi.Output[str | None]
    management_project_id: pulumi.Output[int | None]
    enabled: pulumi.Output[bool]
    managed: pulumi.Output[bool]
    namespace_per_environment: pulumi.Output[bool]
    connection: pulumi.Output[str]
    adopt_existing: pulumi.Output[bool]
    created_at: pulumi.Output[str]
    cluster_type: pulumi.Output[str]
    provider_type: pulumi.Output[str]
    platform_type: pulumi.Output[str]

    _core = ProjectClusterProvider()

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: pulumi.Input[str | int],
        name: pulumi.Input[str],
        kubernetes_api_url: pulumi.Input[str],
        kubernetes_token: pulumi.Input[str],
        kubernetes_ca_cert: pulumi.Input[str | None] = None,
        kubernetes_namespace: pulumi.Input[str | None] = None,
        kubernetes_authorization_type: pulumi.Input[str | None] = None,
        environment_scope: pulumi.Input[str | None] = None,
        domain: pulumi.Input[str | None] = None,
        management_project_id: pulumi.Input[int | str | None] = None,
        enabled: pulumi.Input[bool | None] = None,
        managed: pulumi.Input[bool | None] = None,
        namespace_per_environment: pulumi.Input[bool | None] = None,
        connection: pulumi.Input[str | None] = None,
        adopt_existing: pulumi.Input[bool | None] = None,
    ) -> None:
        """Add a cluster to a project.

        Args:
            resource_name: The resource's name in the stack.
            opts: Pulumi's resource options.
            project: Id or full path of the project; another project replaces the cluster.
            name: Name of the cluster.
            kubernetes_api_url: URL of the Kubernetes API.
            kubernetes_token: Token for the Kubernetes API; kept as a secret, never shown by GitLab.
            kubernetes_ca_cert: Certificate of the Kubernetes API's authority, in PEM.
            kubernetes_namespace: Namespace to deploy to.
            kubernetes_authorization_type: `rbac` (default), `abac` or `unknown_authorization`; a
                change replaces the cluster.
            environment_scope: Environments that deploy there, all (`*`) by default; unique in the
                project.
            domain: Base domain of Auto DevOps.
            management_project_id: Id of the project that manages the cluster, in the same group.
            enabled: Whether GitLab uses the cluster, true by default.
            managed: Whether GitLab manages namespaces and service accounts, true by default.
            namespace_per_environment: Whether each environment has its namespace, true by default.
            connection: Configuration namespace of the GitLab to talk to, `gitlab` by default.
            adopt_existing: Whether to take over a cluster that already has this scope.
        """
        inputs = {
            "project": project,
            "name": name,
            "kubernetes_api_url": kubernetes_api_url,
            "kubernetes_token": kubernetes_token,
            "kubernetes_ca_cert": kubernetes_ca_cert,
            "kubernetes_namespace": kubernetes_namespace,
            "kubernetes_authorization_type": kubernetes_authorization_type,
            "environment_scope": environment_scope,
            "domain": domain,
            "management_project_id": management_project_id,
            "enabled": enabled,
            "managed": managed,
            "namespace_per_environment": namespace_per_environment,
            "connection": connection,
            "adopt_existing": adopt_existing,
        }
        super().__init__(resource_name, inputs, opts)
        pulumi.log.warn(
            "GitLab has deprecated certificate-based clusters since 14.5: prefer a ClusterAgent "
            "(https://docs.gitlab.com/user/infrastructure/clusters/migrate_to_gitlab_agent/)",
            resource=self,
        )

    @property
    def cluster_id(self) -> pulumi.Output[int]:
        """GitLab's id of the cluster, known also when an update is previewed."""
        return self._id_part("cluster_id")

"""Certificate-based clusters. See https://docs.gitlab.com/api/project_clusters/."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.certificates import validators as certificates
from pulumi_gitlab_kubernetes.certificates.pem import canonical
from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output, Reference
from pulumi_gitlab_kubernetes.core.identity import Unique
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.schema import Schema
from pulumi_gitlab_kubernetes.core.shared_fields import (
    ADOPT_EXISTING,
    ADOPTED_AT,
    CONNECTION,
    CREATED_AT,
    PROJECT,
    SCHEMA_VERSION,
)
from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.core.validators import (
    all_of,
    dns_label,
    domain,
    environment_scope,
    id_number,
    not_reserved,
    trimmed,
    url,
    with_password,
)
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.gitlab.places import Listing, Place

_ADD_USER = "platform_kubernetes_attributes"
_SHOWN = "platform_kubernetes"
_SWITCHES = ("enabled", "managed", "namespace_per_environment")
_PROVIDED = ("name", "kubernetes_api_url", "kubernetes_ca_cert", "kubernetes_token")


def _switch(name: str, doc: str, *, always_send: bool = False) -> Field:
    return Field(
        name=name,
        doc=doc,
        type=Type.BOOLEAN,
        change=Change.UPDATE,
        default=True,
        request_key=name,
        response_key=name,
        always_send=always_send,
    )


class ProjectClusterKind(Kind):
    """The kind of certificate-based clusters."""

    doc = "A certificate-based cluster of a project."
    docs_url = "https://docs.gitlab.com/api/project_clusters/#add-existing-cluster-to-project"
    deprecation = (
        "GitLab has deprecated certificate-based clusters since 14.5: prefer a ClusterAgent "
        "(https://docs.gitlab.com/user/infrastructure/clusters/migrate_to_gitlab_agent/)"
    )
    name = "ProjectCluster"
    published_type = "gitlab:index/projectCluster:ProjectCluster"
    noun = "certificate-based cluster"
    place = Place(
        "/projects/{}/clusters",
        create="/user",
        texts=("name", "environment_scope"),
        owner="project.id",
        listing=Listing.FULL,
    )
    identity = Unique("environment_scope")
    creator_key = "user.id"
    ids = ("project_id", "cluster_id")
    unavailable = (
        "certificate-based clusters are switched off on this GitLab (its administrator can switch "
        "on the feature flag `certificate_based_clusters`; GitLab advises an agent instead)"
    )
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="name",
                doc="The name of the cluster.",
                change=Change.UPDATE,
                required=True,
                request_key="name",
                response_key="name",
            ),
            Field(
                name="kubernetes_api_url",
                doc="The URL of the Kubernetes API.",
                change=Change.UPDATE,
                required=True,
                request_key=f"{_ADD_USER}.api_url",
                response_key=f"{_SHOWN}.api_url",
                check=url("http", "https"),
                warn=with_password,
                normalize=trimmed,
            ),
            Field(
                name="kubernetes_token",
                doc="The token for the Kubernetes API. GitLab never returns it.",
                change=Change.UPDATE,
                required=True,
                secret=True,
                request_key=f"{_ADD_USER}.token",
                normalize=trimmed,
            ),
            Field(
                name="kubernetes_ca_cert",
                doc=(
                    "The certificate in PEM of the authority that signed the Kubernetes API's "
                    "certificate."
                ),
                change=Change.UPDATE,
                request_key=f"{_ADD_USER}.ca_cert",
                response_key=f"{_SHOWN}.ca_cert",
                check=certificates.certificate,
                normalize=canonical,
                to_gitlab=canonical,
            ),
            Field(
                name="kubernetes_namespace",
                doc="The namespace to deploy to.",
                change=Change.UPDATE,
                request_key=f"{_ADD_USER}.namespace",
                response_key=f"{_SHOWN}.namespace",
                check=all_of(dns_label, not_reserved),
            ),
            Field(
                name="kubernetes_authorization_type",
                doc="`rbac`, `abac` or `unknown_authorization`.",
                default="rbac",
                choices=("rbac", "abac", "unknown_authorization"),
                request_key=f"{_ADD_USER}.authorization_type",
                response_key=f"{_SHOWN}.authorization_type",
            ),
            Field(
                name="environment_scope",
                doc="The environments that deploy to the cluster. It is unique in the project.",
                change=Change.UPDATE,
                default="*",
                request_key="environment_scope",
                response_key="environment_scope",
                check=environment_scope,
                normalize=trimmed,
            ),
            Field(
                name="domain",
                doc="The base domain for Auto DevOps.",
                change=Change.UPDATE,
                request_key="domain",
                response_key="domain",
                check=domain,
            ),
            Field(
                name="management_project_id",
                doc="The ID of the project that manages the cluster, in the same group.",
                type=Type.INTEGER,
                reference=Reference(
                    "Project", hint="use the id of a project, such as `agent.{project_id}`"
                ),
                change=Change.UPDATE,
                request_key="management_project_id",
                response_key="management_project.id",
                check=id_number,
            ),
            _switch("enabled", "Whether GitLab uses the cluster."),
            _switch("managed", "Whether GitLab manages namespaces and service accounts."),
            _switch(
                "namespace_per_environment",
                "Whether each environment has its own namespace.",
                always_send=True,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            CREATED_AT,
            Output(name="cluster_type", doc="Always `project_type`.", response_key="cluster_type"),
            Output(
                name="provider_type",
                doc="`user`, or the cloud in which GitLab created the cluster.",
                response_key="provider_type",
            ),
            Output(name="platform_type", doc="Always `kubernetes`.", response_key="platform_type"),
            ADOPTED_AT,
            SCHEMA_VERSION,
        ),
    )

    def refuse_update(self, names: tuple[str, ...], olds: Values) -> None:
        """Reject changes of a cluster's access if GitLab created it in a cloud."""
        provider_type = olds.get("provider_type", "user")
        for name in _PROVIDED:
            if name in names and provider_type != "user":
                raise InvalidInputError(
                    name,
                    f"cannot be changed: GitLab created this cluster in {provider_type}; "
                    "change it there, and set the same value here",
                )

    def not_applied(
        self, names: tuple[str, ...], news: Values, response: Values, spelling: Spelling
    ) -> str | None:
        """Return the settings that GitLab did not change, although it responded with 200."""
        kept = [name for name in _SWITCHES if name in names and response.get(name) != news[name]]
        if not kept:
            return None
        return (
            f"{', '.join(map(spelling.__getitem__, kept))} cannot be changed on this GitLab: "
            "replace the cluster with "
            f"`pulumi up --target-replace <urn>` and {spelling.option('delete_before_replace')}, "
            "or set it back"
        )

"""URL configurations of receptive agents. See https://docs.gitlab.com/api/cluster_agents/."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_gitlab_kubernetes.certificates import validators as certificates
from pulumi_gitlab_kubernetes.certificates.pem import canonical
from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.identity import Singleton
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.schema import Failure, Schema
from pulumi_gitlab_kubernetes.core.shared_fields import (
    ADOPT_EXISTING,
    ADOPTED_AT,
    AGENT_ID,
    CONNECTION,
    PROJECT,
    SCHEMA_VERSION,
)
from pulumi_gitlab_kubernetes.core.validators import host_name, url, with_password
from pulumi_gitlab_kubernetes.core.values import Values
from pulumi_gitlab_kubernetes.gitlab.places import AGENTS, Place


def _pair(values: Values) -> Iterator[Failure]:
    """Require certificate and key together. GitLab silently ignores a certificate without a key."""
    certificate, key = values.get("client_cert"), values.get("client_key")
    if certificate and not key:
        yield Failure("client_cert", "needs {client_key}: set both or none")
    elif key and not certificate:
        yield Failure("client_key", "needs {client_cert}: set both or none")
    elif (
        isinstance(certificate, str)
        and isinstance(key, str)
        and not certificates.are_a_pair(certificate, key)
    ):
        yield Failure("client_key", "is not the key of {client_cert}: set a matching pair")


class ClusterAgentUrlConfigurationKind(Kind):
    """The kind of URL configurations. GitLab cannot change one, and an agent has at most one."""

    doc = (
        "The URL at which GitLab connects to a receptive agent (GitLab Ultimate, self-managed)."
        "\n\nGitLab cannot change a URL configuration. A change deletes it and creates another one."
    )
    docs_url = "https://docs.gitlab.com/api/cluster_agents/#create-an-agent-url-configuration"
    name = "ClusterAgentUrlConfiguration"
    noun = "URL configuration"
    place = Place(
        "/projects/{}/cluster_agents/{}/url_configurations",
        AGENTS,
        texts=("url",),
        owner="agent_id",
    )
    identity = Singleton()
    parent = "ClusterAgent"
    enabled_by = "is_receptive"
    read_role = "Maintainer"
    ids = ("project_id", "agent_id", "url_configuration_id")
    unavailable = (
        "receptive agents are not available there: GitLab needs an Ultimate license and the "
        "instance setting `receptive_cluster_agents_enabled`"
    )
    schema = Schema(
        fields=(
            PROJECT,
            AGENT_ID,
            Field(
                name="url",
                doc="Where the agent listens: `grpc://host:port` or `grpcs://host:port`.",
                required=True,
                request_key="url",
                response_key="url",
                check=url("grpc", "grpcs"),
                warn=with_password,
            ),
            Field(
                name="client_cert",
                doc=(
                    "The certificate in PEM with which GitLab authenticates. Without it GitLab "
                    "uses its own key, and the output `public_key` is the public part of it."
                ),
                request_key="client_cert",
                response_key="client_cert",
                check=certificates.certificate,
                normalize=canonical,
                to_gitlab=certificates.to_base64,
                from_gitlab=certificates.from_base64,
            ),
            Field(
                name="client_key",
                doc="The key of `client_cert`, in PEM.",
                secret=True,
                request_key="client_key",
                check=certificates.private_key,
                normalize=canonical,
                to_gitlab=certificates.to_base64,
            ),
            Field(
                name="ca_cert",
                doc=(
                    "The certificate in PEM of the authority that signed the agent's certificate."
                ),
                request_key="ca_cert",
                response_key="ca_cert",
                check=certificates.certificate,
                normalize=canonical,
                to_gitlab=certificates.to_base64,
                from_gitlab=certificates.from_base64,
            ),
            Field(
                name="tls_host",
                doc="The host name in the agent's certificate, if the URL has another.",
                request_key="tls_host",
                response_key="tls_host",
                check=host_name,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            Output(
                name="public_key",
                optional=True,
                doc=(
                    "The public key in base64 that the agent must trust, if there is no client "
                    "certificate."
                ),
                response_key="public_key",
            ),
            ADOPTED_AT,
            SCHEMA_VERSION,
        ),
        cross_checks=(_pair,),
    )

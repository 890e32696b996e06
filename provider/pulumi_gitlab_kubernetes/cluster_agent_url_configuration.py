"""URL configurations of receptive agents. See https://docs.gitlab.com/api/cluster_agents/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import pulumi

from . import _certificates as certificates
from ._dynamic import Resource
from ._fields import Difference, Failure, Field, Output, Schema, Values
from ._pem import canonical
from ._provider import Provider
from ._rules import host_name, url, with_password
from ._shared_fields import ADOPT_EXISTING, AGENT_ID, CONNECTION, PROJECT

if TYPE_CHECKING:
    from ._connection import Client
    from ._managers import Collection
    from ._session import Session


def _pair(values: Values) -> Iterator[Failure]:
    """Certificate and key come together; GitLab drops a lone certificate without a word."""
    certificate, key = values.get("client_cert"), values.get("client_key")
    if certificate and not key:
        yield Failure("client_cert", "needs client_key: set both or none")
    elif key and not certificate:
        yield Failure("client_key", "needs client_cert: set both or none")
    elif (
        isinstance(certificate, str)
        and isinstance(key, str)
        and not certificates.are_a_pair(certificate, key)
    ):
        yield Failure("client_key", "is not the key of client_cert: give the pair of one")


class ClusterAgentUrlConfigurationProvider(Provider):
    """Creates and deletes URL configurations; GitLab cannot change one, nor have two."""

    name = "ClusterAgentUrlConfiguration"
    noun = "URL configuration"
    identity = ""
    parent = "ClusterAgent"
    reader = "Maintainer"
    ids = ("project_id", "agent_id", "url_configuration_id")
    hidden = (
        "receptive agents are not available there: GitLab needs an Ultimate licence and the "
        "instance setting `receptive_cluster_agents_enabled`"
    )
    schema = Schema(
        fields=(
            PROJECT,
            AGENT_ID,
            Field(
                name="url",
                doc="Where the agent listens: `grpc://` or `grpcs://`.",
                required=True,
                sent="url",
                shown="url",
                check=url("grpc", "grpcs"),
                warn=with_password,
            ),
            Field(
                name="client_cert",
                doc="Certificate in PEM with which GitLab authenticates.",
                sent="client_cert",
                shown="client_cert",
                check=certificates.certificate,
                normal=canonical,
                to_gitlab=certificates.to_base64,
                from_gitlab=certificates.from_base64,
            ),
            Field(
                name="client_key",
                doc="Key in PEM of `client_cert`.",
                secret=True,
                sent="client_key",
                check=certificates.private_key,
                normal=canonical,
                to_gitlab=certificates.to_base64,
            ),
            Field(
                name="ca_cert",
                doc="Authority in PEM of the agent's own certificate.",
                sent="ca_cert",
                shown="ca_cert",
                check=certificates.certificate,
                normal=canonical,
                to_gitlab=certificates.to_base64,
                from_gitlab=certificates.from_base64,
            ),
            Field(
                name="tls_host",
                doc="Host name in the agent's certificate, where the URL has another.",
                sent="tls_host",
                shown="tls_host",
                check=host_name,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            Output(
                name="public_key",
                doc="Key in base64 that the agent must trust; without a client certificate.",
                shown="public_key",
            ),
        ),
        rules=(_pair,),
    )

    def collection(self, client: Client, ids: tuple[int, ...]) -> Collection:
        """Return the agent's URL configurations."""
        return client.url_configurations(*ids)

    def label(self, values: Mapping[str, object]) -> str:
        """Name the agent: it has one configuration at most."""
        return f"of agent {values.get('agent_id', '?')}"

    def find(self, things: Collection, inputs: Values) -> Values | None:
        """Find the agent's only one."""
        del inputs
        return next(things.list(), None)

    def diff(self, olds: Values, news: Values, session: Session) -> Difference:
        """Delete first: an agent has one at most."""
        found = super().diff(olds, news, session)
        return Difference(found.changed, found.replaces, delete_first=bool(found.replaces))


class ClusterAgentUrlConfiguration(Resource, module="gitlab", name="ClusterAgentUrlConfiguration"):
    """How GitLab reaches a receptive agent (GitLab Ultimate, self-managed).

    Follows https://docs.gitlab.com/api/cluster_agents/#create-an-agent-url-configuration. All of
    it is fixed at creation: a change deletes the configuration and makes another.
    """

    project: pulumi.Output[str]
    agent_id: pulumi.Output[int]
    url: pulumi.Output[str]
    client_cert: pulumi.Output[str | None]
    client_key: pulumi.Output[str | None]
    ca_cert: pulumi.Output[str | None]
    tls_host: pulumi.Output[str | None]
    connection: pulumi.Output[str]
    adopt_existing: pulumi.Output[bool]
    public_key: pulumi.Output[str | None]

    _core = ClusterAgentUrlConfigurationProvider()

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: pulumi.Input[str | int],
        agent_id: pulumi.Input[int | str],
        url: pulumi.Input[str],
        client_cert: pulumi.Input[str | None] = None,
        client_key: pulumi.Input[str | None] = None,
        ca_cert: pulumi.Input[str | None] = None,
        tls_host: pulumi.Input[str | None] = None,
        connection: pulumi.Input[str | None] = None,
        adopt_existing: pulumi.Input[bool | None] = None,
    ) -> None:
        """Tell GitLab where to reach a receptive agent.

        Args:
            resource_name: The resource's name in the stack.
            opts: Pulumi's resource options; `delete_before_replace` is always on by default.
            project: Id or full path of the agent's project.
            agent_id: Id of the agent: `agent.agent_id`, or `agent.id`.
            url: Where the agent listens, `grpc://host:port` or `grpcs://host:port`.
            client_cert: Certificate in PEM with which GitLab authenticates. Without it GitLab uses
                a key of its own, whose public half is the output `public_key`.
            client_key: Its key in PEM; kept as a secret.
            ca_cert: Authority in PEM that signed the agent's certificate.
            tls_host: Host name in the agent's certificate, where the URL has another.
            connection: Configuration namespace of the GitLab to talk to, `gitlab` by default.
            adopt_existing: Whether to take over a configuration that is already there.
        """
        inputs = {
            "project": project,
            "agent_id": agent_id,
            "url": url,
            "client_cert": client_cert,
            "client_key": client_key,
            "ca_cert": ca_cert,
            "tls_host": tls_host,
            "connection": connection,
            "adopt_existing": adopt_existing,
        }
        # A forced replacement never asks `diff`, so the option has to say it too.
        delete_first = pulumi.ResourceOptions(delete_before_replace=True)
        super().__init__(resource_name, inputs, pulumi.ResourceOptions.merge(delete_first, opts))

    @property
    def url_configuration_id(self) -> pulumi.Output[int]:
        """GitLab's id of the configuration, known also when an update is previewed."""
        return self._id_part("url_configuration_id")

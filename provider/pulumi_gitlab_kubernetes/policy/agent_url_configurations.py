"""Rules for URL configurations of receptive agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pulumi_gitlab_kubernetes.core import addresses
from pulumi_gitlab_kubernetes.policy import certificates
from pulumi_gitlab_kubernetes.policy.kinds import ClusterAgentUrlConfiguration
from pulumi_gitlab_kubernetes.policy.model import every
from pulumi_gitlab_kubernetes.policy.parameters import ALLOWED_HOSTS, EXPIRY_DAYS
from pulumi_gitlab_kubernetes.policy.rule import Level, Parameter, Rule

_RECEPTIVE = "https://docs.gitlab.com/user/clusters/agent/#receptive-agents"


def _tls(configuration: ClusterAgentUrlConfiguration) -> Iterator[str]:
    if addresses.scheme(configuration.url) != "grpcs":
        yield "`url` does not start with grpcs://"


def _ca_certificate(
    configuration: ClusterAgentUrlConfiguration, allowed_hosts: Sequence[str]
) -> Iterator[str]:
    if every(
        lambda: addresses.is_private(configuration.url, allowed_hosts),
        lambda: configuration.lacks("ca_cert"),
    ):
        yield "`url` points to a private host, and `ca_cert` is not set"


def _certificate_valid(configuration: ClusterAgentUrlConfiguration) -> Iterator[str]:
    for name in ("client_cert", "ca_cert"):
        if wrong := certificates.not_valid(getattr(configuration, name)):
            yield f"`{name}` {wrong}"


def _certificate_expiry(configuration: ClusterAgentUrlConfiguration, days: float) -> Iterator[str]:
    for name in ("client_cert", "ca_cert"):
        if soon := certificates.expires_within(getattr(configuration, name), days):
            yield f"`{name}` {soon}"


def _key(configuration: ClusterAgentUrlConfiguration, minimum_rsa_bits: int) -> Iterator[str]:
    if weak := certificates.weakness(configuration.client_cert, minimum_rsa_bits):
        yield f"`client_cert` {weak}"


RULES = (
    Rule(
        name="url-configuration-tls",
        kind=ClusterAgentUrlConfiguration,
        level=Level.MANDATORY,
        description="GitLab connects to a receptive agent only over TLS.",
        remediation="Enable TLS on the agent, and use its grpcs:// address.",
        docs=_RECEPTIVE,
        check=_tls,
    ),
    Rule(
        name="url-configuration-ca-certificate",
        kind=ClusterAgentUrlConfiguration,
        description="A URL configuration for a private host has a CA certificate.",
        remediation="Set `ca_cert` to the CA certificate of the agent.",
        docs=_RECEPTIVE,
        check=_ca_certificate,
        parameters=(ALLOWED_HOSTS,),
    ),
    Rule(
        name="url-configuration-certificate-valid",
        kind=ClusterAgentUrlConfiguration,
        level=Level.MANDATORY,
        description="The certificates of a URL configuration are valid.",
        remediation="Set a valid certificate. This replaces the URL configuration.",
        docs=_RECEPTIVE,
        check=_certificate_valid,
    ),
    Rule(
        name="url-configuration-certificate-expiry",
        kind=ClusterAgentUrlConfiguration,
        description="The certificates of a URL configuration do not expire soon.",
        remediation="Set a renewed certificate. This replaces the URL configuration.",
        docs=_RECEPTIVE,
        check=_certificate_expiry,
        parameters=(EXPIRY_DAYS,),
    ),
    Rule(
        name="url-configuration-key",
        kind=ClusterAgentUrlConfiguration,
        level=Level.MANDATORY,
        description="The client certificate of a URL configuration has a strong key.",
        remediation="Create a new key pair: RSA, P-256 or Ed25519, with a SHA-2 signature.",
        docs=_RECEPTIVE,
        check=_key,
        parameters=(
            Parameter(
                name="minimum_rsa_bits",
                values={"type": "integer", "minimum": 1024},
                default=2048,
                doc="Minimum length of an RSA key in bits.",
            ),
        ),
    ),
)

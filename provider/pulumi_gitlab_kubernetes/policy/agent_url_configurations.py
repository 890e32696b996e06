"""Rules for the URL configurations of receptive agents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import addresses, certificates
from .parameters import ALLOWED_HOSTS, EXPIRY_DAYS
from .rule import Level, Parameter, Rule
from .things import ClusterAgentUrlConfiguration, every

_RECEPTIVE = "https://docs.gitlab.com/user/clusters/agent/#receptive-agents"


def _tls(configuration: ClusterAgentUrlConfiguration) -> Iterator[str]:
    if addresses.scheme(configuration.url) != "grpcs":
        yield "`url` does not begin with grpcs://"


def _ca_certificate(
    configuration: ClusterAgentUrlConfiguration, allowed_hosts: Sequence[str]
) -> Iterator[str]:
    if every(
        lambda: addresses.is_private(configuration.url, allowed_hosts),
        lambda: configuration.lacks("ca_cert"),
    ):
        yield "`url` leads to a private host, and `ca_cert` is not set"


def _certificate_valid(configuration: ClusterAgentUrlConfiguration) -> Iterator[str]:
    for name in ("client_cert", "ca_cert"):
        pem = getattr(configuration, name)
        if pem and (wrong := certificates.not_valid(pem)):
            yield f"`{name}` {wrong}"


def _certificate_expiry(configuration: ClusterAgentUrlConfiguration, days: float) -> Iterator[str]:
    for name in ("client_cert", "ca_cert"):
        pem = getattr(configuration, name)
        if pem and (soon := certificates.expires_within(pem, days)):
            yield f"`{name}` {soon}"


def _key(configuration: ClusterAgentUrlConfiguration, minimum_rsa_bits: int) -> Iterator[str]:
    pem = configuration.client_cert
    if pem and (weak := certificates.weakness(pem, minimum_rsa_bits)):
        yield f"`client_cert` {weak}"


RULES = (
    Rule(
        name="url-configuration-tls",
        kind=ClusterAgentUrlConfiguration,
        level=Level.MANDATORY,
        holds="GitLab talks to a receptive agent over TLS alone.",
        mend="Let the agent listen with TLS, and give its grpcs:// address.",
        docs=_RECEPTIVE,
        check=_tls,
    ),
    Rule(
        name="url-configuration-ca-certificate",
        kind=ClusterAgentUrlConfiguration,
        holds="The authority of an agent on a private host is given.",
        mend="Give the certificate of the authority that signed the agent's in `ca_cert`.",
        docs=_RECEPTIVE,
        check=_ca_certificate,
        parameters=(ALLOWED_HOSTS,),
    ),
    Rule(
        name="url-configuration-certificate-valid",
        kind=ClusterAgentUrlConfiguration,
        level=Level.MANDATORY,
        holds="The certificates of a URL configuration are valid.",
        mend="Give a valid one; this replaces the URL configuration.",
        docs=_RECEPTIVE,
        check=_certificate_valid,
    ),
    Rule(
        name="url-configuration-certificate-expiry",
        kind=ClusterAgentUrlConfiguration,
        holds="The certificates of a URL configuration are valid for a while.",
        mend="Renew it, and give the new one.",
        docs=_RECEPTIVE,
        check=_certificate_expiry,
        parameters=(EXPIRY_DAYS,),
    ),
    Rule(
        name="url-configuration-key",
        kind=ClusterAgentUrlConfiguration,
        level=Level.MANDATORY,
        holds="GitLab's key for a receptive agent is strong.",
        mend="Make a new pair: RSA of enough bits, P-256 or more, or Ed25519, signed with SHA-2.",
        docs=_RECEPTIVE,
        check=_key,
        parameters=(
            Parameter(
                name="minimum_rsa_bits",
                schema={"type": "integer", "minimum": 1024},
                default=2048,
                doc="The least length of an RSA key.",
            ),
        ),
    ),
)

"""From a kubeconfig to what a certificate-based cluster in GitLab needs."""

from __future__ import annotations

from dataclasses import dataclass, field

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.kubeconfig import servers, tokens, users
from pulumi_gitlab_kubernetes.kubeconfig.contexts import select
from pulumi_gitlab_kubernetes.kubeconfig.documents import ARGUMENT, load


@dataclass(frozen=True)
class KubernetesApi:
    """What GitLab needs for its requests to Kubernetes.

    Args:
        url: The URL of the Kubernetes API.
        ca_cert: The certificates in PEM of the authorities that its certificate is from; `None`
            for public ones.
        token: The token of the kubeconfig's user; `None` if another one is used.
        warnings: What may not work, each a sentence without a value of the kubeconfig.
    """

    url: str
    ca_cert: str | None
    token: str | None = field(repr=False)
    warnings: tuple[str, ...]


def read(
    kubeconfig: object, context: str | None = None, *, own_token: bool = True
) -> KubernetesApi:
    """Read what GitLab needs from a kubeconfig.

    Args:
        kubeconfig: Its text in YAML or JSON, its content, or the path of its file.
        context: The context to use; `None` for the current one.
        own_token: Whether to use the token of its user.

    Returns:
        What GitLab needs.

    Raises:
        InvalidInputError: The kubeconfig or the context is wrong, or GitLab cannot use it. The
            message says what to do, and shows no secret.
    """
    document = load(kubeconfig)
    cluster, user = select(document.values, context)
    url = servers.server(cluster)
    warnings = [f"{cluster.label} {warning}" for warning in servers.warnings(cluster)]
    token = None
    if own_token:
        token = users.token(user)
        if reason := tokens.why_invalid(token):
            raise user.error(f"has a token that {reason}")
        found = [*users.warnings(user)]
        if expires := tokens.why_short_lived(token, url):
            found.append(f"has a token that {expires}: {users.SERVICE_ACCOUNT}")
        warnings += [f"{user.label} {warning}" for warning in found]
    ca_cert = servers.ca_cert(cluster, document.folder)
    return KubernetesApi(url, ca_cert, token, tuple(f"{ARGUMENT} {each}" for each in warnings))


def check_token(token: object) -> tuple[str, ...]:
    """Check a token that a program gives.

    Returns:
        What may not work, each a sentence without a value.

    Raises:
        InvalidInputError: It is not a token for Kubernetes.
    """
    if not isinstance(token, str) or not token.strip():
        raise InvalidInputError("token", "must be the token of a ServiceAccount: it is empty")
    if reason := tokens.why_invalid(token):
        raise InvalidInputError("token", reason)
    expires = tokens.why_short_lived(token)
    return (f"token {expires}: {users.SERVICE_ACCOUNT}",) if expires else ()

"""How a kubeconfig's user signs in to Kubernetes, which GitLab can only do with a token.

See https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from pulumi_gitlab_kubernetes.kubeconfig.contexts import Entry
from pulumi_gitlab_kubernetes.redaction import one_line

_LONGEST = 40  # Characters of a command or a provider to show.

SERVICE_ACCOUNT = (
    "pass token=, the token of a ServiceAccount that this stack creates with a Secret of the type "
    'kubernetes.io/service-account-token: token=secret.data["token"].apply(lambda data: '
    "base64.b64decode(data).decode())"
)
"""What to do about a user that GitLab cannot use."""


def token(user: Entry) -> str:
    """Return a user's token.

    Raises:
        InvalidInputError: It has none. The message says how it signs in, and shows no value.
    """
    if found := user.text("token"):
        return found
    raise user.error(f"{_how(user)}, which GitLab cannot use: {SERVICE_ACCOUNT}")


def warnings(user: Entry) -> list[str]:
    """Return what GitLab does not use of a user."""
    if any(user.values.get(key) for key in ("as", "as-uid", "as-groups", "as-user-extra")):
        return ["impersonates another user, which GitLab does not: it has the token's own rights"]
    return []


def _how(user: Entry) -> str:
    """Return how a user without a token signs in."""
    given = {key for key, value in user.values.items() if value}
    if "exec" in given:
        return f"gets its token from the command {_name(user, 'exec', 'command')}"
    if "auth-provider" in given:
        return f"signs in with the auth provider {_name(user, 'auth-provider', 'name')}"
    if "tokenFile" in given:
        return "reads its token from a file that is renewed (tokenFile)"
    if given & {"client-certificate", "client-certificate-data"}:
        return "signs in with a client certificate"
    if given & {"username", "password"}:
        return "signs in with a user name and a password"
    return "has no credentials"


def _name(user: Entry, key: str, name: str) -> str:
    """Return the name of a command or a provider, without its arguments."""
    values = user.values[key]
    found = values.get(name) if isinstance(values, Mapping) else None
    text = PurePath(found).name if isinstance(found, str) else ""
    return f'"{one_line(text)[:_LONGEST]}"'

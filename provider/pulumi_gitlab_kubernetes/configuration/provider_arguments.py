"""The arguments of a native provider, which are the keys of its configuration namespace too.

The package schema and the class `Provider` are generated from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.core.spelling import camel_case


@dataclass(frozen=True)
class ProviderArgument:
    """An argument of a native provider.

    Args:
        name: The name in Python programs.
        doc: What it is, in sentences for the reference.
        type: The type of its values.
        secret: Whether it is encrypted in the state and never shown.
        replaces: Whether a new value replaces the provider and its resources.
    """

    name: str
    doc: str
    type: Any = str
    secret: bool = False
    replaces: bool = False

    @property
    def key(self) -> str:
        """The name in the stack's configuration and in other languages."""
        return camel_case(self.name)


ARGUMENTS = (
    ProviderArgument(
        "token",
        "A personal, project or group access token with the `api` scope. The default provider "
        "reads the variables `PULUMI_GITLAB_TOKEN`, before the configuration, and `GITLAB_TOKEN`, "
        "after it. An explicit provider reads no variable.",
        secret=True,
    ),
    ProviderArgument(
        "base_url",
        "The URL of the GitLab instance, with or without `/api/v4`. The default provider reads "
        "the variables `PULUMI_GITLAB_BASE_URL`, before the configuration, and `GITLAB_BASE_URL`, "
        "after it. An explicit provider reads no variable. Defaults to `https://gitlab.com`.",
        replaces=True,
    ),
    ProviderArgument(
        "insecure",
        "Whether to accept any certificate. Anyone between you and GitLab can then read the "
        "token. Defaults to `false`.",
        bool,
    ),
    ProviderArgument(
        "cacert_file",
        "The path of a file with the certificate authorities to trust, in PEM.",
    ),
    ProviderArgument(
        "client_cert",
        "The path of a file with a client certificate, in PEM. It needs `client_key`.",
    ),
    ProviderArgument(
        "client_key",
        "The path of a file with the key of the client certificate, in PEM.",
    ),
    ProviderArgument(
        "headers",
        "A map of additional headers of each request.",
        dict[str, str],
        secret=True,
    ),
    ProviderArgument(
        "request_timeout",
        "How long a request may take, from connecting to the last byte of the response, in "
        "seconds. Defaults to 60.",
        float,
    ),
    ProviderArgument(
        "retry_deadline",
        "How long an operation is retried after its first failure, in seconds. Defaults to 300.",
        float,
    ),
    ProviderArgument(
        "adopt_existing",
        "Whether all resources adopt what already exists in GitLab, instead of failing. The "
        "default provider also reads the variable `PULUMI_GITLAB_ADOPT_EXISTING`. Defaults to "
        "`false`.",
        bool,
    ),
)
"""In the order of the constructor's arguments."""

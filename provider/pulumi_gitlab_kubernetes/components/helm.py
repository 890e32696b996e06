"""What the cluster of an agent needs: the values of GitLab's Helm chart, and a Secret.

See https://gitlab.com/gitlab-org/charts/gitlab-agent and
https://docs.gitlab.com/user/clusters/agent/install/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pulumi_gitlab_kubernetes.gitlab.settings import DEFAULT_URL

TOKEN_ID = "gitlab-kubernetes/token-id"  # noqa: S105 (the name of an annotation)
"""The annotation of the agent's pods and of its Secret, with the ID of the token.

agentk reads its token when it starts, and the chart restarts it only if its values change. With
`config.secretName` they do not contain the token. Without the annotation, a rotation would revoke
the token that agentk still uses.
"""


def kas_address(gitlab_url: str) -> str:
    """Return the default address of the GitLab agent server (KAS).

    See https://docs.gitlab.com/administration/clusters/kas/.

    Args:
        gitlab_url: The base URL of the GitLab instance.
    """
    if gitlab_url == DEFAULT_URL:
        return "wss://kas.gitlab.com"
    parts = urlsplit(gitlab_url)
    scheme = {"https": "wss", "http": "ws"}[parts.scheme]
    return f"{scheme}://{parts.netloc}{parts.path}/-/kubernetes-agent/"


def helm_values(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values for the chart, in its own names.

    Args:
        given: What they contain: `kas_address`, `kas_ca_cert`, `token`, `secret_name`, `token_id`,
            `receptive`, `public_key`. What is `None` is left out.
    """
    public_key = given.get("public_key")
    config = {
        "kasAddress": given.get("kas_address"),
        "kasCaCert": given.get("kas_ca_cert"),
        "token": given.get("token"),
        "secretName": given.get("secret_name"),
        "receptive": {"enabled": True} if given.get("receptive") else None,
        # GitLab returns the key with a line break at its end.
        "api": {"jwtPublicKey": public_key.strip()} if public_key else None,
    }
    values: dict[str, Any] = {"config": {key: each for key, each in config.items() if each}}
    if given.get("token_id") is not None:
        values["podAnnotations"] = _annotations(given["token_id"])
    return values


def secret_manifest(
    name: str, namespace: str | None, token: str, token_id: float | None
) -> dict[str, Any]:
    """Return the manifest of the Secret that `config.secretName` names.

    Args:
        name: Its name.
        namespace: Its namespace; `None` for that of the Kubernetes provider.
        token: The agent's token.
        token_id: The ID of the token; `None` in a unit test whose mocks have none.
    """
    annotations = None if token_id is None else _annotations(token_id)
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {key: each for key, each in metadata.items() if each},
        "type": "Opaque",
        "stringData": {"token": token},
    }


def _annotations(token_id: float) -> dict[str, str]:
    return {TOKEN_ID: str(int(token_id))}

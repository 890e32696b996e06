"""The server of a kubeconfig's cluster, and its certificate authority.

See https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#Cluster.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from pulumi_gitlab_kubernetes.certificates.validators import certificate
from pulumi_gitlab_kubernetes.core import addresses
from pulumi_gitlab_kubernetes.core.validators import url as url_with
from pulumi_gitlab_kubernetes.kubeconfig.contexts import Entry
from pulumi_gitlab_kubernetes.kubeconfig.documents import read_text

_URL = url_with("http", "https")
_PROXY = "/k8s-proxy"  # See https://docs.gitlab.com/user/clusters/agent/user_access/.
_PEM = "-----BEGIN "
_FILE, _DATA = "certificate-authority", "certificate-authority-data"


def server(cluster: Entry) -> str:
    """Return the URL of a cluster's Kubernetes API.

    Raises:
        InvalidInputError: It has none, or one that GitLab cannot use.
    """
    found = cluster.text("server")
    reason = _URL(found)
    try:
        parts = urlsplit(found)
    except ValueError:
        reason = reason or "must be a URL"
    if reason:
        raise cluster.error(f"has no server that GitLab can use: it {reason}")
    if parts.username or parts.password:
        raise cluster.error("has a user or a password in its server: remove it")
    if parts.path.rstrip("/").endswith(_PROXY):
        raise cluster.error(
            "is reached through an agent of GitLab, so GitLab is connected to it already: use a "
            "kubeconfig with the cluster's own server"
        )
    return found


def ca_cert(cluster: Entry, folder: Path | None) -> str | None:
    """Return the certificates in PEM of the authorities that a cluster's certificate is from.

    Args:
        cluster: The cluster.
        folder: The folder that a relative path starts from; `None` if unknown.

    Returns:
        The certificates; `None` if the cluster has none.

    Raises:
        InvalidInputError: They cannot be read, or are not certificates.
    """
    key = _DATA if cluster.text(_DATA) else _FILE
    if not (value := cluster.text(key)):
        return None
    pem = _decode(cluster, value) if key == _DATA else _read(cluster, Path(value), folder)
    if reason := certificate(pem):
        raise cluster.error(f"has a wrong {key}: it {reason}")
    return pem


def warnings(cluster: Entry) -> Iterator[str]:
    """Yield what does not work in GitLab as the kubeconfig says."""
    url = cluster.text("server")
    if addresses.is_loopback(url):
        yield (
            "has a loopback address, which is GitLab's own machine to GitLab: replace "
            "kubernetes_api_url by an address that GitLab can reach"
        )
    elif addresses.is_private(url):
        yield (
            "has a private address: GitLab must be in the same network, and its administrator "
            "must allow requests to the local network"
        )
    if addresses.scheme(url) == "http":
        yield "has no TLS: GitLab sends the token in plain text"
    if cluster.enabled("insecure-skip-tls-verify"):
        yield (
            "has insecure-skip-tls-verify, but GitLab always verifies the server's certificate: "
            f"set {_DATA} instead"
        )
    if cluster.text("tls-server-name"):
        yield (
            "has tls-server-name, but GitLab expects the host of the server's URL in its "
            "certificate"
        )
    if cluster.text("proxy-url"):
        yield "has proxy-url, but GitLab connects without this proxy"
    if cluster.text(_DATA).startswith(_PEM):
        yield f"has PEM as its {_DATA}, which only GitLab accepts: other tools expect it in base64"


def _decode(cluster: Entry, value: str) -> str:
    if value.startswith(_PEM):
        return value
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode()
    except (binascii.Error, ValueError):  # A UnicodeDecodeError is a ValueError.
        raise cluster.error(f"has a wrong {_DATA}: it must be PEM in base64") from None


def _read(cluster: Entry, path: Path, folder: Path | None) -> str:
    if not path.is_absolute():
        if folder is None:
            raise cluster.error(
                f"has its {_FILE} in a file next to the kubeconfig: pass the kubeconfig's path as "
                "pathlib.Path, or its content from `kubectl config view --raw --flatten`"
            )
        path = folder / path
    try:
        return read_text(path)
    except OSError as error:
        raise cluster.error(f"has a {_FILE} that cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise cluster.error(f"has a wrong {_FILE}: it must be in PEM") from None

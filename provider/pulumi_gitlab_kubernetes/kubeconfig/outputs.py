"""`connection_from_kubeconfig`, for Pulumi programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypedDict

import pulumi

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.kubeconfig.reading import KubernetesApi, check_token, read


class KubernetesConnection(TypedDict):
    """The arguments of a `ProjectCluster` that a kubeconfig has."""

    kubernetes_api_url: pulumi.Output[str]
    kubernetes_ca_cert: pulumi.Output[str | None]
    kubernetes_token: pulumi.Output[str]


def connection_from_kubeconfig(
    kubeconfig: pulumi.Input[str | Mapping[str, Any] | Path],
    context: pulumi.Input[str | None] = None,
    token: pulumi.Input[str] | None = None,
) -> KubernetesConnection:
    """Return the arguments of a `ProjectCluster` that a kubeconfig has.

    Pass them on with `ProjectCluster(..., **connection_from_kubeconfig(kubeconfig))`. See
    https://docs.gitlab.com/user/project/clusters/add_existing_cluster/.

    Args:
        kubeconfig: The kubeconfig's text in YAML or JSON, its content, or the path of its file.
            Relative paths in it start from that file.
        context: The context to use. Defaults to the current one.
        token: The token of a ServiceAccount, to use instead of the one of the kubeconfig's user.
            GitLab cannot sign in with a command, a client certificate or a password.

    Returns:
        `kubernetes_api_url`, `kubernetes_ca_cert` and `kubernetes_token`. The token is always a
        secret, and the others never are. They are unknown if the kubeconfig is unknown.

    Raises:
        pulumi.RunError: The kubeconfig, the context or the token is wrong, or GitLab cannot use it.
            It is raised when the outputs resolve, and ends the program with one line.
    """
    own_token = token is None

    def parse(given: list[Any]) -> KubernetesApi:
        try:
            found = read(given[0], given[1], own_token=own_token)
        except InvalidInputError as error:
            raise pulumi.RunError(str(error)) from None
        _warn(found.warnings)
        return found

    def checked(given: str) -> str:
        try:
            _warn(check_token(given))
        except InvalidInputError as error:
            raise pulumi.RunError(str(error)) from None
        return given

    api = pulumi.Output.all(kubeconfig, context).apply(parse)
    found = api.apply(_token) if token is None else pulumi.Output.from_input(token).apply(checked)
    return {
        "kubernetes_api_url": pulumi.Output.unsecret(api.apply(lambda each: each.url)),
        "kubernetes_ca_cert": pulumi.Output.unsecret(api.apply(lambda each: each.ca_cert)),
        "kubernetes_token": pulumi.Output.secret(found),
    }


def _token(api: KubernetesApi) -> str:
    return api.token or ""


def _warn(warnings: Iterable[str]) -> None:
    for warning in warnings:
        pulumi.log.warn(warning)

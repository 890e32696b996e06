"""The SDKs of two packages, as generators write them."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi import Output, ResourceOptions


class Provider(pulumi.ProviderResource):
    """The explicit provider of the package `kube`."""

    def __init__(self, name: str, opts: ResourceOptions | None = None, **args: Any) -> None:
        super().__init__("kube", name, args, opts)


class Secret(pulumi.CustomResource):
    """A resource that is always used with an explicit provider."""

    uid: Output[str]

    def __init__(self, name: str, opts: ResourceOptions | None = None, **args: Any) -> None:
        super().__init__("kube:core/v1:Secret", name, {**args, "uid": None}, opts)


class Network(pulumi.CustomResource):
    """A resource of the package `cloud`, with a label that the cloud chooses."""

    label: Output[str]

    def __init__(self, name: str, opts: ResourceOptions | None = None, **args: Any) -> None:
        super().__init__(
            "cloud:net/network:Network", name, {"label": None, "password": None, **args}, opts
        )


class Cluster(pulumi.ComponentResource):
    """A remote component of the package `cloud`."""

    endpoint: Output[str]
    kubeconfig: Output[Any]

    def __init__(self, name: str, opts: ResourceOptions | None = None, **args: Any) -> None:
        args = {"endpoint": None, "kubeconfig": None, **args}
        super().__init__("cloud:index:Cluster", name, args, opts, remote=True)


def get_versions(**args: Any) -> Output[Any]:
    """Call a function of the package `cloud`."""
    return pulumi.runtime.invoke_output("cloud:index:getVersions", args)

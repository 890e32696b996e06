"""Connect a cluster of the package `cloud` to GitLab, with a secret of the package `kube` in it."""

import clouds
import pulumi
from pulumi import ResourceOptions

from pulumi_gitlab_kubernetes import ClusterAgent, ClusterAgentToken

config = pulumi.Config()
project = config.require("project")


def show(name: str, output: pulumi.Output[str]) -> None:
    """Log an output, if it is known."""
    output.apply(lambda value: pulumi.log.info(f"{name} is {value}"))


versions = clouds.get_versions(location="here")
network = clouds.Network("network", zone=config.get("zone") or "a", size=config.get("size") or "1")
cluster = clouds.Cluster(
    "cluster",
    network=network.label,
    version=versions["latest"],
    token=config.require_secret("canary"),
    replicas=int(config.get("replicas") or 1),
)
kube = clouds.Provider("kube", kubeconfig=cluster.kubeconfig)
agent = ClusterAgent("agent", project=project, name="prod")
token = ClusterAgentToken("token", project=project, agent_id=agent.agent_id, name="helm")
in_cluster = clouds.Secret(
    "token-in-cluster", ResourceOptions(provider=kube), stringData={"token": token.token}
)
show("network", network.label)
show("endpoint", cluster.endpoint)
pulumi.export("endpoint", cluster.endpoint)
pulumi.export("uid", in_cluster.uid)
pulumi.export("versions", versions["all"])

"""Install a receptive agent, to which GitLab connects. GitLab Ultimate, self-managed."""

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_tls as tls
from pulumi import ResourceOptions

from pulumi_gitlab_kubernetes import GitLabAgent

NAMESPACE = "gitlab-agent"
TEN_YEARS = 10 * 365 * 24  # Hours.

config = pulumi.Config()
project = config.require("project")
url = config.require("url")  # Where GitLab reaches the agent, such as grpcs://edge.example.com:443.
in_cluster = kubernetes.Provider("cluster", kubeconfig=config.require_secret("kubeconfig"))
receptive = {"url": url}
more_values = {}

# By default, GitLab authenticates with a JWT, whose public key is in the values of the chart. With
# mTLS, it has a client certificate instead. GitLab's chart has no values for that, so the agent
# gets its options and the certificate to trust from here.
if config.get_bool("mtls"):
    key = tls.PrivateKey("gitlab", algorithm="ECDSA", ecdsa_curve="P256")
    certificate = tls.SelfSignedCert(
        "gitlab",
        private_key_pem=key.private_key_pem,
        subject={"common_name": "gitlab-kas"},
        allowed_uses=["digital_signature", "client_auth"],
        validity_period_hours=TEN_YEARS,
    )
    receptive |= {"client_cert": certificate.cert_pem, "client_key": key.private_key_pem}
    trusted = kubernetes.core.v1.ConfigMap(
        "gitlab-client-certificate",
        metadata={"name": "gitlab-client-certificate", "namespace": NAMESPACE},
        data={"ca.crt": certificate.cert_pem},
        opts=ResourceOptions(provider=in_cluster),
    )
    more_values = {
        "extraArgs": ["--api-mtls", "--api-client-ca-cert-file=/etc/gitlab-client/ca.crt"],
        "extraVolumes": [
            {"name": "gitlab-client", "configMap": {"name": "gitlab-client-certificate"}}
        ],
        "extraVolumeMounts": [{"name": "gitlab-client", "mountPath": "/etc/gitlab-client"}],
    }

agent = GitLabAgent("edge", project=project, name="edge", receptive=receptive)
kubernetes.helm.v3.Release(
    "gitlab-agent",
    name="gitlab-agent",
    chart="gitlab-agent",
    repository_opts={"repo": "https://charts.gitlab.io"},
    namespace=NAMESPACE,
    create_namespace=True,
    values=agent.helm_values.apply(lambda values: {**values, **more_values}),
    opts=ResourceOptions(provider=in_cluster),
)

pulumi.export("agent_id", agent.agent_id)

"""What GitLab can use of a kubeconfig. Only `outputs` imports Pulumi."""

"""The fork server of all tests in a process. It ends with the process."""

from pulumi_gitlab_kubernetes.testing.host.fork_server import ForkServer

FORK_SERVER = ForkServer()

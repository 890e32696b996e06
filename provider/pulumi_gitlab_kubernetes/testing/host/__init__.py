"""The deployment host: runs a Pulumi program in Python without the Pulumi CLI.

It is for tests and first steps. Real deployments are the Pulumi CLI's; where the two differ, this
one is wrong.
"""

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.importer import Import
from pulumi_gitlab_kubernetes.testing.host.result import Message, Result, StepResult
from pulumi_gitlab_kubernetes.testing.host.stack import Stack

__all__ = ["HostError", "Import", "Message", "Result", "Stack", "StepResult"]

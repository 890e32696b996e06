"""The deployment host: runs a Pulumi program in Python without the Pulumi CLI.

It is for tests and first steps. Real deployments are the Pulumi CLI's; where the two differ, this
one is wrong.
"""

from .errors import HostError
from .result import Message, Result, StepResult
from .stack import Stack

__all__ = ["HostError", "Message", "Result", "Stack", "StepResult"]

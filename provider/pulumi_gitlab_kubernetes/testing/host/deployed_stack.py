"""The stack of a run."""

from dataclasses import dataclass
from pathlib import Path

from pulumi_gitlab_kubernetes.testing.host.state import Deployment
from pulumi_gitlab_kubernetes.testing.host.values import Properties


@dataclass
class DeployedStack:
    """The stack of a run.

    Attributes:
        name: Its name.
        project: Its project's name.
        root: The project's directory.
        config: Its configuration, secrets marked.
        previous: Its previous deployment.
        preview: Whether the run is a preview.
        parallel: How many operations run at a time.
    """

    name: str
    project: str
    root: Path
    config: Properties
    previous: Deployment
    preview: bool
    parallel: int

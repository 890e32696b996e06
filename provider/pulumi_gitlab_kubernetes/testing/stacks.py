"""Stacks that are deployed to a simulator, for tests."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from pulumi_gitlab_kubernetes.testing import environ
from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.process import Spawn
from pulumi_gitlab_kubernetes.testing.host.project import Project, StackSettings
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_PASSPHRASE = "of a test"  # noqa: S105 (it guards nothing that outlives a test)


def make_stack(
    directory: Path,
    folder: Path,
    simulator: Simulator,
    *,
    name: str,
    config: Mapping[str, str],
    secrets: Mapping[str, str],
    stand_ins: Sequence[Path],
    spawn: Spawn,
) -> Stack:
    """Make an empty stack whose GitLab is a simulator.

    Args:
        directory: The directory of ``Pulumi.yaml``; nothing is written there.
        folder: Where state and settings are kept.
        simulator: The GitLab, `start_afresh`.
        name: The stack's name.
        config: The stack's configuration.
        secrets: The part of it that is secret.
        stand_ins: The files with the answers of stand-ins.
        spawn: Starts the processes.

    Returns:
        The stack; its program runs with this process's interpreter, whatever the project says.

    Raises:
        HostError: It is not there, or it is not one that the deployment host can run.
    """
    found = Project.at(directory)
    if found is None:
        raise HostError(f"no Pulumi.yaml in {directory}: directories count from pytest's root")
    project = replace(
        found,
        stack_config_directory=folder,
        runtime_options={"toolchain": "pip"},  # An interpreter of one's own is chosen below.
    )
    settings = StackSettings.load(project, name)
    settings.encryption_salt = _salt()
    settings.save()
    stack = Stack(
        project,
        name,
        folder,
        passphrase=_PASSPHRASE,
        environ={
            **environ.without_foreign(),
            **environ.connection(simulator.url, simulator.token),
            "PULUMI_PYTHON_CMD": sys.executable,
        },
        spawn=spawn,
        stand_ins=stand_ins,
    )
    for values, secret in ((config, False), (secrets, True)):
        for key, value in values.items():
            stack.set_config(key, value, secret=secret)
    return stack


@cache  # Deriving a key takes half a second; stacks of tests may share it.
def _salt() -> str:
    return Passphrase.create(_PASSPHRASE).salt

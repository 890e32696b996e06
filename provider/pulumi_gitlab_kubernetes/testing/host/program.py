"""The user's Pulumi program, as a process."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from pulumi_gitlab_kubernetes.testing.host.process import LineHandler, Process, Spawn, start_process
from pulumi_gitlab_kubernetes.testing.host.project import Project

ERROR_SHOWN: Final = 32
"""Exit status of a program whose error was shown already."""

ORGANIZATION: Final = "organization"
"""What every stack of a file backend belongs to."""

_RUNNER: Final = Path(__file__).with_name("_exec.py")


def start(  # noqa: D417 (the settings are the SDK's own)
    project: Project,
    environ: Mapping[str, str],
    on_line: LineHandler,
    *,
    stack: str,
    config: Mapping[str, str],
    secret_keys: Collection[str],
    monitor: str,
    engine: str,
    preview: bool,
    parallel: int,
    spawn: Spawn = start_process,
) -> Process:
    """Start the program.

    Args:
        project: The program's project.
        environ: Environment variables, without those that Pulumi sets.
        on_line: Takes its output.
        spawn: Starts it.

    Returns:
        The running program.
    """
    settings = {
        "monitor": monitor,
        "engine": engine,
        "project": project.name,
        "stack": stack,
        "parallel": parallel,
        "dry_run": preview,
        "organization": ORGANIZATION,
        "root_directory": str(project.root),
        "directory": str(project.program),
        "program": project.entry_point,
    }
    variables = {
        "PULUMI_CONFIG": json.dumps(dict(config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(secret_keys)),
    }
    command = [str(project.python(environ)), "-u", str(_RUNNER), json.dumps(settings)]
    return Process(command, project.program, {**environ, **variables}, on_line, spawn)

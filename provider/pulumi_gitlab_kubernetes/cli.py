"""The command `gitlab-kubernetes`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version

_COMMANDS = {
    "simulator": (
        "testing.simulator.command",
        "run a GitLab simulator: its API for clusters, agents, tokens and environments",
    ),
    "stack": (
        "testing.host.command",
        "run a Pulumi program with the deployment host, for tests and first steps",
    ),
    "local": (
        "testing.local.command",
        "run the stack in this folder against a simulator of its own",
    ),
}
"""Each command's module and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line, without the command's own name.

    Returns:
        The exit status.
    """
    try:
        return _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return 130  # As a shell says of a command that Ctrl-C ended.


def _run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="gitlab-kubernetes",
        description="Tools around the Pulumi provider for GitLab's Kubernetes integration.",
    )
    parser.add_argument("--version", action="version", version=version("pulumi-gitlab-kubernetes"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    line = list(arguments)
    for name, (path, text) in _COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if line[:1] == [name]:  # Only the one that is asked for is imported.
            with _extra_installed(name):
                module = import_module(f".{path}", __package__)
                module.add_arguments(command)
            command.set_defaults(run=module.run)
    parsed = parser.parse_args(line)
    with _extra_installed(parsed.command):
        return int(parsed.run(parsed))


@contextmanager
def _extra_installed(command: str) -> Iterator[None]:
    """Say how to install what a command needs beyond the provider itself."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(str(__package__)):
            raise
        sys.exit(
            f"error: `gitlab-kubernetes {command}` needs the package {error.name}: run "
            "`pip install 'pulumi-gitlab-kubernetes[testing]'`"
        )


if __name__ == "__main__":
    sys.exit(main())

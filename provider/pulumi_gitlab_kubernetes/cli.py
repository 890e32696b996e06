"""The command `gitlab-kubernetes`."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version

from pulumi_gitlab_kubernetes.interrupts import ended_by_interrupt

COMMANDS = {
    "simulator": (
        "testing.simulator.command",
        "testing",
        "run a GitLab simulator: its API for clusters, agents, tokens and environments",
    ),
    "stack": (
        "testing.host.command",
        "testing",
        "run a Pulumi program with the deployment host, for tests and first steps",
    ),
    "stand-in": (
        "testing.stand_ins.command",
        "testing",
        "write stand-ins for the plugins of other packages, for tests without a cloud",
    ),
    "local": (
        "testing.local.command",
        "testing",
        "run the stack in this folder against a simulator of its own",
    ),
    "policy-pack": (
        "policy.command",
        "policy",
        "write the policy pack for this Python interpreter and print the path of its folder",
    ),
    "audit": (
        "policy.audit.command",
        "policy",
        "evaluate the policies on a stack's state or on a project in GitLab",
    ),
    "clean-up": (
        "clean_up.command",
        "",
        "stop or delete environments that nobody uses",
    ),
    "doctor": (
        "doctor.command",
        "",
        "check the address, the token and the projects before the first `pulumi up`",
    ),
    "ci-preview": (
        "delivery.ci_preview_command",
        "policy",
        "run `pulumi preview` in a CI/CD job, with a note on the merge request",
    ),
    "migrate-config": (
        "configuration.migrate_command",
        "native",
        "copy a stack's settings in the namespace gitlab to gitlab-kubernetes",
    ),
    "install-plugin": (
        "native.install_command",
        "native",
        "install the plugin of the native provider into the Pulumi CLI",
    ),
}
"""Each command's module, the extra that it needs if any, and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line, without the command's own name.

    Returns:
        The exit status.
    """
    if sys.stdout is None:  # Python has none if the caller closed it.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 (it is open to the end)
    try:
        status = _run(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()  # Errors of the flush are handled here.
    except KeyboardInterrupt:
        return 130  # A shell's status for SIGINT.
    except BrokenPipeError:  # The reader, such as `head`, has ended.
        _discard_output()
        return 141  # A shell's status for SIGPIPE.
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _discard_output()
        what = error.filename or "the output or a file"
        sys.exit(f"error: {what} cannot be written: {error.strerror}")
    return status


def _discard_output() -> None:
    """Discard what is left of the output, which Python writes when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="gitlab-kubernetes",
        description="Tools around the Pulumi provider for GitLab's Kubernetes integration.",
    )
    parser.add_argument("--version", action="version", version=version("pulumi-gitlab-kubernetes"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    line = list(arguments)
    for name, (path, _extra, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if line[:1] == [name]:  # Only the requested command is imported.
            with _extra_installed(name), ended_by_interrupt():
                module = import_module(f".{path}", __package__)
                module.add_arguments(command)
            command.set_defaults(run=module.run)
    parsed = parser.parse_args(line)
    with _extra_installed(parsed.command):
        return int(parsed.run(parsed))


@contextmanager
def _extra_installed(command: str) -> Iterator[None]:
    """Exit with the command that installs a missing extra."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(str(__package__)):
            raise
        extra = COMMANDS[command][1]
        package = f"pulumi-gitlab-kubernetes[{extra}]" if extra else "pulumi-gitlab-kubernetes"
        sys.exit(
            f"error: `gitlab-kubernetes {command}` needs the package {error.name}: run "
            f"`pip install '{package}'`"
        )


if __name__ == "__main__":
    sys.exit(main())

"""`gitlab-kubernetes migrate-config`."""

from __future__ import annotations

import argparse
import json
import sys

from pulumi_gitlab_kubernetes.configuration.migration import Setting, to_copy
from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.pulumi_cli import pulumi


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = (
        "It changes nothing that is already set, and leaves `gitlab:*` as it is. The Pulumi CLI "
        "reads and encrypts the values, so it needs your login and the stack's passphrase or key."
    )
    parser.add_argument("--stack", metavar="STACK", help="(default: the current stack)")
    parser.add_argument("--cwd", metavar="DIR", help="folder of the Pulumi project (default: .)")
    parser.add_argument("--dry-run", action="store_true", help="only print what would be copied")


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """
    where = [
        part
        for option, value in (("--stack", arguments.stack), ("--cwd", arguments.cwd))
        if value
        for part in (option, value)
    ]
    try:
        settings = to_copy(json.loads(pulumi(["config", "--json", "--show-secrets", *where])))
        for setting in settings:
            if not arguments.dry_run:
                _set(setting, where)
            verb = "would copy" if arguments.dry_run else "copied"
            secret = " (secret)" if setting.secret else ""
            print(f"{verb} {setting.path(DEFAULT)} to {setting.path(NAMESPACE)}{secret}")
    except ProviderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not settings:
        print(f"nothing to copy: {NAMESPACE}:* has all settings of {DEFAULT}:*")
    return 0


def _set(setting: Setting, where: list[str]) -> None:
    """Set it through stdin, since others can see a command's arguments."""
    how = "--secret" if setting.secret else "--plaintext"
    path = ["--path"] if setting.header else []
    command = ["config", "set", setting.path(NAMESPACE), how, *path, "--raw", *where]
    pulumi(command, stdin=setting.value)

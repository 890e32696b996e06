"""`gitlab-kubernetes doctor`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pulumi_gitlab_kubernetes.doctor.examination import examine
from pulumi_gitlab_kubernetes.doctor.findings import as_json, has_problems, table
from pulumi_gitlab_kubernetes.doctor.settings import read
from pulumi_gitlab_kubernetes.errors import ProviderError, unexpected
from pulumi_gitlab_kubernetes.gitlab.connection import DEFAULT
from pulumi_gitlab_kubernetes.redaction import one_line

_PROBLEM = 1
_FAILED = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = (
        "Exit status: 0 if there is no problem, 1 if there is one, 2 if the command failed. It "
        "changes nothing in GitLab. In the folder of a Pulumi project, it uses the configuration "
        "of the stack, which the Pulumi CLI decrypts. Everywhere, the variables that a deployment "
        "reads count: PULUMI_GITLAB_TOKEN, PULUMI_GITLAB_BASE_URL, GITLAB_TOKEN, GITLAB_BASE_URL."
    )
    parser.add_argument(
        "--project",
        action="append",
        default=[],
        metavar="PROJECT",
        help="check a project in GitLab, by its ID or full path; may be repeated",
    )
    parser.add_argument("--stack", metavar="STACK", help="(default: the current stack)")
    parser.add_argument("--cwd", metavar="DIR", help="folder of the Pulumi project (default: .)")
    parser.add_argument(
        "--connection",
        metavar="NAME",
        default=DEFAULT,
        help=f"connection of dynamic resources to check (default: {DEFAULT})",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """

    def log(line: str) -> None:
        print(one_line(line), file=sys.stderr, flush=True)

    try:
        settings = read(arguments.stack or "", Path(arguments.cwd or "."))
        findings = list(examine(settings, arguments.connection, arguments.project, log=log))
    except ProviderError as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILED
    except Exception as error:  # noqa: BLE001 (no traceback: it may contain a secret)
        print(f"error: {unexpected(error)}", file=sys.stderr)
        return _FAILED
    print(as_json(findings) if arguments.json else table(findings))
    return _PROBLEM if has_problems(findings) else 0

"""`gitlab-kubernetes audit`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from pulumi_gitlab_kubernetes.errors import InvalidInputError, ProviderError, unexpected
from pulumi_gitlab_kubernetes.policy import configuration
from pulumi_gitlab_kubernetes.policy.audit import state
from pulumi_gitlab_kubernetes.policy.audit.report import FORMATS, Report, audit
from pulumi_gitlab_kubernetes.policy.model import Resource
from pulumi_gitlab_kubernetes.policy.rule import Level
from pulumi_gitlab_kubernetes.text import printable

_VIOLATED = 1
_FAILED = 2
_FAILS = {
    "mandatory": (Level.MANDATORY,),
    "advisory": (Level.MANDATORY, Level.ADVISORY),
    "never": (),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = (
        "Exit status: 0 if no rule of the --fail-on level is violated, 1 if one is, 2 if the audit "
        "failed. --project connects to PULUMI_GITLAB_BASE_URL or GITLAB_BASE_URL (default: "
        "gitlab.com; required in CI jobs of other GitLab instances) with PULUMI_GITLAB_TOKEN or "
        "GITLAB_TOKEN. The token needs the scope read_api and the role Developer in the project, "
        "or Maintainer to read URL configurations."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "state", metavar="STATE", nargs="?", help="output of `pulumi stack export`; - for stdin"
    )
    what.add_argument(
        "--project",
        action="append",
        metavar="PROJECT",
        help="read a project in GitLab, by its id or full path; may be repeated",
    )
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="table", help="(default: table)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="policy configuration: levels and parameters",
    )
    parser.add_argument(
        "--fail-on",
        choices=tuple(_FAILS),
        default="mandatory",
        help="lowest level of a violation that fails the audit (default: mandatory)",
    )
    parser.add_argument(
        "--location",
        metavar="PATH",
        default="Pulumi.yaml",
        help="file in the repository to which gitlab-codequality assigns violations "
        "(default: Pulumi.yaml)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """
    try:
        report = _report(arguments)
    except ProviderError as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILED
    except Exception as error:  # noqa: BLE001 (no traceback: it may contain a secret)
        print(f"error: {unexpected(error)}", file=sys.stderr)
        return _FAILED
    print(FORMATS[arguments.format](report, arguments.location))
    fails = sum(report.count(level) for level in _FAILS[arguments.fail_on])
    return _VIOLATED if fails else 0


def _report(arguments: argparse.Namespace) -> Report:
    given = arguments.config
    chosen = configuration.load(given) if given else configuration.Configuration()
    found = _live(arguments.project) if arguments.project else state.read(_text(arguments.state))
    return audit(found, chosen)


def _text(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInputError("STATE", f"cannot be read: {path}: {reason}") from error


def _live(projects: list[str]) -> Iterator[Resource]:
    from pulumi_gitlab_kubernetes.configuration.environment import (  # noqa: PLC0415 (as below)
        connection,
    )
    from pulumi_gitlab_kubernetes.gitlab.clients import (  # noqa: PLC0415 (only --project needs it)
        Clients,
    )
    from pulumi_gitlab_kubernetes.policy.audit import live  # noqa: PLC0415 (as above)

    def log(line: str) -> None:
        print(printable(line), file=sys.stderr, flush=True)

    client = Clients().get(connection(), log)
    for project in projects:
        yield from live.read(client, project, log)

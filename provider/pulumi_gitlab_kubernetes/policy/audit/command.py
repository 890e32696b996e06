"""`gitlab-kubernetes audit`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pulumi_gitlab_kubernetes.errors import (
    ConfigurationError,
    InvalidInputError,
    ProviderError,
    unexpected,
)
from pulumi_gitlab_kubernetes.policy import configuration
from pulumi_gitlab_kubernetes.policy.rule import Level
from pulumi_gitlab_kubernetes.policy.things import Thing
from pulumi_gitlab_kubernetes.policy.words import printable

from . import state
from .report import FORMATS, Report, audit

_TOKENS = ("PULUMI_GITLAB_TOKEN", "GITLAB_TOKEN")
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
        "Exit status: 0 when no rule of the level of --fail-on is violated, 1 when one is, 2 when "
        "the audit could not be made. GitLab is read as PULUMI_GITLAB_TOKEN or GITLAB_TOKEN at "
        "PULUMI_GITLAB_BASE_URL or GITLAB_BASE_URL, gitlab.com by default, but not in a CI job of "
        "another GitLab; this takes a token with the scope read_api and the role Developer in the "
        "project, and Maintainer for its URL configurations."
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "state", metavar="STATE", nargs="?", help="a file of `pulumi stack export`; - for stdin"
    )
    what.add_argument(
        "--project",
        action="append",
        metavar="PROJECT",
        help="read a project at GitLab, by its id or full path; may be repeated",
    )
    parser.add_argument("--format", choices=tuple(FORMATS), default="table")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="levels and parameters: a policy configuration"
    )
    parser.add_argument(
        "--fail-on", choices=tuple(_FAILS), default="mandatory", help="default: mandatory"
    )
    parser.add_argument(
        "--location",
        metavar="PATH",
        default="Pulumi.yaml",
        help="the file in the repository at which gitlab-codequality shows violations "
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
    except Exception as error:  # noqa: BLE001 (whatever it is, nothing was judged, and it may quote a secret)
        print(f"error: {unexpected(error)}", file=sys.stderr)
        return _FAILED
    print(FORMATS[arguments.format](report, arguments.location))
    fails = sum(report.count(level) for level in _FAILS[arguments.fail_on])
    return _VIOLATED if fails else 0


def _report(arguments: argparse.Namespace) -> Report:
    given = arguments.config
    chosen = configuration.load(given) if given else configuration.Configuration()
    found = _live(arguments.project) if arguments.project else state.things(_text(arguments.state))
    return audit(found, chosen)


def _text(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.read()
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise InvalidInputError("STATE", f"cannot be read: {path}: {reason}") from error


def _live(projects: list[str]) -> Iterator[Thing]:
    from pulumi_gitlab_kubernetes._connection import (  # noqa: PLC0415 (only these audits need it)
        Connection,
        client_for,
    )

    from . import live  # noqa: PLC0415 (as above)

    def say(line: str) -> None:
        print(printable(line), file=sys.stderr, flush=True)

    if not any(map(os.environ.get, _TOKENS)):
        raise ConfigurationError(f"no GitLab token: set {' or '.join(_TOKENS)}")
    client = client_for(Connection.resolve(lambda _key: None), say)
    for project in projects:
        yield from live.things(client, project, say)

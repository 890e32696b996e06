"""`gitlab-kubernetes ci-preview`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pulumi_gitlab_kubernetes.delivery import note, preview
from pulumi_gitlab_kubernetes.delivery.preview import Preview
from pulumi_gitlab_kubernetes.errors import ConfigurationError, ProviderError
from pulumi_gitlab_kubernetes.policy import configuration, findings, folder
from pulumi_gitlab_kubernetes.policy.audit import state
from pulumi_gitlab_kubernetes.policy.audit.report import audit
from pulumi_gitlab_kubernetes.policy.findings import Finding
from pulumi_gitlab_kubernetes.policy.rule import Level, Scope
from pulumi_gitlab_kubernetes.policy.rules import BY_NAME
from pulumi_gitlab_kubernetes.pulumi_cli import pulumi

_FAILED = 1
_ADDRESSES = ("PULUMI_GITLAB_BASE_URL", "GITLAB_BASE_URL")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = (
        "In a merge request pipeline, the result is also a note on the merge request; the next "
        "pipeline updates it. The token in PULUMI_GITLAB_TOKEN or GITLAB_TOKEN needs the scope api "
        "and the role Reporter, since CI/CD job tokens cannot add notes. "
        "PULUMI_GITLAB_BASE_URL or GITLAB_BASE_URL must be the GitLab of the job. "
        "Exit status: that of `pulumi preview`, or 1 if another part failed."
    )
    parser.add_argument(
        "-s", "--stack", metavar="NAME", help="the stack's name (default: PULUMI_STACK)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="policy configuration: levels and parameters",
    )
    parser.add_argument(
        "--code-quality",
        type=Path,
        metavar="FILE",
        help="write the violations of policies as a Code Quality report to this file",
    )
    parser.add_argument(
        "--location",
        metavar="PATH",
        default="Pulumi.yaml",
        help="file in the repository to which the report assigns violations (default: Pulumi.yaml)",
    )
    parser.add_argument("--no-note", action="store_true", help="add no note to the merge request")
    parser.add_argument(
        "options",
        nargs="*",
        metavar="-- OPTION",
        help="more options of `pulumi preview`, after two dashes",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """
    import pulumi_policy  # noqa: F401, PLC0415 (a hint if it is not installed)

    try:
        return _run(arguments, os.environ)
    except ProviderError as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILED


def _run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    stack = arguments.stack or environ.get("PULUMI_STACK")
    if not stack:
        raise ConfigurationError("no stack: set --stack or PULUMI_STACK to its name")
    chosen = (
        configuration.load(arguments.config) if arguments.config else configuration.Configuration()
    )
    done = preview.run(_options(stack, arguments), lambda line: print(line, end="", flush=True))
    audited = _audited(stack, chosen) if done.changes else []
    found = (*audited, *done.findings)
    if audited:
        print(f"Found by the audit:\n{findings.table(audited)}")
    if arguments.code_quality:
        _write(arguments.code_quality, findings.code_quality(found, arguments.location))
    if not arguments.no_note and environ.get("CI_MERGE_REQUEST_IID"):
        add_note(stack, done, found, environ)
    failed = any(each.level is Level.MANDATORY for each in audited)
    return done.status or (_FAILED if failed else 0)


def _options(stack: str, arguments: argparse.Namespace) -> list[str]:
    options = ["--stack", stack, "--policy-pack", str(folder.write())]
    if arguments.config:
        options += ["--policy-pack-config", str(arguments.config)]
    return [*options, *arguments.options]


def _audited(stack: str, chosen: configuration.Configuration) -> Sequence[Finding]:
    """Return the violations of rules that need a stored state, which a preview does not have."""
    report = audit(state.read(pulumi(["stack", "export", "--stack", stack])), chosen)
    return [each for each in report.findings() if BY_NAME[each.policy].scope is Scope.STATE]


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        raise ProviderError(f"{file} cannot be written: {error.strerror}") from error


def add_note(
    stack: str, done: Preview, found: Sequence[Finding], environ: Mapping[str, str]
) -> None:
    """Add the note to the merge request of the current job, or update it.

    Args:
        stack: The stack's name.
        done: The preview.
        found: The violations of policies.
        environ: The job's variables.

    Raises:
        ProviderError: A variable is missing or wrong, or GitLab rejected a request.
    """
    from pulumi_gitlab_kubernetes.configuration import (  # noqa: PLC0415 (only a note needs it)
        environment,
    )
    from pulumi_gitlab_kubernetes.gitlab.clients import Clients  # noqa: PLC0415 (as above)
    from pulumi_gitlab_kubernetes.gitlab.settings import api_url  # noqa: PLC0415 (as above)

    number, project = environ["CI_MERGE_REQUEST_IID"], environ.get("CI_MERGE_REQUEST_PROJECT_ID")
    if not number.isdecimal() or not project:
        raise ConfigurationError(
            "CI_MERGE_REQUEST_IID and CI_MERGE_REQUEST_PROJECT_ID do not name a merge request: "
            "run this in a merge request pipeline, or add --no-note"
        )
    if not any(map(environ.get, _ADDRESSES)):
        raise ConfigurationError(
            f"no address for the note: set {_ADDRESSES[0]} to $CI_SERVER_URL if the token is for "
            "the GitLab of this job, or add --no-note"
        )
    connection = environment.connection(environ)
    server = environ.get("CI_SERVER_URL")
    if server and connection.url != api_url(server, "CI_SERVER_URL"):
        # A stack of another GitLab instance: the token is not sent to this one.
        print(f"No note: the token is for {connection.url}, and the merge request is in {server}.")
        return
    client = Clients().get(connection, lambda line: print(line, file=sys.stderr, flush=True))
    succeeded = done.changes if done.status == 0 else None
    body = note.text(stack, succeeded, found, done.text, environ.get("CI_JOB_URL", ""))
    created = note.write(client, project, int(number), stack, body)
    print(f"{'Added' if created else 'Updated'} the note on merge request !{number}.")

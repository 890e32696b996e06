"""`gitlab-kubernetes clean-up`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from pulumi_gitlab_kubernetes.clean_up import report, review_apps, stale, stopping
from pulumi_gitlab_kubernetes.clean_up.plan import Plan, Project
from pulumi_gitlab_kubernetes.configuration import environment
from pulumi_gitlab_kubernetes.configuration.ci_job import Job
from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.errors import InvalidInputError, ProviderError, unexpected
from pulumi_gitlab_kubernetes.text import counted, printable

_INCOMPLETE = 1
_FAILED = 2
_YES = {"y", "yes"}


class _Options(Spelling):
    """The spelling of the command's options."""

    def __getitem__(self, name: str) -> str:
        return _OPTIONS.get(name, f"--{name}")

    def option(self, name: str) -> str:
        return self[name]

    def before_destroy(self, name: str) -> str:
        return f"use {self.option(name)}"


_OPTIONS = {"force_stop": "--force", "stop_timeout": "--timeout", "name": "NAME"}
_SPELLING = _Options()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = (
        "Exit status: 0 if everything was cleaned up, if nothing is to be done, or after a dry "
        "run; 1 if some environments could not be cleaned up; 2 if the clean-up failed. It "
        "connects to PULUMI_GITLAB_BASE_URL or GITLAB_BASE_URL (default: gitlab.com) with "
        "PULUMI_GITLAB_TOKEN or GITLAB_TOKEN, or with the token of the current CI job."
    )
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    old = _action(
        commands,
        "stop-stale",
        lambda project, given: stale.find(project, given.before),
        "stop all environments without changes and deployments since a time; needs the role "
        "Maintainer",
    )
    old.add_argument(
        "--before",
        required=True,
        metavar="WHEN",
        help="an age such as 30d or 4w, or a date such as 2026-01-31: at least a week and at most "
        "ten years ago",
    )
    reviews = _action(
        commands,
        "review-apps",
        lambda project, given: review_apps.find(project, given.before, given.limit),
        "delete the stopped environments in the folder `review`; needs the role Developer",
    )
    reviews.add_argument(
        "--before",
        default=review_apps.AGE,
        metavar="WHEN",
        help=f"an age or a date, before which they were created (default: {review_apps.AGE.days}d)",
    )
    reviews.add_argument(
        "--limit",
        type=int,
        default=review_apps.LIMIT,
        help="how many, from 1 to 1000, the oldest first (default: %(default)s)",
    )
    named = _action(
        commands,
        "stop",
        lambda project, given: stopping.find(
            project, given.names, force=given.force, timeout=given.timeout
        ),
        "stop environments and wait for their on-stop jobs; needs the role Developer",
    )
    named.add_argument("names", nargs="+", metavar="NAME", help="an environment's name")
    named.add_argument("--force", action="store_true", help="stop without the on-stop jobs")
    named.add_argument(
        "--timeout",
        type=float,
        default=stopping.TIMEOUT,
        metavar="SECONDS",
        help="how long to wait for each on-stop job (default: %(default)g)",
    )


def _action(
    commands: Any, name: str, find: Callable[[Project, argparse.Namespace], Plan], text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}."
    )
    parser.add_argument(
        "--project",
        action="append",
        metavar="PROJECT",
        help="a project's id or full path; may be repeated (default: the CI job's project)",
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="do it without asking; otherwise, without a terminal, this is a dry run",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(find=find)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """
    try:
        plans = _find(arguments)
        if not arguments.json:
            print("\n".join(map(report.table, plans)), flush=True)
        confirmed = _confirmed(arguments, plans)
        results = [_run(plan, confirmed, as_json=arguments.json) for plan in plans]
    except InvalidInputError as error:
        return _fail(f"{_SPELLING[error.property]} {error.reason}")
    except ProviderError as error:
        return _fail(str(error))
    except Exception as error:  # noqa: BLE001 (no traceback: it may contain a secret)
        return _fail(unexpected(error))
    statuses, values = zip(*results, strict=True)
    if arguments.json:
        found = {"action": arguments.action, "dry_run": not confirmed, "projects": values}
        print(json.dumps(found, indent=2))
    return int(max(statuses))


def _find(arguments: argparse.Namespace) -> list[Plan]:
    """Return the plan for each project. Nothing is changed if one of them fails."""
    connection = environment.connection(job_token=True)
    projects: Sequence[str] = arguments.project or _own_project()
    return [
        arguments.find(Project(project, connection, _log, _SPELLING), arguments)
        for project in projects
    ]


def _own_project() -> list[str]:
    job = Job.of(os.environ)
    if job is None or not job.project[0]:
        raise InvalidInputError("project", "is required, as this is no CI job")
    return [job.project[0]]


def _confirmed(arguments: argparse.Namespace, plans: Sequence[Plan]) -> bool:
    """Return whether to run the plans."""
    count = sum(len(plan.environments) for plan in plans)
    if arguments.yes or not count:
        return bool(arguments.yes)
    what = f"{plans[0].verb} {counted(count, 'environment')}"
    if sys.stdin.isatty() and not arguments.json:
        print(f"{what[0].upper()}{what[1:]}? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() in _YES:
            return True
    _log(f"dry run: nothing was changed; add --yes to {what}")
    return False


def _run(plan: Plan, confirmed: bool, *, as_json: bool) -> tuple[int, dict[str, Any]]:
    """Run a plan if it is confirmed. Return the exit status, and the values for JSON."""
    values = report.as_values(plan)
    if not confirmed or not plan.environments:
        return _INCOMPLETE if plan.failures else 0, values
    try:
        result = plan.run()
    except ProviderError as error:
        return _fail(str(error)), {**values, "environments": [], "error": str(error)}
    values["environments"] = [report.environment_values(each) for each in result.environments]
    values["failures"] = dict(result.failures)
    values["message"] = result.message
    if not as_json:
        print(f"{printable(plan.project)}: {result.message}", flush=True)
    for line in report.failures(plan.verb, result.failures):
        _log(line)
    return _INCOMPLETE if result.failures else 0, values


def _fail(message: str) -> int:
    _log(f"error: {message}")
    return _FAILED


def _log(line: str) -> None:
    print(printable(line), file=sys.stderr, flush=True)

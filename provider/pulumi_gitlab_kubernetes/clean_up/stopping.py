"""Stop environments by name, and wait for their on-stop jobs.

See https://docs.gitlab.com/api/environments/#stop-an-environment.
"""

from __future__ import annotations

from collections.abc import Sequence

from pulumi_gitlab_kubernetes.clean_up.plan import Environment, Plan, Project, Result
from pulumi_gitlab_kubernetes.core.explaining import explained
from pulumi_gitlab_kubernetes.errors import READING, GitLabError, InvalidInputError
from pulumi_gitlab_kubernetes.kinds.environment_stop import stop
from pulumi_gitlab_kubernetes.text import counted

TIMEOUT = 1200.0
"""How long to wait for each on-stop job by default, in seconds."""

_STOPPED = "stopped"


class StopPlan(Plan):
    """Stop environments, each with a request.

    Args:
        project: The project.
        environments: The environments to stop.
        note: What else the user must know.
        force: Whether to stop without the on-stop jobs.
        timeout: How long to wait for each on-stop job, in seconds.
    """

    verb = "stop"
    columns = ("name", "state", "updated_at", "external_url")

    def __init__(
        self,
        project: Project,
        environments: tuple[Environment, ...],
        note: str,
        *,
        force: bool,
        timeout: float,
    ) -> None:
        super().__init__(project, environments, note)
        self._how = {"force_stop": force, "stop_timeout": timeout}

    def run(self) -> Result:
        """Stop them at the same time, also if one of them fails."""
        why = self._project.in_parallel(self._stop, list(self.environments))
        results = dict(zip(self.environments, why, strict=True))
        stopped = tuple(each for each, failure in results.items() if not failure)
        failures = {each.name: failure for each, failure in results.items() if failure}
        message = f"stopped {counted(len(stopped), 'environment')}"
        return Result(stopped, failures, message)

    def _stop(self, environment: Environment) -> str:
        """Stop an environment, and return why it failed; empty if it did not."""
        project, context = self._project, self._project.context(environment)
        values = {"project": project.name, "name": environment.name, **self._how}
        id_ = f"{project.id}:{environment.id}"
        try:
            with explained(project.kind, project.client, "stop", values, context, id_=id_):
                stop(project.environments, environment.id, values, context)
        except GitLabError as error:
            return str(error)
        project.log(f"{environment.name}: {_STOPPED}")
        return ""


def find(project: Project, names: Sequence[str], *, force: bool, timeout: float) -> StopPlan:
    """Find the environments to stop.

    Args:
        project: The project.
        names: Their names.
        force: Whether to stop without the on-stop jobs.
        timeout: How long to wait for each on-stop job, in seconds.

    Raises:
        InvalidInputError: An argument is wrong, or there is no such environment.
        GitLabError: GitLab rejected a request, or did not respond.
    """
    if timeout < 0:
        raise InvalidInputError("timeout", "must be a number of seconds, 0 or more")
    with project.explained("list environments", project.kind.read_role, READING):
        found = [_find(project, name) for name in dict.fromkeys(names)]
    running = tuple(each for each in found if each.state != _STOPPED)
    stopped = ", ".join(f'"{each.name}"' for each in found if each.state == _STOPPED)
    note = f"Already stopped: {stopped}." if stopped else ""
    return StopPlan(project, running, note, force=force, timeout=timeout)


def _find(project: Project, name: str) -> Environment:
    row = project.kind.find(project.environments, {"name": name})
    if row is None:
        raise InvalidInputError("name", f'"{name}" matches no environment in the project')
    return Environment.of(row)

"""Rules for environments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from . import addresses
from .rule import Level, Parameter, Rule, Scope
from .stack import Stack
from .things import ClusterAgent, ProjectEnvironment, every
from .tiers import production

_DASHBOARD = "https://docs.gitlab.com/ci/environments/kubernetes_dashboard/"
_ENVIRONMENTS = "https://docs.gitlab.com/ci/environments/"
_REVIEW = re.compile(r"(?<![a-z])review(?![a-z])", re.IGNORECASE)


def _production_agent(environment: ProjectEnvironment) -> Iterator[str]:
    for name in ("cluster_agent_id", "kubernetes_namespace"):
        if every(partial(production, environment), partial(environment.lacks, name)):
            yield f"{production(environment)}, and `{name}` is not set"


def _production_protect(environment: ProjectEnvironment) -> Iterator[str]:
    if every(lambda: production(environment), lambda: not environment.protect):
        yield f"{production(environment)}, and the option `protect` is off"


def _production_auto_stop(environment: ProjectEnvironment, stack: Stack) -> Iterator[str]:
    del stack
    if every(lambda: production(environment), lambda: environment.auto_stop_at):
        yield f"{production(environment)}, and it stops by itself (`auto_stop_at`)"


def _production_force_stop(environment: ProjectEnvironment) -> Iterator[str]:
    if every(lambda: production(environment), lambda: environment.force_stop):
        yield f"{production(environment)}, and `force_stop` is on"


def _do_not_force(environment: ProjectEnvironment) -> Mapping[str, object]:
    return {"force_stop": False} if list(_production_force_stop(environment)) else {}


def _namespace(environment: ProjectEnvironment, forbidden: Sequence[str]) -> Iterator[str]:
    if any(fnmatchcase(environment.kubernetes_namespace, each) for each in forbidden):
        yield "`kubernetes_namespace` is one of the cluster's own"


def _https(environment: ProjectEnvironment) -> Iterator[str]:
    url = environment.external_url
    if url and addresses.scheme(url) != "https":
        yield "`external_url` does not begin with https://"


def _use_https(environment: ProjectEnvironment) -> Mapping[str, object]:
    scheme, separator, rest = environment.external_url.strip().partition("://")
    if not separator or scheme.lower() != "http":
        return {}
    return {"external_url": f"https://{rest}"}


def _own_target(environment: ProjectEnvironment, stack: Stack) -> Iterator[str]:
    if len(stack.of(ProjectEnvironment)) < 2:  # noqa: PLR2004 (one, and another)
        return
    places = stack.group(ProjectEnvironment, stack.target)
    first, *_others = places.get(stack.target(environment), [environment])
    if first is not environment:
        shared = "agent, `kubernetes_namespace` and `flux_resource_path`"
        yield f"it has the same {shared} as {first.label}"


def _review_name(environment: ProjectEnvironment, prefix: str) -> Iterator[str]:
    name = environment.name
    if _REVIEW.search(name) and not name.startswith(prefix):
        yield "`name` speaks of a review, and does not begin with the folder of reviews"


def _agent_project(
    environment: ProjectEnvironment, stack: Stack, allowed_projects: Sequence[str]
) -> Iterator[str]:
    if not stack.of(ClusterAgent):
        return
    agent = stack.agent(environment)
    if agent is None or stack.project(agent) == stack.project(environment):
        return
    if not {agent.project, f"{agent.project_id or 0:.0f}"} & set(allowed_projects):
        yield f"`cluster_agent_id` is that of {agent.label}, an agent of another project"


RULES = (
    Rule(
        name="production-agent",
        kind=ProjectEnvironment,
        holds="A production environment shows its cluster.",
        mend="Set `cluster_agent_id` and `kubernetes_namespace`.",
        docs=_DASHBOARD,
        check=_production_agent,
    ),
    Rule(
        name="production-protect",
        kind=ProjectEnvironment,
        holds="A production environment is not deleted by mistake.",
        mend="Set the resource option `protect=True`.",
        docs="https://docs.gitlab.com/ci/environments/protected_environments/",
        check=_production_protect,
    ),
    Rule(
        name="production-auto-stop",
        kind=ProjectEnvironment,
        scope=Scope.STACK,
        holds="A production environment does not stop by itself.",
        mend="Take `auto_stop_in` out of its job, and pin the environment in GitLab.",
        docs=_ENVIRONMENTS + "#stop-an-environment-after-a-certain-time-period",
        check=_production_auto_stop,
    ),
    Rule(
        name="production-force-stop",
        kind=ProjectEnvironment,
        holds="A production environment is stopped by its on-stop job.",
        mend="Set `force_stop` to false.",
        docs="https://docs.gitlab.com/api/environments/#stop-an-environment",
        check=_production_force_stop,
        remediate=_do_not_force,
    ),
    Rule(
        name="environment-namespace",
        kind=ProjectEnvironment,
        level=Level.MANDATORY,
        holds="Environments keep out of the cluster's own namespaces.",
        mend="Give the application a namespace of its own.",
        docs=_DASHBOARD,
        check=_namespace,
        parameters=(
            Parameter(
                name="forbidden",
                schema={"type": "array", "items": {"type": "string", "minLength": 1}},
                default=["default", "kube-*"],
                doc="Namespaces, with * for any text, that no environment may have.",
            ),
        ),
    ),
    Rule(
        name="environment-https",
        kind=ProjectEnvironment,
        level=Level.MANDATORY,
        holds="An environment is shown over TLS alone.",
        mend="Give its https:// address.",
        docs=_ENVIRONMENTS,
        check=_https,
        remediate=_use_https,
    ),
    Rule(
        name="environment-own-target",
        kind=ProjectEnvironment,
        scope=Scope.STACK,
        holds="Each environment has its own place in a cluster.",
        mend="Give each its own namespace or Flux resource.",
        docs=_DASHBOARD,
        check=_own_target,
    ),
    Rule(
        name="environment-review-name",
        kind=ProjectEnvironment,
        holds="Review environments are in one folder.",
        mend="Begin its name with `prefix`; this replaces the environment.",
        docs="https://docs.gitlab.com/ci/review_apps/",
        check=_review_name,
        parameters=(
            Parameter(
                name="prefix",
                schema={"type": "string", "minLength": 1},
                default="review/",
                doc="What names of review environments begin with.",
            ),
        ),
    ),
    Rule(
        name="environment-agent-project",
        kind=ProjectEnvironment,
        scope=Scope.STACK,
        holds="An environment's agent is of its project.",
        mend="Use an agent of this project, or add that one's to `allowedProjects`.",
        docs=_DASHBOARD,
        check=_agent_project,
        parameters=(
            Parameter(
                name="allowed_projects",
                schema={"type": "array", "items": {"type": "string", "minLength": 1}},
                default=[],
                doc="Ids or full paths of projects whose agents others may use.",
            ),
        ),
    ),
)

"""Rules for environments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from pulumi_gitlab_kubernetes.core import addresses
from pulumi_gitlab_kubernetes.policy.kinds import ClusterAgent, ProjectEnvironment
from pulumi_gitlab_kubernetes.policy.model import every
from pulumi_gitlab_kubernetes.policy.rule import Level, Parameter, Rule, Scope
from pulumi_gitlab_kubernetes.policy.stack import Stack
from pulumi_gitlab_kubernetes.policy.tiers import production

_DASHBOARD = "https://docs.gitlab.com/ci/environments/kubernetes_dashboard/"
_ENVIRONMENTS = "https://docs.gitlab.com/ci/environments/"
_REVIEW = re.compile(r"(?<![a-z])review(?![a-z])", re.IGNORECASE)


def _production_agent(environment: ProjectEnvironment) -> Iterator[str]:
    for name in ("cluster_agent_id", "kubernetes_namespace"):
        if every(partial(production, environment), partial(environment.lacks, name)):
            yield f"{production(environment)}, and `{name}` is not set"


def _production_protect(environment: ProjectEnvironment) -> Iterator[str]:
    if every(lambda: production(environment), lambda: not environment.protect):
        yield f"{production(environment)}, and the option `protect` is not set"


def _production_auto_stop(environment: ProjectEnvironment, stack: Stack) -> Iterator[str]:
    del stack
    if every(lambda: production(environment), lambda: environment.auto_stop_at):
        yield f"{production(environment)}, and `auto_stop_at` is set"


def _production_force_stop(environment: ProjectEnvironment) -> Iterator[str]:
    if every(lambda: production(environment), lambda: environment.force_stop):
        yield f"{production(environment)}, and `force_stop` is true"


def _do_not_force(environment: ProjectEnvironment) -> Mapping[str, object]:
    return {"force_stop": False} if list(_production_force_stop(environment)) else {}


def _namespace(environment: ProjectEnvironment, forbidden: Sequence[str]) -> Iterator[str]:
    if any(fnmatchcase(environment.kubernetes_namespace, each) for each in forbidden):
        yield "`kubernetes_namespace` is a forbidden namespace"


def _https(environment: ProjectEnvironment) -> Iterator[str]:
    url = environment.external_url
    if url and addresses.scheme(url) != "https":
        yield "`external_url` does not start with https://"


def _use_https(environment: ProjectEnvironment) -> Mapping[str, object]:
    scheme, separator, rest = environment.external_url.strip().partition("://")
    if not separator or scheme.lower() != "http":
        return {}
    return {"external_url": f"https://{rest}"}


def _own_target(environment: ProjectEnvironment, stack: Stack) -> Iterator[str]:
    if not stack.several(ProjectEnvironment):
        return
    places = stack.group(ProjectEnvironment, stack.target)
    first, *_others = places.get(stack.target(environment), [environment])
    if first is not environment:
        shared = "agent, `kubernetes_namespace` and `flux_resource_path`"
        yield f"the environment has the same {shared} as {first.label}"


def _review_name(environment: ProjectEnvironment, prefix: str) -> Iterator[str]:
    name = environment.name
    if _REVIEW.search(name) and not name.startswith(prefix):
        yield "`name` contains review, and does not start with `prefix`"


def _agent_project(
    environment: ProjectEnvironment, stack: Stack, allowed_projects: Sequence[str]
) -> Iterator[str]:
    if not stack.of(ClusterAgent):
        return
    agent = stack.agent(environment)
    if agent is None or stack.project(agent) == stack.project(environment):
        return
    if not {agent.project, f"{agent.known_project_id or 0:.0f}"} & set(allowed_projects):
        yield f"`cluster_agent_id` is the id of {agent.label}, an agent of another project"


RULES = (
    Rule(
        name="production-agent",
        kind=ProjectEnvironment,
        description="A production environment has an agent and a namespace.",
        remediation="Set `cluster_agent_id` and `kubernetes_namespace`.",
        docs=_DASHBOARD,
        check=_production_agent,
    ),
    Rule(
        name="production-protect",
        kind=ProjectEnvironment,
        description="A production environment is protected from accidental deletion.",
        remediation="Set the resource option `protect`.",
        docs="https://www.pulumi.com/docs/iac/concepts/options/protect/",
        check=_production_protect,
    ),
    Rule(
        name="production-auto-stop",
        kind=ProjectEnvironment,
        scope=Scope.STACK,
        description="A production environment does not stop automatically.",
        remediation="Remove `auto_stop_in` from its job, and pin the environment in GitLab.",
        docs=_ENVIRONMENTS + "#stop-an-environment-after-a-certain-time-period",
        check=_production_auto_stop,
    ),
    Rule(
        name="production-force-stop",
        kind=ProjectEnvironment,
        description="A production environment is stopped by its `on_stop` job.",
        remediation="Set `force_stop` to false.",
        docs="https://docs.gitlab.com/api/environments/#stop-an-environment",
        check=_production_force_stop,
        remediate=_do_not_force,
    ),
    Rule(
        name="environment-namespace",
        kind=ProjectEnvironment,
        level=Level.MANDATORY,
        description="Environments do not use forbidden namespaces.",
        remediation="Use a namespace for this application.",
        docs=_DASHBOARD,
        check=_namespace,
        parameters=(
            Parameter(
                name="forbidden",
                values={"type": "array", "items": {"type": "string", "minLength": 1}},
                default=["default", "kube-*"],
                doc="Namespaces that no environment may use; * matches any text.",
            ),
        ),
    ),
    Rule(
        name="environment-https",
        kind=ProjectEnvironment,
        level=Level.MANDATORY,
        description="Environments are served only over TLS.",
        remediation="Use the https:// address of the environment.",
        docs=_ENVIRONMENTS,
        check=_https,
        remediate=_use_https,
    ),
    Rule(
        name="environment-own-target",
        kind=ProjectEnvironment,
        scope=Scope.STACK,
        description="Each environment has its own namespace or Flux resource.",
        remediation="Set another namespace or Flux resource.",
        docs=_DASHBOARD,
        check=_own_target,
    ),
    Rule(
        name="environment-review-name",
        kind=ProjectEnvironment,
        description="Review environments are in one folder.",
        remediation="Use a name that starts with `prefix`. This replaces the environment.",
        docs="https://docs.gitlab.com/ci/review_apps/",
        check=_review_name,
        parameters=(
            Parameter(
                name="prefix",
                values={"type": "string", "minLength": 1},
                default="review/",
                doc="What the name of a review environment starts with.",
            ),
        ),
    ),
    Rule(
        name="environment-agent-project",
        kind=ProjectEnvironment,
        scope=Scope.STACK,
        description="An environment uses an agent of its own project.",
        remediation="Use an agent of this project, or add its project to `allowedProjects`.",
        docs=_DASHBOARD,
        check=_agent_project,
        parameters=(
            Parameter(
                name="allowed_projects",
                values={"type": "array", "items": {"type": "string", "minLength": 1}},
                default=[],
                doc="Ids or full paths of projects whose agents other projects may use.",
            ),
        ),
    ),
)

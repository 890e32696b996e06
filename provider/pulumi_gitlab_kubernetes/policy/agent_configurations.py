"""Rules for configuration files of agents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from pulumi_gitlab_kubernetes.policy.kinds import ClusterAgentConfiguration
from pulumi_gitlab_kubernetes.policy.model import Hidden, HiddenValueError
from pulumi_gitlab_kubernetes.policy.rule import Level, Parameter, Rule
from pulumi_gitlab_kubernetes.policy.secrets import reveal
from pulumi_gitlab_kubernetes.policy.tiers import guess

_CI_ACCESS = "https://docs.gitlab.com/user/clusters/agent/ci_cd_workflow/"
_IMPERSONATION = f"{_CI_ACCESS}#restrict-project-and-group-access-by-using-impersonation"
_ENTRIES = ("projects", "groups")
T = TypeVar("T")


@dataclass(frozen=True)
class _Part:
    """A map in a configuration file.

    Args:
        configuration: The resource.
        input: The property that contains the map.
        path: Where it is in the file.
        values: The map.
    """

    configuration: ClusterAgentConfiguration
    input: str
    path: str
    values: Mapping[str, Any]

    def get(self, name: str, default: T) -> T:
        """Return a value, which has the type of the default.

        Raises:
            HiddenValueError: The value is hidden, or has another type.
        """
        found: Any = self.values.get(name)
        return default if found is None else self._known(found, type(default))

    def part(self, name: str) -> _Part | None:
        """Return a map in this one, if it is set. It can be empty.

        Raises:
            HiddenValueError: The same.
        """
        if self.values.get(name) is None:
            return None
        return self._inside(f".{name}", self._known(self.values[name], dict))

    def parts(self, *names: str) -> Iterator[_Part]:
        """Yield the maps in lists.

        Raises:
            HiddenValueError: The same.
        """
        for name in names:
            for number, each in enumerate(self._list(name)):
                yield self._inside(f".{name}[{number}]", self._known(each, dict))

    def texts(self, name: str) -> list[str]:
        """Return the texts in a list.

        Raises:
            HiddenValueError: The same.
        """
        return [self._known(each, str) for each in self._list(name)]

    def _list(self, name: str) -> list[Any]:
        return self.get(name, [])

    def _inside(self, path: str, values: Mapping[str, Any]) -> _Part:
        return _Part(self.configuration, self.input, f"{self.path}{path}", values)

    def _known(self, value: Any, type_: type[T]) -> T:
        if isinstance(value, Mapping):
            value = reveal(value)
        if isinstance(value, type_):
            return value
        why = value if isinstance(value, Hidden) else Hidden.INVALID
        raise HiddenValueError(self.configuration, self.input, why)


def _sections(configuration: ClusterAgentConfiguration, *names: str) -> Iterator[_Part]:
    """Yield sections of the file, wherever the program sets them."""
    for name in names:
        section: Any = getattr(configuration, name)
        if section is not None:
            yield _Part(configuration, name, name, section)
        elif more := configuration.additional_settings:
            others = _Part(configuration, "additional_settings", "", more)
            if found := others.part(name):
                yield _Part(configuration, others.input, name, found.values)


def _ci_entries(configuration: ClusterAgentConfiguration) -> Iterator[_Part]:
    for section in _sections(configuration, "ci_access"):
        yield from section.parts(*_ENTRIES)


def _any_environment(entry: _Part) -> bool:
    environments = entry.texts("environments")
    return not environments or "*" in environments


def _instance(configuration: ClusterAgentConfiguration) -> Iterator[str]:
    for section in _sections(configuration, "ci_access", "user_access"):
        if found := section.part("instance"):
            yield f"`{found.path}` is set"


def _top_level_group(
    configuration: ClusterAgentConfiguration, allowed_groups: Sequence[str]
) -> Iterator[str]:
    for section in _sections(configuration, "ci_access", "user_access"):
        for group in section.parts("groups"):
            path = group.get("id", "").strip("/")
            if "/" not in path and not any(fnmatchcase(path, each) for each in allowed_groups):
                yield f"`{group.path}` is a top-level group"


def _environments(configuration: ClusterAgentConfiguration) -> Iterator[str]:
    for entry in _ci_entries(configuration):
        if _any_environment(entry):
            yield f"`{entry.path}` has access in jobs of any environment, and in jobs without one"


def _protected_branches(configuration: ClusterAgentConfiguration) -> Iterator[str]:
    for entry in _ci_entries(configuration):
        names = entry.texts("environments")
        production = _any_environment(entry) or "production" in map(guess, names)
        if production and not entry.get("protected_branches_only", default=False):
            yield f"`{entry.path}` has access to production in jobs on any branch"


def _access_as(configuration: ClusterAgentConfiguration) -> Iterator[str]:
    for part in (*_ci_entries(configuration), *_sections(configuration, "user_access")):
        identity = part.part("access_as")
        if identity is None or not identity.values or identity.part("agent"):
            yield f"`{part.path}` acts as the agent"


def _impersonation(
    configuration: ClusterAgentConfiguration, forbidden: Sequence[str]
) -> Iterator[str]:
    for entry in _ci_entries(configuration):
        identity = entry.part("access_as")
        impersonated = identity.part("impersonate") if identity else None
        if impersonated is None:
            continue
        for name in (impersonated.get("username", ""), *impersonated.texts("groups")):
            if any(fnmatchcase(name, each) for each in forbidden):
                yield f"`{impersonated.path}` is a forbidden identity"
                break


def _names(name: str, default: Sequence[str], doc: str) -> Parameter:
    values = {"type": "array", "items": {"type": "string", "minLength": 1}}
    return Parameter(name=name, values=values, default=list(default), doc=doc)


def _rule(name: str, check: Callable[..., Iterator[str]], **given: Any) -> Rule:
    kind = ClusterAgentConfiguration
    return Rule(name=f"configuration-{name}", kind=kind, check=check, **given)


RULES = (
    _rule(
        "instance-access",
        _instance,
        level=Level.MANDATORY,
        description="An agent is not open to all projects of a GitLab instance.",
        remediation="Remove `instance`, and name the projects and groups that need access.",
        docs=f"{_CI_ACCESS}#authorize-all-projects-in-your-gitlab-instance-to-access-the-agent",
    ),
    _rule(
        "impersonation",
        _impersonation,
        level=Level.MANDATORY,
        description="CI/CD jobs do not act as an administrator of the cluster.",
        remediation="Set `access_as` to `ci_job`, or impersonate a user with fewer permissions.",
        docs=_IMPERSONATION,
        parameters=(
            _names(
                "forbidden",
                ["system:masters", "kubeadm:cluster-admins", "kubernetes-admin"],
                "Users and groups of Kubernetes that no job may act as; * matches any text.",
            ),
        ),
    ),
    _rule(
        "top-level-group",
        _top_level_group,
        description="Access to an agent is not given to a whole top-level group.",
        remediation="Name subgroups or projects, or add the group to `allowedGroups`.",
        docs=f"{_CI_ACCESS}#authorize-agent-access",
        parameters=(
            _names(
                "allowed_groups",
                [],
                "Full paths of top-level groups that may have access; * matches any text.",
            ),
        ),
    ),
    _rule(
        "environments",
        _environments,
        description="CI/CD jobs have access to an agent only for named environments.",
        remediation="Set `environments` of the project or group, to more than `*`.",
        docs=f"{_CI_ACCESS}#restrict-project-and-group-access-to-specific-environments",
    ),
    _rule(
        "protected-branches",
        _protected_branches,
        description="Only CI/CD jobs on protected branches have access to production.",
        remediation="Set `protected_branches_only`, or `environments` without production.",
        docs=f"{_CI_ACCESS}#restrict-access-to-the-agent-to-protected-branches",
    ),
    _rule(
        "access-as",
        _access_as,
        description="CI/CD jobs and users have their own identity in the cluster.",
        remediation="Set `access_as` to `ci_job` or `user`. This requires GitLab Premium.",
        docs=_IMPERSONATION,
    ),
)

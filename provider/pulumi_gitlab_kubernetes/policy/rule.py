"""A rule as data: what it requires, its level and its parameters."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.policy.model import Resource


class Level(enum.Enum):
    """Pulumi's enforcement levels.

    See https://www.pulumi.com/docs/insights/policy/policy-packs/authoring/.
    """

    ADVISORY = "advisory"
    """A violation is a warning."""
    MANDATORY = "mandatory"
    """A violation fails the preview, and stops the resource in `up`."""
    REMEDIATE = "remediate"
    """The rule corrects the inputs if it can; otherwise the same as `mandatory`."""
    DISABLED = "disabled"
    """The rule is not evaluated."""


class Scope(enum.Enum):
    """What a rule needs to see."""

    RESOURCE = "resource"
    """The inputs of one resource: `check(resource)`."""
    STACK = "stack"
    """All resources with their outputs, after the last step: `check(resource, stack)`."""
    STATE = "state"
    """A stored state; only audits have it: `check(resource)`."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of a rule, which a configuration may set.

    Args:
        name: The name of the argument of the rule's check.
        values: The JSON schema of its values.
        default: The value if the configuration does not set it.
        doc: A description in one line.
    """

    name: str
    values: Mapping[str, Any]
    default: Any
    doc: str

    @property
    def key(self) -> str:
        """The parameter's name in a configuration, in camelCase like `enforcementLevel`."""
        return camel_case(self.name)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the parameter, with its default."""
        return {**self.values, "default": self.default, "description": self.doc}


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """A rule.

    Args:
        name: The name in kebab-case. Configurations contain it, so it never changes.
        kind: The kind of resource that it is evaluated on.
        scope: What it needs to see.
        level: The enforcement level if the configuration does not set one.
        description: What the rule requires, as a sentence.
        remediation: How to fix a violation, as a sentence.
        docs: The page of GitLab's documentation that the rule is based on.
        check: Yields what is wrong with a resource. The text names properties and never contains
            a value, which may be secret. Takes the parameters by name.
        parameters: What a configuration may set.
        remediate: Returns the corrected properties, if the correction is certain.
    """

    name: str
    kind: type[Resource]
    scope: Scope = Scope.RESOURCE
    level: Level = Level.ADVISORY
    description: str
    remediation: str
    docs: str
    check: Callable[..., Iterator[str]]
    parameters: tuple[Parameter, ...] = ()
    remediate: Callable[[Any], Mapping[str, Any]] | None = None

    def arguments(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the check: the parameters that are set, or their defaults.

        Args:
            settings: The parameters in a configuration, by key.
        """
        return {each.name: settings.get(each.key, each.default) for each in self.parameters}

    def message(self, problem: str) -> str:
        """Return one line with the problem, how to fix it, and where to read more.

        Args:
            problem: What the check yielded.
        """
        return f"{problem[:1].upper()}{problem[1:]}. {self.remediation} See {self.docs}"

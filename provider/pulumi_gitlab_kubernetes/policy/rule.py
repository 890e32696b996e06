"""A rule as data, and what a configuration may set of it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .things import Thing


class Level(enum.Enum):
    """What a violation does: Pulumi's enforcement levels."""

    ADVISORY = "advisory"
    """It is shown."""
    MANDATORY = "mandatory"
    """It stops the resource in `up`, and fails the preview."""
    REMEDIATE = "remediate"
    """Where the rule can mend it, it does; else as `mandatory`."""
    DISABLED = "disabled"
    """The rule is not applied."""


class Scope(enum.Enum):
    """What a rule needs to see."""

    RESOURCE = "resource"
    """The inputs of one resource: `check(thing)`."""
    STACK = "stack"
    """All resources with their outputs, after the last step: `check(thing, stack)`."""
    STATE = "state"
    """What only a stored state shows: `check(thing)`, in audits alone."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A part of a rule that a configuration may set.

    Args:
        name: The name of the argument of the rule's check.
        schema: The JSON schema of its values.
        default: Its value where no configuration sets it.
        doc: One line for people.
    """

    name: str
    schema: Mapping[str, Any]
    default: Any
    doc: str

    @property
    def key(self) -> str:
        """Its name in a configuration, spelled as Pulumi's own `enforcementLevel` is."""
        first, *others = self.name.split("_")
        return first + "".join(other.capitalize() for other in others)


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """One rule.

    Args:
        name: Its name, in kebab-case; configurations hold it, so it never changes.
        kind: What it judges.
        scope: What it needs to see of it.
        level: What a violation does unless a configuration says otherwise.
        holds: What holds where the rule is kept, as a sentence.
        mend: What to do where it is not, as a sentence.
        docs: The page of GitLab's documentation that it follows.
        check: Says what is wrong with a thing, each in some words that name properties and never
            show a value: it may be secret. It takes the parameters by name.
        parameters: What a configuration may set.
        remediate: Returns the properties that mend a thing, where that is certain.
    """

    name: str
    kind: type[Thing]
    scope: Scope = Scope.RESOURCE
    level: Level = Level.ADVISORY
    holds: str
    mend: str
    docs: str
    check: Callable[..., Iterator[str]]
    parameters: tuple[Parameter, ...] = ()
    remediate: Callable[[Any], Mapping[str, Any]] | None = None

    def defaults(self) -> dict[str, Any]:
        """Return the parameters where no configuration sets them."""
        return {each.name: each.default for each in self.parameters}

    def message(self, wrong: str) -> str:
        """Say what is wrong, how to mend it, and where to read on, in one line.

        Args:
            wrong: What the check said.
        """
        return f"{wrong[:1].upper()}{wrong[1:]}. {self.mend} See {self.docs}"

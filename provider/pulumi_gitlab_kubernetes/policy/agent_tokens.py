"""Rules for agent tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from pulumi_gitlab_kubernetes.policy.kinds import ClusterAgentToken
from pulumi_gitlab_kubernetes.policy.model import Stored, every
from pulumi_gitlab_kubernetes.policy.rule import Level, Parameter, Rule, Scope
from pulumi_gitlab_kubernetes.policy.secrets import is_secret
from pulumi_gitlab_kubernetes.policy.stack import Stack

_TOKENS = "https://docs.gitlab.com/user/clusters/agent/work_with_agent/"
MARKS = ("glagent-", "Z2xhZ2VudC")
"""What a token starts with, in plain text and in base64, as in `data` of a Kubernetes secret."""
_TOKEN = re.compile(rf"{MARKS[0]}[\w-]{{20,}}|{MARKS[1]}[0-3][A-Za-z0-9+/]{{20,}}")


def _description(token: ClusterAgentToken) -> Iterator[str]:
    if not token.has("description"):
        yield "`description` is not set"


def _age(token: ClusterAgentToken, stack: Stack, maximum_days: float) -> Iterator[str]:
    del stack
    age = _age_in_days(token)
    if age is not None and age > maximum_days:
        yield f"the token is {age:.0f} days old, and the limit is {maximum_days:g} days"


def _rotation(token: ClusterAgentToken) -> Iterator[str]:
    if token.published:  # pulumi-gitlab has no such arguments.
        return
    names = ("rotate_after_days", "rotation_triggers")
    if every(*(partial(token.lacks, name) for name in names)):
        yield "neither `rotate_after_days` nor `rotation_triggers` is set"


def _one_per_agent(token: ClusterAgentToken, stack: Stack, rotation_days: float) -> Iterator[str]:
    if not stack.several(ClusterAgentToken):
        return
    tokens = stack.group(ClusterAgentToken, stack.agent_key).get(stack.agent_key(token), [token])
    if token is tokens[0]:
        return
    if rotation_days:
        ages = [_age_in_days(each) for each in tokens]
        if any(age is not None and age <= rotation_days for age in ages):
            return
    yield f"its agent already has the token {tokens[0].label}"


def _exposed(resource: Stored) -> Iterator[str]:
    for where, values in resource.values.items():
        for path in _plain_tokens(values, where):
            yield f"`{path}` contains a token in plain text"


def _plain_tokens(value: Any, path: str) -> Iterator[str]:
    """Return the paths of strings that contain a token, at any depth but not in secrets."""
    left = [(value, path)]  # A stack: the state may be nested too deeply for recursion.
    while left:
        value, path = left.pop()
        match value:
            case str():
                if _TOKEN.search(value):
                    yield path
            case dict() if not is_secret(value):
                found = [(v, f"{path}.{_TOKEN.sub('...', key)}") for key, v in value.items()]
                left += reversed(found)
            case list():
                left += reversed([(v, f"{path}[{index}]") for index, v in enumerate(value)])


def _age_in_days(token: ClusterAgentToken) -> float | None:
    created = token.created_at
    return None if created is None else (datetime.now(timezone.utc) - created) / timedelta(days=1)


RULES = (
    Rule(
        name="token-description",
        kind=ClusterAgentToken,
        description="A token has a description.",
        remediation="Set `description`. This replaces the token.",
        docs="https://docs.gitlab.com/api/cluster_agents/",
        check=_description,
    ),
    Rule(
        name="token-age",
        kind=ClusterAgentToken,
        scope=Scope.STACK,
        level=Level.MANDATORY,
        description="Tokens are rotated.",
        remediation="Rotate the token: change `rotation_triggers`, or set `rotate_after_days`.",
        docs=_TOKENS,
        check=_age,
        parameters=(
            Parameter(
                name="maximum_days",
                values={"type": "number", "exclusiveMinimum": 0},
                default=365,
                doc="Maximum age of a token in days.",
            ),
        ),
    ),
    Rule(
        name="token-rotation",
        kind=ClusterAgentToken,
        description="Token rotation is configured.",
        remediation="Set `rotate_after_days` or `rotation_triggers`.",
        docs=_TOKENS,
        check=_rotation,
    ),
    Rule(
        name="token-one-per-agent",
        kind=ClusterAgentToken,
        scope=Scope.STACK,
        description="An agent has only one token, except during rotation.",
        remediation="Delete the token that the agent does not use.",
        docs=_TOKENS,
        check=_one_per_agent,
        parameters=(
            Parameter(
                name="rotation_days",
                values={"type": "number", "minimum": 0},
                default=0,
                doc="Days after the creation of the newest token in which others may exist.",
            ),
        ),
    ),
    Rule(
        name="token-exposed",
        kind=Stored,
        scope=Scope.STATE,
        level=Level.MANDATORY,
        description="No token is stored in plain text.",
        remediation="Pass the token on only as a secret output, and replace it.",
        docs="https://docs.gitlab.com/security/tokens/",
        check=_exposed,
    ),
)

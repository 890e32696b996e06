"""Rules for agents' tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from .rule import Level, Parameter, Rule, Scope
from .secrets import is_secret
from .stack import Stack
from .things import ClusterAgentToken, Stored, every

_TOKENS = "https://docs.gitlab.com/user/clusters/agent/work_with_agent/"
MARKS = ("glagent-", "Z2xhZ2VudC")
"""How a token begins, and how it does in base64, as in a Kubernetes secret's `data`."""
_TOKEN = re.compile(rf"{MARKS[0]}[\w-]{{20,}}|{MARKS[1]}[0-3][A-Za-z0-9+/]{{20,}}")


def _description(token: ClusterAgentToken) -> Iterator[str]:
    if not token.has("description"):
        yield "`description` is not set"


def _age(token: ClusterAgentToken, stack: Stack, maximum_days: float) -> Iterator[str]:
    del stack
    age = _age_in_days(token)
    if age is not None and age > maximum_days:
        yield f"it is {age:.0f} days old, and at most {maximum_days:g} are allowed"


def _rotation(token: ClusterAgentToken) -> Iterator[str]:
    if token.published:  # That package has no such arguments.
        return
    names = ("rotate_after_days", "rotation_triggers")
    if every(*(partial(token.lacks, name) for name in names)):
        yield "neither `rotate_after_days` nor `rotation_triggers` is set"


def _one_per_agent(token: ClusterAgentToken, stack: Stack, rotation_days: float) -> Iterator[str]:
    if len(stack.of(ClusterAgentToken)) < 2:  # noqa: PLR2004 (one, and another)
        return
    tokens = stack.group(ClusterAgentToken, stack.agent_key).get(stack.agent_key(token), [])
    if len(tokens) < 2 or token is tokens[0]:  # noqa: PLR2004 (one, and another)
        return
    if rotation_days:
        ages = [_age_in_days(each) for each in tokens]
        if any(age is not None and age <= rotation_days for age in ages):
            return
    yield f"its agent already has {tokens[0].label}"


def _exposed(resource: Stored) -> Iterator[str]:
    for where, values in resource.values.items():
        for path in _plain_tokens(values, where):
            yield f"`{path}` holds a token in plain text"


def _plain_tokens(value: Any, path: str) -> Iterator[str]:
    """Find tokens at any depth, and in the midst of texts, but not in secrets."""
    left = [(value, path)]  # The next one is the last.
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
    made = token.created_at
    return None if made is None else (datetime.now(timezone.utc) - made) / timedelta(days=1)


RULES = (
    Rule(
        name="token-description",
        kind=ClusterAgentToken,
        holds="A token says what it is for.",
        mend="Describe it; this makes a new token.",
        docs="https://docs.gitlab.com/api/cluster_agents/",
        check=_description,
    ),
    Rule(
        name="token-age",
        kind=ClusterAgentToken,
        scope=Scope.STACK,
        level=Level.MANDATORY,
        holds="Tokens are renewed.",
        mend="Set or change `rotation_triggers`, or set `rotate_after_days`, to make a new one.",
        docs=_TOKENS,
        check=_age,
        parameters=(
            Parameter(
                name="maximum_days",
                schema={"type": "number", "exclusiveMinimum": 0},
                default=365,
                doc="How many days old a token may be.",
            ),
        ),
    ),
    Rule(
        name="token-rotation",
        kind=ClusterAgentToken,
        holds="A token's renewal is arranged for.",
        mend="Set `rotate_after_days`, or `rotation_triggers` to what should renew it.",
        docs=_TOKENS,
        check=_rotation,
    ),
    Rule(
        name="token-one-per-agent",
        kind=ClusterAgentToken,
        scope=Scope.STACK,
        holds="An agent has one token, but while it changes to a new one.",
        mend="Remove the one that the agent does not use.",
        docs=_TOKENS,
        check=_one_per_agent,
        parameters=(
            Parameter(
                name="rotation_days",
                schema={"type": "number", "minimum": 0},
                default=0,
                doc="For how many days after the newest was made an agent may have several.",
            ),
        ),
    ),
    Rule(
        name="token-exposed",
        kind=Stored,
        scope=Scope.STATE,
        level=Level.MANDATORY,
        holds="A token stands nowhere in plain text.",
        mend="Pass it on as the secret output that it is, then make a new token.",
        docs="https://docs.gitlab.com/security/tokens/",
        check=_exposed,
    ),
)

"""Quick actions: lines such as `/close` in a note, which GitLab executes and removes.

Follows https://docs.gitlab.com/user/project/quick_actions/. Only `/close`, `/reopen` and `/title`
have an effect here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ACTION = re.compile(r"/(?P<name>close|reopen|title)\b[ \t]*(?P<argument>.*)")
_FENCE = re.compile(r"(?P<fence>`{3,}|~{3,})(?P<info>.*)")


@dataclass(frozen=True)
class Interpreted:
    """A note after its quick actions.

    Args:
        text: The note without them.
        changes: The columns of the merge request that they change.
    """

    text: str
    changes: dict[str, str]


def interpret(note: str) -> Interpreted:
    """Return a note's text and the changes that its quick actions make.

    Actions in code blocks are text.

    Args:
        note: The note as it was sent.
    """
    kept: list[str] = []
    changes: dict[str, str] = {}
    fence = ""
    for line in note.splitlines():
        found = _FENCE.match(line)
        if found and not fence:
            fence = found["fence"]
        elif found and fence and _closes(found, fence):
            fence = ""
        elif not fence and (action := _ACTION.fullmatch(line)):
            changes |= _changes(action["name"], action["argument"].strip())
            continue
        kept.append(line)
    return Interpreted("\n".join(kept).strip("\n") if changes else note, changes)


def _closes(found: re.Match[str], fence: str) -> bool:
    return found["fence"].startswith(fence) and not found["info"].strip()


def _changes(name: str, argument: str) -> dict[str, str]:
    if name == "title":
        return {"title": argument} if argument else {}
    return {"state": {"close": "closed", "reopen": "opened"}[name]}

"""Environment scopes of certificate-based clusters.

See https://docs.gitlab.com/user/project/clusters/multiple_kubernetes_clusters/: `*` stands for any
text, and the most specific scope that matches an environment's name wins.
"""

from __future__ import annotations


def overlap(one: str, other: str) -> bool:
    """Tell whether some environment's name matches both scopes.

    Args:
        one: A scope.
        other: A scope.
    """
    if "*" not in one:
        return _matches(one, other)
    if "*" not in other:
        return _matches(other, one)
    # What is between the ends of both fits one after the other into a `*` of each.
    heads = sorted((one.partition("*")[0], other.partition("*")[0]), key=len)
    tails = sorted((one.rpartition("*")[2], other.rpartition("*")[2]), key=len)
    return heads[1].startswith(heads[0]) and tails[1].endswith(tails[0])


def _matches(name: str, scope: str) -> bool:
    head, *parts = scope.split("*")
    if not parts:
        return name == scope
    *parts, tail = parts
    at, end = len(head), len(name) - len(tail)
    if at > end or not name.startswith(head) or not name.endswith(tail):
        return False
    for part in parts:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True

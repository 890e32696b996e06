"""Environment scopes of certificate-based clusters.

See https://docs.gitlab.com/user/project/clusters/multiple_kubernetes_clusters/: `*` stands for any
text, and the most specific scope that matches an environment's name wins.
"""

from __future__ import annotations

from functools import cache


def overlap(one: str, other: str) -> bool:
    """Tell whether some environment's name matches both scopes.

    Args:
        one: A scope.
        other: A scope.
    """
    if "*" not in one + other:
        return one == other
    heads = one.partition("*")[0], other.partition("*")[0]
    if not heads[0].startswith(heads[1]) and not heads[1].startswith(heads[0]):
        return False  # Most are told apart by how they begin.

    @cache
    def meet(i: int, j: int) -> bool:
        if i == len(one) or j == len(other):
            return not one[i:].strip("*") and not other[j:].strip("*")
        if one[i] == "*":
            return meet(i + 1, j) or meet(i, j + 1)
        if other[j] == "*":
            return meet(i, j + 1) or meet(i + 1, j)
        return one[i] == other[j] and meet(i + 1, j + 1)

    return meet(0, 0)

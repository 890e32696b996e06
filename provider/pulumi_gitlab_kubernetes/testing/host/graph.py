"""Dependencies between resources, in a deployment's order."""

from collections.abc import Collection, Iterable

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.state import Resource


def dependents(
    resources: Iterable[Resource], root: Resource, ignored: Collection[str]
) -> list[Resource]:
    """Return the direct and indirect dependents of a resource, in the deployment's order.

    Args:
        resources: The deployment's resources, dependencies first.
        root: The resource; it need not be in the deployment.
        ignored: URNs known not to depend on it.

    Returns:
        The dependents. Children are not among them for being children.
    """
    found: list[Resource] = []
    names = {root.urn}
    passed = False
    for resource in resources:
        if resource is root:
            passed = True
        elif passed and resource.urn not in ignored and not names.isdisjoint(_needs(resource)):
            found.append(resource)
            names.add(resource.urn)
    return found


def antichains(
    resources: Iterable[Resource], condemned: Collection[Resource]
) -> list[list[Resource]]:
    """Group resources for deletion: each group can be deleted once the groups before it are.

    Args:
        resources: The deployment's resources, dependencies first.
        condemned: Those to be deleted.

    Returns:
        The groups, dependents first.
    """
    doomed = {id(resource) for resource in condemned}
    depths: dict[int, int] = {}
    latest: dict[str, list[Resource]] = {}
    groups: list[list[Resource]] = []
    for resource in resources:
        if id(resource) in doomed:
            names = {*_needs(resource), resource.parent}
            before = [
                depths[id(r)] for name in names for r in latest.get(name, ()) if id(r) in depths
            ]
            depth = max(before, default=-1) + 1
            depths[id(resource)] = depth
            if depth == len(groups):
                groups.append([])
            groups[depth].append(resource)
        latest.setdefault(resource.urn, []).append(resource)
    return groups[::-1]


def dependencies(resources: Iterable[Resource], roots: Iterable[Resource]) -> set[str]:
    """Return the URNs of all direct and indirect dependencies, with parents and providers."""
    by_urn = {resource.urn: resource for resource in resources}
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        resource = waiting.pop()
        for name in {*_needs(resource), resource.parent} - found - {""}:
            found.add(name)
            if name in by_urn:
                waiting.append(by_urn[name])
    return found


def _needs(resource: Resource) -> set[str]:
    if not resource.provider:
        return resource.needs
    return resource.needs | {urns.split_reference(resource.provider)[0]}

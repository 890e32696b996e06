"""Updates a deployment with the current state of its resources.

See https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/.
"""

from pulumi_gitlab_kubernetes.testing.host.executor import Executor
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.state import Deployment, Resource
from pulumi_gitlab_kubernetes.testing.host.steps import RefreshStep


def refresh(deployment: Deployment, registry: Registry, executor: Executor) -> None:
    """Read every resource.

    Args:
        deployment: The deployment; changed in place.
        registry: Its providers.
        executor: Runs the steps; a failed one does not stop the others.
    """
    steps = [RefreshStep(old=resource, new=resource) for resource in deployment.resources]
    for step in steps:
        registry.ensure(step.resource.provider, deployment.resources)
    executor.submit_all(steps)
    deployment.resources = _repaired([step.new for step in steps if step.new is not None])


def _repaired(resources: list[Resource]) -> list[Resource]:
    """Remove references to deleted resources; their children move to the parent's parent."""
    present: set[str] = set()
    parents: dict[str, str] = {}
    remaining = {resource.urn for resource in resources}
    for resource in resources:
        resource.dependencies = [urn for urn in resource.dependencies if urn in present]
        resource.replace_with = [urn for urn in resource.replace_with if urn in present]
        resource.property_dependencies = {
            key: left
            for key, of in resource.property_dependencies.items()
            if (left := [urn for urn in of if urn in present])
        }
        if resource.deleted_with not in present:
            resource.deleted_with = ""
        if resource.parent not in remaining:
            resource.parent = parents.get(resource.parent, "")
        parents[resource.urn] = resource.parent
        present.add(resource.urn)
    return resources

"""Remote components: a provider registers them and their children.

Follows ``Construct`` in ``pkg/resource/plugin/provider_plugin.go`` of Pulumi's engine; see
https://www.pulumi.com/docs/iac/guides/building-extending/components/build-a-component/.
"""

from typing import NamedTuple

from pulumi.runtime.proto import provider_pb2, resource_pb2

from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.goal import Goal
from pulumi_gitlab_kubernetes.testing.host.program import ORGANIZATION
from pulumi_gitlab_kubernetes.testing.host.provider import Provider
from pulumi_gitlab_kubernetes.testing.host.provider_errors import ProviderError
from pulumi_gitlab_kubernetes.testing.host.values import (
    Properties,
    Secret,
    displayed,
    read_value,
    write_struct,
)


class Constructed(NamedTuple):
    """A component that a provider registered.

    Attributes:
        urn: Its URN.
        outputs: Its outputs.
        dependencies: The URNs that each output depends on.
    """

    urn: str
    outputs: Properties
    dependencies: dict[str, list[str]]


def construct(
    provider: Provider,
    goal: Goal,
    request: resource_pb2.RegisterResourceRequest,
    stack: DeployedStack,
    *,
    monitor: str,
    trace: str,
) -> Constructed:
    """Let a provider register a component.

    Args:
        provider: The configured provider.
        goal: The component.
        request: The program's request.
        stack: The stack of the run.
        monitor: The address of the resource monitor.
        trace: Stands for the stack trace of the request; the children's traces begin with it.

    Returns:
        The component.

    Raises:
        ProviderError: The provider failed.
    """
    if not provider.protocols.secrets:
        raise ProviderError("plugins that can construct components must support secrets")
    wanted = _request(provider, goal, request, stack)
    wanted.monitorEndpoint = monitor
    wanted.stack_trace_handle = trace
    response = provider.call("Construct", wanted)
    outputs, dependencies = {}, {}
    for key, value in sorted(response.state.fields.items()):
        found = set(response.stateDependencies[key].urns)
        outputs[key] = read_value(value, found)
        dependencies[key] = sorted(found)
    return Constructed(response.urn, outputs, dependencies)


def _request(
    provider: Provider,
    goal: Goal,
    request: resource_pb2.RegisterResourceRequest,
    stack: DeployedStack,
) -> provider_pb2.ConstructRequest:
    timeouts = provider_pb2.ConstructRequest.CustomTimeouts(
        create=request.customTimeouts.create,
        update=request.customTimeouts.update,
        delete=request.customTimeouts.delete,
        read=request.customTimeouts.read,
    )
    inputs = request.object
    if not provider.protocols.outputs:
        inputs = write_struct(
            goal.properties, secrets=True, unknowns=True, resources=provider.protocols.resources
        )
    made = provider_pb2.ConstructRequest(
        project=stack.project,
        stack=stack.name,
        organization=ORGANIZATION,
        config={key: displayed(value, show_secrets=True) for key, value in stack.config.items()},
        configSecretKeys=[key for key, value in stack.config.items() if isinstance(value, Secret)],
        dryRun=stack.preview,
        parallel=stack.parallel,
        type=goal.type,
        name=goal.name,
        parent=goal.parent,
        inputs=inputs,
        inputDependencies={
            key: provider_pb2.ConstructRequest.PropertyDependencies(urns=names)
            for key, names in goal.property_dependencies.items()
        },
        providers=goal.providers,
        dependencies=goal.dependencies,
        additionalSecretOutputs=goal.additional_secret_outputs,
        customTimeouts=timeouts if request.HasField("customTimeouts") else None,
        deletedWith=goal.deleted_with,
        replace_with=goal.replace_with,
        ignoreChanges=goal.ignore_changes,
        replaceOnChanges=goal.replace_on_changes,
        accepts_output_values=True,
        aliases=request.aliases,
        replacement_trigger=(
            request.replacement_trigger if request.HasField("replacement_trigger") else None
        ),
    )
    options = {
        "protect": goal.protect,
        "deleteBeforeReplace": goal.delete_before_replace,
        "retainOnDelete": goal.retain_on_delete,
    }
    for name, value in options.items():
        if value is not None:
            setattr(made, name, value)
    return made

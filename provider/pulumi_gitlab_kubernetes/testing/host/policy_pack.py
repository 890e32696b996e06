"""A policy pack: the process that checks resources, ``python -m pulumi.policy``.

Follows ``sdk/go/common/resource/plugin/analyzer_plugin.go`` of Pulumi's engine; see
https://www.pulumi.com/docs/iac/packages-and-automation/crossguard/.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host import go_yaml, policy_config, python_runtime
from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.plugin import Plugin
from pulumi_gitlab_kubernetes.testing.host.process import LineHandler, Spawn, start_process
from pulumi_gitlab_kubernetes.testing.host.program import ORGANIZATION
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import Properties, read_struct, write_struct

_FILE: Final = "PulumiPolicy.yaml"
_INTERNAL: Final = "__"


class EnforcementLevel(str, Enum):
    """The enforcement level of a policy."""

    ADVISORY = "advisory"
    MANDATORY = "mandatory"
    DISABLED = "disabled"
    REMEDIATE = "remediate"


_LEVELS: Final = {
    getattr(analyzer_pb2, level.name): EnforcementLevel(level.value) for level in EnforcementLevel
}


@dataclass(frozen=True)
class Local:
    """A policy pack on this machine.

    Attributes:
        path: Its directory.
        config: Its configuration, a JSON file.
    """

    path: Path
    config: Path | None = None


@dataclass(frozen=True)
class PolicyInput:
    """A resource as policies see it.

    Attributes:
        resource: The resource; its `inputs`, or after the run its `outputs`, are checked.
        provider: Its provider, if it has one.
        delete_before_replace: The resource option.
    """

    resource: Resource
    provider: Resource | None
    delete_before_replace: bool | None


@dataclass(frozen=True)
class Violation:
    """A policy that a resource, or the stack, violates.

    Attributes:
        policy: The policy's name.
        level: Its enforcement level.
        message: The pack's message.
        urn: The resource that a policy for stacks names; empty for none.
        severity: Its severity; may be empty.
    """

    policy: str
    level: EnforcementLevel
    message: str
    urn: str
    severity: str = ""


@dataclass(frozen=True)
class Remediation:
    """The remediation of a resource's inputs, or why there is none.

    Attributes:
        policy: The policy's name.
        properties: The new inputs.
        diagnostic: Why there are none.
    """

    policy: str
    properties: Properties
    diagnostic: str


class PolicyPack:
    """A running policy pack.

    Args:
        local: Its location.
        environ: The environment variables.
        engine: The address of the engine's own service.
        on_line: Takes its output.
        spawn: Starts it.

    Raises:
        HostError: It cannot be run.
    """

    def __init__(
        self,
        local: Local,
        environ: Mapping[str, str],
        engine: str,
        on_line: LineHandler,
        spawn: Spawn = start_process,
    ) -> None:
        self.local = local
        self._engine = engine
        directory = local.path.absolute()
        self._directory = directory
        file = directory / _FILE
        try:
            content = go_yaml.read(file)
        except FileNotFoundError:
            raise HostError(
                f"failed to load Pulumi policy project located at {str(local.path)!r}:"
                f" {file} does not exist"
            ) from None
        options = python_runtime.options(file, content.get("runtime"), "policy packs")
        python = python_runtime.interpreter(file, options, directory, environ)
        self.version = str(content.get("version") or "")
        self._plugin = Plugin(
            f"the policy pack {local.path}",
            [str(python), "-u", "-m", "pulumi.policy", engine, str(directory)],
            directory,
            environ,
            on_line,
            spawn=spawn,
        )
        self.name = ""
        self._severities: dict[str, str] = {}

    def configure(
        self,
        *,
        stack: str,
        project: str,
        preview: bool,
        config: Mapping[str, str],
        secret_keys: Collection[str],
    ) -> None:
        """Configure the pack for a stack.

        Args:
            stack: The stack's name.
            project: Its project's name.
            preview: Whether the run is a preview.
            config: The stack's configuration.
            secret_keys: The keys of its secrets.

        Raises:
            HostError: The pack did not start, or its configuration is not valid.
        """
        path = str(self._directory)
        handshake = analyzer_pb2.AnalyzerHandshakeRequest(
            engine_address=self._engine, root_directory=path, program_directory=path
        )
        stub = analyzer_pb2_grpc.AnalyzerStub(self._plugin.channel())
        self._stub = stub
        self._call("Handshake", handshake, optional=True)
        self._call(
            "ConfigureStack",
            analyzer_pb2.AnalyzerStackConfigureRequest(
                stack=stack,
                project=project,
                organization=ORGANIZATION,
                dry_run=preview,
                config=config,
                config_secret_keys=sorted(secret_keys),
            ),
            optional=True,
        )
        info = self._call("GetAnalyzerInfo", empty_pb2.Empty())
        self.name = info.name
        self.version = self.version or info.version
        self._severities = {item.name: _severity(item.severity) for item in info.policies}
        wanted = policy_config.load(self.local.config) if self.local.config else {}
        if not info.supportsConfig:
            if self.local.config:
                raise HostError(
                    f"policy pack {info.name!r} at {str(self.local.path)!r} does not support config"
                )
            return
        policies = [_policy(item) for item in info.policies]
        initial = {key: _configured(item) for key, item in info.initialConfig.items()}
        reconciled = policy_config.reconcile(
            policies, initial, wanted, f"{info.name} {self.version}"
        )
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for name, entry in reconciled.items():
            target = request.policyConfig[name]
            target.enforcementLevel = getattr(analyzer_pb2, entry.level.upper())
            json_format.ParseDict(entry.properties, target.properties)
        self._call("Configure", request)

    def remediate(self, given: PolicyInput) -> list[Remediation]:
        """Let the pack remediate a resource's inputs."""
        request = _analyze_request(given, internal=True)
        response = self._call("Remediate", request, optional=True)
        return [
            Remediation(item.policyName, read_struct(item.properties), item.diagnostic)
            for item in (response.remediations if response else ())
        ]

    def analyze(self, given: PolicyInput) -> list[Violation]:
        """Let the pack analyze a resource's inputs."""
        response = self._call("Analyze", _analyze_request(given, internal=False))
        return self._violations(response.diagnostics)

    def analyze_stack(self, resources: Iterable[PolicyInput]) -> list[Violation]:
        """Let the pack analyze all resources of the stack."""
        request = analyzer_pb2.AnalyzeStackRequest()
        for given in resources:
            resource = given.resource
            depends = {key: of for key, of in resource.property_dependencies.items() if of}
            request.resources.add(
                **_common(given, resource.outputs, internal=False),
                parent=resource.parent,
                dependencies=resource.dependencies,
                propertyDependencies={
                    key: analyzer_pb2.AnalyzerPropertyDependencies(urns=of)
                    for key, of in depends.items()
                },
            )
        response = self._call("AnalyzeStack", request, optional=True)
        return self._violations(response.diagnostics if response else ())

    def stop(self) -> None:
        """End the process."""
        self._plugin.stop()

    def _violations(self, diagnostics: Iterable[Any]) -> list[Violation]:
        found = []
        for item in diagnostics:
            level = _LEVELS[item.enforcementLevel]
            if level is EnforcementLevel.REMEDIATE:  # still violated after remediation
                level = EnforcementLevel.MANDATORY
            severity = _severity(item.severity) or self._severities.get(item.policyName, "")
            found.append(Violation(item.policyName, level, item.message, item.urn, severity))
        return found

    def _call(self, method: str, request: Any, *, optional: bool = False) -> Any:
        try:
            return getattr(self._stub, method)(request, wait_for_ready=True)
        except grpc.RpcError as error:
            if optional and error.code() is grpc.StatusCode.UNIMPLEMENTED:
                return None
            raise HostError(
                f"policy pack {self.name or self.local.path}: {error.details()}"
            ) from None


def _analyze_request(given: PolicyInput, *, internal: bool) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(**_common(given, given.resource.inputs, internal=internal))


def _common(given: PolicyInput, properties: Properties, *, internal: bool) -> dict[str, Any]:
    resource, first = given.resource, given.delete_before_replace
    fields: dict[str, Any] = {
        "type": resource.type,
        "urn": resource.urn,
        "name": urns.name_of(resource.urn),
        "properties": _struct(properties, internal=internal),
        "options": analyzer_pb2.AnalyzerResourceOptions(
            protect=resource.protect,
            ignoreChanges=resource.ignore_changes,
            deleteBeforeReplace=bool(first),
            deleteBeforeReplaceDefined=first is not None,
            additionalSecretOutputs=resource.additional_secret_outputs,
            aliases=resource.aliases,
            customTimeouts=analyzer_pb2.AnalyzerResourceOptions.CustomTimeouts(
                **resource.custom_timeouts
            ),
            parent=resource.parent,
        ),
    }
    if provider := given.provider:
        fields["provider"] = analyzer_pb2.AnalyzerProviderResource(
            type=provider.type,
            urn=provider.urn,
            name=urns.name_of(provider.urn),
            properties=_struct(provider.inputs, internal=False),
        )
    return fields


def _struct(properties: Properties, *, internal: bool) -> Any:
    shown = {
        key: value for key, value in properties.items() if internal or not key.startswith(_INTERNAL)
    }
    return write_struct(shown, secrets=True, unknowns=True, resources=True)


def _policy(item: analyzer_pb2.PolicyInfo) -> policy_config.Policy:
    schema = item.configSchema
    return policy_config.Policy(
        item.name,
        _LEVELS[item.enforcementLevel].value,
        json_format.MessageToDict(schema.properties),
        list(schema.required),
    )


def _configured(item: analyzer_pb2.PolicyConfig) -> policy_config.Entry:
    return policy_config.Entry(
        _LEVELS[item.enforcementLevel].value, json_format.MessageToDict(item.properties)
    )


def _severity(value: int) -> str:
    name = analyzer_pb2.PolicySeverity.Name(value)  # type: ignore[arg-type] # any enum value
    word = name.removeprefix("POLICY_SEVERITY_").lower()
    return "" if word == "unspecified" else word

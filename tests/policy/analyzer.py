"""The policy pack in its own process, called as the engine calls it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE
from tests.policy.cases import SECRET_MARKER

from pulumi_gitlab_kubernetes.policy.model import Hidden, Resource
from pulumi_gitlab_kubernetes.policy.type_tokens import kind_of

if TYPE_CHECKING:
    from typing_extensions import Self

LEVELS = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "remediate": analyzer_pb2.REMEDIATE,
    "disabled": analyzer_pb2.DISABLED,
}


class Analyzer:
    """A running pack.

    Args:
        folder: The pack's folder.
    """

    def __init__(self, folder: Path) -> None:
        # As the Python language host starts it. The pack never calls the engine's address.
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:9", str(folder)],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(self._process.stdout.readline())}")
        self.stub = analyzer_pb2_grpc.AnalyzerStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._channel.close()
        self._process.kill()
        self._process.communicate()

    def info(self) -> analyzer_pb2.AnalyzerInfo:
        """Return what the pack says about its policies."""
        info: analyzer_pb2.AnalyzerInfo = self.stub.GetAnalyzerInfo(empty_pb2.Empty())
        return info

    def configure(self, **rules: Mapping[str, Any]) -> None:
        """Set levels and parameters of rules, named with `_` instead of `-`."""
        configured = {}
        for name, given in rules.items():
            properties = {key: each for key, each in given.items() if key != "enforcementLevel"}
            configured[name.replace("_", "-")] = analyzer_pb2.PolicyConfig(
                enforcementLevel=LEVELS[given.get("enforcementLevel", "mandatory")],
                properties=_struct(properties),
            )
        self.stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=configured))

    def analyze(self, type_: str, resource: Resource) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        """Evaluate one resource's inputs."""
        return list(self.stub.Analyze(_resource(type_, resource)).diagnostics)

    def analyze_stack(
        self, *resources: tuple[str, Resource]
    ) -> list[analyzer_pb2.AnalyzeDiagnostic]:
        """Evaluate all resources of a stack."""
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[
                _resource(
                    *each,
                    analyzer_pb2.AnalyzerResource,
                    propertyDependencies={
                        _spelled(each[0], name): analyzer_pb2.AnalyzerPropertyDependencies(
                            urns=urns
                        )
                        for name, urns in each[1].sources.items()
                    },
                )
                for each in resources
            ]
        )
        return list(self.stub.AnalyzeStack(request).diagnostics)

    def remediate(self, type_: str, resource: Resource) -> list[tuple[str, dict[str, Any]]]:
        """Remediate one resource's inputs; return each policy with its new inputs."""
        found = self.stub.Remediate(_resource(type_, resource)).remediations
        return [
            (each.policyName, json_format.MessageToDict(each.properties) or each.diagnostic)
            for each in found
        ]


def secret(value: Any) -> dict[str, Any]:
    """Return a secret as it is encoded on the wire."""
    return {**SECRET_MARKER, "value": value}


def _resource(
    type_: str, resource: Resource, message: Any = analyzer_pb2.AnalyzeRequest, **more: Any
) -> Any:
    return message(
        type=type_,
        urn=resource.urn,
        name=resource.label,
        properties=_struct(
            {_spelled(type_, name): _wire(each) for name, each in resource.values.items()}
        ),
        options=analyzer_pb2.AnalyzerResourceOptions(protect=resource._protect is True),
        **more,
    )


def _spelled(type_: str, name: str) -> str:
    token = kind_of(type_)
    return token.spelled(name) if token else name


def _wire(value: Any) -> Any:
    match value:
        case Hidden.UNKNOWN:
            return UNKNOWN_STRING_VALUE
        case int() if not isinstance(value, bool):
            return float(value)
        case dict():
            return {key: _wire(each) for key, each in value.items()}
        case list():
            return [_wire(each) for each in value]
        case _:
            return value


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update({key: each for key, each in values.items() if each is not None})
    return struct

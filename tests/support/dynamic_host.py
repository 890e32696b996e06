"""The dynamic host, started and called as the engine does."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from google.protobuf import json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2
from tests.support.plugin_process import (
    TIMEOUT,
    PluginProcess,
    Values,
    call_errors,
    plain,
    struct,
)

from pulumi_gitlab_kubernetes.registry import provider_for


@cache
def pickled(kind: str) -> str:
    """Return the `__provider` of a resource in the state."""
    return str(serialize_provider(provider_for(kind)))


@dataclass
class Diff:
    """The response to a Diff call, with Pulumi's name for whether there are changes."""

    changes: str
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False

    @property
    def changed(self) -> bool:
        """Whether there is a step."""
        return self.changes != "DIFF_NONE"


class DynamicHost(PluginProcess):
    """`python -m pulumi.dynamic`."""

    MODULE = "pulumi.dynamic"

    def check(
        self, kind: str, news: Values, *, project: str = "shop"
    ) -> tuple[Values, dict[str, str]]:
        """Return the checked inputs, and the failures by property."""
        request = provider_pb2.CheckRequest(urn=_urn(kind, project), news=_props(kind, news))
        with call_errors():
            response = self._stub.Check(request, timeout=TIMEOUT)
        assert {each.property for each in response.failures} <= {""}  # The CLI prints its value.
        parts = (each.reason.partition(" ") for each in response.failures)
        return _values(response.inputs), {name: reason for name, _space, reason in parts}

    def diff(self, kind: str, id_: str, olds: Values, news: Values) -> Diff:
        """Compare a state's outputs with checked inputs."""
        request = provider_pb2.DiffRequest(
            id=id_, urn=_urn(kind), olds=_props(kind, olds), news=_props(kind, news)
        )
        with call_errors():
            response = self._stub.Diff(request, timeout=TIMEOUT)
        name = provider_pb2.DiffResponse.DiffChanges.Name(response.changes)
        return Diff(name, list(response.replaces), response.deleteBeforeReplace)

    def create(self, kind: str, inputs: Values) -> tuple[str, Values]:
        """Check a program's inputs as the engine does, and create the resource."""
        checked, failures = self.check(kind, inputs)
        assert not failures
        request = provider_pb2.CreateRequest(
            urn=_urn(kind), properties=_props(kind, plain(checked))
        )
        with call_errors():
            response = self._stub.Create(request, timeout=TIMEOUT)
        return response.id, _values(response.properties)

    def read(
        self, kind: str, id_: str, outputs: Values | None, inputs: Values | None = None
    ) -> tuple[str, Values, Values]:
        """Return the ID, outputs and inputs. `.get()` is a read without outputs."""
        request = provider_pb2.ReadRequest(id=id_, urn=_urn(kind))
        if outputs is not None:
            request.properties.CopyFrom(_props(kind, plain(outputs)))
        request.inputs.CopyFrom(_props(kind, inputs or {}))
        with call_errors():
            response = self._stub.Read(request, timeout=TIMEOUT)
        return response.id, _values(response.properties), _values(response.inputs)

    def update(self, kind: str, id_: str, olds: Values, inputs: Values) -> Values:
        """Check a program's inputs as the engine does, and update the resource."""
        checked, failures = self.check(kind, inputs)
        assert not failures
        request = provider_pb2.UpdateRequest(
            id=id_,
            urn=_urn(kind),
            olds=_props(kind, plain(olds)),
            news=_props(kind, plain(checked)),
        )
        with call_errors():
            response = self._stub.Update(request, timeout=TIMEOUT)
        return _values(response.properties)

    def delete(self, kind: str, id_: str, outputs: Values, *, timeout: float = 0) -> None:
        """Delete a resource. The timeout in seconds is that of `custom_timeouts`."""
        request = provider_pb2.DeleteRequest(
            id=id_, urn=_urn(kind), properties=_props(kind, plain(outputs)), timeout=timeout
        )
        with call_errors():
            self._stub.Delete(request, timeout=TIMEOUT)


def _urn(kind: str, project: str = "shop") -> str:
    return f"urn:pulumi:dev::{project}::pulumi-python:dynamic/gitlab:{kind}::it"


def _props(kind: str, values: Values) -> struct_pb2.Struct:
    return struct({"__provider": pickled(kind), **values})


def _values(struct: struct_pb2.Struct) -> Values:
    values: Values = json_format.MessageToDict(struct)
    assert values.pop("__provider", None) is not None or not values
    return values

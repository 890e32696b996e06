"""The native plugin, started and called as the engine does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import provider_pb2
from tests.support.plugin_process import TIMEOUT, PluginProcess, Values, call_errors, struct

from pulumi_gitlab_kubernetes.core.spelling import camel_case

DEFAULT = "urn:pulumi:dev::shop::pulumi:providers:gitlab-kubernetes::default_0_1_0"
EXPLICIT = "urn:pulumi:dev::shop::pulumi:providers:gitlab-kubernetes::eu"


class NativePlugin(PluginProcess):
    """`python -m pulumi_gitlab_kubernetes.native`, as the default provider of a stack."""

    MODULE = "pulumi_gitlab_kubernetes.native"
    urn = DEFAULT

    def configure(self) -> None:
        """Shake hands, check the configuration, and configure the plugin."""
        handshake = provider_pb2.ProviderHandshakeRequest(
            engine_address=self._arguments[-1],
            configure_with_urn=True,
        )
        assert self._stub.Handshake(handshake, timeout=TIMEOUT).accept_secrets
        inputs, failures = self.check_config(self._config)
        assert failures == {}
        request = provider_pb2.ConfigureRequest(args=struct(inputs), urn=self.urn)
        with call_errors():
            response = self._stub.Configure(request, timeout=TIMEOUT)
        assert response.acceptSecrets
        assert response.supportsPreview

    def check_config(self, news: Values) -> tuple[Values, dict[str, str]]:
        """Return the checked inputs of the provider, and the failures by property."""
        request = provider_pb2.CheckRequest(urn=self.urn, news=struct(news))
        with call_errors():
            response = self._stub.CheckConfig(request, timeout=TIMEOUT)
        return json_format.MessageToDict(response.inputs), _by_property(response.failures)

    def diff_config(self, olds: Values, news: Values) -> provider_pb2.DiffResponse:
        """Compare the inputs of the provider."""
        request = provider_pb2.DiffRequest(
            urn=self.urn, old_inputs=struct(olds), olds=struct(olds), news=struct(news)
        )
        with call_errors():
            response: provider_pb2.DiffResponse = self._stub.DiffConfig(request, timeout=TIMEOUT)
        return response

    def check(
        self, kind: str, news: Values, olds: Values | None = None
    ) -> tuple[Values, dict[str, str]]:
        """Return the checked inputs, and the failures by property."""
        request = provider_pb2.CheckRequest(
            urn=_urn(kind), news=struct(news), olds=struct(olds or {})
        )
        with call_errors():
            response = self._stub.Check(request, timeout=TIMEOUT)
        return json_format.MessageToDict(response.inputs), _by_property(response.failures)

    def diff(
        self,
        kind: str,
        id_: str,
        olds: Values,
        old_inputs: Values,
        news: Values,
        *,
        ignored: Sequence[str] = (),
    ) -> provider_pb2.DiffResponse:
        """Compare a state with checked inputs."""
        request = provider_pb2.DiffRequest(
            id=id_,
            urn=_urn(kind),
            olds=struct(olds),
            old_inputs=struct(old_inputs),
            news=struct(news),
            ignoreChanges=ignored,
        )
        with call_errors():
            response: provider_pb2.DiffResponse = self._stub.Diff(request, timeout=TIMEOUT)
        return response

    def create(
        self, kind: str, inputs: Values, *, preview: bool = False, timeout: float = 0
    ) -> tuple[str, Values]:
        """Create a resource from checked inputs."""
        request = provider_pb2.CreateRequest(
            urn=_urn(kind), properties=struct(inputs), preview=preview, timeout=timeout
        )
        with call_errors():
            response = self._stub.Create(request, timeout=TIMEOUT)
        return response.id, json_format.MessageToDict(response.properties)

    def read(
        self,
        kind: str,
        id_: str,
        outputs: Values | None = None,
        inputs: Values | None = None,
        *,
        timeout: float = 0,
    ) -> tuple[str, Values, Values]:
        """Return the ID, outputs and inputs. An import has no inputs, and `.get()` empty ones."""
        request = provider_pb2.ReadRequest(
            id=id_, urn=_urn(kind), properties=struct(outputs or {}), timeout=timeout
        )
        if inputs is not None:
            request.inputs.CopyFrom(struct(inputs))
        with call_errors():
            response = self._stub.Read(request, timeout=TIMEOUT)
        values = map(json_format.MessageToDict, (response.properties, response.inputs))
        return response.id, *values

    def update(
        self,
        kind: str,
        id_: str,
        olds: Values,
        old_inputs: Values,
        news: Values,
        *,
        preview: bool = False,
        ignored: Sequence[str] = (),
    ) -> Values:
        """Update a resource to checked inputs."""
        request = provider_pb2.UpdateRequest(
            id=id_,
            urn=_urn(kind),
            olds=struct(olds),
            old_inputs=struct(old_inputs),
            news=struct(news),
            preview=preview,
            ignoreChanges=ignored,
        )
        with call_errors():
            response = self._stub.Update(request, timeout=TIMEOUT)
        return json_format.MessageToDict(response.properties)

    def delete(
        self, kind: str, id_: str, outputs: Values, inputs: Values, *, timeout: float = 0
    ) -> None:
        """Delete a resource. The timeout in seconds is that of `customTimeouts`."""
        request = provider_pb2.DeleteRequest(
            id=id_,
            urn=_urn(kind),
            properties=struct(outputs),
            old_inputs=struct(inputs),
            timeout=timeout,
        )
        with call_errors():
            self._stub.Delete(request, timeout=TIMEOUT)

    def invoke(self, function: str, arguments: Values) -> tuple[Values, dict[str, str]]:
        """Call a function. Return its result, and the failures by argument."""
        request = provider_pb2.InvokeRequest(
            tok=f"gitlab-kubernetes:index:{function}", args=struct(arguments)
        )
        with call_errors():
            response = self._stub.Invoke(request, timeout=TIMEOUT)
        failures = {each.property: each.reason for each in response.failures}
        return json_format.MessageToDict(getattr(response, "return")), failures

    def cancel(self) -> None:
        """Cancel the run, as the engine does after Ctrl-C."""
        self._stub.Cancel(empty_pb2.Empty(), timeout=TIMEOUT)


def wire(values: Values) -> Values:
    """Return values by their names on the wire. Those of Python have underscores."""
    return {
        camel_case(name): _spelled(each) if name in _NESTED else each
        for name, each in values.items()
        if name != "connection"
    }


_NESTED = ("ci_access", "user_access", "observability")
"""The inputs whose values have names that are spelled in another way too."""


def python(name: str, value: Any) -> Any:
    """Return the value of an input on the wire with the names inside it of Python."""
    return _spelled(value, _snake_case) if name in _NESTED else value


def _snake_case(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def _spelled(value: Any, spell: Callable[[str], str] = camel_case) -> Any:
    if isinstance(value, list):
        return [_spelled(each, spell) for each in value]
    if isinstance(value, dict):
        return {spell(key): _spelled(each, spell) for key, each in value.items()}
    return value


def _urn(kind: str) -> str:
    return f"urn:pulumi:dev::shop::gitlab-kubernetes:index:{kind}::it"


def _by_property(failures: Iterable[provider_pb2.CheckFailure]) -> dict[str, str]:
    """Return the reasons by property, which are one text: the CLI prints a named one's value."""
    found = {}
    for failure in failures:
        assert failure.property == ""
        name, _space, reason = failure.reason.partition(" ")
        found[name] = reason
    return found

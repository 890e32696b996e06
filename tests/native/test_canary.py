"""Secrets of the provider and of resources show nowhere: not in a message, log, or plain value."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2
from tests.conftest import Project
from tests.native.conftest import Maker
from tests.support.certificates import Pair
from tests.support.kinds import KINDS
from tests.support.native_plugin import NativePlugin
from tests.support.plugin_process import CallError, Values, secret

KUBERNETES_TOKEN = "canary-kubernetes-token"
HEADER = "canary-header"


@pytest.fixture(scope="module")
def spied(
    simulator: Any, users: dict[str, tuple[int, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NativePlugin]:
    """A plugin with a token and a header that must not show."""
    config = {
        "baseUrl": simulator.url,
        "token": secret(users["maintainer"][1]),
        "headers": secret({"X-Canary": secret(HEADER)}),
        "retryDeadline": 1,
    }
    with NativePlugin(config, folder=tmp_path_factory.mktemp("canary")) as running:
        yield running


def _plain_texts(values: Any) -> Iterator[str]:
    """Yield all texts in values, except those that are marked as secret."""
    if isinstance(values, dict):
        if "1b47061264138c4ac30d75fd1eb44270" in values.values():
            return
        for key, each in values.items():
            yield key
            yield from _plain_texts(each)
    elif isinstance(values, list):
        for each in values:
            yield from _plain_texts(each)
    elif isinstance(values, str):
        yield values


class _Spy:
    """Everything that calls of a plugin show."""

    def __init__(self, plugin: NativePlugin) -> None:
        self.plugin = plugin
        self.texts: list[str] = []

    def run(self, call: Callable[[], object]) -> None:
        """Call, and keep its plain values or its error."""
        try:
            self.texts += _plain_texts(json.loads(json.dumps(call(), default=_dictionary)))
        except CallError as error:
            self.texts += [str(error), error.details]
            for detail in error.status.details:
                failed = provider_pb2.ErrorResourceInitFailed()
                if detail.Unpack(failed):
                    self.texts += _plain_texts(json_format.MessageToDict(failed))
        except grpc.RpcError as error:
            self.texts.append(str(error))

    def seen(self) -> str:
        """Return all texts, with the messages to the engine and the error output."""
        messages = [each.message for each in self.plugin.engine.messages]
        return "\n".join((*self.texts, *messages, self.plugin.stderr()))


def _dictionary(message: Any) -> Any:
    return json_format.MessageToDict(message)


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_shows(
    spied: NativePlugin,
    project: Project,
    pair: Pair,
    users: dict[str, tuple[int, str]],
    kind: str,
) -> None:
    """In successful calls, in failures that quote them, and in wrong requests."""
    token = users["maintainer"][1]
    key = [*pair.key.splitlines()[1:-1], base64.b64encode(pair.key.encode()).decode()]
    own = {"ProjectCluster": [KUBERNETES_TOKEN], "ClusterAgentUrlConfiguration": key}.get(kind, [])
    hidden = [token, HEADER, *own]
    program = Maker(spied, project, pair).inputs(kind)
    if kind == "ProjectCluster":
        program["kubernetesToken"] = secret(KUBERNETES_TOKEN)
    spy = _Spy(spied)
    _all_calls(spy, kind, program, f"wrong {' '.join(hidden)}", project)
    spy.run(lambda: spied.check_config({"token": f"{token} x", "headers": HEADER}))
    spy.run(lambda: spied.invoke("getProjectCluster", {"project": secret(token), "name": "x"}))
    seen = spy.seen()
    assert "[secret]" in seen  # The quotes arrived.
    for text in hidden:
        assert text not in seen


def _all_calls(spy: _Spy, kind: str, program: Values, quoted: str, project: Project) -> None:
    plugin = spy.plugin
    spy.run(lambda: plugin.check(kind, {**program, "name": {}, "clientKey": secret([quoted])}))
    inputs, failures = plugin.check(kind, program)
    assert failures == {}
    fault = {"status": 422, "body": {"message": quoted}}
    project.simulator.faults({"method": "POST", **fault})
    spy.run(lambda: plugin.create(kind, inputs))
    project.simulator._call("DELETE", "/-/simulator/faults")
    spy.run(lambda: plugin.create(kind, inputs, preview=True))
    id_, outputs = plugin.create(kind, inputs)
    spy.run(lambda: (id_, outputs))
    spy.run(lambda: plugin.read(kind, id_, outputs, inputs))
    spy.run(lambda: plugin.read(kind, id_))
    spy.run(lambda: plugin.read(kind, id_, {}, {}))
    news = {**inputs, "name": "other", "domain": "x.example.com", "tier": "staging"}
    spy.run(lambda: plugin.diff(kind, id_, outputs, inputs, news))
    spy.run(lambda: plugin.diff(kind, id_, {**outputs, "projectId": quoted}, inputs, news))
    for method in ("GET", "PUT", "DELETE"):
        project.simulator.faults({"method": method, "times": None, **fault})
    spy.run(lambda: plugin.read(kind, id_, outputs, inputs))
    spy.run(lambda: plugin.update(kind, id_, outputs, inputs, news))
    spy.run(lambda: plugin.delete(kind, id_, outputs, inputs))
    project.simulator._call("DELETE", "/-/simulator/faults")
    spy.run(lambda: plugin.delete(kind, id_, outputs, inputs))


def test_what_the_program_marks_is_in_no_error(
    plugin: NativePlugin, make: Maker, project: Project
) -> None:
    """Also if it is a name, which errors have otherwise. The resource's path stays."""
    given = {"project": project.path, "name": secret("canary-name")}
    inputs, failures = plugin.check("ClusterAgent", given)
    assert failures == {}
    plugin.create("ClusterAgent", inputs)
    with pytest.raises(CallError) as raised:
        plugin.create("ClusterAgent", inputs)
    assert f'cannot create agent "[secret]" in project {project.path}: ' in str(raised.value)
    assert "canary" not in str(raised.value) + raised.value.details
    made = make("ProjectCluster", name=secret("canary-name"))
    assert made.outputs["name"] == secret("canary-name")
    project.api("DELETE", f"clusters/{made.id.rpartition(':')[2]}")
    news = {**made.inputs, "domain": "x.example.com"}
    with pytest.raises(CallError, match=r'^cannot update certificate-based cluster "\[secret\]" '):
        plugin.update(made.kind, made.id, made.outputs, made.inputs, news)


def test_the_spy_sees_plain_values() -> None:
    """A spy that sees nothing would find no secret."""
    assert [*_plain_texts({"a": ["x", {"b": "y"}], "c": secret("z")})] == ["a", "x", "b", "y", "c"]

"""The process of a stand-in with a class of mocks, called as an engine does."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.testing.stand_ins.processes import started

from pulumi_gitlab_kubernetes.testing.host.provider import Provider
from pulumi_gitlab_kubernetes.testing.host.provider_errors import ProviderError
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import UNKNOWN, Secret
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator
from pulumi_gitlab_kubernetes.testing.stand_ins import folder as folders

_URN = "urn:pulumi:dev::shop::cloud:index:{}::logs"
_MOCKS = """\
import pulumi

class Cloud(pulumi.runtime.Mocks):
    packages = ("cloud",)

    def new_resource(self, args):
        print("this is no port")
        if args.typ == "cloud:index:Failing":
            raise ValueError(args.inputs["key"])
        return "id-1", {**args.inputs, "header": "Bearer " + args.inputs["key"]}

    def call(self, args):
        return {"key": args.args["key"]} if args.token.endswith("getKey") else {}
"""
_YAML = """\
resources:
  cloud:index:Slow: {seconds: 60}
"""


@pytest.fixture
def provider(request: pytest.FixtureRequest, tmp_path: Path, simulator: Simulator) -> Iterator[Any]:
    """A configured stand-in with the mocks, or with the YAML file."""
    name, text = getattr(request, "param", ("answers.py", _MOCKS))
    file = tmp_path / name
    file.write_text(text)
    folder = tmp_path / "stand-ins"
    folders.write(folder, [file], python=Path(sys.executable), environ=os.environ)
    environ = {**os.environ, "PULUMI_GITLAB_BASE_URL": simulator.url}
    with started(folder, "cloud", **environ) as running:
        running.configure("urn:pulumi:dev::shop::pulumi:providers:cloud::default", "1", {})
        yield running


def _resource(kind: str, **inputs: Any) -> Resource:
    return Resource(_URN.format(kind), f"cloud:index:{kind}", custom=True, inputs=inputs)


def test_mocks_get_plain_values_and_secrets_stay_secrets(provider: Provider) -> None:
    """The output with the name of a secret input is a secret, also in a preview."""
    new = _resource("Bucket", key=Secret("canary"), size=1)
    assert provider.create(new, preview=True) == (
        "",
        {"id": UNKNOWN, "key": Secret("canary"), "size": 1},
    )
    id_, outputs = provider.create(new, preview=False)
    assert id_ == "id-1"
    assert outputs["key"] == Secret("canary")
    assert outputs["header"] == "Bearer canary"
    new.id, new.outputs = id_, outputs
    found = provider.read(new, new.inputs, new.outputs)
    assert (found.outputs, found.inputs) == (outputs, new.inputs)


def test_an_update_keeps_what_does_not_change(provider: Provider) -> None:
    """A removed input is removed from the outputs."""
    old = _resource("Bucket", key="a", size=1, colour="red")
    old.id, old.outputs = provider.create(old, preview=False)
    new = _resource("Bucket", key="a", size=2)
    diff = provider.diff(old, new.inputs, [], unknowns=False)
    assert diff.changes
    assert {path: str(each) for path, each in (diff.detailed or {}).items()} == {
        "size": "update",
        "colour": "delete",
    }
    for preview in (True, False):
        outputs = provider.update(old, new, preview=preview)
        assert outputs == {"id": "id-1", "key": "a", "size": 2, "header": "Bearer a"}


def test_an_error_of_the_mocks_shows_no_secret(provider: Provider) -> None:
    """It is one line, with the line of the file."""
    with pytest.raises(ProviderError) as error:
        provider.create(_resource("Failing", key=Secret("canary")), preview=False)
    assert "canary" not in str(error.value)
    assert str(error.value).endswith("failed: line 9: ValueError: [secret]")


def test_functions(provider: Provider) -> None:
    """A secret argument makes the results secret. An empty result is no answer."""
    result, _failures = provider.invoke("cloud:index:getKey", {"key": "x"}, preview=False)
    assert result == {"key": "x"}
    secret = {"key": Secret("canary")}
    result, _failures = provider.invoke("cloud:index:getKey", secret, preview=False)
    assert result == secret
    with pytest.raises(ProviderError, match=r"cloud:index:getOther has no answer: add it to /.*py"):
        provider.invoke("cloud:index:getOther", {}, preview=False)


@pytest.mark.parametrize("provider", [("answers.yaml", _YAML)], indirect=True)
def test_a_cancellation_ends_what_takes_time(provider: Provider) -> None:
    """At once."""
    began = time.monotonic()
    threading.Timer(0.5, provider.cancel, [5]).start()
    with pytest.raises(ProviderError, match="cancelled"):
        provider.create(_resource("Slow"), preview=False)
    assert time.monotonic() - began < 30

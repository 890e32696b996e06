"""Explicit providers in a program, with the engine mocked as in Pulumi's documentation."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc, settings
from tests.support.program import Program

from pulumi_gitlab_kubernetes import native
from pulumi_gitlab_kubernetes.configuration.names import COMMON_KEYS, CONNECTION_KEYS
from pulumi_gitlab_kubernetes.configuration.provider_arguments import ARGUMENTS

# The SDK's mocked monitor closes none of the event loops that it opens.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def program() -> Iterator[Program]:
    """A program. The SDK has no memory of it afterwards."""
    yield Program()
    settings.reset_options()
    gc.collect()


def _inputs(program: Program, arguments: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return what a provider registers. Its arguments are made in the program."""
    program.run(lambda: native.Provider("it", **arguments()).urn)
    request = program.request()
    assert request.type == "pulumi:providers:gitlab-kubernetes"
    assert request.version == version("pulumi-gitlab-kubernetes")
    assert [*request.additionalSecretOutputs] == ["token", "headers"]
    inputs: dict[str, Any] = rpc.deserialize_properties(request.object)
    return inputs


def test_the_arguments_are_the_settings_of_a_connection() -> None:
    """The parallel calls are the engine's business, as it starts one process for each provider."""
    keys = {argument.key for argument in ARGUMENTS}
    assert keys == {*CONNECTION_KEYS, *COMMON_KEYS} - {"maxParallel"}
    parameters = [*inspect.signature(native.Provider.__init__).parameters][3:]
    assert parameters == [argument.name for argument in ARGUMENTS]


def test_values_that_are_no_text_are_sent_as_json(program: Program) -> None:
    """As all SDKs do. The token and the headers are secrets."""
    inputs = _inputs(
        program,
        lambda: {
            "token": "glpat-hidden",
            "base_url": pulumi.Output.from_input("https://gitlab.example.com"),
            "insecure": True,
            "cacert_file": "ca.pem",
            "headers": {"X-A": pulumi.Output.from_input("hidden")},
            "request_timeout": 5,
            "retry_deadline": pulumi.Output.from_input(1.5),
            "adopt_existing": False,
        },
    )
    secrets = {name for name, value in inputs.items() if rpc.is_rpc_secret(value)}
    assert secrets == {"token", "headers"}
    assert {name: rpc.unwrap_rpc_secret(value) for name, value in inputs.items()} == {
        "token": "glpat-hidden",
        "baseUrl": "https://gitlab.example.com",
        "insecure": "true",
        "cacertFile": "ca.pem",
        "headers": '{"X-A": "hidden"}',
        "requestTimeout": "5",
        "retryDeadline": "1.5",
        "adoptExisting": "false",
    }


def test_an_argument_that_is_not_set_is_absent(program: Program) -> None:
    """Also an output without a value."""
    none = _inputs(program, lambda: {"token": None, "insecure": pulumi.Output.from_input(None)})
    assert none == {}


def test_a_resource_uses_its_provider(program: Program) -> None:
    """By the option for one resource, or for all of a component."""

    def body() -> None:
        provider = native.Provider("it", token="glpat-hidden")
        component = pulumi.ComponentResource(
            "shop:index:Team", "team", None, pulumi.ResourceOptions(providers=[provider])
        )
        for name, options in (
            ("own", pulumi.ResourceOptions(provider=provider)),
            ("team", pulumi.ResourceOptions(parent=component)),
            ("default", pulumi.ResourceOptions()),
        ):
            native.ClusterAgent(name, options, project="a/b", name=name)

    program.run(body)
    agents = {each.name: each for each in program.monitor.requests if "Agent" in each.type}
    used = {name: each.provider.partition("$")[2] for name, each in agents.items()}
    explicit = "pulumi:providers:gitlab-kubernetes::it::42:7"
    assert used == {"own": explicit, "team": explicit, "default": ""}


def test_its_token_is_a_secret_output(program: Program) -> None:
    """The other texts are outputs too."""
    value = program.run(lambda: native.Provider("it", token="glpat-hidden").token)
    assert value == ("glpat-hidden", True, True)
    value = program.run(
        lambda: native.Provider("it", base_url="https://gitlab.example.com").base_url
    )
    assert value == ("https://gitlab.example.com", False, True)

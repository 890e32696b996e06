"""Functions in a user's unit test, where Pulumi's mocks answer and GitLab is never asked."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from types import ModuleType
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings
from tests.conftest import Calls
from tests.support.program import Program

import pulumi_gitlab_kubernetes as dynamic
from pulumi_gitlab_kubernetes import native
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.lookups.common import FunctionError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

# The SDK's mocked monitor closes none of the event loops that it opens.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning"),
]

AGENT = {"id": "42:7", "projectId": 42, "agentId": 7, "name": "prod", "isReceptive": False}


@pytest.fixture(autouse=True)
def gitlab(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GitLab that a call would reach."""
    monkeypatch.setenv("PULUMI_GITLAB_BASE_URL", simulator.url)
    monkeypatch.setenv("PULUMI_GITLAB_TOKEN", simulator.root_token)


@pytest.fixture(params=[dynamic, native], ids=["dynamic", "native"])
def package(request: pytest.FixtureRequest) -> ModuleType:
    """The package of the functions."""
    found: ModuleType = request.param
    return found


def _token(package: ModuleType, name: str) -> str:
    name = camel_case(name)
    return f"gitlab-kubernetes:index:{name}" if package is native else f"gitlab:index/{name}:{name}"


@pytest.fixture
def program(package: ModuleType) -> Iterator[Program]:
    """A program whose mocks have an agent. The SDK has no memory of it afterwards."""
    made = Program()
    made.functions[_token(package, "get_cluster_agent")] = AGENT
    made.functions[_token(package, "get_cluster_agents")] = {"agents": [AGENT]}
    yield made
    settings.reset_options()
    gc.collect()


def test_the_mocks_are_asked_and_no_gitlab(
    package: ModuleType, program: Program, calls: Calls
) -> None:
    """By token, with the names of the wire and without what is not set."""
    found = program.run(lambda: package.get_cluster_agent(project=42, agent_id=7))
    assert isinstance(found, dynamic.GetClusterAgentResult)
    assert (found.id, found.agent_id, found.is_receptive) == ("42:7", 7, False)
    assert isinstance(found.agent_id, int)
    assert found.created_by_user_id is None  # The mocks do not have it.
    (call,) = program.mocks.calls
    assert (call.token, call.args) == (
        _token(package, "get_cluster_agent"),
        {"project": 42, "agentId": 7},
    )
    assert calls() == []


def test_the_output_form_asks_the_mocks(
    package: ModuleType, program: Program, calls: Calls
) -> None:
    """A secret argument makes a secret result, and an unknown one an unknown result."""
    value, secret, known = program.run(
        lambda: package.get_cluster_agents_output(project=pulumi.Output.secret("a/b"))
    )
    assert [each.name for each in value.agents] == ["prod"]
    assert isinstance(value.agents[0], dynamic.GetClusterAgentsAgent)
    assert (secret, known) == (True, True)

    def unknown() -> Any:
        project: Any = pulumi.Output.from_input(pulumi.UNKNOWN)
        return package.get_cluster_agents_output(project=project).agents

    _value, _secret, known = program.run(unknown)
    assert not known
    assert program.mocks.calls == []
    assert calls() == []


def test_names_as_in_python_are_refused(package: ModuleType, program: Program) -> None:
    """The result would lack them without notice."""
    program.functions[_token(package, "get_cluster_agent")] = {"agent_id": 7}
    message = "get_cluster_agent: agent_id is not a result: write agentId"
    with pytest.raises(FunctionError, match=f"^{message}$"):
        program.run(lambda: package.get_cluster_agent(project=42, agent_id=7))
    with pytest.raises(FunctionError, match=f"^{message}$"):
        program.run(lambda: package.get_cluster_agent_output(project=42, agent_id=7))


def test_errors_of_the_mocks_are_theirs(package: ModuleType, program: Program) -> None:
    """The user's unit test shows where they come from."""
    with pytest.raises(NotImplementedError, match="getProjectClusters"):
        program.run(lambda: package.get_project_clusters(project=42))


def test_results_are_values(package: ModuleType, program: Program) -> None:
    """They cannot be changed, and are equal if all that they have is equal."""
    first, second = (
        program.run(lambda: package.get_cluster_agent(project=42, agent_id=7)) for _ in range(2)
    )
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(FrozenInstanceError):
        first.name = "x"


def test_a_plain_call_takes_plain_arguments(package: ModuleType, program: Program) -> None:
    """And `depends_on` needs the output form."""
    with pytest.raises(FunctionError, match=r"^get_cluster_agent: project is an Output: use get_"):
        program.run(
            lambda: package.get_cluster_agent(project=pulumi.Output.from_input(1), name="x")
        )
    opts = pulumi.InvokeOutputOptions(depends_on=[])
    with pytest.raises(FunctionError, match=r"depends_on has no effect on a plain call: use get_"):
        program.run(lambda: package.get_cluster_agents(project=1, opts=opts))


def test_every_function_is_exported_with_its_results() -> None:
    """By both adapters, with the same results."""
    for name in functions():
        for package in (dynamic, native):
            assert {name, f"{name}_output"} <= {*package.__all__}
            assert callable(getattr(package, name))
        result = "".join(part.capitalize() for part in f"{name}_result".split("_"))
        assert getattr(dynamic, result) is getattr(native, result)

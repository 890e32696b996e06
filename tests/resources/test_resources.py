"""Resource classes in a program, with the engine mocked as in Pulumi's documentation."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pulumi
import pytest
from pulumi.runtime import rpc, settings
from tests.support.program import Program

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes.errors import InvalidInputError

# The SDK's mocked monitor closes none of the event loops that it opens.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning"),
]

PEM = "-----BEGIN X-----"
CLUSTER = {
    "project": "a/b",
    "name": "x",
    "kubernetes_api_url": "https://k8s.example.com",
    "kubernetes_token": "k8s-hidden",
}
ARGUMENTS: dict[type[Any], dict[str, Any]] = {
    gitlab.ClusterAgent: {"project": "a/b", "name": "prod"},
    gitlab.ClusterAgentConfiguration: {
        "project": "a/b",
        "agent_name": "prod",
        "ci_access": {"projects": [{"id": "a/b", "default_namespace": "shop"}]},
    },
    gitlab.ClusterAgentToken: {"project": 42, "agent_id": 7, "name": "prod"},
    gitlab.ClusterAgentUrlConfiguration: {
        "project": "a/b",
        "agent_id": 7,
        "url": "grpc://x",
        "client_cert": PEM,
        "client_key": "key-hidden",
    },
    gitlab.ProjectCluster: CLUSTER,
    gitlab.ProjectEnvironment: {"project": "a/b", "name": "prod"},
}
SECRETS = {
    gitlab.ClusterAgentToken: ["token"],
    gitlab.ClusterAgentUrlConfiguration: ["client_key"],
    gitlab.ProjectCluster: ["kubernetes_token"],
}
IDS: dict[type[Any], str] = {
    gitlab.ClusterAgent: "agent_id",
    gitlab.ClusterAgentToken: "token_id",
    gitlab.ClusterAgentUrlConfiguration: "url_configuration_id",
    gitlab.ProjectCluster: "cluster_id",
    gitlab.ProjectEnvironment: "environment_id",
}


def _declare(kind: type[Any], opts: pulumi.ResourceOptions | None = None) -> None:
    kind("it", opts, **ARGUMENTS[kind])


def _attribute(kind: type[Any], name: str) -> Any:
    return getattr(kind("it", **ARGUMENTS[kind]), name)


@pytest.fixture
def program() -> Iterator[Program]:
    """A program. The SDK has no memory of it afterwards."""
    yield Program()
    settings.reset_options()
    gc.collect()


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_a_constructor_registers_its_arguments(program: Program, kind: type[Any]) -> None:
    """With its type token. Unset arguments are absent, and secrets are marked."""
    program.run(partial(_declare, kind))
    request = program.request()
    assert request.type == f"pulumi-python:dynamic/gitlab:{kind.__name__}"
    inputs = rpc.deserialize_properties(request.object)
    assert inputs.pop("__provider")
    secret = SECRETS.get(kind, [])
    for name, value in ARGUMENTS[kind].items():
        assert rpc.is_rpc_secret(inputs[name]) is (name in secret)
        assert rpc.unwrap_rpc_secret(inputs[name]) == value
    assert inputs.keys() == ARGUMENTS[kind].keys()
    assert list(request.additionalSecretOutputs) == secret


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_only_the_urn_and_the_id_are_awaited(program: Program, kind: type[Any]) -> None:
    """Awaiting all outputs would take quadratic time."""

    def body() -> set[str]:
        made = kind("it", **ARGUMENTS[kind])
        awaited = settings.SETTINGS.outputs
        outputs = {name for name, each in vars(made).items() if isinstance(each, pulumi.Output)}
        assert len(outputs) > len(ARGUMENTS[kind])
        return {name for name in outputs if vars(made)[name]._data in awaited}

    assert program.run(body) == {"urn", "id"}


@pytest.mark.parametrize("kind", IDS)
def test_the_number_in_the_id_is_an_output(program: Program, kind: type[Any]) -> None:
    """It is known whenever the ID is known."""
    id_ = "42:5:7" if len(kind._kind.ids) == 3 else "42:7"
    for name, number in (("project_id", 42), (IDS[kind], 7)):
        value = program.run(partial(_attribute, kind, name), id_)
        assert value == (number, False, True)


@pytest.mark.parametrize("kind", IDS)
def test_with_other_mocks_the_number_is_the_mocked_output(
    program: Program, kind: type[Any]
) -> None:
    """Users' tests have IDs of any form."""
    name = IDS[kind]
    body = partial(_attribute, kind, name)
    assert program.run(body, "it-id", **{name: 99}) == (99, False, True)
    assert program.run(body, "it-id")[0] is None


@pytest.mark.parametrize("kind", IDS)
def test_the_number_in_the_id_can_be_an_argument(program: Program, kind: type[Any]) -> None:
    """Such as `agent.agent_id` of a token."""
    id_ = "42:5:7" if len(kind._kind.ids) == 3 else "42:7"

    def body() -> None:
        made = kind("it", **ARGUMENTS[kind])
        gitlab.ClusterAgentToken(
            "token", project=made.project_id, agent_id=getattr(made, IDS[kind]), name="prod"
        )

    program.run(body, id_)
    inputs = rpc.deserialize_properties(program.monitor.requests[-1].object)
    assert (inputs["project"], inputs["agent_id"]) == (42, 7)


def test_a_secret_output_stays_secret(program: Program) -> None:
    """Also if the engine returns it in plain text."""
    body = partial(_attribute, gitlab.ProjectCluster, "kubernetes_token")
    value, secret, _known = program.run(body)
    assert (value, secret) == ("k8s-hidden", True)


def test_inputs_can_be_outputs_and_secrets(program: Program) -> None:
    """A secret stays secret, also in an input that is not secret, and within triggers."""

    def body() -> None:
        gitlab.ClusterAgentToken(
            "it",
            project=pulumi.Output.secret("a/b"),
            agent_id=pulumi.Output.from_input("7"),
            name="prod",
            rotation_triggers={"a": pulumi.Output.secret("x"), "b": pulumi.Output.from_input(1)},
        )

    program.run(body)
    inputs = rpc.deserialize_properties(program.request().object)
    assert rpc.is_rpc_secret(inputs["project"])
    assert inputs["agent_id"] == "7"
    triggers = inputs["rotation_triggers"]
    triggers = rpc.unwrap_rpc_secret(triggers)
    assert rpc.unwrap_rpc_secret(triggers["a"]) == "x"
    assert triggers["b"] == 1
    assert rpc.is_rpc_secret(inputs["rotation_triggers"]) or rpc.is_rpc_secret(triggers["a"])


def test_the_programs_options_are_added(program: Program) -> None:
    """A program can make more outputs secret."""
    opts = pulumi.ResourceOptions(additional_secret_outputs=["name"], protect=True)
    program.run(partial(_declare, gitlab.ClusterAgentToken, opts))
    assert set(program.request().additionalSecretOutputs) == {"token", "name"}
    assert program.request().protect


@pytest.mark.parametrize(
    ("opts", "first"),
    [
        (None, True),
        (pulumi.ResourceOptions(protect=True), True),
        (pulumi.ResourceOptions(delete_before_replace=False), False),
    ],
)
def test_a_url_configuration_is_deleted_first(
    program: Program, opts: pulumi.ResourceOptions | None, first: bool
) -> None:
    """An agent has at most one. A program can set the option to false."""
    program.run(partial(_declare, gitlab.ClusterAgentUrlConfiguration, opts))
    assert program.request().deleteBeforeReplace is first


def test_a_cluster_logs_its_deprecation_once(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    """On the resource. The other kinds log nothing, and reading an existing cluster neither."""
    for kind in ARGUMENTS:
        program.run(partial(_declare, kind))
        id_ = "42:5:7" if len(kind._kind.ids) == 3 else "42:7"
        program.run(lambda: kind.get("read", id_).project)  # noqa: B023 (called here)
    (message,) = caplog.messages
    assert message.startswith("GitLab has deprecated certificate-based clusters since 14.5")


@pytest.mark.parametrize("kind", IDS)
def test_get_reads_by_id(program: Program, kind: type[Any]) -> None:
    """Nothing is registered, and the numbers in the ID are outputs too."""
    id_ = "42:5:7" if len(kind._kind.ids) == 3 else "42:7"
    found = program.run(lambda: getattr(kind.get("it", id_), IDS[kind]))
    assert found == (7, False, True)
    assert program.monitor.requests == []
    assert program.run(lambda: kind.get("it", id_).project, project="42")[0] == "42"


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_get_rejects_ids_of_another_form(program: Program, kind: type[Any]) -> None:
    """Immediately if the ID is known, with the expected form."""
    for id_ in ("prod", "a/b:7", "1:2:3:4"):
        with pytest.raises(InvalidInputError, match="must have the form <project-id>:"):
            program.run(partial(kind.get, "it", id_))


@pytest.mark.slow
def test_hundreds_of_resources_cause_no_recursion_error(program: Program) -> None:
    """The SDK adds stack frames for each pickled dict, and this pickle has none."""

    def body() -> None:
        for number in range(600):
            gitlab.ClusterAgent(f"agent-{number}", project=42, name=f"agent-{number}")

    program.run(body)
    assert len(program.monitor.requests) == 600
    assert len({request.object["__provider"] for request in program.monitor.requests}) == 1


@pytest.mark.parametrize("resource", ARGUMENTS)
def test_an_unknown_argument_is_an_error_with_the_most_similar_one(resource: type[Any]) -> None:
    """In Python's own words, at the end of the traceback; also for the camelCase spelling."""
    for field in resource._kind.schema.fields:
        camel = re.sub(r"_(\w)", lambda found: found[1].upper(), field.name)
        for wrong in {field.name[:-1], field.name + "s", camel} - {field.name}:
            with pytest.raises(TypeError) as caught:
                resource("x", **ARGUMENTS[resource], **{wrong: 1})
            assert str(caught.value) == (
                f"{resource.__name__}.__init__() got an unexpected keyword argument '{wrong}': "
                f"did you mean '{field.name}'?"
            )


def test_an_argument_without_similar_ones_is_an_error_with_all() -> None:
    """So that nobody has to look them up."""
    with pytest.raises(TypeError) as caught:
        gitlab.ClusterAgent("x", project="a/b", name="prod", zzz=1)  # type: ignore[call-arg]
    assert str(caught.value) == (
        "ClusterAgent.__init__() got an unexpected keyword argument 'zzz': "
        "it takes resource_name, opts, project, name, connection, adopt_existing"
    )


def test_a_subclass_can_have_its_own_arguments() -> None:
    """Its own constructor has them."""

    class Named(gitlab.ClusterAgent):
        def __init__(self, resource_name: str, *, team: str) -> None:
            super().__init__(resource_name, project="a/b", name=team)

    class Open(gitlab.ClusterAgent):
        def __init__(self, resource_name: str, **others: Any) -> None:
            super().__init__(resource_name, project="a/b", name=others["team"])

    with pytest.raises(TypeError, match="did you mean 'team'"):
        Named("x", tem="prod")  # type: ignore[call-arg]
    kinds: tuple[Any, ...] = (Named, Open)
    for kind in kinds:
        assert kind.__new__(kind, "x", team="prod").__class__ is kind

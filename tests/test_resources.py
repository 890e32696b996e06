"""Resource classes as a program sees them, with the engine mocked by Pulumi's own means."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc, settings, stack

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


class _Monitor(mocks.MockMonitor):
    """Pulumi's own mocked monitor, which also keeps what it was asked."""

    def __init__(self, mocked: pulumi.runtime.Mocks) -> None:
        super().__init__(mocked)
        self.requests: list[Any] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (Pulumi's name)
        """Keep the request."""
        if request.type != "pulumi:pulumi:Stack":
            self.requests.append(request)
        return super().RegisterResource(request)

    def SupportsFeature(self, request: Any) -> Any:  # noqa: N802 (Pulumi's name)
        """Claim what an engine has: secrets travel marked."""
        answer = super().SupportsFeature(request)
        return type(answer)(hasSupport=True)


class _Mocks(pulumi.runtime.Mocks):
    """Things get the id of the test's choice, and outputs beside their inputs."""

    def __init__(self, id_: str, outputs: dict[str, Any]) -> None:
        self._id = id_
        self._outputs = outputs

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Answer a registration, or a read."""
        inputs = {name: value for name, value in args.inputs.items() if value is not None}
        return args.resource_id or self._id, {**inputs, **self._outputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        """No function is called."""
        raise NotImplementedError(args.token)


class Program:
    """Runs parts of a program against the mocks."""

    def __init__(self) -> None:
        self.monitor = _Monitor(_Mocks("", {}))

    def run(self, body: Callable[[], Any], id_: str = "42:7", **outputs: Any) -> Any:
        """Run a program and return what it returns, outputs awaited."""
        mocked = _Mocks(id_, outputs)
        self.monitor = _Monitor(mocked)

        async def program() -> Any:
            settings.reset_options()
            pulumi.runtime.set_mocks(mocked, project="shop", stack="dev", monitor=self.monitor)
            result = body()
            if isinstance(result, pulumi.Output):
                result = (await result.future(), await result.is_secret(), await result.is_known())
            await stack.wait_for_rpcs()
            return result

        return asyncio.run(program())

    def request(self) -> Any:
        """Return the only registration."""
        (request,) = self.monitor.requests
        return request


@pytest.fixture
def program() -> Iterator[Program]:
    """A program, and an SDK that knows nothing of it afterwards."""
    yield Program()
    settings.reset_options()
    gc.collect()


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_a_constructor_registers_what_it_is_given(program: Program, kind: type[Any]) -> None:
    """Under its type; unset arguments are not there; secrets are marked."""
    program.run(lambda: kind("it", **ARGUMENTS[kind]) and None)
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
def test_a_resource_is_awaited_by_its_urn_and_id_alone(program: Program, kind: type[Any]) -> None:
    """Awaiting its other outputs as well would cost a program squared time."""

    def body() -> set[str]:
        made = kind("it", **ARGUMENTS[kind])
        awaited = settings.SETTINGS.outputs
        outputs = {name for name, each in vars(made).items() if isinstance(each, pulumi.Output)}
        assert len(outputs) > len(ARGUMENTS[kind])
        return {name for name in outputs if vars(made)[name]._data in awaited}

    assert program.run(body) == {"urn", "id"}


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_the_ids_number_is_an_output(program: Program, kind: type[Any]) -> None:
    """Taken from the id, so it is known whenever the id is."""
    id_ = "42:5:7" if len(kind._core.ids) == 3 else "42:7"
    for name, number in (("project_id", 42), (IDS[kind], 7)):
        value = program.run(lambda name=name: getattr(kind("it", **ARGUMENTS[kind]), name), id_)
        assert value == (number, False, True)


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_under_other_mocks_the_ids_number_is_the_mocked_output(
    program: Program, kind: type[Any]
) -> None:
    """A user's own tests give ids of any form."""
    name = IDS[kind]
    body = lambda: getattr(kind("it", **ARGUMENTS[kind]), name)  # noqa: E731 (run twice)
    assert program.run(body, "it-id", **{name: 99}) == (99, False, True)
    assert program.run(body, "it-id")[0] is None


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_a_derived_number_can_be_an_argument(program: Program, kind: type[Any]) -> None:
    """As `agent.agent_id` is of a token."""
    id_ = "42:5:7" if len(kind._core.ids) == 3 else "42:7"

    def body() -> None:
        made = kind("it", **ARGUMENTS[kind])
        gitlab.ClusterAgentToken(
            "token", project=made.project_id, agent_id=getattr(made, IDS[kind]), name="prod"
        )

    program.run(body, id_)
    inputs = rpc.deserialize_properties(program.monitor.requests[-1].object)
    assert (inputs["project"], inputs["agent_id"]) == (42, 7)


def test_a_secret_output_stays_secret(program: Program) -> None:
    """Also where it comes as plain text."""
    kind = gitlab.ProjectCluster
    value, secret, _known = program.run(lambda: kind("it", **CLUSTER).kubernetes_token)
    assert (value, secret) == ("k8s-hidden", True)


def test_inputs_may_be_outputs_and_secrets(program: Program) -> None:
    """A secret one stays secret, also where the field itself is none, and within triggers."""

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


def test_own_options_are_added_to_ours(program: Program) -> None:
    """A program may make more outputs secret."""
    opts = pulumi.ResourceOptions(additional_secret_outputs=["name"], protect=True)
    program.run(
        lambda: gitlab.ClusterAgentToken("it", opts, project=1, agent_id=7, name="x") and None
    )
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
    """An agent has one at most; a program may still say otherwise."""
    kind = gitlab.ClusterAgentUrlConfiguration
    program.run(lambda: kind("it", opts, **ARGUMENTS[kind]) and None)
    assert program.request().deleteBeforeReplace is first


def test_a_cluster_warns_of_its_deprecation_once(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    """On the resource; the other kinds say nothing."""
    for kind, arguments in ARGUMENTS.items():
        program.run(lambda kind=kind, arguments=arguments: kind("it", **arguments) and None)
    (said,) = caplog.messages
    assert said.startswith("GitLab has deprecated certificate-based clusters since 14.5")


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_get_reads_by_id(program: Program, kind: type[Any]) -> None:
    """Nothing is registered, and the derived numbers work as ever."""
    id_ = "42:5:7" if len(kind._core.ids) == 3 else "42:7"
    found = program.run(lambda: getattr(kind.get("it", id_), IDS[kind]))
    assert found == (7, False, True)
    assert program.monitor.requests == []
    assert program.run(lambda: kind.get("it", id_).project, project="42")[0] == "42"


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_get_refuses_ids_of_another_form(program: Program, kind: type[Any]) -> None:
    """At once where the id is known, with the form that it should have."""
    for id_ in ("prod", "a/b:7", "1:2:3:4"):
        with pytest.raises(InvalidInputError, match="must have the form <project-id>:"):
            program.run(lambda id_=id_: kind.get("it", id_))


def test_hundreds_of_resources_are_no_recursion(program: Program) -> None:
    """The SDK adds a stack frame for each pickled dict: ours has none."""

    def body() -> None:
        for number in range(600):
            gitlab.ClusterAgent(f"agent-{number}", project=42, name=f"agent-{number}")

    program.run(body)
    assert len(program.monitor.requests) == 600
    assert len({request.object["__provider"] for request in program.monitor.requests}) == 1


@pytest.mark.parametrize("resource", ARGUMENTS)
def test_an_argument_that_there_is_not_is_answered_with_the_nearest(resource: type[Any]) -> None:
    """In Python's own words, which end the traceback; also as other languages write it."""
    for field in resource._core.schema.fields:
        camel = re.sub(r"_(\w)", lambda found: found[1].upper(), field.name)
        for wrong in {field.name[:-1], field.name + "s", camel} - {field.name}:
            with pytest.raises(TypeError) as caught:
                resource("x", **ARGUMENTS[resource], **{wrong: 1})
            assert str(caught.value) == (
                f"{resource.__name__}.__init__() got an unexpected keyword argument '{wrong}': "
                f"did you mean '{field.name}'?"
            )


def test_an_argument_that_nothing_is_near_to_is_answered_with_all() -> None:
    """So that nobody has to look them up."""
    with pytest.raises(TypeError) as caught:
        gitlab.ClusterAgent("x", project="a/b", name="prod", zzz=1)  # type: ignore[call-arg]
    assert str(caught.value) == (
        "ClusterAgent.__init__() got an unexpected keyword argument 'zzz': "
        "it takes resource_name, opts, project, name, connection, adopt_existing"
    )


def test_a_subclass_may_take_arguments_of_its_own() -> None:
    """Its own constructor says which."""

    class Named(gitlab.ClusterAgent):
        def __init__(self, resource_name: str, *, team: str) -> None:
            super().__init__(resource_name, project="a/b", name=team)

    class Open(gitlab.ClusterAgent):
        def __init__(self, resource_name: str, **others: Any) -> None:
            super().__init__(resource_name, project="a/b", name=others["team"])

    with pytest.raises(TypeError, match="did you mean 'team'"):
        Named("x", tem="prod")  # type: ignore[call-arg]
    for kind in (Named, Open):
        assert kind.__new__(kind, "x", team="prod").__class__ is kind

"""The native classes in a program, with the engine mocked as in Pulumi's documentation."""

from __future__ import annotations

import gc
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import rpc, settings
from tests.resources import test_resources as dynamic
from tests.support.native_plugin import wire
from tests.support.program import Program
from tools.generate import PACKAGE, lookups
from tools.generate.names import SHARED

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes import native
from pulumi_gitlab_kubernetes.components.declaration import NAME as COMPONENT
from pulumi_gitlab_kubernetes.core.fields import Field, Output
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.core.values import Type
from pulumi_gitlab_kubernetes.registry import CLASSES, MODULES, kind_for

# The SDK's mocked monitor closes none of the event loops that it opens.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning"),
]

ARGUMENTS = {each.__name__: arguments for each, arguments in dynamic.ARGUMENTS.items()}
SECRETS = {each.__name__: names for each, names in dynamic.SECRETS.items()}
ALIASES = {
    "ClusterAgent": [
        "pulumi-python:dynamic/gitlab:ClusterAgent",
        "gitlab:index/clusterAgent:ClusterAgent",
    ],
    "ClusterAgentConfiguration": ["pulumi-python:dynamic/gitlab:ClusterAgentConfiguration"],
    "ClusterAgentToken": [
        "pulumi-python:dynamic/gitlab:ClusterAgentToken",
        "gitlab:index/clusterAgentToken:ClusterAgentToken",
    ],
    "ClusterAgentUrlConfiguration": ["pulumi-python:dynamic/gitlab:ClusterAgentUrlConfiguration"],
    "ProjectCluster": [
        "pulumi-python:dynamic/gitlab:ProjectCluster",
        "gitlab:index/projectCluster:ProjectCluster",
    ],
    "ProjectEnvironment": [
        "pulumi-python:dynamic/gitlab:ProjectEnvironment",
        "gitlab:index/projectEnvironment:ProjectEnvironment",
    ],
}
"""The types whose states a resource takes over; states contain them, so they never change."""
SCHEMA = json.loads((PACKAGE / "native" / "schema.json").read_text())
VALUES: dict[Type, Any] = {
    Type.TEXT: "text",
    Type.TIMESTAMP: "2026-01-01T00:00:00Z",
    Type.INTEGER: 7,
    Type.NUMBER: 1.5,
    Type.BOOLEAN: True,
    Type.MAP: {"agent_id": "a", "agentId": "b"},
}


@pytest.fixture
def program() -> Iterator[Program]:
    """A program. The SDK has no memory of it afterwards."""
    yield Program()
    settings.reset_options()
    gc.collect()


def _declare(name: str, opts: pulumi.ResourceOptions | None = None, **more: Any) -> Any:
    return getattr(native, name)("it", opts, **ARGUMENTS[name], **more)


def _outputs(name: str) -> dict[str, Type]:
    """Return the types of all outputs of a kind."""
    kind = kind_for(name)
    described: list[Field | Output] = [*kind.schema.fields, *kind.schema.outputs]
    types = {each.name: each.type for each in described if each.name != "connection"}
    return dict.fromkeys(kind.ids, Type.INTEGER) | types


@pytest.mark.parametrize("name", MODULES)
def test_a_constructor_registers_its_arguments(program: Program, name: str) -> None:
    """With the type, the names and the version of the package; unset arguments are absent."""
    program.run(partial(_declare, name))
    request = program.request()
    assert request.type == f"gitlab-kubernetes:index:{name}"
    assert request.version == version("pulumi-gitlab-kubernetes")
    assert [each.spec.type for each in request.aliases] == ALIASES[name]
    assert [*request.additionalSecretOutputs] == [*map(camel_case, SECRETS.get(name, []))]
    inputs = rpc.deserialize_properties(request.object)
    assert inputs.keys() == {camel_case(each) for each in ARGUMENTS[name]}
    for argument, value in ARGUMENTS[name].items():
        found = inputs[camel_case(argument)]
        assert rpc.is_rpc_secret(found) is (argument in SECRETS.get(name, []))
        assert rpc.unwrap_rpc_secret(found) == wire({argument: value})[camel_case(argument)]


@pytest.mark.parametrize("name", MODULES)
def test_the_arguments_and_outputs_are_those_of_the_dynamic_class(name: str) -> None:
    """With their annotations, so that a program only changes its import."""

    def parameters(resource: type[Any]) -> list[inspect.Parameter]:
        found = inspect.signature(resource.__init__).parameters.values()
        return [each for each in found if each.name != "connection"]

    ours, theirs = getattr(native, name), getattr(gitlab, name)
    assert parameters(ours) == parameters(theirs)
    annotations = {**vars(theirs)["__annotations__"]}
    del annotations["connection"]
    ids = {each for each in kind_for(name).ids if each not in annotations}
    assert vars(ours)["__annotations__"] == annotations | dict.fromkeys(ids, "pulumi.Output[int]")
    assert ours.__doc__ == theirs.__doc__
    documented = re.sub(r" +connection: .*\n", "", theirs.__init__.__doc__)
    assert ours.__init__.__doc__ == documented


@pytest.mark.parametrize("spell", [camel_case, str], ids=["native", "dynamic"])
@pytest.mark.parametrize("name", MODULES)
def test_outputs_have_the_names_and_types_of_the_class(
    program: Program, name: str, spell: Any
) -> None:
    """In the form of both adapters: a state can still be as a dynamic provider wrote it."""
    types = _outputs(name)
    outputs = {spell(each): VALUES[type_] for each, type_ in types.items()}
    for output, type_ in types.items():
        if output in ARGUMENTS[name]:
            continue
        body = partial(lambda each: getattr(_declare(name), each), output)
        value, _secret, known = program.run(body, "42:7", **outputs)
        assert (value, type(value), known) == (VALUES[type_], type(VALUES[type_]), True)


def test_keys_of_maps_stay_as_they_are(program: Program) -> None:
    """Also those that are names of arguments, at any depth."""
    triggers = {"agent_id": "1", "rotation_triggers": {"agent_id": "2", "agentId": "3"}}
    body = partial(_declare, "ClusterAgentToken", rotation_triggers=triggers)
    assert program.run(lambda: body().rotation_triggers)[0] == triggers
    inputs = rpc.deserialize_properties(program.request().object)
    assert inputs["rotationTriggers"] == triggers


def test_inputs_can_be_outputs_and_secrets(program: Program) -> None:
    """A secret stays secret, also in an input that is not secret."""

    def body() -> None:
        native.ClusterAgentToken(
            "it",
            project=pulumi.Output.secret("a/b"),
            agent_id=pulumi.Output.from_input("42:7"),
            name="prod",
        )

    program.run(body)
    inputs = rpc.deserialize_properties(program.request().object)
    assert rpc.is_rpc_secret(inputs["project"])
    assert inputs["agentId"] == "42:7"


def test_a_secret_output_stays_secret(program: Program) -> None:
    """Also if the engine returns it in plain text."""
    value, secret, _known = program.run(lambda: _declare("ProjectCluster").kubernetes_token)
    assert (value, secret) == ("k8s-hidden", True)


def test_the_state_says_where_the_program_declares_it(program: Program) -> None:
    """Not where this package does."""
    program.run(partial(_declare, "ClusterAgent"))
    assert Path(program.request().sourcePosition.uri).name == Path(__file__).name


def test_the_programs_options_are_added(program: Program) -> None:
    """Names in them are those of Python."""
    opts = pulumi.ResourceOptions(
        additional_secret_outputs=["rotation_triggers"],
        aliases=[pulumi.Alias(name="old")],
        ignore_changes=["rotate_after_days"],
        replace_on_changes=["agent_id"],
        version="9.9.9",
    )
    program.run(partial(_declare, "ClusterAgentToken", opts))
    request = program.request()
    assert set(request.additionalSecretOutputs) == {"token", "rotationTriggers"}
    assert [*request.ignoreChanges] == ["rotateAfterDays"]
    assert [*request.replaceOnChanges] == ["agentId"]
    assert request.version == "9.9.9"
    assert len(request.aliases) == 3
    assert [each.spec.name for each in request.aliases if each.spec.name] == ["old"]


@pytest.mark.parametrize(
    ("opts", "first"),
    [(None, True), (pulumi.ResourceOptions(delete_before_replace=False), False)],
)
def test_a_url_configuration_is_deleted_first(
    program: Program, opts: pulumi.ResourceOptions | None, first: bool
) -> None:
    """An agent has at most one. A program can set the option to false."""
    program.run(partial(_declare, "ClusterAgentUrlConfiguration", opts))
    assert program.request().deleteBeforeReplace is first
    program.run(partial(_declare, "ClusterAgentToken"))
    assert not program.request().deleteBeforeReplaceDefined


@pytest.mark.parametrize("name", MODULES)
def test_only_the_urn_and_the_id_are_awaited(program: Program, name: str) -> None:
    """Awaiting all outputs would take quadratic time."""

    def body() -> set[str]:
        made = _declare(name)
        outputs = {each for each, value in vars(made).items() if isinstance(value, pulumi.Output)}
        assert outputs == {"urn", "id", *_outputs(name)}
        return {each for each in outputs if vars(made)[each]._data in settings.SETTINGS.outputs}

    assert program.run(body) == {"urn", "id"}


def test_a_cluster_logs_its_deprecation_once(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    """On the resource. The other kinds log nothing, and reading an existing cluster neither."""
    for name in MODULES:
        program.run(partial(_declare, name))
        program.run(partial(getattr(native, name).get, "read", "42:7"))
    (message,) = caplog.messages
    assert message.startswith("GitLab has deprecated certificate-based clusters since 14.5")


@pytest.mark.parametrize("name", MODULES)
def test_get_reads_by_id(program: Program, name: str) -> None:
    """Nothing is registered, and all outputs can be used."""
    found = program.run(lambda: getattr(native, name).get("it", "42:7").project_id, projectId=42.0)
    assert found == (42, False, True)
    assert program.monitor.requests == []
    (read,) = program.monitor.reads
    assert (read.type, read.id) == (f"gitlab-kubernetes:index:{name}", "42:7")
    assert read.version == version("pulumi-gitlab-kubernetes")
    assert [*read.additionalSecretOutputs] == [*map(camel_case, SECRETS.get(name, []))]


@pytest.mark.parametrize("name", [*MODULES, "Provider"])
def test_an_unknown_argument_is_an_error_with_the_most_similar_one(name: str) -> None:
    """In Python's own words; also for the camelCase spelling."""
    resource = getattr(native, name)
    for argument in [*inspect.signature(resource.__init__).parameters][3:]:
        for wrong in {argument + "s", camel_case(argument)} - {argument}:
            with pytest.raises(TypeError) as caught:
                resource("x", **{wrong: 1})
            assert str(caught.value) == (
                f"{name}.__init__() got an unexpected keyword argument '{wrong}': "
                f"did you mean '{argument}'?"
            )


def test_connection_is_an_error_that_names_the_arguments() -> None:
    """An explicit provider replaces it."""
    with pytest.raises(TypeError, match="'connection': it takes resource_name, opts, project, n"):
        native.ClusterAgent("x", project="a/b", name="prod", connection="other")  # type: ignore[call-arg]


def test_a_subclass_can_have_its_own_arguments_and_attributes(program: Program) -> None:
    """It stays the same type of resource."""

    class Named(native.ClusterAgent):
        team: str

        def __init__(self, resource_name: str, *, team: str) -> None:
            super().__init__(resource_name, project="a/b", name=team)
            self.team = team

    named, _secret, _known = program.run(lambda: Named("x", team="prod").name)
    assert named == "prod"
    assert program.request().type == "gitlab-kubernetes:index:ClusterAgent"
    assert program.run(lambda: Named("x", team="prod").agent_id, agentId=7.0)[0] == 7
    with pytest.raises(TypeError, match="did you mean 'team'"):
        Named("x", tem="prod")  # type: ignore[call-arg]


def test_the_names_are_listed() -> None:
    """The resources, the component, functions with their results, `Provider`, and enums.

    `pulumi import` writes the enums.
    """
    enums = [name.rpartition(":")[2] for name, spec in SCHEMA["types"].items() if "enum" in spec]
    functions = [*lookups.function_names(), *lookups.result_names()]
    named = {*CLASSES, COMPONENT, *SHARED, *functions, *enums, "Provider"}
    assert native.__all__ == dir(native) == sorted(named)
    assert all(getattr(native, name).__name__ == name for name in native.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Cluster'"):
        _ = native.Cluster  # type: ignore[attr-defined]


def test_an_enum_has_the_values_of_the_schema(program: Program) -> None:
    """The engine gets the value, and type checkers accept it as text."""
    for token, spec in SCHEMA["types"].items():
        if "enum" in spec:
            enum = getattr(native, token.rpartition(":")[2])
            assert [each.value for each in enum] == [each["value"] for each in spec["enum"]]
    arguments = {**ARGUMENTS["ProjectEnvironment"], "tier": native.ProjectEnvironmentTier.STAGING}
    program.run(lambda: native.ProjectEnvironment("it", **arguments))
    assert program.request().object.fields["tier"].string_value == "staging"


@pytest.mark.parametrize("name", MODULES)
def test_the_example_in_the_schema_is_the_one_in_yaml(program: Program, name: str) -> None:
    """The program in Python registers the same resources, with the same inputs."""
    description = SCHEMA["resources"][f"gitlab-kubernetes:index:{name}"]["description"]
    texts = dict(re.findall(r"```(\w+)\n(.*?)\n```", description, re.DOTALL))
    resources = yaml.safe_load(texts["yaml"])["resources"]
    outputs: dict[str, Any] = {"agentId": 7, "project": "acme/shop", "name": "production"}

    def body() -> None:
        pulumi.runtime.set_all_config({"shop:kubernetesToken": "${kubernetesToken}"})
        exec(texts["python"], {})  # noqa: S102 (the program in the schema)

    program.run(body, "42:7", **outputs)
    assert {each.name for each in program.monitor.requests} == resources.keys()
    for request in program.monitor.requests:
        expected = resources[request.name]
        assert request.type == expected["type"].replace(":", ":index:")
        inputs = rpc.deserialize_properties(request.object)
        references = {f"${{agent.{key}}}": value for key, value in outputs.items()}
        assert {key: rpc.unwrap_rpc_secret(value) for key, value in inputs.items()} == {
            key: references.get(value, value) if isinstance(value, str) else value
            for key, value in expected["properties"].items()
        }


def test_a_unit_test_needs_no_plugin(tmp_path: Path) -> None:
    """With Pulumi's own mocks, on a machine where the plugin is not installed."""
    file = tmp_path / "unit.py"
    file.write_text(
        "import pulumi\n"
        "class Mocks(pulumi.runtime.Mocks):\n"
        "    def new_resource(self, args):\n"
        "        return '42:7', {**args.inputs, 'agentId': 7}\n"
        "    def call(self, args):\n"
        "        return {}\n"
        "pulumi.runtime.set_mocks(Mocks())\n"
        "from pulumi_gitlab_kubernetes.native import ClusterAgent\n"
        "@pulumi.runtime.test\n"
        "def test():\n"
        "    agent = ClusterAgent('a', project='acme/shop', name='a')\n"
        "    return agent.agent_id.apply(print)\n"
        "test()\n"
    )
    done = subprocess.run(
        [sys.executable, str(file)],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "7\n", done.stderr

"""The component in a program, with the engine mocked as in Pulumi's documentation."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings
from pulumi.runtime.config import set_all_config
from tests.lifecycle.certificates import CERTIFICATE
from tests.support.program import Program

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes import native
from pulumi_gitlab_kubernetes.components.declaration import ARGUMENTS, OUTPUTS
from pulumi_gitlab_kubernetes.errors import InvalidInputError

# The SDK's mocked monitor closes none of the event loops that it opens.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning"),
]

_IT: dict[str, Any] = {"project": "a/b", "name": "prod"}
_TOKEN = {"token": "glagent-hidden", "tokenId": 7, "public_key": "a2V5\n", "publicKey": "a2V5\n"}
_VARIABLES = ("GITLAB_BASE_URL", "GITLAB_TOKEN", "CI_JOB_TOKEN", "CI_API_V4_URL")


@pytest.fixture(params=[gitlab, native], ids=["dynamic", "native"])
def package(request: pytest.FixtureRequest) -> ModuleType:
    """The package of the component and its children."""
    found: ModuleType = request.param
    return found


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"PULUMI_{name}", raising=False)


@pytest.fixture
def program() -> Iterator[Program]:
    """A program with mocks. The SDK has no memory of it afterwards."""
    yield Program()
    settings.reset_options()
    gc.collect()


def _values(program: Program, make: Callable[[], Any], config: Mapping[str, str] = {}) -> Any:
    """Return `helm_values` of a component, whether they are secret, and whether they are known."""

    def body() -> Any:
        set_all_config(dict(config))
        return make().helm_values

    return program.run(body, id_="42:7:9", **_TOKEN)


@pytest.mark.parametrize(
    "given",
    [
        ({}, {}, "wss://kas.gitlab.com"),
        (
            {"gitlab-kubernetes:baseUrl": "https://g.test/api/v4"},
            {},
            "wss://g.test/-/kubernetes-agent/",
        ),
        ({}, {"GITLAB_BASE_URL": "https://g.test/git"}, "wss://g.test/git/-/kubernetes-agent/"),
        (
            {"gitlab-kubernetes:baseUrl": "https://no.test"},
            {"PULUMI_GITLAB_BASE_URL": "https://g.test"},
            "wss://g.test/-/kubernetes-agent/",
        ),
        (
            {},
            {"CI_JOB_TOKEN": "t", "CI_API_V4_URL": "https://ci.test/api/v4"},
            "wss://ci.test/-/kubernetes-agent/",
        ),
    ],
)
def test_the_address_of_kas_is_that_of_the_settings(
    program: Program,
    package: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    given: tuple[dict[str, str], dict[str, str], str],
) -> None:
    """Also without a token, as in a unit test."""
    config, environ, address = given
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    values, secret, known = _values(program, lambda: package.GitLabAgent("it", **_IT), config)
    assert values == {"config": {"kasAddress": address, "token": "glagent-hidden"}}
    assert (secret, known) == (True, True)


def test_a_connection_has_an_address_of_its_own(program: Program) -> None:
    """Dynamic resources have the argument."""
    config = {"gitlab:baseUrl": "https://g.test", "eu:baseUrl": "https://eu.test"}
    for known in (True, False):

        def make(*, known: bool = known) -> gitlab.GitLabAgent:
            connection = "eu" if known else pulumi.Output.from_input("eu")
            return gitlab.GitLabAgent("it", connection=connection, **_IT)

        values, _secret, _known = _values(program, make, config)
        assert values["config"]["kasAddress"] == "wss://eu.test/-/kubernetes-agent/"


@pytest.mark.parametrize("option", ["provider", "providers", "parent"])
def test_a_provider_has_an_address_of_its_own(program: Program, option: str) -> None:
    """Native resources have it from the component, or from the parent of the component."""

    def make() -> native.GitLabAgent:
        provider = native.Provider("eu", token="t", base_url="https://eu.test/")
        options = {
            "provider": lambda: pulumi.ResourceOptions(provider=provider),
            "providers": lambda: pulumi.ResourceOptions(providers=[provider]),
            "parent": lambda: pulumi.ResourceOptions(
                parent=pulumi.ComponentResource(
                    "shop:index:Team", "team", None, pulumi.ResourceOptions(providers=[provider])
                )
            ),
        }
        return native.GitLabAgent("it", options[option](), **_IT)

    values, _secret, _known = _values(program, make)
    assert values["config"]["kasAddress"] == "wss://eu.test/-/kubernetes-agent/"
    children = [each for each in program.monitor.requests if each.type.endswith(":ClusterAgent")]
    assert ["::eu::" in each.provider for each in children] == [True], children


def test_an_address_that_is_not_known_yet_stays_unknown(program: Program) -> None:
    """As that of a GitLab instance which the same program creates."""

    def make() -> native.GitLabAgent:
        unknown: Any = pulumi.Output.from_input(pulumi.output.UNKNOWN)
        return native.GitLabAgent("it", kas_address=unknown, **_IT)

    _value, _secret, known = _values(program, make)
    assert not known


def test_a_provider_without_an_address_needs_another_argument(program: Program) -> None:
    """Such as one of which a program has only the reference."""

    def make() -> native.GitLabAgent:
        provider = pulumi.ProviderResource("gitlab-kubernetes", "eu", {})
        return native.GitLabAgent("it", pulumi.ResourceOptions(provider=provider), **_IT)

    with pytest.raises(InvalidInputError, match="kas_address is required: the address of the"):
        _values(program, make)


def test_a_secret_name_keeps_the_token_out_of_the_values(
    program: Program, package: ModuleType
) -> None:
    """They are readable then, and change with the token's ID."""
    values, secret, _known = _values(
        program,
        lambda: package.GitLabAgent(
            "it", secret_name="token", kas_address="wss://kas.test", kas_ca_cert=CERTIFICATE, **_IT
        ),
    )
    assert not secret
    assert values == {
        "config": {
            "kasAddress": "wss://kas.test",
            "kasCaCert": CERTIFICATE,
            "secretName": "token",
        },
        "podAnnotations": {"gitlab-kubernetes/token-id": str({gitlab: 9, native: 7}[package])},
    }


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"secret_name": "My Secret"}, "secret_name must contain only a-z"),
        ({"secret_name": "a" * 254}, "secret_name must contain only a-z"),
        ({"namespace": "a.b"}, "namespace must contain only a-z"),
        ({"kas_address": "https://kas.test"}, "kas_address must be a URL that starts with wss://"),
        ({"kas_ca_cert": "no PEM"}, "kas_ca_cert "),
        ({"secret_name": ["token"]}, "secret_name must be text"),
        ({"kas_address": True}, "kas_address must be text"),
        ({"environments": pulumi.ResourceOptions()}, "environments must be a map with known keys"),
        ({"environments": {5: {}}}, "environments must be a map with known keys"),
        ({"environments": {"live": "tier"}}, "environments must contain a map of values, such as"),
        ({"environments": {"live": {"name": "x"}}}, "environments.name is set by the component"),
        ({"environments": {"live": {"project": 7}}}, "environments.project is set by the compo"),
        ({"receptive": True}, "receptive must contain a map of values, such as url"),
        ({"receptive": {"url": "grpc://a:80", "agent_id": 7}}, "receptive.agent_id is set by"),
    ],
)
def test_a_wrong_argument_is_an_error_of_the_program(
    program: Program, package: ModuleType, arguments: dict[str, Any], error: str
) -> None:
    """Before anything is declared that needs it."""
    with pytest.raises(InvalidInputError, match=error):
        _values(program, lambda: package.GitLabAgent("it", **_IT, **arguments))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"secret_name": "My Secret"}, "secret_name must contain only a-z"),
        ({"secret_name": None}, "secret_name must not be null"),
        ({"kas_address": "https://kas.test"}, "kas_address must be a URL that starts with wss://"),
        ({"kas_address": None}, "kas_address must not be null"),
        ({"receptive": True}, "receptive must contain a map of values, such as url"),
        ({"receptive": {"uri": "grpc://a:80"}}, "receptive.uri is not an argument"),
        ({"environments": {"live": "tier"}}, "environments must contain a map of values, such as"),
        ({"environments": {"live": {"name": "x"}}}, "environments.name is set by the component"),
        ({"environments": {"live": {"teir": "x"}}}, "environments.teir is not an argument"),
    ],
)
def test_a_wrong_output_is_an_error_of_one_line(
    program: Program, package: ModuleType, arguments: dict[str, Any], error: str
) -> None:
    """It is only known when it resolves, where the program has no line to show."""

    def make() -> Any:
        ((name, value),) = arguments.items()
        wrong: Any = pulumi.Output.from_input(value)
        if name == "environments":
            wrong = {each: pulumi.Output.from_input(values) for each, values in value.items()}
        return package.GitLabAgent("it", **_IT, **{name: wrong})

    with pytest.raises(pulumi.RunError, match=error):
        _values(program, make)


def test_outputs_without_a_value_are_left_out(program: Program, package: ModuleType) -> None:
    """Such as those of another stack, or of a cluster with a public certificate."""

    def make() -> Any:
        none: Any = pulumi.Output.from_input(None)
        environments = {"live": none}
        return package.GitLabAgent(
            "it", **_IT, kas_ca_cert=none, namespace=none, environments=environments
        )

    values, _secret, _known = _values(program, make, {"gitlab-kubernetes:baseUrl": "http://g.test"})
    assert values["config"].keys() == {"kasAddress", "token"}


def test_mocks_need_no_id_of_the_token(program: Program, package: ModuleType) -> None:
    """The mocks of users' unit tests return the inputs, and IDs of any form."""

    def body() -> Any:
        agent = package.GitLabAgent("it", secret_name="token", kas_address="wss://kas.test", **_IT)
        return pulumi.Output.all(agent.helm_values, agent.secret_manifest)

    (values, manifest), _secret, _known = program.run(body, id_="it-id", token="glagent-mocked")
    assert values == {"config": {"kasAddress": "wss://kas.test", "secretName": "token"}}
    assert manifest["metadata"] == {"name": "token"}


def test_a_mistyped_argument_gets_a_suggestion(program: Program, package: ModuleType) -> None:
    """Also one of an environment or of a receptive agent."""
    for arguments, suggestion in (
        ({"kas_adress": "wss://kas.test"}, "did you mean 'kas_address'"),
        ({"environments": {"live": {"teir": "production"}}}, "did you mean 'tier'"),
        ({"receptive": {"uri": "grpc://a:80"}}, "did you mean 'url'"),
    ):
        make = partial(package.GitLabAgent, "it", **_IT, **arguments)
        with pytest.raises(TypeError, match=suggestion):
            _values(program, make)


def test_children_are_declared_with_the_arguments(program: Program, package: ModuleType) -> None:
    """Each gets its own, and all get the options that a component passes on."""
    environments = {"live": {"tier": "production"}, "review/x": None}
    after: list[pulumi.Resource] = []

    def make() -> Any:
        after.append(pulumi.ComponentResource("shop:index:Cluster", "cluster"))
        return package.GitLabAgent(
            "it",
            pulumi.ResourceOptions(depends_on=after),
            **_IT,
            token_name="helm",
            token_description="For Helm",
            rotation_triggers={"quarter": 1},
            rotate_after_days=90,
            receptive={"url": "grpc://a:80"},
            environments=environments,
            adopt_existing=True,
        )

    _values(program, make)
    requests = {each.name: each for each in program.monitor.requests if each.custom}
    assert {*requests} == {"it", "it-live", "it-review/x"}
    by_kind = {each.type.rpartition(":")[2]: each for each in program.monitor.requests}
    assert {*by_kind} >= {"ClusterAgentUrlConfiguration", "GitLabAgent"}
    token = by_kind["ClusterAgentToken"].object.fields
    names = {name.replace("_", "").lower(): value for name, value in token.items()}
    assert names["name"].string_value == "helm"
    assert names["description"].string_value == "For Helm"
    assert names["rotateafterdays"].number_value == 90
    assert "adoptexisting" not in names
    for each in program.monitor.requests:
        if each.custom:
            assert "it" in each.parent
            assert each.aliases
    assert requests["it-review/x"].object.fields["name"].string_value == "review/x"


def test_arguments_and_outputs_do_not_change_their_names() -> None:
    """Programs and states contain them."""
    assert [each.name for each in ARGUMENTS] == [
        *("project", "name", "kas_address", "kas_ca_cert", "secret_name", "namespace"),
        *("token_name", "token_description", "rotation_triggers", "rotate_after_days"),
        *("receptive", "environments", "connection", "adopt_existing"),
    ]
    assert [each.name for each in OUTPUTS] == [
        *("agent_id", "token", "helm_values", "secret_manifest"),
    ]

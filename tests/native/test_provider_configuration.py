"""The provider's own configuration: CheckConfig, DiffConfig, Configure, Handshake, Attach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent import futures
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, plugin_pb2, provider_pb2
from tests.conftest import Calls, Project
from tests.support.native_plugin import DEFAULT, EXPLICIT, NativePlugin
from tests.support.plugin_process import (
    TIMEOUT,
    UNKNOWN,
    CallError,
    Engine,
    Values,
    plain,
    secret,
    struct,
)

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

HIDDEN = ("glpat-hidden", "hidden-header")
WRONG_ENVIRON = {
    "PULUMI_GITLAB_TOKEN": "glpat-wrong",
    "PULUMI_GITLAB_BASE_URL": "http://127.0.0.1:9",
    "PULUMI_GITLAB_ADOPT_EXISTING": "1",
    "GITLAB_TOKEN": "glpat-wrong",
    "GITLAB_BASE_URL": "http://127.0.0.1:9",
    "GITLAB_CI": "true",
    "CI_JOB_TOKEN": "glcbt-wrong",
    "CI_API_V4_URL": "http://127.0.0.1:9/api/v4",
    "CI_PROJECT_PATH": "acme/shop",
    "CI_PROJECT_ID": "1",
}
WRONG: list[tuple[str, Any, str]] = [
    ("token", "glpat hidden", "token holds a character that no GitLab token has"),
    ("token", "", "token must be set: an explicit provider reads no environment variable"),
    ("baseUrl", "gitlab", "must be a URL such as https://gitlab.example.com"),
    ("baseUrl", "https://me:glpat-hidden@gitlab.example.com", "must hold no user, password"),
    ("insecure", "yes", "must be true or false"),
    ("cacertFile", "/no/such", "/no/such"),
    ("clientCert", "/no/such", "/no/such"),
    ("clientKey", "/no/such", "/no/such"),
    ("headers", "hidden-header", "headers must be"),
    ("headers", {"X Y": "hidden-header"}, "headers"),
    ("headers", secret({"X-A": "hidden-header\n"}), "headers"),
    ("requestTimeout", "-1", "must be"),
    ("retryDeadline", "soon", "must be"),
    ("adoptExisting", "1", "must be true or false"),
    ("url", "https://gitlab.example.com", "is not a setting: "),
    ("base_url", "https://gitlab.example.com", "is not a setting: write baseUrl"),
]


class _Unconfigured(NativePlugin):
    """A plugin of an explicit provider, before it is configured."""

    urn = EXPLICIT

    def configure(self) -> None:
        """Do nothing."""

    def handshake(self) -> None:
        """Shake hands, as the engine does first."""
        request = provider_pb2.ProviderHandshakeRequest(engine_address=self._arguments[-1])
        assert self._stub.Handshake(request, timeout=TIMEOUT).accept_secrets

    def check_raw(self, news: Values, urn: str) -> provider_pb2.CheckResponse:
        """Return the response to CheckConfig."""
        request = provider_pb2.CheckRequest(urn=urn, news=struct(news))
        response: provider_pb2.CheckResponse = self._stub.CheckConfig(request, timeout=TIMEOUT)
        return response

    def configure_as(self, inputs: Values, urn: str) -> None:
        """Configure the plugin."""
        request = provider_pb2.ConfigureRequest(args=struct(inputs), urn=urn)
        self._stub.Configure(request, timeout=TIMEOUT)

    def attach(self, address: str) -> None:
        """Attach an engine."""
        self._stub.Attach(plugin_pb2.PluginAttach(address=address), timeout=TIMEOUT)

    def version(self) -> str:
        """Return the plugin's version."""
        found: str = self._stub.GetPluginInfo(empty_pb2.Empty(), timeout=TIMEOUT).version
        return found


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Unconfigured]:
    """A plugin in an environment whose variables are all wrong."""
    with _Unconfigured({}, WRONG_ENVIRON, folder=tmp_path_factory.mktemp("bare")) as running:
        yield running


@pytest.fixture
def explicit(simulator: Simulator) -> Values:
    """The inputs of an explicit provider."""
    return {"baseUrl": simulator.url, "token": secret(simulator.root_token)}


# CheckConfig ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "value", "reason"), WRONG)
def test_a_wrong_setting_is_a_failure(
    bare: _Unconfigured, explicit: Values, key: str, value: Any, reason: str
) -> None:
    """In one line that starts with its name. No message has the value.

    The engine would print the value of a failure's property.
    """
    response = bare.check_raw({**explicit, key: value}, EXPLICIT)
    found = [each.reason for each in response.failures if each.reason.startswith(f"{key} ")]
    assert found, response.failures
    assert reason in found[0]
    for failure in response.failures:
        assert failure.property == ""
        assert "\n" not in failure.reason
        assert not any(hidden in failure.reason for hidden in HIDDEN)


def test_a_wrong_setting_of_the_default_provider_has_its_namespace(bare: _Unconfigured) -> None:
    """As the user writes it in the stack's configuration."""
    (failure,) = bare.check_raw({"tokn": "glpat-hidden"}, DEFAULT).failures
    assert failure.reason == "tokn is not a setting: write gitlab-kubernetes:token"


def test_settings_have_the_names_of_the_program(explicit: Values, tmp_path: Path) -> None:
    """In a program in Python, an explicit provider has its arguments' names."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    with _Unconfigured({}, folder=tmp_path) as plugin:
        wrong = {**explicit, "baseUrl": "gitlab", "requestTimeout": "soon", "clientCert": "/no"}
        found = [each.reason for each in plugin.check_raw(wrong, EXPLICIT).failures]
        assert {each.partition(" ")[0] for each in found} == {
            *("base_url", "request_timeout", "client_cert")
        }
        assert any("the provider's client_key belong together" in each for each in found), found
        (failure,) = plugin.check_raw({"baseUrl": "gitlab"}, DEFAULT).failures
        assert failure.reason.startswith("baseUrl must be a URL")
        plugin.configure_as({**explicit, "requestTimeout": "soon"}, EXPLICIT)
        with pytest.raises(CallError, match=r"^the provider's request_timeout must be a number"):
            plugin.check("ClusterAgent", {"project": "a/b", "name": "x"})


def test_secrets_stay_marked(bare: _Unconfigured, explicit: Values) -> None:
    """The token and the headers always, and what the program marks."""
    given = {
        **explicit,
        "token": plain(explicit["token"]),
        "headers": {"X-A": "hidden-header"},
        "baseUrl": secret(f"{explicit['baseUrl']}/api/v4/"),
        "insecure": True,
    }
    inputs, failures = bare.check_config(given)
    assert failures == {}
    assert inputs == {
        "token": secret(given["token"]),
        "headers": secret({"X-A": "hidden-header"}),
        "baseUrl": secret(explicit["baseUrl"]),
        "insecure": True,
    }


def test_unknown_settings_are_no_failure(bare: _Unconfigured) -> None:
    """In a preview, they may come from resources."""
    given = {"baseUrl": UNKNOWN, "token": secret(UNKNOWN), "headers": {"X-A": UNKNOWN}}
    inputs, failures = bare.check_config(given)
    assert failures == {}
    assert plain(inputs) == given | {"token": UNKNOWN}


@pytest.mark.parametrize(
    ("urn", "stored"), [(EXPLICIT, "https://gitlab.com"), (DEFAULT, "http://127.0.0.1:9")]
)
def test_only_the_default_provider_reads_variables(
    bare: _Unconfigured, urn: str, stored: str
) -> None:
    """The stored address is the one that is used."""
    response = bare.check_raw({"token": "glpat-x"}, urn)
    assert not response.failures
    assert response.inputs["baseUrl"] == stored


def test_a_missing_token_is_a_failure_of_an_explicit_provider(bare: _Unconfigured) -> None:
    """A default provider may have no resource that needs one."""
    (failure,) = bare.check_raw({}, EXPLICIT).failures
    assert failure.reason.startswith("token must be set: an explicit provider reads no environment")
    assert not bare.check_raw({}, DEFAULT).failures


@pytest.mark.parametrize("given", ["0.0.1", "99.0.0"])
def test_another_version_of_the_sdk_is_a_warning(
    bare: _Unconfigured, explicit: Values, given: str
) -> None:
    """With both versions, and what to do."""
    bare.handshake()
    bare.engine.messages.clear()
    assert not bare.check_raw({**explicit, "version": given}, EXPLICIT).failures
    (message,) = bare.engine.messages
    assert (message.urn, message.severity) == (EXPLICIT, 2)
    assert re.search(
        f"for version {given} of .* version {re.escape(bare.version())}: install the same version",
        message.message,
    )


def test_the_same_version_is_no_warning(bare: _Unconfigured, explicit: Values) -> None:
    """The engine adds the version to the inputs."""
    own = version("pulumi-gitlab-kubernetes")
    assert bare.version() == own
    bare.engine.messages.clear()
    inputs, failures = bare.check_config({**explicit, "version": own})
    assert (inputs["version"], failures) == (own, {})
    assert not bare.engine.messages


# DiffConfig -------------------------------------------------------------------------------------

GITLAB = "https://gitlab.example.com"
OTHER = "https://other.example.com"
DIFFS: list[tuple[str, Values, Values, str, bool]] = [
    ("nothing", {"baseUrl": GITLAB}, {"baseUrl": GITLAB}, EXPLICIT, False),
    ("the token", {"baseUrl": GITLAB}, {"baseUrl": GITLAB, "token": "x"}, EXPLICIT, False),
    ("the GitLab", {"baseUrl": GITLAB}, {"baseUrl": OTHER}, EXPLICIT, True),
    ("the GitLab of the default", {"baseUrl": GITLAB}, {"baseUrl": OTHER}, DEFAULT, True),
    ("the spelling", {"baseUrl": f"{GITLAB}:443/api/v4/"}, {"baseUrl": GITLAB}, EXPLICIT, False),
    ("a secret address", {"baseUrl": secret(GITLAB)}, {"baseUrl": OTHER}, EXPLICIT, True),
    ("an unknown address", {"baseUrl": GITLAB}, {"baseUrl": UNKNOWN}, EXPLICIT, False),
    ("from nothing", {}, {"baseUrl": GITLAB}, EXPLICIT, False),
    ("from dynamic", {"gitlab:baseUrl": GITLAB}, {"baseUrl": GITLAB}, DEFAULT, False),
    ("from dynamic of another", {"gitlab:baseUrl": OTHER}, {"baseUrl": GITLAB}, DEFAULT, True),
    ("from a dynamic connection", {"eu:baseUrl": GITLAB}, {"baseUrl": GITLAB}, EXPLICIT, False),
    ("from another connection", {"eu:baseUrl": OTHER}, {"baseUrl": GITLAB}, EXPLICIT, True),
    (
        "from Pulumi's package",
        {"baseUrl": f"{GITLAB}/api/v4/"},
        {"baseUrl": GITLAB},
        DEFAULT,
        False,
    ),
    (
        "from Pulumi's of another",
        {"baseUrl": f"{OTHER}/api/v4/"},
        {"baseUrl": GITLAB},
        DEFAULT,
        True,
    ),
]


@pytest.mark.parametrize(
    ("olds", "news", "urn", "replaces"),
    [each[1:] for each in DIFFS],
    ids=[each[0] for each in DIFFS],
)
def test_only_another_gitlab_replaces(  # noqa: PLR0917 (pytest's arguments)
    bare: _Unconfigured,
    monkeypatch: pytest.MonkeyPatch,
    olds: Values,
    news: Values,
    urn: str,
    replaces: bool,
) -> None:
    """Everything else is a change of the provider alone."""
    monkeypatch.setattr(bare, "urn", urn)
    found = bare.diff_config(olds, news)
    assert list(found.replaces) == (["baseUrl"] if replaces else [])
    assert (found.changes == found.DIFF_NONE) == (plain(olds) == plain(news))
    if replaces:
        detail = found.detailedDiff["baseUrl"]
        assert found.hasDetailedDiff
        assert (detail.kind, detail.inputDiff) == (provider_pb2.PropertyDiff.UPDATE_REPLACE, True)


# Configure --------------------------------------------------------------------------------------


def test_an_explicit_provider_reads_no_variable(
    bare: _Unconfigured, explicit: Values, project: Project, calls: Calls
) -> None:
    """Neither a token, nor an address, nor a job's token, nor the permission to adopt."""
    bare.configure_as(explicit, EXPLICIT)
    calls()
    given = {"project": project.path, "name": "prod"}
    bare.create("ClusterAgent", given)
    assert calls()[-1] == f"POST {project.id}/cluster_agents"
    with pytest.raises(CallError, match=r"it already exists") as raised:
        bare.create("ClusterAgent", given)
    assert "PULUMI_GITLAB" not in str(raised.value)


def test_a_default_provider_reads_variables(
    simulator: Simulator, project: Project, tmp_path: Path
) -> None:
    """Also the permission to adopt for one run."""
    environ = {
        "PULUMI_GITLAB_TOKEN": simulator.root_token,
        "PULUMI_GITLAB_BASE_URL": simulator.url,
        "PULUMI_GITLAB_ADOPT_EXISTING": "1",
    }
    with NativePlugin({}, environ, folder=tmp_path) as plugin:
        given = {"project": project.path, "name": "prod"}
        agent = project.agent()
        assert plugin.create("ClusterAgent", given)[0] == f"{project.id}:{agent}"


def test_a_default_provider_without_a_token_says_what_to_set(
    simulator: Simulator, tmp_path: Path
) -> None:
    """When the first resource is checked. A native provider does not get `gitlab:token`."""
    config = {"baseUrl": simulator.url}
    with NativePlugin(config, folder=tmp_path) as plugin, pytest.raises(CallError) as raised:
        plugin.check("ClusterAgent", {"project": "a/b", "name": "x"})
    assert str(raised.value) == (
        "no GitLab token: run `pulumi config set --secret gitlab-kubernetes:token <token>` or set "
        "PULUMI_GITLAB_TOKEN; `gitlab-kubernetes migrate-config` copies the settings of `gitlab:*`"
    )


def test_an_engine_that_does_not_shake_hands(
    explicit: Values, simulator: Simulator, project: Project, tmp_path: Path
) -> None:
    """An older one: the plugin knows it from its arguments, and does not know the provider's URN.

    A token from the environment could then go to an address in the program, so none is read.
    """
    with _Unconfigured({}, WRONG_ENVIRON, folder=tmp_path) as plugin:
        plugin.configure_as(explicit, "")
        limited = {"status": 429, "headers": {"Retry-After": "1"}, "body": "Retry later"}
        simulator.faults({"method": "POST", "path": "/cluster_agents$", **limited})
        plugin.create("ClusterAgent", {"project": project.path, "name": "prod"})
        (message,) = plugin.engine.messages
        assert message.message == "retrying in 1 s: GitLab limits the rate of requests"


def test_an_engine_attaches_to_a_running_plugin(
    explicit: Values, simulator: Simulator, project: Project, tmp_path: Path
) -> None:
    """As with PULUMI_DEBUG_PROVIDERS: the plugin was started without an address."""
    engine = Engine()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with _Unconfigured({}, arguments=(), folder=tmp_path) as plugin:
        plugin.attach(f"127.0.0.1:{port}")
        plugin.configure_as(explicit, EXPLICIT)
        limited = {"status": 429, "headers": {"Retry-After": "1"}, "body": "Retry later"}
        simulator.faults({"method": "POST", "path": "/cluster_agents$", **limited})
        plugin.create("ClusterAgent", {"project": project.path, "name": "prod"})
        assert plugin.stderr() == ""
    server.stop(None).wait()
    assert [each.message for each in engine.messages] == [
        "retrying in 1 s: GitLab limits the rate of requests"
    ]

"""The configuration of a provider, on the wire of a real plugin process."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2
from tests.conftest import Project
from tests.support.native_plugin import EXPLICIT, NativePlugin
from tests.support.plugin_process import UNKNOWN, CallError, secret

_URL = "https://gitlab.example.com"
_ENVIRON = {"PULUMI_GITLAB_TOKEN": "glpat-canary", "PULUMI_GITLAB_BASE_URL": "http://127.0.0.1:9"}
_AGENT = {"project": "1", "name": "prod"}


class _Explicit(NativePlugin):
    """The plugin for an explicit provider."""

    urn = EXPLICIT


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CI_")]:
        monkeypatch.delenv(name)


def test_the_stored_configuration_has_the_address_and_secrets() -> None:
    """Of a default provider, and of an explicit one. Secrets are marked, if they were or not."""
    given: dict[str, Any] = {"token": "glpat-x", "headers": secret('{"X-A": "b"}')}
    stored = {"token": secret("glpat-x"), "headers": secret('{"X-A": "b"}')}
    with NativePlugin({}, _ENVIRON) as plugin:
        assert plugin.check_config({}) == ({"baseUrl": _ENVIRON["PULUMI_GITLAB_BASE_URL"]}, {})
        assert plugin.check_config(given)[0]["token"] == stored["token"]
    with _Explicit({"token": "glpat-x"}, _ENVIRON) as plugin:
        address = {"baseUrl": f"{_URL}/api/v4/"}
        assert plugin.check_config(given) == ({**stored, "baseUrl": "https://gitlab.com"}, {})
        assert plugin.check_config({**given, **address}) == ({**stored, "baseUrl": _URL}, {})
        assert plugin.check_config({"token": UNKNOWN, "baseUrl": UNKNOWN})[1] == {}
        marked = {"token": "glpat-x", "headers": {"X-A": secret("b")}, "baseUrl": secret(_URL)}
        assert plugin.check_config(marked)[0] == {
            "token": secret("glpat-x"),
            "headers": secret({"X-A": secret("b")}),
            "baseUrl": secret(_URL),
        }


def test_wrong_settings_are_refused_without_their_values() -> None:
    """The engine prints the value of a property that a failure names."""
    with NativePlugin({}) as plugin:
        wrong = {"tokn": "canary", "baseUrl": "https://me:canary@x", "requestTimeout": "canary"}
        failures = plugin.check_config(wrong)[1]
    assert failures == {
        "tokn": "is not a setting: write gitlab-kubernetes:token",
        "baseUrl": "must hold no user, password, query or fragment: use a token",
        "requestTimeout": "must be a number of seconds above 0, such as 60",
    }


def test_only_an_explicit_provider_requires_a_token() -> None:
    """A default provider without one fails when a resource needs GitLab."""
    with NativePlugin({}) as plugin:
        assert plugin.check_config({})[1] == {}
        with pytest.raises(CallError, match="`gitlab-kubernetes migrate-config` copies the"):
            plugin.create("ClusterAgent", _AGENT)
    with _Explicit({"token": "glpat-x"}, _ENVIRON) as plugin:
        assert plugin.check_config({})[1] == {
            "token": "must be set: an explicit provider reads no environment variable"
        }


def test_an_explicit_provider_uses_its_own_token(
    project: Project, users: dict[str, tuple[int, str]]
) -> None:
    """The environment of the process has another token and another address."""
    given = {"token": users["maintainer"][1], "baseUrl": project.simulator.url}
    with _Explicit(given, _ENVIRON) as plugin:
        id_, _outputs = plugin.create("ClusterAgent", {**_AGENT, "project": project.path})
    assert id_.partition(":")[0] == str(project.id)
    assert [each["name"] for each in project.api("GET", "cluster_agents")] == ["prod"]


def test_another_gitlab_replaces() -> None:
    """In any spelling that an old provider may have stored. Other changes do not replace."""
    news = {"baseUrl": _URL, "token": "glpat-new"}
    with NativePlugin({}) as plugin:
        for olds, some in (
            (news, False),
            ({**news, "token": "glpat-old"}, True),
            ({"gitlab:token": "glpat-old", "gitlab:baseUrl": f"{_URL}/api/v4"}, True),
        ):
            found = plugin.diff_config(olds, news)
            assert list(found.replaces) == []
            assert (found.changes == provider_pb2.DiffResponse.DIFF_SOME) is some
        for olds in ({"baseUrl": "https://gitlab.com"}, {"gitlab:baseUrl": "https://gitlab.com"}):
            found = plugin.diff_config(olds, news)
            assert list(found.replaces) == ["baseUrl"]
            assert found.detailedDiff["baseUrl"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_the_versions_of_program_and_plugin_must_be_the_same() -> None:
    """The warning says how to install the same version of both."""
    with NativePlugin({}) as plugin:
        plugin.check_config({"version": version("pulumi-gitlab-kubernetes")})
        assert plugin.engine.messages == []
        plugin.check_config({"version": "0.0.1"})
        (warning,) = plugin.engine.messages
    assert "for version 0.0.1 of gitlab-kubernetes" in warning.message
    assert warning.message.endswith("then `gitlab-kubernetes install-plugin`")

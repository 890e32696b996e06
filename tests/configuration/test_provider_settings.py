"""The settings of native providers: default ones, and explicit ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.configuration.provider_settings import (
    KEYS,
    adopts_existing,
    check_provider,
    other_gitlab,
    resolve_provider,
)
from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.values import UNKNOWN
from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.gitlab.connection import Connection

URL = "https://gitlab.example.com"
ENVIRON = {
    "PULUMI_GITLAB_TOKEN": "glpat-pulumi",
    "PULUMI_GITLAB_BASE_URL": "https://pulumi.example.com/api/v4",
    "GITLAB_TOKEN": "glpat-shared",
    "GITLAB_BASE_URL": "https://shared.example.com",
}
SHARED = {name: value for name, value in ENVIRON.items() if name.startswith("GITLAB")}
JOB = {
    "CI_JOB_TOKEN": "glcbt-job",
    "CI_API_V4_URL": "https://ci.example.com/api/v4",
    "CI_PROJECT_PATH": "acme/shop",
    "CI_PROJECT_ID": "42",
}
EXPLICIT: dict[str, Any] = {"token": "glpat-given", "baseUrl": URL}


class _NotRead(dict[str, str]):
    """An environment that an explicit provider must not read."""

    def get(self, *_args: Any) -> Any:
        raise AssertionError("the environment is read")

    __getitem__ = __contains__ = __iter__ = get


def _error(inputs: dict[str, Any], *, default: bool, **environ: str) -> str:
    with pytest.raises(ConfigurationError) as raised:
        resolve_provider(inputs, default=default, environ=environ)
    return str(raised.value)


def _failures(inputs: dict[str, Any], *, default: bool = False, **given: Any) -> list[Failure]:
    return check_provider(inputs, default=default, environ=given.pop("environ", {}), **given)[1]


def _pair(connection: Connection) -> tuple[str, str]:
    return connection.token, connection.url


def test_the_order_for_a_default_provider() -> None:
    """As for the default connection of dynamic resources."""
    given = {"token": "glpat-given", "baseUrl": f"{URL}/api/v4/"}
    found = [
        resolve_provider(given, default=True, environ=ENVIRON),
        resolve_provider(given, default=True, environ=SHARED),
        resolve_provider({}, default=True, environ=SHARED),
    ]
    assert list(map(_pair, found)) == [
        ("glpat-pulumi", "https://pulumi.example.com"),
        ("glpat-given", URL),
        ("glpat-shared", "https://shared.example.com"),
    ]
    assert found[0].token_setting == "gitlab-kubernetes:token or PULUMI_GITLAB_TOKEN"


def test_an_explicit_provider_reads_no_environment() -> None:
    """A token of the environment never goes to the address in the program, and the reverse."""
    environ = _NotRead({**ENVIRON, **JOB})
    found = resolve_provider(EXPLICIT, default=False, environ=environ, job_token=True)
    assert _pair(found) == ("glpat-given", URL)
    found = resolve_provider({"token": "glpat-x"}, default=False, environ=environ)
    assert _pair(found) == ("glpat-x", "https://gitlab.com")
    stored, failures = check_provider({"token": "glpat-x"}, default=False, environ=environ)
    assert (stored["baseUrl"], failures) == ("https://gitlab.com", [])
    with pytest.raises(ConfigurationError) as raised:
        resolve_provider({"baseUrl": URL}, default=False, environ=environ, job_token=True)
    assert str(raised.value) == "no GitLab token: set the provider's token"


def test_the_error_for_a_default_provider_without_a_token() -> None:
    """It names the setting, the variable, and the command that copies the old settings."""
    assert _error({}, default=True) == (
        "no GitLab token: run `pulumi config set --secret gitlab-kubernetes:token <token>` or set "
        "PULUMI_GITLAB_TOKEN; `gitlab-kubernetes migrate-config` copies the settings of `gitlab:*`"
    )


def test_a_default_provider_in_a_ci_job() -> None:
    """The job token manages environments of the job's own GitLab, and nothing else."""
    found = resolve_provider({}, default=True, environ=JOB, job_token=True)
    assert _pair(found) == ("glcbt-job", "https://ci.example.com")
    assert found.job == ("acme/shop", "42")
    assert _error({}, default=True, **JOB) == (
        "no GitLab token: a CI job token can only manage environments; set gitlab-kubernetes:token "
        "or PULUMI_GITLAB_TOKEN for other resources"
    )
    with pytest.raises(ConfigurationError, match="no GitLab token: run"):
        resolve_provider({"baseUrl": URL}, default=True, environ=JOB, job_token=True)
    assert "this is a CI job of https://ci.example.com" in _error(
        {"token": "glpat-x"}, default=True, **JOB
    )


@pytest.mark.parametrize("as_json", [False, True])
def test_sdks_send_values_or_json(as_json: bool, tmp_path: Path) -> None:
    """Numbers arrive as floats."""
    file = tmp_path / "x.pem"
    file.touch()
    files = dict.fromkeys(("cacertFile", "clientCert", "clientKey"), str(file))
    others = (
        {"headers": '{"X-A": "b"}', "requestTimeout": "5", "retryDeadline": "7.5"}
        if as_json
        else {"headers": {"X-A": "b"}, "requestTimeout": 5.0, "retryDeadline": 7.5}
    )
    flags = {"insecure": "false", "adoptExisting": "true"} if as_json else {"adoptExisting": True}
    inputs = {**EXPLICIT, **files, **others, **flags}
    assert _failures(inputs) == []
    found = resolve_provider(inputs, default=False)
    assert found == Connection(
        URL, "glpat-given", "the provider's token", 5, 7.5, str(file), (str(file),) * 2,
        (("X-A", "b"),),
    )  # fmt: skip
    assert adopts_existing(inputs)
    assert not adopts_existing(EXPLICIT)
    for insecure in (True, "true"):
        assert resolve_provider({**inputs, "insecure": insecure}, default=False).verify is False


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("token", "glpat-hidden x", "holds a character that no GitLab token has, such as white"),
        ("baseUrl", "gitlab.example.com", "must be a URL such as https://gitlab.example.com"),
        ("baseUrl", "https://hidden@x", "must hold no user, password, query or fragment: use a"),
        ("insecure", "yes", "must be true or false"),
        ("insecure", 1.0, "must be true or false"),
        ("cacertFile", "/none.pem", "must be the path of a file that exists: /none.pem does not"),
        ("headers", {"a b": "hidden"}, "must be a map from header to value"),
        ("headers", '["hidden"]', "must be a map from header to value"),
        ("requestTimeout", 0.0, "must be a number of seconds above 0, such as 60"),
        ("retryDeadline", "soon", "must be a number of seconds above 0, such as 300"),
        ("adoptExisting", {}, "must be true or false"),
    ],
)
@pytest.mark.parametrize("default", [True, False])
def test_a_wrong_value_is_refused(key: str, value: object, reason: str, default: bool) -> None:
    """The property is named, and no value is shown that may be a secret."""
    (failure,) = _failures({**EXPLICIT, key: value}, default=default)
    assert failure.property == key
    assert failure.reason.startswith(reason)
    assert "hidden" not in failure.reason


def test_the_advice_for_headers_is_for_the_stacks_configuration() -> None:
    """An explicit provider has an argument instead."""
    (failure,) = _failures({"headers": "x"}, default=True)
    assert failure.reason.endswith(
        "set it with `pulumi config set --path 'gitlab-kubernetes:headers.X-Header' value`"
    )
    (failure,) = _failures({**EXPLICIT, "headers": "x"})
    assert "pulumi config" not in failure.reason


def test_client_certificate_and_key_belong_together(tmp_path: Path) -> None:
    """One alone is refused, unless the other one is not known yet."""
    file = tmp_path / "x.pem"
    file.touch()
    for key in ("clientCert", "clientKey"):
        assert _failures({**EXPLICIT, key: str(file)}) == [
            Failure("clientCert", "and the provider's clientKey belong together: set both or none")
        ]
    assert _failures({**EXPLICIT, "clientCert": str(file), "clientKey": UNKNOWN}) == []


def test_all_failures_are_shown_at_once() -> None:
    """With the right name of an unknown key."""
    failures = _failures({"tokn": "glpat-x", "baseUrl": "x", "insecure": "x"})
    assert [each.property for each in failures] == ["tokn", "baseUrl", "insecure", "token"]


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("tokn", "token"),
        ("base_url", "baseUrl"),
        ("baseurl", "baseUrl"),
        ("caCertFile", "cacertFile"),
        ("timeout", "requestTimeout"),
    ],
)
def test_an_unknown_key_is_refused_with_the_right_one(key: str, right: str) -> None:
    """An ignored address would send the token to gitlab.com."""
    assert _failures({**EXPLICIT, key: "x"}) == [Failure(key, f"is not a setting: write {right}")]
    assert _failures({**EXPLICIT, key: "x"}, default=True) == [
        Failure(key, f"is not a setting: write gitlab-kubernetes:{right}")
    ]


@pytest.mark.parametrize("default", [True, False])
def test_an_unknown_key_without_a_similar_one_is_refused(default: bool) -> None:
    """The message has all keys."""
    (failure,) = _failures({**EXPLICIT, "zzz": "x"}, default=default)
    assert failure.property == "zzz"
    assert all(key in failure.reason for key in KEYS)


def test_keys_of_the_engine_and_of_dynamic_resources_are_accepted() -> None:
    """A default provider gets `maxParallel` of the stack's configuration."""
    engines = {"version": "1.0.0", "pluginDownloadURL": "https://x", "__internal": {}}
    assert _failures({**EXPLICIT, **engines}) == []
    assert _failures({"maxParallel": "8", **engines}, default=True) == []
    (failure,) = _failures({**EXPLICIT, "maxParallel": "8"})
    assert failure.property == "maxParallel"


def test_a_project_with_our_name_has_its_own_keys() -> None:
    """The engine passes them to the default provider."""
    assert _failures({"replicas": "3"}, default=True, project="gitlab-kubernetes") == []
    assert _failures({"replicas": "3"}, default=True, project="shop") != []
    (failure,) = _failures({"baseurl": "x"}, default=True, project="gitlab-kubernetes")
    assert failure.reason.startswith("is not a setting: write gitlab-kubernetes:baseUrl, or give")


def test_only_an_explicit_provider_must_have_a_token() -> None:
    """A default provider without one fails when it is used."""
    assert _failures({}, default=True) == []
    for blank in ({}, {"token": ""}, {"token": " \n"}):
        assert _failures(blank) == [
            Failure("token", "must be set: an explicit provider reads no environment variable")
        ]
    assert _failures({"token": UNKNOWN}) == []


def test_the_stored_inputs_have_the_address_that_is_used() -> None:
    """Normalized. All others are stored as given."""

    def stored(inputs: dict[str, Any], environ: dict[str, str] | None = None) -> dict[str, Any]:
        found, failures = check_provider(inputs, default=True, environ=environ or {})
        assert failures == []
        return found

    given = {"token": " glpat-x\n", "insecure": "true", "baseUrl": "HTTPS://GitLab.example.com/"}
    assert stored(given) == {**given, "baseUrl": URL}
    assert check_provider(given, default=False) == (stored(given), [])
    assert stored({}) == {"baseUrl": "https://gitlab.com"}
    assert stored(given, ENVIRON)["baseUrl"] == "https://pulumi.example.com"
    assert stored(given, SHARED)["baseUrl"] == URL
    assert stored({}, SHARED) == {"baseUrl": "https://shared.example.com"}
    assert stored({}, JOB) == {"baseUrl": "https://ci.example.com"}


def test_unknown_inputs_are_not_judged() -> None:
    """A variable overrides an unknown address too, and an unknown token may not be a job's."""
    every = dict.fromkeys(KEYS, UNKNOWN)
    for default, environ in ((True, SHARED), (True, JOB), (False, {})):
        stored, failures = check_provider(every, default=default, environ=environ)
        assert (stored, failures) == (every, [])
    stored, _failures = check_provider({"baseUrl": UNKNOWN}, default=True, environ=ENVIRON)
    assert stored == {"baseUrl": "https://pulumi.example.com"}
    (failure,) = check_provider({"token": UNKNOWN}, default=True, environ=JOB)[1]
    assert "this is a CI job of https://ci.example.com" in failure.reason
    assert check_provider({"headers": {"X-A": UNKNOWN}}, default=True, environ={})[1] == []


def test_an_unknown_input_cannot_be_used() -> None:
    """The message names it."""
    for default, name in ((True, "gitlab-kubernetes:token"), (False, "the provider's token")):
        assert _error({"token": UNKNOWN}, default=default) == f"{name} is not known yet"


def test_an_address_that_cannot_be_used_is_refused() -> None:
    """Of the environment, or the default one in a CI job of another GitLab."""
    (failure,) = _failures({}, default=True, environ={"PULUMI_GITLAB_BASE_URL": "x"})
    assert (failure.property, failure.reason) == (
        "baseUrl",
        "cannot be used: PULUMI_GITLAB_BASE_URL must be a URL such as https://gitlab.example.com",
    )
    (failure,) = _failures({"token": "glpat-x"}, default=True, environ=JOB)
    assert failure.property == "baseUrl"
    assert (
        "the token would go to https://gitlab.com, the default: set gitlab-kubernetes:baseUrl"
        in (failure.reason)
    )


@pytest.mark.parametrize(
    ("olds", "other"),
    [
        ({"baseUrl": URL}, False),
        ({"baseUrl": "https://GitLab.example.com:443/api/v4/"}, False),
        ({"baseUrl": "https://gitlab.com/api/v4/"}, True),
        ({"gitlab:baseUrl": f"{URL}/api/v4"}, False),
        ({"gitlab:baseUrl": "https://gitlab.com"}, True),
        ({"gitlab-kubernetes:baseUrl": "https://gitlab.com"}, True),
        ({"gitlab:token": "glpat-x", "aws:baseUrl": 7}, False),
        ({"gitlab:baseUrl": UNKNOWN}, False),
        ({"baseUrl": UNKNOWN}, False),
        ({"baseUrl": "not a URL"}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("default", [True, False])
def test_another_gitlab_is_noticed(olds: dict[str, Any], other: bool, default: bool) -> None:
    """Also if the resources come from another package's provider, whatever its spelling."""
    assert other_gitlab(olds, {"baseUrl": URL}, default=default) is other
    assert not other_gitlab(olds, {"baseUrl": UNKNOWN}, default=default)


def test_another_connections_resources_move_to_an_explicit_provider() -> None:
    """One provider had all connections of dynamic resources."""
    olds = {"gitlab:baseUrl": "https://gitlab.com", "other:baseUrl": URL}
    assert not other_gitlab(olds, {"baseUrl": URL}, default=False)
    assert other_gitlab(olds, {"baseUrl": URL}, default=True)
    assert other_gitlab(olds, {"baseUrl": "https://third.example.com"}, default=False)


def test_the_address_of_the_namespace_that_was_used_counts() -> None:
    """The default connection of dynamic resources reads one of two."""
    olds = {
        "gitlab:baseUrl": "https://gitlab.com",
        "gitlab-kubernetes:token": UNKNOWN,
        "gitlab-kubernetes:baseUrl": URL,
    }
    assert not other_gitlab(olds, {"baseUrl": URL}, default=True)
    olds["gitlab:token"] = UNKNOWN
    assert other_gitlab(olds, {"baseUrl": URL}, default=True)

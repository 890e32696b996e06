"""From the environment and the stack's configuration to a client of GitLab."""

from __future__ import annotations

import json
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.certificates import Pair
from tests.conftest import Calls, Project

from pulumi_gitlab_kubernetes._connection import Client, Connection, client_for
from pulumi_gitlab_kubernetes.errors import ConfigurationError, GitLabError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

TOKEN = {"gitlab:token": "glpat-configured"}


def _resolve(
    settings: dict[str, str], name: str = "gitlab", environ: dict[str, str] | None = None
) -> Connection:
    return Connection.resolve(settings.get, name, environ or {})


def _complaint(settings: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        _resolve({**TOKEN, **settings})
    message = str(raised.value)
    assert "\n" not in message
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return message


def test_the_environment_wins_over_configuration_over_gitlabs_own_variables() -> None:
    """`destroy` sees the recorded configuration: only the environment can be newer."""
    environ = {
        "PULUMI_GITLAB_TOKEN": "glpat-pulumi",
        "GITLAB_TOKEN": "glpat-shared",
        "PULUMI_GITLAB_BASE_URL": "https://pulumi.example.com",
        "GITLAB_BASE_URL": "https://shared.example.com",
    }
    settings = {**TOKEN, "gitlab:baseUrl": "https://configured.example.com"}
    shared = {name: value for name, value in environ.items() if name.startswith("GITLAB")}
    found = [
        _resolve(settings, environ=environ),
        _resolve(settings, environ=shared),
        _resolve({}, environ=shared),
    ]
    assert [(each.token, each.url) for each in found] == [
        ("glpat-pulumi", "https://pulumi.example.com"),
        ("glpat-configured", "https://configured.example.com"),
        ("glpat-shared", "https://shared.example.com"),
    ]


def test_empty_variables_are_as_good_as_none() -> None:
    """CI systems set variables without a value."""
    environ = {"PULUMI_GITLAB_TOKEN": "", "PULUMI_GITLAB_BASE_URL": ""}
    found = _resolve(TOKEN, environ=environ)
    assert (found.token, found.url) == ("glpat-configured", "https://gitlab.com")


def test_a_named_connection_has_its_own_namespace_and_variables() -> None:
    """And never GitLab's shared ones, which are meant for the default."""
    settings = {"my-lab:token": "glpat-my", "my-lab:baseUrl": "https://my.example.com", **TOKEN}
    shared = {"GITLAB_TOKEN": "glpat-shared", "GITLAB_BASE_URL": "https://shared.example.com"}
    found = _resolve(settings, "my-lab", shared)
    assert (found.name, found.token, found.url) == ("my-lab", "glpat-my", "https://my.example.com")
    assert _resolve(settings, "my-lab", {"PULUMI_MY_LAB_TOKEN": "glpat-x"}).token == "glpat-x"
    with pytest.raises(ConfigurationError) as raised:
        _resolve(TOKEN, "my-lab", shared)
    assert "my-lab:token" in str(raised.value)
    assert "PULUMI_MY_LAB_TOKEN" in str(raised.value)


def test_a_ci_jobs_address_is_not_taken_for_another_token() -> None:
    """The address that GitLab CI gives belongs to the job's token alone."""
    environ = {
        "CI_API_V4_URL": "https://ci.example.com/api/v4",
        "CI_SERVER_URL": "https://ci.example.com",
    }
    assert _resolve(TOKEN, environ=environ).url == "https://gitlab.com"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("https://gitlab.example.com", "https://gitlab.example.com"),
        ("https://gitlab.example.com/", "https://gitlab.example.com"),
        (" https://gitlab.example.com/api/v4\n", "https://gitlab.example.com"),
        ("https://gitlab.example.com/api/v4/", "https://gitlab.example.com"),
        ("https://example.com/gitlab/api/v4", "https://example.com/gitlab"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("HTTPS://GitLab.Example.com:443//", "https://gitlab.example.com"),
        ("http://GITLAB.example.com:80/GitLab/", "http://gitlab.example.com/GitLab"),
        ("https://gitlab.example.com:80", "https://gitlab.example.com:80"),
        ("https://[FE80::1]:443/api/v4", "https://[fe80::1]"),
    ],
)
def test_a_base_url_has_one_spelling(given: str, url: str) -> None:
    """With or without the API's path, the usual port, capitals and slashes."""
    assert _resolve({**TOKEN, "gitlab:baseUrl": given}).url == url


@pytest.mark.parametrize(
    "given",
    [
        "gitlab.example.com",
        "ftp://x",
        "https://",
        "https:///x",
        "https://[::1",
        "https://x:y",
        "https://a b",
        "https://a\tb",
        "https://a\x00b",
    ],
)
def test_wrong_base_urls_are_told(given: str) -> None:
    """The message names the setting and shows a right one."""
    assert _complaint({"gitlab:baseUrl": given}) == (
        "gitlab:baseUrl must be a URL such as https://gitlab.example.com"
    )


@pytest.mark.parametrize(
    "given",
    [
        "https://me:hidden@x",
        "https://hidden@x",
        "https://x?private_token=hidden",
        "https://x#hidden",
    ],
)
def test_base_urls_hold_no_secret(given: str) -> None:
    """A URL is shown in messages; what it holds is not shown while it is refused."""
    message = _complaint({"gitlab:baseUrl": given})
    assert message.startswith("gitlab:baseUrl must hold no user, password, query or fragment")
    assert "hidden" not in message


@pytest.mark.parametrize("name", ["Gitlab", "my_lab", "my lab", "1x", "-x", "ä", "a:b", ""])
def test_no_two_connections_share_a_variable(name: str) -> None:
    """`my-lab` and `my_lab` would, and a token would go to the other's address."""
    environ = {"PULUMI_MY_LAB_TOKEN": "glpat-x", "PULUMI_GITLAB_TOKEN": "glpat-x"}
    with pytest.raises(ConfigurationError) as raised:
        _resolve({f"{name}:baseUrl": "https://x.example.com"}, name, environ)
    assert str(raised.value) == (
        f'connection "{name}" must hold only a-z, 0-9 and -, and start with a letter: name the '
        "connection otherwise"
    )


def test_a_missing_token_names_both_ways_to_set_it() -> None:
    """Blank ones are missing too."""
    for settings in ({}, {"gitlab:token": ""}, {"gitlab:token": " \n"}):
        with pytest.raises(ConfigurationError) as raised:
            _resolve(settings)
        assert str(raised.value) == (
            "no GitLab token: run `pulumi config set --secret gitlab:token <token>` "
            "or set PULUMI_GITLAB_TOKEN"
        )


@pytest.mark.parametrize("token", ["glpat-a b", "glpat-a\nb", "glpat-ä"])
def test_a_token_that_no_header_can_hold_is_told(token: str) -> None:
    """And not shown."""
    message = _complaint({"gitlab:token": token})
    assert message.startswith("gitlab:token or PULUMI_GITLAB_TOKEN holds a character that no")
    assert "glpat" not in message


def test_a_token_may_end_with_a_line_end() -> None:
    """As one does that was read from a file."""
    assert _resolve({"gitlab:token": " glpat-x\n"}).token == "glpat-x"


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf"])
def test_wrong_timeouts_are_told(seconds: str) -> None:
    """The message gives the unit."""
    assert _complaint({"gitlab-kubernetes:requestTimeout": seconds}) == (
        "gitlab-kubernetes:requestTimeout must be a number of seconds above 0, such as 60"
    )


def test_without_settings_a_request_has_a_minute_and_an_operation_five() -> None:
    """As the README says, and over TLS that is verified."""
    found = _resolve(TOKEN)
    assert (found.timeout, found.deadline, found.verify) == (60, 300, True)


def test_insecure_is_true_or_false() -> None:
    """Anything else would be taken for the one that it is not."""
    assert _resolve({**TOKEN, "gitlab:insecure": "true"}).verify is False
    assert _resolve({**TOKEN, "gitlab:insecure": "false"}).verify is True
    assert _complaint({"gitlab:insecure": "True"}) == "gitlab:insecure must be true or false"


@pytest.mark.parametrize("key", ["cacertFile", "clientCert", "clientKey"])
def test_files_must_exist(key: str, tmp_path: Path) -> None:
    """The message names the setting and the path."""
    path = tmp_path / "missing.pem"
    message = _complaint({f"gitlab:{key}": str(path)})
    assert message == f"gitlab:{key} must be the path of a file that exists: {path} does not"


def test_client_certificate_and_key_come_together(tmp_path: Path) -> None:
    """One alone authenticates nobody."""
    file = tmp_path / "some.pem"
    file.touch()
    expected = "gitlab:clientCert and gitlab:clientKey come together: set both or none"
    assert _complaint({"gitlab:clientCert": str(file)}) == expected
    assert _complaint({"gitlab:clientKey": str(file)}) == expected
    both = {"gitlab:clientCert": str(file), "gitlab:clientKey": str(file)}
    assert _resolve({**TOKEN, **both}).certificate == (str(file), str(file))


@pytest.mark.parametrize(
    "headers",
    [
        "x",
        "[1]",
        '"x"',
        "7",
        '{"": "x"}',
        '{"a b": "x"}',
        '{"X-A": ""}',
        '{"X-A": "hidden\\nX-B: c"}',
    ],
)
def test_wrong_headers_are_told(headers: str) -> None:
    """The message shows the command that sets one right, and no value."""
    message = _complaint({"gitlab:headers": headers})
    assert "pulumi config set --path 'gitlab:headers.X-Header' value" in message
    assert "hidden" not in message


def test_a_connection_shows_no_secret() -> None:
    """Neither its token nor its headers, which may carry another."""
    settings = {"gitlab:token": "glpat-hidden", "gitlab:headers": '{"X-Proxy": "hidden"}'}
    found = _resolve(settings)
    assert found.headers == (("X-Proxy", "hidden"),)
    assert "hidden" not in repr(found)
    assert set(found.secrets()) == {"glpat-hidden", "hidden"}


def _client(url: str, **settings: str) -> Client:
    given = {"gitlab:baseUrl": url, **TOKEN}
    given |= {f"gitlab:{name}": value for name, value in settings.items()}
    given["gitlab-kubernetes:requestTimeout"] = "0.5"
    given["gitlab-kubernetes:retryDeadline"] = "0.001"
    return Client(_resolve(given))


def _failure(client: Client, project: str = "a/b") -> str:
    with pytest.raises(GitLabError) as raised:
        client.project_id(project)
    assert "\n" not in str(raised.value)
    assert "glpat" not in str(raised.value)
    return str(raised.value)


def test_an_unreachable_host_is_named_with_the_reason() -> None:
    """Not the urllib3 exception in an exception in an exception."""
    message = _failure(_client("http://127.0.0.1:9"))
    assert message == (
        "GitLab at http://127.0.0.1:9 cannot be reached (Connection refused): check baseUrl, the "
        "network and any proxy"
    )


def test_an_unknown_host_is_named_with_the_reason() -> None:
    """Names below `.invalid` resolve nowhere."""
    message = _failure(_client("http://gitlab.invalid"))
    assert message.startswith("GitLab at http://gitlab.invalid cannot be reached (")
    assert "HTTPConnectionPool" not in message


def test_silence_is_no_answer_in_time(simulator: Simulator, project: Project) -> None:
    """The limit is `requestTimeout`."""
    simulator.faults({"path": "projects/slow", "latency": 2, "times": None})
    assert "(no answer in time)" in _failure(_client(simulator.url), "slow/app")
    assert project


def test_a_cut_connection_is_lost(simulator: Simulator, project: Project) -> None:
    """There is no errno to quote then."""
    simulator.faults({"path": "projects/cut", "drop": "before", "times": None})
    message = _failure(_client(simulator.url), "cut/app")
    assert "(connection lost)" in message or "(Connection reset by peer)" in message
    assert project


def test_http_at_an_https_address_is_told(simulator: Simulator) -> None:
    """TLS fails for another reason than a certificate."""
    message = _failure(_client(simulator.url.replace("http:", "https:")))
    assert "cannot be reached" in message
    assert "certificate" not in message


def test_files_that_are_no_certificates_are_no_crash(tls_server: str, tmp_path: Path) -> None:
    """What TLS says of them comes in several kinds of OSError."""
    file = tmp_path / "x.pem"
    file.write_text("not a certificate")
    for settings in ({"cacertFile": str(file)}, {"clientCert": str(file), "clientKey": str(file)}):
        assert "cannot be reached (" in _failure(_client(tls_server, **settings))


def test_a_file_that_vanished_is_no_crash(tls_server: str, tmp_path: Path) -> None:
    """It was there when the configuration was read."""
    file = tmp_path / "x.pem"
    file.touch()
    client = _client(tls_server, cacertFile=str(file))
    file.unlink()
    assert "cannot be reached (" in _failure(client)


def test_an_untrusted_certificate_names_the_setting(tls_server: str) -> None:
    """Nobody signed it but itself."""
    message = _failure(_client(tls_server))
    assert (
        "(its certificate is not trusted: its authority is not known here): set cacertFile"
        in message
    )


def test_a_trusted_certificate_is_one_in_cacert_file(
    tls_server: str, tls_pair: Pair, tmp_path: Path
) -> None:
    """Then the answer is what counts: that server is no GitLab."""
    file = tmp_path / "ca.pem"
    file.write_text(tls_pair.certificate)
    for client in (
        _client(tls_server, cacertFile=str(file)),
        _client(tls_server.replace("localhost", "127.0.0.1"), cacertFile=str(file)),
    ):
        assert "is not GitLab's API: check baseUrl" in _failure(client)


def test_insecure_skips_the_certificate(tls_server: str) -> None:
    """As asked for, and without urllib3's warning of each request."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert "is not GitLab's API" in _failure(_client(tls_server, insecure="true"))
    assert warned == []


def test_headers_are_sent_but_never_in_place_of_the_token(simulator: Simulator) -> None:
    """A proxy in front of GitLab may want one; here `Sudo` shows that it arrives."""
    token = {"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url}
    headers = json.dumps({"Sudo": "nobody", "PRIVATE-TOKEN": "other"})
    client = Client(_resolve({**token, "gitlab:headers": headers}))
    assert _failure(client) == "404 User with ID or username 'nobody' Not Found"


def test_a_project_id_is_never_asked_for(simulator: Simulator, calls: Calls) -> None:
    """A number is an id already."""
    assert _client(simulator.url).project_id("42") == 42
    assert calls() == []


def test_threads_ask_once_for_a_path(simulator: Simulator, project: Project, calls: Calls) -> None:
    """Each has a client of its own."""
    connection = _resolve({"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url})
    start = threading.Barrier(64)

    def ask(_number: int) -> tuple[int, Client]:
        start.wait()
        client = client_for(connection, print)
        return client.project_id(project.path), client

    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(ask, range(64)))
    assert {id_ for id_, _client in found} == {project.id}
    assert len({id(client) for _id, client in found}) == 64
    assert len(calls()) == 1


def test_a_failed_look_up_is_asked_again(simulator: Simulator, project: Project) -> None:
    """A project that was not there yet may be made by the same program."""
    connection = _resolve({"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url})
    path = f"{project.path}-later"
    assert _failure(client_for(connection, print), path) == "404 Project Not Found"
    project.api("PUT", "", path="shop-later")
    assert client_for(connection, print).project_id(path) == project.id


def test_what_one_operation_waited_the_next_has_again(simulator: Simulator) -> None:
    """A thread's client stays, its deadline does not."""
    connection = _resolve({"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url})
    client = client_for(connection, print)
    client.deadline.left()
    assert client.deadline._ends is not None
    assert client_for(connection, print) is client
    assert client.deadline._ends is None


def test_only_the_default_connection_has_a_default_address() -> None:
    """A token for another GitLab is never sent to gitlab.com because its address was left out."""
    with pytest.raises(ConfigurationError) as raised:
        Connection.resolve({"other:token": "glpat-x"}.get, "other", {})
    assert str(raised.value) == "no address: set other:baseUrl or PULUMI_OTHER_BASE_URL"


def test_a_connection_never_takes_pulumis_own_token() -> None:
    """`PULUMI_ACCESS_TOKEN` is for Pulumi Cloud, whatever a connection is called."""
    settings = {"access:baseUrl": "https://gitlab.example.com"}
    with pytest.raises(ConfigurationError, match="PULUMI_ACCESS_TOKEN is for Pulumi Cloud"):
        Connection.resolve(settings.get, "access", {"PULUMI_ACCESS_TOKEN": "pul-x"})

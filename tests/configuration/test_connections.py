"""Connections from the environment and the stack's configuration."""

from __future__ import annotations

import json
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import Calls, Project
from tests.support.certificates import Pair

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.errors import ConfigurationError, GitLabError
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.clients import Clients
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

TOKEN = {"gitlab:token": "glpat-configured"}

CLIENTS = Clients()


def _resolve(
    settings: dict[str, str], name: str = "gitlab", environ: dict[str, str] | None = None
) -> Connection:
    return resolve(settings.get, name, environ or {})


def _error(settings: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        _resolve({**TOKEN, **settings})
    message = str(raised.value)
    assert "\n" not in message
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    return message


def test_the_order_of_environment_configuration_and_gitlabs_own_variables() -> None:
    """`destroy` uses the recorded configuration, so only the environment can be newer."""
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


def _both(**changes: str) -> dict[str, str]:
    """Return the settings of both namespaces of the default connection; empty ones are not set."""
    settings = {
        f"{namespace}:{key}": value
        for namespace in ("gitlab", "gitlab-kubernetes")
        for key, value in (
            ("token", f"glpat-{namespace}"),
            ("baseUrl", f"https://{namespace}.example.com"),
            ("headers", json.dumps({"X-Of": namespace})),
        )
    }
    changes = {name.replace("__", ":").replace("_", "-"): each for name, each in changes.items()}
    return {key: value for key, value in (settings | changes).items() if value}


@pytest.mark.parametrize(
    ("changes", "environ", "namespace"),
    [
        ({}, {}, "gitlab"),
        ({"gitlab__token": "", "gitlab__baseUrl": ""}, {}, "gitlab-kubernetes"),
        ({"gitlab__token": ""}, {}, "gitlab-kubernetes"),
        ({"gitlab_kubernetes__token": ""}, {}, "gitlab"),
        ({"gitlab_kubernetes__baseUrl": ""}, {}, "gitlab"),
        ({"gitlab__token": ""}, {"TOKEN": "glpat-x"}, "gitlab"),
        ({"gitlab_kubernetes__token": ""}, {"TOKEN": "glpat-x"}, "gitlab"),
        ({"gitlab__baseUrl": ""}, {"TOKEN": "glpat-x"}, "gitlab-kubernetes"),
        ({"gitlab__baseUrl": ""}, {"BASE_URL": "https://x"}, "gitlab"),
        ({"gitlab__token": ""}, {"BASE_URL": "https://x"}, "gitlab-kubernetes"),
        ({}, {"TOKEN": "glpat-x", "BASE_URL": "https://x"}, "gitlab"),
        (
            {"gitlab__headers": "", "gitlab__baseUrl": "", "gitlab__token": ""},
            {"TOKEN": "glpat-x", "BASE_URL": "https://x"},
            "gitlab-kubernetes",
        ),
    ],
)
def test_the_default_connection_reads_one_of_two_namespaces(
    changes: dict[str, str], environ: dict[str, str], namespace: str
) -> None:
    """`gitlab` before `gitlab-kubernetes`, and never a mix. Variables still override it."""
    variables = {f"PULUMI_GITLAB_{part}": value for part, value in environ.items()}
    found = _resolve(_both(**changes), environ=variables)
    assert found.token == environ.get("TOKEN", f"glpat-{namespace}")
    assert found.url == environ.get("BASE_URL", f"https://{namespace}.example.com")
    assert found.headers == (("X-Of", namespace),)
    assert found.token_setting == f"{namespace}:token or PULUMI_GITLAB_TOKEN"


@pytest.mark.parametrize(
    ("one", "other"), [("gitlab", "gitlab-kubernetes"), ("gitlab-kubernetes", "gitlab")]
)
def test_a_token_never_goes_to_the_address_in_the_other_namespace(one: str, other: str) -> None:
    """Nor to gitlab.com because of that. An address in a variable is for any token."""
    settings = {f"{one}:token": "glpat-x", f"{other}:baseUrl": "https://other.example.com"}
    with pytest.raises(ConfigurationError) as raised:
        _resolve(settings, environ={"GITLAB_BASE_URL": "https://shared.example.com"})
    assert str(raised.value) == (
        f"{one}:token has no address: {other}:baseUrl is only for {other}:token; set {one}:baseUrl "
        "to the token's GitLab"
    )
    for environ, url in (
        ({"PULUMI_GITLAB_BASE_URL": "https://x.example.com"}, "https://x.example.com"),
        ({"PULUMI_GITLAB_TOKEN": "glpat-y"}, "https://other.example.com"),
    ):
        assert _resolve(settings, environ=environ).url == url


def test_empty_variables_are_ignored() -> None:
    """CI/CD systems set variables without a value."""
    environ = {"PULUMI_GITLAB_TOKEN": "", "PULUMI_GITLAB_BASE_URL": ""}
    found = _resolve(TOKEN, environ=environ)
    assert (found.token, found.url) == ("glpat-configured", "https://gitlab.com")


def test_a_named_connection_has_its_own_namespace_and_variables() -> None:
    """GitLab's shared variables are only for the default connection."""
    settings = {"my-lab:token": "glpat-my", "my-lab:baseUrl": "https://my.example.com", **TOKEN}
    shared = {"GITLAB_TOKEN": "glpat-shared", "GITLAB_BASE_URL": "https://shared.example.com"}
    found = _resolve(settings, "my-lab", shared)
    assert (found.token, found.url) == ("glpat-my", "https://my.example.com")
    assert found.token_setting == "my-lab:token or PULUMI_MY_LAB_TOKEN"
    assert _resolve(settings, "my-lab", {"PULUMI_MY_LAB_TOKEN": "glpat-x"}).token == "glpat-x"
    with pytest.raises(ConfigurationError) as raised:
        _resolve(TOKEN, "my-lab", shared)
    assert "my-lab:token" in str(raised.value)
    assert "PULUMI_MY_LAB_TOKEN" in str(raised.value)


def test_a_shared_token_goes_to_its_own_gitlab_only() -> None:
    """`GITLAB_TOKEN` and `GITLAB_BASE_URL` belong together; the state may have another address."""
    shared = {"GITLAB_TOKEN": "glpat-shared", "GITLAB_BASE_URL": "https://shared.example.com"}
    same = {"gitlab:baseUrl": "https://shared.example.com/api/v4"}
    assert _resolve(same, environ=shared).url == "https://shared.example.com"
    other = {"gitlab:baseUrl": "https://old.example.com"}
    with pytest.raises(ConfigurationError) as raised:
        _resolve(other, environ=shared)
    assert str(raised.value) == (
        "GITLAB_TOKEN is for https://shared.example.com, as GITLAB_BASE_URL says, but would go to "
        "https://old.example.com: set gitlab:token or PULUMI_GITLAB_TOKEN to a token for that "
        "address"
    )
    own = {**shared, "PULUMI_GITLAB_TOKEN": "glpat-old"}
    assert _resolve(other, environ=own).url == "https://old.example.com"


def test_the_address_of_a_job_is_not_used_for_another_token() -> None:
    """It is only for the job token."""
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
def test_a_base_url_is_normalized(given: str, url: str) -> None:
    """Without the API's path, the default port, capital letters and trailing slashes."""
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
def test_the_error_for_an_invalid_base_url(given: str) -> None:
    """The message names the setting and shows an example."""
    assert _error({"gitlab:baseUrl": given}) == (
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
def test_a_base_url_with_a_secret_is_rejected(given: str) -> None:
    """Messages show URLs. The error does not show this one."""
    message = _error({"gitlab:baseUrl": given})
    assert message.startswith("gitlab:baseUrl must hold no user, password, query or fragment")
    assert "hidden" not in message


@pytest.mark.parametrize("name", ["Gitlab", "my_lab", "my lab", "1x", "-x", "ä", "a:b", ""])
def test_connections_do_not_share_variables(name: str) -> None:
    """`my-lab` and `my_lab` would, and a token could go to the other address."""
    environ = {"PULUMI_MY_LAB_TOKEN": "glpat-x", "PULUMI_GITLAB_TOKEN": "glpat-x"}
    with pytest.raises(ConfigurationError) as raised:
        _resolve({f"{name}:baseUrl": "https://x.example.com"}, name, environ)
    assert str(raised.value) == (
        f'connection "{name}" must hold only a-z, 0-9 and -, and start with a letter: '
        "rename the connection"
    )


@pytest.mark.parametrize(
    ("settings", "namespace"),
    [
        ({}, "gitlab-kubernetes"),
        ({"gitlab:token": ""}, "gitlab-kubernetes"),
        ({"gitlab-kubernetes:baseUrl": "https://x"}, "gitlab-kubernetes"),
        ({"gitlab:token": " \n"}, "gitlab"),
        ({"gitlab:baseUrl": "https://x", "gitlab-kubernetes:baseUrl": "https://x"}, "gitlab"),
        ({"gitlab:insecure": "true"}, "gitlab"),
    ],
)
def test_the_error_for_a_missing_token(settings: dict[str, str], namespace: str) -> None:
    """The message names both ways to set it, beside the other settings. Blank is missing too."""
    with pytest.raises(ConfigurationError) as raised:
        _resolve(settings)
    assert str(raised.value) == (
        f"no GitLab token: run `pulumi config set --secret {namespace}:token <token>` "
        "or set PULUMI_GITLAB_TOKEN"
    )


@pytest.mark.parametrize("token", ["glpat-a b", "glpat-a\nb", "glpat-ä"])
def test_the_error_for_an_invalid_token(token: str) -> None:
    """The message does not contain the token."""
    message = _error({"gitlab:token": token})
    assert message.startswith("gitlab:token or PULUMI_GITLAB_TOKEN holds a character that no")
    assert "glpat" not in message


def test_a_token_may_end_with_a_line_break() -> None:
    """As one from a file does."""
    assert _resolve({"gitlab:token": " glpat-x\n"}).token == "glpat-x"


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "nan", "inf"])
def test_the_error_for_an_invalid_timeout(seconds: str) -> None:
    """The message contains the unit."""
    assert _error({"gitlab-kubernetes:requestTimeout": seconds}) == (
        "gitlab-kubernetes:requestTimeout must be a number of seconds above 0, such as 60"
    )


def test_the_default_timeouts() -> None:
    """As in the documentation. TLS certificates are verified."""
    found = _resolve(TOKEN)
    assert (found.timeout, found.deadline, found.verify) == (60, 300, True)


def test_insecure_is_true_or_false() -> None:
    """Anything else is an error."""
    assert _resolve({**TOKEN, "gitlab:insecure": "true"}).verify is False
    assert _resolve({**TOKEN, "gitlab:insecure": "false"}).verify is True
    assert _error({"gitlab:insecure": "True"}) == "gitlab:insecure must be true or false"


@pytest.mark.parametrize("key", ["cacertFile", "clientCert", "clientKey"])
def test_files_must_exist(key: str, tmp_path: Path) -> None:
    """The message names the setting and the path."""
    path = tmp_path / "missing.pem"
    message = _error({f"gitlab:{key}": str(path)})
    assert message == f"gitlab:{key} must be the path of a file that exists: {path} does not"


def test_client_certificate_and_key_belong_together(tmp_path: Path) -> None:
    """One alone is an error."""
    file = tmp_path / "some.pem"
    file.touch()
    expected = "gitlab:clientCert and gitlab:clientKey belong together: set both or none"
    assert _error({"gitlab:clientCert": str(file)}) == expected
    assert _error({"gitlab:clientKey": str(file)}) == expected
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
def test_the_error_for_invalid_headers(headers: str) -> None:
    """The message shows the right command, and no value."""
    message = _error({"gitlab:headers": headers})
    assert "pulumi config set --path 'gitlab:headers.X-Header' value" in message
    assert "hidden" not in message


def test_the_text_of_a_connection_has_no_secret() -> None:
    """Neither the token nor the headers, which may contain another secret."""
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


def test_the_error_for_an_unreachable_host() -> None:
    """The message contains the reason, and not the text of nested exceptions."""
    message = _failure(_client("http://127.0.0.1:9"))
    assert message == (
        "GitLab at http://127.0.0.1:9 cannot be reached (Connection refused): check baseUrl, the "
        "network and any proxy"
    )


def test_the_error_for_an_unknown_host() -> None:
    """Names below `.invalid` are never resolved."""
    message = _failure(_client("http://gitlab.invalid"))
    assert message.startswith("GitLab at http://gitlab.invalid cannot be reached (")
    assert "HTTPConnectionPool" not in message


@pytest.mark.usefixtures("project")  # It removes the fault.
def test_the_error_for_a_timeout(simulator: Simulator) -> None:
    """The limit is `requestTimeout`."""
    simulator.faults({"path": "projects/slow", "latency": 2, "times": None})
    assert "(no answer in time)" in _failure(_client(simulator.url), "slow/app")


@pytest.mark.usefixtures("project")  # As above.
def test_the_error_for_a_lost_connection(simulator: Simulator) -> None:
    """There may be no errno."""
    simulator.faults({"path": "projects/cut", "drop": "before", "times": None})
    message = _failure(_client(simulator.url), "cut/app")
    assert "(connection lost)" in message or "(Connection reset by peer)" in message


def test_the_error_for_an_https_address_of_an_http_server(simulator: Simulator) -> None:
    """TLS does not fail because of a certificate."""
    message = _failure(_client(simulator.url.replace("http:", "https:")))
    assert "cannot be reached" in message
    assert "certificate" not in message


def test_the_error_for_files_without_certificates(tls_server: str, tmp_path: Path) -> None:
    """TLS raises several kinds of OSError."""
    file = tmp_path / "x.pem"
    file.write_text("not a certificate")
    for settings in ({"cacertFile": str(file)}, {"clientCert": str(file), "clientKey": str(file)}):
        assert "cannot be reached (" in _failure(_client(tls_server, **settings))


def test_the_error_for_a_deleted_file(tls_server: str, tmp_path: Path) -> None:
    """It existed when the configuration was read."""
    file = tmp_path / "x.pem"
    file.touch()
    client = _client(tls_server, cacertFile=str(file))
    file.unlink()
    assert "cannot be reached (" in _failure(client)


def test_the_error_for_an_untrusted_certificate(tls_server: str) -> None:
    """It is self-signed. The message names the setting."""
    message = _failure(_client(tls_server))
    assert "(its certificate is not trusted: its authority is unknown): set cacertFile" in message


def test_cacert_file_contains_trusted_certificates(
    tls_server: str, tls_pair: Pair, tmp_path: Path
) -> None:
    """The next error is that the server is not GitLab."""
    file = tmp_path / "ca.pem"
    file.write_text(tls_pair.certificate)
    for client in (
        _client(tls_server, cacertFile=str(file)),
        _client(tls_server.replace("localhost", "127.0.0.1"), cacertFile=str(file)),
    ):
        assert "is not GitLab's API: check baseUrl" in _failure(client)


def test_insecure_skips_the_certificate(tls_server: str) -> None:
    """Without urllib3's warning for each request."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert "is not GitLab's API" in _failure(_client(tls_server, insecure="true"))
    assert warned == []


def test_headers_are_sent_but_do_not_replace_the_token(simulator: Simulator) -> None:
    """A proxy in front of GitLab may require one. Here `Sudo` shows that it arrives."""
    token = {"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url}
    headers = json.dumps({"Sudo": "nobody", "PRIVATE-TOKEN": "other"})
    client = Client(_resolve({**token, "gitlab:headers": headers}))
    assert _failure(client) == "404 User with ID or username 'nobody' Not Found"


def test_a_project_id_is_not_requested(simulator: Simulator, calls: Calls) -> None:
    """A number is already an ID."""
    assert _client(simulator.url).project_id("42") == 42
    assert calls() == []


def test_threads_request_a_path_once(simulator: Simulator, project: Project, calls: Calls) -> None:
    """Each thread has its own client."""
    connection = _resolve({"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url})
    start = threading.Barrier(64)

    def ask(_number: int) -> tuple[int, Client]:
        start.wait()
        client = CLIENTS.get(connection, print)
        return client.project_id(project.path), client

    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(ask, range(64)))
    assert {id_ for id_, _client in found} == {project.id}
    assert len({id(client) for _id, client in found}) == 64
    assert len(calls()) == 1


def test_a_failed_lookup_is_repeated(simulator: Simulator, project: Project) -> None:
    """The same program may create the project."""
    connection = _resolve({"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url})
    path = f"{project.path}-later"
    assert _failure(CLIENTS.get(connection, print), path) == "404 Project Not Found"
    project.api("PUT", "", path="shop-later")
    assert CLIENTS.get(connection, print).project_id(path) == project.id


def test_each_operation_has_a_new_deadline(simulator: Simulator) -> None:
    """The thread's client is the same."""
    connection = _resolve({"gitlab:token": simulator.root_token, "gitlab:baseUrl": simulator.url})
    client = CLIENTS.get(connection, print)
    client.deadline.left()
    assert client.deadline._ends is not None
    assert CLIENTS.get(connection, print) is client
    assert client.deadline._ends is None


def test_only_the_default_connection_has_a_default_address() -> None:
    """Without an address, a token for another GitLab is not sent to gitlab.com."""
    with pytest.raises(ConfigurationError) as raised:
        resolve({"other:token": "glpat-x"}.get, "other", {})
    assert str(raised.value) == "no address: set other:baseUrl or PULUMI_OTHER_BASE_URL"


def test_a_connection_never_uses_pulumis_own_token() -> None:
    """`PULUMI_ACCESS_TOKEN` is for Pulumi Cloud, whatever the connection's name is."""
    settings = {"access:baseUrl": "https://gitlab.example.com"}
    with pytest.raises(ConfigurationError, match="PULUMI_ACCESS_TOKEN is for Pulumi Cloud"):
        resolve(settings.get, "access", {"PULUMI_ACCESS_TOKEN": "pul-x"})

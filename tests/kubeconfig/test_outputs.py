"""`connection_from_kubeconfig` in a program, with a mocked engine."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml
from pulumi.runtime import rpc, settings
from tests.support.program import Program

import pulumi_gitlab_kubernetes as dynamic
from pulumi_gitlab_kubernetes import connection_from_kubeconfig, native

# The SDK's mocked monitor closes none of the event loops that it opens.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning"),
]

DATA = Path(__file__).with_name("data")
TEXT = (DATA / "service-account-token.yaml").read_text()
TOKEN = "eyJhbGciOiJSUzI1NiJ9.made.up"
URL = "https://k8s.example.com:6443"
CA = (DATA / "ca.crt").read_text()


@pytest.fixture
def program() -> Iterator[Program]:
    """A program. The SDK has no memory of it afterwards."""
    yield Program()
    settings.reset_options()
    gc.collect()


def unknown() -> pulumi.Output[Any]:
    """Return an output that a preview does not know."""
    known = pulumi.Output.from_input(None)
    unknown: pulumi.Output[Any] = pulumi.Output(
        known.resources(), known.future(), is_known=_false(), is_secret=_false()
    )
    return unknown


async def _false() -> bool:
    return False


KUBECONFIGS: dict[str, Callable[[], Any]] = {
    "text": lambda: TEXT,
    "content": lambda: yaml.safe_load(TEXT),
    "path": lambda: DATA / "service-account-token.yaml",
    "output": lambda: pulumi.Output.from_input(TEXT),
    "output of content": lambda: pulumi.Output.from_input(yaml.safe_load(TEXT)),
    "content with outputs": lambda: {
        **yaml.safe_load(TEXT),
        "current-context": pulumi.Output.from_input("gitlab"),
    },
    "secret": lambda: pulumi.Output.secret(TEXT),
    "secret content": lambda: pulumi.Output.secret(yaml.safe_load(TEXT)),
}


@pytest.mark.parametrize("form", KUBECONFIGS)
def test_only_the_token_is_secret(program: Program, form: str) -> None:
    """In each form of the kubeconfig, as its own token or as an argument."""
    for token in (None, "made-up", pulumi.Output.from_input):
        for key, value, secret in (
            ("kubernetes_api_url", URL, False),
            ("kubernetes_ca_cert", CA, False),
            ("kubernetes_token", "made-up" if token else TOKEN, True),
        ):

            def body(key: str = key, token: Any = token) -> Any:
                given = token("made-up") if callable(token) else token
                return {**connection_from_kubeconfig(KUBECONFIGS[form](), token=given)}[key]

            assert program.run(body) == (value, secret, True)


def test_what_is_unknown_stays_unknown(program: Program) -> None:
    """Without a token, the server of a kubeconfig is still known and checked."""
    for kubeconfig, token, known in (
        (unknown, lambda: None, []),
        (unknown, lambda: "made-up", ["kubernetes_token"]),
        (lambda: TEXT, unknown, ["kubernetes_api_url", "kubernetes_ca_cert"]),
    ):
        for key in ("kubernetes_api_url", "kubernetes_ca_cert", "kubernetes_token"):

            def body(key: str = key, kubeconfig: Any = kubeconfig, token: Any = token) -> Any:
                return {**connection_from_kubeconfig(kubeconfig(), token=token())}[key]

            assert program.run(body)[2] is (key in known)


@pytest.mark.parametrize("package", [dynamic, native])
def test_it_is_passed_on_to_a_cluster(program: Program, package: Any) -> None:
    """Of either package, whose arguments it has."""

    def body() -> None:
        connection = package.connection_from_kubeconfig(pulumi.Output.secret(TEXT), "gitlab")
        package.ProjectCluster("it", project="a/b", name="legacy", **connection)

    program.run(body)
    inputs = rpc.deserialize_properties(program.request().object)
    names = ("kubernetes_api_url", "kubernetes_ca_cert", "kubernetes_token")
    if package is native:
        names = ("kubernetesApiUrl", "kubernetesCaCert", "kubernetesToken")
    url, ca_cert, token = (inputs[name] for name in names)
    assert (url, ca_cert) == (URL, CA)
    assert rpc.is_rpc_secret(token)
    assert rpc.unwrap_rpc_secret(token) == TOKEN


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"kubeconfig": "a: b"}, "kubeconfig must have a context: it has none"),
        ({"kubeconfig": TEXT, "context": "x"}, "context is wrong, as the kubeconfig has no"),
        ({"kubeconfig": TEXT, "token": " "}, "token must be the token of a ServiceAccount"),
        ({"kubeconfig": DATA / "kind.yaml"}, 'kubeconfig user "kind-shop" signs in with a client'),
    ],
)
def test_an_error_ends_the_program_with_one_line(
    program: Program, given: dict[str, Any], error: str
) -> None:
    """The SDK shows a `RunError` without a traceback. Outputs give the same error."""
    for convert in (lambda value: value, pulumi.Output.from_input, pulumi.Output.secret):

        def body(convert: Any = convert) -> None:
            arguments = {name: convert(value) for name, value in given.items()}
            connection = connection_from_kubeconfig(**arguments)
            dynamic.ProjectCluster("it", project="a/b", name="legacy", **connection)

        with pytest.raises(pulumi.RunError) as raised:
            program.run(body)
        assert str(raised.value).startswith(error)
        assert "\n" not in str(raised.value)


def test_a_warning_is_logged_once(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one, whichever outputs are used."""
    logged: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", logged.append)

    def body() -> Any:
        connection = connection_from_kubeconfig(DATA / "http-server.yaml")
        return pulumi.Output.all(**connection)

    program.run(body)
    assert [text.partition(" has ")[2].partition(":")[0] for text in logged] == [
        "a private address",
        "no TLS",
    ]

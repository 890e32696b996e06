"""The values of GitLab's Helm chart, and the Secret with the token."""

from __future__ import annotations

import pytest

from pulumi_gitlab_kubernetes.components import helm

_TOKEN_ID = "gitlab-kubernetes/token-id"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://gitlab.com", "wss://kas.gitlab.com"),
        ("https://gitlab.example.com", "wss://gitlab.example.com/-/kubernetes-agent/"),
        ("https://gitlab.example.com:8443", "wss://gitlab.example.com:8443/-/kubernetes-agent/"),
        ("https://example.com/gitlab", "wss://example.com/gitlab/-/kubernetes-agent/"),
        ("http://gitlab.test", "ws://gitlab.test/-/kubernetes-agent/"),
        ("https://[2001:db8::1]", "wss://[2001:db8::1]/-/kubernetes-agent/"),
    ],
)
def test_the_address_of_kas_comes_from_that_of_gitlab(url: str, address: str) -> None:
    """As GitLab's installation guide has it."""
    assert helm.kas_address(url) == address


@pytest.mark.parametrize(
    ("given", "values"),
    [
        (
            {"kas_address": "wss://kas.gitlab.com", "kas_ca_cert": None, "token": "t"},
            {"config": {"kasAddress": "wss://kas.gitlab.com", "token": "t"}},
        ),
        (
            {"kas_address": "wss://kas.test", "kas_ca_cert": "PEM", "token": "t"},
            {"config": {"kasAddress": "wss://kas.test", "kasCaCert": "PEM", "token": "t"}},
        ),
        (
            {"kas_address": "wss://kas.test", "secret_name": "agent-token", "token_id": 7},
            {
                "config": {"kasAddress": "wss://kas.test", "secretName": "agent-token"},
                "podAnnotations": {_TOKEN_ID: "7"},
            },
        ),
        (
            {"receptive": True, "public_key": "c2VjcmV0LW5vdA==\n", "token": "t"},
            {
                "config": {
                    "token": "t",
                    "receptive": {"enabled": True},
                    "api": {"jwtPublicKey": "c2VjcmV0LW5vdA=="},
                }
            },
        ),
        (
            {"receptive": True, "public_key": None, "token": "t"},
            {"config": {"token": "t", "receptive": {"enabled": True}}},
        ),
    ],
)
def test_values_have_the_names_of_the_chart(
    given: dict[str, object], values: dict[str, object]
) -> None:
    """What is not set is left to the chart."""
    assert helm.helm_values(given) == values


@pytest.mark.parametrize("namespace", [None, "gitlab-agent"])
def test_the_secret_has_the_token_where_the_chart_mounts_it(namespace: str | None) -> None:
    """An ID arrives as a float from a state."""
    manifest = helm.secret_manifest("agent-token", namespace, "glagent-x", 7.0)
    assert manifest == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "agent-token",
            **({"namespace": namespace} if namespace else {}),
            "annotations": {_TOKEN_ID: "7"},
        },
        "type": "Opaque",
        "stringData": {"token": "glagent-x"},
    }

"""What GitLab refuses for its form alone never gets past `check`, for every field of every kind.

Values are drawn, checked by the product and sent to the simulator, which judges by itself. What has
nothing to do with the form (a name that is taken, an agent that is not there) is not meant.
`FORMS=5000 pytest tests/test_forms.py` looks longer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.certificates import Pair
from tests.conftest import Project
from tests.kinds import KINDS, collection, inputs_of
from typing_extensions import Self

from pulumi_gitlab_kubernetes._fields import Field, Type
from pulumi_gitlab_kubernetes._session import Session
from pulumi_gitlab_kubernetes.registry import core_for

_STATE = re.compile(
    "has already been taken"
    "|cannot add duplicated environment scope"
    "|Project does not exist or you don't have permission"
    "|cluster agent doesn't exist"
    "|Requests to (localhost|the local network|the link local network) are not allowed"
)
"""What GitLab says of a value whose form is fine."""

_LENIENT = {
    ("ProjectCluster", "kubernetes_namespace"): "GitLab makes it lower case: a drift for ever",
    ("ProjectCluster", "kubernetes_api_url"): "GitLab takes the port 0, which nobody listens at",
    ("ClusterAgentUrlConfiguration", "url"): "GitLab takes the port 0, which nobody listens at",
    ("ClusterAgentUrlConfiguration", "tls_host"): "no host name has 254 characters",
    ("ClusterAgentUrlConfiguration", "client_cert"): "GitLab drops one without a key in silence",
    ("ClusterAgentUrlConfiguration", "client_key"): "GitLab never asks whether the two are a pair",
}
"""Where GitLab takes more than `check`, and why that is of no use."""

_GOOD: dict[str, tuple[str, ...]] = {
    "url": ("grpcs://agent.example.com:8443", "grpc://[::1]:80/x"),
    "kubernetes_api_url": ("https://k8s.example.com:6443/a?b#c", "http://me@[2001:db8::1]"),
    "external_url": ("https://shop.example.com:8080/a?b#c", "localhost:3000", "//x", "mailto:a@b"),
    "environment_scope": ("review/*", "*", "prod-$X{1}"),
    "domain": ("apps.example.com", "1.2", "x"),
    "tls_host": ("agent.example.com", "10.0.0.1"),
    "name": ("prod", "review/fix-1", "a-1"),
    "kubernetes_namespace": ("shop", "gitlab-managed-apps", "1-a"),
}
_BAD = (
    "review/*,staging", "review/#12", "^review", "https://apps.example.com", "*.apps.example.com",
    "apps.example.com.", "-a", "a-", "a..b", "a_b", "A", "ä", "a\nb", " a ", "\xa0a", "a\0", "/",
    "a/", "javascript:alert(1)", "DATA:x", "vbscript:", "https://", "https:", "http://x:port", ":",
    "1x:y", "https://x:65536", "https://x:0", "https://_x", "https://[x]", "https://x\n.y",
    "https://x/%0a", "https://a@b@c", "grpc://", "grpcs://x y", "grpc://x:99999", "http://[::1",
    "ftp://x", "gitlab-managed-apps",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
)  # fmt: skip
_EXAMPLES = {
    "ClusterAgent": 40,
    "ClusterAgentToken": 40,
    "ClusterAgentUrlConfiguration": 80,
    "ProjectCluster": 200,
    "ProjectEnvironment": 120,
}
"""How many values are drawn of each kind, by the number and the rules of its fields."""
_LENGTHS = (62, 63, 64, 65, 253, 254, 255, 256, 257, 1023, 1024, 1025, 9_999, 10_000, 10_001)
_ALPHABET = "abzAZ019-_./*$ {},#^:@[]?%&=+~\n\t\0é"


def _texts(name: str) -> st.SearchStrategy[str]:
    """Draw texts that are about right, in which a character is wrong, and any others."""
    good = st.sampled_from(_GOOD.get(name, ("prod",)))
    inserted = st.tuples(good, st.sampled_from(_ALPHABET), st.integers(0, 30)).map(
        lambda drawn: drawn[0][: drawn[2]] + drawn[1] + drawn[0][drawn[2] :]
    )
    labels = st.sampled_from(_LENGTHS).map(lambda length: ("a" * 60 + ".") * (length // 61) + "a")
    return st.one_of(
        good,
        inserted,
        inserted,
        st.sampled_from(_BAD),
        st.sampled_from(_LENGTHS).map(lambda length: "a" * length),
        labels,
        st.text(_ALPHABET, min_size=1, max_size=12),
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    )


def _values(field: Field) -> st.SearchStrategy[Any]:
    match field.type:
        case Type.INTEGER:
            return st.integers(-2, 3) | st.integers(0, 2**70) | st.sampled_from(["0", "x", "1.0"])
        case Type.BOOLEAN:
            return st.booleans()
    return _texts(field.name)


class Drawn(NamedTuple):
    """A value of one field, the others as they should be."""

    field: str
    value: Any


@st.composite
def _drawn(draw: st.DrawFn, kind: str) -> Drawn:
    field = draw(st.sampled_from([f for f in core_for(kind).schema.fields if f.sent]))
    return Drawn(field.name, draw(_values(field)))


class Judges:
    """The product and the simulator, asked about the same values.

    Args:
        project: Where things are made.
        kind: The kind of things.
        given: Good inputs of one.
    """

    def __init__(self, project: Project, kind: str, given: dict[str, Any]) -> None:
        self._project = project
        self._kind = kind
        self._given = given
        self._core = core_for(kind)
        simulator = project.simulator
        config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
        self._session = Session(config.get, say=lambda _text: None, tell=lambda _text: None)
        self._web = requests.Session()
        self._web.headers["PRIVATE-TOKEN"] = simulator.root_token

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connection."""
        self._web.close()

    def check(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Return what the product would send, and what it finds wrong."""
        inputs, failures = self._core.check(values, self._session)
        return inputs, [each.property for each in failures]

    def refusal(self, values: Mapping[str, Any]) -> str:
        """Return what the simulator says against values; nothing is left of what it makes."""
        agent = f"{values['agent_id']}:" if "agent_id" in values else ""
        path, _id = collection(self._kind, f"{self._project.id}:{agent}0")
        base = f"{self._project.simulator.url}/api/v4/projects/{self._project.id}/{path}"
        create = f"{base}/user" if self._kind == "ProjectCluster" else base
        answer = self._web.post(create, json=self._core.schema.payload(dict(values)))
        if answer.status_code == requests.codes.created:
            if self._kind != "ProjectEnvironment":  # One must be stopped first; it may stay.
                self._web.delete(f"{base}/{answer.json()['id']}").raise_for_status()
            return ""
        assert answer.status_code == requests.codes.bad_request, answer.text
        return answer.text


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind."""
    return str(request.param)


@pytest.fixture
def judges(project: Project, pair: Pair, kind: str) -> Iterator[Judges]:
    """The two, with a project and, where it takes one, an agent."""
    with Judges(project, kind, _good(kind, project, pair)) as judges:
        yield judges


def _good(kind: str, project: Project, pair: Pair) -> dict[str, Any]:
    given = inputs_of(kind, project, pair)
    if kind == "ProjectEnvironment":
        agent = project.agent()
        more = {"kubernetes_namespace": "shop", "flux_resource_path": "a/b"}
        return {**given, "cluster_agent_id": agent, **more}
    return given


def test_what_check_accepts_has_a_form_that_gitlab_takes(judges: Judges, kind: str) -> None:
    """Otherwise a preview promises what `up` cannot make, and half a stack is left."""

    @settings(
        max_examples=int(os.environ.get("FORMS", _EXAMPLES[kind])),
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(drawn=_drawn(kind))
    def look(drawn: Drawn) -> None:
        values = {**judges._given, drawn.field: drawn.value}
        inputs, wrong = judges.check(values)
        empty = isinstance(drawn.value, str) and not drawn.value.strip()
        if not wrong:
            refusal = judges.refusal(inputs)
            assert not refusal or _STATE.search(refusal), (drawn, refusal)
        elif (kind, drawn.field) not in _LENIENT and not empty:
            assert judges.refusal(values), (drawn, "GitLab takes it, and check does not")

    look()

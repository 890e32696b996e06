"""`check` rejects every value whose form GitLab would reject, for each field of each kind.

Random values are checked by the provider and sent to the simulator, which validates them by itself.
Errors that depend on GitLab's data (a used name, a missing agent) do not count.
`FORMS=5000 pytest tests/core/test_forms.py` tries more values.
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
from tests.conftest import Project
from tests.support.certificates import Pair
from tests.support.kinds import KINDS, collection, created_at, inputs_of
from typing_extensions import Self

from pulumi_gitlab_kubernetes.configuration.connections import resolve
from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.fields import Field
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.values import Type
from pulumi_gitlab_kubernetes.registry import kind_for, lifecycle_for

pytestmark = pytest.mark.slow

_STATE = re.compile(
    "has already been taken"
    "|cannot add duplicated environment scope"
    "|Project does not exist or you don't have permission"
    "|cluster agent doesn't exist"
    "|Requests to (localhost|the local network|the link local network) are not allowed"
)
"""GitLab's errors for values of a valid form."""

_LENIENT = {
    ("ProjectCluster", "kubernetes_namespace"): "GitLab makes it lower case, a permanent drift",
    ("ProjectCluster", "kubernetes_api_url"): "GitLab accepts the port 0, on which nothing listens",
    ("ClusterAgentUrlConfiguration", "url"): "GitLab accepts the port 0, on which nothing listens",
    ("ClusterAgentUrlConfiguration", "tls_host"): "no host name has 254 characters",
    ("ClusterAgentUrlConfiguration", "client_cert"): "GitLab silently ignores one without a key",
    ("ClusterAgentUrlConfiguration", "client_key"): "GitLab does not check that the two are a pair",
}
"""Where GitLab accepts more than `check`, and why that is useless."""

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
"""The number of values for each kind, by the number and the checks of its fields."""
_LENGTHS = (62, 63, 64, 65, 253, 254, 255, 256, 257, 1023, 1024, 1025, 9_999, 10_000, 10_001)
_ALPHABET = "abzAZ019-_./*$ {},#^:@[]?%&=+~\n\t\0é"


def _texts(name: str) -> st.SearchStrategy[str]:
    """Draw texts that are almost valid, with a wrong character, or any others."""
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
    """A value of one field. The others are valid."""

    field: str
    value: Any


@st.composite
def _drawn(draw: st.DrawFn, kind: str) -> Drawn:
    field = draw(st.sampled_from([f for f in kind_for(kind).schema.fields if f.request_key]))
    return Drawn(field.name, draw(_values(field)))


class Validation:
    """The provider's and the simulator's validation of the same values.

    Args:
        project: A project for the resources.
        kind: The kind of the resources.
        given: Valid inputs of one.
    """

    def __init__(self, project: Project, kind: str, given: dict[str, Any]) -> None:
        self._project = project
        self._kind = kind
        self._given = given
        self._core = lifecycle_for(kind)
        simulator = project.simulator
        config = {"gitlab:baseUrl": simulator.url, "gitlab:token": simulator.root_token}
        self._context = CallContext(lambda name: resolve(config.get, name), Run())
        self._web = requests.Session()
        self._web.headers["PRIVATE-TOKEN"] = simulator.root_token

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connection."""
        self._web.close()

    def check(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """Return the inputs that the provider would send, and the invalid properties."""
        inputs, failures = self._core.check(values, self._context)
        return inputs, [each.property for each in failures]

    def rejection(self, values: Mapping[str, Any]) -> str:
        """Return the simulator's error for values. A created resource is deleted."""
        agent = f"{values['agent_id']}:" if "agent_id" in values else ""
        id_ = f"{self._project.id}:{agent}0"
        path, _id = collection(self._kind, id_)
        project = f"{self._project.simulator.url}/api/v4/projects/{self._project.id}"
        base, create = f"{project}/{path}", f"{project}/{created_at(self._kind, id_)}"
        response = self._web.post(create, json=self._core.kind.schema.payload(dict(values)))
        if response.status_code == requests.codes.created:
            if (
                self._kind != "ProjectEnvironment"
            ):  # It would have to be stopped first, so it stays.
                self._web.delete(f"{base}/{response.json()['id']}").raise_for_status()
            return ""
        assert response.status_code == requests.codes.bad_request, response.text
        return response.text


@pytest.fixture(params=[kind for kind in KINDS if kind != "ClusterAgentConfiguration"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind whose values GitLab validates. It does not look into a file."""
    return str(request.param)


@pytest.fixture
def validation(project: Project, pair: Pair, kind: str) -> Iterator[Validation]:
    """The validation of a kind, with a project and an agent if it needs one."""
    with Validation(project, kind, _good(kind, project, pair)) as validation:
        yield validation


def _good(kind: str, project: Project, pair: Pair) -> dict[str, Any]:
    given = inputs_of(kind, project, pair)
    if kind == "ProjectEnvironment":
        agent = project.agent()
        more = {"kubernetes_namespace": "shop", "flux_resource_path": "a/b"}
        return {**given, "cluster_agent_id": agent, **more}
    return given


def test_gitlab_accepts_the_form_of_what_check_accepts(validation: Validation, kind: str) -> None:
    """Otherwise a preview succeeds and `up` fails halfway."""

    @settings(
        max_examples=int(os.environ.get("FORMS", _EXAMPLES[kind])),
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(drawn=_drawn(kind))
    def look(drawn: Drawn) -> None:
        values = {**validation._given, drawn.field: drawn.value}
        inputs, wrong = validation.check(values)
        empty = isinstance(drawn.value, str) and not drawn.value.strip()
        if not wrong:
            rejection = validation.rejection(inputs)
            assert not rejection or _STATE.search(rejection), (drawn, rejection)
        elif (kind, drawn.field) not in _LENIENT and not empty:
            assert validation.rejection(values), (drawn, "GitLab accepts it, and check does not")

    look()

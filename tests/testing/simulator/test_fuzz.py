"""Any request to any route gets a response of the contract, and never a 500.

`SIMULATOR_FUZZ=5000 pytest tests/testing/simulator/test_fuzz.py` runs longer, with
other requests each time.
"""

from __future__ import annotations

import http.client
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from tests.testing.simulator.examples import EXAMPLES
from tests.testing.simulator.world import KUBERNETES, key

from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import COMMON, Route, Router
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

pytestmark = pytest.mark.slow

_LONG = os.environ.get("SIMULATOR_FUZZ")
_ROUTER = Router(ROUTES)
_CANARY = "canary-5d41402abc4b"
_SECRETS = {"token", "client_key", "password"}
_MULTIPART = "multipart/form-data; boundary=b0undary"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """One request; `who` names the credentials, which only the running test knows."""

    method: str
    path: str
    query: str
    who: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


# A user and a group, projects, and one object of each kind in project 1.
_IDS = st.sampled_from(["1"] * 20 + ["2", "3", "9999", "0", "-1", "1.0", "x", str(10**30)])
_PATHS = st.sampled_from(
    ["1", "team%2Fshop"] * 8
    + ["2", "9", "team%2Fold", "TEAM%2fshop", "root%2Fown", "team", "%2F", "-1", "1.0"]
)
_ODD = st.sampled_from(["%00", "%ff%fe", "%2e%2e", "a%20b", "%E2%82%AC", "", "1;x=1", "a" * 300])
_TEXTS = st.one_of(
    st.sampled_from(
        ["edge", "production", "review/1", "https://example.com", "grpcs://agent.example.com", "*"]
    ),
    st.sampled_from(
        ["", " ", "0", "true", "\x00", "\ud800", "%00", "a" * 300, "javascript:x", "\n"]
    ),
    st.text(max_size=12),
)
_SCALARS = st.one_of(
    _TEXTS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**25, -(2**63), 2**63, 1.0, 1e300, 2.5]),
)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=4,
)
_TYPED: Mapping[type, st.SearchStrategy[Any]] = {
    int: st.sampled_from([1, 2, 0, -1, 30, "1", "3", 9999, 2**70]),
    bool: st.sampled_from([True, False, "on", "no", "maybe", 1]),
    list: st.lists(st.sampled_from(["api", "read_api", "sudo", ""]), max_size=3),
}


def _value(param: Param) -> st.SearchStrategy[Any]:
    if param.name in _SECRETS:
        return st.sampled_from([_CANARY, _CANARY, [_CANARY], {"x": _CANARY}])
    if param.fields:
        return _parameters(param.fields) | _ANYTHING
    likely: list[st.SearchStrategy[Any]] = [_TYPED.get(param.type, _TEXTS)]
    if param.values is not None:
        likely += [st.sampled_from(param.values[:5])] * 2
    return st.one_of(*likely, _ANYTHING)


def _parameters(params: tuple[Param, ...]) -> st.SearchStrategy[dict[str, Any]]:
    required = {param.name: _value(param) for param in params if param.required}
    optional = {param.name: _value(param) for param in params if not param.required}
    whole = st.fixed_dictionaries(required, optional=optional)
    return whole | st.fixed_dictionaries({}, optional={**required, **optional})


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for inner, member in value.items():
            yield from _flat(member, f"{name}[{inner}]" if name else inner)
    elif isinstance(value, list):
        for member in value:
            yield from _flat(member, f"{name}[]")
    else:
        yield name, "" if value is None else str(value)


def _urlencoded(parameters: dict[str, Any]) -> str:
    return urlencode(list(_flat(parameters)), errors="surrogatepass")


def _multipart(parameters: dict[str, Any]) -> bytes:
    parts = [
        f'--b0undary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in _flat(parameters)
    ]
    return "".join([*parts, "--b0undary--\r\n"]).encode(errors="surrogatepass")


_ENCODINGS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "application/json": lambda parameters: json.dumps(parameters).encode(),
    "application/json; charset=utf-8": lambda parameters: json.dumps(parameters).encode(),
    _FORM: lambda parameters: _urlencoded(parameters).encode(),
    _MULTIPART: _multipart,
}
_WHO = st.sampled_from(
    ["root"] * 20
    + ["10", "20", "30", "40", "50", "bearer", "query", "body", "stranger", "reader", "revoked"]
    + ["job", "job query", "job bearer", "nobody", "unknown", "basic", "sudo", "bad sudo"]
)
_DATES = ["Thu, 01 Jan 2015 00:00:00 GMT", "2100-01-01T00:00:00Z", "soon", "", "99999999"]


def _around_examples(route: Route) -> st.SearchStrategy[dict[str, Any]]:
    """Return valid parameters of a route with some of them changed or left out."""
    names = {"n": 9, "id": 1, "user_id": 2, "agent_id": 1, "group_id": 2}
    good = [
        example.body(names) if callable(example.body) else example.body or {}
        for example in EXAMPLES[key(route)]
    ]
    changes = {param.name: st.none() | _value(param) for param in route.params}
    changed = st.fixed_dictionaries({}, optional=changes)
    few = st.tuples(changed, st.sets(st.sampled_from(sorted(changes) or [""]), max_size=2))
    return st.builds(
        lambda body, change: body | {k: v for k, v in change[0].items() if k in change[1]},
        st.sampled_from(good),
        few,
    )


_PARAMETERS = {
    key(route): _around_examples(route) | _around_examples(route) | _parameters(route.params)
    for route in ROUTES
}


@st.composite
def _request(draw: st.DrawFn, route: Route) -> Request:
    segments = []
    for segment in route.path.strip("/").split("/"):
        if segment.startswith("{"):
            usual = _PATHS if segment == "{id}" else _IDS
            odd = draw(st.integers(0, 15)) == 0
            segments.append(draw(_ODD if odd else usual))
        else:
            segments.append(segment)
    path = "/api/v4/" + "/".join(segments)
    if draw(st.integers(0, 30)) == 0:
        path = draw(st.sampled_from(["/api/v4", "/api/v4/", "/", "/api/v3/projects", f"{path}/x"]))
    method = route.method
    if draw(st.integers(0, 20)) == 0:
        method = draw(st.sampled_from(["HEAD", "PUT", "PATCH", "OPTIONS", "DELETE", "POST"]))
    parameters = draw(_PARAMETERS[key(route)])
    if draw(st.integers(0, 8)) == 0:
        parameters |= draw(st.dictionaries(_TEXTS, _ANYTHING, max_size=2))
    query, body, headers = "", b"", []
    if method in {"GET", "HEAD"} or draw(st.integers(0, 8)) == 0:
        query = _urlencoded(parameters)
    else:
        media_type = draw(st.sampled_from(list(_ENCODINGS)))
        body = _ENCODINGS[media_type](parameters)
        if draw(st.integers(0, 12)) == 0:
            body = draw(st.sampled_from([body[:-3], b"[]", b"null", b"{", b"\xff\xfe", b"1"]))
        if draw(st.integers(0, 20)) == 0:
            media_type = draw(st.sampled_from(["text/plain", "", "x", "multipart/form-data"]))
        headers.append(("Content-Type", media_type))
    if method == "DELETE" and draw(st.booleans()):
        headers.append(("If-Unmodified-Since", draw(st.sampled_from(_DATES))))
    return Request(method, path, query, draw(_WHO), tuple(headers), body)


# One request to each route, in any order: some need what others delete.
_EACH_ROUTE = st.permutations(ROUTES).flatmap(
    lambda routes: st.tuples(*(_request(route) for route in routes))
)


class Client:
    """A GitLab to fuzz, and credentials for it.

    Args:
        simulator: A running simulator.
    """

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._host = simulator.url.partition("://")[2]
        self.connection = http.client.HTTPConnection(self._host, timeout=20)
        self.tokens: dict[str, str] = {}

    def prepare(self) -> None:
        """Reset, with one object of each kind in project 1."""
        api = self._simulator.api
        self._simulator.reset()
        api("POST", "license", license="ultimate")
        api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
        api("POST", "features/certificate_based_clusters", value="true")
        group = api("POST", "groups", name="Team", path="team")["id"]
        api("POST", "projects", name="Shop", path="old", namespace_id=group)
        api("PUT", "projects/1", path="shop")
        api("POST", "projects", name="Own", path="own", visibility="public")
        given: dict[str, Any] = {"name": "c", "environment_scope": "staging"}
        given["platform_kubernetes_attributes"] = {**KUBERNETES, "token": _CANARY}
        api("POST", "projects/1/clusters/user", **given)
        api("POST", "projects/1/cluster_agents", name="edge")
        agent = "projects/1/cluster_agents/1"
        made = api("POST", f"{agent}/tokens", name="t")
        api("POST", f"{agent}/url_configurations", url="grpc://agent.example.com")
        api("POST", "projects/1/environments", name="production", cluster_agent_id=1)
        commit = {"branch": "main", "commit_message": "m", "content": "text"}
        api("POST", "projects/1/repository/files/1", **commit)
        self.tokens = {"root": self._simulator.root_token, "made": made["token"]}
        for who in ("10", "20", "30", "40", "50", "stranger"):
            name = f"user{who}"
            mail = f"{name}@example.com"
            user = api("POST", "users", name=name, username=name, email=mail, password=_CANARY)
            if who != "stranger":
                level = int(who)
                api("POST", "projects/1/members", user_id=user["id"], access_level=level)
            self.tokens[who] = self._token(user["id"], "api")
        self.tokens["reader"] = self._token(1, "read_api")
        self.tokens["revoked"] = self._token(1, "api")
        api("DELETE", "personal_access_tokens/8")
        self.tokens["job"] = self._simulator.job_token(1, 1)

    def _token(self, user: int, scope: str) -> str:
        path = f"users/{user}/personal_access_tokens"
        made = self._simulator.api("POST", path, name="t", scopes=[scope])
        return str(made["token"])

    def send(self, request: Request) -> tuple[http.client.HTTPResponse, bytes]:
        """Send a request and return the response and its body."""
        headers, query = dict(request.headers), request.query
        who, tokens, body = request.who, self.tokens, request.body
        if who in tokens and who != "job":
            headers["PRIVATE-TOKEN"] = tokens[who]
        elif who == "bearer":
            headers["Authorization"] = f"Bearer {tokens['root']}"
        elif who == "query":
            query += f"&private_token={tokens['root']}"
        elif who == "body" and headers.get("Content-Type") == _FORM:
            body += f"&private_token={tokens['root']}".encode()
        elif who == "job":
            headers["JOB-TOKEN"] = tokens["job"]
        elif who == "job query":
            query += f"&job_token={tokens['job']}"
        elif who == "job bearer":
            headers["Authorization"] = f"Bearer {tokens['job']}"
        elif who == "unknown":
            headers["PRIVATE-TOKEN"] = "gl\xfcpat"
        elif who == "basic":
            headers["Authorization"] = "Basic cm9vdDp4"
        elif who.endswith("sudo"):
            headers |= {"PRIVATE-TOKEN": tokens["root"], "Sudo": "user30"}
            if who == "bad sudo":
                query += "&sudo[x]=1&private_token[]=1"
                headers["Sudo"] = "\xbd"
        path = f"{request.path}?{query}" if query else request.path
        self.connection.request(request.method, path, body or None, headers)
        response = self.connection.getresponse()
        return response, response.read()


def _route_of(request: Request) -> Route | None:
    method = "GET" if request.method == "HEAD" else request.method
    if not request.path.startswith("/api/v4/"):
        return None
    found = _ROUTER.find(method, request.path.removeprefix("/api/v4/"))
    return found and found[0]


def _is_known_error(status: int, body: Any) -> bool:
    """Return whether an error has one of GitLab's forms."""
    if not isinstance(body, dict):
        return False
    if isinstance(body.get("error"), str):
        return set(body) <= {"error", "error_description", "scope"}
    message = body.get("message")
    if set(body) != {"message"}:
        return False
    if isinstance(message, dict) and "scheduled_entries" in message:
        return set(message) == {"scheduled_entries", "unprocessable_entries", "message"}
    if isinstance(message, dict):
        texts = [text for member in message.values() for text in member]
        return status == 400 and bool(texts) and all(isinstance(text, str) for text in texts)
    return isinstance(message, str) and bool(message)


def _check(client: Client, request: Request) -> None:
    response, content = client.send(request)
    status, headers = response.status, response.headers
    route = _route_of(request)
    if not request.path.startswith("/api/"):  # the dashboard
        assert status < 500, (status, content)
        return
    if route is None:
        assert status in {404, 400, 410, 415, 429}, (status, content)
    else:
        assert status in {*route.statuses, *COMMON}, (key(route), status, content)
        assert status != 500 or content == b'{"message":"500 Internal Server Error"}'
        assert status != 500 or route.path.endswith("/stop")
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Request-Id"]
    everything = content.decode() + str(headers.items())
    for secret in (_CANARY, *client.tokens.values()):
        assert secret not in everything
    if status == 204 or request.method == "HEAD":
        assert content == b""
        assert status != 204 or headers["Content-Type"] is None
        return
    raw = route is not None and route.path.endswith("/raw") and status == route.status
    null = status == 400 and content == b"Bad Request"  # before routing
    if raw or null or status in {301, 429}:
        assert headers["Content-Type"].partition(";")[0] == "text/plain"
        return
    assert headers["Content-Type"] == "application/json"
    body = json.loads(content)
    if status >= 400:
        assert _is_known_error(status, body), content
        return
    if route is not None and route.method == "GET" and set(PAGE_PARAMS) <= set(route.params):
        assert isinstance(body, list)
        assert len(body) <= int(headers["X-Per-Page"]) <= 100
        assert re.fullmatch(r'(<[^>]+>; rel="(prev|next|first|last)"(, |$))+', headers["Link"])


@pytest.fixture(scope="module")
def client(process: Simulator) -> Iterator[Client]:
    """A simulator for this module."""
    made = Client(process)
    yield made
    made.connection.close()


@settings(
    max_examples=int(_LONG or 12),
    derandomize=not _LONG,
    database=None,
    phases=[Phase.generate],  # the failing request is enough
    suppress_health_check=list(HealthCheck),
)
@given(requests=_EACH_ROUTE)
def test_every_response_is_within_the_contract(
    client: Client, requests: tuple[Request, ...]
) -> None:
    """Status, form, headers; no response has a secret."""
    client.prepare()
    for request in requests:
        note(request)
        _check(client, request)


@pytest.mark.parametrize("text", ["\x00", "\u20ac" * 100, "%", "a/b/c", "?x=1#y"])
def test_odd_paths_are_not_found(client: Client, text: str) -> None:
    """They get one of the forms of 404."""
    client.prepare()
    for path in (f"/api/v4/{quote(text)}", f"/api/v4/projects/{quote(text, safe='')}"):
        response, content = client.send(Request("GET", path, "", "root", (), b""))
        assert response.status == 404
        assert _is_known_error(404, json.loads(content))

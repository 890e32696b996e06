"""Each route does what it declares, and so what the reference of its endpoints says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.testing.simulator.api import Api
from tests.testing.simulator.examples import DOCUMENTED, EXAMPLES, OTHERS
from tests.testing.simulator.world import BY_KEY, Example, Values, World, key

from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.routing import COMMON, Route

pytestmark = pytest.mark.slow

UNAUTHORIZED = {"message": "401 Unauthorized"}
_OWN_TOKEN = "/personal_access_tokens/self"
each_route = pytest.mark.parametrize("route", ROUTES, ids=key)


def _label(example: Example) -> str:
    return f"{example.route} {example.name}".strip()


def _keys_of(response: Any) -> set[str] | None:
    if not response.headers.get("Content-Type", "").startswith("application/json"):
        return None
    body = response.json()
    return set(body[0] if isinstance(body, list) else body)


def _minimum(world: World, route: Route) -> Api:
    """Return the client of a user with the route's minimum role."""
    if _OWN_TOKEN in route.path:
        return world.client(Role.NONE)
    if route.admin or route.path == "/personal_access_tokens/{id:int}":
        return world.root
    return world.roles[Role(route.role)] if route.role else world.outsider


def test_each_route_has_an_example_and_a_page() -> None:
    """A new endpoint is a route and its example."""
    assert set(EXAMPLES) == set(BY_KEY)
    for route in ROUTES:
        assert route.doc.startswith("https://docs.gitlab.com/")
        assert route.status not in route.errors


@pytest.mark.parametrize("example", [*DOCUMENTED, *OTHERS], ids=_label)
def test_a_valid_request_succeeds(world: World, example: Example) -> None:
    """For the minimum role, with these keys; the same request again has its own status."""
    route = BY_KEY[example.route]
    values = world.prepare(route)
    caller = world.roles[Role(example.role)] if example.role else _minimum(world, route)
    response = world.send(caller, example, values)
    assert response.status_code == route.status, response.text
    assert _keys_of(response) == (example.keys and set(example.keys) | _of_role(route, response))
    again = world.send(caller, example, values)
    assert again.status_code == (example.twice or route.status), again.text
    if route.gate:
        world.enable_features()


def _of_role(route: Route, response: Any) -> set[str]:
    """Return the keys that only some users see: the administrator's and one's own."""
    seen = _keys_of(response) or set()
    extra = {"email", "external", "namespace_id", "is_admin"} if "/users" in route.path else set()
    return seen & (extra | ({"repository_storage"} if route.admin else set()))


@each_route
def test_less_than_the_minimum_role_is_rejected(world: World, route: Route) -> None:
    """The next lower role is rejected, and so is a user without a role."""
    example, values = EXAMPLES[key(route)][0], world.prepare(route)
    rejected: list[Api] = []
    if route.admin:
        rejected.append(world.roles[Role.OWNER])
    elif route.role:
        below = max(role for role in Role if role < route.role)
        rejected = [world.outsider, world.roles[below] if below else world.outsider]
    for caller in rejected:
        response = world.send(caller, example, values)
        assert response.status_code in {401, 403, 404}, response.text
        assert response.status_code in route.statuses, response.text


@each_route
def test_each_listed_status_occurs_and_no_other(world: World, route: Route) -> None:
    """In all ways of sending an invalid request."""
    seen = {status for response in _responses(world, route) for status in [response.status_code]}
    assert seen == set(route.statuses)


def _responses(world: World, route: Route) -> Iterator[Any]:
    example, values = EXAMPLES[key(route)][0], world.prepare(route)
    if _OWN_TOKEN in route.path:
        yield world.send(_minimum(world, route), example, values)
        return
    callers = [world.outsider, *world.roles.values()]
    allowed = [*callers, world.root]
    if route.admin:
        allowed = [world.root]
    elif route.role:
        allowed = [*(api for role, api in world.roles.items() if role >= route.role), world.root]
    for caller in callers:
        if caller not in allowed:
            yield world.send(caller, example, values)
    yield from _bad_parameters(world, route, example, values)
    yield from _bad_paths(world, route, example, values)
    if route.method == "DELETE":
        old = {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
        response = world.send(world.root, example, values, headers=old)
        if response.status_code == 412:
            yield response
    if route.gate:
        world.disable_features()
        yield world.send(world.root, example, values)
        world.enable_features()
    values = world.prepare(route)
    for _ in range(3):
        yield world.send(world.root, example, values)
    yield from _special(world, route, values)


def _bad_parameters(world: World, route: Route, example: Example, values: Values) -> Iterator[Any]:
    for param in route.params:
        if param.absence or param.values or param.type is not str:
            wrong: Any = {} if param.type is not dict else "text"
            if route.method == "GET":
                bare = Example(example.route, query=f"?{param.name}[x]=1")
                yield world.send(world.root, bare, values)
            else:
                yield world.send(world.root, example, values, **{param.name: wrong or {"x": []}})
        if param.required:
            yield world.send(world.root, Example(example.route), values)


def _bad_paths(world: World, route: Route, example: Example, values: Values) -> Iterator[Any]:
    numbers = [name for name in values if f"{{{name}:int}}" in route.path]
    for name in numbers:
        yield world.send(world.root, example, {**values, name: "word"})
        yield world.send(world.root, example, {**values, name: 2**40})
    if "{id}" in route.path:
        yield world.send(world.root, example, {**values, "id": 2**40})
    if route.path.startswith("/projects/{id}"):
        other = world.prepare(route)
        api, old = world.simulator.api, f"projects/{other['id']}"
        path = api("GET", old)["path_with_namespace"].replace("/", "%2F")
        api("PUT", old, path=f"moved{other['n']}")
        yield world.send(world.root, example, {**other, "id": path})


def _special(world: World, route: Route, values: Values) -> Iterator[Any]:
    """Yield the errors that only this route has."""
    bare, name = Example(key(route)), key(route)
    if name.endswith("/stop"):
        yield world.send(world.root, bare, values, force=True)
    elif name.endswith("/protected_environments") and route.method == "POST":
        nobody = [{"user_id": 2**40}]
        fresh = {"name": "other", "deploy_access_levels": nobody}
        yield world.send(world.root, bare, values, **fresh)
    elif name == "POST /projects/{id}/merge_requests":
        yield world.send(world.root, EXAMPLES[name][0], values, source_branch="main")
    elif name.endswith("/notes") and route.method == "POST":
        world.simulator.api("POST", f"projects/{values['id']}/archive")
        yield world.send(world.root, EXAMPLES[name][0], values)
    elif name == "POST /groups":
        given = {"name": "n", "path": "n"}
        yield world.send(world.root, bare, values, **given, parent_id=2**40)
        yield world.send(world.roles[Role.DEVELOPER], bare, values, **given, parent_id=world.group)
    elif name.startswith("DELETE /personal_access_tokens/{"):
        yield world.send(world.outsider, bare, values)
    elif name == "GET /personal_access_tokens":
        yield world.send(world.outsider, Example(name, query="?user_id=1"), values)
    elif name.endswith("/environments/{environment_id:int}") and route.method == "DELETE":
        running = world.prepare(BY_KEY[name.replace("DELETE", "PUT")])
        yield world.send(world.root, bare, running)


@pytest.fixture(scope="module")
def rejected(world: World) -> dict[str, Api]:
    """Clients without credentials, with insufficient scopes, with a job token."""
    project = world.project()
    found = {
        "anonymous": Api(world.simulator.url, None),
        "unknown": Api(world.simulator.url, "glpat-unknown"),
        "reader": Api(world.simulator.url, world.token(1, "read_api")),
        "other": Api(world.simulator.url, world.token(1, "k8s_proxy")),
        "job": Api(world.simulator.url, None),
    }
    found["job"].session.headers["JOB-TOKEN"] = world.simulator.job_token(project, 1)
    world.clients += found.values()
    return found


@each_route
def test_the_common_errors_of_any_route(
    world: World, rejected: dict[str, Api], route: Route
) -> None:
    """Credentials, scopes, sudo and bodies are checked first; HEAD is GET without a body."""
    path = re.sub(r"{.*?}", "1", route.path.lstrip("/"))
    seen: set[int] = set()

    def send(caller: Api, body: Any = None, **headers: str) -> tuple[int, Any]:
        options = {"data": body} if isinstance(body, str) else {"json": body}
        response = caller(route.method, path, headers=headers, **options)
        seen.add(response.status_code)
        return response.status_code, response.json() if response.content else None

    for name in ("anonymous", "unknown"):
        assert send(rejected[name]) == (401, UNAUTHORIZED)
    registered = " ".join((*route.scopes, "api", "read_api"))
    if "k8s_proxy" not in route.scopes:
        status, body = send(rejected["other"])
        assert (status, body["error"], body["scope"]) == (403, "insufficient_scope", registered)
    if route.method == "GET":
        assert send(rejected["reader"])[0] != 401
    elif "read_api" not in route.scopes:
        assert send(rejected["reader"])[1]["error"] == "insufficient_scope"
    status, body = send(rejected["job"])
    assert (status == 401) is not route.job_token
    unknown = "404 User with ID or username 'nobody' Not Found"
    assert send(world.root, Sudo="nobody") == (404, {"message": unknown})
    forbidden = {"message": "403 Forbidden - Must be admin to use sudo"}
    assert send(world.outsider, Sudo="root") == (403, forbidden)
    if route.method == "GET":
        head = rejected["anonymous"]("HEAD", path)
        assert (head.status_code, head.content) == (401, b"")
    else:
        status, body = send(rejected["anonymous"], "{", **{"Content-Type": "application/json"})
        assert (status, list(body)) == (400, ["error"])
        status, body = send(rejected["anonymous"], "<a/>", **{"Content-Type": "application/xml"})
        assert (status, list(body)) == (415, ["error"])
    assert seen <= {*COMMON, *route.statuses}

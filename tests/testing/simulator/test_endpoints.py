"""Each route does what it declares, which is what ENDPOINTS.md says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests import reference
from tests.testing.simulator.api import Api
from tests.testing.simulator.examples import DOCUMENTED, EXAMPLES, OTHERS
from tests.testing.simulator.world import BY_KEY, Example, Values, World, key

from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.routing import COMMON, Route

UNAUTHORIZED = {"message": "401 Unauthorized"}
_OWN_TOKEN = "/personal_access_tokens/self"
each_route = pytest.mark.parametrize("route", ROUTES, ids=key)


def _label(example: Example) -> str:
    return f"{example.route} {example.name}".strip()


def _keys_of(answer: Any) -> set[str] | None:
    if not answer.headers.get("Content-Type", "").startswith("application/json"):
        return None
    body = answer.json()
    return set(body[0] if isinstance(body, list) else body)


def _least(world: World, route: Route) -> Api:
    """Return the caller with no more rights than the route asks for."""
    if _OWN_TOKEN in route.path:
        return world.caller(Role.NONE)
    if route.admin or route.path == "/personal_access_tokens/{id:int}":
        return world.root
    return world.roles[Role(route.role)] if route.role else world.outsider


def test_the_table_of_endpoints_is_that_of_the_routes() -> None:
    """`python -m tests.reference` would change nothing."""
    assert reference.ENDPOINTS.read_text() == reference.documents()[reference.ENDPOINTS]


def test_each_route_has_an_example_and_a_page() -> None:
    """Adding an endpoint means a route and its example."""
    assert set(EXAMPLES) == set(BY_KEY)
    for route in ROUTES:
        assert route.doc.startswith("https://docs.gitlab.com/")
        assert route.status not in route.errors


@pytest.mark.parametrize("example", [*DOCUMENTED, *OTHERS], ids=_label)
def test_a_good_request_is_answered(world: World, example: Example) -> None:
    """To the caller with the least role, with these keys; and the same once more, or a refusal."""
    route = BY_KEY[example.route]
    values = world.place(route)
    caller = world.roles[Role(example.role)] if example.role else _least(world, route)
    answer = world.ask(caller, example, values)
    assert answer.status_code == route.status, answer.text
    assert _keys_of(answer) == (example.keys and set(example.keys) | _of_role(route, answer))
    again = world.ask(caller, example, values)
    assert again.status_code == (example.twice or route.status), again.text
    if route.gate:
        world.open_gates()


def _of_role(route: Route, answer: Any) -> set[str]:
    """Return the keys that only some callers get: those of the administrator, of oneself."""
    seen = _keys_of(answer) or set()
    extra = {"email", "external", "namespace_id", "is_admin"} if "/users" in route.path else set()
    return seen & (extra | ({"repository_storage"} if route.admin else set()))


@each_route
def test_less_than_the_least_role_is_refused(world: World, route: Route) -> None:
    """The role below it is refused, and so is a stranger; the least one is let in, see above."""
    example, values = EXAMPLES[key(route)][0], world.place(route)
    refused: list[Api] = []
    if route.admin:
        refused.append(world.roles[Role.OWNER])
    elif route.role:
        below = max(role for role in Role if role < route.role)
        refused = [world.outsider, world.roles[below] if below else world.outsider]
    for caller in refused:
        answer = world.ask(caller, example, values)
        assert answer.status_code in {401, 403, 404}, answer.text
        assert answer.status_code in route.answers, answer.text


@each_route
def test_each_status_listed_is_answered_and_no_other(world: World, route: Route) -> None:
    """Asked in every way of going wrong, a route answers with what it declares, all of it."""
    seen = {status for answer in _asked(world, route) for status in [answer.status_code]}
    assert seen == set(route.answers)


def _asked(world: World, route: Route) -> Iterator[Any]:
    example, values = EXAMPLES[key(route)][0], world.place(route)
    if _OWN_TOKEN in route.path:
        yield world.ask(_least(world, route), example, values)
        return
    callers = [world.outsider, *world.roles.values()]
    allowed = [*callers, world.root]
    if route.admin:
        allowed = [world.root]
    elif route.role:
        allowed = [*(api for role, api in world.roles.items() if role >= route.role), world.root]
    for caller in callers:
        if caller not in allowed:
            yield world.ask(caller, example, values)
    yield from _bad_parameters(world, route, example, values)
    yield from _bad_paths(world, route, example, values)
    if route.method == "DELETE":
        old = {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
        answer = world.ask(world.root, example, values, headers=old)
        if answer.status_code == 412:
            yield answer
    if route.gate:
        world.shut_gates()
        yield world.ask(world.root, example, values)
        world.open_gates()
    values = world.place(route)
    for _ in range(3):
        yield world.ask(world.root, example, values)
    yield from _special(world, route, values)


def _bad_parameters(world: World, route: Route, example: Example, values: Values) -> Iterator[Any]:
    for param in route.params:
        if param.absence or param.values or param.type is not str:
            wrong: Any = {} if param.type is not dict else "text"
            if route.method == "GET":
                bare = Example(example.route, query=f"?{param.name}[x]=1")
                yield world.ask(world.root, bare, values)
            else:
                yield world.ask(world.root, example, values, **{param.name: wrong or {"x": []}})
        if param.required:
            yield world.ask(world.root, Example(example.route), values)


def _bad_paths(world: World, route: Route, example: Example, values: Values) -> Iterator[Any]:
    numbers = [name for name in values if f"{{{name}:int}}" in route.path]
    for name in numbers:
        yield world.ask(world.root, example, {**values, name: "word"})
        yield world.ask(world.root, example, {**values, name: 2**40})
    if "{id}" in route.path:
        yield world.ask(world.root, example, {**values, "id": 2**40})
    if route.path.startswith("/projects/{id}"):
        other = world.place(route)
        api, old = world.simulator.api, f"projects/{other['id']}"
        path = api("GET", old)["path_with_namespace"].replace("/", "%2F")
        api("PUT", old, path=f"moved{other['n']}")
        yield world.ask(world.root, example, {**other, "id": path})


def _special(world: World, route: Route, values: Values) -> Iterator[Any]:
    """Yield what only this route refuses."""
    bare, name = Example(key(route)), key(route)
    if name.endswith("/stop"):
        yield world.ask(world.root, bare, values, force=True)
    elif name.endswith("/protected_environments") and route.method == "POST":
        nobody = [{"user_id": 2**40}]
        fresh = {"name": "other", "deploy_access_levels": nobody}
        yield world.ask(world.root, bare, values, **fresh)
    elif name == "POST /groups":
        given = {"name": "n", "path": "n"}
        yield world.ask(world.root, bare, values, **given, parent_id=2**40)
        yield world.ask(world.roles[Role.DEVELOPER], bare, values, **given, parent_id=world.group)
    elif name.startswith("DELETE /personal_access_tokens/{"):
        yield world.ask(world.outsider, bare, values)
    elif name == "GET /personal_access_tokens":
        yield world.ask(world.outsider, Example(name, query="?user_id=1"), values)
    elif name.endswith("/environments/{environment_id:int}") and route.method == "DELETE":
        running = world.place(BY_KEY[name.replace("DELETE", "PUT")])
        yield world.ask(world.root, bare, running)


@pytest.fixture(scope="module")
def strangers(world: World) -> dict[str, Api]:
    """Callers without credentials, with scopes too small, with a job's token."""
    project = world.project()
    found = {
        "nobody": Api(world.simulator.url, None),
        "unknown": Api(world.simulator.url, "glpat-unknown"),
        "reader": Api(world.simulator.url, world.token(1, "read_api")),
        "other": Api(world.simulator.url, world.token(1, "k8s_proxy")),
        "job": Api(world.simulator.url, None),
    }
    found["job"].session.headers["JOB-TOKEN"] = world.simulator.job_token(project, 1)
    world.callers += found.values()
    return found


@each_route
def test_what_any_route_can_answer(world: World, strangers: dict[str, Api], route: Route) -> None:
    """Credentials, scopes, sudo and bodies come before all else; HEAD is GET without a body."""
    path = re.sub(r"{.*?}", "1", route.path.lstrip("/"))
    seen: set[int] = set()

    def ask(caller: Api, body: Any = None, **headers: str) -> tuple[int, Any]:
        options = {"data": body} if isinstance(body, str) else {"json": body}
        answer = caller(route.method, path, headers=headers, **options)
        seen.add(answer.status_code)
        return answer.status_code, answer.json() if answer.content else None

    for name in ("nobody", "unknown"):
        assert ask(strangers[name]) == (401, UNAUTHORIZED)
    registered = " ".join((*route.scopes, "api", "read_api"))
    if "k8s_proxy" not in route.scopes:
        status, body = ask(strangers["other"])
        assert (status, body["error"], body["scope"]) == (403, "insufficient_scope", registered)
    if route.method == "GET":
        assert ask(strangers["reader"])[0] != 401
    elif "read_api" not in route.scopes:
        assert ask(strangers["reader"])[1]["error"] == "insufficient_scope"
    status, body = ask(strangers["job"])
    assert (status == 401) is not route.job_token
    unknown = "404 User with ID or username 'nobody' Not Found"
    assert ask(world.root, Sudo="nobody") == (404, {"message": unknown})
    forbidden = {"message": "403 Forbidden - Must be admin to use sudo"}
    assert ask(world.outsider, Sudo="root") == (403, forbidden)
    if route.method == "GET":
        head = strangers["nobody"]("HEAD", path)
        assert (head.status_code, head.content) == (401, b"")
    else:
        status, body = ask(strangers["nobody"], "{", **{"Content-Type": "application/json"})
        assert (status, list(body)) == (400, ["error"])
        status, body = ask(strangers["nobody"], "<a/>", **{"Content-Type": "application/xml"})
        assert (status, list(body)) == (415, ["error"])
    assert seen <= {*COMMON, *route.answers}

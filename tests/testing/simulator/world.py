"""A GitLab in which every route finds the objects in its path, and users of each role."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.testing.simulator.api import Api

from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.routing import Route
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

Values = dict[str, Any]
Body = dict[str, Any] | Callable[[Values], dict[str, Any]] | None

PROTECTION = {"name": "staging", "deploy_access_levels": [{"access_level": 40}]}
KUBERNETES = {"api_url": "https://kubernetes.example.com", "token": "kubernetes-secret"}


def key(route: Route) -> str:
    """Return a route's name in the tables of these tests."""
    return f"{route.method} {route.path}"


BY_KEY = {key(route): route for route in ROUTES}


@dataclass(frozen=True)
class Example:
    """A request that succeeds.

    Args:
        route: Method and template of the path.
        keys: The keys of the response, or of each object in a list; None for no body.
        body: The body, or a function that creates it for the path's objects.
        query: Appended to the path.
        form: Send a form instead of JSON.
        twice: The status of the same request the second time; 0 for the same one.
        role: The client's role, if the minimum role gets fewer keys.
        name: Distinguishes several examples of one route.
    """

    route: str
    keys: frozenset[str] | None = None
    body: Body = None
    query: str = ""
    form: bool = False
    twice: int = 0
    role: int = 0
    name: str = ""


class World:
    """Creates the objects that a path needs, each time in a new project.

    Args:
        simulator: A running simulator; it is reset.
    """

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._numbers = itertools.count(1)
        self.clients: list[Api] = []
        simulator.reset()
        self.enable_features()
        self.root = Api(simulator.url, simulator.root_token)
        self.group = simulator.api("POST", "groups", name="World", path="world")["id"]
        simulator.api("POST", "groups", name="Open", path="open", visibility="public")
        simulator.api("POST", "projects", name="open", visibility="public")
        self.roles = {role: self.client(role) for role in Role if role}
        self.outsider = self.client(Role.NONE)

    def close(self) -> None:
        """Close all connections."""
        for client in (self.root, *self.clients):
            client.session.close()

    def enable_features(self) -> None:
        """Enable all features."""
        self.simulator.api("POST", "license", license="ultimate")
        self.simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
        self.simulator.api("POST", "features/certificate_based_clusters", value="true")

    def disable_features(self) -> None:
        """Disable all features."""
        self.simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=False)
        self.simulator.api("POST", "features/certificate_based_clusters", value="false")

    def client(self, role: Role, *scopes: str) -> Api:
        """Return the client of a new user with a role in the group of all projects."""
        user = self.user()
        if role:
            path = f"groups/{self.group}/members"
            self.simulator.api("POST", path, user_id=user, access_level=int(role))
        self.clients.append(Api(self.simulator.url, self.token(user, *scopes)))
        return self.clients[-1]

    def user(self) -> int:
        """Create a user and return their id."""
        name = f"user{next(self._numbers)}"
        mail = f"{name}@example.com"
        made = self.simulator.api(
            "POST", "users", username=name, name=name, email=mail, reset_password=True
        )
        return int(made["id"])

    def token(self, user: int, *scopes: str) -> str:
        """Return a new token of a user."""
        path = f"users/{user}/personal_access_tokens"
        made = self.simulator.api("POST", path, name="t", scopes=scopes or ["api"])
        return str(made["token"])

    def project(self) -> int:
        """Create a private project in the group and return its id."""
        name = f"p{next(self._numbers)}"
        made = self.simulator.api("POST", "projects", name=name, namespace_id=self.group)
        return int(made["id"])

    def prepare(self, route: Route) -> Values:
        """Create what a route's path needs and return the values of its parameters."""
        api, path = self.simulator.api, route.path
        values: Values = {"n": next(self._numbers)}
        if path.startswith("/projects/{id}"):
            values["id"] = self.project()
        elif path.startswith("/groups/{id}"):
            name = f"g{values['n']}"
            values["id"] = api("POST", "groups", name=name, path=name, parent_id=self.group)["id"]
        elif "{user_id:int}/personal" in path or "/users/{id:int}" in path:
            values["id"] = values["user_id"] = self.user()
        elif "/license/{id:int}" in path:
            values["id"] = api("POST", "license", license="ultimate")["id"]
        elif "/personal_access_tokens/{id:int}" in path:
            own = Api(self.simulator.url, self.token(self.user()))
            values["id"] = own("GET", "personal_access_tokens/self").json()["id"]
            own.session.close()
        self._prepare_details(route, values)
        self._prepare_kubernetes(route, values)
        if "/environments" in path:
            values["environment_id"] = self._environment(route, values)
        return values

    def _prepare_details(self, route: Route, values: Values) -> None:
        api, path = self.simulator.api, route.path
        if "/members" in path:
            values["user_id"] = self.user()
        if "/share" in path:
            name = f"invited{values['n']}"
            given = {"name": name, "path": name, "visibility": "public"}
            values["group_id"] = api("POST", "groups", **given)["id"]
            if route.method == "DELETE":
                shared = f"projects/{values['id']}/share"
                api("POST", shared, group_id=values["group_id"], group_access=30)
        if "/members/{" in path or (route.method == "GET" and "/members" in path):
            collection = self.fill(path.partition("/{user_id")[0], values)
            api("POST", collection, user_id=values["user_id"], access_level=10)
        if "/repository/" in path:
            commit = {"branch": "main", "commit_message": "m", "content": "text"}
            values |= {"file_path": "docs%2Fagent.md", "branch": "main"}
            file = "README.md" if route.method == "POST" else values["file_path"]
            api("POST", f"projects/{values['id']}/repository/files/{file}", **commit)
        if "/merge_requests/" in path or (route.method == "GET" and "/merge_requests" in path):
            requests = f"projects/{values['id']}/merge_requests"
            given = {"title": "Draft", "source_branch": "draft", "target_branch": "main"}
            values["merge_request_iid"] = api("POST", requests, **given)["iid"]
            notes = f"{requests}/{values['merge_request_iid']}/notes"
            values["note_id"] = api("POST", notes, body="1 to create")["id"]
        if "{name}" in path:
            values["name"] = "production"
        if "/protected_branches" in path and route.method != "POST":
            api("POST", self.fill(path.partition("/{name")[0], values), name="production")
        if "/protected_environments" in path and route.method != "POST":
            collection = self.fill(path.partition("/{name")[0], values)
            api("POST", collection, **{**PROTECTION, "name": "production"})

    def _prepare_kubernetes(self, route: Route, values: Values) -> None:
        api, project = self.simulator.api, f"projects/{values.get('id')}"
        path = route.path
        if "{cluster_id" in path or (route.method == "GET" and "/clusters" in path):
            given = {"name": "c", "platform_kubernetes_attributes": KUBERNETES}
            values["cluster_id"] = api("POST", f"{project}/clusters/user", **given)["id"]
        if "/cluster_agents" in path or "/environments" in path:
            agents = f"{project}/cluster_agents"
            values["agent_id"] = api("POST", agents, name="edge")["id"]
            agent = f"{agents}/{values['agent_id']}"
            if "{token_id" in path or (route.method == "GET" and "/tokens" in path):
                values["token_id"] = api("POST", f"{agent}/tokens", name="t")["id"]
            if "{url_configuration_id" in path or (route.method == "GET" and "/url_" in path):
                given = {"url": "grpcs://agent.example.com:4443"}
                configurations = f"{agent}/url_configurations"
                made = api("POST", configurations, **given)
                values["url_configuration_id"] = made["id"]

    def _environment(self, route: Route, values: Values) -> int:
        path = f"projects/{values['id']}/environments"
        made = self.simulator.api(
            "POST", path, name="review/search-box", cluster_agent_id=values["agent_id"]
        )
        if route.method == "DELETE":
            self.simulator.api("POST", f"{path}/{made['id']}/stop")
        return int(made["id"])

    @staticmethod
    def fill(path: str, values: Values) -> str:
        """Return a path with the values of its parameters."""
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", str(value)).replace(f"{{{name}:int}}", str(value))
        return path.lstrip("/")

    def send(self, client: Api, example: Example, values: Values, **changes: Any) -> Any:
        """Send an example's request, with other parameters or headers if given."""
        method, _, template = example.route.partition(" ")
        body = example.body(values) if callable(example.body) else example.body
        headers = changes.pop("headers", None)
        sent = {**(body or {}), **changes} or None
        path = self.fill(template, values) + example.query
        if example.form:
            return client(method, path, data=sent, headers=headers)
        return client(method, path, sent, headers=headers)

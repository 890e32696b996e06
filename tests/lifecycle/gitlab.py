"""The GitLab of a test: a simulator, set up with GitLab's own API, and a Maintainer."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any

from tests.support import files

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator, SimulatorError

MAINTAINER = 40
_PAGE = 100
_NUMBERS = itertools.count(1)
_CONFIGURATION = "ClusterAgentConfiguration"
_FILE = re.compile(r"projects/(\d+)/repository/files/\.gitlab%2Fagents%2F(.+)%2Fconfig\.yaml")


@dataclass(frozen=True)
class Project:
    """A project in GitLab."""

    id: int
    path: str


@dataclass(frozen=True)
class Call:
    """A request of the user of a test, with its path below `/api/v4/`."""

    method: str
    path: str
    status: int


class Lab:
    """Two projects in a group, and a user with the Maintainer role, for a test or scenario.

    Args:
        simulator: The running simulator.
        url: The URL for stacks; by default, the simulator's own.
    """

    def __init__(self, simulator: Simulator, url: str = "") -> None:
        self.simulator = simulator
        self.url = url or simulator.url
        self.user, self.token = self.add_user()
        self.group = self.root("POST", "groups", name="Team", path=f"team-of-{self.user}")
        self.join("groups", self.group["id"], self.user)
        self.project = self.add_project("shop")
        self.other = self.add_project("depot")
        self._agents: dict[str, int] = {}
        self._seen = len(simulator.requests())

    def root(self, method: str, path: str, /, **parameters: Any) -> Any:
        """Call GitLab as its administrator."""
        return self.simulator.api(method, path, **parameters)

    def get(self, path: str) -> dict[str, Any] | None:
        """Return an object in GitLab, or `None`; of an agent's file, its content."""
        if file := _FILE.fullmatch(path):
            return files.read(self.below(int(file[1])), file[2])
        try:
            found: dict[str, Any] = self.root("GET", path)
        except SimulatorError as error:
            if ": 404 " in str(error):
                return None
            raise
        return found

    def below(self, project_id: int) -> files.Api:
        """Return a function that calls GitLab below a project as its administrator."""

        def call(method: str, path: str, /, **parameters: Any) -> Any:
            return self.root(method, f"projects/{project_id}/{path}", **parameters)

        return call

    def add_user(self) -> tuple[str, str]:
        """Add a user without any role; return the name and a personal access token."""
        name = f"user{next(_NUMBERS)}"
        user = self.root(
            "POST",
            "users",
            name=name,
            username=name,
            email=f"{name}@example.com",
            force_random_password=True,
        )
        path = f"users/{user['id']}/personal_access_tokens"
        token: str = self.root("POST", path, name="pulumi", scopes=["api"])["token"]
        return name, token

    def join(self, kind: str, id_: int, user: str, level: int = MAINTAINER) -> None:
        """Make a user a member of a project or group."""
        found = self.root("GET", f"users?username={user}")[0]["id"]
        self.root("POST", f"{kind}/{id_}/members", user_id=found, access_level=level)

    def add_project(self, name: str) -> Project:
        """Add a project to the group."""
        made = self.root("POST", "projects", name=name, namespace_id=self.group["id"])
        return Project(made["id"], made["path_with_namespace"])

    def agent(self, name: str, project: Project | None = None) -> int:
        """Return the ID of an agent that no stack manages, created by the first call."""
        if name not in self._agents:
            path = f"projects/{(project or self.project).id}/cluster_agents"
            self._agents[name] = self.root("POST", path, name=name)["id"]
        return self._agents[name]

    def resources(self) -> set[str]:
        """Return the API paths of all resources of all kinds in both projects."""
        found: set[str] = set()
        for project in (self.project, self.other):
            base = f"projects/{project.id}"
            for kind in ("clusters", "cluster_agents", "environments"):
                found |= {f"{base}/{kind}/{each['id']}" for each in self._list(f"{base}/{kind}")}
            configured = files.listed(self.below(project.id))
            found |= {path_of(_CONFIGURATION, f"{project.id}:{each['id']}") for each in configured}
        for agent in [path for path in found if "/cluster_agents/" in path]:
            for kind in ("tokens", "url_configurations"):
                found |= {f"{agent}/{kind}/{each['id']}" for each in self._list(f"{agent}/{kind}")}
        return found

    def _list(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        try:
            while len(found) % _PAGE == 0:
                number = len(found) // _PAGE + 1
                page = self.root("GET", f"{path}?per_page={_PAGE}&page={number}")
                found += page
                if not page:
                    break
        except SimulatorError as error:
            if ": 404 " not in str(error):  # The feature is disabled.
                raise
        return found

    def calls(self) -> list[Call]:
        """Return the user's requests since the last call."""
        log = self.simulator.requests()
        new, self._seen = log[self._seen :], len(log)
        return [
            Call(each["method"], each["path"].removeprefix("/api/v4/"), each["status"])
            for each in new
            if each["user"] == self.user
        ]


PATHS = {
    "ClusterAgent": "projects/{}/cluster_agents/{}",
    "ClusterAgentConfiguration": (
        "projects/{}/repository/files/.gitlab%2Fagents%2F{}%2Fconfig.yaml"
    ),
    "ClusterAgentToken": "projects/{}/cluster_agents/{}/tokens/{}",
    "ClusterAgentUrlConfiguration": "projects/{}/cluster_agents/{}/url_configurations/{}",
    "ProjectCluster": "projects/{}/clusters/{}",
    "ProjectEnvironment": "projects/{}/environments/{}",
}
"""The API path of each kind, with the parts of the ID in Pulumi."""


def path_of(class_: str, id_: str) -> str:
    """Return the API path of a resource."""
    return PATHS[class_].format(*id_.split(":"))

"""One simulator process per test session, reset for each test."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import gitlab
import pytest
from tests.testing.simulator.api import Api
from tests.testing.simulator.world import World

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


@pytest.fixture(scope="session")
def process() -> Iterator[Simulator]:
    """One process for all tests of a session."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def world(process: Simulator) -> Iterator[World]:
    """The objects in the paths of all routes, for all tests of a module."""
    made = World(process)
    yield made
    made.close()


@pytest.fixture
def simulator(process: Simulator) -> Simulator:
    """A simulator in the state after its start."""
    process.reset()
    return process


@pytest.fixture
def gl(simulator: Simulator) -> Iterator[gitlab.Gitlab]:
    """python-gitlab as the administrator."""
    with gitlab.Gitlab(simulator.url, private_token=simulator.root_token) as client:
        yield client


@pytest.fixture
def connect(simulator: Simulator) -> Iterator[Callable[[str | None], Api]]:
    """Create clients with given tokens."""
    made: list[Api] = []

    def make(token: str | None) -> Api:
        made.append(Api(simulator.url, token))
        return made[-1]

    yield make
    for api in made:
        api.session.close()


@pytest.fixture
def root(simulator: Simulator, connect: Callable[[str | None], Api]) -> Api:
    """The administrator over plain HTTP."""
    return connect(simulator.root_token)


@pytest.fixture
def project(simulator: Simulator) -> Any:
    """A private project `group/app`."""
    group = simulator.api("POST", "groups", name="Group", path="group")
    return simulator.api("POST", "projects", name="App", path="app", namespace_id=group["id"])


@pytest.fixture
def path(project: Any) -> str:
    """The path of the project's environments; modules about other objects have their own."""
    return f"projects/{project['id']}/environments"


@pytest.fixture
def agent(simulator: Simulator, project: Any) -> Any:
    """An agent of the project."""
    return simulator.api("POST", f"projects/{project['id']}/cluster_agents", name="dev")


@pytest.fixture
def as_role(
    simulator: Simulator, project: Any, connect: Callable[[str | None], Api]
) -> Callable[..., Api]:
    """Create clients with a role in the project (0: none) and token scopes."""
    numbers = itertools.count(1)

    def make(level: int, *scopes: str) -> Api:
        name = f"user{next(numbers)}"
        email = f"{name}@example.com"
        user = simulator.api(
            "POST", "users", name=name, username=name, email=email, force_random_password=True
        )
        token = simulator.api(
            "POST",
            f"users/{user['id']}/personal_access_tokens",
            name="t",
            scopes=scopes or ["api"],
        )
        if level:
            path = f"projects/{project['id']}/members"
            simulator.api("POST", path, user_id=user["id"], access_level=level)
        return connect(token["token"])

    return make


@pytest.fixture
def clusters_on(simulator: Simulator) -> None:
    """Certificate-based clusters are enabled."""
    simulator.api("POST", "features/certificate_based_clusters", value=True)


@pytest.fixture
def receptive(simulator: Simulator) -> None:
    """Receptive agents are licensed and enabled."""
    simulator.api("POST", "license", license="ultimate")
    simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)

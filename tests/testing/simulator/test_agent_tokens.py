"""Agent tokens: returned once, two active ones, revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError


@pytest.fixture
def path(project: Any, agent: Any) -> str:
    """The path of the agent's tokens."""
    return f"projects/{project['id']}/cluster_agents/{agent['id']}/tokens"


def test_a_token_is_returned_once(root: Callable[..., Any], path: str) -> None:
    """Only POST returns the value; GET and list have everything else."""
    made = root("POST", path, {"name": "t", "description": "d"})
    assert made.status_code == 201
    body = made.json()
    assert re.fullmatch(r"glagent-[A-Za-z0-9_-]{50}", body.pop("token"))
    assert (body["status"], body["last_used_at"], body["created_by_user_id"]) == ("active", None, 1)
    assert root("GET", f"{path}/{body['id']}").json() == body
    del body["last_used_at"]
    assert root("GET", path).json() == [body]


def test_only_two_tokens_are_active(root: Callable[..., Any], path: str) -> None:
    """A third is rejected in plain text until one is revoked."""
    ids = [root("POST", path, {"name": "same"}).json()["id"] for _ in range(2)]
    rejected = root("POST", path, {"name": "third"})
    assert (rejected.status_code, rejected.json()) == (
        400,
        {"message": "400 Bad request - An agent can have only two active tokens at a time"},
    )
    assert root("DELETE", f"{path}/{ids[0]}").status_code == 204
    assert root("POST", path, {"name": "third"}).status_code == 201


def test_the_limit_holds_for_concurrent_requests(root: Callable[..., Any], path: str) -> None:
    """Ten at once create two."""
    with ThreadPoolExecutor(10) as pool:
        responses = list(
            pool.map(lambda _: root("POST", path, {"name": "t"}).status_code, range(10))
        )
    assert sorted(responses) == [201] * 2 + [400] * 8


def test_a_revoked_token_is_gone_but_can_be_revoked_again(
    root: Callable[..., Any], path: str
) -> None:
    """DELETE is idempotent, GET gets 404, the list omits it."""
    token = f"{path}/{root('POST', path, {'name': 't'}).json()['id']}"
    assert [root("DELETE", token).status_code for _ in range(2)] == [204, 204]
    gone = root("GET", token)
    assert (gone.status_code, gone.json()) == (404, {"message": "404 Not found"})
    assert root("GET", path).json() == []
    assert root("DELETE", f"{path}/999").status_code == 404


@pytest.mark.parametrize(
    ("given", "response"),
    [
        ({}, {"error": "name is missing"}),
        ({"name": " "}, {"message": '400 Bad request - ["Name can\'t be blank"]'}),
        (
            {"name": "n" * 256, "description": "d" * 1025},
            {
                "message": '400 Bad request - ["Name is too long (maximum is 255 characters)", '
                '"Description is too long (maximum is 1024 characters)"]'
            },
        ),
    ],
)
def test_an_invalid_token_is_rejected(
    root: Callable[..., Any], path: str, given: Any, response: Any
) -> None:
    """Validation errors are one printed Ruby array."""
    rejected = root("POST", path, given)
    assert (rejected.status_code, rejected.json()) == (400, response)


def test_roles(as_role: Callable[..., Any], path: str) -> None:
    """Developers read, Maintainers write, others cannot see the agent."""
    developer, maintainer, guest = as_role(30), as_role(40), as_role(10)
    assert developer("GET", path).status_code == 200
    assert developer("POST", path, {"name": "t"}).status_code == 403
    assert developer("DELETE", f"{path}/999").status_code == 403
    assert maintainer("POST", path, {"name": "t"}).status_code == 201
    assert guest("GET", path).status_code == 404


def test_the_last_use_of_a_token(simulator: Any, root: Callable[..., Any], path: str) -> None:
    """It is returned at once; the list's order follows within the hour."""
    simulator.clock(now="2031-01-01T00:00:00Z")
    first, second = (root("POST", path, {"name": name}).json() for name in "ab")

    def order() -> list[int]:
        return [found["id"] for found in root("GET", path).json()]

    assert order() == [first["id"], second["id"]]
    used = simulator.use_agent_token(second["token"])
    assert used.startswith("2031-01-01T00:00:")
    assert root("GET", f"{path}/{second['id']}").json()["last_used_at"] == used
    assert order() == [second["id"], first["id"]]
    simulator.clock(advance=60)
    simulator.use_agent_token(first["id"])
    assert order() == [first["id"], second["id"]]
    for minutes, expected in ((1, [first["id"], second["id"]]), (60, [second["id"], first["id"]])):
        simulator.clock(advance=minutes * 60)
        used = simulator.use_agent_token(second["id"])
        assert root("GET", f"{path}/{second['id']}").json()["last_used_at"] == used
        assert order() == expected


def test_only_an_active_token_connects(simulator: Any, root: Callable[..., Any], path: str) -> None:
    """A revoked or unknown one is rejected, and the error does not repeat it."""
    made = root("POST", path, {"name": "t"}).json()
    root("DELETE", f"{path}/{made['id']}")
    for token in (made["token"], made["id"], 99, "glagent-s3cret"):
        with pytest.raises(SimulatorError, match="no active token") as rejected:
            simulator.use_agent_token(token)
        assert "glagent" not in str(rejected.value)


def test_concurrent_requests_can_pass_the_limit(
    simulator: Any, root: Callable[..., Any], path: str
) -> None:
    """Five at once create five, as in GitLab, which has no lock; then the limit holds again."""
    simulator.races(agent_tokens=5)
    with ThreadPoolExecutor(5) as pool:
        responses = list(
            pool.map(lambda _: root("POST", path, {"name": "t"}).status_code, range(5))
        )
    assert responses == [201] * 5
    assert len(root("GET", path).json()) == 5
    assert root("POST", path, {"name": "t"}).status_code == 400  # immediately, without waiting
    simulator.reset()
    with pytest.raises(SimulatorError, match="races must be an object of agent_tokens"):
        simulator.races(names=2)
    with pytest.raises(SimulatorError, match="from 0 to 1000, not -1"):
        simulator.races(agent_tokens=-1)

"""Sharing a project with a group: its members get a role, limited by the share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def invited(root: Any) -> int:
    """A private group `invited/team` that only the administrator is a member of."""
    above = root("POST", "groups", {"name": "Invited", "path": "invited"}).json()["id"]
    given = {"name": "Team", "path": "team", "parent_id": above}
    return int(root("POST", "groups", given).json()["id"])


@pytest.fixture
def share(root: Any, project: Any, invited: int) -> Callable[..., Any]:
    """Shares the project with the group."""

    def make(level: int = 30, *, caller: Any = root, **given: Any) -> Any:
        body = {"group_id": invited, "group_access": level, **given}
        return caller("POST", f"projects/{project['id']}/share", body)

    return make


def _join(root: Any, group: int | str, caller: Any, level: int) -> None:
    number = caller("GET", "user").json()["id"]
    path = f"groups/{group}/members"
    assert root("POST", path, {"user_id": number, "access_level": level}).status_code == 201


def _level(caller: Any) -> int:
    response = caller("GET", "projects/1")
    if response.status_code == 404:
        return 0
    access = response.json()["permissions"]["project_access"]
    return int(access["access_level"]) if access else 0


def test_a_share_is_returned(
    root: Any, project: Any, invited: int, share: Callable[..., Any]
) -> None:
    """By the response, and with the project."""
    path = f"projects/{project['id']}"
    assert root("GET", path).json()["shared_with_groups"] == []
    made = share(30, expires_at="2100-01-02")
    assert (made.status_code, made.json()) == (
        201,
        {
            "id": 1,
            "project_id": project["id"],
            "group_id": invited,
            "group_access": 30,
            "expires_at": "2100-01-02",
        },
    )
    shown = {
        "group_id": invited,
        "group_name": "Team",
        "group_full_path": "invited/team",
        "group_access_level": 30,
        "expires_at": "2100-01-02",
    }
    assert root("GET", path).json()["shared_with_groups"] == [shown]
    assert root("GET", "projects").json()[0]["shared_with_groups"] == [shown]
    assert root("DELETE", f"{path}/share/{invited}").status_code == 204
    assert root("GET", path).json()["shared_with_groups"] == []
    again = share(40).json()
    assert (again["group_access"], again["expires_at"]) == (40, None)


@pytest.mark.parametrize("in_group", [10, 20, 30, 40, 50])
@pytest.mark.parametrize("given", [10, 15, 20, 30, 40, 50])
def test_a_member_gets_the_lower_role(
    root: Any, as_role: Callable[..., Any], share: Callable[..., Any], in_group: int, given: int
) -> None:
    """Of the one in the group and the share's."""
    member, inherited, stranger = as_role(0), as_role(0), as_role(0)
    _join(root, "invited%2Fteam", member, in_group)
    _join(root, "invited", inherited, in_group)
    assert [_level(each) for each in (member, inherited, stranger)] == [0, 0, 0]
    assert share(given).status_code == 201
    least = min(in_group, given)
    assert [_level(each) for each in (member, inherited, stranger)] == [
        least, least, 0,
    ]  # fmt: skip


def test_the_role_applies_to_all_routes(
    root: Any, as_role: Callable[..., Any], project: Any, invited: int, share: Callable[..., Any]
) -> None:
    """Also to agents and environments; a higher role of the user's own wins."""
    agents, environments = (
        f"projects/{project['id']}/{x}" for x in ("cluster_agents", "environments")
    )
    member, maintainer = as_role(0), as_role(40)
    _join(root, invited, member, 50)
    _join(root, invited, maintainer, 10)
    assert member("GET", agents).status_code == 404
    share(30)
    assert member("GET", agents).status_code == 200
    assert member("POST", environments, {"name": "e"}).status_code == 201
    assert member("POST", agents, {"name": "a"}).status_code == 403
    assert maintainer("POST", agents, {"name": "a"}).status_code == 201
    found = member("GET", "projects?membership=true").json()
    assert [each["id"] for each in found] == [project["id"]]
    assert member("GET", "projects?owned=true").json() == []
    root("DELETE", f"projects/{project['id']}/share/{invited}")
    assert member("GET", agents).json() == {"message": "404 Project Not Found"}


def test_a_share_expires(
    simulator: Any, root: Any, as_role: Callable[..., Any], invited: int, share: Callable[..., Any]
) -> None:
    """It is no longer returned, gives no role, and can be created again."""
    member = as_role(0)
    _join(root, invited, member, 30)
    tomorrow = simulator.clock(advance=86400)[:10]
    simulator.clock(advance=-86400)
    assert share(30, expires_at=tomorrow).status_code == 201
    assert _level(member) == 30
    simulator.clock(advance=86400)
    assert _level(member) == 0
    assert root("GET", "projects/1").json()["shared_with_groups"] == []
    gone = root("DELETE", f"projects/1/share/{invited}")
    assert gone.json() == {"message": "404 Group Link Not Found"}
    share(30, expires_at=tomorrow)
    assert _level(member) == 0
    assert share(20).status_code == 201
    assert _level(member) == 20


def test_errors(
    root: Any, as_role: Callable[..., Any], project: Any, invited: int, share: Callable[..., Any]
) -> None:
    """With GitLab's texts."""
    path = f"projects/{project['id']}/share"
    for given, text in (
        ({}, "group_id is missing, group_access is missing"),
        ({"group_id": "x", "group_access": 30}, "group_id is invalid"),
        ({"group_id": invited, "group_access": 35}, "group_access does not have a valid value"),
        (
            {"group_id": invited, "group_access": 30, "expires_at": "soon"},
            "expires_at is invalid",
        ),
    ):
        rejected = root("POST", path, given)
        assert (rejected.status_code, rejected.json()) == (400, {"error": text})
    assert share().status_code == 201
    twice = share()
    text = "Project already shared with this group"
    assert (twice.status_code, twice.json()) == (409, {"message": text})
    own = share(group_id=project["namespace"]["id"])
    text = "Project cannot be shared with the group it is in or one of its ancestors."
    assert (own.status_code, own.json()) == (409, {"message": text})
    for unknown in (99, 1):  # 1 is the namespace of a user
        missing = share(group_id=unknown)
        assert (missing.status_code, missing.json()) == (404, {"message": "Not Found"})
    gone = root("DELETE", f"{path}/99")
    assert (gone.status_code, gone.json()) == (404, {"message": "404 Group Link Not Found"})
    for caller, status in ((as_role(30), 403), (as_role(0), 404)):
        assert share(caller=caller).status_code == status
        assert caller("DELETE", f"{path}/{invited}").status_code == status


def test_sharing_requires_a_visible_group(
    root: Any, as_role: Callable[..., Any], invited: int, share: Callable[..., Any]
) -> None:
    """A private group is hidden from others, also in the project's response."""
    maintainer = as_role(40)
    assert share(caller=maintainer).json() == {"message": "Not Found"}
    share()
    path = "projects/1"
    assert maintainer("GET", path).json()["shared_with_groups"] == []
    root("DELETE", f"{path}/share/{invited}")
    _join(root, invited, maintainer, 10)
    assert share(caller=maintainer).status_code == 201
    assert len(maintainer("GET", path).json()["shared_with_groups"]) == 1


def test_only_owners_share_as_owner(
    as_role: Callable[..., Any], root: Any, invited: int, share: Callable[..., Any]
) -> None:
    """And only they remove such a share."""
    maintainer, owner = as_role(40), as_role(50)
    for caller in (maintainer, owner):
        _join(root, invited, caller, 10)
    assert share(50, caller=maintainer).json() == {"message": "403 Forbidden"}
    assert share(50, caller=owner).status_code == 201
    path = f"projects/1/share/{invited}"
    assert maintainer("DELETE", path).status_code == 403
    assert owner("DELETE", path).status_code == 204


def test_a_group_can_lock_its_projects(root: Any, project: Any, share: Callable[..., Any]) -> None:
    """It forbids sharing."""
    root("PUT", f"groups/{project['namespace']['id']}", {"share_with_group_lock": True})
    text = "The project sharing with group is disabled"
    assert (share().status_code, share().json()) == (400, {"message": text})


def test_a_changed_share_is_not_deleted(
    root: Any, project: Any, invited: int, share: Callable[..., Any]
) -> None:
    """GitLab checks If-Unmodified-Since."""
    share()
    path = f"projects/{project['id']}/share/{invited}"
    headers = {"If-Unmodified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
    assert root("DELETE", path, headers=headers).status_code == 412
    assert root("DELETE", path).status_code == 204


def test_deleting_a_group_deletes_its_shares(
    root: Any, project: Any, invited: int, share: Callable[..., Any]
) -> None:
    """The project no longer has it."""
    share()
    assert root("DELETE", f"groups/{invited}").status_code == 202
    assert root("GET", f"projects/{project['id']}").json()["shared_with_groups"] == []

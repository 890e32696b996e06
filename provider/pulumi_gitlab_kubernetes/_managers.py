"""GitLab's collections as this provider uses them, on python-gitlab's managers.

python-gitlab has no managers for agent tokens and URL configurations: they are declared here in
its own manner. `Collection` is what the rest of the package sees: plain values in and out, and
every failure as a `GitLabError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import gitlab
from gitlab.base import RESTManager, RESTObject
from gitlab.exceptions import GitlabParsingError
from gitlab.mixins import NoUpdateMixin, ObjectDeleteMixin
from gitlab.types import RequiredOptional

from ._answers import gitlab_errors, never_gitlab
from ._descriptions import thing
from ._listing import MOST_PAGES, Listing, Page
from .errors import FORBIDDEN, NOT_FOUND, GitLabError, LostAnswerError

_PER_PAGE = 100  # GitLab gives no more.


class ClusterAgentToken(ObjectDeleteMixin, RESTObject):
    """A token of an agent. See https://docs.gitlab.com/api/cluster_agents/."""


class ClusterAgentTokenManager(NoUpdateMixin[ClusterAgentToken]):
    """The active tokens of an agent."""

    _path = "/projects/{project_id}/cluster_agents/{agent_id}/tokens"
    _obj_cls = ClusterAgentToken
    _from_parent_attrs = {"project_id": "project_id", "agent_id": "id"}  # noqa: RUF012 (python-gitlab's own form)
    _create_attrs = RequiredOptional(required=("name",), optional=("description",))


class ClusterAgentUrlConfiguration(ObjectDeleteMixin, RESTObject):
    """How GitLab reaches a receptive agent. See https://docs.gitlab.com/api/cluster_agents/."""


class ClusterAgentUrlConfigurationManager(NoUpdateMixin[ClusterAgentUrlConfiguration]):
    """The URL configurations of an agent: none or one."""

    _path = "/projects/{project_id}/cluster_agents/{agent_id}/url_configurations"
    _obj_cls = ClusterAgentUrlConfiguration
    _from_parent_attrs = {"project_id": "project_id", "agent_id": "id"}  # noqa: RUF012 (python-gitlab's own form)
    _create_attrs = RequiredOptional(
        required=("url",), optional=("client_cert", "client_key", "ca_cert", "tls_host")
    )


class Collection:
    """One collection of things at GitLab, with plain values in and out.

    Args:
        manager: python-gitlab's manager.
        texts: What every description of a thing in it has, beside its id. Where a creation sends
            one of these, GitLab's answer repeats it.
        once: What only the answer to a creation has.
        owner: What each thing belongs to: GitLab's name for its id, dotted where nested, and the
            id. Some answers leave it out.
        parent: The collection and id of the thing that it belongs to, when that is not a project.
        listing: What is known of its list, where that shows all that a single answer does.
        ensure: Makes sure that it is GitLab that answers; called where an answer is empty.
        written: Called after each request that may have changed something.
    """

    def __init__(
        self,
        manager: Any,
        parent: tuple[Collection, int] | None = None,
        *,
        texts: tuple[str, ...] = ("name",),
        once: tuple[str, ...] = (),
        owner: Mapping[str, int] | None = None,
        listing: Listing | None = None,
        ensure: Callable[[], None] = lambda: None,
        written: Callable[[], None] = lambda: None,
    ) -> None:
        self._manager: Any = manager
        self._texts = texts
        self._once = once
        self._owner = owner or {}
        self.parent = parent
        self._listing = listing
        self._ensure = ensure
        self._written = written

    def create(self, data: dict[str, Any]) -> dict[str, Any]:
        """Make a thing and return GitLab's description of it."""
        with self._writing():
            sent = {name: data[name] for name in self._texts if name in data}
            return self._thing(self._manager.create(data).asdict(), *self._once, **sent)

    def get(self, id_: int) -> dict[str, Any]:
        """Return GitLab's description of one thing."""
        with gitlab_errors(self._manager.gitlab):
            return self._thing(self._manager.get(id_).asdict(), id=id_)

    def read(self, id_: int) -> dict[str, Any]:
        """Return GitLab's description of one of many things, perhaps from a list got just now."""
        found = self._listing.find(id_, self._page) if self._listing else None
        return self.get(id_) if found is None else found

    def update(self, id_: int, data: dict[str, Any]) -> dict[str, Any]:
        """Change a thing and return GitLab's description of it."""
        with self._writing():
            return self._thing(self._manager.update(id_, data), id=id_)

    def delete(self, id_: int) -> None:
        """Delete a thing, or revoke it."""
        with self._writing():
            self._manager.delete(id_)
        self._ensure()

    def list(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Return all things, page after page.

        By number: a link to the next page may lead anywhere, and the token would go along.
        """
        seen: set[Any] = set()
        for number in range(1, MOST_PAGES + 1):
            page = self._page(number, **filters)
            if page.endless(seen):
                raise self._never("a list whose pages lead back to themselves")
            yield from (thing for id_, thing in page.things.items() if id_ not in seen)
            if page.last:
                return
            seen |= page.things.keys()
        raise self._never(f"a list of more than {MOST_PAGES * _PER_PAGE:,} things")

    def stop(self, id_: int, *, force: bool) -> dict[str, Any]:
        """Stop an environment and return GitLab's description of it."""
        with self._writing():
            return self._thing(self._manager.get(id_, lazy=True).stop(force=force), id=id_)

    def readable(self) -> bool:
        """Tell whether the collection itself can be read, in one small request."""
        return self.refusal() is None

    def refusal(self) -> int | None:
        """Return the status that GitLab answers where the collection cannot be read."""
        try:
            with gitlab_errors(self._manager.gitlab):
                self._manager.list(get_all=False, per_page=1, page=1)
        except GitLabError as error:
            if error.status in {NOT_FOUND, FORBIDDEN}:
                return error.status
            raise
        return None

    def readable_lately(self) -> bool:
        """Tell the same, from an answer got just now where there is one."""
        return self._listing.readable(self.readable) if self._listing else self.readable()

    def _page(self, number: int, **filters: Any) -> Page:
        query = {**filters, "page": number, "per_page": _PER_PAGE}
        with gitlab_errors(self._manager.gitlab):
            answer = self._manager.gitlab.http_request("get", self._manager.path, query)
            rows = answer.json()
            if not isinstance(rows, list) or len(rows) > _PER_PAGE:
                raise GitlabParsingError
            key = self._manager._obj_cls._id_attr  # noqa: SLF001 (where python-gitlab says it)
            things = {thing[key]: thing for thing in map(self._thing, rows)}
            pages = answer.headers.get("X-Total-Pages")
            last = "next" not in answer.links and not answer.headers.get("X-Next-Page")
            return Page(things, int(pages) if pages else None, last)

    def _thing(self, answer: Any, *more: str, **fixed: object) -> dict[str, Any]:
        numbered = self._manager._obj_cls._id_attr == "id"  # noqa: SLF001 (where python-gitlab says it)
        expected = {**self._owner, **fixed}
        return thing(answer, *self._texts, *more, numbered=numbered, expected=expected)

    def _never(self, what: str) -> LostAnswerError:
        return never_gitlab(self._manager.gitlab, what)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with gitlab_errors(self._manager.gitlab):
                yield
        finally:
            self._written()  # A request that failed may have been carried out.


def project_collection(
    client: gitlab.Gitlab, project_id: int, attribute: str, **more: Any
) -> Collection:
    """Return a collection of a project without asking GitLab for the project."""
    from gitlab.v4 import objects  # noqa: PLC0415 (a program that only declares needs none)

    parent: Any = _Parent(project_id)
    return Collection(getattr(objects, _OF_PROJECT[attribute])(client, parent=parent), **more)


def agent_collection(
    client: gitlab.Gitlab,
    project_id: int,
    agent_id: int,
    manager: type[RESTManager[Any]],
    **more: Any,
) -> Collection:
    """Return a collection of an agent without asking GitLab for the agent."""
    agents = project_collection(client, project_id, "cluster_agents")
    agent: Any = _Parent(agent_id, project_id)
    return Collection(manager(client, parent=agent), (agents, agent_id), **more)


class _Parent(NamedTuple):
    """What a manager takes from the object above it.

    python-gitlab's own object of a project has a hundred managers, which takes longer than a read.
    """

    id: int
    project_id: int | None = None


_OF_PROJECT = {
    "clusters": "ProjectClusterManager",
    "cluster_agents": "ProjectClusterAgentManager",
    "environments": "ProjectEnvironmentManager",
    "protected_environments": "ProjectProtectedEnvironmentManager",
}
"""python-gitlab's managers, by the end of their path."""

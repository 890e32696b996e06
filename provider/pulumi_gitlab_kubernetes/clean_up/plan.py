"""What a clean-up would do to the environments of a project, and what it did."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.not_found import require_project, what_is_missing
from pulumi_gitlab_kubernetes.core.run import Run
from pulumi_gitlab_kubernetes.core.spelling import Spelling
from pulumi_gitlab_kubernetes.errors import GitLabError, NotFoundError, explain
from pulumi_gitlab_kubernetes.gitlab.client import Client
from pulumi_gitlab_kubernetes.gitlab.clock import moment
from pulumi_gitlab_kubernetes.gitlab.collection import Collection
from pulumi_gitlab_kubernetes.gitlab.connection import Connection
from pulumi_gitlab_kubernetes.gitlab.objects import look_up
from pulumi_gitlab_kubernetes.registry import kind_for

Log = Callable[[str], None]
"""Shows a line of progress."""

_PARALLEL = 8
_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


@dataclass(frozen=True)
class Environment:
    """An environment in GitLab.

    Args:
        id: Its ID.
        name: Its name.
        state: `available`, `stopping` or `stopped`.
        external_url: Its URL, if it has one.
        created_at: When it was created.
        updated_at: When it last changed.
        deployed_at: When its last successful deployment changed, if it has one and if that counts.
    """

    id: int
    name: str
    state: str
    external_url: str | None
    created_at: datetime | None
    updated_at: datetime | None
    deployed_at: datetime | None

    @classmethod
    def of(cls, response: Mapping[str, Any], state: str = "") -> Environment:
        """Return the environment in GitLab's response.

        Args:
            response: The response.
            state: The state, for a response that lacks it.
        """
        deployed = (look_up(response, f"last_deployment.{key}")[1] for key in _DEPLOYED)
        url = response.get("external_url")
        return cls(
            response["id"],
            response["name"],
            str(response.get("state") or state),
            url if isinstance(url, str) else None,
            moment(response.get("created_at")),
            moment(response.get("updated_at")),
            next((at for each in deployed if (at := moment(each))), None),
        )


_DEPLOYED = ("updated_at", "created_at")


@dataclass(frozen=True)
class Result:
    """What a clean-up did.

    Args:
        environments: The environments for which GitLab accepted it.
        failures: Why it failed, by the name of the environment.
        message: What was done and what happens next, as a clause.
    """

    environments: tuple[Environment, ...]
    failures: Mapping[str, str]
    message: str


class Project:
    """The environments of a project, and how to reach them.

    Args:
        project: The project's ID or full path.
        connection: The GitLab to use.
        log: Shows a line of progress.
        spelling: How the user writes arguments.
    """

    def __init__(self, project: str, connection: Connection, log: Log, spelling: Spelling) -> None:
        self.name = project
        self.connection = connection
        self.log = log
        self.kind: Kind = kind_for("ProjectEnvironment")
        self._run = Run()
        self._spelling = spelling
        self._id = 0

    @property
    def client(self) -> Client:
        """The client of this thread."""
        return self._run.clients.get(self.connection, self.log)

    @property
    def environments(self) -> Collection:
        """The environments, for this thread."""
        return self.kind.collection(self.client, (self.id,))

    @property
    def id(self) -> int:
        """The project's ID."""
        self._id = self._id or require_project(self.client, self.name)
        return self._id

    def context(self, environment: Environment) -> CallContext:
        """Return what a call for one environment can use."""
        return CallContext(
            lambda _name: self.connection,
            self._run,
            log_status=lambda text: self.log(f"{environment.name}: {text}"),
            spelling=self._spelling,
        )

    @contextmanager
    def explained(self, action: str, role: str, scope: str) -> Iterator[None]:
        """Add to GitLab's errors what was requested, and what to do.

        Args:
            action: What is requested.
            role: The GitLab role that it requires.
            scope: The scope of the token that it requires.

        Raises:
            GitLabError: The error.
        """
        client = self.client
        try:
            try:
                yield
            except NotFoundError as error:
                where = client, self.environments, self.id, self.name
                raise (
                    what_is_missing(*where, self.kind.unavailable, in_state=False) or error
                ) from error
        except GitLabError as error:
            raise explain(
                error,
                action=f"{action} of project {self.name}",
                role=role,
                scope=scope,
                host=client.connection.url,
                recorded=False,
                token_setting=client.connection.token_setting,
                secrets=client.connection.secrets(),
            ) from error

    def in_parallel(
        self, function: Callable[[_Item], _Done], items: list[_Item]
    ) -> Iterator[_Done]:
        """Call a function for each item, and yield the results in their order."""
        with ThreadPoolExecutor(_PARALLEL) as pool:
            try:
                yield from pool.map(function, items)
            except BaseException:
                self._run.clients.shared.cancel()  # Otherwise the pool waits for all of them.
                pool.shutdown(cancel_futures=True)
                raise


class Plan(ABC):
    """What a clean-up would do.

    Args:
        project: The project.
        environments: The environments that it concerns.
        note: What else the user must know about them, as a sentence; empty if nothing.
        failures: Why others cannot be cleaned up, by their names.
    """

    verb: str
    """What it does to each environment, for a question."""
    columns: tuple[str, ...]
    """What a table shows of each environment."""

    def __init__(
        self,
        project: Project,
        environments: tuple[Environment, ...],
        note: str = "",
        failures: Mapping[str, str] | None = None,
    ) -> None:
        self._project = project
        self.environments = environments
        self.note = note
        self.failures = failures or {}

    @property
    def project(self) -> str:
        """The project's ID or full path, as it was given."""
        return self._project.name

    @abstractmethod
    def run(self) -> Result:
        """Do it.

        Raises:
            GitLabError: GitLab rejected it, or could not be reached.
        """

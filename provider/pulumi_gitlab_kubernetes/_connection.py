"""From configuration to a GitLab client: the one door to GitLab.

Settings are read when a call is made, since `destroy` and `refresh` run with the configuration
that the last `up` recorded, and only the environment can tell them of a newer token.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from gitlab.base import RESTManager
from gitlab.utils import EncodedId

from ._answers import GitLab, gitlab_errors, not_gitlab
from ._ci_job import Job, require_no_other_gitlab
from ._clock import Clock
from ._descriptions import thing
from ._listing import Listings
from ._managers import (
    ClusterAgentTokenManager,
    ClusterAgentUrlConfigurationManager,
    Collection,
    agent_collection,
    project_collection,
)
from ._retries import Deadline, Retries
from ._rules import namespace
from ._settings import DEFAULT, Setting, base_url, file, headers, seconds, switch, variable
from ._transport import Transport
from .errors import ConfigurationError, GitLabError, NotFoundError

DEFAULT_TIMEOUT = 60.0
DEFAULT_DEADLINE = 300.0
_TOKEN = re.compile(r"[!-~]+")

_REDIRECTS = 3  # GitLab has one, from where a project was before.
_USER = "/user"  # No project's path begins with a slash.


@dataclass(frozen=True)
class Connection:
    """All that it takes to talk to one GitLab.

    Args:
        name: The configuration namespace that it was read from.
        url: GitLab's base URL, without `/api/v4`.
        token: A personal, project or group access token; or that of a CI job.
        timeout: How long a request may take, with all of its answer, in seconds.
        deadline: How long after its first failure an operation may try again, in seconds.
        verify: Whether to verify GitLab's certificate; or the file of the authorities to trust.
        certificate: Files of a client certificate and its key.
        headers: Headers to send along.
        job: Path and id of the project whose CI job the token is of; `None` for other tokens.
    """

    name: str
    url: str
    token: str = field(repr=False)
    timeout: float = DEFAULT_TIMEOUT
    deadline: float = DEFAULT_DEADLINE
    verify: bool | str = True
    certificate: tuple[str, str] | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    job: tuple[str, str] | None = None

    @classmethod
    def resolve(
        cls,
        setting: Setting,
        name: str = DEFAULT,
        environ: Mapping[str, str] = os.environ,
        *,
        job_token: bool = False,
    ) -> Connection:
        """Read a connection from the environment and the stack's configuration.

        Args:
            setting: Looks up the stack's configuration.
            name: The configuration namespace.
            environ: The environment's variables.
            job_token: Whether the token of the CI job that this runs in will do.

        Returns:
            The connection.

        Raises:
            ConfigurationError: A setting is missing or wrong.
        """

        def find(key: str, part: str) -> str | None:
            own = environ.get(variable(name, part))
            shared = environ.get(f"GITLAB_{part}") if name == DEFAULT else None
            return own or setting(f"{name}:{key}") or shared

        if wrong := namespace(name):  # In a state; `check` has told of a program's.
            raise ConfigurationError(f'connection "{name}" {wrong}')
        url, project = find("baseUrl", "BASE_URL"), None
        token = (find("token", "TOKEN") or "").strip()
        if token and name == DEFAULT and not url:
            require_no_other_gitlab(environ)
        job = Job.of(environ) if not token and name == DEFAULT else None
        if job and (not url or base_url(url, name) == job.url):
            if not job_token:
                raise ConfigurationError(
                    "no GitLab token: a CI job token can only do environments; set gitlab:token "
                    "or PULUMI_GITLAB_TOKEN for the rest"
                )
            token, url, project = job.token, job.url, job.project
        if not token:
            raise ConfigurationError(
                f"no GitLab token: run `pulumi config set --secret {name}:token <token>` "
                f"or set {variable(name, 'TOKEN')}"
            )
        if not _TOKEN.fullmatch(token):
            raise ConfigurationError(
                f"{name}:token or {variable(name, 'TOKEN')} holds a character that no GitLab "
                "token has, such as white space: set it anew"
            )
        certificate, key = file(setting, f"{name}:clientCert"), file(setting, f"{name}:clientKey")
        if bool(certificate) != bool(key):
            raise ConfigurationError(
                f"{name}:clientCert and {name}:clientKey come together: set both or none"
            )
        authorities = file(setting, f"{name}:cacertFile")
        return cls(
            name=name,
            url=base_url(url, name),
            token=token,
            timeout=seconds(setting, "gitlab-kubernetes:requestTimeout", DEFAULT_TIMEOUT),
            deadline=seconds(setting, "gitlab-kubernetes:retryDeadline", DEFAULT_DEADLINE),
            verify=False if switch(setting, f"{name}:insecure") else authorities or True,
            certificate=(certificate, key) if certificate and key else None,
            headers=headers(setting, name),
            job=project,
        )

    @property
    def token_setting(self) -> str:
        """Where the token can be set, for messages."""
        if self.job:
            return "gitlab:token or PULUMI_GITLAB_TOKEN (CI_JOB_TOKEN ends with its job)"
        return f"{self.name}:token or {variable(self.name, 'TOKEN')}"

    def secrets(self) -> tuple[str, ...]:
        """Return what no message may show."""
        return self.token, *(value for _name, value in self.headers)


class Client:
    """Talks to one GitLab for one thread.

    Args:
        connection: Where and as whom.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.say: Callable[[str], None] = lambda _message: None
        self.clock = Clock()
        self.deadline = Deadline(connection.deadline)
        self._retries = Retries.within(self.deadline, self._say)
        self._gitlab = GitLab(
            connection.url,
            private_token=None if connection.job else connection.token,
            job_token=connection.token if connection.job else None,
            ssl_verify=connection.verify,
            timeout=connection.timeout,
            user_agent=f"pulumi-gitlab-kubernetes/{version('pulumi-gitlab-kubernetes')}",
            keep_base_url=True,
        )
        self._gitlab.headers.update(connection.headers)
        self._gitlab.session.max_redirects = _REDIRECTS
        if connection.certificate:
            self._gitlab.session.cert = connection.certificate
        self.transport = Transport(self._retries, self.clock, connection.timeout)
        for scheme in ("http://", "https://"):
            self._gitlab.session.mount(scheme, self.transport)

    def _say(self, message: str) -> None:
        self.say(message)

    def attempts(self, *reason: str) -> Iterator[None]:
        """Yield for each attempt at what requests do not repeat by themselves.

        Args:
            reason: What the pauses between them are for, where GitLab does answer.
        """
        return self._retries.attempts(*reason)

    def user_id(self) -> int:
        """Return the id of the token's user, asking GitLab once a run."""
        return _IDS.get(self.connection, _USER, self._ask_user)

    def require_gitlab(self) -> None:
        """Make sure that it is GitLab that answers, and that it takes the token.

        A 404, and the empty answer to a deletion, prove neither. Without a header that only GitLab
        sends it is asked for the token's user, once a run. A CI job has the address from GitLab.

        Raises:
            GitLabError: It is not, or does not, or cannot be asked.
        """
        if self.connection.job or self._gitlab.known:
            return
        try:
            self.user_id()
        except NotFoundError as error:
            raise GitLabError(not_gitlab(self.connection.url)) from error

    def project_id(self, project: str) -> int:
        """Return a project's numeric id, asking GitLab once a run for each path.

        Args:
            project: The project's id or full path.

        Raises:
            NotFoundError: It does not exist, or this user may not see it.
        """
        if project.isdecimal():
            return int(project)
        if self.connection.job and self.connection.job[0] == project:
            return int(self.connection.job[1])
        return _IDS.get(self.connection, project, lambda: self._ask_project(project))

    def project_visible(self, project: str) -> bool:
        """Tell whether this user can see a project; a CI job's token cannot even ask."""
        try:
            self._ask_project(project)
        except GitLabError as error:
            if self.connection.job or isinstance(error, NotFoundError):
                return False
            raise
        return True

    def clusters(self, project_id: int) -> Collection:
        """Return a project's certificate-based clusters."""
        return self._of_project(project_id, "clusters", "project.id", "environment_scope")

    def agents(self, project_id: int) -> Collection:
        """Return a project's agents for Kubernetes."""
        return self._of_project(project_id, "cluster_agents", "config_project.id")

    def environments(self, project_id: int) -> Collection:
        """Return a project's environments."""
        return self._of_project(project_id, "environments", "project.id", "state")

    def tokens(self, project_id: int, agent_id: int) -> Collection:
        """Return an agent's active tokens; their list lacks `last_used_at`."""
        texts = {"texts": ("name", "created_at"), "once": ("token",)}
        return self._of_agent(project_id, agent_id, ClusterAgentTokenManager, **texts)

    def url_configurations(self, project_id: int, agent_id: int) -> Collection:
        """Return an agent's URL configurations: one at most."""
        texts = {"texts": ("url",)}
        return self._of_agent(project_id, agent_id, ClusterAgentUrlConfigurationManager, **texts)

    def protected_environments(self, project_id: int) -> Collection:
        """Return a project's protected environments, which GitLab Free does not have."""
        return project_collection(self._gitlab, project_id, "protected_environments")

    def _of_project(self, project_id: int, name: str, owner: str, *texts: str) -> Collection:
        key = self.connection, name
        return project_collection(
            self._gitlab,
            project_id,
            name,
            texts=("name", *texts),
            owner={owner: project_id},
            listing=_LISTINGS.get(self.connection.url, project_id, key),
            ensure=self.require_gitlab,
            written=self._forget(project_id),
        )

    def _of_agent(
        self,
        project_id: int,
        agent_id: int,
        manager: type[RESTManager[Any]],
        **texts: tuple[str, ...],
    ) -> Collection:
        return agent_collection(
            self._gitlab,
            project_id,
            agent_id,
            manager,
            owner={"agent_id": agent_id},
            ensure=self.require_gitlab,
            written=self._forget(project_id),
            **texts,
        )

    def _forget(self, project_id: int) -> Callable[[], None]:
        return lambda: _LISTINGS.forget(self.connection.url, project_id)

    def _ask_user(self) -> int:
        with gitlab_errors(self._gitlab):
            return int(thing(self._gitlab.http_get(_USER), "username")["id"])

    def _ask_project(self, project: str) -> int:
        try:
            with gitlab_errors(self._gitlab):
                answer = self._gitlab.http_request("get", f"/projects/{EncodedId(project)}")
                asked = {"id": int(project)} if project.isdecimal() else {}
                found = thing(answer.json(), "path_with_namespace", expected=asked)
        except GitLabError as error:
            if not self.connection.job or error.status is None:
                raise
            raise GitLabError(
                f"a CI job token cannot look up {project}: give the project's id; only its own "
                "project may be given by its path"
            ) from error
        path = found["path_with_namespace"]
        # Since 16.7 GitLab redirects from where a project was before; until then it answers so.
        if not (asked or answer.history or path.casefold() == project.casefold()):
            raise GitLabError(
                f"{self.connection.url} answers with project {path} for {project}: give its "
                "present path, if it was moved there"
            )
        return int(found["id"])


class _Ids:
    """The ids of projects given by path, and of users, for as long as this process runs."""

    def __init__(self) -> None:
        self._ids: dict[tuple[Connection, str], int] = {}
        self._locks: dict[tuple[Connection, str], threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, connection: Connection, path: str, ask: Callable[[], int]) -> int:
        key = connection, path
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:  # Threads that want the same project ask once.
            if key not in self._ids:
                self._ids[key] = ask()
            return self._ids[key]


class _Pools:
    """The network connections of this process, which its threads share."""

    def __init__(self) -> None:
        self._shared: dict[Connection, Transport] = {}
        self._lock = threading.Lock()

    def share(self, client: Client) -> None:
        """Let a client use what others with the same settings have opened, and they its own."""
        with self._lock:
            first = self._shared.setdefault(client.connection, client.transport)
        client.transport.poolmanager = first.poolmanager
        client.transport.proxy_manager = first.proxy_manager


_IDS = _Ids()
_POOLS = _Pools()
_LISTINGS = Listings()
_LOCAL = threading.local()


def client_for(connection: Connection, say: Callable[[str], None]) -> Client:
    """Return this thread's client: requests' sessions are not promised to be thread-safe.

    The network connections below them, which are urllib3's, are shared: each request takes one that
    is idle, so there are never more than there are threads.

    Args:
        connection: Where and as whom.
        say: Shows a passing message of the call that the client is for.
    """
    clients: dict[Connection, Client] = _LOCAL.__dict__.setdefault("clients", {})
    if connection not in clients:
        clients[connection] = Client(connection)
        _POOLS.share(clients[connection])
    clients[connection].say = say
    clients[connection].deadline.renew()
    return clients[connection]

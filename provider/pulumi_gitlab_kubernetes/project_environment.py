"""Environments of a project. See https://docs.gitlab.com/api/environments/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pulumi

from ._descriptions import look_up
from ._dynamic import Resource
from ._environment_stop import stop
from ._fields import Change, Failure, Field, Output, Schema, Type, Values
from ._provider import Provider
from ._rules import (
    all_of,
    at_most,
    dns_label,
    id_number,
    one_of,
    web_address,
    with_password,
    without_scheme,
)
from ._shared_fields import (
    ADOPT_EXISTING,
    AGENT_HINT,
    CONNECTION,
    CREATED_AT,
    PROJECT,
    WHOLE_AGENT_ID,
)
from .errors import FORBIDDEN, GitLabError, NotFoundError

if TYPE_CHECKING:
    from ._connection import Client
    from ._managers import Collection
    from ._session import Session

TIERS = ("production", "staging", "testing", "development", "other")
_AGENT_KEYS = ("cluster_agent", "kubernetes_namespace", "flux_resource_path")
_BOUND = ("cluster_agent_id", "kubernetes_namespace", "flux_resource_path")
_NAME = re.compile(r"[\w\-${}. ](?:[\w\-${}. /]*[\w\-${}. ])?", re.ASCII)
_NAME_LENGTH = 255


def _environment_name(value: str) -> str | None:
    if len(value) > _NAME_LENGTH:
        return f"must have at most {_NAME_LENGTH} characters, and has {len(value)}"
    if not _NAME.fullmatch(value):
        return (
            "must hold only letters, digits, spaces and - _ / $ { } . and must not start or end "
            "with /"
        )
    return None


def _not_negative(value: float) -> str | None:
    return None if value >= 0 else "must be a number of seconds, 0 or more"


def _bound(values: Values) -> Iterator[Failure]:
    """GitLab wants an agent for a namespace, and a namespace for a Flux resource."""
    if "kubernetes_namespace" in values and "cluster_agent_id" not in values:
        yield Failure("kubernetes_namespace", "needs an agent: set cluster_agent_id too")
    if "flux_resource_path" in values and "kubernetes_namespace" not in values:
        yield Failure("flux_resource_path", "needs a namespace: set kubernetes_namespace too")


class ProjectEnvironmentProvider(Provider):
    """Creates, edits, stops and deletes environments."""

    name = "ProjectEnvironment"
    noun = "environment"
    ids = ("project_id", "environment_id")
    role = "Developer"
    reader = "Reporter"
    job_token = True
    hidden = "the token's user may not see environments there, or the project has CI/CD off"
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="name",
                doc="Name of the environment.",
                required=True,
                sent="name",
                shown="name",
                check=_environment_name,
            ),
            Field(
                name="external_url",
                doc="Where the environment can be seen.",
                change=Change.UPDATE,
                sent="external_url",
                shown="external_url",
                check=all_of(at_most(255), web_address),
                warn=all_of(without_scheme, with_password),
            ),
            Field(
                name="description",
                doc="What the environment is for.",
                change=Change.UPDATE,
                sent="description",
                shown="description",
                check=at_most(10_000),
            ),
            Field(
                name="tier",
                doc=f"One of {', '.join(f'`{tier}`' for tier in TIERS)}.",
                change=Change.UPDATE,
                sent="tier",
                shown="tier",
                check=one_of(*TIERS),
            ),
            Field(
                name="auto_stop_setting",
                doc="`always` or `with_action`.",
                change=Change.UPDATE,
                default="always",
                sent="auto_stop_setting",
                shown="auto_stop_setting",
                check=one_of("always", "with_action"),
            ),
            Field(
                name="cluster_agent_id",
                doc="Id of the agent that shows the environment's cluster: `agent.agent_id`.",
                type=Type.INTEGER,
                hint=AGENT_HINT,
                whole=WHOLE_AGENT_ID,
                change=Change.UPDATE,
                sent="cluster_agent_id",
                shown="cluster_agent.id",
                check=id_number,
            ),
            Field(
                name="kubernetes_namespace",
                doc="Namespace of the environment in the cluster; needs an agent.",
                change=Change.UPDATE,
                sent="kubernetes_namespace",
                shown="kubernetes_namespace",
                check=dns_label,
            ),
            Field(
                name="flux_resource_path",
                doc="Path of the Flux resource that deploys it; needs a namespace.",
                change=Change.UPDATE,
                sent="flux_resource_path",
                shown="flux_resource_path",
                check=at_most(255),
            ),
            Field(
                name="stop_before_destroy",
                doc="Whether destroying stops the environment first.",
                type=Type.BOOLEAN,
                change=Change.LOCAL,
                default=True,
            ),
            Field(
                name="force_stop",
                doc="Whether stopping skips the environment's on-stop job.",
                type=Type.BOOLEAN,
                change=Change.LOCAL,
                default=False,
            ),
            Field(
                name="stop_timeout",
                doc="How long to wait for the on-stop job, in seconds.",
                type=Type.NUMBER,
                change=Change.LOCAL,
                default=1200,
                check=_not_negative,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            Output(name="slug", doc="Name in a form for URLs and DNS.", shown="slug"),
            Output(name="state", doc="`available`, `stopping` or `stopped`.", shown="state"),
            CREATED_AT,
            Output(
                name="updated_at",
                doc="When it last changed, as of the last `up` that changed it.",
                shown="updated_at",
                volatile=True,
            ),
            Output(
                name="auto_stop_at",
                doc="When it stops by itself, as of the last `up` that changed it.",
                shown="auto_stop_at",
                volatile=True,
            ),
        ),
        rules=(_bound,),
    )

    def collection(self, client: Client, ids: tuple[int, ...]) -> Collection:
        """Return the project's environments."""
        return client.environments(ids[0])

    def find(self, things: Collection, inputs: Values) -> Values | None:
        """Find the environment of that name."""
        name = inputs["name"]
        return next((each for each in things.list(name=name) if each["name"] == name), None)

    def body(self, names: tuple[str, ...], olds: Values, news: Values) -> Values:
        """Clear what depends on a cleared agent or namespace in the same request."""
        del olds
        first = next((i for i, name in enumerate(_BOUND) if name in names and name not in news), 3)
        return self.schema.payload(news, tuple(dict.fromkeys((*names, *_BOUND[first:]))))

    def reveal(self, client: Client, ids: tuple[int, ...], answer: Values, state: Values) -> Values:
        """Tell an environment without an agent from one whose agent this user may not see.

        GitLab leaves out the same keys for both; only who may read agents knows the first.
        """
        if any(key in answer for key in _AGENT_KEYS) or not any(key in state for key in _BOUND):
            return answer
        if client.connection.job or not client.agents(ids[0]).readable_lately():
            return answer
        return {**answer, **dict.fromkeys(_AGENT_KEYS)}

    def forbidden(self, client: Client, values: Values) -> str:
        """Look whether the environment is a protected one, which the role alone does not open."""
        try:
            project_id = client.project_id(str(values["project"]))
            protected = {
                each["name"]: each for each in client.protected_environments(project_id).list()
            }
        except NotFoundError:
            return ""  # GitLab Free has none.
        except GitLabError:
            return "; if it is a protected environment, its user must be one who may deploy to it"
        if (found := protected.get(values.get("name"))) is None:
            return ""
        levels = found.get("deploy_access_levels")
        levels = levels if isinstance(levels, list) else []
        named = (look_up(each, "access_level_description")[1] for each in levels)
        who = ", ".join(str(each) for each in named if each)
        return f"; it is a protected environment, to which only these may deploy: {who or 'nobody'}"

    def remove(self, things: Collection, id_: int, olds: Values, session: Session) -> None:
        """Stop the environment, wait until it has stopped, delete it."""
        if olds.get("stop_before_destroy", True):
            stop(things, id_, olds, session)
        elif (state := things.get(id_)["state"]) != "stopped":
            raise GitLabError(
                f"it is {state}, and GitLab only deletes a stopped environment: stop it, or set "
                "stop_before_destroy=True and run `pulumi up` first"
            )
        try:
            things.delete(id_)
        except GitLabError as error:
            if error.status != FORBIDDEN or (state := things.get(id_)["state"]) == "stopped":
                raise
            raise GitLabError(
                f"it is {state} again, since something was deployed to it after it had stopped: "
                "run this once more"
            ) from error


class ProjectEnvironment(Resource, module="gitlab", name="ProjectEnvironment"):
    """An environment of a project, bound to an agent where one is given.

    Follows https://docs.gitlab.com/api/environments/#create-a-new-environment. An optional
    argument that is not set is not managed: GitLab CI may write it on each deployment.
    """

    project: pulumi.Output[str]
    name: pulumi.Output[str]
    external_url: pulumi.Output[str | None]
    description: pulumi.Output[str | None]
    tier: pulumi.Output[str | None]
    auto_stop_setting: pulumi.Output[str]
    cluster_agent_id: pulumi.Output[int | None]
    kubernetes_namespace: pulumi.Output[str | None]
    flux_resource_path: pulumi.Output[str | None]
    stop_before_destroy: pulumi.Output[bool]
    force_stop: pulumi.Output[bool]
    stop_timeout: pulumi.Output[float]
    connection: pulumi.Output[str]
    adopt_existing: pulumi.Output[bool]
    slug: pulumi.Output[str]
    state: pulumi.Output[str]
    created_at: pulumi.Output[str]
    updated_at: pulumi.Output[str]
    auto_stop_at: pulumi.Output[str | None]

    _core = ProjectEnvironmentProvider()

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        project: pulumi.Input[str | int],
        name: pulumi.Input[str],
        external_url: pulumi.Input[str | None] = None,
        description: pulumi.Input[str | None] = None,
        tier: pulumi.Input[str | None] = None,
        auto_stop_setting: pulumi.Input[str | None] = None,
        cluster_agent_id: pulumi.Input[int | str | None] = None,
        kubernetes_namespace: pulumi.Input[str | None] = None,
        flux_resource_path: pulumi.Input[str | None] = None,
        stop_before_destroy: pulumi.Input[bool | None] = None,
        force_stop: pulumi.Input[bool | None] = None,
        stop_timeout: pulumi.Input[float | None] = None,
        connection: pulumi.Input[str | None] = None,
        adopt_existing: pulumi.Input[bool | None] = None,
    ) -> None:
        """Create an environment in a project.

        Args:
            resource_name: The resource's name in the stack.
            opts: Pulumi's resource options.
            project: Id or full path of the project; another project replaces the environment.
            name: Name of the environment; a change replaces it. A folder before the first `/`, as
                in `review/fix-login`, groups environments.
            external_url: Where the environment can be seen.
            description: What it is for.
            tier: `production`, `staging`, `testing`, `development` or `other`; GitLab guesses from
                the name when it is not set.
            auto_stop_setting: `always` (default) or `with_action`.
            cluster_agent_id: Id of the agent in this project that shows the cluster:
                `agent.agent_id`, or `agent.id`.
            kubernetes_namespace: Namespace in the cluster; needs `cluster_agent_id`.
            flux_resource_path: Path of the Flux resource that deploys it, such as
                `kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/app`; needs
                `kubernetes_namespace`.
            stop_before_destroy: Whether destroying stops the environment first, true by default.
            force_stop: Whether stopping skips the on-stop job, false by default.
            stop_timeout: How long destroying waits for the on-stop job, in seconds, 1200 by
                default.
            connection: Configuration namespace of the GitLab to talk to, `gitlab` by default.
            adopt_existing: Whether to take over an environment that already has this name.
        """
        inputs = {
            "project": project,
            "name": name,
            "external_url": external_url,
            "description": description,
            "tier": tier,
            "auto_stop_setting": auto_stop_setting,
            "cluster_agent_id": cluster_agent_id,
            "kubernetes_namespace": kubernetes_namespace,
            "flux_resource_path": flux_resource_path,
            "stop_before_destroy": stop_before_destroy,
            "force_stop": force_stop,
            "stop_timeout": stop_timeout,
            "connection": connection,
            "adopt_existing": adopt_existing,
        }
        super().__init__(resource_name, inputs, opts)

    @property
    def environment_id(self) -> pulumi.Output[int]:
        """GitLab's id of the environment, known also when an update is previewed."""
        return self._id_part("environment_id")

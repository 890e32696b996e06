"""Environments of a project. See https://docs.gitlab.com/api/environments/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.identity import Unique
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.schema import Failure, Schema
from pulumi_gitlab_kubernetes.core.shared_fields import (
    ADOPT_EXISTING,
    ADOPTED_AT,
    AGENT,
    CONNECTION,
    CREATED_AT,
    PROJECT,
    SCHEMA_VERSION,
)
from pulumi_gitlab_kubernetes.core.validators import (
    all_of,
    at_most,
    dns_label,
    id_number,
    web_address,
    with_password,
    without_scheme,
)
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import FORBIDDEN, GitLabError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.objects import look_up
from pulumi_gitlab_kubernetes.gitlab.places import (
    AGENTS,
    PROTECTED_ENVIRONMENTS,
    Ids,
    Listing,
    Place,
)
from pulumi_gitlab_kubernetes.kinds.environment_stop import stop

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.core.context import CallContext
    from pulumi_gitlab_kubernetes.gitlab.client import Client
    from pulumi_gitlab_kubernetes.gitlab.collection import Collection

TIERS = ("production", "staging", "testing", "development", "other")
_AGENT_KEYS = ("cluster_agent", "kubernetes_namespace", "flux_resource_path")
_BOUND = ("cluster_agent_id", "kubernetes_namespace", "flux_resource_path")
_NAME = re.compile(r"[\w\-${}. ](?:[\w\-${}. /]*[\w\-${}. ])?", re.ASCII)
_NAME_LENGTH = 255
_SEARCH_LENGTH = 3


def _environment_name(value: str) -> str | None:
    if len(value) > _NAME_LENGTH:
        return f"must have at most {_NAME_LENGTH} characters, and has {len(value)}"
    if not _NAME.fullmatch(value):
        return (
            "must contain only letters, digits, spaces and - _ / $ { } . and must not start or end "
            "with /"
        )
    return None


def _search(value: str) -> str | None:
    return None if len(value) >= _SEARCH_LENGTH else "must have at least 3 characters"


def _name_or_search(values: Values) -> Iterator[Failure]:
    if "name" in values and "search" in values:
        yield Failure("search", "cannot be used together with {name}: set one of them")


def _not_negative(value: float) -> str | None:
    return None if value >= 0 else "must be a number of seconds, 0 or more"


def _bound(values: Values) -> Iterator[Failure]:
    """Require an agent for a namespace, and a namespace for a Flux resource, as GitLab does."""
    if "kubernetes_namespace" in values and "cluster_agent_id" not in values:
        yield Failure("kubernetes_namespace", "needs an agent: set {cluster_agent_id} too")
    if "flux_resource_path" in values and "kubernetes_namespace" not in values:
        yield Failure("flux_resource_path", "needs a namespace: set {kubernetes_namespace} too")


class ProjectEnvironmentKind(Kind):
    """The kind of environments."""

    doc = (
        "An environment of a project, which can show the cluster of an agent.\n\n"
        "An optional argument that is not set is not managed, because GitLab CI/CD can change it "
        "with each deployment."
    )
    docs_url = "https://docs.gitlab.com/api/environments/#create-a-new-environment"
    name = "ProjectEnvironment"
    published_type = "gitlab:index/projectEnvironment:ProjectEnvironment"
    noun = "environment"
    place = Place(
        "/projects/{}/environments",
        texts=("name", "state"),
        owner="project.id",
        listing=Listing.FULL,
    )
    identity = Unique("name", searchable=True)
    ids = ("project_id", "environment_id")
    write_role = "Developer"
    read_role = "Reporter"
    job_token = True
    lookup_outputs = (
        Output(
            name="cluster_agent",
            type=Type.MAP,
            doc="The agent that shows the cluster, if the token's user may read agents.",
            optional=True,
            response_key="cluster_agent",
            fields=(
                Output(name="id", type=Type.INTEGER, doc="The ID of the agent."),
                Output(name="name", doc="The name of the agent."),
            ),
        ),
        Output(
            name="last_deployment",
            type=Type.MAP,
            doc="The last successful deployment, if there is one.",
            optional=True,
            response_key="last_deployment",
            fields=(
                Output(name="id", type=Type.INTEGER, doc="The ID of the deployment."),
                Output(name="iid", type=Type.INTEGER, doc="Its number in the project."),
                Output(name="ref", doc="The branch or tag."),
                Output(name="sha", doc="The commit."),
                Output(name="status", doc="Its status, such as `success`."),
                Output(name="created_at", type=Type.TIMESTAMP, doc="When it was created."),
            ),
        ),
    )
    list_filters = (
        Field(
            name="name",
            doc="Return the environment with this name.",
            request_key="name",
            check=_environment_name,
        ),
        Field(
            name="search",
            doc="Return environments whose names start with this text of at least 3 characters.",
            request_key="search",
            check=_search,
        ),
        Field(
            name="states",
            doc="Return environments in this state.",
            request_key="states",
            choices=("available", "stopping", "stopped"),
        ),
    )
    list_checks = (_name_or_search,)
    unavailable = "the token's user may not see environments there, or the project has CI/CD off"
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="name",
                doc=(
                    "The name of the environment. A folder before the first `/`, as in "
                    "`review/fix-login`, groups environments."
                ),
                required=True,
                request_key="name",
                response_key="name",
                check=_environment_name,
            ),
            Field(
                name="external_url",
                doc="The URL of the environment.",
                change=Change.UPDATE,
                request_key="external_url",
                response_key="external_url",
                check=all_of(at_most(255), web_address),
                warn=all_of(without_scheme, with_password),
            ),
            Field(
                name="description",
                doc="What the environment is for.",
                change=Change.UPDATE,
                request_key="description",
                response_key="description",
                check=at_most(10_000),
            ),
            Field(
                name="tier",
                doc=(
                    f"One of {', '.join(f'`{tier}`' for tier in TIERS)}. If it is not set, GitLab "
                    "guesses it from the name."
                ),
                change=Change.UPDATE,
                choices=TIERS,
                request_key="tier",
                response_key="tier",
            ),
            Field(
                name="auto_stop_setting",
                doc="`always` or `with_action`.",
                change=Change.UPDATE,
                default="always",
                choices=("always", "with_action"),
                request_key="auto_stop_setting",
                response_key="auto_stop_setting",
            ),
            Field(
                name="cluster_agent_id",
                doc=(
                    "The ID of the agent in this project that shows the cluster: `agent.agent_id` "
                    "or `agent.id`."
                ),
                type=Type.INTEGER,
                reference=AGENT,
                change=Change.UPDATE,
                request_key="cluster_agent_id",
                response_key="cluster_agent.id",
                check=id_number,
            ),
            Field(
                name="kubernetes_namespace",
                doc="The namespace in the cluster. It needs `cluster_agent_id`.",
                change=Change.UPDATE,
                request_key="kubernetes_namespace",
                response_key="kubernetes_namespace",
                check=dns_label,
            ),
            Field(
                name="flux_resource_path",
                doc=(
                    "The path of the Flux resource that deploys the environment, such as "
                    "`kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations/app`. "
                    "It needs `kubernetes_namespace`."
                ),
                change=Change.UPDATE,
                request_key="flux_resource_path",
                response_key="flux_resource_path",
                check=at_most(255),
            ),
            Field(
                name="stop_before_destroy",
                doc="Whether to stop the environment before it is deleted.",
                type=Type.BOOLEAN,
                change=Change.STATE_ONLY,
                default=True,
            ),
            Field(
                name="force_stop",
                doc="Whether to stop the environment without its on-stop job.",
                type=Type.BOOLEAN,
                change=Change.STATE_ONLY,
                default=False,
            ),
            Field(
                name="stop_timeout",
                doc="How long to wait for the on-stop job, in seconds.",
                type=Type.NUMBER,
                change=Change.STATE_ONLY,
                default=1200,
                check=_not_negative,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            Output(name="slug", doc="The name in a form for URLs and DNS.", response_key="slug"),
            Output(name="state", doc="`available`, `stopping` or `stopped`.", response_key="state"),
            CREATED_AT,
            Output(
                name="updated_at",
                type=Type.TIMESTAMP,
                doc="When it last changed, as of the last `pulumi up` that changed it.",
                response_key="updated_at",
                volatile=True,
            ),
            Output(
                name="auto_stop_at",
                type=Type.TIMESTAMP,
                optional=True,
                doc="When GitLab stops it, as of the last `pulumi up` that changed it.",
                response_key="auto_stop_at",
                volatile=True,
            ),
            ADOPTED_AT,
            SCHEMA_VERSION,
        ),
        cross_checks=(_bound,),
    )

    def update_body(self, names: tuple[str, ...], news: Values) -> Values:
        """Clear the inputs that depend on a cleared agent or namespace in the same request."""
        first = next((i for i, name in enumerate(_BOUND) if name in names and name not in news), 3)
        return self.schema.payload(news, tuple(dict.fromkeys((*names, *_BOUND[first:]))))

    def complete_response(
        self, client: Client, ids: Ids, response: Values, state: Values
    ) -> Values | None:
        """Add empty values if the environment has no agent.

        GitLab omits the keys if the environment has no agent, and also if this user may not read
        agents. Only a user who may read agents can be sure.
        """
        if any(key in response for key in _AGENT_KEYS) or not any(key in state for key in _BOUND):
            return None
        if client.connection.job or not client.collection(AGENTS, ids[:1]).readable_cached():
            return None
        return {**response, **dict.fromkeys(_AGENT_KEYS)}

    def why_forbidden(self, client: Client, values: Values) -> str | None:
        """Return who may deploy if the environment is protected, as the role is not sufficient."""
        try:
            project_id = client.project_id(str(values["project"]))
            protected = {
                each["name"]: each
                for each in client.collection(PROTECTED_ENVIRONMENTS, (project_id,)).list()
            }
        except NotFoundError:
            return ""  # GitLab Free has no protected environments.
        except GitLabError:
            return "; if it is a protected environment, the user must be allowed to deploy to it"
        if (found := protected.get(values.get("name"))) is None:
            return ""
        levels = found.get("deploy_access_levels")
        levels = levels if isinstance(levels, list) else []
        named = (look_up(each, "access_level_description")[1] for each in levels)
        who = ", ".join(str(each) for each in named if each)
        return f"; it is a protected environment, only these may deploy to it: {who or 'nobody'}"

    def delete_specially(
        self, collection: Collection, id_: Any, olds: Values, context: CallContext
    ) -> bool:
        """Stop the environment, wait until it has stopped, and delete it."""
        if olds.get("stop_before_destroy", True):
            stop(collection, id_, olds, context)
        elif (state := collection.get(id_)["state"]) != "stopped":
            raise GitLabError(
                f"it is {state}, and GitLab only deletes a stopped environment: stop it, or "
                f"{context.spelling.before_destroy('stop_before_destroy')}"
            )
        try:
            collection.delete(id_)
        except GitLabError as error:
            if error.status != FORBIDDEN or (state := collection.get(id_)["state"]) == "stopped":
                raise
            raise GitLabError(
                f"it is {state} again, because something was deployed to it after it stopped: run "
                "this again"
            ) from error
        return True

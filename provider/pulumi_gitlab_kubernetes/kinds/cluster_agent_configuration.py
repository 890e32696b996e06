"""Configuration files of agents. See https://docs.gitlab.com/user/clusters/agent/work_with_agent/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_gitlab_kubernetes.core.claims import Keys
from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.identity import Unique
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.schema import Failure, Schema
from pulumi_gitlab_kubernetes.core.shared_fields import (
    ADOPT_EXISTING,
    ADOPTED_AT,
    CONNECTION,
    PROJECT,
    SCHEMA_VERSION,
)
from pulumi_gitlab_kubernetes.core.spelling import PYTHON, in_order
from pulumi_gitlab_kubernetes.core.validators import dns_label
from pulumi_gitlab_kubernetes.core.values import Type, Values
from pulumi_gitlab_kubernetes.errors import GitLabError, NotFoundError
from pulumi_gitlab_kubernetes.gitlab.files import Commit
from pulumi_gitlab_kubernetes.gitlab.places import Ids, Listing, Place
from pulumi_gitlab_kubernetes.gitlab.yaml_text import why_no_content
from pulumi_gitlab_kubernetes.kinds.agent_settings import ADDITIONAL, SETTINGS, unknown_keys

if TYPE_CHECKING:
    from pulumi_gitlab_kubernetes.gitlab.client import Client
    from pulumi_gitlab_kubernetes.gitlab.collection import Collection

_NAMES = {field.name: field.names for field in SETTINGS}
_SECTIONS = _NAMES.keys()
# See https://git-scm.com/docs/git-check-ref-format. GitLab also refuses HEAD and full references.
_BRANCH = re.compile(
    r"(?!-|/|\.|@\Z|HEAD\Z|refs/(heads|remotes|tags)/)"
    r"(?!.*(\.\.|//|/\.|@\{|\.lock(/|\Z)|[/.]\Z))"
    r"[^\s\x00-\x20\x7f~^:?*\[\\]+"
)
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")


def _branch(value: str) -> str | None:
    return None if _BRANCH.fullmatch(value) else "must be the name of a branch, such as main"


def _author(value: str) -> str | None:
    return "must not contain < or >" if {"<", ">"} & set(value) else None


def _email(value: str) -> str | None:
    return None if _EMAIL.fullmatch(value) else "must be an email address"


def _once(values: Values) -> Iterator[Failure]:
    """Require each section in one place."""
    additional = values.get(ADDITIONAL)
    if isinstance(additional, Mapping):
        for name in sorted(_SECTIONS & additional.keys() & values.keys()):
            yield Failure(ADDITIONAL, f"must not contain {name}: {{{name}}} is set too")


@dataclass(frozen=True)
class _Sections:
    """The sections of a file, which are the settings of a resource.

    Args:
        values: The inputs or outputs of the resource.
        olds: The outputs in the state.
    """

    values: Mapping[str, Any]
    olds: Mapping[str, Any]

    def shown(self, content: Values) -> Values:
        """Return the sections as settings. Those in `additional_settings` stay there."""
        additional = self.values.get(ADDITIONAL)
        if isinstance(additional, Mapping):
            others = {name: content[name] for name in additional if name in content}
        else:
            others = {name: each for name, each in content.items() if name not in _SECTIONS}
        typed = {name: content.get(name) for name in _SECTIONS if name not in others}
        return {**typed, ADDITIONAL: others or None}

    def changed(self, content: Values, data: Values) -> Values:
        """Return the sections with new settings. What no resource manages stays."""
        old = _flat(self.olds)
        removed = {name: None for name in _flat(self.olds, ADDITIONAL) if ADDITIONAL in data}
        new = {**removed, **in_order(_flat(data), _NAMES)}
        for name, wanted in new.items():
            if name in old and content.get(name) not in (old[name], wanted):
                raise GitLabError(
                    f"{name} has changed in GitLab since the last refresh: run `pulumi refresh` "
                    "to see how, then `pulumi up`"
                )
            if name not in old and name in data:
                lost = next(unknown_keys(content.get(name), _NAMES[name], name), None)
                if lost:
                    raise GitLabError(
                        f"{lost} in the file is not known, and would be removed: write the whole "
                        f"section {name} in the additional settings, or remove it from the file"
                    )
        return {name: each for name, each in {**content, **new}.items() if each is not None}


def _flat(settings: Mapping[str, Any], *names: str) -> Values:
    """Return settings as the sections of a file."""
    wanted = {
        name: settings[name] for name in names or (*_SECTIONS, ADDITIONAL) if name in settings
    }
    additional = wanted.pop(ADDITIONAL, None) or {}
    return {**wanted, **additional}


class ClusterAgentConfigurationKind(Kind):
    """The kind of configuration files."""

    doc = (
        "The configuration file of an agent: which projects and groups may use it.\n\n"
        "The file is `.gitlab/agents/<name>/config.yaml` in the agent's project. Each create, "
        "update and delete is a commit of this file alone. A section that is not set is not "
        "managed: an update keeps it. Comments are not kept. Agents only read the file in the "
        "default branch."
    )
    docs_url = "https://docs.gitlab.com/user/clusters/agent/work_with_agent/#configure-your-agent"
    name = "ClusterAgentConfiguration"
    noun = "agent configuration"
    place = Place(
        "/projects/{}/repository/files",
        texts=("agent_name",),
        listing=Listing.FULL,
        key="agent_name",
        file=".gitlab/agents/{}/config.yaml",
    )
    identity = Unique("agent_name", within=("branch",))
    name_input = "agent_name"
    ids = ("project_id", "agent_name")
    write_role = "Developer"
    read_role = "Reporter"
    unavailable = (
        "the token's user may not see the repository there, or the project has it turned off"
    )
    schema = Schema(
        fields=(
            PROJECT,
            Field(
                name="agent_name",
                doc="The name of the agent. The agent does not have to exist yet.",
                required=True,
                request_key="agent_name",
                response_key="agent_name",
                check=dns_label,
            ),
            *SETTINGS,
            Field(
                name=ADDITIONAL,
                type=Type.MAP,
                doc=(
                    "Other sections of the file, such as `container_scanning` or those of a newer "
                    "GitLab, with GitLab's own names. A section can be here or in its own argument."
                ),
                change=Change.UPDATE,
                request_key=ADDITIONAL,
                response_key=ADDITIONAL,
                check=why_no_content,
            ),
            Field(
                name="branch",
                doc="The branch. If it is not set, it is the default branch of the project.",
                check=_branch,
            ),
            Field(
                name="commit_message",
                doc="The message of each commit. If it is not set, it says what the commit does.",
                change=Change.CONTROL,
            ),
            Field(
                name="author_name",
                doc="The name of the author of each commit, instead of the token's user.",
                change=Change.CONTROL,
                check=_author,
            ),
            Field(
                name="author_email",
                doc="The email address of that author.",
                change=Change.CONTROL,
                check=_email,
            ),
            CONNECTION,
            ADOPT_EXISTING,
        ),
        outputs=(
            Output(
                name="file_path",
                doc="The path of the file in the repository.",
                response_key="file_path",
            ),
            ADOPTED_AT,
            SCHEMA_VERSION,
        ),
        cross_checks=(_once,),
    )

    def collection(
        self,
        client: Client,
        ids: Ids,
        values: Mapping[str, Any] | None = None,
        olds: Mapping[str, Any] | None = None,
    ) -> Collection:
        """Return the files of a project's agents."""
        values = values or {}
        commit = Commit(
            branch=values.get("branch", ""),
            message=values.get("commit_message", ""),
            author_name=values.get("author_name", ""),
            author_email=values.get("author_email", ""),
        )
        return client.files(self.place, ids, commit=commit, content=_Sections(values, olds or {}))

    def find(self, collection: Collection, inputs: Values) -> Values | None:
        """Return the existing file of the agent, if there is one."""
        try:
            return collection.get(inputs["agent_name"])
        except NotFoundError:
            return None

    def keys(self, client: Client, ids: Ids, values: Mapping[str, Any]) -> Keys:
        """Return one key, or two if the branch is the default branch: with and without its name."""
        key = self.key(client.connection.url, ids, values)
        default = client.default_branch(str(ids[0]))
        if key.within not in {(None,), (default,)}:
            return (key,)
        return (key._replace(within=(None,)), key._replace(within=(default,)))

    def as_declared(self, response: Values) -> Values:
        """Return sections with what is not known among the additional settings."""
        others = {
            field.name: value
            for field in SETTINGS
            if (value := response.get(field.name)) is not None
            and field.accept(value, PYTHON) != (value, {})
        }
        if not others:
            return response
        more = {**(response.get(ADDITIONAL) or {}), **others}
        return {**response, **dict.fromkeys(others), ADDITIONAL: more}

    def same_in_gitlab(self, name: str, olds: Values, news: Values, client: Client) -> bool:
        """Return whether `branch` is or was the default branch, with or without its name."""
        if name != "branch" or (name in olds and name in news):
            return False
        default = client.default_branch(str(olds["project_id"]))
        return bool(olds.get(name, default) == news.get(name, default))

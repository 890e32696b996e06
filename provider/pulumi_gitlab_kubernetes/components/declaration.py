"""The arguments and outputs of the component `GitLabAgent` as data.

The Python classes, the package schema and the check come from here. What an argument passes on to a
child is the field of that child's kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pulumi_gitlab_kubernetes.certificates import validators as certificates
from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.shared_fields import (
    ADOPT_EXISTING,
    AGENT_ID,
    CONNECTION,
    PROJECT,
)
from pulumi_gitlab_kubernetes.core.spelling import PYTHON
from pulumi_gitlab_kubernetes.core.validators import dns_label, url
from pulumi_gitlab_kubernetes.core.values import Type
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.registry import kind_for

NAME = "GitLabAgent"
"""The name of the component."""

DOC = (
    "An agent for Kubernetes with its token, and what its cluster needs to connect to GitLab.\n\n"
    "It also declares the environments that the agent's cluster has, and the URL configuration of "
    "a receptive agent. `helm_values` are the values of GitLab's Helm chart `gitlab-agent`. A "
    "rotation of the token changes them, so that the chart restarts the agent."
)
DOCS_URL = "https://docs.gitlab.com/user/clusters/agent/install/"

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_SUBDOMAIN_LENGTH = 253
_NEEDED = ("kas_address", "secret_name")  # Without a value, the agent could not connect.


@dataclass(frozen=True, kw_only=True)
class Group:
    """An argument with named values in it.

    Args:
        name: The name in programs.
        doc: What it is, in sentences for the reference.
        noun: What one is, for the name of its type.
        kind: The kind of the child that gets the values.
        set_by_component: The child's arguments that the component sets.
        changes: What differs from the child's arguments, by name.
        by_name: Whether it is a map of them by name.
    """

    name: str
    doc: str
    noun: str
    kind: str
    set_by_component: tuple[str, ...]
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    by_name: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """The values in it."""
        return tuple(
            replace(each, change=Change.CONTROL, **self.changes.get(each.name, {}))
            for each in kind_for(self.kind).schema.fields
            if each.name not in (*self.set_by_component, PROJECT.name, CONNECTION.name)
        )

    @property
    def contains(self) -> str:
        """What its value is, for errors."""
        names = ", ".join(each.name for each in self.fields[:2])
        return f"a map of values, such as {names}" + (", for each name" if self.by_name else "")

    @property
    def type_name(self) -> str:
        """The name of its type in the package schema."""
        return f"{NAME}{self.noun}"

    @property
    def type_doc(self) -> str:
        """What its type is, for the reference."""
        return f"The values of {'one of ' if self.by_name else ''}`{self.name}`."


def check(name: str, value: Any) -> Any:
    """Return the known value of an argument that no child has.

    Args:
        name: The argument.
        value: Its value; `None` if it is an output without a value.

    Raises:
        InvalidInputError: It is wrong.
    """
    if value is None:
        if name in _NEEDED:
            raise InvalidInputError(name, "must not be null: leave it out instead")
        return None
    value, reasons = OWN[name].accept_set(value, PYTHON)
    for reason in reasons.values():
        raise InvalidInputError(name, reason)
    return value


def check_group(group: Group, values: Any) -> Mapping[str, Any]:
    """Return the known values in an argument.

    Args:
        group: The argument.
        values: Its values, or those of one of its names; `None` for none.

    Raises:
        InvalidInputError: They are no map, or contain one that the component sets.
    """
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise InvalidInputError(group.name, f"must contain {group.contains}")
    names = {each.name for each in group.fields}
    for each in kind_for(group.kind).schema.fields:
        if each.name in values and each.name not in names:
            raise InvalidInputError(
                f"{group.name}.{each.name}", "is set by the component: remove it"
            )
    return values


def _secret_name(value: str) -> str | None:
    """Accept the name of a Secret.

    See https://kubernetes.io/docs/concepts/overview/working-with-objects/names/.
    """
    if len(value) <= _SUBDOMAIN_LENGTH and _SUBDOMAIN.fullmatch(value):
        return None
    return "must contain only a-z, 0-9, - and ., and start and end with a letter or digit"


def _of(kind: str, argument: str, /, **changes: Any) -> Field:
    """Return an argument that a child has too."""
    found = next(each for each in kind_for(kind).schema.fields if each.name == argument)
    return replace(found, **{"change": Change.CONTROL, **changes})


_OWN = (
    Field(
        name="kas_address",
        doc=(
            "The address of the GitLab agent server (KAS). Defaults to that of the GitLab "
            "instance: `wss://kas.gitlab.com`, or `wss://<host>/-/kubernetes-agent/`. A receptive "
            "agent does not need it."
        ),
        change=Change.CONTROL,
        check=url("wss", "ws", "grpcs", "grpc"),
    ),
    Field(
        name="kas_ca_cert",
        doc=(
            "The certificate in PEM of the authority that signed the certificate of "
            "`kas_address`, if it is not a public one."
        ),
        change=Change.CONTROL,
        check=certificates.certificate,
    ),
    Field(
        name="secret_name",
        doc=(
            "The name of the Secret in the cluster that contains the token. `secret_manifest` is "
            "that Secret, and the program creates it. By default, `helm_values` contains the "
            "token, and the chart creates the Secret."
        ),
        change=Change.CONTROL,
        check=_secret_name,
    ),
    Field(
        name="namespace",
        doc="The namespace of the Secret in the cluster: that of the Helm release.",
        change=Change.CONTROL,
        check=dns_label,
    ),
)
OWN: Mapping[str, Field] = {each.name: each for each in _OWN}
"""The arguments that no child has, by name."""
RECEPTIVE = Group(
    name="receptive",
    noun="Receptive",
    doc=(
        "Makes the agent receptive: GitLab connects to the cluster (GitLab Ultimate, "
        "self-managed). GitLab authenticates with a JWT, unless you set `client_cert`. GitLab's "
        "chart does not fully support client certificates."
    ),
    kind="ClusterAgentUrlConfiguration",
    set_by_component=("agent_id", "adopt_existing"),
)
ENVIRONMENTS = Group(
    name="environments",
    noun="Environment",
    doc=(
        "The environments in the agent's cluster, by their names in GitLab. If an on-stop job "
        "needs the cluster, declare its environment after the Helm release instead."
    ),
    kind="ProjectEnvironment",
    set_by_component=("name", "cluster_agent_id"),
    changes={
        "kubernetes_namespace": {"doc": "The namespace in the cluster."},
        # SDKs would send a default, and that of the component would not count.
        "adopt_existing": {
            "default": None,
            "doc": f"{ADOPT_EXISTING.doc} Defaults to that of the component.",
        },
    },
    by_name=True,
)
ARGUMENTS: tuple[Field | Group, ...] = (
    replace(PROJECT, change=Change.CONTROL),
    _of("ClusterAgent", "name"),
    *OWN.values(),
    _of(
        "ClusterAgentToken",
        "name",
        name="token_name",
        required=False,
        doc="The name of the token, at most 255 characters. Defaults to the name of the agent.",
    ),
    _of("ClusterAgentToken", "description", name="token_description"),
    _of("ClusterAgentToken", "rotation_triggers"),
    _of("ClusterAgentToken", "rotate_after_days"),
    RECEPTIVE,
    ENVIRONMENTS,
    CONNECTION,
    replace(
        ADOPT_EXISTING,
        doc=(
            "Whether to adopt an agent, a URL configuration and environments that already exist in "
            "GitLab, instead of failing."
        ),
    ),
)
"""All arguments, in the order of the constructor. A native component has no `connection`."""

OUTPUTS = (
    Output(name="agent_id", type=AGENT_ID.type, doc="GitLab's ID of the agent."),
    Output(name="token", doc="The token with which the agent authenticates.", secret=True),
    Output(
        name="helm_values",
        type=Type.MAP,
        doc=(
            "The values for GitLab's Helm chart `gitlab-agent`. They contain the token, and are a "
            "secret, unless `secret_name` is set."
        ),
    ),
    Output(
        name="secret_manifest",
        type=Type.MAP,
        optional=True,
        secret=True,
        doc="The manifest of the Secret with the token, if `secret_name` is set.",
    ),
)
"""All outputs."""

CHILDREN: Mapping[str, tuple[str, str]] = {
    "agent": ("ClusterAgent", "The agent."),
    "token_resource": ("ClusterAgentToken", "The token."),
    "url_configuration": (
        "ClusterAgentUrlConfiguration",
        "The URL configuration, if the agent is receptive.",
    ),
    "environments": ("ProjectEnvironment", "The environments, by their names in GitLab."),
}
"""The kind and the description of each child, by the name in programs."""

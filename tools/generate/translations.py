"""The names of resources and arguments here and in the tools that users know.

Only what differs from this package's names is written here. The rest comes from the kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.generate.source import native_fields

from pulumi_gitlab_kubernetes.core.fields import Field
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.shared_fields import ADOPT_EXISTING, CONNECTION
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for

_NONE = "-"
_PUBLISHED = "Pulumi's GitLab package"
_HERE_ALONE = {CONNECTION.name, ADOPT_EXISTING.name}


@dataclass(frozen=True)
class Name:
    """A field's names elsewhere.

    Args:
        ui: The label in GitLab's user interface, or an empty text.
        published: Whether Pulumi's GitLab package and the Terraform provider have it, under the
            same name as here.
    """

    ui: str = ""
    published: bool = True


@dataclass(frozen=True)
class Resource:
    """A kind's names elsewhere.

    Args:
        terraform: The resource of the Terraform provider, or an empty text.
        data_sources: The data sources of the Terraform provider.
        ui: Where GitLab's user interface has it.
        names: Its fields.
    """

    terraform: str
    data_sources: tuple[str, ...]
    ui: str
    names: dict[str, Name]


_IN_PATH = {"project": ":id", "agent_id": ":agent_id"}
"""GitLab's names of the fields that are a part of the path."""

RESOURCES: dict[str, Resource] = {
    "ClusterAgent": Resource(
        "gitlab_cluster_agent",
        ("gitlab_cluster_agent", "gitlab_cluster_agents"),
        "Operate > Kubernetes clusters > Connect a cluster",
        {"project": Name(), "name": Name("Agent name")},
    ),
    "ClusterAgentToken": Resource(
        "gitlab_cluster_agent_token",
        (),
        "Operate > Kubernetes clusters > the agent > Access tokens > Create token",
        {
            "project": Name(),
            "agent_id": Name(),
            "name": Name("Name"),
            "description": Name("Description (optional)"),
            "rotation_triggers": Name(published=False),
            "rotate_after_days": Name(published=False),
        },
    ),
    "ProjectCluster": Resource(
        "gitlab_project_cluster",
        (),
        "Operate > Kubernetes clusters > Connect a cluster (certificate - deprecated)",
        {
            "project": Name(),
            "name": Name("Kubernetes cluster name"),
            "kubernetes_api_url": Name("API URL"),
            "kubernetes_token": Name("Service Token"),
            "kubernetes_ca_cert": Name("CA Certificate"),
            "kubernetes_namespace": Name("Project namespace (optional, unique)"),
            "kubernetes_authorization_type": Name("RBAC-enabled cluster"),
            "environment_scope": Name("Environment scope"),
            "domain": Name("Base domain"),
            "management_project_id": Name("Cluster management project"),
            "enabled": Name("GitLab integration"),
            "managed": Name("GitLab-managed cluster"),
            "namespace_per_environment": Name("Namespace per environment", published=False),
        },
    ),
    "ProjectEnvironment": Resource(
        "gitlab_project_environment",
        ("gitlab_project_environments",),
        "Operate > Environments > New environment",
        {
            "project": Name(),
            "name": Name("Name"),
            "external_url": Name("External URL"),
            "description": Name("Description"),
            "tier": Name(),
            "auto_stop_setting": Name(),
            "cluster_agent_id": Name("GitLab agent"),
            "kubernetes_namespace": Name("Kubernetes namespace"),
            "flux_resource_path": Name("Flux resource"),
            "stop_before_destroy": Name(),
            "force_stop": Name(published=False),
            "stop_timeout": Name(published=False),
        },
    ),
}
"""Each kind that Pulumi's GitLab package and the Terraform provider have."""


def names() -> str:
    """Return the tables of `docs/reference/names.md` as Markdown."""
    kinds = [kind_for(name) for name in MODULES]
    parts = ["### Resources\n", *_resources(kinds), ""]
    for kind in kinds:
        parts += [f"### {kind.name}\n", *_arguments(kind), ""]
    return "\n".join(parts)


def _resources(kinds: list[Kind]) -> Iterator[str]:
    heads = ("Here", "Native type", _PUBLISHED, "Terraform", "Data sources", "GitLab's API")
    yield from _heading(heads)
    for kind in kinds:
        given = _elsewhere(kind)
        path = kind.place.path.replace("{}", ":id", 1).replace("{}", ":agent_id", 1)
        yield _row(
            kind.name,
            f"gitlab-kubernetes:index:{kind.name}",
            kind.published_type or "",
            given.terraform,
            given.data_sources,
            path,
        )


def _arguments(kind: Kind) -> Iterator[str]:
    given = _elsewhere(kind)
    if given.ui:
        yield f"In GitLab's user interface: **{given.ui}**.\n"
    heads = ("Python", "Other languages", _PUBLISHED, "Terraform", "GitLab's API", "User interface")
    yield from _heading(heads)
    fields = {each.name: each for each in _fields(kind)}
    if different := fields.keys() ^ given.names.keys():
        raise ValueError(f"{kind.name}: translations and fields differ: {sorted(different)}")
    for name, field in fields.items():
        yield _argument(field, given.names[name])


def _elsewhere(kind: Kind) -> Resource:
    """Return a kind's names elsewhere. Most kinds that only this package has have none."""
    unpublished = Resource("", (), "", {each.name: Name(published=False) for each in _fields(kind)})
    return RESOURCES.get(kind.name, unpublished)


def _fields(kind: Kind) -> list[Field]:
    return [each for each in native_fields(kind) if each.name not in _HERE_ALONE]


def _heading(names: tuple[str, ...]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"


def _argument(field: Field, name: Name) -> str:
    api = _IN_PATH.get(field.name) or _nested(field.request_key)
    published = camel_case(field.name) if name.published else ""
    terraform = field.name if name.published else ""
    row = _row(field.name, camel_case(field.name), published, terraform, api)
    return f"{row} {name.ui or _NONE} |"


def _nested(key: str) -> str:
    """Return a dotted key as GitLab's documentation writes it."""
    first, *rest = key.split(".")
    return first + "".join(f"[{each}]" for each in rest)


def _row(*cells: str | tuple[str, ...]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(given: str | tuple[str, ...]) -> str:
    names = (given,) if isinstance(given, str) else given
    return ", ".join(f"`{name}`" for name in names if name) or _NONE

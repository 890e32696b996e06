"""Programs that declare a resource of each kind, for the package schema: in three languages.

Each program is data here, and is rendered in each language.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pulumi_gitlab_kubernetes.core.spelling import camel_case, in_camel_case
from pulumi_gitlab_kubernetes.native.resources.base import PACKAGE
from pulumi_gitlab_kubernetes.registry import MODULES, kind_for


@dataclass(frozen=True)
class Ref:
    """An output of another resource of the program, as a value."""

    resource: str
    output: str


@dataclass(frozen=True)
class Secret:
    """A secret in the stack's configuration, as a value."""

    key: str


@dataclass(frozen=True)
class Declaration:
    """A resource of a program: its name, its kind and its inputs."""

    name: str
    kind: str
    inputs: Mapping[str, Value]


Value = str | Ref | Secret | Mapping[str, object]

_AGENT = Declaration("agent", "ClusterAgent", {"project": "acme/shop", "name": "production"})
_OF_AGENT = {"project": Ref("agent", "project"), "agent_id": Ref("agent", "agent_id")}

PROGRAMS: Mapping[str, tuple[Declaration, ...]] = {
    "ClusterAgent": (_AGENT,),
    "ClusterAgentConfiguration": (
        _AGENT,
        Declaration(
            "configuration",
            "ClusterAgentConfiguration",
            {
                "project": Ref("agent", "project"),
                "agent_name": Ref("agent", "name"),
                "ci_access": {
                    "groups": [{"id": "acme", "default_namespace": "shop"}],
                },
                "user_access": {"access_as": {"agent": {}}, "projects": [{"id": "acme/shop"}]},
            },
        ),
    ),
    "ClusterAgentToken": (
        _AGENT,
        Declaration("token", "ClusterAgentToken", {**_OF_AGENT, "name": "production"}),
    ),
    "ClusterAgentUrlConfiguration": (
        _AGENT,
        Declaration(
            "url",
            "ClusterAgentUrlConfiguration",
            {**_OF_AGENT, "url": "grpcs://agent.example.com:8443"},
        ),
    ),
    "ProjectCluster": (
        Declaration(
            "cluster",
            "ProjectCluster",
            {
                "project": "acme/shop",
                "name": "production",
                "kubernetes_api_url": "https://kubernetes.example.com",
                "kubernetes_token": Secret("kubernetesToken"),
                "environment_scope": "production/*",
            },
        ),
    ),
    "ProjectEnvironment": (
        _AGENT,
        Declaration(
            "environment",
            "ProjectEnvironment",
            {
                "project": Ref("agent", "project"),
                "name": "production",
                "tier": "production",
                "external_url": "https://shop.example.com",
                "cluster_agent_id": Ref("agent", "agent_id"),
                "kubernetes_namespace": "shop",
            },
        ),
    ),
    "GitLabAgent": (
        Declaration(
            "agent",
            "GitLabAgent",
            {
                "project": "acme/shop",
                "name": "production",
                "secret_name": "gitlab-agent-token",
                "namespace": "gitlab-agent",
            },
        ),
    ),
    "StaleEnvironmentCleanup": (
        Declaration("stale", "StaleEnvironmentCleanup", {"project": "acme/shop", "before": "30d"}),
    ),
}
"""A program for each kind, and for the component."""


def yaml(program: tuple[Declaration, ...]) -> str:
    """Return a program in Pulumi YAML."""
    secrets = [
        f"  {value.key}:\n    type: string\n    secret: true"
        for each in program
        for value in each.inputs.values()
        if isinstance(value, Secret)
    ]
    resources = [
        f"  {each.name}:\n    type: {PACKAGE}:{each.kind}\n    properties:\n"
        + "\n".join(
            f"      {camel_case(name)}: {_in_yaml(value)}"
            for name, value in _on_the_wire(each).items()
        )
        for each in program
    ]
    return "\n".join([*["config:"] * bool(secrets), *secrets, "resources:", *resources])


def typescript(program: tuple[Declaration, ...]) -> str:
    """Return a program in TypeScript."""
    lines = ['import * as gitlab from "pulumi-gitlab-kubernetes";', ""]
    if _has_secret(program):
        lines = [
            'import * as pulumi from "@pulumi/pulumi";',
            *lines,
            "const config = new pulumi.Config();",
        ]
    for each in program:
        inputs = _inputs(_on_the_wire(each), "    {}: {},", camel_case, _in_typescript)
        start = f'const {each.name} = new gitlab.{each.kind}("{each.name}", {{'
        lines += [start, *inputs, "});"]
    return "\n".join(lines)


def python(program: tuple[Declaration, ...]) -> str:
    """Return a program in Python."""
    lines = ["from pulumi_gitlab_kubernetes import native as gitlab", ""]
    if _has_secret(program):
        lines = ["import pulumi", *lines, "config = pulumi.Config()"]
    for each in program:
        inputs = _inputs(each.inputs, "    {}={},", str, _in_python)
        start = f'{each.name} = gitlab.{each.kind}(\n    "{each.name}",'
        lines += [start, *inputs, ")"]
    return "\n".join(lines)


def described(kind: str) -> str:
    """Return the program for a kind in all languages, as a part of a description in the schema.

    See https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/.

    Args:
        kind: The name of the kind.
    """
    program = PROGRAMS[kind]
    texts = {"yaml": yaml(program), "typescript": typescript(program), "python": python(program)}
    blocks = "\n".join(f"```{language}\n{text}\n```" for language, text in texts.items())
    return (
        "{{% examples %}}\n## Example Usage\n{{% example %}}\n"
        f"{blocks}\n"
        "{{% /example %}}\n{{% /examples %}}"
    )


def _has_secret(program: tuple[Declaration, ...]) -> bool:
    return any(isinstance(value, Secret) for each in program for value in each.inputs.values())


def _on_the_wire(declaration: Declaration) -> dict[str, Value]:
    """Return the inputs with the names inside them as other languages than Python write them."""
    if declaration.kind not in MODULES:  # The component.
        return dict(declaration.inputs)
    schema = kind_for(declaration.kind).schema
    return {
        name: in_camel_case(value, schema.names_in(name))
        for name, value in declaration.inputs.items()
    }


def _inputs(
    inputs: Mapping[str, Value],
    line: str,
    spell: Callable[[str], str],
    render: Callable[[Value], str],
) -> list[str]:
    return [line.format(spell(name), render(value)) for name, value in inputs.items()]


def _in_yaml(value: Value) -> str:
    match value:
        case Ref(resource, output):
            return f"${{{resource}.{camel_case(output)}}}"
        case Secret(key):
            return f"${{{key}}}"
        case str():
            return value
    return json.dumps(value)  # JSON is YAML.


def _in_typescript(value: Value) -> str:
    match value:
        case Ref(resource, output):
            return f"{resource}.{camel_case(output)}"
        case Secret(key):
            return f'config.requireSecret("{key}")'
    return json.dumps(value)


def _in_python(value: Value) -> str:
    match value:
        case Ref(resource, output):
            return f"{resource}.{output}"
        case Secret(key):
            return f'config.require_secret("{key}")'
    return json.dumps(value)

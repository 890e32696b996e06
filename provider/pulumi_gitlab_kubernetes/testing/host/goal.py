"""Requests of a program: resources that it registers or reads."""

import re
from concurrent.futures import Future
from dataclasses import dataclass, field
from os.path import normpath, relpath
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlparse

from pulumi.runtime.proto import alias_pb2, resource_pb2, source_pb2

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.plugin_lookup import DYNAMIC_PACKAGE
from pulumi_gitlab_kubernetes.testing.host.state import Resource
from pulumi_gitlab_kubernetes.testing.host.values import (
    Properties,
    Value,
    normal_number,
    read_struct,
    read_value,
)

_UNITS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


@dataclass
class Alias:
    """An earlier name of a resource; empty parts equal the current ones."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass
class Goal:
    """A resource as the program wants it."""

    type: str
    name: str
    custom: bool
    properties: Properties
    parent: str = ""
    provider: str = ""
    providers: dict[str, str] = field(default_factory=dict)
    protect: bool | None = None
    dependencies: list[str] = field(default_factory=list)
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    delete_before_replace: bool | None = None
    ignore_changes: list[str] = field(default_factory=list)
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    replace_on_changes: list[str] = field(default_factory=list)
    replacement_trigger: Value = None
    retain_on_delete: bool | None = None
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    hide_diff: list[str] = field(default_factory=list)
    import_id: str = ""
    source_position: str = ""
    stack_trace: list[dict[str, str]] = field(default_factory=list)

    def resource(self, urn: str, old: Resource | None, aliases: list[str]) -> Resource:
        """Return the resource as it will be recorded, as far as the program says.

        Args:
            urn: Its URN.
            old: The resource of the previous deployment.
            aliases: The URN that it had there, if it is another one.
        """
        return Resource(
            urn=urn,
            type=self.type,
            custom=self.custom,
            inputs=self.properties,
            parent=self.parent,
            protect=bool(self.protect),
            dependencies=self.dependencies,
            provider=self.provider if self.custom else "",
            property_dependencies=self.property_dependencies if self.custom else {},
            additional_secret_outputs=self.additional_secret_outputs,
            aliases=aliases,
            custom_timeouts=self.custom_timeouts,
            retain_on_delete=bool(self.retain_on_delete),
            deleted_with=self.deleted_with,
            replace_with=self.replace_with,
            created=old.created if old else "",
            modified=old.modified if old else "",
            source_position=self.source_position,
            stack_trace=self.stack_trace,
            import_id=self.import_id,
            ignore_changes=self.ignore_changes,
            hide_diff=self.hide_diff,
            replace_on_changes=self.replace_on_changes,
            replacement_trigger=self.replacement_trigger,
            extra=dict(old.extra) if old else {},
        )


@dataclass(eq=False)
class Registration:
    """A resource that the program registered and waits for."""

    goal: Goal
    result: "Future[Resource]" = field(default_factory=Future)


@dataclass(eq=False)
class Imported:
    """A resource that was imported, and is to be compared with the program's goal."""

    registration: Registration
    resource: Resource


@dataclass(eq=False)
class ReadRequest:
    """An existing resource that the program reads and waits for."""

    goal: Goal
    id: str
    result: "Future[Resource]" = field(default_factory=Future)


@dataclass
class Outputs:
    """The outputs of a component or of the stack."""

    urn: str
    outputs: Properties


def registration_goal(request: resource_pb2.RegisterResourceRequest, root: Path) -> Goal:
    """Read a registration request.

    Args:
        request: The program's request.
        root: The project's directory, from which source positions count.

    Returns:
        The goal, its provider as the request names it.

    Raises:
        HostError: It needs something that the deployment host does not support.
    """
    refuse_unsupported(request)
    properties: Properties = {}
    property_dependencies: dict[str, list[str]] = {}
    for key, value in sorted(request.object.fields.items()):
        found: set[str] = set()
        properties[key] = read_value(value, found)
        sent = (
            request.propertyDependencies[key].urns
            if request.propertyDependencies or request.remote
            else request.dependencies
        )
        property_dependencies[key] = sorted({*found, *sent})
    for key, of in request.propertyDependencies.items():
        property_dependencies.setdefault(key, sorted(of.urns))
    trigger = request.replacement_trigger if request.HasField("replacement_trigger") else None
    timeouts = request.customTimeouts
    position, trace = _positions(request, root)
    return Goal(
        type=request.type,
        name=request.name,
        custom=request.custom,
        properties=properties,
        parent=request.parent,
        provider=request.provider,
        providers=dict(request.providers),
        protect=request.protect if request.HasField("protect") else None,
        dependencies=sorted(set(request.dependencies)),
        property_dependencies=property_dependencies,
        delete_before_replace=(
            request.deleteBeforeReplace
            if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace
            else None
        ),
        ignore_changes=list(request.ignoreChanges),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        aliases=[*(Alias(urn=urn) for urn in request.aliasURNs), *map(_alias, request.aliases)],
        custom_timeouts={
            name: _seconds(getattr(timeouts, name))
            for name in ("create", "update", "delete", "read")
            if getattr(timeouts, name)
        },
        replace_on_changes=list(request.replaceOnChanges),
        replacement_trigger=read_value(trigger, set()) if trigger else None,
        retain_on_delete=request.retainOnDelete if request.HasField("retainOnDelete") else None,
        deleted_with=request.deletedWith,
        replace_with=list(request.replace_with),
        hide_diff=list(request.hideDiffs),
        import_id=request.importId,
        source_position=position,
        stack_trace=trace,
    )


def read_goal(request: resource_pb2.ReadResourceRequest, root: Path) -> Goal:
    """Read a request for an existing resource; see :func:`registration_goal`."""
    position, trace = _positions(request, root)
    return Goal(
        type=request.type,
        name=request.name,
        custom=True,
        properties=read_struct(request.properties),
        parent=request.parent,
        provider=request.provider,
        dependencies=sorted(set(request.dependencies)),
        additional_secret_outputs=list(request.additionalSecretOutputs),
        source_position=position,
        stack_trace=trace,
    )


def refuse_unsupported(request: resource_pb2.RegisterResourceRequest) -> None:
    """Reject what the deployment host does not support.

    Args:
        request: The program's request.

    Raises:
        HostError: The request needs an unsupported feature.
    """
    hooks = request.hooks
    asked = {
        "the option import_ (dynamic resources cannot be imported)": (
            bool(request.importId) and request.type.startswith(f"{DYNAMIC_PACKAGE}:")
        ),
        "transforms": bool(request.transforms),
        "state migrations": bool(request.state_migrations),
        "resource hooks": any(getattr(hooks, item.name) for item in hooks.DESCRIPTOR.fields),
        "environment variable mappings": bool(request.envVarMappings),
        "parameterized packages": bool(request.packageRef),
    }
    for what, is_asked in asked.items():
        if is_asked:
            raise HostError(
                f"resource '{request.name}' ({request.type}): the deployment host does not support"
                f" {what}; deploy it with the Pulumi CLI"
            )


def _alias(message: alias_pb2.Alias) -> Alias:
    if message.WhichOneof("alias") == "urn":
        return Alias(urn=message.urn)
    spec = message.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
    )


def _seconds(duration: str) -> float:
    matches = list(_DURATION.finditer(duration))
    if not matches or "".join(match[0] for match in matches) != duration:
        raise HostError(f'unable to parse customTimeout Value "{duration}"')
    return normal_number(sum(float(match[1]) * _UNITS[match[2]] for match in matches))


def _positions(request: Any, root: Path) -> tuple[str, list[dict[str, str]]]:
    trace = []
    for frame in request.stackTrace.frames:
        position = _position(frame.pc, root)
        trace.append({"sourcePosition": position} if position else {})
    return _position(request.sourcePosition, root), trace


def _position(message: source_pb2.SourcePosition, root: Path) -> str:
    url = urlparse(message.uri)
    path = unquote(url.path)
    if url.scheme != "file" or not path.startswith("/"):
        return ""
    column = f",{message.column}" if message.column else ""
    return f"project:///{quote(relpath(normpath(path), root))}#{message.line}{column}"

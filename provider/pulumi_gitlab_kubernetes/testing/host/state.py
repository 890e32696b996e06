"""A deployment: its resources and pending operations.

The form is version 3 of Pulumi's; see https://www.pulumi.com/docs/iac/concepts/state-and-backends/.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from operator import attrgetter
from typing import Any, Final

from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.files import compact
from pulumi_gitlab_kubernetes.testing.host.serialization import Serializer
from pulumi_gitlab_kubernetes.testing.host.values import Properties, Value

ENGINE_VERSION: Final = "3.260.0"  # the engine whose rules this host follows


@dataclass(eq=False)
class Resource:
    """One resource as the deployment records it; its fields are those of ``ResourceV3``."""

    urn: str
    type: str
    custom: bool = False
    delete: bool = False
    id: str = ""
    inputs: Properties = field(default_factory=dict)
    outputs: Properties = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: list[str] = field(default_factory=list)
    init_errors: list[str] = field(default_factory=list)
    provider: str = ""
    property_dependencies: dict[str, list[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    custom_timeouts: dict[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: list[str] = field(default_factory=list)
    created: str = ""
    modified: str = ""
    source_position: str = ""
    stack_trace: list[dict[str, str]] = field(default_factory=list)
    ignore_changes: list[str] = field(default_factory=list)
    hide_diff: list[Any] = field(default_factory=list)
    replace_on_changes: list[str] = field(default_factory=list)
    replacement_trigger: Value = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_provider(self) -> bool:
        """Whether this is a provider rather than something a provider made."""
        return urns.is_provider_type(self.type)

    @property
    def name(self) -> str:
        """The resource's name."""
        return urns.name_of(self.urn)

    @property
    def needs(self) -> set[str]:
        """URNs of its dependencies, without parent and provider."""
        needed = {*self.dependencies, *self.replace_with}
        for of_property in self.property_dependencies.values():
            needed.update(of_property)
        if self.deleted_with:
            needed.add(self.deleted_with)
        return needed

    def copy(self, **changes: Any) -> "Resource":
        """Return a shallow copy with some fields changed."""
        return Resource(**({name: getattr(self, name) for name in _FIELDS} | changes))


@dataclass
class PendingOperation:
    """An operation that started and has no recorded end."""

    resource: Resource
    type: str


@dataclass
class Deployment:
    """A stack's state."""

    resources: list[Resource] = field(default_factory=list)
    pending_operations: list[PendingOperation] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=lambda: {"metadata": {}})

    def find(self, urn: str) -> Resource | None:
        """Return the live resource with a URN."""
        return next((r for r in self.resources if r.urn == urn and not r.delete), None)


def read_deployment(data: dict[str, Any], serializer: Serializer) -> Deployment:
    """Read a deployment from JSON data.

    Args:
        data: A ``DeploymentV3``.
        serializer: Decrypts its secrets.

    Returns:
        The deployment.
    """
    extra = {key: value for key, value in data.items() if key not in _WRITTEN}
    return Deployment(
        [_read_resource(item, serializer) for item in data.get("resources") or ()],
        [
            PendingOperation(_read_resource(item["resource"], serializer), item["type"])
            for item in data.get("pending_operations") or ()
        ],
        {"metadata": {}} | extra,
    )


def write_deployment(deployment: Deployment, serializer: Serializer) -> dict[str, Any]:
    """Return a deployment as JSON data, without a recorded integrity error.

    Args:
        deployment: The deployment.
        serializer: Encrypts its secrets.

    Returns:
        A ``DeploymentV3``.
    """
    metadata = {k: v for k, v in deployment.extra["metadata"].items() if k != "integrity_error"}
    data: dict[str, Any] = {
        "manifest": {
            "time": now(),
            "magic": hashlib.sha256(ENGINE_VERSION.encode()).hexdigest(),
            "version": ENGINE_VERSION,
        },
        "secrets_providers": serializer.secrets_provider,
    }
    if deployment.resources:
        data["resources"] = [_write_resource(item, serializer) for item in deployment.resources]
    if deployment.pending_operations:
        data["pending_operations"] = [
            {"resource": _write_resource(item.resource, serializer), "type": item.type}
            for item in deployment.pending_operations
        ]
    return data | deployment.extra | {"metadata": metadata}


def encode_deployment(deployment: Deployment, serializer: Serializer) -> str:
    """Return a deployment as JSON text.

    Args:
        deployment: The deployment.
        serializer: Encrypts its secrets.

    Returns:
        The text of a ``DeploymentV3``.
    """

    def encode(resource: Resource) -> str:
        return serializer.encoded(
            resource, _parts(resource), lambda: compact(_write_resource(resource, serializer))
        )

    rest = compact(write_deployment(replace(deployment, resources=[]), serializer))
    if not deployment.resources:
        return rest
    return f'{{"resources":[{",".join(map(encode, deployment.resources))}],{rest[1:]}'


def now() -> str:
    """Return the current time as a deployment records it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


_FIELDS: Final = tuple(Resource.__dataclass_fields__)
_WRITTEN: Final = frozenset({"manifest", "secrets_providers", "resources", "pending_operations"})
_ALWAYS: Final = frozenset({"urn", "custom", "type"})
_VALUES: Final = frozenset({"inputs", "outputs", "replacementTrigger"})


def _json_name(name: str) -> str:
    if name == "import_id":
        return "importID"
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


_JSON: Final = {name: _json_name(name) for name in _FIELDS if name != "extra"}
# ResourceV3 writes the type after the id.
_ORDER: Final = (
    "urn",
    "custom",
    "delete",
    "id",
    "type",
    *list(_JSON)[list(_JSON).index("inputs") :],
)


_parts: Final = attrgetter(*_FIELDS)


def _read_resource(data: dict[str, Any], serializer: Serializer) -> Resource:
    known: dict[str, Any] = {}
    for name, key in _JSON.items():
        if key in data and data[key] is not None:
            known[name] = serializer.read(data[key]) if key in _VALUES else data[key]
    names = set(_JSON.values())
    known["extra"] = {key: value for key, value in data.items() if key not in names}
    return Resource(**known)


def _write_resource(resource: Resource, serializer: Serializer) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name in _ORDER:
        key, value = _JSON[name], getattr(resource, name)
        if key in _VALUES:
            value = serializer.write(value)
        if value or key in _ALWAYS:
            data[key] = value
    return data | resource.extra


def renamed(resources: Iterable[Resource], translate: Callable[[str], str]) -> list[Resource]:
    """Return copies of resources with every reference translated.

    Args:
        resources: The resources.
        translate: Maps an old URN to the current one.

    Returns:
        The copies; a resource that does not change is not copied.
    """
    return [_renamed(resource, translate) for resource in resources]


def _renamed(resource: Resource, translate: Callable[[str], str]) -> Resource:
    provider = resource.provider
    if provider:
        urn, id_ = urns.split_reference(provider)
        provider = urns.provider_reference(translate(urn), id_)
    changes: dict[str, Any] = {
        "urn": translate(resource.urn),
        "provider": provider,
        "parent": translate(resource.parent),
        "deleted_with": translate(resource.deleted_with),
        "dependencies": [translate(urn) for urn in resource.dependencies],
        "replace_with": [translate(urn) for urn in resource.replace_with],
        "property_dependencies": {
            key: [translate(urn) for urn in of]
            for key, of in resource.property_dependencies.items()
        },
        "aliases": [],
    }
    if all(getattr(resource, name) == value for name, value in changes.items()):
        return resource
    return resource.copy(**changes)

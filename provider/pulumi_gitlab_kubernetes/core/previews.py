"""What a preview knows of a resource's outputs before the resource is created or updated."""

from __future__ import annotations

from collections.abc import Collection

from pulumi_gitlab_kubernetes.core.fields import Change
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.lifecycle import VERSION
from pulumi_gitlab_kubernetes.core.shared_fields import SCHEMA_VERSION
from pulumi_gitlab_kubernetes.core.state import State
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Values
from pulumi_gitlab_kubernetes.gitlab.places import Ids


def preview_create(kind: Kind, inputs: Values) -> Values:
    """Return the outputs of a resource that does not exist yet.

    Args:
        kind: The kind of the resource.
        inputs: Checked inputs.
    """
    project = str(inputs.get("project"))
    known = {"project_id": int(project)} if project.isdecimal() else {}
    unknown = dict.fromkeys((*kind.ids, *(output.name for output in kind.schema.outputs)), UNKNOWN)
    return {**unknown, **known, **inputs, SCHEMA_VERSION.name: VERSION}


def preview_update(
    kind: Kind, ids: Ids, olds: State, news: Values, ignored: Collection[str]
) -> Values:
    """Return the outputs of a resource after an update.

    An update changes no outputs but the volatile ones, and those only if it sends a request.

    Args:
        kind: The kind of the resource.
        ids: Its IDs, outermost first; empty if they are unknown.
        olds: The state.
        news: Checked inputs.
        ignored: The inputs whose changes are ignored.
    """
    changed = kind.schema.diff(olds.inputs, news, ignored).changed
    requested = any(kind.schema.field(name).change is Change.UPDATE for name in changed)
    outputs = {
        output.name: UNKNOWN if output.volatile and requested else olds.outputs[output.name]
        for output in kind.schema.outputs
        if output.name in olds.outputs
    }
    known = {name: olds.outputs.get(name, UNKNOWN) for name in kind.ids}
    known |= dict(zip(kind.ids, ids, strict=False))
    return {**outputs, **known, **news, SCHEMA_VERSION.name: VERSION}

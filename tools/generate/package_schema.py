"""The Pulumi package schema of the native provider, from the kinds.

See https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import metadata
from typing import Any

from tools.generate import examples
from tools.generate.component import GROUPS, native_arguments
from tools.generate.source import (
    aliases,
    enum_name,
    enums_of,
    item_name,
    native_fields,
    nested_types,
    pascal_case,
)

from pulumi_gitlab_kubernetes.components import declaration
from pulumi_gitlab_kubernetes.components.declaration import CHILDREN, Group
from pulumi_gitlab_kubernetes.configuration.provider_arguments import ARGUMENTS, ProviderArgument
from pulumi_gitlab_kubernetes.core.fields import Change, Field, Output
from pulumi_gitlab_kubernetes.core.kind import Kind
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.core.values import Type
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.functions.function import Function
from pulumi_gitlab_kubernetes.native.resources.base import PACKAGE
from pulumi_gitlab_kubernetes.registry import CLASSES, kind_for

Spec = dict[str, Any]
"""A part of the schema."""

_TYPES: dict[Type, Spec] = {
    Type.TEXT: {"type": "string"},
    Type.TIMESTAMP: {"type": "string"},
    Type.INTEGER: {"type": "integer"},
    Type.NUMBER: {"type": "number"},
    Type.BOOLEAN: {"type": "boolean"},
    Type.MAP: {"type": "object", "additionalProperties": {"$ref": "pulumi.json#/Any"}},
    Type.LIST: {"type": "array", "items": {"type": "string"}},
}
_ID = {"oneOf": [{"type": "string"}, {"type": "integer"}]}
"""A project's path or ID, and a resource's composite ID or its number.

The property's own type is for languages without unions.
"""

_ARGUMENT_TYPES: dict[Any, Spec] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    dict[str, str]: {"type": "object", "additionalProperties": {"type": "string"}},
}
_QUOTED = re.compile(r"`[^`]+`")


def schema() -> str:
    """Return the schema as JSON."""
    distribution = metadata("pulumi-gitlab-kubernetes")
    kinds = [kind_for(name) for name in CLASSES]
    settings = {each.key: _setting(each) for each in ARGUMENTS}
    urls = dict(each.split(", ", 1) for each in distribution.get_all("Project-URL", []))
    content = {
        "name": PACKAGE,
        "displayName": "GitLab for Kubernetes",
        "version": distribution["Version"],
        "description": distribution["Summary"],
        "keywords": distribution["Keywords"].split(","),
        **{key: urls[key.capitalize()] for key in ("homepage", "repository") if key in urls},
        "license": distribution["License-Expression"],
        "meta": {"supportPack": True},  # SDKs have this version and all files of a package.
        "language": {
            "csharp": {"namespaces": {PACKAGE: "GitLabKubernetes"}},
            # Without extra types, the type of a plain map's values would be missing.
            "go": {"generateExtraInputTypes": True, "generateResourceContainerTypes": True},
            "nodejs": {"packageName": distribution["Name"]},
            # Another name than that of this package, which has the classes of the SDK too.
            "python": {
                "inputTypes": "classes-and-dicts",
                "packageName": "pulumi_gitlab_kubernetes_sdk",
                "pyproject": {"enabled": True},
            },
        },
        "config": {"variables": settings},
        "types": {
            f"{PACKAGE}:index:{name}": _enum(field) for name, field in enums_of(kinds).items()
        }
        | {
            f"{PACKAGE}:index:{name}": _nested(field)
            for kind in kinds
            for name, field in nested_types(native_fields(kind)).items()
        }
        | {
            name: spec
            for each in functions().values()
            for name, spec in _objects(each.results, pascal_case(each.name))
        }
        | {f"{PACKAGE}:index:{each.type_name}": _group_type(each) for each in GROUPS},
        "provider": {
            "description": "A provider with its own GitLab instance and token.",
            "inputProperties": {
                each.key: {**settings[each.key], **_set(willReplaceOnChanges=each.replaces)}
                for each in ARGUMENTS
            },
            "properties": {each.key: settings[each.key] for each in ARGUMENTS if each.type is str},
        },
        "resources": {
            **{f"{PACKAGE}:index:{kind.name}": _resource(kind) for kind in kinds},
            f"{PACKAGE}:index:{declaration.NAME}": _component(),
        },
        "functions": {
            f"{PACKAGE}:index:{camel_case(each.name)}": _function(each)
            for each in functions().values()
        },
    }
    return json.dumps(content, indent=2) + "\n"


def _resource(kind: Kind) -> Spec:
    fields, outputs = native_fields(kind), _outputs(kind)
    properties: list[Field | Output] = [*fields, *outputs]
    always = (field.name for field in fields if field.always_set)
    return {
        "description": f"{_doc(kind.doc)}\n\nSee {kind.docs_url}.\n\n"
        f"{examples.described(kind.name)}\n",
        **_set(deprecationMessage=kind.deprecation),
        "properties": {camel_case(each.name): _property(kind, each) for each in properties},
        "required": [
            camel_case(name)
            for name in (*always, *(each.name for each in outputs if not each.optional))
        ],
        "inputProperties": {camel_case(field.name): _input(field, kind) for field in fields},
        "requiredInputs": [camel_case(field.name) for field in fields if field.required],
        "aliases": [{"type": type_} for type_ in aliases(kind)],
    }


def _component() -> Spec:
    """Return the component, whose children are outputs too."""
    arguments, outputs = native_arguments(), declaration.OUTPUTS
    children = {camel_case(name): _child(name) for name in CHILDREN}
    optional = {each.kind for each in GROUPS if not each.by_name}
    return {
        "description": f"{_doc(declaration.DOC)}\n\nSee {declaration.DOCS_URL}.\n\n"
        f"{examples.described(declaration.NAME)}\n",
        "isComponent": True,
        # `secret` is not for components: an SDK for Java with it does not compile. The plugin
        # returns secrets all the same.
        "properties": {
            **{
                camel_case(each.name): {"description": _doc(each.doc), **_TYPES[each.type]}
                for each in outputs
            },
            **children,
        },
        "required": [camel_case(each.name) for each in outputs if not each.optional]
        + [camel_case(name) for name, (kind, _doc) in CHILDREN.items() if kind not in optional],
        "inputProperties": {
            camel_case(each.name): _group(each) if isinstance(each, Group) else _input(each)
            for each in arguments
        },
        "requiredInputs": [
            camel_case(each.name)
            for each in arguments
            if not isinstance(each, Group) and each.required
        ],
    }


def _child(name: str) -> Spec:
    kind, doc = CHILDREN[name]
    spec: Spec = {"$ref": f"#/resources/{PACKAGE}:index:{kind}"}
    if any(each.by_name for each in GROUPS if each.name == name):
        spec = {"type": "object", "additionalProperties": spec}
    return {"description": doc, **spec}


def _group(group: Group) -> Spec:
    """Return an argument with named values, of which only the values can be outputs."""
    spec: Spec = {"$ref": f"#/types/{PACKAGE}:index:{group.type_name}", "plain": True}
    if group.by_name:
        spec = {"type": "object", "additionalProperties": spec, "plain": True}
    return {"description": _doc(group.doc), **spec}


def _group_type(group: Group) -> Spec:
    kind = kind_for(group.kind)
    return {
        "description": group.type_doc,
        "type": "object",
        "properties": {camel_case(each.name): _input(each, kind) for each in group.fields},
        "required": [camel_case(each.name) for each in group.fields if each.required],
    }


def _function(function: Function) -> Spec:
    arguments, results = function.arguments, function.results
    return {
        "description": f"{_doc(function.doc)}\n\nSee {function.docs_url}.",
        "inputs": {
            "type": "object",
            "properties": {camel_case(each.name): _argument(each) for each in arguments},
            "required": [camel_case(each.name) for each in arguments if each.required],
        },
        "outputs": _object(results, pascal_case(function.name)),
    }


def _argument(field: Field) -> Spec:
    return {
        "description": _doc(field.doc),
        **_TYPES[field.type],
        **(_ID if field.reference else {}),
    }


def _nested(field: Field) -> Spec:
    """Return the type of the maps of an input."""
    return {
        "description": _doc(field.doc),
        "type": "object",
        "properties": {
            camel_case(each.name): {"description": _doc(each.doc), **_value(each)}
            for each in field.fields
        },
        "required": [camel_case(each.name) for each in field.fields if each.required],
    }


def _value(each: Field | Output) -> Spec:
    """Return the type of the values of an input, an output or a key."""
    if not each.fields or not each.type_name:
        return _TYPES[each.type]
    item = {"$ref": f"#/types/{PACKAGE}:index:{each.type_name}"}
    return {"type": "array", "items": item} if each.type is Type.LIST else item


def _objects(outputs: tuple[Output, ...], prefix: str) -> Iterator[tuple[str, Spec]]:
    """Yield the types of objects in the results of a function."""
    for output in outputs:
        if output.fields and not output.type_name:
            name = f"{prefix}{pascal_case(item_name(output))}"
            yield f"{PACKAGE}:index:{name}", _object(output.fields, prefix)
            yield from _objects(output.fields, prefix)


def _object(outputs: tuple[Output, ...], prefix: str) -> Spec:
    return {
        "type": "object",
        "properties": {
            camel_case(each.name): {"description": _doc(each.doc), **_result(each, prefix)}
            for each in outputs
        },
        "required": [camel_case(each.name) for each in outputs if not each.optional],
    }


def _result(output: Output, prefix: str) -> Spec:
    if not output.fields or output.type_name:
        return _value(output)
    item = {"$ref": f"#/types/{PACKAGE}:index:{prefix}{pascal_case(item_name(output))}"}
    return {"type": "array", "items": item} if output.type is Type.LIST else item


def _outputs(kind: Kind) -> list[Output]:
    """Return the outputs that are not inputs, with the parts of the ID."""
    inputs = {field.name for field in kind.schema.fields}
    ids = [
        Output(name=name, type=Type.INTEGER, doc=kind.id_doc(name))
        for name in kind.ids
        if name not in inputs
    ]
    return [*kind.schema.outputs, *ids]


def _property(kind: Kind | None, each: Field | Output) -> Spec:
    """Return an output, which may be an input as well."""
    return {
        "description": _doc(each.doc),
        **_type(kind, each),
        **_set(secret=each.secret),
    }


def _input(field: Field, kind: Kind | None = None) -> Spec:
    """Return an input of a resource. One with a choice of values needs its kind."""
    return {
        **_property(kind, field),
        **(_ID if field.reference else {}),
        **({} if field.default is None else {"default": field.default}),
        # `replaceOnChanges` would also replace for a new spelling of the same value.
        **_set(willReplaceOnChanges=field.change is Change.REPLACE),
    }


def _type(kind: Kind | None, each: Field | Output) -> Spec:
    if kind and isinstance(each, Field) and each.choices:
        return {"$ref": f"#/types/{PACKAGE}:index:{enum_name(kind, each)}"}
    return _value(each)


def _enum(field: Field) -> Spec:
    return {
        "description": _doc(field.doc),
        "type": _TYPES[field.type]["type"],
        "enum": [{"name": pascal_case(value), "value": value} for value in field.choices],
    }


def _setting(argument: ProviderArgument) -> Spec:
    return {
        "description": _doc(argument.doc),
        **_ARGUMENT_TYPES[argument.type],
        **_set(secret=argument.secret),
    }


def _set(**values: str | bool) -> Spec:
    """Return the values that are not empty or false."""
    return {name: value for name, value in values.items() if value}


def _doc(text: str) -> str:
    """Return a description with the names of properties as other languages spell them."""
    return _QUOTED.sub(
        lambda quoted: re.sub(r"[a-z]+(_[a-z]+)+", _camel_case_of_property, quoted[0]), text
    )


def _camel_case_of_property(found: re.Match[str]) -> str:
    return camel_case(found[0]) if found[0] in _property_names() else found[0]


@cache
def _property_names() -> set[str]:
    names = {each.name for each in ARGUMENTS}
    for kind in map(kind_for, CLASSES):
        names |= {each.name for each in kind.schema.fields}
        names |= {each.name for each in _outputs(kind)}
        for field in nested_types(kind.schema.fields).values():
            names |= {each.name for each in field.fields}
    for function in functions().values():
        names |= {each.name for each in function.arguments}
    names |= {each.name for each in (*declaration.ARGUMENTS, *declaration.OUTPUTS)}
    return names

"""Declare the resources in program.json, so that a test only changes data."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pulumi

described = json.loads(Path(__file__).with_name("program.json").read_text())
package = import_module(described["package"])
declared: dict[str, Any] = {}


def value(given: Any) -> Any:
    """Replace references by outputs, and marked values by secrets."""
    match given:
        case {"$ref": path}:
            name, attribute = path.split(".")
            return getattr(declared[name], attribute)
        case {"$secret": inner}:
            return pulumi.Output.secret(value(inner))
        case dict():
            return {key: value(each) for key, each in given.items()}
        case list():
            return [value(each) for each in given]
        case _:
            return given


def provider(name: str) -> Any:
    """Return the explicit provider with the settings of a connection."""
    if name not in declared:
        config = pulumi.Config(name)
        given = {"base_url": config.get("baseUrl"), "token": config.get_secret("token")}
        given["headers"] = config.get_secret_object("headers")
        declared[name] = package.Provider(name, **given)
    return declared[name]


def options(given: dict[str, Any]) -> pulumi.ResourceOptions:
    """Return the resource options. `depends_on` has the names of resources."""
    depends_on = [declared[name] for name in given.get("depends_on", [])]
    aliases = [pulumi.Alias(**alias) for alias in given.get("aliases", [])]
    return pulumi.ResourceOptions(**{**given, "depends_on": depends_on, "aliases": aliases})


for resource in described["resources"]:
    module, _, name = resource["class"].rpartition(".")
    kind = getattr(import_module(module) if module else package, name)
    if hasattr(package, "Provider") and "connection" in resource.get("args", {}):
        resource["opts"]["provider"] = provider(resource["args"].pop("connection"))
    opts = options(resource["opts"])
    if "get" in resource:
        declared[resource["name"]] = kind.get(resource["name"], resource["get"], opts)
    else:
        declared[resource["name"]] = kind(resource["name"], opts, **value(resource["args"]))
for name, each in described["exports"].items():
    pulumi.export(name, value(each))

"""The package schema has each kind as the classes and the plugin know it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.native.test_resources import ALIASES, SECRETS
from tools.generate import PACKAGE

from pulumi_gitlab_kubernetes.components.declaration import ARGUMENTS
from pulumi_gitlab_kubernetes.components.declaration import NAME as COMPONENT
from pulumi_gitlab_kubernetes.configuration.names import COMMON_KEYS, CONNECTION_KEYS
from pulumi_gitlab_kubernetes.core.fields import Change
from pulumi_gitlab_kubernetes.core.spelling import camel_case
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Type
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.registry import CLASSES, MODULES, kind_for

FILE = PACKAGE / "native" / "schema.json"
SCHEMA = json.loads(FILE.read_text())
TYPES = {
    Type.TEXT: "string",
    Type.TIMESTAMP: "string",
    Type.INTEGER: "integer",
    Type.NUMBER: "number",
    Type.BOOLEAN: "boolean",
    Type.MAP: "object",
}
ENUMS = {
    "ProjectClusterKubernetesAuthorizationType": {
        "Rbac": "rbac",
        "Abac": "abac",
        "UnknownAuthorization": "unknown_authorization",
    },
    "ProjectEnvironmentTier": {
        "Production": "production",
        "Staging": "staging",
        "Testing": "testing",
        "Development": "development",
        "Other": "other",
    },
    "ProjectEnvironmentAutoStopSetting": {"Always": "always", "WithAction": "with_action"},
}
"""The names are in programs of other languages, so they never change."""


def _resource(name: str) -> Any:
    return SCHEMA["resources"][f"gitlab-kubernetes:index:{name}"]


def _type(property_: Any) -> str:
    """Return the type of a property; that of its values if it is an enum."""
    if "$ref" in property_:
        return str(SCHEMA["types"][property_["$ref"].removeprefix("#/types/")]["type"])
    return str(property_["type"])


def _examples(name: str) -> dict[str, str]:
    """Return the example of a resource in each language."""
    return dict(re.findall(r"```(\w+)\n(.*?)\n```", _resource(name)["description"], re.DOTALL))


def test_the_package_is_the_distribution() -> None:
    """Its version selects the plugin. The Python SDK has a name of its own."""
    distribution = metadata("pulumi-gitlab-kubernetes")
    assert SCHEMA["name"] == "gitlab-kubernetes"
    assert SCHEMA["version"] == distribution["Version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", SCHEMA["version"])
    assert SCHEMA["description"] == distribution["Summary"]
    assert SCHEMA["license"] == distribution["License-Expression"]
    assert SCHEMA["language"]["python"]["packageName"] != PACKAGE.name
    assert {each.removeprefix("gitlab-kubernetes:index:") for each in SCHEMA["resources"]} == {
        *CLASSES,
        COMPONENT,
    }


@pytest.mark.parametrize("name", MODULES)
def test_inputs_are_the_fields(name: str) -> None:
    """With their types, defaults and descriptions; `connection` is a provider."""
    inputs, kind = _resource(name)["inputProperties"], kind_for(name)
    fields = {camel_case(f.name): f for f in kind.schema.fields if f.name != "connection"}
    assert [*inputs] == [*fields]
    assert _resource(name)["requiredInputs"] == [key for key, f in fields.items() if f.required]
    for key, field in fields.items():
        spec = inputs[key]
        assert _type(spec) == TYPES[field.type], key
        assert spec.get("default") == field.default
        assert spec.get("secret", False) is field.secret
        assert spec.get("willReplaceOnChanges", False) is (field.change is Change.REPLACE)
        union = [each["type"] for each in spec.get("oneOf", [])]
        assert union == (["string", "integer"] if field.reference else [])
        assert spec["description"]
        # The engine would replace for a new spelling, such as a project's path for its number.
        assert "replaceOnChanges" not in spec


@pytest.mark.parametrize("name", MODULES)
def test_outputs_are_the_inputs_the_outputs_and_the_ids(name: str) -> None:
    """A resource always has the required ones."""
    kind, resource = kind_for(name), _resource(name)
    fields = [field for field in kind.schema.fields if field.name != "connection"]
    types = dict.fromkeys(kind.ids, Type.INTEGER)
    types |= {field.name: field.type for field in fields}
    types |= {output.name: output.type for output in kind.schema.outputs}
    found = {key: _type(spec) for key, spec in resource["properties"].items()}
    assert found == {camel_case(key): TYPES[type_] for key, type_ in types.items()}
    secret = {key for key, spec in resource["properties"].items() if spec.get("secret")}
    assert secret == {camel_case(each) for each in SECRETS.get(name, [])}
    always = {field.name for field in fields if field.always_set} | {*kind.ids}
    always |= {output.name for output in kind.schema.outputs if not output.optional}
    assert {*resource["required"]} == {*map(camel_case, always)}


@pytest.mark.parametrize("name", MODULES)
def test_a_resource_takes_over_the_states_of_other_types(name: str) -> None:
    """SDKs of other languages have the same aliases, and warn about a deprecated resource."""
    assert [each["type"] for each in _resource(name)["aliases"]] == ALIASES[name]
    assert _resource(name).get("deprecationMessage", "") == kind_for(name).deprecation


def test_the_component_has_its_arguments_outputs_and_children() -> None:
    """Names of environments are plain, because they are part of names of resources."""
    component = _resource(COMPONENT)
    assert component["isComponent"]
    inputs = component["inputProperties"]
    assert [*inputs] == [camel_case(each.name) for each in ARGUMENTS if each.name != "connection"]
    assert component["requiredInputs"] == ["project", "name"]
    assert inputs["receptive"]["plain"]
    assert inputs["environments"]["plain"]
    assert inputs["environments"]["additionalProperties"]["plain"]
    # Without it, the Go SDK lacks the type of the values of a plain map, and does not compile.
    assert SCHEMA["language"]["go"]["generateExtraInputTypes"]
    types = SCHEMA["types"]
    receptive = types["gitlab-kubernetes:index:GitLabAgentReceptive"]
    assert receptive["required"] == ["url"]
    assert receptive["properties"]["clientKey"]["secret"]
    environment = types["gitlab-kubernetes:index:GitLabAgentEnvironment"]["properties"]
    own = {"project", "name", "clusterAgentId"}
    assert {*environment} == {*_resource("ProjectEnvironment")["inputProperties"]} - own
    assert environment["tier"] == _resource("ProjectEnvironment")["inputProperties"]["tier"]
    assert "default" not in environment["adoptExisting"]
    outputs = component["properties"]
    assert [*outputs] == [
        *("agentId", "token", "helmValues", "secretManifest"),
        *("agent", "tokenResource", "urlConfiguration", "environments"),
    ]
    assert not any(each.get("secret") for each in outputs.values())  # The generated Java.
    assert outputs["agent"]["$ref"] == "#/resources/gitlab-kubernetes:index:ClusterAgent"
    assert {*component["required"]} == {
        *("agentId", "token", "helmValues", "agent", "tokenResource", "environments"),
    }


def test_choices_are_enums() -> None:
    """Inputs and outputs refer to them."""
    found = {
        key.removeprefix("gitlab-kubernetes:index:"): {
            each["name"]: each["value"] for each in spec["enum"]
        }
        for key, spec in SCHEMA["types"].items()
        if "enum" in spec
    }
    assert found == ENUMS


def test_each_type_is_used() -> None:
    """Types of inputs, outputs and results are all there is."""
    used = set(re.findall(r'"#/types/(gitlab-kubernetes:index:\w+)"', FILE.read_text()))
    assert used == SCHEMA["types"].keys()


def test_each_function_has_its_arguments_and_results() -> None:
    """They have the types and descriptions of the catalog."""
    assert len(SCHEMA["functions"]) == 2 * len(MODULES)
    for function in functions().values():
        spec = SCHEMA["functions"][f"gitlab-kubernetes:index:{camel_case(function.name)}"]
        assert list(spec["inputs"]["properties"]) == [
            camel_case(f.name) for f in function.arguments
        ]
        assert list(spec["outputs"]["properties"]) == [camel_case(o.name) for o in function.results]
        required = {camel_case(o.name) for o in function.results if not o.optional}
        assert set(spec["outputs"]["required"]) == required


def test_descriptions_have_the_spelling_of_other_languages() -> None:
    """Names in snake_case are those of Python alone."""
    names = {f.name for name in MODULES for f in kind_for(name).schema.fields if "_" in f.name}
    for name in MODULES:
        specs = _resource(name)["properties"].values()
        text = " ".join(re.findall(r"`([^`]*)`", " ".join(each["description"] for each in specs)))
        assert not {each for each in names if re.search(rf"\b{each}\b", text)}, name


def test_the_provider_has_the_settings_of_a_connection() -> None:
    """No SDK reads an environment variable: an explicit provider has only what it is given."""
    keys = {*CONNECTION_KEYS, *COMMON_KEYS} - {"maxParallel"}
    for inputs in (SCHEMA["config"]["variables"], SCHEMA["provider"]["inputProperties"]):
        assert inputs.keys() == keys
        assert {key for key, spec in inputs.items() if spec.get("secret")} == {"token", "headers"}
        assert not [spec for spec in inputs.values() if {"default", "defaultInfo"} & spec.keys()]
    replaces = SCHEMA["provider"]["inputProperties"].items()
    assert [key for key, spec in replaces if "willReplaceOnChanges" in spec] == ["baseUrl"]


@pytest.mark.parametrize("name", MODULES)
def test_the_example_in_yaml_is_valid(name: str) -> None:
    """It declares the resource with inputs that it has, and refers to outputs that exist."""
    program = yaml.safe_load(_examples(name)["yaml"])
    resources = program["resources"]
    kinds = {
        key: each["type"].removeprefix("gitlab-kubernetes:") for key, each in resources.items()
    }
    assert name in kinds.values()
    for key, each in resources.items():
        given = each["properties"]
        schema = _resource(kinds[key])
        assert {*schema["requiredInputs"]} <= given.keys() <= schema["inputProperties"].keys()
        names = {camel_case(f.name): f.name for f in kind_for(kinds[key]).schema.fields}
        values = {names[input_]: value for input_, value in given.items()}
        for input_, value in values.items():
            if not isinstance(value, str):
                values[input_] = UNKNOWN  # Its names are those of the package schema.
                continue
            reference = re.fullmatch(r"\$\{(\w+)(?:\.(\w+))?\}", value)
            if reference and reference[2]:
                assert reference[2] in _resource(kinds[reference[1]])["properties"]
            elif reference:
                assert program["config"][reference[1]] == {"type": "string", "secret": True}
            if reference:
                values[input_] = UNKNOWN
        assert kind_for(kinds[key]).schema.check(values)[1] == []


@pytest.mark.parametrize("name", MODULES)
def test_the_example_in_typescript_is_the_one_in_yaml(name: str) -> None:
    """The same resources, with the same inputs."""
    resources = yaml.safe_load(_examples(name)["yaml"])["resources"]
    text = _examples(name)["typescript"]
    (imported,) = re.findall(r'import \* as gitlab from "(.*)";', text)
    assert imported == SCHEMA["language"]["nodejs"]["packageName"]
    declared = re.findall(
        r'const (\w+) = new gitlab\.(\w+)\("(\w+)", \{\n(.*?)\n\}\);', text, re.DOTALL
    )
    assert len(declared) == len(resources)
    for (variable, kind, key, body), expected in zip(declared, resources, strict=False):
        assert variable == key == expected
        assert resources[key]["type"] == f"gitlab-kubernetes:{kind}"
        lines = dict(line.strip(" ,").split(": ", 1) for line in body.splitlines())
        assert lines == {
            input_: _in_typescript(value) for input_, value in resources[key]["properties"].items()
        }


def _in_typescript(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if reference := re.fullmatch(r"\$\{(.+\..+)\}", value):
        return reference[1]
    if secret := re.fullmatch(r"\$\{(.+)\}", value):
        return f'config.requireSecret("{secret[1]}")'
    return json.dumps(value)


@pytest.mark.cli
def test_the_cli_generates_an_sdk(tmp_path: Path) -> None:
    """The CLI binds the schema without a warning, and the SDK has all resources."""
    done = subprocess.run(
        ["pulumi", "package", "gen-sdk", str(FILE), "--language=python", "--out", str(tmp_path)],  # noqa: S607 (whichever is on PATH)
        env={
            "PATH": os.pathsep.join((str(Path(shutil.which("pulumi") or "").parent), "/usr/bin")),
            "HOME": str(tmp_path),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()
    (sdk,) = (tmp_path / "python").glob("*/__init__.py")
    assert sdk.parent.name == "pulumi_gitlab_kubernetes_sdk"
    for name, module in MODULES.items():
        assert f"from .{module} import *" in sdk.read_text()
        assert f"class {name}(pulumi.CustomResource):" in (sdk.parent / f"{module}.py").read_text()

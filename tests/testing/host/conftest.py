"""Small Pulumi projects whose resources are files, run with the real dynamic host."""

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.support import pond
from tests.support.fork_server import FORK_SERVER

from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase

PASSPHRASE = "a phrase of the tests"
POND = Path(pond.__file__).absolute()

_PROVIDER = '''
"""Things: JSON files in the directory $THINGS, and a line in $THINGS/calls for each call."""

import json, os, sys, time
from pathlib import Path
import pulumi
from pulumi import Output
from pulumi.dynamic import *
from pulumi.output import Unknown
from pulumi.runtime import rpc

HERE = Path(os.environ["THINGS"])
OURS = {"__provider", "computed", "header"}


def log(*call):
    with (HERE / "calls").open("a") as calls:
        calls.write(json.dumps(call) + "\\n")


def fail(message, *, id=None, outs=None, reasons=()):
    """Fails with one line, or with a resource that is there but not in order."""
    from google.protobuf import any_pb2, struct_pb2
    from google.rpc import status_pb2
    from pulumi.runtime.proto import provider_pb2

    details = []
    if reasons:
        properties = struct_pb2.Struct()
        properties.update(outs)
        details = [any_pb2.Any()]
        failed = provider_pb2.ErrorResourceInitFailed(id=id, properties=properties, reasons=reasons)
        details[0].Pack(failed)
    status = status_pb2.Status(code=2, message=message, details=details)
    frame = sys._getframe()
    while not ("context" in frame.f_locals and "request" in frame.f_locals):
        frame = frame.f_back
    metadata = (("grpc-status-details-bin", status.SerializeToString()),)
    frame.f_locals["context"].set_trailing_metadata(metadata)
    raise RuntimeError(message)


class Things(ResourceProvider):
    serialize_as_secret_always = False
    tokens = []

    def __reduce__(self):
        return (Things, ())

    def configure(self, request):
        Things.tokens.append(request.config.get("things:token"))

    def check(self, olds, news):
        wrong = news.get("wrong")
        failures = [CheckFailure(wrong, "it is wrong")] if wrong is not None else []
        return CheckResult({"size": "m", **news}, failures)

    def diff(self, id, olds, news):
        log("diff", news["name"] if isinstance(news["name"], str) else "?")
        if news.get("unsure"):
            return DiffResult()
        keys = {k for k in {*olds, *news} - OURS if olds.get(k) != news.get(k)}
        return DiffResult(
            changes=bool(keys),
            replaces=sorted(keys & {"name", "kind"}),
            delete_before_replace=bool(news.get("first")),
        )

    def create(self, props):
        log("create", props["name"])
        if props.get("print"):
            print(props["print"])
        time.sleep(float(props.get("seconds", 0)))
        log("made", props["name"])
        if props.get("fail") == "create":
            fail("no more things")
        props = {k: v for k, v in props.items() if k != "__provider"}
        id = f"{props['name']}-{len(list(HERE.glob('*.json')))}"
        outs = {**props, "computed": props["name"].upper()}
        (HERE / f"{id}.json").write_text(json.dumps(outs))
        if props.get("fail") == "init":
            fail("", id=id, outs={**outs, "__provider": PICKLED}, reasons=["too cold"])
        if "token" in props:
            outs["header"] = rpc.wrap_rpc_secret("Bearer " + props["token"])
        return CreateResult(id, outs)

    def update(self, id, olds, news):
        log("update", news["name"])
        if news.get("fail") == "update":
            fail("it will not change")
        outs = {k: v for k, v in news.items() if k != "__provider"}
        outs["computed"] = news["name"].upper()
        (HERE / f"{id}.json").write_text(json.dumps(outs))
        return UpdateResult(outs)

    def read(self, id, props):
        log("read", props["name"], Things.tokens[-1])
        if props.get("fail") == "read":
            fail("it cannot be seen")
        file = HERE / f"{id}.json"
        if not file.exists():
            return ReadResult("", {})
        outs = json.loads(file.read_text())
        return ReadResult(id, outs, {k: v for k, v in outs.items() if k not in OURS})

    def delete(self, id, props):
        log("delete", props["name"], Things.tokens[-1])
        if props.get("fail") == "delete":
            fail("it will not go")
        (HERE / f"{id}.json").unlink(missing_ok=True)


import base64, pickle  # the provider as state has it

import dill

PICKLED = dill.dumps(Things(), protocol=pickle.DEFAULT_PROTOCOL, recurse=True)
PICKLED = base64.b64encode(PICKLED).decode()


class Thing(Resource, module="things", name="Thing"):
    computed: Output[str]
    name: Output[str]

    def __init__(self, resource, opts=None, **props):
        props = {"name": resource, "computed": None, **props}
        if "token" in props:
            props["header"] = None
        super().__init__(Things(), resource, props, opts)
'''

_FISH = """
import pulumi
from pulumi import InvokeOptions, Output
from pulumi.runtime import invoke


class Fish(pulumi.CustomResource):
    name: Output[str]
    loud: Output[str]
    serial: Output[int]
    region: Output[str]

    def __init__(self, resource, opts=None, **props):
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=VERSION), opts)
        props = {"name": resource, "loud": None, "serial": None, "region": None, **props}
        if "token" in props:
            props["header"] = None
        if opts.id is not None:
            props = dict.fromkeys(props)
        super().__init__("pond:index:Fish", resource, props, opts)


class Pond(pulumi.ProviderResource):
    def __init__(self, resource, opts=None, **props):
        opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(version=VERSION), opts)
        super().__init__("pond", resource, props, opts)


class School(pulumi.ComponentResource):
    fish: Output[int]
    name: Output[str]

    def __init__(self, resource, opts=None, **props):
        props = {"fish": None, "name": resource, **props}
        super().__init__("pond:index:School", resource, props, opts, True)


VERSION = "0.1.0"
"""

_PACK = """
from pulumi_policy import *

NAMES = {"type": "array", "items": {"type": "string"}, "default": ["bad"]}
SCHEMA = PolicyConfigSchema({"names": NAMES})

MUST, MEND = EnforcementLevel.MANDATORY, EnforcementLevel.REMEDIATE

def fine(args, report):
    pass

def no_bad(args, report):
    if args.props.get("label") in args.get_config()["names"]:
        report("Choose another label.")

def mend(args):
    if args.props.get("label") == "loud":
        return {**args.props, "label": "quiet"}

def stack(args, report):
    for found in args.resources:
        if found.props.get("computed") == "WRONG":
            report("It says so.", found.urn)

def up_only(args, report):
    if args.props.get("up") == "NEVER":
        report("Never.")

PolicyPack("tests", [
    ResourceValidationPolicy("no-bad-label", "Labels are good.", no_bad, MUST, SCHEMA),
    ResourceValidationPolicy("calm", "Labels are calm.", fine, MEND, remediate=mend),
    ResourceValidationPolicy("known", "Not never.", up_only, EnforcementLevel.ADVISORY),
    StackValidationPolicy("no-wrong", "Nothing is wrong.", stack, MUST),
])
"""

_HEADER = """\
import pulumi
from pulumi import Alias, ComponentResource, CustomTimeouts, Output, ResourceOptions, export
from things import Thing
"""


class Project:
    """A project in a directory of its own."""

    def __init__(self, directory: Path, salt: str) -> None:
        """Write a project without any resource."""
        self.directory = directory / "project"
        self.backend = directory / "backend"
        self.things = directory / "things"
        for folder in (self.directory, self.backend, self.things):
            folder.mkdir()
        (self.directory / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        (self.directory / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {salt}\n")
        (self.directory / "things.py").write_text(_PROVIDER)
        self.environ = {
            **os.environ,
            "THINGS": str(self.things),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_PYTHON_CMD": sys.executable,
        }
        self.write("")

    def add_pond(self) -> None:
        """Give the project the package `pond`, whose plugin is `tests/support/pond.py`."""
        plugin = self.directory.parent / "pond"
        plugin.mkdir()
        runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
        (plugin / "PulumiPlugin.yaml").write_text(json.dumps({"runtime": runtime}))
        main = f"import runpy; runpy.run_path({str(POND)!r}, run_name='__main__')"
        (plugin / "__main__.py").write_text(main)
        project = {
            "name": "shop",
            "runtime": "python",
            "plugins": {"providers": [{"name": "pond", "path": "../pond"}]},
        }
        (self.directory / "Pulumi.yaml").write_text(json.dumps(project))
        (self.directory / "fish.py").write_text(_FISH)

    def write(self, program: str) -> None:
        """Write the program."""
        (self.directory / "__main__.py").write_text(_HEADER + textwrap.dedent(program))

    def stack(self) -> Stack:
        """The project's stack on the deployment host."""
        return Stack(self.directory, environ=self.environ, spawn=FORK_SERVER.spawn)

    def calls(self, *names: str) -> list[tuple[str, str]]:
        """Return the provider's calls since the last time, of the named kinds."""
        file = self.things / "calls"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        calls = [json.loads(line) for line in lines]
        wanted = names or ("create", "update", "delete")
        return [(call[0], call[1]) for call in calls if call[0] in wanted]

    def contents(self) -> dict[str, Any]:
        """Return each existing file, by id."""
        return {file.stem: json.loads(file.read_text()) for file in self.things.glob("*.json")}


def resources(stack: Stack, *, show_secrets: bool = True) -> dict[str, dict[str, Any]]:
    """Return the live resources of a stack's deployment, by name."""
    deployment = stack.export(show_secrets=show_secrets)["deployment"]
    return {
        item["urn"].rpartition("::")[2]: item
        for item in deployment.get("resources", ())
        if not item.get("delete")
    }


def ops(steps: Iterable[Any]) -> list[tuple[str, str]]:
    """Return op and resource of each step, without unchanged resources."""
    return [(step.op, step.name) for step in steps if step.op != "same"]


@pytest.fixture(scope="session")
def salt() -> str:
    """One salt for all stacks, as deriving a key takes a while."""
    return Passphrase.create(PASSPHRASE).salt


@pytest.fixture
def project(tmp_path: Path, salt: str) -> Project:
    """A project without any resource."""
    return Project(tmp_path, salt)


@pytest.fixture
def stack(project: Project) -> Stack:
    """Its stack."""
    return project.stack()


@pytest.fixture
def up(project: Project, stack: Stack) -> Callable[[str], Any]:
    """Return a function that writes a program and runs `up`, which must succeed."""

    def run(program: str) -> Any:
        project.write(program)
        result = stack.up()
        assert result.ok, result.stdout
        return result

    return run


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A policy pack that names this interpreter."""
    folder = tmp_path / "pack"
    folder.mkdir()
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "PulumiPolicy.yaml").write_text(json.dumps({"version": "1.2.3", "runtime": runtime}))
    (folder / "__main__.py").write_text(_PACK)
    return folder

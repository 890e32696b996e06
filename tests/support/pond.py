"""A small provider plugin for tests: fish are JSON files in the directory $THINGS.

Run as ``python pond.py ENGINE``. It writes a line to $THINGS/calls for each call, and does what the
inputs of a fish ask for.
"""

# ruff: noqa: ARG002, N802 (gRPC's names and arguments)

import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from google.rpc import status_pb2  # type: ignore[import-untyped] # it has no types
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

HERE = Path(os.environ.get("THINGS", ""))
VERSION = os.environ.get("POND_VERSION", "0.1.0")
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
REPLACING = {"name", "kind"}
COMPUTED = {"loud", "serial", "header", "region"}
Values = dict[str, Any]


def read(struct: struct_pb2.Struct) -> Values:
    """Read a message; secrets and unknowns stay as they are."""
    return json_format.MessageToDict(struct)


def write(values: Values) -> struct_pb2.Struct:
    """Write a message."""
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def plain(value: Any) -> Any:
    """Return a value without its mark as a secret."""
    if isinstance(value, dict) and value.get(SIGNATURE) == SECRET:
        return plain(value["value"])
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def secret(value: Any) -> Values:
    """Mark a value as secret."""
    return {SIGNATURE: SECRET, "value": value}


def changes(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the paths that differ, and ADD, DELETE or UPDATE."""
    old, new = plain(old), plain(new)
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from changes(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif old != new:
        yield path, "ADD" if old is None else "DELETE" if new is None else "UPDATE"


class Pond(provider_pb2_grpc.ResourceProviderServicer):
    """The provider."""

    def __init__(self, engine: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(engine))
        self._config: Values = {}
        self._cancelled = threading.Event()
        self._lock = threading.Lock()

    def Handshake(self, request: Any, context: Any) -> Any:
        """Shake hands, if the tests want to see that."""
        if "POND_SHAKES_HANDS" not in os.environ:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "it does not")
        self._log("handshake", request.configure_with_urn)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return the version."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: Any) -> Any:
        """Check the configuration."""
        news = read(request.news)
        self._log("checkConfig", request.name)
        failures = []
        if news.get("region") == "nowhere":
            failures.append(provider_pb2.CheckFailure(property="region", reason="it is nowhere"))
        return provider_pb2.CheckResponse(inputs=write(news), failures=failures)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        """Another region needs other fish."""
        found = dict(changes(read(request.old_inputs), read(request.news)))
        self._log("diffConfig", request.name, *found)
        return provider_pb2.DiffResponse(
            changes=_changes(bool(found)), replaces=sorted(found.keys() & {"region"})
        )

    def Configure(self, request: Any, context: Any) -> Any:
        """Keep the configuration."""
        args = read(request.args)
        marked = [key for key, value in args.items() if plain(value) != value]
        self._log("configure", request.name, request.type, sorted(plain(args).items()), marked)
        if "missing" in args:
            missing = provider_pb2.ConfigureErrorMissingKeys(
                missingKeys=[
                    provider_pb2.ConfigureErrorMissingKeys.MissingKey(
                        name="pond:depth", description="How deep it is."
                    )
                ]
            )
            _fail(context, "incomplete", missing)
        self._config = args
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True
        )

    def Check(self, request: Any, context: Any) -> Any:
        """Check a fish."""
        news = read(request.news)
        failures = []
        if "wrong" in news:
            wrong = str(plain(news["wrong"]))
            failures.append(provider_pb2.CheckFailure(property=wrong, reason="it is wrong"))
        inputs = {"size": "m", **news}
        return provider_pb2.CheckResponse(inputs=write(inputs), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        """Compare a fish with its inputs."""
        olds = {k: v for k, v in read(request.olds).items() if k not in COMPUTED}
        news = read(request.news)
        if news.get("unsure"):
            return provider_pb2.DiffResponse()
        found = dict(changes(olds, news))
        replaced = {path.partition(".")[0] for path in found} & REPLACING
        self._log("diff", request.name, *sorted(found))
        kinds = {
            path: kind + ("_REPLACE" if path.partition(".")[0] in REPLACING else "")
            for path, kind in found.items()
        }
        return provider_pb2.DiffResponse(
            changes=_changes(bool(found)),
            diffs=sorted({path.partition(".")[0] for path in found}),
            replaces=sorted(replaced),
            deleteBeforeReplace=bool(news.get("first")),
            hasDetailedDiff=True,
            detailedDiff={
                path: provider_pb2.PropertyDiff(
                    kind=getattr(provider_pb2.PropertyDiff, kind), inputDiff=path == "name"
                )
                for path, kind in kinds.items()
            },
        )

    def Create(self, request: Any, context: Any) -> Any:
        """Create a fish, or tell how it would be."""
        inputs = read(request.properties)
        if request.preview:
            outs = self._outputs(inputs, UNKNOWN)
            return provider_pb2.CreateResponse(properties=write(outs))
        self._log("create", request.name, request.timeout)
        self._say(request.urn, inputs)
        if inputs.get("seconds") and self._cancelled.wait(inputs["seconds"]):
            _fail(context, "cancelled")
        if inputs.get("fail") == "exit":
            print("it drained", file=sys.stderr, flush=True)
            os._exit(3)
        if inputs.get("fail") == "create":
            _fail(context, "no more fish")
        with self._lock:
            name = plain(inputs["name"])
            number = 1 + len(list(HERE.glob(f"{name}-*.json")))
            id_ = f"{name}-{number}"
            outs = self._outputs(inputs, 100 * len(name) + number)
            self._save(id_, outs)
        if inputs.get("fail") == "init":
            failed = provider_pb2.ErrorResourceInitFailed(
                id=id_, properties=write(outs), reasons=["too cold"], inputs=write(inputs)
            )
            _fail(context, "", failed)
        return provider_pb2.CreateResponse(id=id_, properties=write(outs))

    def Update(self, request: Any, context: Any) -> Any:
        """Update a fish, or tell how it would be."""
        inputs = read(request.news)
        outs = self._outputs(inputs, read(request.olds).get("serial", 0))
        if not request.preview:
            self._log("update", request.name, *request.ignoreChanges)
            if inputs.get("fail") == "update":
                _fail(context, "it will not change")
            self._save(request.id, outs)
        return provider_pb2.UpdateResponse(properties=write(outs))

    def Read(self, request: Any, context: Any) -> Any:
        """Read a fish; for an import, its inputs are all that it has."""
        self._log("read", request.id, self._config.get("region"))
        if read(request.inputs).get("fail") == "read":
            _fail(context, "it cannot be seen")
        file = HERE / f"{request.id}.json"
        if not file.exists():
            return provider_pb2.ReadResponse()
        outs = json.loads(file.read_text())
        if "token" in outs:
            outs.update(token=secret(outs["token"]), header=secret(outs["header"]))
        inputs = {key: value for key, value in outs.items() if key not in COMPUTED}
        return provider_pb2.ReadResponse(
            id=request.id, properties=write(outs), inputs=write(inputs)
        )

    def Delete(self, request: Any, context: Any) -> Any:
        """Delete a fish."""
        self._log("delete", request.name, self._config.get("region"), request.timeout)
        if read(request.old_inputs).get("fail") == "delete":
            _fail(context, "it will not go")
        (HERE / f"{request.id}.json").unlink(missing_ok=True)
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        """Find a fish by its name."""
        args = read(request.args)
        self._log("invoke", request.tok, sorted(args), self._config.get("region"))
        if request.tok == "pond:index:broken":
            _fail(context, "it is broken")
        if not args.get("name"):
            failure = provider_pb2.CheckFailure(property="name", reason="it is required")
            return provider_pb2.InvokeResponse(failures=[failure])
        name = plain(args["name"])
        found = sorted(path.stem for path in HERE.glob(f"{name}-*.json"))
        result = {"ids": found, "name": args["name"], "region": self._config.get("region")}
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(write(result))  # a keyword of Python
        return response

    def Construct(self, request: Any, context: Any) -> Any:
        """Register a school of fish."""
        self._log("construct", request.name, sorted(request.providers))
        inputs = read(request.inputs)
        if inputs.get("fail"):
            _fail(context, "it is no school")
        with grpc.insecure_channel(request.monitorEndpoint) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            school = monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(
                    type=request.type,
                    name=request.name,
                    parent=request.parent,
                    acceptSecrets=True,
                    providers=request.providers,
                    aliases=request.aliases,
                    protect=request.protect or None,
                    parentStackTraceHandle=request.stack_trace_handle,
                )
            )
            fish = monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(
                    type="pond:index:Fish",
                    name=f"{request.name}-fish",
                    parent=school.urn,
                    custom=True,
                    object=write({"name": inputs["name"]}),
                    acceptSecrets=True,
                    supportsPartialValues=True,
                    parentStackTraceHandle=request.stack_trace_handle,
                )
            )
            state = {"fish": read(fish.object).get("serial", UNKNOWN), "name": inputs["name"]}
            outputs = resource_pb2.RegisterResourceOutputsRequest(
                urn=school.urn, outputs=write(state)
            )
            monitor.RegisterResourceOutputs(outputs)
        dependencies = provider_pb2.ConstructResponse.PropertyDependencies(urns=[fish.urn])
        return provider_pb2.ConstructResponse(
            urn=school.urn, state=write(state), stateDependencies={"fish": dependencies}
        )

    def Cancel(self, request: Any, context: Any) -> Any:
        """End what runs."""
        self._log("cancel")
        self._cancelled.set()
        return empty_pb2.Empty()

    def _outputs(self, inputs: Values, serial: Any) -> Values:
        name = inputs["name"]
        outs = {
            **inputs,
            "loud": UNKNOWN if plain(name) == UNKNOWN else plain(name).upper(),
            "serial": serial,
            "region": plain(self._config.get("region", "home")),
        }
        if "token" in inputs:
            known = plain(inputs["token"]) != UNKNOWN
            outs["header"] = secret("Bearer " + plain(inputs["token"])) if known else UNKNOWN
        return outs

    def _save(self, id_: str, outs: Values) -> None:
        (HERE / f"{id_}.json").write_text(json.dumps(plain(outs)))

    def _say(self, urn: str, inputs: Values) -> None:
        if "say" in inputs:
            self._engine.Log(
                engine_pb2.LogRequest(severity=engine_pb2.INFO, message=inputs["say"], urn=urn)
            )
            print("hidden from users", flush=True)

    def _log(self, *call: Any) -> None:
        with self._lock, (HERE / "calls").open("a") as calls:
            calls.write(json.dumps(call) + "\n")


def _changes(any_: bool) -> Any:
    response = provider_pb2.DiffResponse
    return response.DIFF_SOME if any_ else response.DIFF_NONE


def _fail(context: Any, message: str, detail: Any = None) -> NoReturn:
    details = []
    if detail is not None:
        details = [any_pb2.Any()]
        details[0].Pack(detail)
    status = status_pb2.Status(code=2, message=message, details=details)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)
    raise AssertionError  # abort raises


def main() -> None:
    """Serve until the engine ends the process."""
    if "POND_DIES" in os.environ:
        sys.exit("it is dry")
    server = grpc.server(ThreadPoolExecutor(max_workers=32))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Pond(sys.argv[-1]), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()

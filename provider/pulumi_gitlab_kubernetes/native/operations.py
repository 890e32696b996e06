"""The calls for resources, from the engine's requests to the core and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

from pulumi_gitlab_kubernetes.core.context import CallContext
from pulumi_gitlab_kubernetes.core.kind import Kind, TokenKind
from pulumi_gitlab_kubernetes.core.lifecycle import Lifecycle
from pulumi_gitlab_kubernetes.core.previews import preview_create, preview_update
from pulumi_gitlab_kubernetes.core.references import resolve
from pulumi_gitlab_kubernetes.core.schema import Failure
from pulumi_gitlab_kubernetes.core.shared_fields import CONNECTION, SCHEMA_VERSION
from pulumi_gitlab_kubernetes.core.spelling import camel_case, in_camel_case, in_snake_case
from pulumi_gitlab_kubernetes.core.state import IMPORTED, State
from pulumi_gitlab_kubernetes.core.values import UNKNOWN, Values
from pulumi_gitlab_kubernetes.errors import PartialFailureError
from pulumi_gitlab_kubernetes.native.configured import ConfiguredProvider
from pulumi_gitlab_kubernetes.native.detailed_diff import respond
from pulumi_gitlab_kubernetes.native.failures import KeptResourceError
from pulumi_gitlab_kubernetes.native.spelling import unknown_names, why_unknown
from pulumi_gitlab_kubernetes.native.states import OldState, known_values
from pulumi_gitlab_kubernetes.native.wire import Path, Properties, decode, encode

_NO_ASSET = "must not contain an asset or archive: use text"


class Operations:
    """Check, diff, create, read, update and delete of one kind.

    Args:
        lifecycle: The lifecycle of the kind.
        provider: The provider.
    """

    def __init__(self, lifecycle: Lifecycle, provider: ConfiguredProvider) -> None:
        self._lifecycle = lifecycle
        self._kind: Kind = lifecycle.kind
        self._provider = provider
        self._refreshed: set[str] = set()

    def check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:
        """Validate inputs and fill in defaults."""
        given = decode(request.news)
        context = self._provider.context(self._kind, request.urn)
        news, failures = self._named(given)
        values: Values = {}
        if not failures:
            values, failures = self._lifecycle.check(news, context)
            if failures and (unset := self._unset_by_import(request.olds, news)):
                found, remaining = self._lifecycle.check({**news, **unset}, context)
                if not remaining:
                    values = {name: found[name] for name in found if name not in unset}
                    failures = []
        return provider_pb2.CheckResponse(
            inputs=self._struct(values, given.secrets),
            # The engine prints the value of a named property, which may be a secret.
            failures=[
                provider_pb2.CheckFailure(reason=f"{context.spelling[each.property]} {each.reason}")
                for each in failures
            ],
        )

    def diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:
        """Compare the state with checked inputs.

        In a refresh, the engine calls it once after `read`, for what it displays.
        """
        olds = OldState(self._kind, request.olds, request.old_inputs)
        news, _failures = self._named(decode(request.news))
        refreshing = request.urn in self._refreshed
        self._refreshed.discard(request.urn)
        context = self._provider.context(
            self._kind, request.urn, refreshing=refreshing, ignored=request.ignoreChanges
        )
        state = olds.as_of(news)
        found = self._lifecycle.diff(state, news, context)
        rewrite = olds.must_be_rewritten and not refreshing
        if rewrite and not found.changed:
            context.log_status("only its state is rewritten")
        return respond(self._kind, found, state.inputs, news, rewrite=rewrite)

    def create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:
        """Create the resource in GitLab, or preview it."""
        given = decode(request.properties)
        inputs, _failures = self._named(given)
        if request.preview:
            outputs = preview_create(self._kind, inputs)
            return provider_pb2.CreateResponse(properties=self._struct(outputs, given.secrets))
        context = self._provider.context(self._kind, request.urn, timeout=request.timeout)
        id_, outputs = self._lifecycle.create(inputs, context)
        return provider_pb2.CreateResponse(id=id_, properties=self._struct(outputs, given.secrets))

    def read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
        """Read a resource for a refresh, an import or `.get()`.

        Only an import comes without inputs, and only a managed resource has some.
        """
        context = self._provider.context(self._kind, request.urn, timeout=request.timeout)
        if not request.HasField("inputs") and not request.properties.fields:
            return self._import(request.id, context)
        olds = OldState(self._kind, request.properties, request.inputs)
        if not olds.managed:
            known = olds.outputs if SCHEMA_VERSION.name in olds.outputs else {}
            outputs = self._lifecycle.get(request.id, known, context)
            if outputs is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=request.id, properties=self._struct(outputs, olds.secrets)
            )
        id_ = self._own_id(request.id, context)
        found = self._lifecycle.read(id_, olds.as_of(olds.inputs), context)
        if found is None:
            return provider_pb2.ReadResponse()
        self._refreshed.add(request.urn)
        return self._read(id_, found, olds.secrets, imported=olds.imported)

    def update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:
        """Update the resource in GitLab to its new inputs, or preview that."""
        given = decode(request.news)
        news, _failures = self._named(given)
        olds = OldState(self._kind, request.olds, request.old_inputs)
        secrets = olds.secrets | given.secrets
        state, ignored = olds.as_of(news), request.ignoreChanges
        context = self._provider.context(
            self._kind, request.urn, timeout=request.timeout, ignored=ignored
        )
        if request.preview:
            ids = self._kind.parse_id(request.id) if self._kind.is_id(request.id) else ()
            outputs = preview_update(self._kind, ids, state, news, context.ignored)
            return provider_pb2.UpdateResponse(properties=self._struct(outputs, secrets))
        id_ = self._own_id(request.id, context)
        try:
            outputs = self._lifecycle.update(id_, state, news, context)
        except PartialFailureError as error:
            inputs = self._kind.schema.inputs(error.outputs)
            raise KeptResourceError(
                str(error),
                request.id,
                self._struct(error.outputs, secrets),
                self._struct(inputs, secrets),
            ) from error
        return provider_pb2.UpdateResponse(properties=self._struct(outputs, secrets))

    def delete(self, request: provider_pb2.DeleteRequest) -> None:
        """Delete the resource in GitLab."""
        olds = OldState(self._kind, request.properties, request.old_inputs)
        context = self._provider.context(self._kind, request.urn, timeout=request.timeout)
        id_ = self._own_id(request.id, context)
        self._lifecycle.delete(id_, olds.as_of(olds.inputs), context)

    def _import(self, reference: str, context: CallContext) -> provider_pb2.ReadResponse:
        id_, found = self._lifecycle.import_(reference, context)
        if isinstance(self._kind, TokenKind):
            shown = ", ".join(context.spelling[name] for name in self._kind.place.shown_once)
            context.log_warning(
                f"imported without its {shown}: GitLab returns it only once; replace the resource "
                "to get a new one"
            )
        return self._read(id_, found, imported=True)

    def _read(
        self, id_: str, found: State, secrets: Collection[Path] = (), *, imported: bool
    ) -> provider_pb2.ReadResponse:
        outputs, inputs = found.outputs, self._struct(found.inputs, secrets)
        if imported:  # No program has decided yet which inputs it manages.
            outputs = {n: v for n, v in outputs.items() if n != SCHEMA_VERSION.name}
            inputs.fields[IMPORTED].bool_value = True
        return provider_pb2.ReadResponse(
            id=id_, properties=self._struct(outputs, secrets), inputs=inputs
        )

    def _named(self, given: Properties) -> tuple[Values, list[Failure]]:
        """Return inputs by field name, and failures for those that the kind cannot have."""
        fields = (field.name for field in self._kind.schema.fields if field is not CONNECTION)
        names = {camel_case(name): name for name in fields}
        failures = [
            Failure(key, why_unknown(key, names))
            for key in given.values
            if key not in names and not key.startswith("__")  # The engine's own.
        ]
        failures += [Failure(key, _NO_ASSET) for key in sorted(given.asset_names() & names.keys())]
        schema, values = self._kind.schema, {}
        for key, value in given.values.items():
            if name := names.get(key):
                inside = schema.names_in(name)
                failures += [
                    Failure(f"{name}{path}", why)
                    for path, why in unknown_names(value, inside).items()
                ]
                values[name] = in_snake_case(value, inside)
        return values, failures

    def _unset_by_import(self, olds: struct_pb2.Struct, news: Values) -> Values:
        """Return unknown values for what neither an import nor the program has set.

        GitLab does not return them, so a program need not set them either. Without an import, the
        old inputs would have been refused too.
        """
        old, check = known_values(self._kind, olds), self._kind.schema.check
        unset = {
            field.name: UNKNOWN
            for field in self._kind.schema.fields
            if field.write_only and not old.get(field.name) and not news.get(field.name)
        }
        return unset if check(old)[1] and not check({**old, **unset})[1] else {}

    def _own_id(self, id_: str, context: CallContext) -> str:
        """Return an ID of this package. In states of Pulumi's GitLab package, it has a path."""
        if self._kind.is_id(id_):
            return id_
        return ":".join(map(str, resolve(self._kind, context.client({}), id_)))

    def _struct(
        self, values: Mapping[str, Any], secrets: Collection[Path] = ()
    ) -> struct_pb2.Struct:
        """Return values for the engine, with secrets marked."""
        schema = self._kind.schema
        named = {
            camel_case(name): in_camel_case(value, schema.names_in(name))
            for name, value in values.items()
            if name != CONNECTION.name
        }
        own = {(camel_case(name),) for name in self._kind.schema.secrets()}
        return encode(named, own.union(secrets))

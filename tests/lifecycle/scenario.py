"""The scenario of a kind of resource: a stack with a resource for each field.

A deployment takes a second or two, so all fields share the same ones. The scenario runs once for
each engine and records what happened. Each test in `fields` checks one field in the record.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.lifecycle.adapters import Adapter
from tests.lifecycle.engines import Outcome, Stack, resource
from tests.lifecycle.gitlab import Call, Lab, path_of
from tests.support.proxy import Proxy

Args = dict[str, Any]
UNMANAGED = "unmanaged"
"""The name of the resource that sets no optional field."""


class Then(Enum):
    """What a change of a field does to its resource."""

    UPDATE = "one PUT"
    STATE_ONLY = "an update of only the state"
    MOVE = "another connection, with the steps of the adapter's table"
    NONE = "no step"
    REPLACE = "a replacement, created before the old one is deleted"
    DELETE_FIRST = "a replacement, created after the old one is deleted"

    @property
    def ops(self) -> list[str]:
        """The steps in their order, with any adapter."""
        created, deleted = ["create-replacement", "replace"], ["delete-replaced"]
        return {
            Then.UPDATE: ["update"],
            Then.STATE_ONLY: ["update"],
            Then.NONE: ["same"],
            Then.REPLACE: created + deleted,
            Then.DELETE_FIRST: [*deleted, "replace", "create-replacement"],
        }[self]

    def steps(self, adapter: Adapter) -> list[str]:
        """Return the steps in their order, with one of the adapters."""
        return list(adapter.moves) if self is Then.MOVE else self.ops

    @property
    def replaces(self) -> bool:
        """Whether the resource has another ID afterwards."""
        return self in (Then.REPLACE, Then.DELETE_FIRST)


@dataclass(frozen=True)
class Row:
    """The values of a field in the scenario. A value can be a function of the lab.

    Args:
        field: The field.
        old: Its first value; `None` if it is not set.
        new: Its second value.
        then: What the change from the first to the second value does.
        drop: What the removal of the field does; `None` if it is required.
        default: Its value in the state after its removal.
        cleared: Its value in GitLab after its removal.
        beside: Other arguments that it needs.
        beside_new: Other arguments that change with it.
        drop_too: Other arguments that are removed with it.
        response_key: GitLab's name for it in responses, with dots where nested; empty if absent.
        outside: Parameters of a request that changes it without Pulumi.
        drifted: Its value after that.
    """

    field: str
    old: Any
    new: Any
    then: Then
    drop: Then | None = None
    default: Any = None
    cleared: Any = None
    beside: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    beside_new: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    drop_too: tuple[str, ...] = ()
    response_key: str = ""
    outside: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    drifted: Any = None

    @property
    def name(self) -> str:
        """The logical name of its resource."""
        return self.field.replace("_", "-")


@dataclass(frozen=True)
class Kind:
    """A kind of resource and the rows of its fields.

    Args:
        class_: The name of the resource class.
        base: Returns the required arguments of a row's resource.
        rows: A row for each field.
        carriers: Two fields. The update of one of them must not send an ignored field. Each row
            uses the one that is not its own.
        always_sent: GitLab's names of the fields that each update sends.
        meanwhile: Changes volatile outputs in GitLab, given the kind's resources in the state.
        creates_at_path: Whether a create is sent to the path of the new resource.
        update: The methods of the requests of an update.
        change: Changes a resource at a path in GitLab, given the parameters.
        delete: Deletes a resource at a path in GitLab.
    """

    class_: str
    base: Callable[[Lab, str], Args]
    rows: tuple[Row, ...]
    carriers: tuple[str, ...] = ()
    always_sent: frozenset[str] = frozenset()
    meanwhile: Callable[[Lab, dict[str, dict[str, Any]]], None] = lambda _lab, _state: None
    creates_at_path: bool = False
    update: tuple[str, ...] = ("PUT",)
    change: Callable[[Lab, str, Args], None] = lambda lab, path, args: lab.root("PUT", path, **args)
    delete: Callable[[Lab, str], None] = lambda lab, path: lab.root("DELETE", path)

    def row(self, name: str) -> Row:
        """Return the row of a field."""
        found = [row for row in self.rows if row.field == name]
        assert found, f"{self.class_}.{name} has no row in its table: add one"
        return found[0]

    def args(self, lab: Lab, row: Row, stage: str) -> Args:
        """Return the arguments of a row's resource.

        Args:
            lab: The GitLab.
            row: The row.
            stage: `old`, `new` or `dropped`.
        """
        args = {**self.base(lab, row.name), **row.beside}
        if stage == "new" or (stage == "dropped" and row.drop is None):
            args |= {row.field: row.new, **row.beside_new}
        elif stage == "old":
            args[row.field] = row.old
        else:
            for name in (row.field, *row.drop_too):
                args.pop(name, None)
        return {name: resolve(value, lab) for name, value in args.items()}

    def resources(self, lab: Lab, stage: str) -> list[dict[str, Any]]:
        """Describe the resources of all rows, and the one that sets no optional field."""
        described = [
            resource(self.class_, row.name, **self.args(lab, row, stage)) for row in self.rows
        ]
        bare = {name: resolve(each, lab) for name, each in self.base(lab, UNMANAGED).items()}
        return [*described, resource(self.class_, UNMANAGED, **bare)]

    def ignoring(self, lab: Lab, stage: str) -> list[dict[str, Any]]:
        """Describe the same resources, with each updatable field at its first value and ignored.

        Args:
            lab: The GitLab.
            stage: The stage of the carrier in each resource; as for `args`.
        """
        described = self.resources(lab, "new")
        for number, row in enumerate(self.rows):
            if row.then is Then.UPDATE:
                args = {**self.args(lab, row, "old"), **self.carried(lab, row, stage)}
                opts = {"ignore_changes": [row.field]}
                described[number] = resource(self.class_, row.name, opts=opts, **args)
        return described

    def managing(self, lab: Lab, stage: str) -> list[dict[str, Any]]:
        """Describe the same resources, with each updatable field at its second value."""
        described = self.resources(lab, "new")
        for number, row in enumerate(self.rows):
            if row.then is Then.UPDATE:
                described[number]["args"] |= self.carried(lab, row, stage)
        return described

    def carrier(self, row: Row) -> Row:
        """Return the row of the carrier for a row."""
        return self.row(next(name for name in self.carriers if name != row.field))

    def carried(self, lab: Lab, row: Row, stage: str) -> Args:
        """Return the carrier's value at a stage."""
        field = self.carrier(row).field
        return {field: self.args(lab, self.row(field), stage)[field]}

    def outside(self, lab: Lab, name: str) -> Args:
        """Return the parameters of a request that changes a resource without Pulumi.

        They change the field of its row, and every field that the resource does not set.
        """
        row = next((each for each in self.rows if each.name == name), None)
        if row and not row.outside:
            return {}
        given = self.args(lab, row, "new") if row else self.base(lab, name)
        optional = [each for each in self.rows if each.drop and each.default is None]
        unset = [each for each in optional if each.field not in given]
        changes: Args = {}
        for each in [*unset, row] if row else unset:
            for parameter, value in resolve(each.outside, lab).items():
                nested = isinstance(value, dict)
                changes[parameter] = {**changes.get(parameter, {}), **value} if nested else value
        return changes


@dataclass(frozen=True)
class Phase:
    """What one run of the engine did.

    Args:
        outcome: The outcome of the run.
        calls: The requests to GitLab.
        state: The resources in the state, by name.
        responses: GitLab's responses about them, by name.
        puts: The path of each update, and GitLab's names of its fields, with dots where nested.
    """

    outcome: Outcome
    calls: list[Call]
    state: dict[str, dict[str, Any]]
    responses: dict[str, dict[str, Any] | None]
    puts: list[tuple[str, set[str]]]

    def path(self, name: str, class_: str) -> str:
        """Return the API path of a resource."""
        return path_of(class_, self.state[name]["id"])

    def calls_at(self, path: str) -> list[str]:
        """Return the methods of the requests to a resource."""
        return [call.method for call in self.calls if call.path == path]

    def sent_to(self, path: str) -> list[set[str]]:
        """Return the fields that each update of a resource sent."""
        return [sent for where, sent in self.puts if where == path]


class Scenario:
    """Runs the phases of a kind, and records what happened in each.

    Args:
        kind: The kind.
        lab: The GitLab, behind the proxy.
        stack: An empty stack.
        proxy: The proxy that the stack's requests pass.
    """

    def __init__(self, kind: Kind, lab: Lab, stack: Stack, proxy: Proxy) -> None:
        self.kind = kind
        self.lab = lab
        self.stack = stack
        self.proxy = proxy
        self.phases: dict[str, Phase] = {}
        old, new, dropped = (kind.resources(lab, stage) for stage in ("old", "new", "dropped"))
        self._run("created", lambda: stack.up(*old))
        self._run("unchanged", lambda: stack.up(*old))
        self._run("previewed", lambda: stack.preview(*new))
        self._run("changed", lambda: stack.up(*new))
        self._run("dropped", lambda: stack.up(*dropped))
        self._run("set_again", lambda: stack.up(*new))
        self._change_outside()
        kind.meanwhile(lab, self["set_again"].state)
        self._run("drift_previewed", lambda: stack.preview(*new, refresh=True))
        self._run("refreshed", stack.refresh)
        self.secrets = stack.resources(show_secrets=True)
        self._run("repaired", lambda: stack.up(*new))
        if kind.carriers:
            self._ignore()
        self._delete_outside(every=1)
        self._run("gone", stack.refresh)
        self._run("created_again", lambda: stack.up(*new))
        self._delete_outside(every=2)
        self._run("destroyed", stack.destroy)

    def __getitem__(self, phase: str) -> Phase:
        """Return the record of a phase."""
        return self.phases[phase]

    def _ignore(self) -> None:
        """Ignore the drift of each field, first without and then with the drift in the state."""
        stack, managing = self.stack, self.kind.managing(self.lab, "old")
        once, again = (self.kind.ignoring(self.lab, stage) for stage in ("old", "new"))
        self._change_outside()
        self._run("ignored_unseen", lambda: stack.up(*once))
        self._run("ignored_still", lambda: stack.up(*again))
        self._run("ignored_previewed", lambda: stack.preview(*again, refresh=True))
        self._run("ignored_seen", lambda: stack.up(*once, refresh=True))
        self._run("ignored", lambda: stack.up(*once))
        self._run("managed_again", lambda: stack.up(*managing))

    def _run(self, name: str, run: Callable[[], Outcome]) -> None:
        self.lab.calls()
        self.proxy.bodies.clear()
        outcome = run()
        calls = self.lab.calls()
        state = {
            name: each
            for name, each in self.stack.resources().items()
            if each["type"].endswith(f":{self.kind.class_}")
        }
        responses = {
            name: self.lab.get(path_of(self.kind.class_, each["id"]))
            for name, each in state.items()
        }
        puts = [
            (path.removeprefix("/api/v4/"), {*_names(json.loads(body))})
            for method, path, body in self.proxy.bodies
            if method == "PUT"
        ]
        self.phases[name] = Phase(outcome, calls, state, responses, puts)

    def _change_outside(self) -> None:
        for name, each in self["set_again"].state.items():
            if parameters := self.kind.outside(self.lab, name):
                self.kind.change(self.lab, path_of(self.kind.class_, each["id"]), parameters)

    def _delete_outside(self, *, every: int) -> None:
        for each in list(self.stack_state().values())[::every]:
            path = path_of(self.kind.class_, each["id"])
            if self.kind.class_ == "ProjectEnvironment":
                self.lab.root("POST", f"{path}/stop", force=True)
            self.kind.delete(self.lab, path)

    def stack_state(self) -> dict[str, dict[str, Any]]:
        """Return the kind's resources after the last phase."""
        return list(self.phases.values())[-1].state


def _names(body: Mapping[str, Any], *parents: str) -> Iterator[str]:
    for name, value in body.items():
        if isinstance(value, dict):
            yield from _names(value, *parents, name)
        else:
            yield ".".join((*parents, name))


def resolve(value: Any, lab: Lab) -> Any:
    """Return a value, or the result of a function of the lab."""
    if callable(value):
        return value(lab)
    if isinstance(value, Mapping):
        return {key: resolve(each, lab) for key, each in value.items()}
    return value


def look_up(response: Mapping[str, Any] | None, path: str) -> Any:
    """Return the value at a dotted path in GitLab's response."""
    value: Any = response
    for key in path.split("."):
        value = None if value is None else value.get(key)
    return value

"""The course of a kind of resource: one stack in which each field has a resource of its own.

A deployment costs a second or two, so all fields go through the same ones. The course runs once
an engine and records what happened; the tests in `fields` then each ask about one field.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.front import Front

from .engines import Outcome, Stack, resource
from .gitlab import Call, Lab, path_of

Args = dict[str, Any]
UNMANAGED = "unmanaged"
"""The name of the resource that leaves every optional field unset."""


class Then(Enum):
    """What a changed field does to its resource, as the design's tables have it."""

    UPDATE = "one PUT"
    LOCAL = "an update of the state alone"
    NOTHING = "no step"
    REPLACE = "a replacement, made before the old one goes"
    DELETE_FIRST = "a replacement, made after the old one is gone"

    @property
    def ops(self) -> list[str]:
        """The steps, in their order."""
        created, deleted = ["create-replacement", "replace"], ["delete-replaced"]
        return {
            Then.UPDATE: ["update"],
            Then.LOCAL: ["update"],
            Then.NOTHING: ["same"],
            Then.REPLACE: created + deleted,
            Then.DELETE_FIRST: [*deleted, "replace", "create-replacement"],
        }[self]

    @property
    def replaces(self) -> bool:
        """Whether there is another thing afterwards."""
        return self in (Then.REPLACE, Then.DELETE_FIRST)


@dataclass(frozen=True)
class Row:
    """What one field of a kind is put through; a value may be a function of the lab.

    Args:
        field: The field.
        old: Its first value; None leaves it unset.
        new: Its second value.
        then: What the change from one to the other does.
        drop: What leaving it out again does; None when it is required.
        default: What the state has once it is left out.
        cleared: What GitLab shows once it is left out.
        beside: Other arguments that it needs.
        beside_new: Other arguments that change along with it.
        drop_too: Other arguments that are left out along with it.
        shown: Where GitLab's answer has it, dotted; empty when it does not.
        outside: Parameters of an API call that change it behind Pulumi's back.
        drifted: What it is then.
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
    shown: str = ""
    outside: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    drifted: Any = None

    @property
    def name(self) -> str:
        """The logical name of its resource."""
        return self.field.replace("_", "-")


@dataclass(frozen=True)
class Kind:
    """One kind of resource and the rows of its fields.

    Args:
        class_: The resource class's name.
        base: Returns the arguments that the resource of a row cannot do without.
        rows: A row for each field.
        carriers: Fields whose change makes an update that must carry nothing else; of two, so that
            there is another one for the row of each.
        resent: GitLab's names of what an update has to send all the same.
        meanwhile: What happens at GitLab by itself, given the kind's resources in the state.
    """

    class_: str
    base: Callable[[Lab, str], Args]
    rows: tuple[Row, ...]
    carriers: tuple[str, ...] = ()
    resent: frozenset[str] = frozenset()
    meanwhile: Callable[[Lab, dict[str, dict[str, Any]]], None] = lambda _lab, _state: None

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
        """Describe the resources of all rows, and the one that sets nothing optional."""
        described = [
            resource(self.class_, row.name, **self.args(lab, row, stage)) for row in self.rows
        ]
        bare = {name: resolve(each, lab) for name, each in self.base(lab, UNMANAGED).items()}
        return [*described, resource(self.class_, UNMANAGED, **bare)]

    def ignoring(self, lab: Lab, stage: str) -> list[dict[str, Any]]:
        """Describe the same, but with each updatable field at its first value and ignored.

        Args:
            lab: The GitLab.
            stage: Of the other field that each resource has then; as for `args`.
        """
        described = self.resources(lab, "new")
        for number, row in enumerate(self.rows):
            if row.then is Then.UPDATE:
                args = {**self.args(lab, row, "old"), **self.carried(lab, row, stage)}
                opts = {"ignore_changes": [row.field]}
                described[number] = resource(self.class_, row.name, opts=opts, **args)
        return described

    def heeding(self, lab: Lab, stage: str) -> list[dict[str, Any]]:
        """Describe the same with each updatable field at its second value and not ignored."""
        described = self.resources(lab, "new")
        for number, row in enumerate(self.rows):
            if row.then is Then.UPDATE:
                described[number]["args"] |= self.carried(lab, row, stage)
        return described

    def carrier(self, row: Row) -> Row:
        """Return the row of the field that changes beside a row's own."""
        return self.row(next(name for name in self.carriers if name != row.field))

    def carried(self, lab: Lab, row: Row, stage: str) -> Args:
        """Return that field with its value at a stage."""
        field = self.carrier(row).field
        return {field: self.args(lab, self.row(field), stage)[field]}

    def outside(self, lab: Lab, name: str) -> Args:
        """Return the API parameters that change a resource behind Pulumi's back.

        They change the field of its row, and everything that the resource leaves unset.
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
        outcome: What the engine says.
        calls: The requests at GitLab.
        state: The resources in the state, by name.
        live: GitLab's descriptions of them, by name.
        puts: Paths of updates and GitLab's names of what each sent, dotted where nested.
    """

    outcome: Outcome
    calls: list[Call]
    state: dict[str, dict[str, Any]]
    live: dict[str, dict[str, Any] | None]
    puts: list[tuple[str, set[str]]]

    def path(self, name: str, class_: str) -> str:
        """Return the API path of a resource's thing."""
        return path_of(class_, self.state[name]["id"])

    def calls_at(self, path: str) -> list[str]:
        """Return the methods of the requests to a thing."""
        return [call.method for call in self.calls if call.path == path]

    def sent_to(self, path: str) -> list[set[str]]:
        """Return what each update of a thing sent."""
        return [sent for where, sent in self.puts if where == path]


class Course:
    """Runs a kind through its life and keeps what happened, by the phase's name.

    Args:
        kind: The kind.
        lab: The GitLab, behind the front.
        stack: An empty stack.
        front: What the stack's requests pass.
    """

    def __init__(self, kind: Kind, lab: Lab, stack: Stack, front: Front) -> None:
        self.kind = kind
        self.lab = lab
        self.stack = stack
        self.front = front
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
        self._run("mended", lambda: stack.up(*new))
        if kind.carriers:
            self._ignore()
        self._delete_outside(every=1)
        self._run("gone", stack.refresh)
        self._run("made_again", lambda: stack.up(*new))
        self._delete_outside(every=2)
        self._run("destroyed", stack.destroy)

    def __getitem__(self, phase: str) -> Phase:
        """Return what happened in a phase."""
        return self.phases[phase]

    def _ignore(self) -> None:
        """Let each field drift once more and be ignored; at first the state knows nothing of it."""
        stack, heeding = self.stack, self.kind.heeding(self.lab, "old")
        once, again = (self.kind.ignoring(self.lab, stage) for stage in ("old", "new"))
        self._change_outside()
        self._run("ignored_unseen", lambda: stack.up(*once))
        self._run("ignored_still", lambda: stack.up(*again))
        self._run("ignored_previewed", lambda: stack.preview(*again, refresh=True))
        self._run("ignored_seen", lambda: stack.up(*once, refresh=True))
        self._run("ignored", lambda: stack.up(*once))
        self._run("heeded", lambda: stack.up(*heeding))

    def _run(self, name: str, run: Callable[[], Outcome]) -> None:
        self.lab.calls()
        self.front.bodies.clear()
        outcome = run()
        calls = self.lab.calls()
        state = {
            name: each
            for name, each in self.stack.resources().items()
            if each["type"].endswith(f":{self.kind.class_}")
        }
        live = {
            name: self.lab.get(path_of(self.kind.class_, each["id"]))
            for name, each in state.items()
        }
        puts = [
            (path.removeprefix("/api/v4/"), {*_names(json.loads(body))})
            for method, path, body in self.front.bodies
            if method == "PUT"
        ]
        self.phases[name] = Phase(outcome, calls, state, live, puts)

    def _change_outside(self) -> None:
        for name, each in self["set_again"].state.items():
            if parameters := self.kind.outside(self.lab, name):
                self.lab.root("PUT", path_of(self.kind.class_, each["id"]), **parameters)

    def _delete_outside(self, *, every: int) -> None:
        for each in list(self.stack_state().values())[::every]:
            path = path_of(self.kind.class_, each["id"])
            if self.kind.class_ == "ProjectEnvironment":
                self.lab.root("POST", f"{path}/stop", force=True)
            self.lab.root("DELETE", path)

    def stack_state(self) -> dict[str, dict[str, Any]]:
        """Return the kind's resources as the last phase left them."""
        return list(self.phases.values())[-1].state


def _names(body: Mapping[str, Any], *parents: str) -> Iterator[str]:
    for name, value in body.items():
        if isinstance(value, dict):
            yield from _names(value, *parents, name)
        else:
            yield ".".join((*parents, name))


def resolve(value: Any, lab: Lab) -> Any:
    """Ask a value that depends on the lab for itself."""
    if callable(value):
        return value(lab)
    if isinstance(value, Mapping):
        return {key: resolve(each, lab) for key, each in value.items()}
    return value


def shown(answer: Mapping[str, Any] | None, path: str) -> Any:
    """Follow a dotted path in GitLab's answer."""
    value: Any = answer
    for key in path.split("."):
        value = None if value is None else value.get(key)
    return value

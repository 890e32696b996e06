"""The tests that each field of each kind passes; a kind's module adds its table to them."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, ClassVar

import pytest
from tests.front import Front

from pulumi_gitlab_kubernetes.registry import core_for

from .conftest import new_stack
from .course import UNMANAGED, Course, Kind, Phase, Row, Then, resolve, shown
from .gitlab import Lab

LISTED = {"ClusterAgent", "ProjectCluster", "ProjectEnvironment"}
"""The kinds of which a project's list shows all that a single answer does."""


class FieldTests:
    """Sees every field through creation, change, loss, drift and deletion."""

    kind: ClassVar[Kind]

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        """Have each test run for each field that it concerns."""
        rows = cls.kind.rows
        names = {
            "field": [each.name for each in core_for(cls.kind.class_).schema.fields],
            "optional": [row.field for row in rows if row.drop],
            "shown_field": [row.field for row in rows if row.outside],
            "unset": [row.field for row in rows if row.drop and row.default is None],
            "updatable": [row.field for row in rows if row.then is Then.UPDATE],
            "secret": [
                each.name for each in core_for(cls.kind.class_).schema.fields if each.secret
            ],
        }
        for fixture, fields in names.items():
            if fixture in metafunc.fixturenames:
                metafunc.parametrize(fixture, fields)

    @pytest.fixture(scope="class")
    @classmethod
    def course(
        cls, engine: str, simulator: Any, tmp_path_factory: pytest.TempPathFactory
    ) -> Course:
        """What happened, recorded once for all of these tests."""
        with Front(simulator.url) as front:
            lab = Lab(simulator, front.url)
            stack = new_stack(engine, tmp_path_factory.mktemp(engine) / "stack", lab)
            return Course(cls.kind, lab, stack, front)

    def test_created(self, course: Course, field: str) -> None:
        """A field's first value reaches GitLab and the state."""
        row, phase = self.kind.row(field), course["created"]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == ["create"]
        old = self.kind.args(course.lab, row, "old")[field]
        if old is None:
            self._assert_there(phase, row, row.default, row.cleared)
        else:
            self._assert_there(phase, row, old, old)

    def test_unchanged(self, course: Course) -> None:
        """An unchanged program takes no step and makes no request."""
        phase = course["unchanged"]
        assert phase.outcome.ok, phase.outcome.text
        assert {step.op for step in phase.outcome.steps} == {"same"}
        assert phase.calls == []

    def test_previewed(self, course: Course, field: str) -> None:
        """A preview announces what the deployment then does, and changes nothing."""
        row, phase = self.kind.row(field), course["previewed"]
        assert phase.outcome.ok, phase.outcome.text
        assert sorted(phase.outcome.ops(row.name)) == sorted(row.then.ops)
        assert {call.method for call in phase.calls} <= {"GET"}
        assert phase.state == course["unchanged"].state

    def test_changed(self, course: Course, field: str) -> None:
        """A field's second value updates or replaces, as its table says, and is then there."""
        row = self.kind.row(field)
        self._assert_change(course, row, "unchanged", "changed", row.then)
        new = self.kind.args(course.lab, row, "new")[field]
        if row.then is not Then.NOTHING:
            self._assert_there(course["changed"], row, new, new)

    def test_dropped(self, course: Course, optional: str) -> None:
        """A field that was set and is left out is cleared, or goes back to its default."""
        row = self.kind.row(optional)
        assert row.drop
        self._assert_change(course, row, "changed", "dropped", row.drop)
        if row.drop is not Then.NOTHING:
            self._assert_there(course["dropped"], row, row.default, row.cleared)

    def test_set_again(self, course: Course, optional: str) -> None:
        """A field that was not set and is set counts as changed."""
        row = self.kind.row(optional)
        new = self.kind.args(course.lab, row, "new")[optional]
        then = Then.NOTHING if new == row.default else row.then
        self._assert_change(course, row, "dropped", "set_again", then)
        if row.then is not Then.NOTHING:
            self._assert_there(course["set_again"], row, new, new)

    def test_refresh_asks_little(self, course: Course) -> None:
        """A refresh costs a request for each resource, or two where one list has them all."""
        phase = course["refreshed"]
        paths = {name: phase.path(name, self.kind.class_) for name in phase.state}
        lists = Counter(
            (path.rpartition("/")[0], phase.state[name]["outputs"]["connection"])
            for name, path in paths.items()
        )
        listed = self.kind.class_ in LISTED
        cost = sum(min(many, 2) if listed else many for many in lists.values())
        assert len(phase.calls) == cost
        known = {*paths.values(), *(path for path, _connection in lists)}
        assert {call.path for call in phase.calls} <= known
        assert {call.method for call in phase.calls} == {"GET"}

    def test_unmanaged(self, course: Course) -> None:
        """A resource with nothing optional set never drifts, whatever GitLab has."""
        for phase in ("drift_previewed", "refreshed", "mended"):
            assert {*course[phase].outcome.ops(UNMANAGED)} <= {"refresh", "same"}
        created = course["created"].state[UNMANAGED]["inputs"]
        assert course["refreshed"].state[UNMANAGED]["inputs"].keys() == created.keys()

    def test_refreshing_shows_nothing_else(self, course: Course) -> None:
        """What nobody changed stays as it was, and what changes by itself is no change."""
        before, after = course["set_again"].state, course["refreshed"].state
        volatile = [
            each.name for each in core_for(self.kind.class_).schema.outputs if each.volatile
        ]
        drifted = {row.name for row in self.kind.rows if row.outside}
        for name, resource in after.items():
            for output in volatile:
                assert resource["outputs"].get(output) == before[name]["outputs"].get(output)
            if name not in drifted:
                for phase in ("drift_previewed", "refreshed"):
                    assert _refreshed(course[phase], name) == ()
                for part in ("inputs", "outputs"):
                    assert _veiled(resource[part]) == _veiled(before[name][part])
        live = {
            output
            for name, resource in after.items()
            for output in volatile
            if (course["refreshed"].live[name] or {}).get(output) != resource["outputs"].get(output)
        }
        assert live == set(volatile)  # They had changed.

    def test_gone(self, course: Course, field: str) -> None:
        """What was deleted outside is dropped by a refresh and made again by a deployment."""
        row = self.kind.row(field)
        gone, made = course["gone"], course["made_again"]
        assert gone.outcome.ok, gone.outcome.text
        assert gone.outcome.ops(row.name) == ["delete"]
        assert row.name not in gone.state
        assert made.outcome.ok, made.outcome.text
        assert made.outcome.ops(row.name) == ["create"]
        new = self.kind.args(course.lab, row, "new")[field]
        self._assert_there(made, row, new, new)

    def test_destroyed(self, course: Course, field: str) -> None:
        """Destroying deletes what is there, and does not mind what is gone already."""
        row, phase, before = self.kind.row(field), course["destroyed"], course["made_again"]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == ["delete"]
        assert phase.state == {}
        assert course.lab.get(before.path(row.name, self.kind.class_)) is None

    def _assert_change(self, course: Course, row: Row, before: str, after: str, then: Then) -> None:
        """See the steps and the requests that a change may cost."""
        old, phase = course[before], course[after]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == then.ops
        old_path = old.path(row.name, self.kind.class_)
        new_path = phase.path(row.name, self.kind.class_)
        assert (old_path != new_path) == then.replaces
        if then.replaces:
            assert phase.calls_at(old_path) == ["DELETE"]
            assert phase.calls_at(new_path) == []
            assert course.lab.get(old_path) is None
        else:
            assert phase.calls_at(new_path) == (["PUT"] if then is Then.UPDATE else [])

    def _assert_there(self, phase: Phase, row: Row, stored: Any, live: Any) -> None:
        """See a value in the state and, where GitLab shows it, at GitLab."""
        resource = phase.state[row.name]
        if row.field in core_for(self.kind.class_).schema.secrets():
            found = resource["outputs"].get(row.field, {})
            assert ("ciphertext" in found) == (stored is not None)
        else:
            assert resource["inputs"].get(row.field) == stored
            assert resource["outputs"].get(row.field) == stored
        if row.shown:
            assert self.normal(row, shown(phase.live[row.name], row.shown)) == live

    def normal(self, row: Row, value: Any) -> Any:
        """Bring what GitLab shows into the form that the program has."""
        del row
        return value


class SecretFieldTests(FieldTests):
    """The same for a kind with a secret that GitLab takes and never shows."""

    def test_secrets_survive(self, course: Course, secret: str) -> None:
        """It is in the state as the program gave it, also after other fields have drifted."""
        for row in self.kind.rows:
            given = self.kind.args(course.lab, row, "new").get(secret)
            for part in ("inputs", "outputs"):
                found = course.secrets[row.name][part].get(secret)
                assert (found and json.loads(found["plaintext"])) == given


class UpdatableFieldTests(FieldTests):
    """The same for a kind of which GitLab can change a thing, and others than Pulumi may."""

    def test_unset(self, course: Course, unset: str) -> None:
        """A field that a resource leaves unset is neither read nor written, whoever sets it."""
        row, phase = self.kind.row(unset), course["refreshed"]
        before = course["set_again"]
        drifted = [UNMANAGED, *(each.name for each in self.kind.rows if each.outside)]
        unaware = [name for name in drifted if unset not in before.state[name]["inputs"]]
        assert UNMANAGED in unaware
        for name in unaware:
            assert unset not in phase.state[name]["inputs"]
            assert unset not in phase.state[name]["outputs"]
            written = shown(phase.live[name], row.shown)
            assert written != shown(before.live[name], row.shown)
            assert shown(course["mended"].live[name], row.shown) == written

    def test_drift(self, course: Course, shown_field: str) -> None:
        """What was changed outside shows in a refresh, and the next deployment mends it."""
        row, phase = self.kind.row(shown_field), course["refreshed"]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == ["update"]
        drifted = resolve(row.drifted, course.lab)
        assert phase.state[row.name]["outputs"].get(row.field) == drifted
        assert phase.state[row.name]["inputs"].get(row.field) == drifted
        previewed = course["drift_previewed"]
        assert previewed.outcome.ok, previewed.outcome.text
        assert previewed.state == course["set_again"].state
        for seen in (phase, previewed):
            assert _refreshed(seen, row.name) == (row.field,)
        (mending,) = [
            step.diff
            for step in previewed.outcome.steps
            if (step.op, step.name) == ("update", row.name)
        ]
        assert mending == (row.field,)
        self._assert_mended(course, row, "refreshed", "mended")

    def test_ignored(self, course: Course, updatable: str) -> None:
        """What `ignore_changes` names stays as GitLab has it, and no update brings it along."""
        row, carrier = self.kind.row(updatable), self.kind.carrier(self.kind.row(updatable))
        previewed = course["ignored_previewed"].outcome
        assert previewed.ok, previewed.text
        assert previewed.ops(row.name)[-1] == "same"
        quiet = course["ignored"]
        assert {step.op for step in quiet.outcome.steps} == {"same"}, quiet.outcome.text
        assert quiet.calls == []
        for name in ("ignored_unseen", "ignored_still", "ignored_seen"):
            self._assert_updated(course[name], row, carrier)
        drifted = resolve(row.drifted, course.lab)
        seen = course["ignored_seen"].state[row.name]
        for name in ("ignored_unseen", "ignored_still", "ignored_seen", "ignored"):
            if row.outside:
                assert self.normal(row, shown(course[name].live[row.name], row.shown)) == drifted
                assert seen["inputs"].get(row.field) == drifted
                assert seen["outputs"].get(row.field) == drifted

    def test_heeded(self, course: Course, updatable: str) -> None:
        """Without the option the next deployment mends what it had left alone."""
        row = self.kind.row(updatable)
        if row.outside:
            self._assert_mended(course, row, "ignored", "heeded")
        else:
            self._assert_change(course, row, "ignored", "heeded", Then.NOTHING)

    def _assert_mended(self, course: Course, row: Row, before: str, after: str) -> None:
        """See one update with that field alone."""
        self._assert_change(course, row, before, after, Then.UPDATE)
        self._assert_updated(course[after], row, row)
        new = self.kind.args(course.lab, row, "new")[row.field]
        self._assert_there(course[after], row, new, new)

    def _assert_updated(self, phase: Phase, row: Row, changed: Row) -> None:
        """See one update of a row's resource with one field in it."""
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name)[-1] == "update"
        (sent,) = [
            each.sent
            for each in core_for(self.kind.class_).schema.fields
            if each.name == changed.field
        ]
        path = phase.path(row.name, self.kind.class_)
        assert phase.sent_to(path) == [{sent, *self.kind.resent}]


def _refreshed(phase: Phase, name: str) -> tuple[str, ...]:
    """Return what a refresh, or the first half of a `--refresh`, says has changed."""
    first = next(step for step in phase.outcome.steps if step.name == name)
    assert first.op in {"refresh", "update", "same"}, phase.outcome.text
    return first.diff


def _veiled(values: dict[str, Any]) -> dict[str, Any]:
    """Return a state's values without ciphertexts, which are other ones each time."""
    return {
        name: "secret" if isinstance(value, dict) and "ciphertext" in value else value
        for name, value in values.items()
    }

"""The tests of each field of each kind. A kind's module adds its table."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, ClassVar

import pytest
from tests.lifecycle.adapters import Adapter
from tests.lifecycle.conftest import new_stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.scenario import (
    UNMANAGED,
    Args,
    Kind,
    Phase,
    Row,
    Scenario,
    Then,
    look_up,
    resolve,
)
from tests.support.proxy import Proxy

from pulumi_gitlab_kubernetes.registry import kind_for

LISTED = {"ClusterAgent", "ProjectCluster", "ProjectEnvironment"}
"""The kinds that GitLab lists with all their keys in a project."""


class FieldTests:
    """Tests creation, change, removal, drift and deletion of each field."""

    kind: ClassVar[Kind]

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        """Run each test for each of its fields."""
        rows = cls.kind.rows
        names = {
            "field": [each.name for each in kind_for(cls.kind.class_).schema.fields],
            "optional": [row.field for row in rows if row.drop],
            "drifting": [row.field for row in rows if row.outside],
            "unset": [
                row.field for row in rows if row.drop and row.default is None and row.response_key
            ],
            "updatable": [row.field for row in rows if row.then is Then.UPDATE],
            "secret": [
                each.name for each in kind_for(cls.kind.class_).schema.fields if each.secret
            ],
        }
        for fixture, fields in names.items():
            if fixture in metafunc.fixturenames:
                metafunc.parametrize(fixture, fields)

    @pytest.fixture(scope="class")
    @classmethod
    def scenario(
        cls,
        engine: str,
        adapter: Adapter,
        simulator: Any,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> Scenario:
        """The record of all phases, which these tests share."""
        with Proxy(simulator.url) as proxy:
            lab = Lab(simulator, proxy.url)
            stack = new_stack(engine, adapter, tmp_path_factory.mktemp(engine) / "stack", lab)
            return Scenario(cls.kind, lab, stack, proxy)

    def test_created(self, scenario: Scenario, field: str) -> None:
        """The first value is in GitLab and in the state."""
        row, phase = self.kind.row(field), scenario["created"]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == ["create"]
        old = self.kind.args(scenario.lab, row, "old")[field]
        if old is None:
            self._assert_stored(phase, row, row.default, row.cleared)
        else:
            self._assert_stored(phase, row, old, old)

    def test_unchanged(self, scenario: Scenario) -> None:
        """An unchanged program causes no step and no request."""
        phase = scenario["unchanged"]
        assert phase.outcome.ok, phase.outcome.text
        assert {step.op for step in phase.outcome.steps} == {"same"}
        assert phase.calls == []

    def test_previewed(self, scenario: Scenario, field: str) -> None:
        """A preview announces what the deployment then does, and changes nothing."""
        row, phase = self.kind.row(field), scenario["previewed"]
        assert phase.outcome.ok, phase.outcome.text
        assert sorted(phase.outcome.ops(row.name)) == sorted(row.then.steps(scenario.stack.adapter))
        assert {call.method for call in phase.calls} <= {"GET"}
        assert phase.state == scenario["unchanged"].state

    def test_changed(self, scenario: Scenario, field: str) -> None:
        """The second value updates or replaces the resource, as the table says."""
        row = self.kind.row(field)
        self._assert_change(scenario, row, "unchanged", "changed", row.then)
        new = self.kind.args(scenario.lab, row, "new")[field]
        if row.then is not Then.NONE:
            self._assert_stored(scenario["changed"], row, new, new)

    def test_changed_properties(self, scenario: Scenario, field: str) -> None:
        """The steps say what happens to each property, nested ones too."""
        row, adapter = self.kind.row(field), scenario.stack.adapter
        for phase in ("previewed", "changed"):
            steps = [step for step in scenario[phase].outcome.steps if step.name == row.name]
            found = {path: kind for step in steps for path, kind in step.details.items()}
            assert found == self._changes(scenario, row, adapter), phase

    def _changes(self, scenario: Scenario, row: Row, adapter: Adapter) -> dict[str, str]:
        """Return the expected kind of each change by property path."""
        if row.then is Then.MOVE:
            return dict(adapter.details_of_a_move)
        if row.then is Then.NONE or (row.then.replaces and not adapter.details_of_a_replacement):
            return {}
        suffix = "-replace" if row.then.replaces else ""
        old, new = (self.kind.args(scenario.lab, row, stage) for stage in ("old", "new"))
        if old[row.field] is None:
            old[row.field] = row.default
        return {path: f"{kind}{suffix}" for path, kind in _differences(old, new)}

    def test_dropped(self, scenario: Scenario, optional: str) -> None:
        """A removed field is cleared, or has its default."""
        row = self.kind.row(optional)
        assert row.drop
        self._assert_change(scenario, row, "changed", "dropped", row.drop)
        if row.drop is not Then.NONE:
            self._assert_stored(scenario["dropped"], row, row.default, row.cleared)

    def test_set_again(self, scenario: Scenario, optional: str) -> None:
        """A field that is set again is a change."""
        row = self.kind.row(optional)
        new = self.kind.args(scenario.lab, row, "new")[optional]
        then = Then.NONE if new == row.default else row.then
        self._assert_change(scenario, row, "dropped", "set_again", then)
        if row.then is not Then.NONE:
            self._assert_stored(scenario["set_again"], row, new, new)

    def test_requests_of_a_refresh(self, scenario: Scenario) -> None:
        """A refresh sends a request for each resource, or two if one list has them all."""
        phase = scenario["refreshed"]
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

    def test_unmanaged(self, scenario: Scenario) -> None:
        """A resource that sets no optional field never drifts."""
        for phase in ("drift_previewed", "refreshed", "repaired"):
            assert {*scenario[phase].outcome.ops(UNMANAGED)} <= {"refresh", "same"}
        created = scenario["created"].state[UNMANAGED]["inputs"]
        assert scenario["refreshed"].state[UNMANAGED]["inputs"].keys() == created.keys()

    def test_a_refresh_shows_nothing_else(self, scenario: Scenario) -> None:
        """Neither unchanged fields nor volatile outputs."""
        before, after = scenario["set_again"].state, scenario["refreshed"].state
        volatile = [
            each.name for each in kind_for(self.kind.class_).schema.outputs if each.volatile
        ]
        drifted = {row.name for row in self.kind.rows if row.outside}
        for name, resource in after.items():
            for output in volatile:
                assert resource["outputs"].get(output) == before[name]["outputs"].get(output)
            if name not in drifted:
                for phase in ("drift_previewed", "refreshed"):
                    assert _refreshed(scenario[phase], name) == ()
                for part in ("inputs", "outputs"):
                    assert _redacted(resource[part]) == _redacted(before[name][part])
        changed = {
            output
            for name, resource in after.items()
            for output in volatile
            if (scenario["refreshed"].responses[name] or {}).get(output)
            != resource["outputs"].get(output)
        }
        assert changed == set(volatile)  # They have changed in GitLab.

    def test_gone(self, scenario: Scenario, field: str) -> None:
        """A refresh removes a resource that was deleted without Pulumi, and `up` creates it."""
        row = self.kind.row(field)
        gone, created = scenario["gone"], scenario["created_again"]
        assert gone.outcome.ok, gone.outcome.text
        assert gone.outcome.ops(row.name) == ["delete"]
        assert row.name not in gone.state
        assert created.outcome.ok, created.outcome.text
        assert created.outcome.ops(row.name) == ["create"]
        new = self.kind.args(scenario.lab, row, "new")[field]
        self._assert_stored(created, row, new, new)

    def test_destroyed(self, scenario: Scenario, field: str) -> None:
        """`destroy` deletes the resource, also if it no longer exists in GitLab."""
        row, phase, before = self.kind.row(field), scenario["destroyed"], scenario["created_again"]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == ["delete"]
        assert phase.state == {}
        assert scenario.lab.get(before.path(row.name, self.kind.class_)) is None

    def _assert_change(
        self, scenario: Scenario, row: Row, before: str, after: str, then: Then
    ) -> None:
        """Assert the steps and the requests of a change."""
        old, phase = scenario[before], scenario[after]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == then.steps(scenario.stack.adapter)
        old_path = old.path(row.name, self.kind.class_)
        new_path = phase.path(row.name, self.kind.class_)
        assert (old_path != new_path) == then.replaces
        if then.replaces:
            assert phase.calls_at(old_path) == ["DELETE"]
            assert phase.calls_at(new_path) == ["POST"] * self.kind.creates_at_path
            assert scenario.lab.get(old_path) is None
        else:
            update = list(self.kind.update)
            assert phase.calls_at(new_path) == (update if then is Then.UPDATE else [])

    def _assert_stored(self, phase: Phase, row: Row, in_state: Any, in_gitlab: Any) -> None:
        """Assert a value in the state and, if GitLab returns it, in GitLab."""
        resource = phase.state[row.name]
        if row.field in kind_for(self.kind.class_).schema.secrets():
            found = resource["outputs"].get(row.field, {})
            assert ("ciphertext" in found) == (in_state is not None)
        else:
            assert resource["inputs"].get(row.field) == in_state
            assert resource["outputs"].get(row.field) == in_state
        if row.response_key:
            assert (
                self.normalize(row, look_up(phase.responses[row.name], row.response_key))
                == in_gitlab
            )

    def normalize(self, row: Row, value: Any) -> Any:
        """Convert GitLab's value to the program's form."""
        del row
        return value


class SecretFieldTests(FieldTests):
    """The same for a kind with a secret that GitLab never returns."""

    def test_secrets_survive(self, scenario: Scenario, secret: str) -> None:
        """The state keeps the program's value, also after other fields have drifted."""
        for row in self.kind.rows:
            given = self.kind.args(scenario.lab, row, "new").get(secret)
            for part in ("inputs", "outputs"):
                found = scenario.secrets[row.name][part].get(secret)
                assert (found and json.loads(found["plaintext"])) == given


class UpdatableFieldTests(FieldTests):
    """The same for a kind with fields that can be updated, also without Pulumi."""

    def test_unset(self, scenario: Scenario, unset: str) -> None:
        """A field that a resource does not set is neither read nor written."""
        row, phase = self.kind.row(unset), scenario["refreshed"]
        before = scenario["set_again"]
        drifted = [UNMANAGED, *(each.name for each in self.kind.rows if each.outside)]
        unaware = [name for name in drifted if unset not in before.state[name]["inputs"]]
        assert UNMANAGED in unaware
        for name in unaware:
            assert unset not in phase.state[name]["inputs"]
            assert unset not in phase.state[name]["outputs"]
            written = look_up(phase.responses[name], row.response_key)
            assert written != look_up(before.responses[name], row.response_key)
            assert look_up(scenario["repaired"].responses[name], row.response_key) == written

    def test_drift(self, scenario: Scenario, drifting: str) -> None:
        """A refresh shows a change without Pulumi, and the next `up` reverts it."""
        row, phase = self.kind.row(drifting), scenario["refreshed"]
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name) == ["update"]
        drifted = resolve(row.drifted, scenario.lab)
        assert phase.state[row.name]["outputs"].get(row.field) == drifted
        assert phase.state[row.name]["inputs"].get(row.field) == drifted
        previewed = scenario["drift_previewed"]
        assert previewed.outcome.ok, previewed.outcome.text
        assert previewed.state == scenario["set_again"].state
        for seen in (phase, previewed):
            assert _refreshed(seen, row.name) == (row.field,)
        (changed,) = [
            step.diff
            for step in previewed.outcome.steps
            if (step.op, step.name) == ("update", row.name)
        ]
        assert changed == (row.field,)
        self._assert_repaired(scenario, row, "refreshed", "repaired")

    def test_ignored(self, scenario: Scenario, updatable: str) -> None:
        """A field in `ignore_changes` keeps GitLab's value, and no update sends another one."""
        row, carrier = self.kind.row(updatable), self.kind.carrier(self.kind.row(updatable))
        previewed = scenario["ignored_previewed"].outcome
        assert previewed.ok, previewed.text
        assert previewed.ops(row.name)[-1] == "same"
        quiet = scenario["ignored"]
        assert {step.op for step in quiet.outcome.steps} == {"same"}, quiet.outcome.text
        assert quiet.calls == []
        for name in ("ignored_unseen", "ignored_still", "ignored_seen"):
            self._assert_updated(scenario[name], row, carrier)
        drifted = resolve(row.drifted, scenario.lab)
        seen = scenario["ignored_seen"].state[row.name]
        for name in ("ignored_unseen", "ignored_still", "ignored_seen", "ignored"):
            if row.outside:
                assert (
                    self.normalize(
                        row, look_up(scenario[name].responses[row.name], row.response_key)
                    )
                    == drifted
                )
                assert seen["inputs"].get(row.field) == drifted
                assert seen["outputs"].get(row.field) == drifted

    def test_managed_again(self, scenario: Scenario, updatable: str) -> None:
        """Without the option, the next `up` reverts the change."""
        row = self.kind.row(updatable)
        if row.outside:
            self._assert_repaired(scenario, row, "ignored", "managed_again")
        else:
            self._assert_change(scenario, row, "ignored", "managed_again", Then.NONE)

    def _assert_repaired(self, scenario: Scenario, row: Row, before: str, after: str) -> None:
        """Assert one update that sends only the row's field."""
        self._assert_change(scenario, row, before, after, Then.UPDATE)
        self._assert_updated(scenario[after], row, row)
        new = self.kind.args(scenario.lab, row, "new")[row.field]
        self._assert_stored(scenario[after], row, new, new)

    def _assert_updated(self, phase: Phase, row: Row, changed: Row) -> None:
        """Assert one update of a row's resource that sends only one field."""
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name)[-1] == "update"
        (sent,) = [
            each.request_key
            for each in kind_for(self.kind.class_).schema.fields
            if each.name == changed.field
        ]
        path = phase.path(row.name, self.kind.class_)
        assert phase.sent_to(path) == [{sent, *self.kind.always_sent}]


def _refreshed(phase: Phase, name: str) -> tuple[str, ...]:
    """Return the changed outputs in a refresh, or in the first half of a `--refresh`."""
    first = next(step for step in phase.outcome.steps if step.name == name)
    assert first.op in {"refresh", "update", "same"}, phase.outcome.text
    return first.diff


def _differences(old: Args, new: Args, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each value that differs, and how it does."""
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _differences(before, after, f"{prefix}{name}.")
        elif isinstance(before, list) and isinstance(after, list):
            for i, (one, other) in enumerate(zip_longest(before, after)):
                inner = f"[{i}]"
                yield from _differences({inner: one}, {inner: other}, f"{prefix}{name}")
        else:
            kind = "add" if before is None else "delete" if after is None else "update"
            yield f"{prefix}{name}", kind


def _redacted(values: dict[str, Any]) -> dict[str, Any]:
    """Return a state's values without ciphertexts, which are never equal."""
    return {
        name: "secret" if isinstance(value, dict) and "ciphertext" in value else value
        for name, value in values.items()
    }

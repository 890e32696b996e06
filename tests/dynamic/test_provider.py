"""What only the dynamic host has: its pickle in the state, and connections by name."""

from __future__ import annotations

import base64

import pytest
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost, pickled
from tests.support.kinds import KINDS, UPDATES, make
from tests.support.plugin_process import UNKNOWN, CallError, plain


@pytest.mark.parametrize("kind", KINDS)
def test_another_pickle_is_a_change_without_a_request(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """Otherwise the state would keep the old one forever."""
    id_, outputs, given = make(host, kind, project, pair)
    inputs, _failures = host.check(kind, given)
    olds = {**plain(outputs), "__provider": "of an older release"}
    calls()
    diff = host.diff(kind, id_, olds, plain(inputs))
    assert (diff.changed, diff.replaces) == (True, [])
    assert plain(host.update(kind, id_, outputs, given)) == plain(outputs)
    assert calls() == []


def test_a_connection_to_the_same_gitlab_is_no_replacement(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls
) -> None:
    """Another GitLab is an error, since the resource does not exist there."""
    id_, outputs, given = make(host, "ClusterAgent", project, pair)
    calls()
    inputs, _failures = host.check("ClusterAgent", {**given, "connection": "maintainer"})
    assert host.diff("ClusterAgent", id_, plain(outputs), plain(inputs)).changes == "DIFF_UNKNOWN"
    inputs["connection"] = UNKNOWN
    inputs["project"] = "some/other"
    assert host.diff("ClusterAgent", id_, plain(outputs), plain(inputs)).replaces == ["project"]
    inputs["connection"] = "closed"
    with pytest.raises(CallError, match=r'^connection cannot change from "gitlab" to "closed"'):
        host.diff("ClusterAgent", id_, plain(outputs), plain(inputs))
    assert calls() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_resource_of_an_incomplete_state_is_an_error(
    host: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """The provider did not write these values, so that it may never have existed."""
    id_, outputs, _given = make(host, kind, project, pair)
    del outputs["schema_version"]
    assert host.read(kind, id_, outputs)[0] == id_
    host.delete(kind, id_, outputs)
    with pytest.raises(CallError, match=f'^id "{id_}": GitLab has no .* with this id$'):
        host.read(kind, id_, outputs)


def test_check_reports_a_connection_without_a_token(host: DynamicHost) -> None:
    """In the preview, as one line, and not as a property of this resource."""
    given = {"project": "a/b", "name": "prod", "connection": "nowhere"}
    with pytest.raises(CallError) as raised:
        host.check("ClusterAgent", given)
    assert str(raised.value) == (
        "no GitLab token: run `pulumi config set --secret nowhere:token <token>` "
        "or set PULUMI_NOWHERE_TOKEN"
    )


def test_a_newer_state_is_reported(host: DynamicHost) -> None:
    """Its provider cannot be loaded, and the error is still one line."""
    newer = base64.b64decode(pickled("ClusterAgent")).replace(b"ClusterAgent", b"ClusterQuery")
    inputs = {"project": "a/b", "name": "x", "__provider": base64.b64encode(newer).decode()}
    with pytest.raises(
        CallError, match=r"^ClusterQuery is not known to this version of .*; upgrade"
    ):
        host.check("ClusterAgent", inputs)


def test_the_connection_may_be_unknown(host: DynamicHost) -> None:
    """A program may compute its name."""
    given = {"project": "a/b", "name": "prod", "connection": UNKNOWN}
    inputs, failures = host.check("ClusterAgent", given)
    assert failures == {}
    assert plain(inputs)["connection"] == UNKNOWN


@pytest.mark.parametrize("kind", UPDATES)
def test_the_engine_compares_the_inputs_of_an_update(
    host: DynamicHost, project: Project, pair: Pair, kind: str
) -> None:
    """So that it shows the changes, and `replace_on_changes` works."""
    id_, outputs, given = make(host, kind, project, pair)
    inputs, _failures = host.check(kind, {**given, **UPDATES[kind]})
    assert host.diff(kind, id_, plain(outputs), plain(inputs)).changes == "DIFF_UNKNOWN"

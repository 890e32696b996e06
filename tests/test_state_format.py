"""What a state contains of this package. It must never change."""

from __future__ import annotations

import base64
import pickle
from pathlib import Path

import pytest
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider
from tests.conftest import Calls, Project
from tests.support.certificates import Pair
from tests.support.dynamic_host import DynamicHost
from tests.support.kinds import UPDATES, make
from tests.support.plugin_process import CallError, plain

import pulumi_gitlab_kubernetes
from pulumi_gitlab_kubernetes.core.lifecycle import VERSION
from pulumi_gitlab_kubernetes.dynamic.provider import DynamicProvider
from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.registry import kind_for, lifecycle_for, provider_for

STATE = Path(__file__).parent / "state"
PICKLES = sorted(STATE.glob("*/*.pickle.b64"))
IDS = {
    "ClusterAgent": ("project_id", "agent_id"),
    "ClusterAgentConfiguration": ("project_id", "agent_name"),
    "ClusterAgentToken": ("project_id", "agent_id", "token_id"),
    "ClusterAgentUrlConfiguration": ("project_id", "agent_id", "url_configuration_id"),
    "ProjectCluster": ("project_id", "cluster_id"),
    "ProjectEnvironment": ("project_id", "environment_id"),
}


@pytest.mark.parametrize("kind", IDS)
def test_type_tokens_are_frozen(kind: str) -> None:
    """A URN contains the type token. Another one would replace each resource."""
    resource = getattr(pulumi_gitlab_kubernetes, kind)
    assert resource._resource_type_name == f"dynamic/gitlab:{kind}"


@pytest.mark.parametrize("path", PICKLES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_old_pickles_load_and_are_still_written(path: Path) -> None:
    """States of all releases load, and this version writes the same bytes."""
    stored = path.read_text().strip()
    kind = path.name.partition(".")[0]
    provider = pickle.loads(base64.b64decode(stored))  # noqa: S301 (the test's own file)
    assert type(provider) is DynamicProvider
    assert provider._lifecycle is lifecycle_for(kind)
    assert serialize_provider(provider_for(kind)) == stored


def test_every_kind_has_a_stored_pickle() -> None:
    """Each one, also a new one."""
    assert {path.name.partition(".")[0] for path in PICKLES} == set(IDS)


@pytest.mark.parametrize("kind", IDS)
def test_a_pickle_contains_only_a_path_and_a_name(kind: str) -> None:
    """It contains neither configuration nor fields, so that no release changes it."""
    assert provider_for(kind).__reduce__() == (provider_for, (kind,))


@pytest.mark.parametrize("kind", IDS)
def test_configuring_does_not_change_the_pickle(kind: str) -> None:
    """A configured provider has the same pickle as a new one, without the token."""
    provider = provider_for(kind)
    before = serialize_provider(provider)
    config = Config({"gitlab:token": "glpat-hidden"}, "shop")
    provider.configure(ConfigureRequest(config))
    assert serialize_provider(provider) == before
    assert b"glpat-hidden" not in base64.b64decode(before)


def test_providers_are_not_secrets_in_state() -> None:
    """Each secret costs an encryption, and the pickle contains nothing secret."""
    assert DynamicProvider.serialize_as_secret_always is False


@pytest.mark.parametrize("kind", IDS)
def test_ids_are_parts_with_colons(kind: str) -> None:
    """The order of the parts is the same since the first release. All but names are numbers."""
    core = kind_for(kind)
    parts = tuple(
        str(number) if name == "agent_name" else number
        for number, name in enumerate(IDS[kind], start=41)
    )
    assert core.ids == IDS[kind]
    assert core.parse_id(":".join(map(str, parts))) == parts


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize(
    "id_", ["", "7", "a:7", "group/app:7", "1:2:3:4", "1:", "-1:2", "1: 2", "²:3"]
)
def test_ids_of_another_form_are_rejected(kind: str, id_: str) -> None:
    """The message has the expected form."""
    form = ":".join(f"<{name.replace('_', '-')}>" for name in IDS[kind])
    numbers = "all but <agent-name> numbers" if "agent_name" in IDS[kind] else "all of them numbers"
    with pytest.raises(InvalidInputError, match=f"must have the form {form}, {numbers}"):
        kind_for(kind).parse_id(id_)


@pytest.mark.parametrize("kind", IDS)
def test_a_newer_state_is_not_changed(
    host: DynamicHost, project: Project, pair: Pair, calls: Calls, kind: str
) -> None:
    """Each call fails with one line, and sends no request."""
    id_, outputs, given = make(host, kind, project, pair)
    newer = {**outputs, "schema_version": VERSION + 1}
    inputs, _failures = host.check(kind, given)
    calls()
    message = (
        f"schema_version {VERSION + 1} is not known to this version of "
        "pulumi-gitlab-kubernetes: a newer one wrote this state; upgrade with "
        "`pip install --upgrade pulumi-gitlab-kubernetes`"
    )
    for call in (
        lambda: host.diff(kind, id_, plain(newer), plain(inputs)),
        lambda: host.read(kind, id_, newer),
        lambda: host.update(kind, id_, newer, {**given, **UPDATES.get(kind, {})}),
        lambda: host.delete(kind, id_, newer),
    ):
        with pytest.raises(CallError) as raised:
            call()
        assert str(raised.value) == message
    assert calls() == []

"""From names in a state to kinds."""

from __future__ import annotations

import pickle
from importlib import import_module
from pathlib import Path

import pytest

import pulumi_gitlab_kubernetes
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.registry import CLASSES, kind_for, provider_for
from pulumi_gitlab_kubernetes.resources.base import Resource


@pytest.mark.parametrize("name", CLASSES)
def test_a_kind_has_the_name_of_its_entry(name: str) -> None:
    """It is also the kind of the resource class."""
    core = kind_for(name)
    assert core.name == name
    assert type(getattr(pulumi_gitlab_kubernetes, name)._kind) is type(core)


def test_the_registry_lists_every_resource_class() -> None:
    """Otherwise, states could contain a name that nothing can read."""
    for path in Path(pulumi_gitlab_kubernetes.__file__).parent.glob("*.py"):
        import_module(f"pulumi_gitlab_kubernetes.{path.stem}")
    assert set(CLASSES) == {each.__name__ for each in Resource.__subclasses__()}


def test_an_unknown_name_says_that_a_newer_version_wrote_it() -> None:
    """In one line, with the command that upgrades."""
    with pytest.raises(ProviderError) as raised:
        provider_for("GroupCluster")
    assert str(raised.value).startswith("GroupCluster is not known to this version of")
    assert "a newer one wrote this state" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_unpickling_an_unknown_name_is_the_same_error() -> None:
    """The dynamic host shows it."""
    data = pickle.dumps(provider_for("ClusterAgent")).replace(b"ClusterAgent", b"ClusterQuery")
    with pytest.raises(ProviderError, match="ClusterQuery is not known"):
        pickle.loads(data)  # noqa: S301 (pickled in the line above)

"""`gitlab-kubernetes simulator --help` tells all, since it is made from the code."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import pytest

from pulumi_gitlab_kubernetes.cli import main
from pulumi_gitlab_kubernetes.testing.simulator import ROOT_TOKEN_VARIABLE
from pulumi_gitlab_kubernetes.testing.simulator.control import Control
from pulumi_gitlab_kubernetes.testing.simulator.faults import Fault
from pulumi_gitlab_kubernetes.testing.simulator.instance import SETTINGS
from pulumi_gitlab_kubernetes.testing.simulator.store import Store


@pytest.fixture
def manual(capsys: pytest.CaptureFixture[str]) -> str:
    """What `--help` prints."""
    with pytest.raises(SystemExit, match="0"):
        main(["simulator", "--help"])
    return capsys.readouterr().out


def test_every_control_call_is_explained(manual: str) -> None:
    """By method and path, with a text below it."""
    store = Store(None)
    switches = Control(store, "root", lambda: None)._switches
    store.close()
    known = {f"{each.method} {each.path}".replace("{", ":").replace("}", "") for each in switches}
    lines = manual.splitlines()
    explained = {
        call
        for line, below in pairwise(lines)
        for call in line.strip().split(", ")
        if below.startswith("      ")
    }
    assert {*known, "POST seed"} - explained == set()


def test_every_part_of_a_fault_and_of_a_seed_is_named(manual: str) -> None:
    """And the environment variable, and where the page is."""
    for field in fields(Fault):
        assert f"\n    {field.name}\n        " in manual
    for name in (*SETTINGS, "management_project", "on_stop_job", "maintainer", "api_url"):
        assert name in manual
    assert f"\n  {ROOT_TOKEN_VARIABLE} " in manual
    assert "127.0.0.1" in manual
    assert "The address itself is a page" in manual
    assert "an answer, or halfway" in " ".join(manual.split())  # a row of two lines

"""The help of `gitlab-kubernetes simulator` is complete, because it comes from the code."""

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
    """The output of `--help`."""
    with pytest.raises(SystemExit, match="0"):
        main(["simulator", "--help"])
    return capsys.readouterr().out


def test_the_help_has_every_control_route(manual: str) -> None:
    """Each has its method and path, with a description below."""
    store = Store(None)
    routes = Control(store, "root", lambda: None).routes
    store.close()
    known = {f"{each.method} {each.path}".replace("{", ":").replace("}", "") for each in routes}
    lines = manual.splitlines()
    described = {
        call
        for line, below in pairwise(lines)
        for call in line.strip().split(", ")
        if below.startswith("      ")
    }
    assert {*known, "POST seed"} - described == set()


def test_the_help_has_every_key_of_a_fault_and_of_a_seed(manual: str) -> None:
    """It also has the environment variable and the dashboard."""
    for field in fields(Fault):
        assert f"\n    {field.name}\n        " in manual
    for name in (*SETTINGS, "management_project", "on_stop_job", "maintainer", "api_url"):
        assert name in manual
    assert f"\n  {ROOT_TOKEN_VARIABLE} " in manual
    assert "127.0.0.1" in manual
    assert "Open the address to see a live dashboard" in manual
    assert "a response, or halfway" in " ".join(manual.split())  # a row of two lines

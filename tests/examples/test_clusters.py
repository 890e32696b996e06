"""The examples that connect a cluster: with stand-ins, on both engines, and from one to another."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.docs.markdown import ROOT, blocks
from tests.docs.session import difference
from tests.examples.conftest import EXAMPLES, Examples, environment
from tests.lifecycle.engines import Outcome, Stack

from pulumi_gitlab_kubernetes.policy.folder import write as write_policy_pack
from pulumi_gitlab_kubernetes.testing import Simulator
from pulumi_gitlab_kubernetes.testing import Stack as HostStack

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Case:
    """An example, and what is expected of it.

    Args:
        name: Its name.
        created: The resources that each run creates, besides those of GitLab.
        config: Its configuration, besides the project.
        secrets: The secret part of it.
        change: A setting that changes, with its new value.
        steps: The steps of that change, by resource.
    """

    name: str
    created: frozenset[str]
    config: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    change: tuple[str, str] = ("domain", "example.org")
    steps: Mapping[str, str] = field(default_factory=lambda: {"production": "update"})

    def __str__(self) -> str:
        """Return the name."""
        return self.name


_TREE = frozenset({"production", "gitlab-agent"})
CASES = (
    Case("eks", _TREE, change=("tokenRotation", "2"), steps={"gitlab-agent": "update"}),
    Case("gke", _TREE),
    Case("aks", _TREE),
    Case("digitalocean", _TREE),
    Case(
        "kubeconfig",
        frozenset({"cluster", "gitlab-agent", "gitlab-agent-token"}),
        secrets={"kubeconfig": "kubeconfig-canary"},
        change=("tokenRotation", "2"),
        steps={"gitlab-agent-token": "update", "gitlab-agent": "update"},
    ),
    Case(
        "receptive",
        frozenset({"cluster", "gitlab", "gitlab-client-certificate", "gitlab-agent"}),
        config={"url": "grpcs://edge.example.com:443", "mtls": "true"},
        secrets={"kubeconfig": "kubeconfig-canary"},
        change=("url", "grpcs://edge.example.org:443"),
        steps={"edge": "replace"},
    ),
)

_SECRETS = ("kubeconfig-canary", "dop_v1_canary", "ABC.eks", "aks-canary", "BEGIN PRIVATE KEY")
GUIDE = ROOT / "docs/guides/connect-a-cluster.md"


@pytest.fixture(
    params=[
        pytest.param(each, marks=[] if each.name == "kubeconfig" else [pytest.mark.full])
        for each in CASES
    ],
    ids=str,
)
def case(request: pytest.FixtureRequest) -> Case:
    """An example."""
    found: Case = request.param
    return found


def _stack(examples: Examples, case: Case, engine: str) -> Stack:
    config = {"project": examples.lab.project.path, **case.config}
    return examples.stack(case.name, engine, config, case.secrets)


def _changed(outcome: Outcome) -> dict[str, set[str]]:
    assert outcome.ok, outcome.text
    found: dict[str, set[str]] = {}
    for step in outcome.steps:
        if step.op not in ("same", "refresh", "read"):
            found.setdefault(step.name, set()).add(step.op)
    return found


@pytest.mark.parametrize("engine", ["host", "cli"])
def test_an_example_lives(case: Case, engine: str, examples: Examples) -> None:
    """Preview, creation, no change, refresh, a change, destruction; no secret shows.

    The policies of this package are evaluated on each preview and update.
    """
    stack = _stack(examples, case, engine)
    stack.check_policies(write_policy_pack(), {})
    runs = [stack.run("preview")]
    assert case.created <= _changed(runs[-1]).keys()
    assert not examples.lab.resources()
    runs.append(stack.run("up"))
    assert case.created <= _changed(runs[-1]).keys()
    assert _agents(examples)
    for verb in ("up", "refresh"):
        runs.append(stack.run(verb))
        assert _changed(runs[-1]) == {}, runs[-1].text
    stack.set_config(*case.change)
    runs.append(stack.run("up"))
    changed = _changed(runs[-1])
    for name, op in case.steps.items():
        assert op in changed[name], runs[-1].text
    token = _token(stack)
    runs.append(stack.run("destroy"))
    assert runs[-1].ok, runs[-1].text
    assert not examples.lab.resources()
    assert not [each for run in runs for each in run.violations if each.level == "mandatory"]
    shown = "".join(each.text for each in runs)
    assert "gitlab-kubernetes@v" in shown  # The policy pack.
    for secret in (token, *_SECRETS):
        assert secret not in shown
    assert not re.search("expected to have version|Traceback", shown), shown


@pytest.mark.cli
def test_the_other_engine_continues(case: Case, examples: Examples) -> None:
    """The state of either engine is the other one's: nothing changes."""
    host, cli = (_stack(examples, case, engine) for engine in ("host", "cli"))
    assert host.run("up").ok
    for first, second in ((host, cli), (cli, host)):
        second.import_({"version": 3, "deployment": first.deployment(show_secrets=True)})
        assert _changed(second.run("up")) == {}
    assert host.run("destroy").ok
    assert not examples.lab.resources()


def test_the_test_on_the_page_passes(
    case: Case,
    gitlab_simulator: Simulator,
    gitlab_stack: Callable[..., HostStack],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The one in README.md, in the virtual environment of the example."""
    python = environment(case.name) / "bin/python"
    page = (EXAMPLES / case.name / "README.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    found: dict[str, Any] = {}
    exec(block, found)  # noqa: S102 (the page's own code)

    def stack(directory: str, *, stand_ins: str, **options: Any) -> HostStack:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "executable", str(python))
            return gitlab_stack(EXAMPLES / directory, stand_ins=EXAMPLES / stand_ins, **options)

    found["test_the_stack"](gitlab_simulator, stack)


@pytest.mark.full
@pytest.mark.parametrize("engine", ["host", "cli"])
def test_the_guide_shows_what_up_prints(engine: str, examples: Examples) -> None:
    """For EKS, with its test."""
    shown = {each.language: each.text for each in blocks(GUIDE) if "tested by" in each.notes}
    stack = examples.stack("eks", engine, {"project": examples.lab.project.path})
    printed = stack.run("up").text
    _, _, expected = shown["console"].partition("$ pulumi up\n")
    assert not difference(expected.splitlines(), printed.splitlines())
    assert shown["python"] in (EXAMPLES / "eks" / "README.md").read_text()


def _agents(examples: Examples) -> Any:
    return examples.lab.root("GET", f"projects/{examples.lab.project.id}/cluster_agents")


def _token(stack: Stack) -> str:
    """Return the agent's token, which only the state has."""
    for each in stack.deployment(show_secrets=True)["resources"]:
        if each["type"].endswith(":ClusterAgentToken"):
            found = each["outputs"]["token"]
            return str(found["plaintext"] if isinstance(found, dict) else found).strip('"')
    raise AssertionError

"""The example that moves over from Pulumi's GitLab package, on both engines."""

from __future__ import annotations

import json

import pytest
from tests.docs.markdown import ROOT, blocks
from tests.docs.session import difference
from tests.examples.conftest import Examples
from tests.support.published_state import published

pytestmark = pytest.mark.slow
_PAGE = ROOT / "docs/guides/move-from-pulumi-gitlab.md"


@pytest.mark.parametrize("engine", ["host", "cli"])
def test_the_state_of_that_package_is_taken_over(engine: str, examples: Examples) -> None:
    """Nothing is replaced, nothing changes in GitLab, and the token keeps its value."""
    lab = examples.lab
    stack = examples.stack("moving-over", engine, {"project": lab.project.path})
    program = stack.project / "__main__.py"
    text = program.read_text()
    program.write_text("")
    assert stack.run("up").ok
    deployment = stack.deployment()
    resources, token = published(lab, lab.project.path, "test::moving-over")
    deployment["resources"] += [each for each in resources if "Cluster::" not in each["urn"]]
    stack.import_({"version": 3, "deployment": deployment})
    program.write_text(text)
    lab.calls()

    outcome = stack.run("up")
    assert outcome.ok, outcome.text
    assert {
        step.op for step in outcome.steps if step.name in ("agent", "token", "environment")
    } == {"update"}
    assert {call.method for call in lab.calls()} <= {"GET"}
    assert token not in outcome.text
    (shown,) = (block.text for block in blocks(_PAGE) if "$ pulumi up" in block.text)
    assert not difference(shown.splitlines()[1:], outcome.text.splitlines())
    found = stack.resources(show_secrets=True)
    assert found["token"]["outputs"]["token"]["plaintext"] == json.dumps(token)
    assert found["token"]["type"] == "gitlab-kubernetes:index:ClusterAgentToken"
    again = stack.run("up")
    assert {step.op for step in again.steps} == {"same"}, again.text
    assert stack.run("destroy").ok

"""The component `GitLabAgent` in programs in other languages: the plugin declares it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.lifecycle.certificates import CERTIFICATE, KEY
from tests.lifecycle.gitlab import Lab
from tests.native.cli.languages import LanguageStack

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_PROGRAMS = Path(__file__).with_name("components")
_WRONG_NAME = {"go": "SecretName"}
"""The name of `secretName` in messages, if it differs."""


def _outputs(stack: LanguageStack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack._call("stack", "output", "--json", "--show-secrets"))
    return found


def test_a_component_in_another_language(
    language: str, lab: Lab, plugin: Path, tmp_path: Path
) -> None:
    """It creates, changes nothing, updates, rotates, refreshes and destroys its children."""
    stack = LanguageStack(tmp_path / "stack", plugin, lab, _PROGRAMS / language, language)
    preview = stack.pulumi("preview")
    assert preview.ops("prod-production") == ["create"]
    assert "10 created" in stack.pulumi("up").text
    first = _outputs(stack)
    assert first["agentName"] == "prod"
    agents = {each["name"]: each["id"] for each in lab.root("GET", _agents(lab))}
    assert first["agentId"] == agents["prod"]
    assert first["helmValues"]["config"] == {
        "kasAddress": lab.url.replace("http", "ws", 1) + "/-/kubernetes-agent/",
        "secretName": "agent-token",
    }
    assert first["secretManifest"]["stringData"] == {"token": first["token"]}
    edge = first["edgeValues"]["config"]
    assert edge["receptive"] == {"enabled": True}
    assert edge["api"]["jwtPublicKey"] == edge["api"]["jwtPublicKey"].strip()
    assert "kasAddress" not in edge
    assert first["token"] not in json.dumps(stack.deployment())
    stack.unchanged()
    stack.pulumi("refresh")
    stack.unchanged()

    stack.pulumi("config", "set", "tier", "staging")
    assert stack.pulumi("preview", "--diff").details("prod-production") == {"tier": "update"}
    stack.pulumi("config", "set", "rotation", "second")
    assert "replace" in stack.pulumi("up").ops("prod")
    second = _outputs(stack)
    assert second["token"] != first["token"]
    assert second["agentId"] == first["agentId"]
    assert second["helmValues"]["podAnnotations"] != first["helmValues"]["podAnnotations"]
    (environment,) = lab.root("GET", f"projects/{lab.project.id}/environments")
    assert environment["tier"] == "staging"

    stack.pulumi("config", "set", "project", "no/such")
    failed = stack.pulumi("up", ok=False)
    assert any("project no/such does not exist" in each for each in failed.errors())
    assert "Traceback" not in failed.text
    stack.pulumi("config", "set", "project", lab.project.path)

    source = stack.source("agent-token")
    source.write_text(source.read_text().replace("agent-token", "Agent_Token"))
    wrong = stack.pulumi("preview", ok=False)
    assert f"{_WRONG_NAME.get(language, 'secretName')} must contain only a-z" in wrong.text
    assert "Traceback" not in wrong.text
    stack.pulumi("destroy")
    assert not lab.resources()


def _agents(lab: Lab) -> str:
    return f"projects/{lab.project.id}/cluster_agents"


_START = (_PROGRAMS / "nodejs" / "index.ts").read_text().partition("const prod")[0]
"""The part of the program before its first resource in GitLab."""
_ALONE = """\
const name = "edge";
const agent = new gitlab.ClusterAgent(name, { project, name }, { provider });
new gitlab.ClusterAgentToken(name, { project, agentId: agent.agentId, name }, { provider });
"""
_MTLS = f"""\
const clientCert = {json.dumps(CERTIFICATE)};
const clientKey = pulumi.secret({json.dumps(KEY)});
"""
_COMPONENT = """\
const edge = new gitlab.GitLabAgent(
  "edge",
  {
    project,
    name: "edge",
    receptive: {
      url: "grpcs://agent.example.com:443",
      clientCert,
      clientKey,
    },
  },
  { provider },
);
export const helmValues = edge.helmValues;
"""


@pytest.mark.parametrize("language", ["nodejs"], indirect=True)
def test_resources_of_typescript_are_taken_over(
    language: str, lab: Lab, plugin: Path, tmp_path: Path
) -> None:
    """By a component, which adds a URL configuration with a client certificate."""
    stack = LanguageStack(tmp_path / "stack", plugin, lab, _PROGRAMS / language, language)
    (stack.project / "index.ts").write_text(_START + _ALONE)
    stack.pulumi("up")
    (agent,) = lab.root("GET", _agents(lab))
    tokens = f"{_agents(lab)}/{agent['id']}/tokens"
    before = lab.root("GET", tokens)
    lab.calls()

    (stack.project / "index.ts").write_text(_START + _MTLS + _COMPONENT)
    done = stack.pulumi("up")

    assert "2 created" in done.text  # The component and the URL configuration.
    assert [call.method for call in lab.calls() if call.method != "GET"] == ["POST"]
    assert [each["id"] for each in lab.root("GET", tokens)] == [each["id"] for each in before]
    warnings = [
        event["diagnosticEvent"]["message"]
        for event in done.events
        if event.get("diagnosticEvent", {}).get("severity") == "warning"
    ]
    assert any("mTLS" in each for each in warnings), warnings
    values = _outputs(stack)["helmValues"]["config"]
    assert values["receptive"] == {"enabled": True}
    assert KEY.splitlines()[1] not in json.dumps(stack.deployment())
    stack.unchanged()
    stack.pulumi("destroy")
    assert not lab.resources()

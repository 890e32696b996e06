"""Audits of a stack's state."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.policy.cases import SECRET_MARKER
from tests.policy.states import OURS, export, stored

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.policy.audit.report import audit as evaluated
from pulumi_gitlab_kubernetes.policy.audit.report import code_quality
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.policy.kinds import ProjectEnvironment

_TOKEN = "glagent-" + "canary" * 8


def _hidden(plaintext: str | None = None) -> dict[str, str]:
    """Return a secret as stored in a state, encrypted or in plain text."""
    shown = {"ciphertext": "v1:canary"} if plaintext is None else {"plaintext": plaintext}
    return {**SECRET_MARKER, **shown}


def _environment(name: str = "web", **values: Any) -> dict[str, Any]:
    more = {key: values.pop(key) for key in ("protect", "delete", "external") if key in values}
    given = {"project": "acme/shop", "name": name, "schema_version": 1, **values}
    return stored(f"{OURS}ProjectEnvironment", name, given, **more)


def _agent(**values: Any) -> dict[str, Any]:
    given = {"project": "acme/shop", "name": "canary", "agent_id": 7, "schema_version": 1}
    return stored(f"{OURS}ClusterAgent", "prod", {**given, **values})


@pytest.fixture
def audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command on a state with these resources; return its status and its report."""

    def run(*resources: dict[str, Any], arguments: tuple[str, ...] = ()) -> tuple[int, Any]:
        file = tmp_path / "state.json"
        file.write_text(export(*resources))
        status = cli.main(["audit", str(file), "--format", "json", *arguments])
        printed = capsys.readouterr()
        assert "canary" not in printed.out + printed.err
        return status, json.loads(printed.out)

    return run


def _rules(found: Any, kind: str = "violations") -> set[tuple[str, str]]:
    return {(each["rule"], each["resource"]) for each in found[kind]}


def test_a_mandatory_violation_fails_the_audit(audit: Any) -> None:
    """An advisory one only does with `--fail-on advisory`."""
    bad = _environment(external_url="http://canary.example.com")
    poor = _environment("my-review")

    status, found = audit(bad)
    assert (status, _rules(found)) == (1, {("environment-https", "web")})
    status, found = audit(poor)
    assert (status, _rules(found)) == (0, {("environment-review-name", "my-review")})
    assert audit(poor, arguments=("--fail-on", "advisory"))[0] == 1
    assert audit(bad, arguments=("--fail-on", "never"))[0] == 0
    assert audit(_environment()) == (0, {**found, "violations": []})


def test_a_violation_is_reported_in_full(audit: Any) -> None:
    """With its level, the resource's URN and the documentation."""
    _, found = audit(_environment(external_url="http://canary.example.com"))
    assert found["resources"] == 1
    assert found["rules"]["environment-https"] == "mandatory"
    assert found["violations"] == [
        {
            "rule": "environment-https",
            "resource": "web",
            "urn": f"urn:pulumi:prod::shop::{OURS}ProjectEnvironment::web",
            "level": "mandatory",
            "message": "`external_url` does not start with https://. Use the https:// address "
            "of the environment. See https://docs.gitlab.com/ci/environments/",
            "docs": "https://docs.gitlab.com/ci/environments/",
        }
    ]


def test_an_encrypted_secret_is_set_but_not_read(audit: Any) -> None:
    """With `--show-secrets` it is read, and never shown."""
    _, found = audit(_environment(external_url=_hidden()))
    assert _rules(found) == set()
    (unevaluated,) = found["unjudged"]
    assert (unevaluated["rule"], unevaluated["property"]) == ("environment-https", "external_url")
    assert unevaluated["reason"] == "web: `external_url` is encrypted in the state"

    _, found = audit(_environment(external_url=_hidden('"http://canary.example.com"')))
    assert _rules(found) == {("environment-https", "web")}
    _, found = audit(_environment(external_url=_hidden("canary, not JSON")))
    assert _rules(found, "unjudged") == {("environment-https", "web")}


def test_a_token_in_plain_text_is_found_anywhere(audit: Any) -> None:
    """In a stack's outputs, in a larger text, in a resource of another package."""
    values = {"helm": {"values": [f"token: {_TOKEN}"]}, "safe": _hidden(f'"{_TOKEN}"')}
    stack = stored("pulumi:pulumi:Stack", "shop-prod", values)
    secret = stored("kubernetes:core/v1:Secret", "s", {}, inputs={"data": {"token": _TOKEN}})

    status, found = audit(stack, secret, _environment())
    assert status == 1
    assert _rules(found) == {("token-exposed", "shop-prod"), ("token-exposed", "s")}
    messages = " ".join(each["message"] for each in found["violations"])
    assert "`outputs.helm.values[0]` contains a token" in messages
    assert "`inputs.data.token` contains a token" in messages
    assert found["resources"] == 1  # Resources of other kinds are not counted.


def test_a_token_in_a_secret_output_is_allowed(audit: Any) -> None:
    """Also with `--show-secrets`."""
    values = {"token": _hidden(f'"{_TOKEN}"'), "helm": {"token": _hidden()}}
    assert audit(stored("pulumi:pulumi:Stack", "shop-prod", values))[0] == 0


def test_resources_are_linked_by_their_urns_and_ids(audit: Any) -> None:
    """Such as a token and its agent."""
    agent = _agent()
    values = {"project": "acme/shop", "agent_id": _hidden(), "description": "d"}
    token = stored(f"{OURS}ClusterAgentToken", "helm", values)
    _, found = audit(agent, {**token, "propertyDependencies": {"agent_id": [agent["urn"]]}})
    assert ("agent-token", "prod") not in _rules(found)
    _, found = audit(agent, {**token, "outputs": {**values, "agent_id": 7}})
    assert ("agent-token", "prod") not in _rules(found)
    _, found = audit(agent, {**token, "outputs": {**values, "agent_id": 8}})
    assert ("agent-token", "prod") in _rules(found)


def test_resources_pending_deletion_or_external_are_not_evaluated(audit: Any) -> None:
    """The stack does not manage them."""
    bad = {"external_url": "http://canary.example.com"}
    assert audit(
        _environment("a", delete=True, **bad), _environment("b", external=True, **bad)
    ) == (
        0,
        audit()[1],
    )


def test_a_resource_option_is_read(audit: Any) -> None:
    """`protect` is not a property."""
    assert _rules(audit(_environment("production"))[1]) >= {("production-protect", "production")}
    found = audit(_environment("production", protect=True))[1]
    assert ("production-protect", "production") not in _rules(found)


@pytest.mark.parametrize(
    ("type_", "property_"),
    [
        ("gitlab-kubernetes:index:ProjectEnvironment", "externalUrl"),
        ("gitlab-kubernetes:index:ProjectEnvironment", "external_url"),  # It was a dynamic one.
        ("gitlab:index/projectEnvironment:ProjectEnvironment", "externalUrl"),
    ],
)
def test_native_resources_are_evaluated(audit: Any, type_: str, property_: str) -> None:
    """Their properties are in camelCase, and so are those of Pulumi's published package."""
    web = stored(type_, "web", {"name": "web", property_: "http://canary.example.com"})
    assert _rules(audit(web)[1]) == {("environment-https", "web")}


def test_levels_are_those_of_the_configuration(audit: Any, tmp_path: Path) -> None:
    """The same file as for the pack; `remediate` counts as mandatory."""
    config = tmp_path / "policies.json"
    bad = _environment(external_url="http://canary.example.com")
    for given, status, count in (("disabled", 0, 0), ("advisory", 0, 1), ("remediate", 1, 1)):
        config.write_text(json.dumps({"environment-https": given}))
        found = audit(bad, arguments=("--config", str(config)))
        assert (found[0], len(found[1]["violations"])) == (status, count)


def test_the_table_has_violations_and_a_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mandatory ones first, then rules that could not be evaluated."""
    resources = [
        _environment("my-review", external_url=_hidden()),
        _environment(kubernetes_namespace="default"),
    ]
    # The format of a file backend.
    file = tmp_path / "prod.json"
    state = {"version": 3, "checkpoint": {"stack": "x", "latest": {"resources": resources}}}
    file.write_text(json.dumps(state))
    assert cli.main(["audit", str(file)]) == 1
    head, first, second, *rest = capsys.readouterr().out.splitlines()
    assert head.split() == ["LEVEL", "RULE", "RESOURCE", "MESSAGE"]
    assert first.split()[:4] == [
        "mandatory",
        "environment-namespace",
        "web",
        "`kubernetes_namespace`",
    ]
    assert second.split()[:3] == ["advisory", "environment-review-name", "my-review"]
    assert first.index("`kubernetes_namespace`") == head.index("MESSAGE")
    assert rest == [
        "Not evaluated:",
        "  environment-https: `external_url` is encrypted in the state (1)",
        "2 resources, 38 rules: 1 mandatory and 1 advisory violation.",
    ]


def test_a_count_of_one_is_singular(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the summary and in messages."""
    config = tmp_path / "policies.json"
    config.write_text(
        '{"all": "disabled", "agent-count": {"enforcementLevel": "advisory", "maximum": 0}}'
    )
    file = tmp_path / "state.json"
    file.write_text(export(_agent()))
    cli.main(["audit", str(file), "--config", str(config)])
    said = capsys.readouterr().out
    assert "Its project has 1 agent, and the limit is 0." in said
    assert said.endswith("\n1 resource, 1 rule: 0 mandatory and 1 advisory violation.\n")


_INVALID_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400, f'"{"9" * 400}"')


@pytest.mark.parametrize("number", _INVALID_NUMBERS, ids=lambda text: text[:9])
def test_an_invalid_number_is_reported(
    number: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything else is evaluated."""
    ids = {"project_id": "?", "agent_id": "?", "cluster_agent_id": "?", "rotate_after_days": "?"}
    resources = [
        _agent(**ids),
        stored(f"{OURS}ClusterAgentToken", "helm", {"name": "?", "project": "?", **ids}),
        _environment(kubernetes_namespace="default", **ids),
        _environment("other", project="1" * 400, external_url="http://example.com"),
    ]
    file = tmp_path / "state.json"
    state = export(*resources)
    file.write_text(state.replace('"?"', number))
    assert cli.main(["audit", str(file)]) == 1
    said = capsys.readouterr().out
    assert re.search("environment-https +other +`external_url` does not start", said)
    assert "token-rotation: helm: `rotate_after_days` has an invalid value (1)" in said
    assert "4 resources, " in said


def test_control_characters_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A state is untrusted. Printable characters of any language stay."""
    evil = "é漢\x1b[31m\r\n\u202e\u2066\x9b\x00\ud800"
    resources = [_environment(evil, external_url="http://canary.example.com")]
    file = tmp_path / "state.json"
    file.write_text(export(*resources))
    shown = r"é漢\x1b[31m\r\n\u202e\u2066\x9b\x00\ud800"
    for name in ("table", "json", "gitlab-codequality"):
        assert cli.main(["audit", str(file), "--format", name]) == 1
        said = capsys.readouterr().out
        assert all(each.isprintable() for each in said.replace("\n", ""))
        assert (shown in said) == (name == "table")
    assert cli.main(["audit", str(tmp_path / "\x1b[31m\n\u202e")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()


def test_the_code_quality_report_is_as_documented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each violation has its own fingerprint, which does not change."""

    def report(*resources: dict[str, Any]) -> list[dict[str, Any]]:
        file = tmp_path / "state.json"
        file.write_text(export(*resources))
        options = ("--format", "gitlab-codequality", "--location", "infra/Pulumi.yaml")
        cli.main(["audit", str(file), *options])
        found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
        return found

    bad = {"external_url": "http://canary.example.com"}
    found = report(_environment("production", **bad))
    for entry in found:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"critical", "minor"}
        assert entry["location"] == {"path": "infra/Pulumi.yaml", "lines": {"begin": 1}}
        assert entry["description"].startswith("production: ")
    prints = {entry["fingerprint"] for entry in found}
    names = [entry["check_name"] for entry in found]
    assert len(prints) == len(found) > len(set(names)) > 2  # One rule is violated twice.
    again = report(_environment("a-review"), _environment("production", **bad))
    assert prints < {entry["fingerprint"] for entry in again}


def test_a_resource_outside_a_stack_keeps_its_fingerprint() -> None:
    """It has no URN: its label identifies it."""

    def prints(*labels: str) -> set[str]:
        resources = [ProjectEnvironment(label, {"external_url": "http://x"}) for label in labels]
        found = json.loads(code_quality(evaluated(resources, Configuration()), "Pulumi.yaml"))
        return {entry["fingerprint"] for entry in found}

    assert prints("a") == prints("a", "b") - prints("b") != set()


def test_stdin_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`pulumi stack export | gitlab-kubernetes audit -`, here of an empty stack."""
    monkeypatch.setattr("sys.stdin", io.StringIO('{"version": 3, "deployment": null}'))
    assert cli.main(["audit", "-"]) == 0
    assert capsys.readouterr().out.startswith("0 resources, ")


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    """PowerShell writes one: `pulumi stack export | Out-File -Encoding utf8 state.json`."""
    file = tmp_path / "state.json"
    file.write_text('{"version": 3, "deployment": null}', encoding="utf-8-sig")
    assert cli.main(["audit", str(file)]) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a stack's state: create one with `pulumi stack export`"),
        ("[]", "is not a stack's state"),
        ("{}", "is not a stack's state"),
        ('{"version": 3, "deployment": {"resources": [{}]}}', "is not a stack's state"),
        ('{"version": 4, "deployment": {}}', "has version 4, and only 3 is supported"),
    ],
)
def test_an_invalid_state_is_rejected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    """With exit status 2."""
    file = tmp_path / "state.json"
    file.write_text(text)
    assert cli.main(["audit", str(file)]) == 2
    assert said in capsys.readouterr().err


def test_invalid_arguments_are_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With an error in one line."""
    for arguments, said in (
        ([str(tmp_path / "missing")], "No such file or directory"),
        (["-", "--config", str(tmp_path / "missing")], "missing cannot be read"),
    ):
        assert cli.main(["audit", *arguments]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    for arguments in ([], ["-", "--project", "1"], ["-", "--format", "xml"]):
        with pytest.raises(SystemExit):
            cli.main(["audit", *arguments])


def test_auditing_a_state_needs_no_engine_and_no_network(tmp_path: Path) -> None:
    """Neither Pulumi's SDKs nor an HTTP client is imported."""
    file = tmp_path / "state.json"
    file.write_text('{"version": 3, "deployment": {}}')
    script = (
        "import sys; from pulumi_gitlab_kubernetes import cli\n"
        f"cli.main(['audit', {str(file)!r}])\n"
        "print({'pulumi', 'pulumi_policy', 'grpc', 'gitlab', 'requests'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


_OF_TOKENS = "pulumi-python:dynamic/gitlab:ClusterAgentToken"


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"type": [[]]}, "`type` of a is not text"),
        ({"type": _OF_TOKENS, "inputs": True}, "`inputs` of a is not an object"),
        ({"type": "x:y:Z", "outputs": "x"}, "`outputs` of a is not an object"),
        ({"type": _OF_TOKENS, "outputs": [1]}, "`outputs` of a is not an object"),
        (
            {"type": _OF_TOKENS, "propertyDependencies": 1},
            "`propertyDependencies` of a is not an obj",
        ),
    ],
)
def test_a_damaged_state_is_an_error_and_not_a_violation(
    resource: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They have different exit statuses."""
    urn = f"urn:pulumi:d::p::{_OF_TOKENS}::a"
    file = tmp_path / "state.json"
    content = {"version": 3, "deployment": {"resources": [{"urn": urn, **resource}]}}
    file.write_text(json.dumps(content))
    assert cli.main(["audit", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: STATE is damaged: {said}")


def test_a_token_without_an_agent_is_not_a_second_token(tmp_path: Path) -> None:
    """Its agent is unknown."""
    urn = f"urn:pulumi:d::p::{_OF_TOKENS}::a"
    resource = {"urn": urn, "type": _OF_TOKENS, "inputs": {}, "outputs": {}}
    file = tmp_path / "state.json"
    file.write_text(export(resource))
    assert cli.main(["audit", str(file), "--fail-on", "never"]) == 0

"""Seeds: the objects they create, loading them again, and errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_gitlab_kubernetes.cli import main
from pulumi_gitlab_kubernetes.testing.simulator import command
from pulumi_gitlab_kubernetes.testing.simulator.manual import EXAMPLE
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator, SimulatorError

COMMAND = [sys.executable, "-m", "pulumi_gitlab_kubernetes.testing.simulator"]
EVERYTHING = """
features: {certificate_based_clusters: true, other: false}
license: ultimate
settings: {receptive_cluster_agents_enabled: true, throttle_authenticated_api_enabled: true}
users:
  - {username: alice, name: Alice, admin: true, tokens: [{name: own, scopes: [read_api]}]}
  - username: bob
    tokens:
      - {name: fixed, value: glpat-bob, expires_at: 2999-01-01}
groups:
  - {path: acme/team, name: Team, members: {bob: developer}}
  - {path: acme, name: ACME, visibility: public, description: All of it}
projects:
  - path: acme/team/shop
    description: Sells
    members: {alice: owner}
    agents:
      - {name: prod, tokens: [{name: helm, description: of the chart}]}
      - {name: edge, url_configuration: {url: "grpcs://edge.example.com:443"}}
    clusters:
      - name: legacy
        management_project: acme/team/infra
        platform_kubernetes_attributes: {api_url: "https://k8s.example.com", token: t0ken}
    environments:
      - {name: production, tier: production, agent: prod, kubernetes_namespace: shop}
      - {name: review/x, on_stop_job: {seconds: 60}}
    files: {.gitlab/agents/prod/config.yaml: "ci_access: {}\\n"}
  - {path: acme/team/infra}
  - {path: bob/attic, visibility: internal, archived: true}
simulator:
  faults: [{method: DELETE, path: /nothing, status: 418}]
  clock: {now: 2031-01-01T00:00:00Z}
"""


@pytest.fixture
def load(simulator: Simulator) -> Callable[[str], dict[str, dict[str, str]]]:
    """Loads a seed into the simulator."""

    def load(text: str) -> dict[str, dict[str, str]]:
        return simulator.seed(json.loads(json.dumps(yaml.safe_load(text), default=str)))

    return load


@pytest.fixture
def not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test if a simulator starts to serve, which would never end."""
    monkeypatch.setattr(command, "serve", lambda *_: pytest.fail("the seed was loaded"))


def test_a_seed_creates_everything_in_it(
    simulator: Simulator, load: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    """Names become ids, attributes are the API's, and generated tokens are returned."""
    made = load(EVERYTHING)
    assert {owner: list(tokens) for owner, tokens in made.items()} == {
        "alice": ["own"],
        "acme/team/shop:prod": ["helm"],
    }
    assert made["acme/team/shop:prod"]["helm"].startswith("glagent-")
    bob, alice = connect("glpat-bob"), connect(made["alice"]["own"])
    assert alice("GET", "user").json()["is_admin"] is True
    assert alice("POST", "projects", {"name": "x"}).status_code == 403

    group = simulator.api("GET", "groups/acme")
    assert (group["name"], group["visibility"], group["description"]) == (
        "ACME", "public", "All of it",
    )  # fmt: skip
    shop = bob("GET", "projects/acme%2Fteam%2Fshop").json()
    assert (shop["name"], shop["description"]) == ("shop", "Sells")
    assert shop["permissions"]["project_access"]["access_level"] == 30
    attic = bob("GET", "projects/bob%2Fattic").json()
    infra = simulator.api("GET", "projects/acme%2Fteam%2Finfra")
    assert (attic["archived"], attic["visibility"]) == (True, "internal")

    below = f"projects/{shop['id']}"
    edge, prod = simulator.api("GET", f"{below}/cluster_agents")
    assert (prod["name"], prod["is_receptive"]) == ("prod", False)
    assert (edge["name"], edge["is_receptive"]) == ("edge", True)
    (token,) = simulator.api("GET", f"{below}/cluster_agents/{prod['id']}/tokens")
    assert (token["name"], token["description"]) == ("helm", "of the chart")
    (cluster,) = simulator.api("GET", f"{below}/clusters")
    assert cluster["management_project"]["id"] == infra["id"]
    production, review = simulator.api("GET", f"{below}/environments")
    assert production["cluster_agent"]["id"] == prod["id"]
    assert production["kubernetes_namespace"] == "shop"
    assert production["created_at"].startswith("2031-01-01T00:00:0")
    assert simulator.api("POST", f"{below}/environments/{review['id']}/stop")["state"] == "stopping"
    file = f"{below}/repository/files/.gitlab%2Fagents%2Fprod%2Fconfig.yaml"
    assert simulator.api("GET", f"{file}?ref=main")["size"] == len("ci_access: {}\n")
    assert bob("GET", "user").headers["RateLimit-Limit"] == "120"
    assert bob("DELETE", "nothing").status_code == 418


def test_a_seed_can_be_loaded_again(simulator: Simulator, load: Callable[..., Any]) -> None:
    """Existing objects and later changes stay; only settings are set again."""
    load(EVERYTHING)
    simulator.api("PUT", "projects/1/environments/1", description="changed")
    simulator.api("POST", "features/other", value="true")
    before = simulator._call("GET", "/-/simulator/overview")["projects"]
    assert load(EVERYTHING) == {}
    after = simulator._call("GET", "/-/simulator/overview")["projects"]
    assert after == before
    assert simulator.api("GET", "projects/1/environments/1")["description"] == "changed"
    assert {"other": "off"}.items() <= {
        each["name"]: each["state"] for each in simulator.api("GET", "features")
    }.items()
    assert len(simulator.api("GET", "licenses")) == 1
    tokens = simulator.api("GET", "personal_access_tokens")
    assert [each["name"] for each in tokens] == ["root token", "own", "fixed"]


def test_loading_has_no_faults_and_no_log(simulator: Simulator, load: Callable[..., Any]) -> None:
    """The seed's faults apply to other requests, and the log has only those."""
    simulator.faults({"times": None, "status": 503})
    load("projects: [{path: a/b}]")
    assert simulator.requests() == []


@pytest.mark.parametrize(
    ("seed", "complaint"),
    [
        ("projekts: []", "1: projekts: is unknown; did you mean projects?"),
        ("users: {alice: {}}", "1: users: must be a list"),
        ("users: [alice]", "1: users[0]: must be a mapping"),
        ("users:\n- name: Alice", "2: users[0]: username is missing"),
        (
            "projects:\n- path: a/b\n  environments:\n  - name: x\n    tear: other",
            "5: projects[0].environments[0].tear: is unknown; did you mean tier?",
        ),
        (
            "projects:\n- path: a/b\n  agents:\n  - name: x\n    url_configuration:\n      uri: x",
            "6: projects[0].agents[0].url_configuration.uri: is unknown; did you mean url?",
        ),
        ("projects: [{path: shop}]", "1: projects[0].path: must be <group>/<project> or"),
        (
            "users: [{username: al}]\nprojects:\n- path: a/b\n  members:\n    al: mantainer",
            "5: projects[0].members.al: mantainer is not a role; did you mean maintainer?",
        ),
        (
            "projects:\n- path: a/b\n  members: {ann: guest}",
            "3: projects[0].members.ann: user ann does not exist",
        ),
        (
            "projects:\n- path: a/b\n  agents:\n  - name: Prod",
            "4: projects[0].agents[0]: rejected: 400 ",
        ),
        (
            "projects:\n- path: a/b\n  environments:\n  - {name: x, agent: y}",
            "4: projects[0].environments[0].agent: the project has no agent y",
        ),
        ("license: platinum", "1: license: rejected: 400 The license key is invalid."),
        (
            "settings:\n  receptive: true",
            "2: settings.receptive: is unknown; known are allow_",
        ),
        ("simulator:\n  clocks: {}", "2: simulator.clocks: rejected: 404 not found: POST clocks"),
        (
            "users:\n- username: a\n  tokens: [{name: t, value: root-token}]",
            "3: users[0].tokens[0].value: belongs to another user",
        ),
        ("users: []\nusers: []", '2: found duplicate key "users"'),
        ("users: [", "1: "),
        ("- users", " must be a mapping"),
        ("\n1: x", "2: [1]: a key must be a text: put it in quotes"),
        ("null: x", "1: [null]: a key must be a text"),
        ("features:\n  true: x", "2: features[true]: a key must be a text"),
        ("simulator: {~: {}}", "1: simulator[null]: a key must be a text"),
        (
            "simulator: {faults: {body: [{2001-02-03: x}]}}",
            "1: simulator.faults.body[0][2001-",
        ),
        ("projects: [{path: a/b, files: {[a]: x}}]", "1: projects[0].files[('a',)]: a key must"),
        ("users: [{username: .nan}]", "1: users[0].username: must be a number, not nan"),
        ("users: [{username: !!binary aGk=}]", "1: users[0].username: must be a text, a number"),
        ("simulator: {races: !!set {a}}", "1: simulator.races: must be a text, a number"),
        (
            'users: [{username: "\\ud800"}]',
            "1: users[0].username: has an incomplete surrogate pair",
        ),
        (
            f"simulator: {{faults: {'[' * 101}{']' * 101}}}",
            "1: simulator: is nested more than 100 levels deep",
        ),
        (f"a: {'[' * 999}", " is nested too deeply"),
        ("license: 2026-02-30", " has an invalid value: day is out of range"),
        ('features: {"\\e[31m\\u202e\\n": x}', r"1: features.\x1b[31m\u202e\n: rejected: 400 "),
    ],
)
@pytest.mark.usefixtures("not_served")
def test_an_invalid_seed_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seed: str, complaint: str
) -> None:
    """With the file, the line, the key and a suggestion."""
    file = tmp_path / "seed.yaml"
    file.write_text(seed)
    assert main(["simulator", "--root-token", "root-token", "--seed", str(file)]) == 1
    output, message = capsys.readouterr()
    assert output == ""
    assert message.startswith(f"gitlab simulator: {file}:{complaint}")
    assert len(message.splitlines()) == 1
    assert "root-token" not in message.partition("seed.yaml")[2]


@pytest.mark.usefixtures("not_served")
@pytest.mark.parametrize(("content", "complaint"), [(None, "No such file"), (b"\xff", "not UTF-8")])
def test_an_unreadable_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, complaint: str
) -> None:
    """It does not exist, or is not text."""
    file = tmp_path / "seed.yaml"
    if content:
        file.write_bytes(content)
    assert main(["simulator", "--seed", str(file)]) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"gitlab simulator: {file}: ")
    assert complaint in message


def test_an_invalid_seed_is_rejected_over_http(load: Callable[..., Any]) -> None:
    """With the location in it, because there is no file."""
    with pytest.raises(SimulatorError, match=r"400 .*projects\[0\].pat: is unknown; did you mean"):
        load("projects: [{pat: a/b}]")


@pytest.mark.slow
def test_the_example_of_the_help_loads_twice(tmp_path: Path) -> None:
    """`--help` has a seed that loads as it is; generated tokens are printed the first time."""
    manual = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, check=True).stdout
    assert "\n".join(f"    {line}".rstrip() for line in EXAMPLE.splitlines()) in manual
    file = tmp_path / "seed.yaml"
    file.write_text(EXAMPLE.replace(", value: glpat-platform", ""))
    options = ["--seed", str(file), "--data", str(tmp_path / "data"), "--root-token", "r"]
    printed = []
    for _ in range(2):
        with subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            line = process.stdout.readline()
            process.terminate()
            printed.append(line + process.stdout.read())
    address = r"http://127\.0\.0\.1:\d+\n"
    assert re.fullmatch(address + r"token pulumi of platform: glpat-\S+\n", printed[0])
    assert re.fullmatch(address, printed[1])

"""Where requests go, and as whom: two GitLabs, the token of a CI job, a GitLab of one's own."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import set_up
from tests.front import Front

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

from .engines import ENGINES, Outcome, Stack, ref
from .gitlab import Lab, path_of
from .resources import NAMES, agent, all_kinds, cluster, environment, token, url_configuration

_HEADER = {"X-Gate": "canary-of-the-header"}


@pytest.fixture(scope="module")
def other_simulator() -> Iterator[Simulator]:
    """Another GitLab."""
    with Simulator() as running:
        set_up(running)
        yield running


class Watched:
    """A stack through its whole life, in which no secret may become visible.

    Args:
        stack: The empty stack.
        secrets: What must not show in what the engine prints or leaves on disk.
    """

    def __init__(self, stack: Stack, *secrets: str) -> None:
        self._stack = stack
        self._secrets = [secret.encode() for secret in secrets]

    def live(self, declared: list[dict[str, Any]], changed: list[dict[str, Any]]) -> list[Outcome]:
        """Preview, deploy, change, refresh and destroy."""
        stack = self._stack
        return [
            self.see(stack.preview(*declared)),
            self.see(stack.up(*declared)),
            self.see(stack.up(*changed)),
            self.see(stack.refresh()),
            self.see(stack.destroy()),
        ]

    def see(self, outcome: Outcome) -> Outcome:
        """Require that a run went well and look at all that it shows and wrote."""
        assert outcome.ok, outcome.text
        seen = {"output": outcome.text, "messages": repr(outcome.messages)}
        everything = {name: text.encode() for name, text in seen.items()}
        everything |= {str(path): content for path, content in self._stack.files().items()}
        found = [
            name
            for name, content in everything.items()
            if any(secret in content for secret in self._secrets)
        ]
        assert found == []
        return outcome


def _theirs(project: str, **changes: Any) -> list[dict[str, Any]]:
    """Describe one resource of each kind at the other GitLab."""
    of_agent = {"connection": "depot", "agent_id": ref("their-agent.agent_id")}
    bound = {"connection": "depot", "cluster_agent_id": ref("their-agent.agent_id")}
    return [
        agent(project, "their-agent", connection="depot"),
        token(project, "their-token", **of_agent),
        url_configuration(project, "their-url", **of_agent),
        cluster(project, "their-cluster", connection="depot"),
        environment(project, "their-environment", **bound, **changes),
    ]


def _users(simulator: Simulator, since: int) -> set[tuple[str | None, bool]]:
    """Return who has asked a GitLab since then, and whether that went well."""
    log = simulator.requests()[since:]
    return {(each["user"], each["status"] < 400) for each in log if each["user"] != "root"}


def test_two_gitlabs_never_see_each_others_secrets(
    engine: str, simulator: Simulator, other_simulator: Simulator, tmp_path: Path
) -> None:
    """Each resource goes where its connection leads, in every run, and no secret shows."""
    with Front(simulator.url) as here, Front(other_simulator.url) as there:
        ours, theirs = Lab(simulator, here.url), Lab(other_simulator, there.url)
        starts = [len(each.requests()) for each in (simulator, other_simulator)]
        config = {"gitlab:baseUrl": here.url, "depot:baseUrl": there.url}
        secrets = {
            "gitlab:token": ours.token,
            "depot:token": theirs.token,
            "depot:headers": json.dumps(_HEADER),
        }
        stack = ENGINES[engine](tmp_path / "stack", config, secrets)
        watched = Watched(stack, ours.token, theirs.token, *_HEADER.values())
        declared = [*all_kinds(ours.project.path), *_theirs(theirs.project.path)]
        changed = [
            *all_kinds(ours.project.path)[:-1],
            environment(ours.project.path, description="changed"),
            *_theirs(theirs.project.path, description="changed"),
        ]
        _preview, _up, updated, refreshed, _destroyed = watched.live(declared, changed)
        for name in ("environment", "their-environment"):
            assert updated.ops(name) == ["update"]
        assert {step.op for step in refreshed.steps} == {"same"}

        assert here.tokens() == {("PRIVATE-TOKEN", ours.token)}
        assert there.tokens() == {("PRIVATE-TOKEN", theirs.token)}
        assert {each["X-Gate"] for each in here.headers} == {None}
        assert {each["X-Gate"] for each in there.headers} == {_HEADER["X-Gate"]}
        assert len(here.requests) == len(there.requests)
        for simulator_, lab, start in zip(
            (simulator, other_simulator), (ours, theirs), starts, strict=True
        ):
            assert _users(simulator_, start) == {(lab.user, True)}
            assert lab.things() == set()


def test_a_ci_job_does_environments_with_its_own_token(
    engine: str, simulator: Simulator, tmp_path: Path
) -> None:
    """Without any configuration, and untroubled by what the job's own deployment writes."""
    with Front(simulator.url) as front:
        lab = Lab(simulator, front.url)
        (user,) = lab.root("GET", f"users?username={lab.user}")
        job_token = simulator.job_token(lab.project.id, user["id"])
        job = {
            "CI_JOB_TOKEN": job_token,
            "CI_API_V4_URL": f"{front.url}/api/v4",
            "CI_PROJECT_PATH": lab.project.path,
            "CI_PROJECT_ID": str(lab.project.id),
        }
        stack = ENGINES[engine](tmp_path / "stack", {}, {}, job)
        watched = Watched(stack, job_token)

        def declared(**changes: Any) -> dict[str, Any]:
            bound = {"cluster_agent_id": lab.agent("one"), **changes}
            return environment(lab.project.path, **bound)

        refused = stack.preview(agent(lab.project.path)).error("agent")
        assert "a CI job token can only do environments" in refused
        watched.see(stack.up(declared()))
        path = path_of("ProjectEnvironment", stack.resources()["environment"]["id"])
        deployment = {"url": "https://ci.example.com", "deployment_tier": "staging"}
        simulator.deploy(lab.project.id, "environment", user_id=user["id"], **deployment)
        _preview, _up, updated, refreshed, _destroyed = watched.live(
            [declared()], [declared(description="changed")]
        )
        assert updated.ops("environment") == ["update"]
        assert {step.op for step in refreshed.steps} == {"same"}
        assert front.tokens() == {("JOB-TOKEN", job_token)}
        assert lab.get(path) is None


def test_a_gitlab_of_ones_own(
    engine: str,
    simulator: Simulator,
    tls: ssl.SSLContext,
    tls_files: dict[str, str],
    tmp_path: Path,
) -> None:
    """All kinds, behind a gate with its own authority that wants a certificate and a header."""
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(tls_files["clientCert"])
    with Front(simulator.url, tls=tls) as front:
        lab = Lab(simulator, front.url)
        config = {"gitlab:baseUrl": front.url}
        config |= {f"gitlab:{name}": path for name, path in tls_files.items()}
        secrets = {"gitlab:token": lab.token, "gitlab:headers": json.dumps(_HEADER)}
        stack = ENGINES[engine](tmp_path / "stack", config, secrets)
        key = Path(tls_files["clientKey"]).read_text().splitlines()[1]
        watched = Watched(stack, lab.token, key, *_HEADER.values())
        declared = all_kinds(lab.project.path)
        _preview, up, _same, refreshed, _destroyed = watched.live(declared, declared)
        assert [up.ops(name) for name in NAMES] == [["create"]] * len(NAMES)
        assert {step.op for step in refreshed.steps} == {"same"}
        assert {each["X-Gate"] for each in front.headers} == {_HEADER["X-Gate"]}
        assert len(lab.calls()) == len(front.requests)
        assert lab.things() == set()

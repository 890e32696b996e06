"""Connections: two GitLabs, the token of a CI/CD job, a GitLab with its own authority."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import set_up
from tests.lifecycle.conftest import Configured
from tests.lifecycle.engines import Outcome, Stack, ref
from tests.lifecycle.gitlab import Lab, path_of
from tests.lifecycle.resources import (
    NAMES,
    agent,
    all_kinds,
    cluster,
    configuration,
    environment,
    token,
    url_configuration,
)
from tests.support.proxy import Proxy

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_HEADER = {"X-Gate": "canary-of-the-header"}


@pytest.fixture(scope="module")
def other_simulator() -> Iterator[Simulator]:
    """Another GitLab."""
    with Simulator() as running:
        set_up(running)
        yield running


class CheckedStack:
    """A stack whose runs must show no secret.

    Args:
        stack: The empty stack.
        secrets: The values that must not be in the engine's output or files.
    """

    def __init__(self, stack: Stack, *secrets: str) -> None:
        self._stack = stack
        self._secrets = [secret.encode() for secret in secrets]

    def run_all(
        self, declared: list[dict[str, Any]], changed: list[dict[str, Any]]
    ) -> list[Outcome]:
        """Preview, deploy, change, refresh and destroy."""
        stack = self._stack
        return [
            self.check(stack.preview(*declared)),
            self.check(stack.up(*declared)),
            self.check(stack.up(*changed)),
            self.check(stack.refresh()),
            self.check(stack.destroy()),
        ]

    def check(self, outcome: Outcome) -> Outcome:
        """Require that a run succeeded, and that no secret is in its output or on disk."""
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


def _in_the_other(project: str, **changes: Any) -> list[dict[str, Any]]:
    """Describe one resource of each kind in the other GitLab."""
    of_agent = {"connection": "depot", "agent_id": ref("their-agent.agent_id")}
    bound = {"connection": "depot", "cluster_agent_id": ref("their-agent.agent_id")}
    return [
        agent(project, "their-agent", connection="depot"),
        token(project, "their-token", **of_agent),
        url_configuration(project, "their-url", **of_agent),
        configuration(
            project,
            "their-configuration",
            connection="depot",
            agent_name=ref("their-agent.name"),
        ),
        cluster(project, "their-cluster", connection="depot"),
        environment(project, "their-environment", **bound, **changes),
    ]


def _users(simulator: Simulator, since: int) -> set[tuple[str | None, bool]]:
    """Return the users of the requests since a moment, and whether they succeeded."""
    log = simulator.requests()[since:]
    return {(each["user"], each["status"] < 400) for each in log if each["user"] != "root"}


def test_two_gitlabs_never_receive_each_others_secrets(
    configured: Configured, simulator: Simulator, other_simulator: Simulator
) -> None:
    """Each run sends a resource's requests to its own connection, and shows no secret."""
    with Proxy(simulator.url) as here, Proxy(other_simulator.url) as there:
        ours, theirs = Lab(simulator, here.url), Lab(other_simulator, there.url)
        starts = [len(each.requests()) for each in (simulator, other_simulator)]
        config = {"baseUrl": here.url, "depot:baseUrl": there.url}
        secrets = {
            "token": ours.token,
            "depot:token": theirs.token,
            "depot:headers": json.dumps(_HEADER),
        }
        stack = configured(config, secrets)
        checked = CheckedStack(stack, ours.token, theirs.token, *_HEADER.values())
        declared = [*all_kinds(ours.project.path), *_in_the_other(theirs.project.path)]
        changed = [
            *all_kinds(ours.project.path)[:-1],
            environment(ours.project.path, description="changed"),
            *_in_the_other(theirs.project.path, description="changed"),
        ]
        _preview, _up, updated, refreshed, _destroyed = checked.run_all(declared, changed)
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
            assert lab.resources() == set()


def test_a_ci_job_manages_environments_with_its_own_token(
    configured: Configured, simulator: Simulator
) -> None:
    """Without any configuration. The job's own deployment causes no drift."""
    with Proxy(simulator.url) as proxy:
        lab = Lab(simulator, proxy.url)
        (user,) = lab.root("GET", f"users?username={lab.user}")
        job_token = simulator.job_token(lab.project.id, user["id"])
        job = {
            "CI_JOB_TOKEN": job_token,
            "CI_API_V4_URL": f"{proxy.url}/api/v4",
            "CI_PROJECT_PATH": lab.project.path,
            "CI_PROJECT_ID": str(lab.project.id),
        }
        stack = configured({}, {}, job)
        checked = CheckedStack(stack, job_token)

        def declared(**changes: Any) -> dict[str, Any]:
            bound = {"cluster_agent_id": lab.agent("one"), **changes}
            return environment(lab.project.path, **bound)

        refused = stack.preview(agent(lab.project.path)).error("agent")
        assert "a CI job token can only manage environments" in refused
        checked.check(stack.up(declared()))
        path = path_of("ProjectEnvironment", stack.resources()["environment"]["id"])
        deployment = {"url": "https://ci.example.com", "deployment_tier": "staging"}
        simulator.deploy(lab.project.id, "environment", user_id=user["id"], **deployment)
        _preview, _up, updated, refreshed, _destroyed = checked.run_all(
            [declared()], [declared(description="changed")]
        )
        assert updated.ops("environment") == ["update"]
        assert {step.op for step in refreshed.steps} == {"same"}
        assert proxy.tokens() == {("JOB-TOKEN", job_token)}
        assert lab.get(path) is None


def test_a_gitlab_with_its_own_authority(
    configured: Configured,
    simulator: Simulator,
    tls: ssl.SSLContext,
    tls_files: dict[str, str],
) -> None:
    """All kinds, behind a proxy that requires a client certificate and a header.

    The settings are in the namespace that both adapters read.
    """
    tls.verify_mode = ssl.CERT_REQUIRED
    tls.load_verify_locations(tls_files["clientCert"])
    with Proxy(simulator.url, tls=tls) as proxy:
        lab = Lab(simulator, proxy.url)
        plain = {"baseUrl": proxy.url, **tls_files}
        config = {f"{NAMESPACE}:{key}": value for key, value in plain.items()}
        secret = {"token": lab.token, "headers": json.dumps(_HEADER)}
        secrets = {f"{NAMESPACE}:{key}": value for key, value in secret.items()}
        stack = configured(config, secrets)
        key = Path(tls_files["clientKey"]).read_text().splitlines()[1]
        checked = CheckedStack(stack, lab.token, key, *_HEADER.values())
        declared = all_kinds(lab.project.path)
        _preview, up, _same, refreshed, _destroyed = checked.run_all(declared, declared)
        assert [up.ops(name) for name in NAMES] == [["create"]] * len(NAMES)
        assert {step.op for step in refreshed.steps} == {"same"}
        assert {each["X-Gate"] for each in proxy.headers} == {_HEADER["X-Gate"]}
        assert len(lab.calls()) == len(proxy.requests)
        assert lab.resources() == set()

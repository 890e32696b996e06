"""How long an audit takes compared to parsing: python -m tests.benchmarks.audit [RESOURCES].

Both alternate in the same run, since machines differ, and the lowest CPU time of several rounds
counts. An audit, including parsing, should take less than three times as long as parsing.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.policy.cases import SECRET_MARKER
from tests.support.certificates import Key

from pulumi_gitlab_kubernetes.policy.audit import report, state
from pulumi_gitlab_kubernetes.policy.certificates import facts
from pulumi_gitlab_kubernetes.policy.configuration import Configuration

_LIMIT = 3
_ROUNDS = 15
_PREFIX = "urn:pulumi:prod::shop::pulumi-python:dynamic/gitlab:"
_SECRET = {**SECRET_MARKER, "ciphertext": "v1:" + "m" * 160}


def _resource(kind: str, name: str, inputs: dict[str, Any], **outputs: Any) -> dict[str, Any]:
    """Describe a resource as the engine stores it."""
    agent = f"{_PREFIX}ClusterAgent::agent-{name.rpartition('-')[2]}"
    provider = (
        "urn:pulumi:prod::shop::pulumi:providers:pulumi-python::default::7d8f5c0e-1111-4222-8333"
    )
    inputs = {"__provider": "gASV" + "A" * 76, "connection": "gitlab", **inputs}
    moment = "2026-01-01T00:00:00.000Z"
    return {
        "urn": f"{_PREFIX}{kind}::{name}",
        "custom": True,
        "id": "42:7",
        "type": f"pulumi-python:dynamic/gitlab:{kind}",
        "inputs": inputs,
        "outputs": {
            **inputs,
            **outputs,
            "project_id": int(inputs["project"].rpartition("-")[2]) + 1,
            "schema_version": 1,
            "created_at": dt.datetime.now(dt.timezone.utc).isoformat(),
        },
        "parent": "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod",
        "dependencies": [] if kind == "ClusterAgent" else [agent],
        "provider": provider,
        "propertyDependencies": {
            each: [agent] if "agent_id" in each else []
            for each in inputs
            if each != "__provider" and kind != "ClusterAgent"
        },
        "created": moment,
        "modified": moment,
        "additionalSecretOutputs": ["token"] if kind == "ClusterAgentToken" else [],
    }


def _fifth(number: int, certificate: str) -> list[dict[str, Any]]:
    """Describe one resource of each kind; one in ten violates some rules."""
    project, bad = {"project": f"acme/shop-{number // 4}"}, number % 10 == 0
    agent = {**project, "agent_id": number}
    return [
        _resource("ClusterAgent", f"agent-{number}", {**project, "name": "a"}, agent_id=number),
        _resource(
            "ClusterAgentToken",
            f"token-{number}",
            {**agent, "name": "helm", "description": "d" * 20, "rotate_after_days": 90},
            token=_SECRET,
            status="active",
            last_used_at=None,
        ),
        _resource(
            "ClusterAgentUrlConfiguration",
            f"url-{number}",
            {
                **agent,
                "url": f"grpc{'' if bad else 's'}://agent.example.com",
                "client_cert": certificate,
                "client_key": _SECRET,
                "ca_cert": certificate,
            },
        ),
        _resource(
            "ProjectCluster",
            f"cluster-{number}",
            {
                **project,
                "name": "legacy",
                "kubernetes_api_url": f"https://{'10.0.0.1' if bad else 'k8s.example.com'}",
                "kubernetes_token": _SECRET,
                "kubernetes_ca_cert": certificate,
                "kubernetes_authorization_type": "rbac",
                "environment_scope": f"scope-{number}/*",
                "enabled": True,
                "managed": True,
                "namespace_per_environment": True,
            },
            cluster_id=number,
        ),
        _resource(
            "ProjectEnvironment",
            f"environment-{number}",
            {
                **project,
                "name": "production",
                "external_url": f"http{'' if bad else 's'}://shop.example.com",
                "cluster_agent_id": number,
                "kubernetes_namespace": "shop",
                "auto_stop_setting": "always",
                "stop_before_destroy": True,
                "force_stop": False,
                "stop_timeout": 1200,
            },
            slug="production",
            state="available",
            environment_id=number,
        ),
    ]


def _best(*works: Callable[[], object]) -> list[float]:
    """Return the lowest CPU time of each in several rounds, in seconds."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS):
        for times, work in zip(taken, works, strict=True):
            facts.cache_clear()
            gc.collect()
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
    return [min(times) for times in taken]


def main(resources: int) -> int:
    """Print both times; fail if their ratio exceeds the limit."""
    certificates = [Key().certificate("authority", ends=90) for _ in range(resources // 5)]
    made = [
        each
        for number in range(1, resources // 5 + 1)
        for each in _fifth(number, certificates[number % len(certificates)])
    ]
    text = json.dumps({"version": 3, "deployment": {"resources": made}}, indent=4)
    found = report.audit(state.read(text), Configuration())
    parsing, auditing = _best(
        lambda: json.loads(text),
        lambda: report.audit(state.read(text), Configuration()),
    )
    print(
        f"{found.resources} resources, {len(text) / 1e6:.1f} MB, {len(found.violations)} violations"
    )
    print(f"parsing {parsing * 1e3:.1f} ms, auditing {auditing * 1e3:.1f} ms")
    print(f"{auditing / parsing:.2f} times as long; the limit is {_LIMIT}")
    return auditing / parsing >= _LIMIT


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 1000))

"""URL configurations of receptive agents: one per agent, with a license and an instance setting.

Follows https://docs.gitlab.com/api/cluster_agents/#receptive-agents, except that certificates are
sent as base64 of their PEM, as in GitLab's source.
"""

from __future__ import annotations

import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pulumi_gitlab_kubernetes.testing.simulator import errors
from pulumi_gitlab_kubernetes.testing.simulator.addresses import url_errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.cluster_agents import (
    find_agent,
    require_agent_writer,
)
from pulumi_gitlab_kubernetes.testing.simulator.instance import licensed_plan, setting
from pulumi_gitlab_kubernetes.testing.simulator.lookups import (
    check_unmodified_since,
    find_project,
)
from pulumi_gitlab_kubernetes.testing.simulator.mime_base64 import decode, encode
from pulumi_gitlab_kubernetes.testing.simulator.openssl import is_certificate, is_private_key
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row
from pulumi_gitlab_kubernetes.testing.simulator.validation import (
    NOT_A_CERTIFICATE,
)

ALREADY_EXISTS = "URL configuration already exists for this agent"
NOT_A_KEY = "must be a valid PEM private key"
NOT_A_HOST = "must be a valid hostname!"
_HOST = re.compile(
    r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)


def _gate(call: Call) -> None:
    find_project(call)
    licensed = licensed_plan(call.store) == "ultimate"
    if not licensed or not setting(call.store, "receptive_cluster_agents_enabled"):
        raise errors.not_found()


routes = Family(
    "https://docs.gitlab.com/api/cluster_agents/",
    before=(_gate,),
    gate="license `ultimate` and setting `receptive_cluster_agents_enabled`",
    role=Role.MAINTAINER,
)

_COLLECTION = "/projects/{id}/cluster_agents/{agent_id:int}/url_configurations"
_MEMBER = f"{_COLLECTION}/{{url_configuration_id:int}}"


def _configuration(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "agent_id": row["agent_id"],
        "url": row["url"],
        "public_key": encode(row["public_key"]),
        "client_cert": encode(row["client_cert"]),
        "ca_cert": encode(row["ca_cert"]),
        "tls_host": row["tls_host"],
    }


def _agent(call: Call) -> Row:
    """Return the agent after checking the role: reading requires Maintainer too."""
    project = find_project(call)
    require_agent_writer(call, project)
    return find_agent(call, project)


def _of(call: Call, agent: Row) -> Row | None:
    return call.store.one(
        "SELECT * FROM cluster_agent_url_configurations WHERE agent_id = ?", agent["id"]
    )


def _find(call: Call, agent: Row) -> Row:
    row = _of(call, agent)
    if row is None or row["id"] != call.params["url_configuration_id"]:
        raise errors.not_found()
    return row


@routes.get(_COLLECTION, errors=(400, 403, 404))
def _list(call: Call) -> Any:
    row = _of(call, _agent(call))
    return [_configuration(row)] if row else []


@routes.get(_MEMBER, errors=(400, 403, 404))
def _show(call: Call) -> Any:
    return _configuration(_find(call, _agent(call)))


@routes.post(
    _COLLECTION,
    Param("url", required=True),
    Param("client_cert"),
    Param("client_key"),
    Param("ca_cert"),
    Param("tls_host"),
    errors=(400, 403, 404),
)
def _create(call: Call) -> Any:
    agent, given, store = _agent(call), call.params, call.store
    if _of(call, agent):
        raise errors.bad_request(ALREADY_EXISTS)
    certificate, key, authority = (
        decode(given.get(name)) for name in ("client_cert", "client_key", "ca_cert")
    )
    columns: dict[str, Any]
    if key is None:
        # A certificate without its key is silently ignored, and the agent gets a key pair.
        columns = {"public_key": Ed25519PrivateKey.generate().public_key().public_bytes_raw()}
    else:
        columns = {"client_cert": certificate}
    columns |= {"url": given.get("url") or "", "tls_host": given.get("tls_host") or None}
    columns["ca_cert"] = authority
    if messages := _validation_errors(columns, key):
        raise errors.bad_request_list(messages)
    now = store.timestamp()
    row = store.insert(
        "cluster_agent_url_configurations",
        agent_id=agent["id"],
        created_at=now,
        updated_at=now,
        **columns,
    )
    store.update("cluster_agents", agent["id"], is_receptive=1, updated_at=now)
    return _configuration(row)


def _validation_errors(columns: dict[str, Any], key: bytes | None) -> list[str]:
    found = [f"Url {text}" for text in url_errors(columns["url"], ("grpc", "grpcs"), local=True)]
    if key is not None:
        if not is_certificate(columns["client_cert"] or b""):
            found.append(f"Client cert {NOT_A_CERTIFICATE}")
        if not is_private_key(key):
            found.append(f"Client key {NOT_A_KEY}")
    if columns["ca_cert"] is not None and not is_certificate(columns["ca_cert"]):
        found.append(f"Ca cert {NOT_A_CERTIFICATE}")
    if columns["tls_host"] is not None and not _HOST.fullmatch(columns["tls_host"]):
        found.append(f"Tls host {NOT_A_HOST}")
    return found


@routes.delete(_MEMBER, errors=(400, 403, 404, 412))
def _delete(call: Call) -> None:
    agent, store = _agent(call), call.store
    row = _find(call, agent)
    check_unmodified_since(call, row)
    store.delete("cluster_agent_url_configurations", row["id"])
    store.update("cluster_agents", agent["id"], is_receptive=0, updated_at=store.timestamp())

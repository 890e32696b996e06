"""Configuration files of agents, through GitLab's API and with a parser of their own."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

from ruamel.yaml import YAML

from pulumi_gitlab_kubernetes.testing.simulator.server import SimulatorError

Api = Callable[..., Any]
"""Calls GitLab's API below a project: method, path and parameters."""

FOLDER = ".gitlab/agents/"
NAME = "/config.yaml"


def file_of(agent: str) -> str:
    """Return the API path of an agent's file below its project."""
    return f"repository/files/.gitlab%2Fagents%2F{agent}%2Fconfig.yaml"


def load(text: str) -> Any:
    """Return the content of a YAML file."""
    return YAML(typ="safe").load(text)


def dump(content: Any) -> str:
    """Return a YAML file with this content, in another form than the provider's."""
    stream = io.StringIO()
    yaml = YAML(typ="safe")
    yaml.default_flow_style = True
    yaml.dump(content, stream)
    return f"# Somebody else's.\n{stream.getvalue()}"


def text_of(api: Api, agent: str, branch: str = "HEAD") -> str | None:
    """Return the text of an agent's file, or `None` if it does not exist."""
    try:
        found = api("GET", f"{file_of(agent)}?ref={branch}")
    except SimulatorError as error:
        if ": 404 " in str(error):
            return None
        raise
    return base64.b64decode(found["content"]).decode()


def read(api: Api, agent: str, branch: str = "HEAD") -> dict[str, Any] | None:
    """Return the content of an agent's file with its `id`, or `None` if it does not exist."""
    text = text_of(api, agent, branch)
    return None if text is None else {"id": agent, **(load(text) or {})}


def write(api: Api, agent: str, text: str, branch: str = "main", **more: str) -> None:
    """Commit an agent's file without Pulumi."""
    method = "POST" if text_of(api, agent, branch) is None else "PUT"
    api(method, file_of(agent), branch=branch, commit_message="By hand", content=text, **more)


def delete(api: Api, agent: str, branch: str = "main") -> None:
    """Delete an agent's file without Pulumi."""
    api("DELETE", file_of(agent), branch=branch, commit_message="By hand")


def listed(api: Api) -> list[dict[str, Any]]:
    """Return the content of all agents' files, each with its `id`."""
    try:
        tree = api("GET", "repository/tree?recursive=true&per_page=100")
    except SimulatorError as error:
        if ": 404 " in str(error):
            return []
        raise
    paths = [each["path"] for each in tree if each["type"] == "blob"]
    names = [path.removeprefix(FOLDER).removesuffix(NAME) for path in paths if path.endswith(NAME)]
    return [found for name in names if (found := read(api, name))]


def messages(api: Api, branch: str = "") -> list[str]:
    """Return the messages of all commits of a branch, the latest one first."""
    query = f"&ref_name={branch}" if branch else ""
    return [each["message"] for each in api("GET", f"repository/commits?per_page=100{query}")]

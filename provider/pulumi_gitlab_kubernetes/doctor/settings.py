"""The settings to check: those of a stack in the current folder, and the environment's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_gitlab_kubernetes.errors import ConfigurationError, ProviderError
from pulumi_gitlab_kubernetes.pulumi_cli import pulumi

_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


@dataclass(frozen=True)
class Settings:
    """The settings to check.

    Args:
        values: The stack's configuration by key, such as `gitlab:token`.
        source: Where it is from; empty if only the environment is used.
        ignored: Why a stack's configuration could not be read; empty if it was.
    """

    values: Mapping[str, str] = field(repr=False)
    source: str = ""
    ignored: str = ""


def read(stack: str, folder: Path) -> Settings:
    """Read the configuration of a stack with the Pulumi CLI, which decrypts it.

    Args:
        stack: The stack's name; empty for the current one, if the folder is of a Pulumi project.
        folder: The folder of the Pulumi project.

    Returns:
        The settings. Without a Pulumi project there, or if the current stack cannot be read, these
        are the environment's alone.

    Raises:
        ProviderError: The named stack cannot be read.
    """
    if not stack and not _is_project(folder):
        return Settings({})
    named = ["--stack", stack] if stack else []
    try:
        found = pulumi(["config", "--json", "--show-secrets", "--cwd", str(folder), *named])
        values = {key: each["value"] for key, each in json.loads(found).items() if "value" in each}
    except (ValueError, AttributeError, TypeError):
        raise ConfigurationError("`pulumi config` printed no JSON") from None
    except ProviderError as error:
        if stack:
            raise
        return Settings({}, ignored=str(error))
    return Settings(values, source=f"stack {stack}" if stack else "the current stack")


def _is_project(folder: Path) -> bool:
    start = folder.absolute()
    return any((each / name).is_file() for each in (start, *start.parents) for name in _FILES)

"""The Pulumi project that a plugin runs for."""

from __future__ import annotations

from pathlib import Path

import yaml
from pulumi.runtime.proto import provider_pb2


def runtime_of(request: provider_pb2.ProviderHandshakeRequest) -> str:
    """Return the language of the program, as `runtime` in Pulumi.yaml names it; empty if unknown.

    See https://www.pulumi.com/docs/iac/concepts/projects/project-file/.

    Args:
        request: The engine's handshake, which has the folders of the project and of the plugin.
    """
    for name in ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json"):
        file = Path(request.root_directory, name)
        if not request.root_directory or not file.is_file():
            continue
        try:
            runtime = yaml.safe_load(file.read_text())["runtime"]
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
            return ""
        return str(runtime.get("name", "") if isinstance(runtime, dict) else runtime)
    return ""

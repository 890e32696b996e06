"""The Pulumi project that a plugin runs for."""

from __future__ import annotations

from pathlib import Path

import yaml

_NAMES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


def runtime_of(folder: Path) -> str:
    """Return the language of the program, as `runtime` in Pulumi.yaml names it; empty if unknown.

    See https://www.pulumi.com/docs/iac/concepts/projects/project-file/.

    Args:
        folder: The folder in which the engine has started the plugin: that of the program. The
            project file is there or in a folder above.
    """
    try:
        start = folder.absolute()
        files = (each / name for each in (start, *start.parents) for name in _NAMES)
        file = next(file for file in files if file.is_file())
        runtime = yaml.safe_load(file.read_text(encoding="utf-8"))["runtime"]
    except (StopIteration, OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return ""
    return str(runtime.get("name", "") if isinstance(runtime, dict) else runtime)

"""Loads a file with the answers of stand-ins."""

from __future__ import annotations

from pathlib import Path

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins.answers import Answers
from pulumi_gitlab_kubernetes.testing.stand_ins.mocks_file import MocksFile
from pulumi_gitlab_kubernetes.testing.stand_ins.yaml_file import YamlFile


def load(file: Path) -> Answers:
    """Load a file with answers.

    Args:
        file: A YAML file, or a Python file with a class of `pulumi.runtime.Mocks`.

    Raises:
        HostError: It is neither, or is wrong.
    """
    if not file.is_file():
        raise HostError(f"stand-ins: there is no file {file}")
    if file.suffix == ".py":
        return MocksFile(file)
    if file.suffix in (".yaml", ".yml"):
        return YamlFile(file)
    raise HostError(f"stand-ins: {file} is neither a .yaml nor a .py file")

"""`gitlab-kubernetes install-plugin`."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.native import plugin_folder
from pulumi_gitlab_kubernetes.pulumi_cli import pulumi


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = (
        "The plugin runs with the Python of this command, so keep that environment. Run it again "
        "after an upgrade. Set PULUMI_HOME if the Pulumi CLI uses another folder than ~/.pulumi."
    )
    parser.add_argument(
        "--own-environment",
        action="store_true",
        help="give the plugin a Python environment of its own, which the CLI installs (200 MB)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="only write the plugin's folder, for `plugins` in Pulumi.yaml and `pulumi package "
        "add`, and print how to use it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """
    try:
        if arguments.folder:
            _write(arguments.folder.absolute(), own_environment=arguments.own_environment)
        else:
            _install(own_environment=arguments.own_environment)
    except ProviderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _write(folder: Path, *, own_environment: bool) -> None:
    plugin_folder.write(folder, own_environment=own_environment)
    package = folder if own_environment else folder / plugin_folder.EXECUTABLE
    plugins = {"providers": [{"name": NAMESPACE, "path": str(folder)}]}
    print(
        f"{folder} has the plugin. Use one of:\n"
        f"  {shlex.join(['pulumi', *_installation(folder)])}\n"
        f"  {shlex.join(['pulumi', 'package', 'add', str(package)])}\n"
        f"  plugins: {json.dumps(plugins)}  # in Pulumi.yaml"
    )


def _install(*, own_environment: bool) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        plugin_folder.write(folder, own_environment=own_environment)
        if own_environment:
            print("Installing into a Python environment of its own ...", flush=True)
        pulumi(_installation(folder), cwd=folder)
    python = "a Python environment of its own" if own_environment else sys.executable
    print(f"Installed the plugin {NAMESPACE} {_version()}, which runs with {python}.")


def _installation(folder: Path) -> list[str]:
    """Return the arguments of `pulumi` that install the plugin, also over the same version.

    The CLI (3.260) fails for a folder whose path starts with `./`, so it must be absolute.
    """
    plugin = ["plugin", "install", "resource", NAMESPACE, _version()]
    return [*plugin, "--reinstall", "--file", str(folder)]


def _version() -> str:
    return version("pulumi-gitlab-kubernetes")

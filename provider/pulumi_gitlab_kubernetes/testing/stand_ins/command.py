"""`gitlab-kubernetes stand-in`."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
from pathlib import Path

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins import folder as folders


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = (
        "Put the folder on PATH for single commands only: the Pulumi CLI prefers a plugin on PATH"
        " to an installed one. A stack with stand-ins is only deployed to a GitLab simulator."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to write the stand-ins")
    parser.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="YAML file, or Python file with a class of pulumi.runtime.Mocks, with what resources"
        " and functions answer; may be repeated",
    )
    parser.add_argument(
        "--package",
        metavar="NAME",
        action="append",
        default=[],
        help="package whose resources answer with their inputs, besides those of the files; may be"
        " repeated",
    )
    parser.add_argument(
        "--python",
        metavar="PROGRAM",
        default=sys.executable,
        help="interpreter of the Pulumi program, whose SDKs tell the versions of the packages; the"
        " default is that of this command",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """
    folder: Path = arguments.folder.absolute()
    try:
        made = folders.write(
            folder,
            arguments.answers,
            arguments.package,
            python=Path(shutil.which(arguments.python) or arguments.python),
            environ=os.environ,
        )
    except HostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    packages = ", ".join(f"{each.package} {each.version}".rstrip() for each in made)
    print(f"Stand-ins for {packages}. Use them with a GitLab simulator:")
    print(f"  PATH={shlex.quote(str(folder))}:$PATH pulumi preview")
    return 0

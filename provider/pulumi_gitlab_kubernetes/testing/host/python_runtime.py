"""The runtime ``python`` of a project or policy pack: its options, and its interpreter.

See https://www.pulumi.com/docs/iac/languages-sdks/python/.
"""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_gitlab_kubernetes.testing.host import go_yaml
from pulumi_gitlab_kubernetes.testing.host.errors import HostError


def options(file: Path, runtime: object, what: str) -> dict[str, Any]:
    """Read the options of a runtime.

    Args:
        file: The file it stands in.
        runtime: The runtime as it stands there.
        what: The kind of the file, in the plural.

    Returns:
        The options.

    Raises:
        HostError: The deployment host does not support the runtime or an option.
    """
    spelled_out = runtime if isinstance(runtime, dict) else {"name": runtime}
    name, given = spelled_out.get("name"), go_yaml.mapping(spelled_out, "options", file)
    if name != "python":
        raise HostError(f"{file}: the deployment host runs {what} of runtime python, not {name}")
    toolchain = given.get("toolchain", "pip")
    if toolchain != "pip":
        raise HostError(f"{file}: the deployment host does the toolchain pip, not {toolchain}")
    if not isinstance(given.get("virtualenv", ""), str):
        raise HostError(f"{file}: the 'virtualenv' option must be a string")
    return given


def interpreter(
    file: Path, given: Mapping[str, Any], directory: Path, environ: Mapping[str, str]
) -> Path:
    """Find the interpreter of a runtime.

    Args:
        file: The file that the options stand in.
        given: The options.
        directory: From where a relative ``virtualenv`` counts.
        environ: The environment variables.

    Returns:
        That of the option ``virtualenv``; without it ``PULUMI_PYTHON_CMD`` or ``python3``, as found
        on ``PATH``.

    Raises:
        HostError: There is no such interpreter.
    """
    virtualenv: str = given.get("virtualenv", "")
    if not virtualenv:
        return _python_on_path(environ)
    folder: Path = directory / virtualenv
    python = folder / "bin" / "python"
    if python.is_file():
        return python
    state = "is not a virtual environment" if folder.is_dir() else "doesn't exist"
    raise HostError(f"the 'virtualenv' option in {file} is {virtualenv}, but {folder} {state}")


def _python_on_path(environ: Mapping[str, str]) -> Path:
    command = environ.get("PULUMI_PYTHON_CMD")
    for candidate in [command] if command else ["python3", "python"]:
        found = shutil.which(candidate, path=environ.get("PATH"))
        if found:
            return Path(found)
    if command:
        raise HostError(f"PULUMI_PYTHON_CMD is {command}, which is not on PATH")
    return Path(sys.executable)

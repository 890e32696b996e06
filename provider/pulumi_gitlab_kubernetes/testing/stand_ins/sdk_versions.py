"""The versions of the packages whose SDKs a Python interpreter has.

The Pulumi CLI requires the plugin of the version in an SDK's `pulumi-plugin.json`; see
https://github.com/pulumi/pulumi/blob/master/sdk/python/cmd/pulumi-language-python/main.go.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pulumi_gitlab_kubernetes.testing.host.errors import HostError

_SCRIPT = """\
import json, pathlib, sys
found = {}
for folder in reversed(sys.path[1:]):
    for file in pathlib.Path(folder).glob("*/pulumi-plugin.json"):
        described = json.loads(file.read_text(encoding="utf-8"))
        if described.get("resource"):
            name = file.parent.name.removeprefix("pulumi_").replace("_", "-")
            found[described.get("name") or name] = described.get("version") or ""
print(json.dumps(found))
"""


def sdk_versions(python: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the version of each package whose SDK an interpreter can import.

    Args:
        python: The interpreter.
        environ: Its environment variables.

    Raises:
        HostError: The interpreter does not run.
    """
    try:
        done = subprocess.run(  # noqa: S603 (the interpreter of the user's program)
            [python, "-c", _SCRIPT], env=dict(environ), capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        raise HostError(f"stand-ins: {python} cannot tell which SDKs it has") from None
    versions: dict[str, str] = json.loads(done.stdout)
    return versions

"""A user's machine with the Pulumi CLI, which installs from a folder of wheels.

All proxy variables point to a recorder, which rejects and records every request to another host
than the simulator.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.web import Request, Response, Server
from tests.support.wheels import closure, repack

UV = Path(sys.executable).with_name("uv")
"""The `uv` of the development environment, if it has one."""
PYTHON: str = sys._base_executable  # type: ignore[attr-defined]
"""A Python outside of a virtual environment."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_DIRECT = "127.0.0.1,localhost"
_FOREIGN = ("PULUMI_", "GITLAB_", "CI_", "PIP_", "UV_", "VIRTUAL_ENV", "PYTHON")
_SLOW = 600  # Seconds; other tests share the machine.


class Recorder(Server):
    """A proxy that forwards nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []

    def handle(self, request: Request) -> None:
        """Record the request, and reject it."""
        self.requests.append(f"{request.command} {request.path}")
        request.respond(Response(403, b"", {}))


def make_index(wheel: Path, folder: Path) -> None:
    """Write wheels of this package, its dependencies, and those of `pulumi install`."""
    for each in closure("pulumi-gitlab-kubernetes", "pip", "setuptools", "wheel"):
        if each.name != "pulumi-gitlab-kubernetes":
            repack(each, folder)
    shutil.copy(wheel, folder)


class Machine:
    """A home directory with an empty project, and the Pulumi CLI with its default settings.

    Args:
        folder: An empty folder.
        index: The folder of wheels.
        proxy: The address of the recorder.
        options: The options of the project's runtime.
    """

    def __init__(self, folder: Path, index: Path, proxy: str, options: dict[str, str]) -> None:
        self.folder, self.project = folder, folder / "project"
        backend, programs = folder / "state", folder / "bin"
        for each in (self.project, backend, programs):
            each.mkdir()
        self._described: dict[str, Any] = {
            "name": "infrastructure",
            "runtime": {"name": "python", "options": options},
        }
        self.describe()
        (folder / "uv.toml").write_text(f'no-index = true\nfind-links = ["{index}"]\n')
        (programs / "uv").symlink_to(UV if UV.exists() else shutil.which("uv") or UV)
        pulumi = Path(shutil.which("pulumi") or "").parent
        path = (programs, Path(PYTHON).parent, pulumi, "/usr/bin", "/bin")
        self.environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith(_FOREIGN)},
            **dict.fromkeys(_PROXIES, proxy),
            "NO_PROXY": _DIRECT,
            "no_proxy": _DIRECT,
            "HOME": str(folder),
            "PATH": os.pathsep.join(map(str, path)),
            "PIP_FIND_LINKS": str(index),
            "PIP_NO_COMPILE": "1",
            "PIP_NO_INDEX": "1",
            "UV_CONFIG_FILE": str(folder / "uv.toml"),
            "UV_PYTHON": PYTHON,
            # By default, the CLI takes the home directory from the user database.
            "PULUMI_HOME": str(folder / ".pulumi"),
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_CONFIG_PASSPHRASE": "p",
            # The CLI requests its latest version from Pulumi, whatever the project is.
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }

    def describe(self, **more: Any) -> None:
        """Write Pulumi.yaml, with more keys."""
        text = json.dumps({**self._described, **more})  # JSON is YAML, too.
        (self.project / "Pulumi.yaml").write_text(text)

    def pulumi(self, *arguments: str, ok: bool = True) -> str:
        """Run the CLI in the project, and return its output."""
        return self.run("pulumi", *arguments, "--non-interactive", ok=ok)

    def run(self, *command: str | Path, ok: bool = True) -> str:
        """Run a command in the project, which must succeed or fail, and return its output."""
        done = subprocess.run(
            [shutil.which(command[0], path=self.environ["PATH"]) or command[0], *command[1:]],
            cwd=self.project,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_SLOW,
        )
        assert (done.returncode == 0) is ok, done.stdout
        return done.stdout

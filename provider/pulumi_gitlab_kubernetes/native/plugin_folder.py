"""The folder of the plugin, which the Pulumi CLI copies to its own place or runs where it is.

It has an executable that starts the interpreter of this environment. The other kind of folder,
with a `PulumiPlugin.yaml`, has the CLI create an environment: the CLI also upgrades pip in an
environment that exists, and would change this one.
See https://www.pulumi.com/docs/iac/guides/building-extending/packages/.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import distribution, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pulumi_gitlab_kubernetes.configuration.names import NAMESPACE
from pulumi_gitlab_kubernetes.errors import ProviderError

EXECUTABLE = f"pulumi-resource-{NAMESPACE}"
"""The name that the Pulumi CLI looks for, in a folder and on PATH."""

_DISTRIBUTION = "pulumi-gitlab-kubernetes"
_HEADER = "# Written by `gitlab-kubernetes install-plugin`."
_MAIN = f"""\
{_HEADER}
from pulumi_gitlab_kubernetes.native.__main__ import main

main()
"""
# The interpreter runs a file, so that no module in the folder of the user's program hides ours. A
# user may have a link to the script on PATH.
_SCRIPT = f"""\
#!/bin/sh
{_HEADER}
python={{python}}
if [ ! -x "$python" ]; then
  echo "$python is gone: run 'gitlab-kubernetes install-plugin' again" >&2
  exit 1
fi
script=$(readlink -f "$0" || echo "$0")
exec "$python" "${{{{script%/*}}}}/__main__.py" "$@"
"""
_PROJECT = f"""\
{_HEADER}
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: venv
"""
_FILES = (EXECUTABLE, "__main__.py", "PulumiPlugin.yaml", "requirements.txt")


def write(folder: Path, *, own_environment: bool = False) -> None:
    """Write the plugin's folder, or write it again.

    Args:
        folder: The folder, which may exist.
        own_environment: Whether the CLI creates an environment for the plugin. Otherwise the plugin
            runs with this interpreter.

    Raises:
        ProviderError: The folder has other files of these names, or is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        old = {name: _text(folder / name) for name in _FILES if (folder / name).exists()}
        for name, text in old.items():
            if _HEADER not in text.splitlines():
                raise ProviderError(
                    f"{folder} already has another file {name}: give an empty folder"
                )
        files = {"__main__.py": _MAIN}
        if own_environment:
            files |= {"PulumiPlugin.yaml": _PROJECT, "requirements.txt": _requirements(folder)}
        else:
            files[EXECUTABLE] = _SCRIPT.format(python=shlex.quote(sys.executable))
        for name in old.keys() - files.keys():
            (folder / name).unlink()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
            (folder / name).chmod(0o755 if name == EXECUTABLE else 0o644)
    except OSError as error:
        raise ProviderError(f"{folder} cannot be written: {error.strerror}") from error


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _requirements(folder: Path) -> str:
    """Return the requirement of what is installed here: its version, or its own source.

    A file that it was installed from is copied to the folder. See
    https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    source = distribution(_DISTRIBUTION).read_text("direct_url.json")
    if source is None:
        required = f"{_DISTRIBUTION}[native]=={version(_DISTRIBUTION)}"
    else:
        required = _direct(json.loads(source), folder)
    return f"{_HEADER}\n{required}\n"


def _direct(source: Mapping[str, object], folder: Path) -> str:
    url = str(source["url"])
    if isinstance(vcs := source.get("vcs_info"), dict):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    if urlsplit(url).scheme == "file":
        path = Path(unquote(urlsplit(url).path))
        if not path.exists():
            raise ProviderError(
                f"{_DISTRIBUTION} was installed from {path}, which is gone: install it again"
            )
        if path.is_file():
            if path.parent.resolve() != folder.resolve():
                shutil.copy(path, folder)
            return f"./{path.name}[native]"
    subdirectory = source.get("subdirectory")
    fragment = f"#subdirectory={subdirectory}" if subdirectory else ""
    return f"{_DISTRIBUTION}[native] @ {url}{fragment}"

"""Finds the plugin of a package, where Pulumi's engine finds it; downloads nothing.

Follows ``sdk/go/common/workspace/plugins.go`` of Pulumi's engine; see
https://www.pulumi.com/docs/iac/concepts/plugins/.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import semver

from pulumi_gitlab_kubernetes.testing.host import go_yaml, python_runtime
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.project import Project

DYNAMIC_PACKAGE: Final = "pulumi-python"
"""The package of dynamic providers; its plugin is a module of the Pulumi SDK."""

_BUILT_IN: Final = "pulumi"
_FOLDER_FILE: Final = "PulumiPlugin.yaml"
_FOLDER: Final = re.compile(r"resource-(?P<name>[a-zA-Z0-9-][\w.-]*[a-zA-Z0-9])-v(?P<version>.+)")
_LOCAL: Final = ("./", "..", "/")


@dataclass(frozen=True)
class Launch:
    """How to start a plugin.

    Attributes:
        what: Its name in messages.
        command: Program and arguments; the engine's address is added.
        environ: Environment variables that it needs besides those of the program.
        shows_output: Whether its output is for the user.
    """

    what: str
    command: tuple[str, ...]
    environ: tuple[tuple[str, str], ...] = ()
    shows_output: bool = False


class _ProjectPlugin(NamedTuple):
    """A plugin that the project names; its path is a folder."""

    name: str
    version: str
    path: Path


class PluginFinder:
    """Finds the plugins of a project's packages.

    Args:
        project: The project.
        environ: The environment variables.
        warn: Takes a warning.
        stand_ins: How to start the stand-ins, by package.
    """

    def __init__(
        self,
        project: Project,
        environ: Mapping[str, str],
        warn: Callable[[str], None],
        stand_ins: Mapping[str, Launch],
    ) -> None:
        self._project = project
        self._environ = environ
        self._warn = warn
        self._stand_ins = stand_ins
        self._warned: set[str] = set()

    def find(self, package: str, version: str) -> Launch:
        """Find a package's plugin.

        Args:
            package: The package.
            version: The version that is needed; empty for any.

        Returns:
            The stand-in; otherwise the plugin that the project names; otherwise that on ``PATH``;
            otherwise the one of this version in the CLI's folder of plugins, or the newest one if
            any will do.

        Raises:
            HostError: There is none, or it cannot be run.
        """
        if package in self._stand_ins:
            return self._stand_ins[package]
        if package == DYNAMIC_PACKAGE:
            return self._dynamic()
        if package == _BUILT_IN:
            raise HostError(
                "the deployment host does not have Pulumi's own resources, such as StackReference;"
                " deploy with the Pulumi CLI"
            )
        for plugin in self._project_plugins():
            if plugin.name == package and (not version or plugin.version in ("", version)):
                return self._in_folder(package, plugin.path)
        name = f"pulumi-resource-{package}"
        on_path = None
        if not self._environ.get("PULUMI_IGNORE_AMBIENT_PLUGINS"):
            on_path = shutil.which(name, path=self._environ.get("PATH"))
        if on_path:
            if on_path not in self._warned:
                self._warned.add(on_path)
                self._warn(f"using {name} from $PATH at {on_path}")
            return Launch(f"the plugin {on_path}", (on_path,))
        installed = installed_plugins(package, self._environ)
        wanted = parse_version(version) if version else _newest(installed)
        if wanted in installed:
            return self._in_folder(package, installed[wanted])
        raise self._missing(package, version, installed)

    def _dynamic(self) -> Launch:
        command = (str(self._project.dynamic_python(self._environ)), "-u", "-m", "pulumi.dynamic")
        return Launch("the dynamic host (python -m pulumi.dynamic)", command, shows_output=True)

    def _project_plugins(self) -> Iterator[_ProjectPlugin]:
        file = self._project.file
        content = go_yaml.read(file)
        for given in go_yaml.mapping(content, "plugins", file).get("providers") or ():
            name = str(given.get("name") or "")
            if not name:
                raise HostError(f"{file}: a plugin of plugins.providers has no name")
            path = _folder(file, str(given.get("path") or ""), f"the plugin '{name}'")
            yield _ProjectPlugin(name, str(given.get("version") or ""), path)
        yield from self._local_packages(file, go_yaml.mapping(content, "packages", file), set())

    def _local_packages(
        self, file: Path, packages: Mapping[str, Any], seen: set[str]
    ) -> Iterator[_ProjectPlugin]:
        for name, given in packages.items():
            source = str(given.get("source") or "") if isinstance(given, dict) else str(given)
            if name in seen or not source.startswith(_LOCAL):
                continue
            seen.add(name)
            path = _folder(self._project.file, source, f"the package '{name}'")
            own = path / _FOLDER_FILE
            if own.is_file():
                nested = go_yaml.mapping(go_yaml.read(own), "packages", own)
                yield from self._local_packages(file, nested, seen)
            yield _ProjectPlugin(name, "", path)

    def _in_folder(self, package: str, folder: Path) -> Launch:
        """Return the plugin in a folder: an executable, or a program with its own interpreter."""
        executable = folder / f"pulumi-resource-{package}"
        if executable.is_file():
            return Launch(f"the plugin {executable}", (str(executable),))
        file = folder / _FOLDER_FILE
        try:
            content = go_yaml.read(file)
        except FileNotFoundError:
            raise HostError(
                f"the plugin of package '{package}' in {folder} has neither {executable.name} nor"
                f" {_FOLDER_FILE}"
            ) from None
        options = python_runtime.options(file, content.get("runtime"), "plugins")
        options = {"virtualenv": "venv", **options}
        if not (folder / "__main__.py").is_file():
            raise HostError(f"{folder}: the deployment host runs plugins that have __main__.py")
        python = python_runtime.interpreter(file, options, folder, self._environ)
        activated = python.parent
        environ = {
            "VIRTUAL_ENV": str(activated.parent),
            "PATH": f"{activated}{os.pathsep}{self._environ.get('PATH', '')}",
        }
        command = (str(python), "-u", str(folder))
        return Launch(f"the plugin {folder}", command, tuple(environ.items()))

    def _missing(
        self, package: str, version: str, installed: Mapping[semver.Version, Path]
    ) -> HostError:
        wanted = f" of version {version}" if version else ""
        others = ", ".join(map(str, sorted(installed)))
        has = f" (installed: {others})" if others else ""
        return HostError(
            f"no plugin of package '{package}'{wanted} is installed{has}: put"
            f" pulumi-resource-{package} on PATH, name its folder under plugins.providers in"
            f" {self._project.file.name}, or run `pulumi plugin install resource"
            f" {package} {version}".rstrip()
            + "`"
        )


def installed_plugins(package: str, environ: Mapping[str, str]) -> dict[semver.Version, Path]:
    """Return the versions of a package's plugin that the Pulumi CLI has installed.

    Args:
        package: The package.
        environ: The environment variables.

    Returns:
        The folders by version, without those that the CLI has not finished.
    """
    home = environ.get("PULUMI_HOME")
    folder = (Path(home) if home else Path.home() / ".pulumi") / "plugins"
    found = {}
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _FOLDER.fullmatch(path.name)
        if match is None or match["name"] != package or not path.is_dir():
            continue
        version = parse_version(match["version"])
        if version and not path.with_name(f"{path.name}.partial").exists():
            found[version] = path
    return found


def _folder(file: Path, path: str, what: str) -> Path:
    folder = Path(os.path.normpath(file.parent / path))
    if not path or not folder.is_dir():
        raise HostError(f"{file}: {what} has the path '{path}', which is not a folder")
    return folder


def parse_version(version: str) -> semver.Version | None:
    """Read a version; unlike `semver`, accept ``1.2``, as the CLI does.

    Args:
        version: The version, perhaps with ``v`` before it.

    Returns:
        The version; nothing if the text is none.
    """
    core, mark, rest = re.fullmatch(r"v?([\d.]*)([-+]?)(.*)", version, re.DOTALL).groups()  # type: ignore[union-attr] # it matches anything
    parts = [part.lstrip("0") or "0" for part in core.split(".")]
    text = ".".join([*parts, "0", "0"][:3]) + mark + rest
    return semver.Version.parse(text) if semver.Version.is_valid(text) else None


def _newest(versions: Mapping[semver.Version, Path]) -> semver.Version | None:
    """Return the newest version, of stable ones if there is any."""
    stable = [version for version in versions if not version.prerelease]
    return max(stable or versions, default=None)

"""Programs in other languages, with SDKs that the Pulumi CLI generates from the plugin's schema."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.lifecycle.gitlab import Lab
from tests.native.cli.stacks import NativeStack

from pulumi_gitlab_kubernetes.native.plugin_folder import EXECUTABLE

COMMANDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "yaml": ((), ()),
    "nodejs": (("npm", "install", "--no-audit", "--no-fund"), ("npx", "tsc", "--noEmit")),
    "go": ((), ("go", "mod", "tidy")),
    "java": ((), ("mvn", "--quiet", "--batch-mode", "compile")),
}
"""What a user runs in the project, before and after `pulumi package add`."""


class LanguageStack(NativeStack):
    """A stack of a program in another language, which has added the package.

    Args:
        directory: An empty directory for the project and its state.
        plugin: The folder of the plugin.
        lab: The GitLab.
        program: The folder with the program.
        language: Its language.
    """

    def __init__(
        self, directory: Path, plugin: Path, lab: Lab, program: Path, language: str
    ) -> None:
        self._program = program
        self._language = language
        settings = {"project": lab.project.path, "url": lab.url}
        super().__init__(directory, plugin, settings, {"gitlabToken": lab.token}, language)

    def _init(self, config: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        shutil.rmtree(self.project)
        shutil.copytree(self._program, self.project)
        super()._init(config, secrets)
        before, after = COMMANDS[self._language]
        self.tool(*before)
        self.tool("pulumi", "package", "add", str(self._plugin / EXECUTABLE))
        self.tool(*after)

    def source(self, text: str) -> Path:
        """Return the file of the program with this text."""
        files = [*self.project.iterdir(), *self.project.glob("src/**/*.java")]
        return next(file for file in files if file.is_file() and text in file.read_text())

    def tool(self, *command: str) -> None:
        """Run a command of the language in the project."""
        if command:
            subprocess.run(command, cwd=self.project, env=self.environ, check=True)

"""A Pulumi project, ``Pulumi.yaml``, and the settings of a stack, ``Pulumi.<stack>.yaml``.

See https://www.pulumi.com/docs/iac/concepts/projects/project-file/ and
https://www.pulumi.com/docs/iac/concepts/stacks/#stack-settings-file.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from pulumi_gitlab_kubernetes.testing.host import go_yaml, python_runtime
from pulumi_gitlab_kubernetes.testing.host.config import ConfigValue, full_key
from pulumi_gitlab_kubernetes.testing.host.crypto import Passphrase
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.files import write_atomically
from pulumi_gitlab_kubernetes.testing.host.project_config import check_types, with_project_config

_FILES: Final = ("Pulumi.yaml", "Pulumi.yml")
_SECRETS_PROVIDERS: Final = (None, "", "default", "passphrase")


@dataclass(frozen=True)
class Project:
    """A Pulumi project in Python.

    Attributes:
        name: The project's name.
        file: ``Pulumi.yaml`` or ``Pulumi.yml``.
        program: The directory the program runs in.
        entry_point: The program there: ``.`` or a file's name.
        runtime_options: The options of its runtime.
        backend_url: The project's backend.
        stack_config_directory: Where the settings of its stacks are.
        config: Its declarations of configuration, by key.
    """

    name: str
    file: Path
    program: Path
    entry_point: str
    runtime_options: dict[str, Any]
    backend_url: str | None
    stack_config_directory: Path
    config: dict[str, Any]

    @property
    def root(self) -> Path:
        """The directory of ``Pulumi.yaml``."""
        return self.file.parent

    @classmethod
    def find(cls, start: Path) -> "Project":
        """Find the project a directory belongs to, as the Pulumi CLI does.

        Args:
            start: The directory; the nearest one upwards with a project file is taken.

        Returns:
            The project.

        Raises:
            HostError: There is none, or the deployment host does not support it.
        """
        directory = start.absolute()
        for candidate in (directory, *directory.parents):
            if project := cls.at(candidate):
                return project
        raise HostError(f"no Pulumi.yaml project file found (searching upwards from {directory})")

    @classmethod
    def at(cls, directory: Path) -> "Project | None":
        """Return the project in a directory, if there is one.

        Args:
            directory: The directory.

        Raises:
            HostError: The deployment host cannot run it.
        """
        files = (directory / name for name in _FILES)
        return next((cls._load(file) for file in files if file.is_file()), None)

    @classmethod
    def _load(cls, file: Path) -> "Project":
        content = go_yaml.read(file)
        name = content.get("name")
        if not isinstance(name, str) or not name:
            raise HostError(f"{file}: project is missing a non-empty string 'name' attribute")
        program, entry_point = _main(file, content.get("main"))
        stack_config = content.get("stackConfigDir") or ""
        if isinstance(content.get("config"), str):  # the old name of stackConfigDir
            stack_config = content.pop("config")
        return cls(
            name=name,
            file=file,
            program=program,
            entry_point=entry_point,
            runtime_options=python_runtime.options(file, content.get("runtime"), "programs"),
            backend_url=go_yaml.mapping(content, "backend", file).get("url"),
            stack_config_directory=file.parent / stack_config,
            config=go_yaml.mapping(content, "config", file),
        )

    def python(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Find the interpreter that runs the program.

        Args:
            environ: The environment variables.

        Returns:
            That of the option ``virtualenv``, a relative one counting from `root`; without the
            option ``PULUMI_PYTHON_CMD`` or ``python3``, as found on ``PATH``.

        Raises:
            HostError: There is no such interpreter.
        """
        if not self.runtime_options.keys() & {"virtualenv", "toolchain"}:
            self._refuse_lock_files()
        return python_runtime.interpreter(self.file, self.runtime_options, self.root, environ)

    def dynamic_python(self, environ: Mapping[str, str] = os.environ) -> Path:
        """Find the interpreter that runs the dynamic providers.

        Args:
            environ: The environment variables.

        Returns:
            As `python`, but a relative ``virtualenv`` counts from the program's directory, which
            is another one if the project has ``main``.

        Raises:
            HostError: There is no such interpreter.
        """
        return python_runtime.interpreter(self.file, self.runtime_options, self.program, environ)

    def _refuse_lock_files(self) -> None:
        """Reject lock files from which the CLI would choose another toolchain than pip."""
        for directory in (self.program, *self.program.parents):
            for toolchain in ("uv", "poetry"):
                if (directory / f"{toolchain}.lock").is_file():
                    raise HostError(
                        f"{directory} has {toolchain}.lock, but the deployment host does not"
                        f" support the toolchain {toolchain}: set 'virtualenv' or 'toolchain' in"
                        f" {self.file}"
                    )


@dataclass
class StackSettings:
    """The settings of one stack.

    Attributes:
        path: The settings file, which need not exist.
        project: The project's name, the namespace of keys without one.
        stack: The stack's name.
        config: The configuration, by full key.
        encryption_salt: The salt line of the stack's passphrase, if it has one.
    """

    path: Path
    project: str
    stack: str
    config: dict[str, ConfigValue] = field(default_factory=dict)
    encryption_salt: str | None = None

    @classmethod
    def load(cls, project: Project, stack: str) -> "StackSettings":
        """Read the settings of a stack.

        Args:
            project: The project.
            stack: The stack's name.

        Returns:
            The settings; empty ones if there is no file.

        Raises:
            HostError: The file is malformed, or needs what the deployment host does not support.
        """
        path = project.stack_config_directory / f"Pulumi.{stack}{project.file.suffix}"
        try:
            content = go_yaml.read(path)
        except FileNotFoundError:
            content = {}
        if content.get("secretsprovider") not in _SECRETS_PROVIDERS:
            raise HostError(
                f"{path}: the deployment host supports only the secrets provider passphrase"
            )
        if content.get("environment"):
            raise HostError(f"{path}: the deployment host does not support Pulumi ESC environments")
        config = go_yaml.mapping(content, "config", path)
        values = {
            full_key(key, project.name): ConfigValue.from_yaml(raw) for key, raw in config.items()
        }
        return cls(path, project.name, stack, values, content.get("encryptionsalt") or None)

    def save(self) -> None:
        """Write the changes to the settings file; keep comments and everything else."""
        editor = YAML()
        editor.preserve_quotes = True
        editor.width = sys.maxsize
        text = self.path.read_text(encoding="utf-8-sig") if self.path.is_file() else ""
        try:
            document = editor.load(text)
        except YAMLError:
            raise HostError(f"{self.path} is not valid YAML") from None
        if document is None:
            document = CommentedMap()
        if self.encryption_salt and document.get("encryptionsalt") != self.encryption_salt:
            if "encryptionsalt" in document:
                document["encryptionsalt"] = self.encryption_salt
            else:
                document.insert(0, "encryptionsalt", self.encryption_salt)
        self._edit_config(document)
        stream = StringIO()
        editor.dump(document, stream)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, stream.getvalue())
        except OSError as error:
            raise HostError(f"{self.path}: {error.strerror}") from None

    def _edit_config(self, document: Any) -> None:
        content = go_yaml.read(self.path) if self.path.is_file() else {}
        stored = go_yaml.mapping(content, "config", self.path)
        if not stored and self.config:
            document["config"] = {}
        left = dict(self.config)
        for key, raw in stored.items():  # a key keeps the spelling it has
            wanted = left.pop(full_key(key, self.project), None)
            if wanted is None:
                del document["config"][key]
            elif wanted != ConfigValue.from_yaml(raw):
                document["config"][key] = wanted.to_yaml()
        for key, value in left.items():
            document["config"][key] = value.to_yaml()

    def set(
        self, key: str, value: str, *, secret: bool = False, passphrase: Passphrase | None = None
    ) -> None:
        """Set a configuration value; `save` stores it.

        Args:
            key: The key; without a namespace it is the project's.
            value: The text.
            secret: Whether to encrypt it.
            passphrase: Encrypts it.

        Raises:
            HostError: The passphrase is missing, or is of another salt than the stack's.
        """
        if not secret:
            self.config[full_key(key, self.project)] = ConfigValue(value)
            return
        if passphrase is None:
            raise HostError(
                f"configuration value {key} is a secret and needs the stack's passphrase"
            )
        if self.encryption_salt not in (None, passphrase.salt):
            raise HostError(f"the passphrase has another salt than {self.path}")
        self.encryption_salt = passphrase.salt
        ciphertext = passphrase.encrypt(value)
        self.config[full_key(key, self.project)] = ConfigValue(ciphertext, secret=True)

    def remove(self, key: str) -> None:
        """Remove a value from the configuration if it is set; `save` stores it.

        Args:
            key: The key; without a namespace it is the project's.
        """
        self.config.pop(full_key(key, self.project), None)

    def decrypted(
        self, passphrase: Passphrase | None, project: Project
    ) -> tuple[dict[str, str], frozenset[str]]:
        """Return the configuration for a program.

        Args:
            passphrase: Decrypts secrets; may be None if there are none.
            project: The project, whose configuration has the defaults.

        Returns:
            The text of every value by full key, JSON for objects and lists; and the keys of those
            that are or hold secrets.

        Raises:
            HostError: A value cannot be decrypted, or is missing or of another type than the
                project says.
        """
        values = with_project_config(self.config, project.config, project.name, self.stack)
        texts = {key: self._text(key, value, passphrase) for key, value in values.items()}
        check_types(values, texts, project.config, project.name, self.stack)
        return texts, frozenset(key for key, value in values.items() if value.secret)

    def _text(self, key: str, value: ConfigValue, passphrase: Passphrase | None) -> str:
        if not value.secret:
            return value.value
        if passphrase is None:
            raise HostError(f"configuration value {key} is a secret and needs a passphrase")
        try:
            return value.plain(passphrase.decrypt)
        except HostError as error:
            raise HostError(f"configuration value {key}: {error}") from None


def _main(file: Path, main: object) -> tuple[Path, str]:
    """Return the program's directory and entry point; ``main`` names a directory or a file."""
    if not main:
        return file.parent, "."
    path = Path(os.path.normpath(file.parent / str(main)))
    if path.is_dir():
        return path, "."
    if path.exists():
        return path.parent, path.name
    raise HostError(f"project 'main' could not be read: {path} doesn't exist")

"""Pulumi's file backend: the directory where the Pulumi CLI and the deployment host keep state.

Layout and contents are the CLI's, so both use the same state file and locks:

- ``.pulumi/meta.yaml``: the version of the layout
- ``.pulumi/stacks/<project>/<stack>.json``: the checkpoint, and ``.bak``, the previous one
- ``.pulumi/locks/organization/<project>/<stack>/<uuid>.json``: locks on the stack

See https://www.pulumi.com/docs/iac/concepts/state-and-backends/#local-filesystem.
"""

import contextlib
import gzip
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import yaml

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.files import compact, write_atomically
from pulumi_gitlab_kubernetes.testing.host.lock import Lock

_ORGANIZATION: Final = "organization"  # the only one a file backend has
_LAYOUT_VERSION: Final = 1
STATE_VERSION: Final = 3
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_VARIANTS: Final = (".json", ".json.gz", ".json.zst")


class FileBackend:
    """The stacks under one directory.

    Attributes:
        directory: The directory that holds ``.pulumi``; it need not exist yet.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._root = directory / ".pulumi"

    @classmethod
    def from_url(cls, url: str) -> "FileBackend":
        """Open the backend at a Pulumi backend URL.

        Args:
            url: ``file://<directory>``; a relative directory counts from the working directory,
                ``~`` is the home directory.

        Returns:
            The backend.

        Raises:
            HostError: The URL is not a ``file://`` one, or there is no such directory.
        """
        if not url.startswith("file://"):
            scheme = url.partition("://")[0]
            raise HostError(f"the deployment host keeps state in file:// backends, not {scheme}://")
        directory = unquote(url.removeprefix("file://").partition("?")[0])
        try:
            path = Path(directory).expanduser().absolute()
        except RuntimeError:
            raise HostError(f"the home directory in {url} cannot be determined") from None
        if not path.is_dir():
            raise HostError(f"unable to open state directory {url}: {path} doesn't exist")
        return cls(path)

    def load(self, project: str, stack: str) -> dict[str, Any] | None:
        """Read a stack's deployment.

        Args:
            project: The project's name.
            stack: The stack's name.

        Returns:
            The deployment (``DeploymentV3``), or None if there is no such stack or nothing was
            ever deployed to it.

        Raises:
            HostError: The file is not a checkpoint the deployment host can work on.
        """
        self._check_layout()
        path = self._existing(project, stack)
        if path is None:
            return None
        checkpoint = _read_checkpoint(path)
        latest: dict[str, Any] | None = checkpoint["checkpoint"].get("latest")
        if latest is not None:
            require_version(checkpoint, str(path))
        return latest

    def save(self, project: str, stack: str, deployment: dict[str, Any] | str | None) -> None:
        """Write a stack's deployment atomically.

        Args:
            project: The project's name.
            stack: The stack's name.
            deployment: The deployment (``DeploymentV3``), or its JSON; None for a stack that has
                none yet.

        Raises:
            HostError: The directory cannot be written to.
        """
        self._check_layout()
        path = self._stack_path(project, stack)
        previous = self._existing(project, stack)
        text = f'{{"stack":{compact(f"{_ORGANIZATION}/{project}/{stack}")}'
        if deployment is not None:
            latest = deployment if isinstance(deployment, str) else compact(deployment)
            text = f'{text},"latest":{latest}'
        text = f'{{"version":{STATE_VERSION},"checkpoint":{text}}}}}'
        with _writing(self.directory):
            self._ensure_layout()
            path.parent.mkdir(parents=True, exist_ok=True)
            if previous is not None:
                _keep(previous, f"{previous}.bak")
            write_atomically(path, text)
            if previous is not None and previous != path:  # it was compressed; keep one file
                _discard(previous)

    def exists(self, project: str, stack: str) -> bool:
        """Return whether the stack exists, even if it was never deployed.

        Args:
            project: The project's name.
            stack: The stack's name.

        Returns:
            True if the stack has a file.
        """
        return self._existing(project, stack) is not None

    def stacks(self, project: str) -> list[str]:
        """List a project's stacks.

        Args:
            project: The project's name.

        Returns:
            Their names, sorted.
        """
        self._check_layout()
        directory = self._root / "stacks" / _checked("project", project)
        return sorted(
            {
                path.name.removesuffix(variant)
                for variant in _VARIANTS
                for path in directory.glob(f"*{variant}")
            }
        )

    def remove(self, project: str, stack: str) -> None:
        """Remove a stack as ``pulumi stack rm`` does: the last state stays as ``.bak``.

        Args:
            project: The project's name.
            stack: The stack's name.
        """
        path = self._existing(project, stack)
        with _writing(self.directory):
            if path is not None:
                _keep(path, f"{path}.bak")
                _discard(path)
            _discard(self._stack_path(project, stack).with_suffix(".pulumi-tags"))
            shutil.rmtree(self._root / "history" / project / stack, ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, project: str, stack: str) -> Iterator[list[Lock]]:
        """Lock a stack against other deployment hosts and the Pulumi CLI.

        Args:
            project: The project's name.
            stack: The stack's name.

        Yields:
            The locks of dead processes, which were removed first.

        Raises:
            HostError: Another process holds a lock; the message names it and its start.
        """
        self._check_layout()
        with _writing(self.directory):
            self._ensure_layout()
            directory = self._lock_directory(project, stack)
            directory.mkdir(parents=True, exist_ok=True)
        cleared = self.clear_dead_locks(project, stack)
        self._refuse_if_locked(project, stack)
        with _writing(self.directory):
            mine = Lock.take(directory)
        try:
            # If two processes locked at once, each sees the other's lock now.
            self._refuse_if_locked(project, stack, but=mine)
            yield cleared
        finally:
            mine.release()

    def locks(self, project: str, stack: str) -> list[Lock]:
        """List the locks on a stack, including those of processes that died.

        Args:
            project: The project's name.
            stack: The stack's name.

        Returns:
            The locks held, the oldest first.
        """
        found = (Lock.read(path) for path in self._lock_directory(project, stack).glob("*.json"))
        return sorted((lock for lock in found if lock is not None), key=lambda lock: lock.timestamp)

    def clear_dead_locks(self, project: str, stack: str) -> list[Lock]:
        """Remove the locks of processes on this machine that no longer run.

        Args:
            project: The project's name.
            stack: The stack's name.

        Returns:
            The locks removed.
        """
        dead = [lock for lock in self.locks(project, stack) if lock.is_dead()]
        for lock in dead:
            lock.release()
        return dead

    def clear_torn_attributes(self) -> None:
        """Remove empty ``.attrs`` files, which the CLI leaves behind when it is killed.

        It writes a file's attributes first, and not atomically; with an empty one it refuses the
        file itself: "failed to load checkpoint: EOF".
        """
        for path in self._root.rglob("*.attrs"):
            if path.stat().st_size == 0:
                path.unlink()

    def _refuse_if_locked(self, project: str, stack: str, but: Lock | None = None) -> None:
        others = [lock for lock in self.locks(project, stack) if lock != but]
        if others:
            raise HostError(
                f"stack {stack} of project {project} is {'; '.join(map(str, others))}; wait for"
                " the other process to end, or delete the lock with `pulumi cancel` or by hand"
            )

    def _stack_path(self, project: str, stack: str) -> Path:
        directory = self._root / "stacks" / _checked("project", project)
        return directory / f"{_checked('stack', stack)}.json"

    def _lock_directory(self, project: str, stack: str) -> Path:
        organization = self._root / "locks" / _ORGANIZATION
        return organization / _checked("project", project) / _checked("stack", stack)

    def _existing(self, project: str, stack: str) -> Path | None:
        """Return the stack's file; the newest one if a change of compression was interrupted."""
        path = self._stack_path(project, stack)
        variants = [path.with_name(stack + variant) for variant in _VARIANTS]
        present = [variant for variant in variants if variant.is_file()]
        return max(present, key=lambda variant: variant.stat().st_mtime_ns, default=None)

    def _check_layout(self) -> None:
        """Reject layouts that the CLI would use differently; write nothing."""
        meta = self._root / "meta.yaml"
        try:
            content = yaml.safe_load(meta.read_bytes())
        except FileNotFoundError:
            if any(self._root.glob("stacks/*.json*")):
                raise HostError(
                    f"{self.directory} holds stacks of the old layout without projects;"
                    " run `pulumi state upgrade`"
                ) from None
            return
        except (OSError, yaml.YAMLError):
            raise HostError(f"{meta} cannot be read") from None
        version = content.get("version") if isinstance(content, dict) else None
        if version != _LAYOUT_VERSION:
            raise HostError(
                f"{meta}: the deployment host knows layout version {_LAYOUT_VERSION}, not {version}"
            )

    def _ensure_layout(self) -> None:
        meta = self._root / "meta.yaml"
        if not meta.exists():
            self._root.mkdir(parents=True, exist_ok=True)
            write_atomically(meta, f"version: {_LAYOUT_VERSION}\n")


def require_version(content: Mapping[str, Any], what: str) -> None:
    """Check the version of a checkpoint or an exported deployment.

    Args:
        content: Its content.
        what: What it is, for the error.

    Raises:
        HostError: It is another one, which the engine writes if the state uses a newer feature.
    """
    if content.get("version") == STATE_VERSION:
        return
    features = content.get("features") or ["none"]
    advice = ": run `pulumi state untaint` first" if "taint" in features else ""
    raise HostError(
        f"{what}: the deployment host reads version {STATE_VERSION}, not {content.get('version')}"
        f" (features: {', '.join(features)}){advice}"
    )


def _read_checkpoint(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        if data.startswith(_ZSTD):
            raise HostError(f"{path}: the deployment host does not read zstd-compressed state")
        if data.startswith(_GZIP):
            data = gzip.decompress(data)
        checkpoint = json.loads(data)
    except OSError as error:
        raise HostError(f"{path}: {error.strerror or 'damaged gzip'}") from None
    except (EOFError, ValueError):
        raise HostError(f"{path} is not a Pulumi checkpoint") from None
    if not (
        isinstance(checkpoint, dict)
        and isinstance(checkpoint.get("version"), int)
        and isinstance(checkpoint.get("checkpoint"), dict)
    ):
        raise HostError(f"{path} is not a Pulumi checkpoint")
    return checkpoint


def _keep(path: Path, name: str) -> None:
    """Keep a file under another name; a hard link will do, as files are never changed in place."""
    kept = Path(name)
    kept.unlink(missing_ok=True)
    try:
        kept.hardlink_to(path)
    except OSError:  # a file system without links
        shutil.copyfile(path, kept)


def _discard(path: Path) -> None:
    """Delete a file and what the CLI keeps beside it."""
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.attrs").unlink(missing_ok=True)


@contextlib.contextmanager
def _writing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HostError(f"cannot write state under {directory}: {error.strerror}") from None


def _checked(kind: str, name: str) -> str:
    """Return a project's or stack's name after checking that it is safe in a path."""
    if not _NAME.fullmatch(name) or name in {".", ".."}:
        raise HostError(
            f"{kind} name {name!r}: use 1 to 100 letters, digits, hyphens, underscores and periods"
        )
    return name

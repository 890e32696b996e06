"""A lock on a stack: a file that names the process that uses it, as the Pulumi CLI writes it."""

import getpass
import json
import os
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.files import write_atomically


@dataclass(frozen=True)
class Lock:
    """The lock of one process on a stack.

    Attributes:
        path: The lock file.
        pid: The process's id.
        username: The process's user.
        hostname: The machine it runs on.
        timestamp: When it took the lock, in RFC 3339 with the machine's own offset.
    """

    path: Path
    pid: int
    username: str
    hostname: str
    timestamp: str

    @classmethod
    def take(cls, directory: Path) -> "Lock":
        """Create a lock file for this process.

        Args:
            directory: The stack's lock directory, which exists.

        Returns:
            The lock, to be released.
        """
        lock = cls(
            path=directory / f"{uuid.uuid4()}.json",
            pid=os.getpid(),
            username=_username(),
            hostname=socket.gethostname(),
            timestamp=datetime.now(timezone.utc).astimezone().isoformat(),
        )
        content = {
            "pid": lock.pid,
            "username": lock.username,
            "hostname": lock.hostname,
            "timestamp": lock.timestamp,
        }
        # Written beside the directory: the CLI takes every file inside for a lock.
        text = json.dumps(content, separators=(",", ":"))
        write_atomically(lock.path, text, scratch=directory.parent)
        return lock

    @classmethod
    def read(cls, path: Path) -> "Lock | None":
        """Read a lock file.

        Args:
            path: The lock file.

        Returns:
            The lock, or None if it has been released.

        Raises:
            HostError: The file is not a lock.
        """
        try:
            content = json.loads(path.read_bytes())
            return cls(
                path,
                int(content["pid"]),
                str(content["username"]),
                str(content["hostname"]),
                str(content["timestamp"]),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, LookupError, TypeError):
            raise HostError(f"{path} is not a lock; delete it with `pulumi cancel`") from None

    def release(self) -> None:
        """Remove the lock file and what the CLI keeps beside it."""
        self.path.unlink(missing_ok=True)
        self.path.with_name(f"{self.path.name}.attrs").unlink(missing_ok=True)

    def is_dead(self) -> bool:
        """Return whether the process is known to have ended.

        Returns:
            True if it ran on this machine and has ended; False for processes on other machines.
        """
        if self.hostname != socket.gethostname():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # it runs, as another user
            return False
        return _is_zombie(self.pid)

    def __str__(self) -> str:
        return f"locked by {self.username}@{self.hostname} (pid {self.pid}) since {self.timestamp}"


def _is_zombie(pid: int) -> bool:
    """Return whether a process has ended but was not reaped, as happens in containers."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state == "Z"


def _username() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return str(os.getuid())

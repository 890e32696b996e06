"""Files that other programs read while they are written."""

import json
import os
import shutil
import uuid
from pathlib import Path
from typing import Any


def write_atomically(path: Path, text: str, scratch: Path | None = None) -> None:
    """Write a file atomically and durably.

    Args:
        path: The file, in a directory that exists. Its permissions are kept; a new one has those
            of any new file.
        text: The contents.
        scratch: A directory of the same file system for the temporary file, where the file's own
            directory is one whose every file counts.
    """
    path = path.resolve()  # a link stays a link
    temporary = (scratch or path.parent) / f".{path.name}.{uuid.uuid4().hex}.tmp"
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            if path.exists():
                shutil.copymode(path, temporary)
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def compact(value: Any) -> str:
    """Return compact JSON, as the Pulumi CLI writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

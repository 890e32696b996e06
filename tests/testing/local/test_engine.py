"""How the engine is started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.local.engine import Engine


def test_ctrl_c_reaches_an_engine_that_is_still_being_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process did not exist when the terminal sent the signal."""
    popen = subprocess.Popen

    def start_late(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGINT)
        return popen(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", start_late)
    command = (sys.executable, "-c", "import signal; signal.pause()")
    assert Engine(command, "", is_cli=False).run([], tmp_path, {}) == 128 + signal.SIGINT

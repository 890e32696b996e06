"""Adoptions that the processes of a run know of each other."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from pulumi_gitlab_kubernetes.core.shared_adoptions import SharedAdoptions

_RUN = "127.0.0.1:40000"
_AGENT = ("ClusterAgent", (42, 7), ())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files are."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"pulumi-gitlab-kubernetes-{os.getuid()}"


def _process(run: str | None = _RUN) -> SharedAdoptions:
    return SharedAdoptions(lambda: run)


def test_another_process_of_the_run_knows_it(folder: Path) -> None:
    """One of another run does not, nor is another resource meant."""
    _process().note(*_AGENT, "now")
    _process().note(*_AGENT, "later")
    assert _process().of(*_AGENT) == {"now", "later"}
    assert _process("127.0.0.1:40001").of(*_AGENT) == set()
    assert _process().of("ClusterAgent", (42, 8), ()) == set()
    assert _process().of("ClusterAgentConfiguration", (42, 7), ("main",)) == set()
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("folder")
def test_a_deleted_resource_is_forgotten() -> None:
    """A file, for example, has the same IDs again when it is created again."""
    first, second = _process(), _process()
    first.note(*_AGENT, "now")
    second.note(*_AGENT, "")
    assert first.of(*_AGENT) == set()
    first.note(*_AGENT, "later")
    assert second.of(*_AGENT) == {"later"}


@pytest.mark.usefixtures("folder")
def test_nothing_is_shared_without_a_run() -> None:
    """As in a program, which has no engine's address."""
    _process(None).note(*_AGENT, "now")
    assert _process(None).of(*_AGENT) == set()


def test_a_folder_of_others_is_not_trusted(folder: Path) -> None:
    """Neither read nor written to."""
    _process().note(*_AGENT, "now")
    folder.chmod(0o777)
    assert _process().of(*_AGENT) == set()
    _process().note(*_AGENT, "later")
    folder.chmod(0o700)
    assert _process().of(*_AGENT) == {"now"}


def test_half_a_line_is_ignored(folder: Path) -> None:
    """Another process is writing it."""
    _process().note(*_AGENT, "now")
    with (folder / _RUN.replace(":", "-")).open("a") as file:
        file.write('["ClusterAgent", [42, 7]')
    assert _process().of(*_AGENT) == {"now"}


def test_files_of_ended_runs_are_removed(folder: Path) -> None:
    """After a day."""
    _process("127.0.0.1:1").note(*_AGENT, "long ago")
    os.utime(folder / "127.0.0.1-1", (0, 0))
    _process().note(*_AGENT, "now")
    assert [each.name for each in folder.iterdir()] == [_RUN.replace(":", "-")]

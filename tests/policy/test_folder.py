"""The folder that `--policy-pack` takes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_gitlab_kubernetes.errors import ConfigurationError
from pulumi_gitlab_kubernetes.policy import folder

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pulumi-gitlab-kubernetes"


def _python(pack: Path) -> Path:
    """Return the interpreter that the engine starts the pack with."""
    settings: dict[str, Any] = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())
    assert settings["runtime"]["name"] == "python"
    assert settings["runtime"]["options"]["toolchain"] == "pip"
    return Path(pack, settings["runtime"]["options"]["virtualenv"], "bin", "python")


def test_the_folder_names_its_interpreter(cache: Path) -> None:
    """The pack also starts if the virtual environment is not active."""
    pack = folder.write()
    script = "import sys; print(sys.prefix)"
    done = subprocess.run(
        [_python(pack), "-c", script], capture_output=True, text=True, check=True, env={}
    )
    assert done.stdout.strip() == sys.prefix
    assert pack.parent == cache
    assert cache.stat().st_mode & 0o077 == 0


def test_an_interpreter_without_a_virtual_environment_is_linked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine only supports virtual environments: the folder contains what looks like one."""
    within = folder.write()
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    without = folder.write()
    assert without != within
    assert folder.write() == without
    assert _python(without).is_relative_to(without)
    assert _python(without).readlink() == Path(sys.executable)
    assert {each.name for each in without.rglob("*")} == {
        *("PulumiPolicy.yaml", "__main__.py", "interpreter", "bin", "python")
    }


def test_the_folder_is_written_once() -> None:
    """A second run only writes missing files."""
    pack = folder.write()
    before = (pack / "PulumiPolicy.yaml").stat().st_mtime_ns
    (pack / "__main__.py").unlink()
    assert folder.write() == pack
    assert (pack / "PulumiPolicy.yaml").stat().st_mtime_ns == before
    assert (pack / "__main__.py").is_file()


def test_processes_may_write_it_at_the_same_time() -> None:
    """Each sees complete files, and no temporary file remains."""

    def run(_number: int) -> str:
        command = [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "policy-pack"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        pack = Path(done.stdout.strip())
        assert "main()" in (pack / "__main__.py").read_text()
        assert _python(pack).exists()
        return done.stdout

    with ThreadPoolExecutor(4) as pool:
        (printed,) = set(pool.map(run, range(4)))
    assert {each.name for each in Path(printed.strip()).iterdir()} == {
        *("PulumiPolicy.yaml", "__main__.py")
    }


def test_a_folder_that_others_can_write_to_is_not_trusted(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pack runs as this user. Without another folder, the error says what to set."""
    cache.mkdir(mode=0o777)
    cache.chmod(0o777)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    (tmp_path / "elsewhere").mkdir()
    assert folder.write().is_relative_to(tmp_path / "elsewhere")

    for other in (tmp_path / "elsewhere").iterdir():
        other.chmod(0o777)
    with pytest.raises(ConfigurationError, match="set XDG_CACHE_HOME"):
        folder.write()

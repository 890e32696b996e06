"""The folder of the plugin that `gitlab-kubernetes install-plugin` writes."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution, version
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.native import plugin_folder
from pulumi_gitlab_kubernetes.native.plugin_folder import EXECUTABLE, write

_HEADER = "# Written by `gitlab-kubernetes install-plugin`.\n"


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An interpreter in a folder with a difficult name. It prints its arguments."""
    path = tmp_path / "a 'b" / "python"
    path.parent.mkdir()
    path.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    path.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(path))
    return path


def test_the_executable_starts_this_interpreter(tmp_path: Path, interpreter: Path) -> None:
    """From any folder, with all arguments of the engine."""
    folder = tmp_path / "some where"
    write(folder)
    assert _names(folder) == {EXECUTABLE, "__main__.py"}
    command = [str(folder / EXECUTABLE), "--logflow", "127.0.0.1:1"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(folder / "__main__.py"), *command[1:]]

    link = tmp_path / "link"
    link.symlink_to(folder / EXECUTABLE)
    done = subprocess.run([str(link)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(folder / "__main__.py")]

    interpreter.unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{interpreter} is gone: run 'gitlab-kubernetes install-plugin' again\n"


def test_a_folder_can_be_written_again(tmp_path: Path) -> None:
    """Nothing of the other kind is left, and files of others stay."""
    (tmp_path / "README").touch()
    for own, names in (
        (False, {EXECUTABLE, "__main__.py"}),
        (True, {"PulumiPlugin.yaml", "requirements.txt", "__main__.py"}),
        (False, {EXECUTABLE, "__main__.py"}),
    ):
        for _time in range(2):
            write(tmp_path, own_environment=own)
            assert _names(tmp_path) == {*names, "README"}


@pytest.mark.parametrize("name", ["__main__.py", "PulumiPlugin.yaml", "requirements.txt"])
def test_files_of_others_are_not_overwritten(tmp_path: Path, name: str) -> None:
    """The folder of a Pulumi program has such files."""
    (tmp_path / name).write_text("print('mine')\n")
    for own in (True, False):
        with pytest.raises(ProviderError) as raised:
            write(tmp_path, own_environment=own)
        assert str(raised.value) == (
            f"{tmp_path} already has another file {name}: give an empty folder"
        )
    assert _names(tmp_path) == {name}
    assert (tmp_path / name).read_text() == "print('mine')\n"


def test_the_error_for_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """It names the folder and the reason."""
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "plugin"
    with pytest.raises(ProviderError) as raised:
        write(folder)
    assert str(raised.value) == f"{folder} cannot be written: Not a directory"


@pytest.fixture
def installed_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that says where the package was installed from, as installers record it."""
    info = tmp_path / "pulumi_gitlab_kubernetes.dist-info"
    info.mkdir()

    def distribution(_name: str) -> Distribution:
        return PathDistribution(info)

    def record(**source: object) -> None:
        (info / "direct_url.json").write_text(json.dumps(source))

    monkeypatch.setattr(plugin_folder, "distribution", distribution)
    return record


def _requirement(folder: Path) -> str:
    write(folder, own_environment=True)
    return (folder / "requirements.txt").read_text().removeprefix(_HEADER)


@pytest.mark.usefixtures("installed_from")
def test_a_package_from_an_index_requires_its_version(tmp_path: Path) -> None:
    """Exactly this one, since the plugin has the package's version."""
    own = version("pulumi-gitlab-kubernetes")
    assert _requirement(tmp_path / "p") == f"pulumi-gitlab-kubernetes[native]=={own}\n"


def test_a_package_from_a_file_brings_the_file(tmp_path: Path, installed_from: Any) -> None:
    """The folder can be moved and archived."""
    wheel = tmp_path / "a b" / "pulumi_gitlab_kubernetes-0.1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"wheel")
    installed_from(url=wheel.as_uri(), archive_info={})
    assert _requirement(tmp_path / "p") == f"./{wheel.name}[native]\n"
    assert (tmp_path / "p" / wheel.name).read_bytes() == b"wheel"
    assert _requirement(wheel.parent) == f"./{wheel.name}[native]\n"

    wheel.unlink()
    with pytest.raises(ProviderError) as raised:
        _requirement(tmp_path / "p")
    assert str(raised.value) == (
        f"pulumi-gitlab-kubernetes was installed from {wheel}, which is gone: install it again"
    )


def test_a_package_from_elsewhere_is_installed_from_there(
    tmp_path: Path, installed_from: Any
) -> None:
    """A folder, a commit, an archive."""
    for source, url in (
        ({"url": tmp_path.as_uri(), "dir_info": {"editable": True}}, tmp_path.as_uri()),
        (
            {
                "url": "https://git.example.com/x",
                "vcs_info": {"vcs": "git", "commit_id": "abc"},
                "subdirectory": "y",
            },
            "git+https://git.example.com/x@abc#subdirectory=y",
        ),
        ({"url": "https://x.example.com/x.whl", "archive_info": {}}, "https://x.example.com/x.whl"),
    ):
        installed_from(**source)
        assert _requirement(tmp_path / "p") == f"pulumi-gitlab-kubernetes[native] @ {url}\n"

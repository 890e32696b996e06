"""Modules in a program's folder that hide modules which this package needs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from tests.support.dynamic_host import DynamicHost
from tests.support.plugin_process import CallError
from tests.support.pulumi_cli import failing_preview

from pulumi_gitlab_kubernetes.hidden_modules import explanation
from pulumi_gitlab_kubernetes.testing.host import Stack

pytestmark = pytest.mark.slow

_WHOSE = {
    "cryptography": "the package cryptography",
    "dill": "the package dill",
    "gitlab": "the package gitlab of python-gitlab",
    "google": "the package google of googleapis-common-protos and protobuf",
    "grpc": "the package grpc of grpcio",
    "pulumi": "the package pulumi",
    "requests": "the package requests",
    "semver": "the package semver",
    "urllib3": "the package urllib3",
}
_BY_OURS = ("cryptography", "gitlab", "requests", "urllib3")
"""The packages that the dynamic host only imports when it runs this package."""
_ALWAYS = ("cryptography", "gitlab", "google", "pulumi")
"""The packages of which each run tests the whole way; one for each way to import it."""
_PROGRAM = """\
from pulumi_gitlab_kubernetes import ClusterAgentUrlConfiguration

ClusterAgentUrlConfiguration("a", project="1", agent_id=1, url="grpc://x:1", client_key="PEM")
"""


def _line(file: Path, name: str) -> str:
    needed = f"{file} hides {_WHOSE[name]}, which pulumi-gitlab-kubernetes needs"
    return f"{needed}: rename {file.name}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a program that uses this environment."""
    folder = tmp_path / "program"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(
        "name: hidden\nruntime: {name: python, options: {virtualenv: .venv}}\n"
    )
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "__main__.py").write_text(_PROGRAM)
    return folder


@pytest.fixture
def stack(folder: Path, tmp_path: Path) -> Stack:
    """The program's stack, on the deployment host."""
    stack = Stack(folder, backend=tmp_path / "state", passphrase="p")
    stack.init()
    stack.set_config("gitlab:baseUrl", "http://127.0.0.1:9")
    stack.set_config("gitlab:token", "glpat-x", secret=True)
    return stack


def _last_line(stack: Stack) -> str:
    preview = stack.preview()
    assert not preview.ok
    (error,) = (each.message for each in preview.diagnostics if each.severity == "error")
    return error.strip().splitlines()[-1].removeprefix("ImportError: ")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in _ALWAYS else [pytest.mark.full]) for name in _WHOSE],
)
def test_a_file_with_a_dependencys_name_is_named(folder: Path, stack: Stack, name: str) -> None:
    """At the end of the program's output, also if only the dynamic host would fail."""
    (folder / f"{name}.py").write_text("x = 1\n")
    assert _last_line(stack) == _line(folder / f"{name}.py", name)


@pytest.mark.parametrize("name", ["gitlab", "google"])
def test_a_folder_with_a_dependencys_name_is_named(folder: Path, stack: Stack, name: str) -> None:
    """If it is a package. Otherwise it hides nothing."""
    (folder / name).mkdir()
    preview = stack.preview()
    assert "client_key" in preview.stdout, preview.stdout  # The key is invalid; imports worked.
    (folder / name / "__init__.py").touch()
    assert _last_line(stack) == _line(folder / name, name)


def test_a_module_that_imports_this_package_is_named(folder: Path, stack: Stack) -> None:
    """The most likely case: a module `gitlab.py` for the resources in GitLab."""
    (folder / "gitlab.py").write_text(_PROGRAM)
    (folder / "__main__.py").write_text("import gitlab\n")
    assert _last_line(stack) == _line(folder / "gitlab.py", "gitlab")


@pytest.mark.parametrize("name", _BY_OURS)
def test_the_dynamic_hosts_error_is_one_line(folder: Path, name: str) -> None:
    """`refresh` and `destroy` do not run the program, which would find it first."""
    (folder / f"{name}.py").write_text("x = 1\n")
    config = {"gitlab:baseUrl": "http://127.0.0.1:9", "gitlab:token": "glpat-x"}
    inputs = {"project": "1", "agent_id": 1, "url": "grpc://x:1", "client_key": "PEM"}
    with DynamicHost(config, folder=folder) as host, pytest.raises(CallError) as caught:
        host.check("ClusterAgentUrlConfiguration", inputs)
    assert caught.value.status.message == _line(folder / f"{name}.py", name)


@pytest.mark.cli
@pytest.mark.parametrize("name", ["gitlab", "grpc", "cryptography"])
@pytest.mark.usefixtures("stack")
def test_the_cli_shows_that_line(folder: Path, tmp_path: Path, name: str) -> None:
    """For a module of the program, of the dynamic host, and of this package."""
    (folder / f"{name}.py").write_text("x = 1\n")
    printed = failing_preview(folder, tmp_path)
    shown = printed.partition("Diagnostics:")[2]
    assert _line(folder / f"{name}.py", name) in shown, printed


def test_installed_modules_hide_nothing() -> None:
    """Nor do modules with other names."""
    for error in (
        ImportError(name="gitlab.x"),
        ImportError(name="_socket"),
        ImportError(name="tests"),
        AttributeError(obj=os, name="x"),
    ):
        assert explanation(error) is None


def test_a_file_with_the_name_of_pythons_module_is_named_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an import has failed because of it."""
    (tmp_path / "queue.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert str(explanation(ImportError(name="queue"))).startswith(
        f"{tmp_path / 'queue.py'} hides Python's module queue, "
    )

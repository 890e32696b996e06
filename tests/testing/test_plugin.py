"""The pytest plugin, in a separate pytest with the package installed from its wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.docs.markdown import blocks

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")

LIGHT = """
import sys

HEAVY = {"requests", "starlette", "uvicorn", "pulumi", "gitlab", "yaml", "ruamel", "grpc"}
OURS = {
    "pulumi_gitlab_kubernetes", "pulumi_gitlab_kubernetes.hidden_modules",
    "pulumi_gitlab_kubernetes.redaction", "pulumi_gitlab_kubernetes.errors",
    "pulumi_gitlab_kubernetes.testing", "pulumi_gitlab_kubernetes.testing.plugin",
}

def test_nothing_heavy_is_imported():
    assert not HEAVY & set(sys.modules)
    assert {name for name in sys.modules if name.startswith("pulumi_gitlab")} == OURS

def test_the_public_names_are_there_when_asked_for():
    import pulumi_gitlab_kubernetes.testing as testing
    assert {"Simulator", "Stack", "Result"} <= set(dir(testing))
    assert not HEAVY & set(sys.modules)
    assert [getattr(testing, name).__name__ for name in testing.__all__] == testing.__all__
"""

ISOLATED = """
import os
import subprocess
import sys
import pytest

PROCESSES = set()

@pytest.mark.parametrize("run", [1, 2])
def test_each_test_has_a_gitlab_of_its_own(gitlab_simulator, run):
    gitlab = gitlab_simulator
    PROCESSES.add(gitlab.process.pid)
    assert len(PROCESSES) == 1
    assert gitlab.requests() == []
    path = "projects/acme%2Fshop/environments"
    assert gitlab.project == "acme/shop"
    assert gitlab.api("GET", path) == []
    assert gitlab.api("POST", path, name="x")["id"] == 1
    assert gitlab.api("GET", f"user?private_token={gitlab.token}")["username"] == "platform"
    assert gitlab.api("GET", "metadata")["enterprise"]
    gitlab.faults({"times": None, "status": 503})
    gitlab.clock(advance=1e9)

@pytest.mark.parametrize("run", [1, 2])
def test_a_killed_one_is_replaced(gitlab_simulator, run):
    gitlab_simulator.process.kill()
    gitlab_simulator.process.wait()

def test_the_environment_leads_to_it(gitlab_simulator, gitlab_environment):
    assert "GITLAB_TOKEN" not in os.environ
    assert os.environ["PULUMI_GITLAB_BASE_URL"] == gitlab_simulator.url
    assert os.environ["PULUMI_GITLAB_TOKEN"] == gitlab_simulator.token
    assert dict(gitlab_environment).items() <= dict(os.environ).items()

def test_the_environment_is_put_back():
    assert os.environ["GITLAB_TOKEN"] == "of-someone"
    assert "PULUMI_GITLAB_TOKEN" not in os.environ
"""

STACK = """
import json

def test_configuration_and_secrets(gitlab_stack, gitlab_simulator):
    stack = gitlab_stack("configured", config={"word": "shown"}, secrets={"shop:key": "hidden"})
    up = stack.up()
    assert up.ok, up.stdout
    assert stack.outputs() == {"word": "shown", "key": "[secret]"}
    assert "hidden" not in json.dumps(stack.export())
    assert gitlab_stack("configured").outputs() == {}
    assert gitlab_simulator.count() == {}
"""

CONFIGURED = """
import pulumi

config = pulumi.Config()
pulumi.export("word", config.require("word"))
pulumi.export("key", config.require_secret("key"))
"""


NAMED = """
def test_a_directory_counts_from_the_root(gitlab_stack, pytestconfig, monkeypatch):
    monkeypatch.chdir("/")
    for directory in ("inner", pytestconfig.rootpath / "inner"):
        assert gitlab_stack(directory).project.root == pytestconfig.rootpath / "inner"

def test_no_project(gitlab_stack):
    gitlab_stack("infrastructure")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for PYTHONPATH with the package as pip installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Callable[..., str]:
    """Return a function that runs pytest on files and returns the output."""

    def run(
        files: dict[str, str], *path: Path, arguments: Sequence[str] = (), outcome: int = 0
    ) -> str:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        before = {file for file in tmp_path.rglob("*") if "__pycache__" not in file.parts}
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "-W",
                "error",
                *arguments,
            ],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(str, (*path, installed))),
                "GITLAB_TOKEN": "of-someone",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == outcome, ended.stdout + ended.stderr
        after = {file for file in tmp_path.rglob("*") if "__pycache__" not in file.parts}
        assert after == before  # Nothing is written beside a user's sources.
        return ended.stdout

    return run


def test_the_plugin_costs_nothing_until_it_is_used(run: Callable[..., str]) -> None:
    """The registered plugin imports nothing; each test then gets an empty simulator."""
    assert "8 passed" in run({"test_a_light.py": LIGHT, "test_isolated.py": ISOLATED})


def test_the_test_in_the_guide_passes(run: Callable[..., str]) -> None:
    """With the program of the first guide, whose virtual environment does not exist."""
    guides = ROOT / "docs" / "guides"
    shown = {block.title: block.text for block in blocks(guides / "your-gitlab.md")}
    program, project = shown["__main__.py"], shown["Pulumi.yaml"]
    tests = {block.title: block.text for block in blocks(guides / "test-your-stack.md")}
    files = {
        "infrastructure/Pulumi.yaml": project,
        "infrastructure/__main__.py": program,
        "configured/Pulumi.yaml": project.replace("infrastructure", "shop"),
        "configured/__main__.py": CONFIGURED,
        "test_stack.py": STACK,
        "test_guide.py": tests["../test_stack.py"],
    }
    assert "2 passed" in run(files)


def test_a_project_is_found_from_pytests_root(run: Callable[..., str], tmp_path: Path) -> None:
    """The start directory and parent directories do not matter; an error is one line."""
    project = "name: shop\nruntime: python\n"
    files = {
        "Pulumi.yaml": project,
        "infrastructure/Pulumi.yaml": project,
        "shop/pytest.ini": "[pytest]\n",
        "shop/infrastructure/empty": "",
        "shop/inner/Pulumi.yaml": project,
        "shop/test_stack.py": NAMED,
    }
    said = run(files, arguments=["shop"], outcome=1)
    assert "1 failed, 1 passed" in said
    where = tmp_path / "shop" / "infrastructure"
    assert f"\nno Pulumi.yaml in {where}: directories count from pytest's root\n" in said
    assert "make_stack" not in said


def test_a_missing_extra_is_named_in_one_line(run: Callable[..., str], tmp_path: Path) -> None:
    """The fixture fails; tests that do not use it pass."""
    without = tmp_path / "without"
    without.mkdir()
    (without / "starlette.py").write_text("raise ModuleNotFoundError(name='starlette')")
    test = "def test_one(): pass\ndef test_two(gitlab_simulator): pass\n"
    said = run({"test_it.py": test}, without, outcome=1)
    assert "1 passed, 1 error" in said
    line = next(line for line in said.splitlines() if "pip install" in line)
    assert "needs the package starlette" in line
    assert "'pulumi-gitlab-kubernetes[testing]'" in line
    assert said.count("needs the package") <= 2  # where it fails, and in the summary
    assert "Traceback" not in said

"""Each example has a page, which names its configuration, and its requirements."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml
from tests.docs.markdown import ROOT, blocks
from tests.examples.conftest import EXAMPLES

from pulumi_gitlab_kubernetes import GitLabAgent

_FOLDERS = sorted(path for path in EXAMPLES.iterdir() if path.is_dir())
_KEY = re.compile(r"""config\.(?:get|require)\w*\(\s*["'](\w+)["']""")


def test_the_first_page_lists_all() -> None:
    """And nothing else."""
    page = (EXAMPLES / "README.md").read_text()
    assert sorted(re.findall(r"\[`[\w-]+`\]\(([\w-]+)\)", page)) == [each.name for each in _FOLDERS]


@pytest.mark.parametrize("folder", _FOLDERS, ids=lambda folder: folder.name)
def test_the_page_names_every_setting(folder: Path) -> None:
    """In the program, in whichever language."""
    page = (folder / "README.md").read_text()
    programs = [path for path in folder.rglob("*") if path.suffix in (".py", ".ts")]
    used = {
        key
        for path in programs
        if ".venv" not in path.parts
        for key in _KEY.findall(path.read_text())
    }
    assert used <= set(re.findall(r"(?:`|config set |--secret )(\w+)", page))


@pytest.mark.parametrize(
    "folder", sorted(EXAMPLES.glob("*/__main__.py")), ids=lambda f: f.parent.name
)
def test_the_requirements_are_listed(folder: Path) -> None:
    """Each package that the program imports, besides Pulumi and Python's own."""
    file = folder.with_name("requirements.txt")
    if not file.exists():  # Examples that use the environment of this repository.
        assert folder.parent.name in ("platform", "policies")
        return
    imported = re.findall(r"^(?:import|from) (pulumi_\w+)", folder.read_text(), re.MULTILINE)
    listed = re.findall(r"^[\w-]+", file.read_text(), re.MULTILINE)
    assert {name.replace("_", "-") for name in imported} <= set(listed)


_PROJECTS = [folder for folder in _FOLDERS if (folder / "requirements.txt").exists()]
_SET = re.compile(r"pulumi config set (?:--secret )?(\S+)")
_PACKAGES = ("gitlab-kubernetes:", "aws:", "gcp:", "azure-native:", "digitalocean:")
"""Namespaces of the packages that examples use."""


def _blocks(folder: Path, language: str) -> list[str]:
    page = (folder / "README.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("folder", _PROJECTS, ids=lambda folder: folder.name)
def test_the_commands_fit_the_program(folder: Path) -> None:
    """The README.md sets keys that the program reads, and all that it requires."""
    commands = "".join((*_blocks(folder, "console"), *_blocks(folder, "yaml")))
    program = "".join(path.read_text() for path in folder.glob("__main__.py"))
    given = {key for key in _SET.findall(commands) if not key.startswith(_PACKAGES)}
    assert given <= set(_KEY.findall(program))
    if given:
        assert set(re.findall(r"""config\.require\w*\(\s*["'](\w+)["']""", program)) <= given
        assert "pip install -r requirements.txt" in commands


def test_the_jobs_are_valid() -> None:
    """Those of review environments: the second one is the first one's `on_stop`."""
    (text,) = _blocks(EXAMPLES / "review-environments", "yaml")
    jobs = yaml.safe_load(text)
    assert jobs["review"]["environment"]["on_stop"] == "stop-review"
    stop = jobs["stop-review"]["environment"]
    assert stop == {"name": jobs["review"]["environment"]["name"], "action": "stop"}


def test_the_inventory_has_arguments_of_the_component() -> None:
    """That of the page, and that of the program."""
    folder = EXAMPLES / "many-projects"
    known = set(inspect.signature(GitLabAgent.__init__).parameters)
    for text in (*_blocks(folder, "yaml"), (folder / "projects.yaml").read_text()):
        for agents in yaml.safe_load(text).values():
            for arguments in agents.values():
                assert set(arguments) <= known


@pytest.mark.parametrize(
    "page",
    [EXAMPLES / "moving-over/README.md", ROOT / "docs/guides/move-from-pulumi-gitlab.md"],
    ids=lambda page: page.name,
)
def test_only_the_import_changes(page: Path) -> None:
    """When a stack moves over."""
    (text,) = (block.text for block in blocks(page) if block.language == "diff")
    old, new = text.splitlines()
    program = (EXAMPLES / "moving-over/__main__.py").read_text()
    assert new.removeprefix("+") in program
    assert old.removeprefix("-") in program

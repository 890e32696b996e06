"""Each example has a page, which names its configuration, and its requirements."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.examples.conftest import EXAMPLES

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

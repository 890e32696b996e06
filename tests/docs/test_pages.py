"""Every code block of the documentation is run, or compared with what is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.markdown import ROOT, Block, blocks, pages
from tests.docs.session import Session
from tests.support.commands.server import Commands

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

NOT_RUN = 27
"""How many blocks are not run. Each says why."""

_STARTED = {ROOT / "README.md"}
"""The pages whose processes all start as the reader's do. Those of the others are forked."""

_PLAIN = {"text", "hcl"}
"""Languages of blocks that are only read."""
PROJECT = {
    each.title: each.text
    for each in blocks(ROOT / "docs" / "guides" / "your-gitlab.md")
    if each.title
}
"""The project of the pages that do not create one."""


def _run_by_session(block: Block) -> bool:
    elsewhere = {"not run", "tested by"} & set(block.notes)
    return not elsewhere and block.language not in _PLAIN


def _sessions() -> list[Path]:
    return [page for page in pages() if any(map(_run_by_session, blocks(page)))]


@pytest.fixture(scope="module")
def gitlab() -> Iterator[Simulator]:
    """A simulator for one page after the other."""
    with Simulator() as running:
        yield running


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["host", "cli"])
@pytest.mark.parametrize("page", _sessions(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(
    page: Path, engine: str, gitlab: Simulator, commands: Commands, tmp_path: Path
) -> None:
    """In order, in one shell. The output is what the page shows."""
    gitlab.start_afresh()
    cli = shutil.which("pulumi") if engine == "cli" else None
    found = [block for block in blocks(page) if _run_by_session(block)]
    forks = None if cli or page in _STARTED else commands
    with Session(tmp_path, gitlab, cli, forks) as session:
        if not any(block.title == "Pulumi.yaml" for block in found):
            session.start_project(PROJECT)
        for block in found:
            if cli or block.notes.get("needs") != "cli":
                session.run(block)


def test_every_block_is_tested() -> None:
    """A block has a language. It shows a file, or is run, or says why it is not."""
    for page in pages():
        for block in blocks(page):
            assert block.language, f"{block.where} has no language"
            if _run_by_session(block) and block.language not in {"console", "run"}:
                assert block.title, f"{block.where} has neither a title nor a reason"


def test_blocks_that_are_not_run_are_counted() -> None:
    """A new one is seen in a review."""
    reasons = [block.notes.get("not run") for page in pages() for block in blocks(page)]
    assert len([reason for reason in reasons if reason]) == NOT_RUN


def test_other_tests_of_blocks_exist() -> None:
    """They name the page."""
    for page in pages():
        for block in blocks(page):
            if other := block.notes.get("tested by"):
                assert page.name in (ROOT / other).read_text(), block.where


def test_a_program_is_deployed() -> None:
    """After the file of a program, commands deploy it."""
    for page in _sessions():
        waiting = ""
        for block in filter(_run_by_session, blocks(page)):
            if block.title.startswith("examples/"):
                continue  # The tests of the examples deploy it.
            if block.title.endswith("__main__.py"):
                waiting = block.where
            elif block.language == "console" and re.search("pulumi|pytest|make", block.text):
                waiting = ""
        assert not waiting, f"no command runs the program at {waiting}"

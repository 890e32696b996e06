"""The documentation site builds without warnings, and needs no other server."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.docs.markdown import ROOT

DOCS = ROOT / "docs"
_LINK = re.compile(r'<a [^>]*href="?([^"> ]+)')
_LOADED = re.compile(r'<(?:script|img|iframe)[^>]* src="?([^"> ]+)|<link[^>]* href="?([^"> ]+)')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from the current pages."""
    pytest.importorskip("zensical", reason="Zensical needs Python 3.11")
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(DOCS, folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    (folder / "provider").symlink_to(ROOT / "provider")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return folder / "site"


def test_every_page_is_in_the_navigation() -> None:
    """So a reader finds it in two clicks."""
    listed = re.findall(r'= "([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text())
    pages = [page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")]
    assert sorted(listed) == sorted(pages)


def test_every_page_is_in_the_index() -> None:
    """The first page links to all others."""
    text = (DOCS / "index.md").read_text()
    for page in DOCS.rglob("*.md"):
        path = page.relative_to(DOCS).as_posix()
        assert f"]({path})" in text or path == "index.md", path


@pytest.mark.slow
def test_the_site_needs_no_other_server(site: Path) -> None:
    """Neither scripts, fonts, pictures nor styles are from elsewhere."""
    pages = list(site.rglob("*.html"))
    assert len(pages) > len(list(DOCS.rglob("*.md")))
    for page in pages:
        for found in _LOADED.findall(page.read_text()):
            assert not re.match("(?:https?:)?//", "".join(found)), (page, found)


@pytest.mark.slow
def test_links_lead_to_files_of_the_site(site: Path) -> None:
    """And not to files that only the repository has."""
    pages = [page for page in site.rglob("*.html") if page.name != "404.html"]
    for page in pages:
        for link in _LINK.findall(page.read_text()):
            if not re.match("[a-z]+:|#", link):
                target = (page.parent / unquote(re.split("[?#]", link)[0])).resolve()
                assert target.is_file(), (page, link)
                assert target.is_relative_to(site.resolve()), (page, link)


@pytest.mark.slow
def test_the_search_finds_each_page(site: Path) -> None:
    """The search index has its title."""
    index = (site / "search.json").read_text()
    for page in DOCS.rglob("*.md"):
        title = page.read_text().splitlines()[0].removeprefix("# ")
        assert title.replace("'", "") in index.replace("&#39;", "").replace("'", ""), title


@pytest.mark.slow
def test_the_python_classes_are_documented(site: Path) -> None:
    """With the arguments of their constructors, from the docstrings."""
    text = (site / "reference" / "python.html").read_text()
    for name in ("ClusterAgentToken", "rotation_triggers", "NotFoundError"):
        assert name in text
    assert ":::" not in text

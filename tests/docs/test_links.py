"""Links of the documentation lead to files and headings that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it.token import Token
from tests.docs.markdown import ROOT, pages, tokens

_PATH = re.compile(r"`((?:docs|examples|provider|tests|tools)/[\w./-]+)`")


def _inline(text: str) -> Iterator[Token]:
    for token in tokens(text):
        yield from token.children or ()


def _links(page: Path) -> Iterator[str]:
    for token in _inline(page.read_text()):
        target = token.attrGet("href") or token.attrGet("src")
        if target and not re.match("[a-z]+:", str(target)):
            yield str(target)


@cache
def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitLab and the site name them."""
    found = tokens(page.read_text())
    headings = (
        found[number + 1].content
        for number, token in enumerate(found)
        if token.type == "heading_open"
    )
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in headings)
    return {re.sub(r"[ -]+", "-", heading) for heading in plain}


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To a file of the repository, and to a heading in it."""
    for link in _links(page):
        path, _hash, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in _anchors(target), f"{page.name}: {link}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_in_the_text_exist(page: Path) -> None:
    """A path such as `examples/platform` is one of the repository."""
    if page.name == "CHANGELOG.md":
        return
    for path in _PATH.findall(page.read_text()):
        assert (ROOT / path).exists(), f"{page.name}: {path}"

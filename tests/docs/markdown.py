"""The code blocks and links of the repository's Markdown files.

A comment right before a code block says how it is tested:

- `<!-- not run: REASON -->`: it is not.
- `<!-- tested by FILE -->`: another test does it, in this file of the repository.
- `<!-- needs: cli -->`: only the Pulumi CLI can run it.
- `<!-- shows: host -->`: the output is that of the deployment host.
- `<!-- status: N -->`: the exit status of its last command, if it is not 0; `not 0` if the engines
  differ.

`<!-- run: COMMAND -->`, anywhere, is a command that the reader does not see. After
`<!-- page tested by FILE -->`, blocks without such a comment are tested by another test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
_COMMENT = re.compile(
    r"<!-- (?:(not run|needs|shows|status|run): |((?:page )?tested by) )(.*?) -->"
)
_INFO = re.compile(r'(?P<language>\S*)(?: title="(?P<title>[^"]+)")?(?: .*)?')


@dataclass(frozen=True)
class Block:
    """A code block, or a command that the reader does not see.

    Args:
        page: The file, relative to the root of the repository.
        line: The number of its first line.
        language: Its language, such as `python`; empty if it has none, `run` for a command.
        title: The file that it shows, or an empty string.
        text: Its text.
        notes: What the comments before it say, by their first word.
    """

    page: str
    line: int
    language: str
    title: str
    text: str
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Where it is, for messages."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Return all Markdown files of the repository that users or contributors read."""
    folders = (ROOT / "docs", ROOT / "examples")
    found = [*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]
    hidden = (".venv", "node_modules")
    return sorted(page for page in found if not set(hidden) & set(page.parts))


def blocks(page: Path) -> list[Block]:
    """Return a page's code blocks and hidden commands, in order."""
    return list(_blocks(page.relative_to(ROOT).as_posix(), tokens(page.read_text())))


def tokens(text: str) -> list[Token]:
    """Return the tokens of a Markdown text, with tables and inline tokens."""
    return MarkdownIt("commonmark").enable("table").parse(text)


def _blocks(page: str, found: list[Token]) -> Iterator[Block]:
    others: dict[str, str] = {}
    notes: dict[str, str] = {}
    for token in found:
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block":
            for name, other, value in _COMMENT.findall(token.content):
                if name == "run":
                    yield Block(page, line, "run", "", value)
                elif other == "page tested by":
                    others = {"tested by": value}
                else:
                    notes[name or other] = value
        elif token.type == "fence":
            info = _INFO.fullmatch(token.info.strip())
            assert info is not None
            language, title = info["language"], info["title"] or ""
            yield Block(page, line, language, title, token.content, notes or others)
            notes = {}
        elif token.type == "inline":
            assert not notes, f"{page}:{line}: {notes} is not right before a code block"

"""A diagram as SVG, from text.

A line `[Title]` starts a column. `name: Title | text` is a box in it, and `one -> other: label` an
arrow between boxes, `one ..> other: label` a dashed one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

UP = Path(__file__).with_name("up.txt")
"""The text of the diagram of `pulumi up`."""
WIDTH, HEIGHT = 200, 58
"""The size of a box."""
_ACROSS, _DOWN = 150, 44
"""The space between boxes."""
_MARGIN, _HEAD = 24, 40
_STYLE = """\
  text { font-family: sans-serif; font-size: 13px; fill: #1f2933 }
  .head { font-size: 15px; font-weight: bold }
  .title { font-weight: bold }
  .label { font-size: 12px; fill: #52606d; paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
  .column { fill: #f5f7fa; stroke: #cbd2d9 }
  .box { fill: #ffffff; stroke: #4b5563 }
  .arrow { fill: none; stroke: #6b46c1; stroke-width: 1.6; marker-end: url(#end) }
  .dashed { stroke-dasharray: 5 4 }"""
_LINE = re.compile(
    r"\[(?P<column>.+)\]|(?P<from>\w+) (?P<kind>->|\.\.>) (?P<to>\w+): (?P<label>.+)"
    r"|(?P<name>\w+): (?P<title>[^|]+)\| (?P<text>.+)"
)


@dataclass(frozen=True)
class Box:
    """A box of the diagram.

    Args:
        column: The number of its column.
        row: Its number in the column.
        title: Its first line.
        text: Its second line.
    """

    column: int
    row: int
    title: str
    text: str

    @property
    def x(self) -> int:
        """The left side."""
        return _MARGIN * 2 + self.column * (WIDTH + _ACROSS)

    @property
    def y(self) -> int:
        """The top side."""
        return _MARGIN + _HEAD + self.row * (HEIGHT + _DOWN)


def draw(source: str) -> str:
    """Return the diagram as SVG.

    Args:
        source: The text that describes it.
    """
    columns: list[str] = []
    boxes: dict[str, Box] = {}
    arrows: list[re.Match[str]] = []
    for line in filter(None, map(str.strip, source.splitlines())):
        found = _LINE.fullmatch(line)
        assert found, f"not a line of a diagram: {line}"
        if found["column"]:
            columns.append(found["column"])
        elif found["name"]:
            number = len(columns) - 1
            row = sum(box.column == number for box in boxes.values())
            boxes[found["name"]] = Box(number, row, found["title"].strip(), found["text"])
        else:
            arrows.append(found)
    rows = max(box.row for box in boxes.values()) + 1
    height = _HEAD + rows * (HEIGHT + _DOWN)
    width = len(columns) * (WIDTH + _ACROSS) - _ACROSS + 6 * _MARGIN
    parts = [
        *_columns(columns, height),
        *(part for arrow in arrows for part in _arrow(arrow, boxes)),
        *(part for box in boxes.values() for part in _box(box)),
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height + _MARGIN}">',
            f"<style>\n{_STYLE}\n</style>",
            '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"',
            ' markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#6b46c1"/></marker>',
            '</defs><rect width="100%" height="100%" fill="#ffffff"/>',
            *parts,
            "</svg>\n",
        ]
    )


def _columns(titles: list[str], height: int) -> Iterator[str]:
    for number, title in enumerate(titles):
        x = _MARGIN + number * (WIDTH + _ACROSS)
        size = f'width="{WIDTH + 2 * _MARGIN}" height="{height}"'
        yield f'<rect class="column" x="{x}" y="{_MARGIN / 2}" {size} rx="8"/>'
        yield f'<text class="head" x="{x + _MARGIN}" y="{_MARGIN + 18}">{escape(title)}</text>'


def _box(box: Box) -> Iterator[str]:
    x, y = box.x, box.y
    yield f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
    yield f'<text class="title" x="{x + 12}" y="{y + 24}">{escape(box.title)}</text>'
    yield f'<text class="label" x="{x + 12}" y="{y + 44}">{escape(box.text)}</text>'


def _arrow(arrow: re.Match[str], boxes: dict[str, Box]) -> Iterator[str]:
    start, end = boxes[arrow["from"]], boxes[arrow["to"]]
    middle = HEIGHT // 2
    if start.column == end.column:
        yield from _vertical(arrow, start, end)
        return
    right = start.column < end.column
    x1, x2 = (start.x + WIDTH, end.x) if right else (start.x, end.x + WIDTH)
    # Two arrows between the same boxes do not cover each other.
    shift = 12 if right else -12
    y1, y2 = start.y + middle + shift, end.y + middle + shift
    bend = (x1 + x2) // 2
    path = f"M{x1},{y1} C{bend},{y1} {bend},{y2} {x2},{y2}"
    yield from _path(arrow, path, bend, (y1 + y2) // 2 - 6, "middle")


def _vertical(arrow: re.Match[str], start: Box, end: Box) -> Iterator[str]:
    if end.row == start.row + 1:
        x = start.x + WIDTH // 3
        path = f"M{x},{start.y + HEIGHT} L{x},{end.y}"
        yield from _path(arrow, path, x + 8, start.y + HEIGHT + _DOWN // 2 + 4, "start")
        return
    x, out = start.x + WIDTH, start.x + WIDTH + 40
    y1, y2 = start.y + HEIGHT // 3, end.y + HEIGHT // 2
    path = f"M{x},{y1} C{out},{y1} {out},{y2} {x},{y2}"
    yield from _path(arrow, path, out - 6, (y1 + y2) // 2, "start")


def _path(arrow: re.Match[str], path: str, x: int, y: int, anchor: str) -> Iterator[str]:
    dashed = " dashed" if arrow["kind"] == "..>" else ""
    yield f'<path class="arrow{dashed}" d="{path}"/>'
    label = escape(arrow["label"])
    yield f'<text class="label" x="{x}" y="{y}" text-anchor="{anchor}">{label}</text>'

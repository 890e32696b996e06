"""The pictures show what the code shows today. `make pictures` writes them, with a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.pictures import PICTURES, diagram, merge_request, simulator, sources

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator


def test_the_diagram_is_current() -> None:
    """It is drawn from its text."""
    assert (PICTURES / "up.svg").read_text() == diagram.draw(diagram.UP.read_text())


@pytest.mark.slow
def test_the_picture_of_the_simulator_is_current() -> None:
    """Its page has the same files, and shows the same."""
    png = (PICTURES / "simulator.png").read_bytes()
    with Simulator() as running:
        simulator.fill(running)
        assert sources.is_marked(png, simulator.source(running))
        running.api("POST", "projects/acme%2Fshop/cluster_agents", name="other")
        assert not sources.is_marked(png, simulator.source(running))


@pytest.mark.slow
def test_the_picture_of_the_note_is_current(tmp_path: Path) -> None:
    """The policies find the same in the example, in the same words."""
    png = (PICTURES / "merge-request.png").read_bytes()
    text = merge_request.note_text(tmp_path)
    assert sources.is_marked(png, merge_request.source(text))
    assert not sources.is_marked(png, merge_request.source(text.replace("mandatory", "advisory")))


def test_each_picture_is_used() -> None:
    """In a page or the README."""
    pages = [PICTURES.parents[1] / "README.md", *PICTURES.parent.rglob("*.md")]
    texts = [page.read_text() for page in pages]
    for picture in PICTURES.iterdir():
        assert any(f"pictures/{picture.name})" in text for text in texts), picture.name

"""Write the pictures of the documentation: `make pictures`."""

from __future__ import annotations

from pathlib import Path

from tools.pictures import merge_request, simulator
from tools.pictures.diagram import draw

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"

(PICTURES / "up.svg").write_text(draw(Path(__file__).with_name("up.txt").read_text()))
simulator.write(PICTURES / "simulator.png")
merge_request.write(PICTURES / "merge-request.png")

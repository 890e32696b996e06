"""Write the pictures of the documentation: `make pictures`."""

from __future__ import annotations

from tools.pictures import PICTURES, diagram, merge_request, simulator

(PICTURES / "up.svg").write_text(diagram.draw(diagram.UP.read_text()))
simulator.write(PICTURES / "simulator.png")
merge_request.write(PICTURES / "merge-request.png")

"""The benchmark's numbers as a picture."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter

if TYPE_CHECKING:
    from tests.benchmarks.resources import Measure

_STYLES = {
    "preview": ("#999999", "s"),
    "up": ("#0072b2", "o"),
    "unchanged up": ("#56b4e9", "v"),
    "refresh": ("#e69f00", "D"),
    "destroy": ("#d55e00", "^"),
}
"""Colours that everybody can tell apart, and marks for when they are not seen."""
_LINES = {"dynamic": "-", "native": "--"}
_TITLES = {"host": "deployment host", "cli": "Pulumi CLI"}


def draw(measures: Iterable[Measure], file: Path) -> None:
    """Draw time over the engine's floor by the number of resources, a panel an engine.

    Args:
        measures: What was measured.
        file: The SVG file to write.
    """
    measures = list(measures)
    engines = [engine for engine in _TITLES if any(each.engine == engine for each in measures)]
    with mpl.rc_context({"svg.hashsalt": "same picture, same file", "font.size": 9}):
        figure = Figure(figsize=(1.2 + 3.8 * len(engines), 3.2), layout="constrained")
        panels = figure.subplots(1, len(engines), sharey=True, squeeze=False)[0]
        for engine, panel in zip(engines, panels, strict=True):
            panel.axhline(1, color="black", linewidth=0.8)
            for (verb, (color, marker)), adapter in itertools.product(_STYLES.items(), _LINES):
                points = sorted(
                    (each.count, each.ratio)
                    for each in measures
                    if (each.engine, each.verb, each.adapter) == (engine, verb, adapter)
                )
                counts, ratios = [p[0] for p in points], [p[1] for p in points]
                style = {"color": color, "marker": marker, "linestyle": _LINES[adapter]}
                panel.plot(counts, ratios, markersize=4, label=f"{verb}, {adapter}", **style)
            panel.set_xscale("log")
            panel.set_xticks(counts, [str(count) for count in counts])
            panel.minorticks_off()
            panel.set_ylim(bottom=0)
            panel.yaxis.set_major_formatter(FormatStrFormatter("%g"))
            panel.set_title(_TITLES[engine])
            panel.set_xlabel("resources")
            panel.grid(axis="y", linewidth=0.3)
        panels[0].set_ylabel("time, as a multiple of the floor")
        lines, labels = panels[0].get_legend_handles_labels()
        figure.legend(lines, labels, loc="outside right center", frameon=False)
        figure.savefig(file, metadata={"Date": None})

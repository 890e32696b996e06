"""What the provider costs beyond the engine: time, calls and memory of whole stacks.

Each stack is deployed twice, on the same engine against the same simulator, which takes a given
time for each answer: with this package's resources, and with dynamic resources that do nothing.
The latter is the engine's own floor; all times are given as multiples of it.

    python -m tests.benchmarks.resources --help
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.lifecycle.conftest import AVAILABLE
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import mixture
from tests.support.processes import memory_of

from pulumi_gitlab_kubernetes.testing.host.operation import degree_of_parallelism
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

VERBS = ("preview", "up", "unchanged up", "refresh", "destroy")
ENGINE_NAMES = {"host": "deployment host", "cli": "Pulumi CLI"}
_NOTHING = Path(__file__).with_name("nothing.py")
_REPEATED = 500
"""Up to so many resources a stack is measured three times."""


@dataclass(frozen=True)
class Measure:
    """One operation on a stack of one size.

    Args:
        engine: `host` or `cli`.
        count: Resources.
        verb: The operation.
        seconds: Its time with this package's resources.
        floor: Its time with resources that do nothing.
        calls: Requests that reached GitLab.
        memory: The most that the dynamic host held, in MiB.
    """

    engine: str
    count: int
    verb: str
    seconds: float
    floor: float
    calls: int
    memory: float

    @property
    def ratio(self) -> float:
        """The time as a multiple of the floor."""
        return self.seconds / self.floor


def measure(
    simulator: Simulator, engine: str, count: int, parallel: int | None = None
) -> Iterator[Measure]:
    """Measure every operation on a stack of one size.

    Each goes right after its floor, and the median of some rounds is taken: a machine is not always
    as busy.

    Args:
        simulator: The GitLab.
        engine: `host` or `cli`.
        count: Resources.
        parallel: How many operations run at a time; without it as many as the engine's default is.
    """
    times = 3 if count <= _REPEATED else 1
    rounds = [_round(simulator, engine, count, parallel) for _ in range(times)]
    for verb in VERBS:
        found = sorted((each[verb] for each in rounds), key=lambda each: each.ratio)
        yield found[len(found) // 2]


def _round(
    simulator: Simulator, engine: str, count: int, parallel: int | None
) -> dict[str, Measure]:
    """Take a stack and its floor from nothing to nothing, side by side."""
    lab = Lab(simulator)
    resources = mixture(lab.project.path, count)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        config, secrets = {"gitlab:baseUrl": lab.url}, {"gitlab:token": lab.token}
        environ = {"PULUMI_PARALLEL": str(parallel)} if parallel else {}
        floor, stack = (
            ENGINES[engine](Path(folder).resolve() / name, config, secrets, environ)
            for name in ("floor", "stack")
        )
        shutil.copy(_NOTHING, floor.project)
        floor.package = _NOTHING.stem
        floor.forks = stack.forks = False  # As users have it.
        for verb in VERBS:
            least = _seconds(floor, verb, resources)
            with memory_of(stack.adapter.process, stack.project) as memory:
                seconds = _seconds(stack, verb, resources)
            calls = len(lab.calls())
            found[verb] = Measure(engine, count, verb, seconds, least, calls, memory.peak)
    return found


def _seconds(stack: Stack, verb: str, resources: list[dict[str, Any]]) -> float:
    """Run an operation and return how long it took."""
    name = verb.rpartition(" ")[2]
    began = time.monotonic()
    outcome = getattr(stack, name)(*(resources if name in ("preview", "up") else ()))
    seconds = time.monotonic() - began
    if not outcome.ok:
        raise SystemExit(f"{verb} of {len(resources)} resources failed:\n{outcome.text}")
    return seconds


def table(measures: list[Measure]) -> str:
    """Return the measures as Markdown: time over the floor, and calls a resource."""
    found = {(each.engine, each.count, each.verb): each for each in measures}
    lines = [f"| engine, resources | {' | '.join(VERBS)} | memory |", "|---" * 7 + "|"]
    for engine, count in sorted({(each.engine, each.count) for each in measures}, key=_place):
        row = [found[engine, count, verb] for verb in VERBS]
        cells = [f"{each.ratio:.2f} ({each.calls / each.count:.2f})" for each in row]
        cells.append(f"{max(each.memory for each in row):.0f} MiB")
        lines.append(f"| {ENGINE_NAMES[engine]}, {count:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _place(row: tuple[str, int]) -> tuple[int, int]:
    return list(ENGINE_NAMES).index(row[0]), row[1]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 100, 500, 2000])
    parser.add_argument("--engines", nargs="+", default=AVAILABLE, choices=list(ENGINES))
    parser.add_argument("--latency", type=float, default=0.02, help="of each answer, in seconds")
    parser.add_argument("--parallel", type=int, help="operations at a time; the engine's default")
    parser.add_argument("--plot", type=Path, help="the SVG file to draw")
    parser.add_argument("--json", type=Path, help="a file to write the numbers to")
    parser.add_argument("--read", type=Path, nargs="+", help="such files: nothing is measured")
    given = parser.parse_args(arguments)
    if given.read:
        rows = [row for file in given.read for row in json.loads(file.read_text())]
        measures = [Measure(**row) for row in rows]
    else:
        measures = _measure_all(given)
    answer = f"{given.latency * 1000:g} ms"
    at_once = given.parallel or f"the engines' default ({degree_of_parallelism(None, {})} here)"
    print(
        f"\nTime over the engine's own floor (calls a resource); an answer takes {answer}, "
        f"--parallel is {at_once}:"
    )
    print(table(measures))
    if given.plot:
        from tests.benchmarks.plot import draw  # noqa: PLC0415 (matplotlib is in a group of its own)

        draw(measures, given.plot)
    return 0


def _measure_all(given: argparse.Namespace) -> list[Measure]:
    measures: list[Measure] = []
    with Simulator() as simulator:
        simulator.api("POST", "license", license="ultimate")
        simulator.api("PUT", "application/settings", receptive_cluster_agents_enabled=True)
        simulator.api("POST", "features/certificate_based_clusters", value="true")
        simulator.faults({"path": "/api/v4/projects/", "latency": given.latency, "times": None})
        for count in given.counts:  # The long ones last.
            for engine in given.engines:
                for each in measure(simulator, engine, count, given.parallel):
                    _say(each)
                    measures.append(each)
                if given.json:
                    given.json.write_text(json.dumps([asdict(each) for each in measures], indent=1))
    return measures


def _say(each: Measure) -> None:
    print(
        f"{ENGINE_NAMES[each.engine]:15} {each.count:5} resources  {each.verb:12} "
        f"{each.seconds:7.1f} s, floor {each.floor:7.1f} s, ratio {each.ratio:5.2f}, "
        f"{each.calls:5} calls, {each.memory:4.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

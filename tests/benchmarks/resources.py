"""What the provider costs beyond the engine: time, calls and memory of whole stacks.

Each stack is deployed three times, on the same engine against the same simulator, which takes a
given time for each response: with dynamic resources that do nothing but have as many properties,
and with this package's resources of each adapter. The first is the engine's own floor, and all
times are multiples of it.

    python -m tests.benchmarks.resources --help
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import nothing
from tests.benchmarks.state import resources_in_state
from tests.conftest import set_up
from tests.lifecycle.adapters import ADAPTERS, DYNAMIC
from tests.lifecycle.conftest import AVAILABLE, new_stack
from tests.lifecycle.engines import ENGINES, Stack
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import environments, mixture
from tests.support.processes import memory_of

from pulumi_gitlab_kubernetes.gitlab.concurrency import MOST_CALLS
from pulumi_gitlab_kubernetes.testing.host.operation import degree_of_parallelism
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

VERBS = ("preview", "up", "unchanged up", "refresh", "destroy")
ENGINE_NAMES = {"host": "deployment host", "cli": "Pulumi CLI"}
_NOTHING = Path(nothing.__file__)
STACKS = {"all": mixture, "environments": environments}
"""What a stack has: all kinds, or environments with some agents and their tokens."""
_REPEATED = 500
"""Up to so many resources a stack is measured three times."""


@dataclass(frozen=True)
class Measure:
    """One operation on a stack of one size.

    Args:
        engine: `host` or `cli`.
        parallel: The engine's `--parallel`.
        count: Resources.
        verb: The operation.
        adapter: `dynamic` or `native`.
        seconds: Its time with this package's resources.
        floor: Its time with resources that do nothing.
        calls: Requests that reached GitLab.
        memory: The maximum memory of the provider's process, in MiB.
    """

    engine: str
    parallel: int
    count: int
    verb: str
    adapter: str
    seconds: float
    floor: float
    calls: int
    memory: float

    @property
    def ratio(self) -> float:
        """The time as a multiple of the floor."""
        return self.seconds / self.floor


@dataclass(frozen=True)
class Plan:
    """The stacks to measure.

    Args:
        simulator: The GitLab.
        stack: A key of `STACKS`.
        values: The inputs and outputs of a real resource of each kind, in JSON.
    """

    simulator: Simulator
    stack: str
    values: str

    def measure(self, engine: str, parallel: int, count: int) -> Iterator[Measure]:
        """Measure every operation on a stack of one size, with each adapter.

        Each goes right after its floor, and the median of some rounds is taken: a machine is not
        always as busy.

        Args:
            engine: `host` or `cli`.
            parallel: The engine's `--parallel`.
            count: Resources.
        """
        times = 3 if count <= _REPEATED else 1
        rounds = [self._round(engine, parallel, count) for _ in range(times)]
        for verb in VERBS:
            for adapter in ADAPTERS:
                found = sorted(
                    (each[verb, adapter] for each in rounds), key=lambda each: each.ratio
                )
                yield found[len(found) // 2]

    def _round(self, engine: str, parallel: int, count: int) -> dict[tuple[str, str], Measure]:
        """Take a stack of each adapter and the floor from nothing to nothing, side by side."""
        found = {}
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            labs = {name: Lab(self.simulator) for name in ADAPTERS}
            stacks = {
                name: new_stack(engine, adapter, root / name, labs[name])
                for name, adapter in ADAPTERS.items()
            }
            floor = new_stack(engine, DYNAMIC, root / "floor", labs[DYNAMIC.name])
            shutil.copy(_NOTHING, floor.project)
            (floor.project / nothing.VALUES).write_text(self.values)
            floor.package = _NOTHING.stem
            for stack in (floor, *stacks.values()):
                stack.environ["PULUMI_PARALLEL"] = str(parallel)
                stack.forks = False  # As users have it.
            for verb in VERBS:
                resources = STACKS[self.stack](labs[DYNAMIC.name].project.path, count)
                least = _seconds(floor, verb, resources)
                for name, stack in stacks.items():
                    lab = labs[name]
                    resources = STACKS[self.stack](lab.project.path, count)
                    lab.calls()
                    with memory_of(stack.adapter.process, stack.project) as memory:
                        seconds = _seconds(stack, verb, resources)
                    found[verb, name] = Measure(
                        *(engine, parallel, count, verb, name, seconds, least),
                        calls=len(lab.calls()),
                        memory=memory.peak,
                    )
                _require_equal_calls(found[verb, name] for name in stacks)
        return found


def _ratio(measure: Measure) -> float:
    return measure.ratio


def _require_equal_calls(measures: Iterable[Measure]) -> None:
    """Stop if the adapters have not sent as many requests as each other.

    A refresh may differ by the reads that run before its lists begin.
    """
    measures = list(measures)
    calls = {each.adapter: each.calls for each in measures}
    allowed = max(each.parallel for each in measures) if measures[0].verb == "refresh" else 0
    if max(calls.values()) - min(calls.values()) > allowed:
        raise SystemExit(f"the adapters have not sent the same number of requests: {calls}")


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
    """Return the measures as Markdown: times over the floor with each adapter, and requests."""
    found = {(_row(each), each.verb, each.adapter): each for each in measures}
    head = ("engine", "`--parallel`", "resources", *VERBS, "memory")
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in sorted({_row(each) for each in measures}, key=_place):
        engine, parallel, count = row
        cells = [ENGINE_NAMES[engine], str(parallel), f"{count:,}"]
        for verb in VERBS:
            both = [found[row, verb, adapter] for adapter in ADAPTERS]
            ratios = " / ".join(f"{each.ratio:.2f}" for each in both)
            cells.append(f"{ratios} ({both[0].calls / count:.2f})")
        peaks = (max(found[row, verb, adapter].memory for verb in VERBS) for adapter in ADAPTERS)
        cells.append(f"{' / '.join(f'{peak:.0f}' for peak in peaks)} MiB")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _row(measure: Measure) -> tuple[str, int, int]:
    return measure.engine, measure.parallel, measure.count


def _place(row: tuple[str, int, int]) -> tuple[int, int, int]:
    engine, parallel, count = row
    return list(ENGINE_NAMES).index(engine), parallel, count


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and draw."""
    default = degree_of_parallelism(None, {})
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 100, 500, 2000])
    parser.add_argument("--engines", nargs="+", default=AVAILABLE, choices=list(ENGINES))
    parser.add_argument("--stack", default="all", choices=list(STACKS), help="what it has")
    parser.add_argument("--latency", type=float, default=0.02, help="of each response, in seconds")
    parser.add_argument(
        *("--parallel", "-p"),
        type=int,
        nargs="+",
        default=[default, MOST_CALLS],
        help=f"the engines' --parallel, whose default is {default} here; the picture has the first",
    )
    parser.add_argument("--plot", type=Path, help="the SVG file to draw")
    parser.add_argument("--json", type=Path, help="a file to write the numbers to")
    parser.add_argument("--read", type=Path, nargs="+", help="such files: nothing is measured")
    given = parser.parse_args(arguments)
    if given.read:
        rows = [row for file in given.read for row in json.loads(file.read_text())]
        measures = [Measure(**row) for row in rows]
    else:
        measures = _measure_all(given)
    print(
        f"\nTime over the engine's own floor with {' / '.join(ADAPTERS)} resources (requests for "
        f"each resource); a response takes {given.latency * 1000:g} ms:"
    )
    print(table(measures))
    if given.plot:
        from tests.benchmarks.plot import draw  # noqa: PLC0415 (matplotlib is in a group of its own)

        draw([each for each in measures if each.parallel == given.parallel[0]], given.plot)
    return 0


def _measure_all(given: argparse.Namespace) -> list[Measure]:
    measures: list[Measure] = []
    with Simulator() as simulator:
        set_up(simulator)
        simulator.faults({"path": "/api/v4/projects/", "latency": given.latency, "times": None})
        plan = Plan(simulator, given.stack, _values(simulator))
        runs = itertools.product(given.counts, given.engines, given.parallel)  # The long ones last.
        for count, engine, parallel in runs:
            for each in plan.measure(engine, parallel, count):
                _say(each)
                measures.append(each)
            if given.json:
                given.json.write_text(json.dumps([asdict(each) for each in measures], indent=1))
    return measures


def _values(simulator: Simulator) -> str:
    """Return the inputs and outputs of a real resource of each kind, except secrets, in JSON."""
    found = resources_in_state("host", DYNAMIC, simulator)
    return json.dumps(
        {
            kind: {
                side: {key: value for key, value in resource[side].items() if _is_plain(key, value)}
                for side in ("inputs", "outputs")
            }
            for kind, resource in found.items()
        }
    )


def _is_plain(key: str, value: Any) -> bool:
    """Return whether a value is no secret, and none that the SDK sets itself."""
    return key != "__provider" and not (isinstance(value, dict) and "ciphertext" in value)


def _say(each: Measure) -> None:
    print(
        f"{ENGINE_NAMES[each.engine]:15} -p {each.parallel:2} {each.count:5} resources  "
        f"{each.verb:12} {each.adapter:8} {each.seconds:7.1f} s, floor {each.floor:7.1f} s, "
        f"ratio {each.ratio:5.2f}, {each.calls:5} calls, {each.memory:4.0f} MiB",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())

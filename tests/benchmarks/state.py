"""What a resource of each kind weighs in the state, which the engine writes at each step.

python -m tests.benchmarks.state --help
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import set_up
from tests.lifecycle.adapters import ADAPTERS, Adapter
from tests.lifecycle.conftest import AVAILABLE, new_stack
from tests.lifecycle.engines import ENGINES
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import all_kinds

from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_OURS = ("id", "inputs", "outputs")
_OF_THE_SDK = ("sourcePosition", "stackTrace")


class Weight(NamedTuple):
    """The bytes of a resource in the state's file.

    Args:
        whole: All of them.
        sdk: Those of the SDK's stack trace.
        ours: Those of the ID, inputs and outputs.
    """

    whole: int
    sdk: int
    ours: int


def resources_in_state(
    engine: str, adapter: Adapter, simulator: Simulator
) -> dict[str, dict[str, Any]]:
    """Deploy a resource of each kind, and return them as in the state, by kind.

    Args:
        engine: `host` or `cli`.
        adapter: The adapter.
        simulator: The GitLab.
    """
    lab = Lab(simulator)
    with tempfile.TemporaryDirectory() as folder:
        stack = new_stack(engine, adapter, Path(folder).resolve() / "stack", lab)
        outcome = stack.up(*all_kinds(lab.project.path))
        if not outcome.ok:
            raise SystemExit(outcome.text)
        resources = stack.deployment()["resources"]
    return {
        each["type"].rpartition(":")[2]: each for each in resources if adapter.serves(each["type"])
    }


def weigh(resources: Mapping[str, Mapping[str, Any]]) -> dict[str, Weight]:
    """Return the weight of a resource of each kind."""
    return {
        kind: Weight(_bytes(each), _weight_of(each, _OF_THE_SDK), _weight_of(each, _OURS))
        for kind, each in resources.items()
    }


def _weight_of(resource: Mapping[str, Any], keys: tuple[str, ...]) -> int:
    """Return how much smaller a resource is without some of its keys."""
    without = {key: value for key, value in resource.items() if key not in keys}
    return _bytes(resource) - _bytes(without)


def _bytes(values: Mapping[str, Any]) -> int:
    """Return the size of values in the file, which has no white space."""
    return len(json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode())


def table(weights: Mapping[str, Mapping[str, Weight]]) -> str:
    """Return the weights as Markdown.

    Args:
        weights: The weights of each kind, by adapter.
    """
    lines = ["| kind | adapter | bytes | of the SDK's stack trace | of ID, inputs and outputs |"]
    lines.append("|---" * 5 + "|")
    for kind in MODULES:
        for adapter, found in weights.items():
            weight = found[kind]
            lines.append(
                f"| `{kind}` | {adapter} | {weight.whole:,} | {weight.sdk:,} | {weight.ours:,} |"
            )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Weigh and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--engine", default=AVAILABLE[-1], choices=list(ENGINES))
    given = parser.parse_args(arguments)
    with Simulator() as simulator:
        set_up(simulator)
        weights = {
            name: weigh(resources_in_state(given.engine, adapter, simulator))
            for name, adapter in ADAPTERS.items()
        }
    print(f"Bytes of a resource in the state, on the engine {given.engine}:")
    print(table(weights))
    return 0


if __name__ == "__main__":
    sys.exit(main())

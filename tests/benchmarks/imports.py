"""How long the provider takes to import, against Pulumi's SDK and python-gitlab alone.

`python tests/benchmarks/imports.py` prints the processor time of both, each the least of several
new processes, and their ratio. The exit code is 1 when the ratio is 2 or more.
"""

from __future__ import annotations

import subprocess
import sys

_RUNS = 7
_MOST = 2.0
_ALONE = "import pulumi, gitlab"
_PROVIDERS = (
    "from pulumi_gitlab_kubernetes.registry import MODULES, provider_for\n"
    "for name in MODULES: provider_for(name)"
)


def _seconds(code: str) -> float:
    script = f"import time\n{code}\nprint(time.process_time())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return float(done.stdout)


def main() -> int:
    """Measure in turns, so that what else the machine does befalls both."""
    runs = [(_seconds(_ALONE), _seconds(_PROVIDERS)) for _ in range(_RUNS)]
    alone, providers = (min(times) for times in zip(*runs, strict=True))
    ratio = providers / alone
    print(f"pulumi and gitlab {alone:.2f} s, the providers {providers:.2f} s: {ratio:.2f} times")
    return int(ratio >= _MOST)


if __name__ == "__main__":
    sys.exit(main())

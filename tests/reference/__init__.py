"""What is generated from the code: `python -m tests.reference` writes it, tests keep it true.

The tables of arguments and outputs come from the fields, those of policies from the rules, the
simulator's table of endpoints from its routes; the requests of each operation are counted.
"""

import re
from pathlib import Path

from tests.dynamic_host import DynamicHost
from tests.reference import endpoints, fields, requests, rules

from pulumi_gitlab_kubernetes import policy
from pulumi_gitlab_kubernetes.testing import simulator
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

README = Path(__file__).parent.parent.parent / "README.md"
POLICIES = Path(policy.__file__).parent / "POLICIES.md"
ENDPOINTS = Path(simulator.__file__).parent / "ENDPOINTS.md"


def documents() -> dict[Path, str]:
    """Return each document that is made, or has tables that are, as it should be."""
    return {
        README: _with(README.read_text(), "reference", fields.tables()),
        POLICIES: _with(POLICIES.read_text(), "reference", rules.policies()),
        ENDPOINTS: endpoints.endpoints(),
    }


def with_requests(text: str, running: Simulator, host: DynamicHost) -> str:
    """Return the README's text with its table of requests counted anew.

    Args:
        text: The README's text.
        running: A simulator that is set up.
        host: A dynamic host with the simulator as its GitLab.
    """
    return _with(text, "requests", requests.table(running, host))


def _with(text: str, name: str, content: str) -> str:
    marked = re.compile(f"(<!-- {name}: [^\n]* -->\n).*(<!-- end of {name} -->)", re.DOTALL)
    return marked.sub(lambda found: f"{found[1]}\n{content}\n{found[2]}", text)

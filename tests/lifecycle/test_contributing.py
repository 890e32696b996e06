"""The example in CONTRIBUTING.md succeeds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.lifecycle.engines import Stack
from tests.lifecycle.gitlab import Lab

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


def test_the_example_succeeds(stack: Stack, lab: Lab) -> None:
    """Its test runs like those of this directory."""
    (example,) = re.findall(r'```python\n(""".*?)```', CONTRIBUTING.read_text(), re.DOTALL)
    module: dict[str, Any] = {}
    exec(example, module)  # noqa: S102 (this repository's own text)
    (test,) = [each for name, each in module.items() if name.startswith("test_")]
    test(stack, lab)

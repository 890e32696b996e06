"""Preview a small stack against the simulator, with what is installed beside this interpreter."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pulumi_gitlab_kubernetes.testing import Simulator, Stack

_PROJECT = """\
name: smoke
runtime:
  name: python
  options:
    virtualenv: {prefix}
"""
_PROGRAM = """\
import pulumi_gitlab_kubernetes as gitlab

agent = gitlab.ClusterAgent("agent", project="{project}", name="smoke")
gitlab.ClusterAgentToken("token", project="{project}", agent_id=agent.agent_id, name="smoke")
"""


def main() -> None:
    """Preview, and fail with what the preview shows."""
    with tempfile.TemporaryDirectory() as scratch, Simulator() as simulator:
        simulator.start_afresh()
        folder = Path(scratch)
        (folder / "Pulumi.yaml").write_text(_PROJECT.format(prefix=sys.prefix))
        (folder / "__main__.py").write_text(_PROGRAM.format(project=simulator.project))
        stack = Stack(folder, backend=folder / "state", passphrase="smoke")  # noqa: S106 (kept nowhere)
        stack.init()
        stack.set_config("gitlab:baseUrl", simulator.url)
        stack.set_config("gitlab:token", simulator.token, secret=True)
        preview = stack.preview()
    if preview.summary != {"create": 3}:
        sys.exit(preview.stdout)


if __name__ == "__main__":
    main()

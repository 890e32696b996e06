"""The picture of the note that a merge request gets, for the example that breaks policies."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt
from tools.pictures.browser import browser, save

from pulumi_gitlab_kubernetes.delivery import note
from pulumi_gitlab_kubernetes.policy.audit import state
from pulumi_gitlab_kubernetes.policy.audit.report import audit
from pulumi_gitlab_kubernetes.policy.configuration import Configuration
from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

_EXAMPLE = Path(__file__).parents[2] / "examples" / "policies"
_PAGE = """\
<meta charset="utf-8">
<style>
  body {{ font: 15px sans-serif; color: #1f2933; margin: 24px; width: 1150px }}
  .note {{ border: 1px solid #cbd2d9; border-radius: 6px }}
  .by {{ background: #f5f7fa; border-bottom: 1px solid #cbd2d9; padding: 8px 16px }}
  .text {{ padding: 0 16px 8px }}
  pre {{ background: #f5f7fa; padding: 12px; border-radius: 4px; font-size: 12px;
         white-space: pre-wrap }}
</style>
<div class="note"><div class="by"><b>project access token</b> · on the merge request</div>
<div class="text">{text}</div></div>
"""


def write(file: Path) -> None:
    """Write the picture.

    Args:
        file: The PNG file.
    """
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        text = note_text(Path(folder))
        page.write_text(_page(text))
        with browser(1220, 610) as driver:
            save(driver, page.as_uri(), "Violations of policies", file, source(text))


def source(text: str) -> str:
    """Return what the picture shows of a note: all but the folded output."""
    return _page(text.partition("<details>")[0])


def _page(text: str) -> str:
    return _PAGE.format(text=MarkdownIt("commonmark").render(text))


def note_text(folder: Path) -> str:
    """Return the note's text: of a preview, with what the policies find in that stack."""
    project = folder / "policies"
    shutil.copytree(_EXAMPLE, project)
    (project / ".venv").symlink_to(sys.prefix)
    (folder / "state").mkdir()
    with Simulator() as simulator:
        simulator.start_afresh()
        stack = Stack(project, "prod", backend=folder / "state", passphrase="p")  # noqa: S106 (of a picture)
        stack.init()
        stack.set_config("gitlab-kubernetes:baseUrl", simulator.url)
        stack.set_config("gitlab-kubernetes:token", simulator.token, secret=True)
        stack.set_config("project", simulator.project)
        stack.set_config("clusterToken", "of a picture", secret=True)
        preview = stack.preview()
        assert stack.up().ok
        exported = json.dumps(stack.export())
    policies = json.loads((project / "policies.json").read_text())
    findings = audit(state.read(exported), Configuration(policies)).findings()
    return note.text("prod", preview.summary, findings, preview.stdout)

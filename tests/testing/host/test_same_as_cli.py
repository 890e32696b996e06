"""The deployment host and the Pulumi CLI on the same programs: same steps, same state."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack

pytestmark = pytest.mark.skipif(
    shutil.which("pulumi") is None, reason="no pulumi on PATH to compare with"
)

_LINE = re.compile(r"^ (..) (\S+:\S+) (\S+) (.*?)( \[diff: \S+\])?$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _cli(project: Any, *arguments: str, home: Path) -> str:
    environ = {
        **project.environ,
        "PULUMI_HOME": str(home),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PATH": os.pathsep.join([project.environ["PATH"], os.environ["PATH"]]),
    }
    done = subprocess.run(
        ["pulumi", *arguments, "--non-interactive", "--color", "never"],  # noqa: S607 - the user's
        cwd=project.directory,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout


def _steps(text: str) -> list[tuple[str, ...]]:
    """The lines of steps, without times, sorted as what runs in parallel has no order."""
    lines = [_LINE.match(re.sub(r" \(\d+(\.\d+)?s\)", "", line)) for line in text.splitlines()]
    return sorted(match.groups("") for match in lines if match)


def _summary(text: str) -> list[str]:
    """Outputs and counts."""
    found = re.search(
        r"^(Outputs:|Resources:)\n.*?(?=\nDuration|\Z)", text, re.MULTILINE | re.DOTALL
    )
    return found[0].rstrip().splitlines() if found else []


def _state(exported: dict[str, Any]) -> list[dict[str, Any]]:
    text = _UUID.sub("<uuid>", json.dumps(exported["deployment"].get("resources", [])))
    listed: list[dict[str, Any]] = json.loads(text)
    for item in listed:
        for key in ("created", "modified", "sourcePosition", "stackTrace"):
            item.pop(key, None)
    return sorted(listed, key=lambda item: (item["urn"], item.get("id", "")))


_OUTPUTS = 'export("o", {"l": [1, a.computed], "s": Output.secret(1)})'
_OTHERS = 'export("o", {"l": [2, b.computed]}); export("p", a.computed)'
_PAIR = 'a = Thing("a", s=Output.secret("%s")%s); b = Thing("b", of=a.id, up=a.computed)'
_KINDS = 'a = Thing("a", kind="%s", first=%s); b = Thing("b", kind=a.computed, first=True)'
_INIT = 'a = Thing("a"); c = Thing("c"%s); d = Thing("d", of=c.id%s)'
SCENES: dict[str, list[tuple[str, str | None]]] = {
    "life": [
        ("up", _PAIR % ("x", ", n=1.5") + "\n" + _OUTPUTS),
        ("up", None),
        ("preview", _PAIR % ("y", "") + "\n" + _OTHERS),
        ("up", None),
        ("refresh", None),
        ("destroy", None),
    ],
    "replacements": [
        ("up", _KINDS % (1, False)),
        ("up", _KINDS % (2, False)),
        ("preview", _KINDS % (3, True)),
        ("up", None),
        ("up", 'b = Thing("b", ResourceOptions(protect=True))'),
        ("destroy", None),
    ],
    "failures": [
        ("up", 'a = Thing("a"); export("x", 1)'),
        ("up", _INIT % (', fail="init"', "")),
        ("up", _INIT % ("", ', fail="create"')),
        ("preview", 'a = Thing("a", wrong="colour", colour="red")'),
        ("up", 'a = Thing("a", fail="update")'),
    ],
}


@pytest.mark.parametrize("scene", SCENES)
def test_both_do_the_same(project: Any, stack: Stack, tmp_path: Path, scene: str) -> None:
    """Step by step; what one displays and stores the other does."""
    home = tmp_path / "home"
    host_things, host_backend = project.things, project.backend
    cli_things, cli_backend = tmp_path / "cli-things", tmp_path / "cli-backend"
    cli_things.mkdir()
    cli_backend.mkdir()
    stack.init()
    for verb, program in SCENES[scene]:
        if program is not None:
            project.write(program)
        project.environ |= {
            "THINGS": str(cli_things),
            "PULUMI_BACKEND_URL": f"file://{cli_backend}",
        }
        if not (cli_backend / ".pulumi").exists():
            _cli(project, "stack", "init", "dev", home=home)
        yes = () if verb == "preview" else ("--yes", "--skip-preview")
        by_cli = _cli(project, verb, *yes, home=home)
        by_cli_state = _state(project.stack().export(show_secrets=True))
        project.environ |= {
            "THINGS": str(host_things),
            "PULUMI_BACKEND_URL": f"file://{host_backend}",
        }
        by_host = getattr(project.stack(), verb)()
        if "KeyboardInterrupt" not in by_cli:  # which the CLI's interrupted program may show
            assert _steps(by_host.stdout) == _steps(by_cli)
            assert _summary(by_host.stdout) == _summary(by_cli.partition("\nThe resources in")[0])
        assert _state(project.stack().export(show_secrets=True)) == by_cli_state


def test_each_carries_on_with_what_the_other_left(
    project: Any, stack: Stack, tmp_path: Path
) -> None:
    """In one state file, without a change."""
    home = tmp_path / "home"
    project.write(_PAIR % ("x", "") + '\nexport("s", a.id)')
    assert stack.up().ok
    _cli(project, "stack", "select", "dev", home=home)
    assert "    3 unchanged\n" in _cli(project, "preview", home=home)
    project.write('a = Thing("a", s=Output.secret("y")); c = Thing("c", of=a.id)')
    assert "    3 changes. 1 unchanged\n" in _cli(
        project, "up", "--yes", "--skip-preview", home=home
    )
    assert stack.preview().summary == {"same": 3}
    assert stack.up().summary == {"same": 3}
    assert stack.destroy().ok
    assert "    + 3 to create\n" in _cli(project, "preview", home=home)

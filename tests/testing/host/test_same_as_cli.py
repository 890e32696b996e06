"""The deployment host and the Pulumi CLI on the same programs: same steps, same state."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.testing.host.pond_scenes import POND_SCENES

from pulumi_gitlab_kubernetes.testing.host import Import, Stack
from pulumi_gitlab_kubernetes.testing.host import urn as urns
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local
from pulumi_gitlab_kubernetes.testing.host.result import Result

pytestmark = pytest.mark.cli

_DIFFERENCE = re.compile(r"\S+:\S*:\S+ (\S+) .*\[diff: ([^]]*)\]")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Cli:
    """The CLI on a project, with things and a backend of its own.

    Args:
        project: The project.
        directory: An empty directory.
    """

    def __init__(self, project: Any, directory: Path) -> None:
        self._project = project
        self._log = directory / "events.json"
        self.home = directory / "home"
        self.things, self.backend = directory / "cli-things", directory / "cli-backend"
        self.things.mkdir()
        self.backend.mkdir()

    def __call__(self, *arguments: str) -> str:
        """Run the CLI and return what it prints."""
        self._log.unlink(missing_ok=True)
        environ = {
            **self._project.environ,
            "PULUMI_HOME": str(self.home),
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            "PULUMI_DEBUG_COMMANDS": "1",  # enables the option --event-log
            "PATH": os.pathsep.join([self._project.environ["PATH"], os.environ["PATH"]]),
        }
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],  # noqa: S607 (whichever is on PATH)
            cwd=self._project.directory,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        """Let the project be the CLI's, with its own things and backend."""
        before = dict(self._project.environ)
        self._project.environ |= {
            "THINGS": str(self.things),
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
        }
        if not (self.backend / ".pulumi").exists():
            self("stack", "init", "dev")
        yield
        self._project.environ = before

    def state(self) -> list[dict[str, Any]]:
        """Return the state of the CLI's stack."""
        with self.in_charge():
            return _state(self._project.stack().export(show_secrets=True))

    def run(self, verb: str, *options: str) -> dict[str, Any]:
        """Run an operation and return its events, as `_of_host` returns the host's."""
        yes = () if verb == "preview" else ("--yes", "--skip-preview")
        text = self(verb, *yes, *options, "--event-log", str(self._log))
        events = [json.loads(line) for line in self._log.read_text().splitlines()]

        def of(kind: str) -> list[dict[str, Any]]:
            return [event[kind] for event in events if kind in event]

        steps = [event["metadata"] for event in of("resOutputsEvent")]
        return {
            "steps": {
                (step["op"], step["urn"], *(step.get("keys") or ()))
                for step in steps
                if not _is_default_provider(step["urn"])
            },
            "differences": _differences(text),
            "errors": sorted(
                event.get("urn", "")
                for event in of("diagnosticEvent")
                if event["severity"] == "error" and "\n" not in event["message"].strip()
            ),
            "violations": sorted(
                (event["policyName"], event["enforcementLevel"], event["resourceUrn"])
                for event in of("policyEvent")
            ),
        }


def _is_default_provider(urn: str) -> bool:
    return urns.is_provider_type(urns.type_of(urn)) and urns.name_of(urn).startswith("default")


def _differences(text: str) -> set[tuple[str, str]]:
    """Return the resources that are shown with a difference, and which."""
    found = set()
    for name, shown in _DIFFERENCE.findall(text):
        mark = ""
        for each in re.findall(r"[+~-]?[^,+~-]+", shown):
            mark = each[0] if each[0] in "+~-" else mark
            found.add((name, mark + each.lstrip("+~-")))
    return found


def _of_host(result: Result) -> dict[str, Any]:
    """Return a run's steps, the resources with errors, and the violations."""
    return {
        "steps": {(step.op, step.urn, *step.replaces) for step in result.steps},
        "differences": _differences(result.stdout),
        "errors": sorted(
            each.urn
            for each in result.diagnostics
            if each.severity == "error" and "\n" not in each.message.strip()
        ),
        "violations": sorted((each.policy, each.level, each.urn) for each in result.violations),
    }


def _state(exported: dict[str, Any]) -> list[dict[str, Any]]:
    text = _UUID.sub("<uuid>", json.dumps(exported["deployment"].get("resources", [])))
    listed: list[dict[str, Any]] = json.loads(text)
    for item in listed:
        for key in ("created", "modified", "sourcePosition", "stackTrace"):
            item.pop(key, None)
        for names in (item.get("dependencies", []), *item.get("propertyDependencies", {}).values()):
            names.sort()  # The CLI writes sets in any order.
    return sorted(listed, key=lambda item: (item["urn"], item.get("id", "")))


@pytest.fixture
def cli(project: Any, tmp_path: Path) -> Cli:
    """The CLI on the project."""
    return Cli(project, tmp_path)


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
    **POND_SCENES,
}


@pytest.mark.parametrize("scene", SCENES)
def test_both_do_the_same(project: Any, stack: Stack, cli: Cli, scene: str) -> None:
    """Step by step, what one does and stores the other does."""
    if scene in POND_SCENES:
        project.add_pond()
    stack.init()
    for verb, program in SCENES[scene]:
        if program is not None:
            project.write(program)
        with cli.in_charge():
            by_cli = cli.run(verb)
        by_host = _of_host(getattr(project.stack(), verb)())
        if scene not in POND_SCENES:  # The host shows that a secret changes, too.
            by_host["differences"] = by_cli["differences"]
        assert by_host == by_cli
        assert _state(project.stack().export(show_secrets=True)) == cli.state()


def test_both_import_the_same(project: Any, stack: Stack, cli: Cli) -> None:
    """With a new default provider, with a recorded one and with an explicit one."""
    project.add_pond()
    stack.init()
    fish = 'Fish("{}", ResourceOptions(retain_on_delete=True), n=1, token="x")'
    program = (
        f"from fish import *\n{fish.format('cod')}; {fish.format('eel')}; {fish.format('ray')}"
    )
    explicit = 'from fish import *\np = Pond("p", region="north")'
    provider = "urn:pulumi:dev::shop::pulumi:providers:pond::p"
    for text in (program, explicit):
        project.write(text)
        with cli.in_charge():
            cli.run("up")
        assert project.stack().up().ok
        if text is explicit:
            break
    wanted = [
        Import("pond:index:Fish", "one", "cod-1"),
        Import("pond:index:Fish", "two", "eel-1", protect=False),
        Import("pond:index:Fish", "three", "ray-1", provider),
        Import("pond:index:Fish", "one", "cod-1"),
        Import("pond:index:Fish", "one", "ray-1"),
        Import("pond:index:Fish", "four", "gone-1"),
    ]
    for each in wanted:
        options = [f"--protect={str(each.protect).lower()}", "--generate-code=false"]
        if each.provider:
            options += ["--provider", f"p={each.provider}"]
        with cli.in_charge():
            by_cli = cli.run("import", each.type, each.name, each.id, *options)
        by_host = _of_host(project.stack().import_resource(each))
        for steps in (by_host["steps"], by_cli["steps"]):
            steps -= {step for step in steps if step[0] == "same"}  # The CLI omits components.
        assert by_host == by_cli
        assert _state(project.stack().export(show_secrets=True)) == cli.state()


def test_each_carries_on_with_what_the_other_left(project: Any, stack: Stack, cli: Cli) -> None:
    """In one state file, without a change."""
    project.write(_PAIR % ("x", "") + '\nexport("s", a.id)')
    assert stack.up().ok
    cli("stack", "select", "dev")
    assert "    3 unchanged\n" in cli("preview")
    project.write('a = Thing("a", s=Output.secret("y")); c = Thing("c", of=a.id)')
    assert "    3 changes. 1 unchanged\n" in cli("up", "--yes", "--skip-preview")
    assert stack.preview().summary == {"same": 3}
    assert stack.up().summary == {"same": 3}
    assert stack.destroy().ok
    assert "    + 3 to create\n" in cli("preview")


def test_each_carries_on_with_what_the_other_left_of_plugins(
    project: Any, stack: Stack, cli: Cli
) -> None:
    """Explicit and default providers among it."""
    project.add_pond()
    program = (
        'from fish import *\np = Pond("p", region="north", key=Output.secret("k"))\n'
        'a = Fish("a", ResourceOptions(provider=p), token=Output.secret("x"), n=%s)\n'
        'b = Fish("b", up=a.loud); s = School("s", ResourceOptions(providers=[p]))'
    )
    project.write(program % 1)
    assert stack.up().ok
    cli("stack", "select", "dev")
    assert "    6 unchanged\n" in cli("preview")
    project.write(program % 2)
    assert "    ~ 1 updated\n    5 unchanged\n" in cli("up", "--yes", "--skip-preview")
    assert stack.preview().summary == {"same": 6}
    assert stack.refresh().ok
    assert "    6 unchanged\n" in cli("preview")
    assert stack.destroy().ok


@pytest.mark.parametrize("label", ["bad", "loud", "fine", "fine raise"])
def test_both_report_the_same_violations(
    project: Any, stack: Stack, cli: Cli, pack: Path, label: str
) -> None:
    """Also of a program that fails."""
    label, _, last = label.partition(" ")
    project.write(f'a = Thing("a", label="{label}")\n{last}')
    stack.init()
    by_host = stack.preview(policy_packs=[Local(pack)])
    cli("stack", "select", "dev")
    by_cli = cli.run("preview", "--policy-pack", str(pack))
    assert _of_host(by_host)["violations"] == by_cli["violations"]
    assert by_host.ok == (label != "bad" and not last)

"""Stacks whose programs use the native provider, on the Pulumi CLI."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.lifecycle.engines import CliStack
from tests.lifecycle.gitlab import Lab


@dataclass(frozen=True)
class Done:
    """A `pulumi` command that has ended, with its output and its events."""

    text: str
    events: tuple[dict[str, Any], ...]

    @property
    def steps(self) -> dict[str, list[dict[str, Any]]]:
        """The steps of each resource: previewed ones, or those that were done."""
        found: dict[str, list[dict[str, Any]]] = {}
        for event in self.events:
            for name in ("resourcePreEvent", "resOutputsEvent"):
                if name in event and (event[name].get("planning") or name == "resOutputsEvent"):
                    metadata = event[name]["metadata"]
                    found.setdefault(metadata["urn"].rpartition("::")[2], []).append(metadata)
        return found

    def ops(self, name: str) -> list[str]:
        """Return the steps of a resource, without those that change nothing."""
        ops = (step["op"] for step in self.steps.get(name, ()))
        return [op for op in dict.fromkeys(ops) if op != "same"]

    def details(self, name: str) -> dict[str, str]:
        """Return what happens to each property of a resource, by its path."""
        steps = [step for step in self.steps[name] if step.get("detailedDiff")]
        return {path: each["diffKind"] for path, each in steps[-1]["detailedDiff"].items()}

    def errors(self) -> list[str]:
        """Return the errors of resources, as users see them."""
        return [
            event["diagnosticEvent"]["message"].strip()
            for event in self.events
            if event.get("diagnosticEvent", {}).get("severity") == "error"
            and event["diagnosticEvent"].get("urn")
            and "pulumi:pulumi:Stack" not in event["diagnosticEvent"]["urn"]
        ]


class NativeStack(CliStack):
    """A stack on the Pulumi CLI, which finds the plugin by the project's file.

    Args:
        directory: An empty directory for the project and its state.
        plugin: The folder of the plugin.
        config: The stack's configuration.
        secrets: The secret part of it.
        runtime: The program's language, as in Pulumi.yaml.
    """

    def __init__(
        self,
        directory: Path,
        plugin: Path,
        config: Mapping[str, str],
        secrets: Mapping[str, str],
        runtime: str | Mapping[str, Any] = "python",
    ) -> None:
        self._plugin = plugin
        self._runtime = runtime
        super().__init__(directory, config, secrets)
        self.package = "pulumi_gitlab_kubernetes.native"

    def _init(self, config: Mapping[str, str], secrets: Mapping[str, str]) -> None:
        file = self.project / "Pulumi.yaml"
        project = yaml.safe_load(file.read_text())
        project["runtime"] = self._runtime
        project["plugins"] = {
            "providers": [{"name": "gitlab-kubernetes", "path": str(self._plugin)}]
        }
        file.write_text(yaml.safe_dump(project))
        super()._init(config, secrets)

    def program(self, text: str) -> None:
        """Write the program in Python."""
        (self.project / "__main__.py").write_text(text)

    def pulumi(
        self, *arguments: str, ok: bool = True, environ: Mapping[str, str] | None = None
    ) -> Done:
        """Run `pulumi` on the stack.

        Args:
            arguments: The command and its options.
            ok: Whether it is expected to succeed.
            environ: More environment variables.
        """
        log = self.directory / "events.json"
        log.unlink(missing_ok=True)
        options = ["--stack", "test", "--non-interactive", "--color", "never"]
        if arguments[0] in ("preview", "up", "refresh", "destroy", "import"):
            options += ["--event-log", str(log)]
        if arguments[0] in ("up", "refresh", "destroy"):
            options += ["--yes", "--skip-preview"]
        done = subprocess.run(
            ["pulumi", *arguments, *options],  # noqa: S607 (whichever is on PATH)
            cwd=self.project,
            env={**self.environ, **(environ or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(f"$ pulumi {' '.join(arguments)}\n{done.stdout}")
        assert (done.returncode == 0) is ok
        lines = log.read_text().splitlines() if log.exists() else []
        return Done(done.stdout, tuple(map(json.loads, lines)))

    def unchanged(self) -> None:
        """Require that a preview shows no change."""
        self.pulumi("preview", "--diff", "--expect-no-changes")


def settings(lab: Lab, namespace: str = "gitlab-kubernetes") -> tuple[dict[str, str], ...]:
    """Return the configuration of a stack that uses a GitLab as its user, and its secret part."""
    return {f"{namespace}:baseUrl": lab.url}, {f"{namespace}:token": lab.token}

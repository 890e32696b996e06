"""`gitlab-kubernetes migrate-config` copies a stack's settings with the Pulumi CLI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.configuration.migration import Setting, to_copy
from pulumi_gitlab_kubernetes.errors import ConfigurationError

_PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"
_SECRETS = {"token": "glpat-canary-1", "headers": "canary-2"}
_PROJECT = {"name": "shop", "runtime": "python", "config": {"gitlab:cacertFile": {"value": "ca"}}}


def _config(**values: str) -> dict[str, dict[str, Any]]:
    """Return a configuration; `__` and `_` in names stand for `:` and `-`."""
    return {
        name.replace("__", ":").replace("_", "-"): {"value": value, "secret": False}
        for name, value in values.items()
    }


def _found(**values: str) -> dict[str, str]:
    return {each.path("gitlab-kubernetes"): each.value for each in to_copy(_config(**values))}


def test_the_token_is_copied_after_its_address() -> None:
    """An interruption leaves no token that would go to gitlab.com. Other packages' keys stay."""
    config = _config(
        gitlab__token="glpat-x", gitlab__baseUrl="https://x", gitlab__retries="3", aws__token="x"
    )
    assert to_copy(config) == [
        Setting("baseUrl", "", "https://x", secret=False),
        Setting("token", "", "glpat-x", secret=True),
    ]


@pytest.mark.parametrize("key", ["token", "headers"])
def test_what_holds_secrets_becomes_a_secret(key: str) -> None:
    """Even if it was none. The text of a setting has no value."""
    (setting,) = to_copy(_config(**{f"gitlab__{key}": '{"X-A": "canary"}'}))
    assert setting.secret
    assert "canary" not in repr(setting)


def test_only_what_is_missing_is_copied() -> None:
    """Each header counts as one setting, whether the map is JSON or not."""
    both = {"gitlab__baseUrl": "https://x", "gitlab_kubernetes__baseUrl": "https://x"}
    assert _found(**both) == {}
    assert _found(**both, gitlab__token="t", gitlab__insecure="") == {
        "gitlab-kubernetes:token": "t"
    }
    assert _found(
        gitlab__headers='{"X-A": "1", "X.B": "2"}', gitlab_kubernetes__headers='{"X-A":"1"}'
    ) == {'gitlab-kubernetes:headers["X.B"]': "2"}
    assert _found() == {}


@pytest.mark.parametrize(
    ("olds", "news", "path"),
    [
        ({"token": "canary-1"}, {"token": "canary-2"}, "token"),
        ({"baseUrl": "https://x"}, {"baseUrl": "https://y"}, "baseUrl"),
        ({"headers": '{"X": "canary-1"}'}, {"headers": '{"X": "canary-2"}'}, 'headers["X"]'),
    ],
)
def test_another_value_is_not_overwritten(
    olds: dict[str, str], news: dict[str, str], path: str
) -> None:
    """The error shows no value."""
    given = {f"gitlab__{key}": value for key, value in olds.items()}
    given |= {f"gitlab_kubernetes__{key}": value for key, value in news.items()}
    with pytest.raises(ConfigurationError) as raised:
        _found(**given)
    assert str(raised.value) == (
        f"gitlab-kubernetes:{path} has another value than gitlab:{path}: if that is wrong, remove "
        f"it with `pulumi config rm --path 'gitlab-kubernetes:{path}'`"
    )


@pytest.mark.parametrize(("copied", "other"), [("token", "baseUrl"), ("baseUrl", "token")])
def test_a_token_is_not_combined_with_another_address(copied: str, other: str) -> None:
    """They may be for different GitLabs. Without both, there is no doubt."""
    given = {f"gitlab__{copied}": "https://x", "gitlab__insecure": "true"}
    with pytest.raises(ConfigurationError) as raised:
        _found(**given, **{f"gitlab_kubernetes__{other}": "https://y"})
    assert str(raised.value) == (
        f"gitlab-kubernetes:{other} is set and gitlab:{other} is not: it may be for another GitLab "
        f"than gitlab:{copied}; remove one of them, or set both to the same value"
    )
    assert len(_found(**given)) == 2


def _migrate(*arguments: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", "migrate-config", *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_error_without_the_cli(tmp_path: Path) -> None:
    """It says what to install."""
    done = _migrate(environ={**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 1
    assert done.stderr == (
        "error: `pulumi` is not on PATH: install the Pulumi CLI "
        "(https://www.pulumi.com/docs/get-started/download-install/)\n"
    )


class _Stack:
    """A stack of the real CLI. A script in front of it records all arguments.

    Args:
        folder: An empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.project, self._arguments = folder / "project", folder / "arguments"
        programs, backend = folder / "bin", folder / "state"
        for each in (self.project, programs, backend):
            each.mkdir()
        (self.project / "Pulumi.yaml").write_text(json.dumps(_PROJECT))  # JSON is YAML, too.
        script = programs / "pulumi"
        real = shutil.which("pulumi")
        script.write_text(f'#!/bin/sh\necho "$@" >> "{self._arguments}"\nexec "{real}" "$@"\n')
        script.chmod(0o700)
        self.environ = {
            **{name: text for name, text in os.environ.items() if not name.startswith("PULUMI_")},
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "PULUMI_SKIP_UPDATE_CHECK": "1",
            _PASSPHRASE: "p",
        }
        self.pulumi("stack", "init", "dev")

    def pulumi(self, *arguments: str, given: str = "") -> str:
        """Run the CLI, which must succeed, and return its output."""
        done = subprocess.run(
            [self.environ["PATH"].partition(os.pathsep)[0] + "/pulumi", *arguments],
            cwd=self.project,
            env=self.environ,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def migrate(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Migrate the current stack from another folder."""
        environ = {**self.environ, **environ}
        done = _migrate("--cwd", str(self.project), *arguments, environ=environ)
        shown = done.stdout + done.stderr + self._arguments.read_text()
        assert not [secret for secret in _SECRETS.values() if secret in shown]
        return done

    def settings(self) -> dict[str, Any]:
        """Return the decrypted configuration."""
        found: dict[str, Any] = json.loads(self.pulumi("config", "--json", "--show-secrets"))
        return found


@pytest.fixture
def stack(tmp_path: Path) -> _Stack:
    """A stack with settings of each form, one of them in Pulumi.yaml."""
    stack = _Stack(tmp_path)
    stack.pulumi("config", "set", "gitlab:baseUrl", "https://gitlab.example.com")
    stack.pulumi("config", "set", "gitlab:insecure", "true")
    stack.pulumi("config", "set", "gitlab:earlyAuthCheck", "true")
    stack.pulumi("config", "set", "--secret", "gitlab:token", given=_SECRETS["token"])
    for header, value in (("X-A", "007"), ("X.B", _SECRETS["headers"])):
        path = f'gitlab:headers["{header}"]'
        stack.pulumi("config", "set", "--secret", "--path", path, given=value)
    return stack


@pytest.mark.cli
def test_the_settings_are_copied_with_the_cli(stack: _Stack) -> None:
    """Secrets are encrypted and in no argument. A second run changes nothing."""
    before = stack.settings()
    file = stack.project / "Pulumi.dev.yaml"
    text = file.read_text()
    lines = [
        f"{path.format('gitlab')} to {path.format('gitlab-kubernetes')}{secret}"
        for path, secret in (
            ("{}:baseUrl", ""),
            ("{}:insecure", ""),
            ("{}:cacertFile", ""),
            ('{}:headers["X-A"]', " (secret)"),
            ('{}:headers["X.B"]', " (secret)"),
            ("{}:token", " (secret)"),
        )
    ]
    dry = stack.migrate("--dry-run")
    assert dry.stdout.splitlines() == [f"would copy {line}" for line in lines], dry.stderr
    assert file.read_text() == text

    done = stack.migrate("--stack", "dev")
    assert done.stdout.splitlines() == [f"copied {line}" for line in lines], done.stderr
    after = stack.settings()
    for key in ("baseUrl", "insecure", "cacertFile", "headers", "token"):
        old = before[f"gitlab:{key}"]
        assert after.pop(f"gitlab-kubernetes:{key}") == {**old, "secret": key in _SECRETS}
    assert after == before
    assert not [secret for secret in _SECRETS.values() if secret in file.read_text()]

    again = stack.migrate()
    assert again.returncode == 0
    assert again.stdout == "nothing to copy: gitlab-kubernetes:* has all settings of gitlab:*\n"


@pytest.mark.cli
def test_the_errors_of_the_cli_are_one_line(stack: _Stack) -> None:
    """A wrong passphrase, an unknown stack, a value that would be overwritten."""
    for arguments, environ, reason in (
        ((), {_PASSPHRASE: "q"}, "`pulumi config --json --show-secrets` failed: incorrect passph"),
        (("--stack", "x"), {}, "`pulumi config --json --show-secrets` failed: no stack named 'x'"),
    ):
        done = stack.migrate(*arguments, **environ)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"error: {reason}")
        assert done.stderr.count("\n") == 1
    stack.pulumi("config", "set", "--secret", "gitlab-kubernetes:token", given="glpat-other")
    text = (stack.project / "Pulumi.dev.yaml").read_text()
    done = stack.migrate()
    assert done.stderr.startswith("error: gitlab-kubernetes:token has another value than gitlab:")
    assert (stack.project / "Pulumi.dev.yaml").read_text() == text

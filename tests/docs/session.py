"""A shell in which a page's blocks run in order, as its reader would run them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from tests.docs.markdown import ROOT, Block
from tests.support.commands.server import Commands

from pulumi_gitlab_kubernetes.testing.environ import without_foreign
from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.local.simulator import LocalSimulator
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

if TYPE_CHECKING:
    from typing_extensions import Self

GITLAB, OTHER, TOKEN = "https://gitlab.example.com", "https://gitlab.other.example", "glpat-..."
"""What stands for the simulator, for its other name, and for the token of its Maintainer."""
_PASSPHRASE = "p"
_IN_BACKGROUND = """> background.log 2>&1 &
until [ -s background.log ]; do sleep 0.1; done"""
"""A server is ready when it has printed its address."""
_END = "--- end of the command, status "
_FUNCTIONS = """\
pulumi() {  # The reader answers "yes".
  case "$1" in
    up | refresh | destroy) set -- "$@" --yes --skip-preview ;;
    import) set -- "$@" --yes ;;
  esac
  if [ -n "$CLI" ]; then "$CLI" "$@" --non-interactive --color never; return; fi
  case "$1 $2" in
    login* | "stack select"*) return ;;  # The deployment host needs neither.
    "stack "*) shift ;;
  esac
  gitlab-kubernetes stack "$@"
}
admin() {  # METHOD PATH [curl's OPTION...]
  curl -sS -o /dev/null -X "$1" -H "PRIVATE-TOKEN: $ROOT_TOKEN" "$SIMULATOR/$2" "${@:3}"
}
clone() {  # The repository, after `make install`.
  mkdir ../clone && cd ../clone && mkdir examples && cp -a ../infrastructure/.venv . &&
    cp -p "$ROOT/Makefile" "$ROOT/Pulumi.yaml" "$ROOT/pyproject.toml" . &&
    cp -R "$ROOT/examples/platform" examples
}
"""
"""What the reader has, and what hidden commands use."""
_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""What `make test` tells the `make` of a page, which is not its own."""
_IGNORED = re.compile(
    r" ?\(\d+(\.\d+)?s\)| in \d+\.\d+s|Duration: .*|127\.0\.0\.1:\d+|localhost:\d+"
    r"|The deployment host is for tests and first steps; use the Pulumi CLI for real deployments\."
    r"|\d{4}-\d\d-\d\d[T ][\d:.]+Z?|\(local: [^)]*\)|(?<=agent_id: )\d+"
)
"""What differs from run to run, and what the deployment host alone prints."""


class Session:
    """A shell with a simulator in place of the reader's GitLab.

    Args:
        folder: An empty folder. The shell starts in its folder `infrastructure`.
        simulator: The GitLab, with the project `acme/shop`.
        cli: The Pulumi CLI, or `None` to run the deployment host under its name.
        commands: Forks the deployment host's processes; without it they are started.
    """

    def __init__(
        self, folder: Path, simulator: Simulator, cli: str | None, commands: Commands | None = None
    ) -> None:
        self._cli = cli
        self._commands = commands
        other = simulator.url.replace("127.0.0.1", "localhost")
        self._values = {GITLAB: simulator.url, OTHER: other, TOKEN: simulator.token}
        self._folder, self._input = folder, folder / "input"
        self._shell = self._start(simulator)

    def _start(self, simulator: Simulator) -> subprocess.Popen[str]:
        for name in ("infrastructure", "state"):
            (self._folder / name).mkdir()
        self._input.write_text(f"{simulator.token}\n")  # The answer to each question.
        (self._folder / ".curlrc").write_text("fail\nnoproxy = *\n")
        make_environment(self._folder / "infrastructure" / ".venv")
        forks = [self._commands.path] if self._commands else []
        path = (*forks, Path(sys.executable).parent, *self._tools(), "/usr/bin", "/bin")
        shell = subprocess.Popen(
            ["/bin/bash", "--noprofile", "--norc"],
            cwd=self._folder / "infrastructure",
            env={
                **{name: value for name, value in without_foreign().items() if name not in _MAKE},
                "CLI": self._cli or "",
                "HOME": str(self._folder),
                "NO_PROXY": "127.0.0.1,localhost",
                "PATH": os.pathsep.join(map(str, path)),
                "PULUMI_BACKEND_URL": f"file://{self._folder / 'state'}",
                "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
                "PULUMI_SKIP_UPDATE_CHECK": "1",
                "PULUMI_STACK": "dev",
                "ROOT": str(ROOT),
                "SIMULATOR": simulator.url,
                "ROOT_TOKEN": simulator.root_token,
                **(self._commands.environ if self._commands else {}),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert shell.stdin is not None
        shell.stdin.write(_FUNCTIONS)
        return shell

    def _tools(self) -> Iterator[Path]:
        """Return the folders of the tools of other languages on PATH."""
        for tool in ("node", "go"):
            if found := shutil.which(tool):
                yield Path(found).parent
        if self._cli:  # Its language hosts are next to it.
            yield Path(self._cli).parent

    def __enter__(self) -> Self:
        """Use the shell."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the shell with all that it started."""
        for folder in self._folder.glob("*/.local"):
            if local := LocalSimulator.load(folder):
                local.stop(folder)
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, 15)
        self._shell.communicate()

    def start_project(self, files: Mapping[str, str]) -> None:
        """Create the project and the stack that a reader of the first guide has.

        Args:
            files: The text of each file of the project.
        """
        directory = self._folder / "infrastructure"
        for name, text in files.items():
            (directory / name).write_text(text)
        stack = Stack(directory, "dev", backend=self._folder / "state", passphrase=_PASSPHRASE)
        stack.init()
        stack.set_config("gitlab-kubernetes:baseUrl", self._values[GITLAB])
        stack.set_config("gitlab-kubernetes:token", self._values[TOKEN], secret=True)

    def run(self, block: Block) -> None:
        """Write the file that a block shows, or run its commands and compare their output.

        Args:
            block: The block.
        """
        if block.language == "run":
            self._call(block.text, block)
        elif block.language == "console":
            commands = list(_commands(block.text))
            for number, (command, expected) in enumerate(commands, 1):
                last = number == len(commands)
                status = block.notes.get("status", "0") if last else "0"
                printed = self._call(command, block, status)
                if self._cli is None or block.notes.get("shows") != "host":
                    missing = difference(expected, printed.splitlines())
                    assert not missing, f"{block.where}: $ {command}\n{missing}\n--\n{printed}"
        else:
            self._write(block)

    def _write(self, block: Block) -> None:
        if block.title.startswith("examples/"):  # It shows a file there, or a part of it.
            kept = (ROOT / block.title).read_text()
            assert block.text in kept, f"{block.where} is not in {block.title}"
            return
        path = self._where() / block.title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._translated(block.text))

    def _where(self) -> Path:
        return Path(self._call("pwd", None).strip())

    def _call(self, command: str, block: Block | None, status: str = "0") -> str:
        """Run a command in the shell and return what it prints."""
        text = self._translated(self._with_free_port(command))
        if text.rstrip().endswith("&"):
            text = f"rm -f background.log\n{text.rstrip()[:-1]} {_IN_BACKGROUND}"
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(
            f"{{\n{text}\n}} < {self._input}\nprintf '\\n%s%s\\n' '{_END}' $?\n"
        )
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.startswith(_END):
                break
            lines.append(line)
        else:
            raise AssertionError(f"the shell has ended: {command}\n{''.join(lines)}")
        printed = "".join(lines).removesuffix("\n")
        for name, value in self._values.items():
            printed = printed.replace(value, name)
        done = line.removeprefix(_END).strip()
        where = block.where if block else ""
        assert status in (done, "not 0" if done != "0" else ""), (
            f"{where}: $ {command}: status {done}\n{printed}"
        )
        return printed

    def _with_free_port(self, command: str) -> str:
        """Replace the port that a server listens on: others use the same machine."""
        if found := re.search(r"--port (\d+)", command):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            self._values[f"127.0.0.1:{found[1]}"] = f"127.0.0.1:{port}"
            return command.replace(found[0], f"--port {port}")
        return command

    def _translated(self, text: str) -> str:
        for name, value in self._values.items():
            text = text.replace(name, value)
        return text


def make_environment(folder: Path) -> None:
    """Make a virtual environment that is the current one, as `make install` leaves it."""
    folder.mkdir(parents=True)
    for each in Path(sys.prefix).iterdir():
        if each.name != ".installed":
            (folder / each.name).symlink_to(each)
    (folder / ".installed").touch()


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Return each command of a console block, and the lines of its output."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        more = next((n for n, line in enumerate(lines[1:], 1) if not line.startswith("> ")), None)
        end = len(lines) if more is None else more
        command = "\n".join([lines[0], *(line[2:] for line in lines[1:end])])
        yield command, lines[end:]


def difference(expected: Sequence[str], printed: Sequence[str]) -> str:
    """Return how an output differs from the expected one; empty if it does not.

    Times, ports, quotes, commas at the end and blank lines do not count: the engines differ. A line
    `...` stands for any lines, `...` in a line for any text. Operations run in parallel, so the
    order of lines does not count.

    Args:
        expected: The lines of the page. Nothing is compared if there is none.
        printed: The lines of the command.
    """
    wanted, rest = _plain(expected), _plain(printed)
    if not wanted:
        return ""
    missing = []
    for line in wanted:
        if line == "...":
            continue
        pattern = re.compile(".*".join(map(re.escape, line.split("..."))))
        found = next((each for each in rest if pattern.fullmatch(each)), None)
        if found is None:
            missing.append(f"- {line}")
        else:
            rest.remove(found)
    more = [] if "..." in wanted else [f"+ {line}" for line in rest]
    return "\n".join([*missing, *more])


def _plain(lines: Sequence[str]) -> list[str]:
    plain = (_IGNORED.sub("", line).replace('"', "").rstrip(" ,") for line in lines)
    return [line for line in plain if line.strip()]

"""The file backend keeps state as the Pulumi CLI does: always whole, one writer at a time."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host.backend import FileBackend
from pulumi_gitlab_kubernetes.testing.host.errors import HostError

DEPLOYMENT: dict[str, Any] = {
    "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "x", "version": "3.260.0"},
    "resources": [{"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "type": "ü<&>"}],
    "metadata": {},
}


@pytest.fixture
def backend(tmp_path: Path) -> FileBackend:
    """An empty backend."""
    return FileBackend(tmp_path)


def _file(backend: FileBackend, suffix: str = ".json") -> Path:
    return backend.directory / ".pulumi" / "stacks" / "shop" / f"dev{suffix}"


def _lock_files(backend: FileBackend) -> list[Path]:
    return [path for path in backend.directory.glob(".pulumi/locks/**/*") if path.is_file()]


def test_a_deployment_is_stored_in_the_layout_of_the_cli(backend: FileBackend) -> None:
    """The first save makes exactly the files the CLI would make, nothing besides."""
    backend.save("shop", "dev", DEPLOYMENT)
    root = backend.directory / ".pulumi"
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files == {"meta.yaml", "stacks/shop/dev.json"}
    assert (root / "meta.yaml").read_text() == "version: 1\n"
    assert json.loads(_file(backend).read_bytes()) == {
        "version": 3,
        "checkpoint": {"stack": "organization/shop/dev", "latest": DEPLOYMENT},
    }
    assert "ü<&>" in _file(backend).read_text(encoding="utf-8")
    assert backend.load("shop", "dev") == DEPLOYMENT


def test_the_state_before_is_kept(backend: FileBackend) -> None:
    """Each save leaves the one before as .bak."""
    backend.save("shop", "dev", DEPLOYMENT)
    first = _file(backend).read_bytes()
    backend.save("shop", "dev", {**DEPLOYMENT, "resources": []})
    assert _file(backend, ".json.bak").read_bytes() == first
    assert backend.load("shop", "dev") == {**DEPLOYMENT, "resources": []}


def test_a_stack_without_a_deployment_exists(backend: FileBackend) -> None:
    """A stack that was initialised but never deployed has no deployment, and exists."""
    assert not backend.exists("shop", "dev")
    assert backend.load("shop", "dev") is None
    backend.save("shop", "dev", None)
    assert backend.exists("shop", "dev")
    assert backend.load("shop", "dev") is None
    # what the CLI leaves if it is cut short in `stack init`
    _file(backend).write_text('{"version":0,"checkpoint":{"stack":"organization/shop/dev"}}')
    assert backend.load("shop", "dev") is None


def test_compressed_state_is_read_and_replaced(backend: FileBackend) -> None:
    """State the CLI compressed with gzip is read; the next save leaves one plain file."""
    backend.save("shop", "dev", DEPLOYMENT)
    compressed = gzip.compress(_file(backend).read_bytes())
    _file(backend).unlink()
    _file(backend, ".json.gz").write_bytes(compressed)
    assert backend.load("shop", "dev") == DEPLOYMENT
    assert backend.stacks("shop") == ["dev"]
    backend.save("shop", "dev", DEPLOYMENT)
    assert not _file(backend, ".json.gz").exists()
    assert _file(backend, ".json.gz.bak").read_bytes() == compressed
    assert backend.load("shop", "dev") == DEPLOYMENT


def test_the_newest_variant_counts(backend: FileBackend) -> None:
    """If a change of compression was cut short, the file written last is the stack."""
    backend.save("shop", "dev", DEPLOYMENT)
    checkpoint = {"version": 3, "checkpoint": {"latest": {"resources": []}}}
    _file(backend, ".json.gz").write_bytes(gzip.compress(json.dumps(checkpoint).encode()))
    os.utime(_file(backend), (1, 1))
    assert backend.load("shop", "dev") == {"resources": []}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x28\xb5\x2f\xfd\x00", "zstd"),
        (b"\x1f\x8b\x00", "not a Pulumi checkpoint|damaged gzip"),
        (b"{", "not a Pulumi checkpoint"),
        (b"[]", "not a Pulumi checkpoint"),
        (b'{"version":3,"deployment":{}}', "not a Pulumi checkpoint"),
        (b'{"version":2,"checkpoint":{"latest":{}}}', "version 3, not 2"),
        (b'{"version":4,"features":["views"],"checkpoint":{"latest":{}}}', "features: views"),
    ],
)
def test_what_is_no_known_checkpoint_is_an_error(
    backend: FileBackend, content: bytes, reason: str
) -> None:
    """An unsupported file is rejected in one line that names it."""
    backend.save("shop", "dev", DEPLOYMENT)
    _file(backend).write_bytes(content)
    with pytest.raises(HostError, match=reason) as raised:
        backend.load("shop", "dev")
    assert str(_file(backend)) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_stacks_are_listed(backend: FileBackend) -> None:
    """A project's stacks are its files, without backups and other projects."""
    assert backend.stacks("shop") == []
    for project, stack in (("shop", "prod"), ("shop", "dev"), ("shop", "dev"), ("other", "x")):
        backend.save(project, stack, DEPLOYMENT)
    assert backend.stacks("shop") == ["dev", "prod"]


def test_a_removed_stack_leaves_its_last_state(backend: FileBackend) -> None:
    """After removal there is no stack, but its state can still be found as .bak."""
    backend.save("shop", "dev", DEPLOYMENT)
    last = _file(backend).read_bytes()
    _file(backend, ".json.attrs").touch()
    history = backend.directory / ".pulumi" / "history" / "shop" / "dev"
    history.mkdir(parents=True)
    backend.remove("shop", "dev")
    assert not backend.exists("shop", "dev")
    assert not _file(backend, ".json.attrs").exists()
    assert not history.exists()
    assert _file(backend, ".json.bak").read_bytes() == last
    backend.remove("shop", "dev")


@pytest.mark.parametrize("meta", ["version: 0", "version: 2", "", "[", "x"])
def test_another_layout_is_refused(backend: FileBackend, meta: str) -> None:
    """A directory with an unknown layout is neither read nor written."""
    root = backend.directory / ".pulumi"
    root.mkdir()
    (root / "meta.yaml").write_text(meta)
    with pytest.raises(HostError, match=r"meta\.yaml"):
        backend.load("shop", "dev")
    with pytest.raises(HostError, match=r"meta\.yaml"):
        backend.save("shop", "dev", DEPLOYMENT)
    assert [path.name for path in root.iterdir()] == ["meta.yaml"]


def test_stacks_of_the_layout_without_projects_are_refused(backend: FileBackend) -> None:
    """A directory of an old CLI is left alone, and the error says what to do."""
    (backend.directory / ".pulumi" / "stacks").mkdir(parents=True)
    (backend.directory / ".pulumi" / "stacks" / "dev.json").write_text("{}")
    with pytest.raises(HostError, match="pulumi state upgrade"):
        backend.save("shop", "dev", DEPLOYMENT)


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", "a b", "x" * 101])
def test_a_name_never_leaves_the_directory(backend: FileBackend, name: str) -> None:
    """Names that are no project's or stack's are refused before they become a path."""
    for project, stack in ((name, "dev"), ("shop", name)):
        with pytest.raises(HostError, match="name"):
            backend.save(project, stack, DEPLOYMENT)
        with pytest.raises(HostError, match="name"), backend.lock(project, stack):
            pass
    assert not _lock_files(backend)


def test_a_url_names_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """file:// URLs are absolute, relative to the working directory or the home directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a b").mkdir()
    for url in (
        f"file://{tmp_path}/a%20b",
        "file://./a b",
        "file://a b",
        "file://~/a b?no_tmp_dir=true",
    ):
        assert FileBackend.from_url(url).directory == tmp_path / "a b", url
    assert FileBackend.from_url("file://~").directory == tmp_path
    with pytest.raises(HostError, match="missing doesn't exist"):
        FileBackend.from_url("file://./missing")
    with pytest.raises(HostError, match="not s3://"):
        FileBackend.from_url("s3://bucket")


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A failing write is one line that names the directory."""
    (tmp_path / ".pulumi").mkdir()
    (tmp_path / ".pulumi" / "stacks").touch()  # a file where the directory should be
    with pytest.raises(HostError, match=f"cannot write state under {tmp_path}: "):
        FileBackend(tmp_path).save("shop", "dev", DEPLOYMENT)


@pytest.mark.slow
def test_a_reader_never_sees_half_a_file(backend: FileBackend) -> None:
    """While one process saves over and over and is killed, every read is a whole deployment."""
    resources = [{"urn": f"urn:{number}", "filler": "x" * 1000} for number in range(500)]
    backend.save("shop", "dev", {"resources": resources})
    code = (
        "import sys, pathlib\n"
        "from pulumi_gitlab_kubernetes.testing.host.backend import FileBackend\n"
        "backend = FileBackend(pathlib.Path(sys.argv[1]))\n"
        "deployment = backend.load('shop', 'dev')\n"
        "print('ready', flush=True)\n"
        "while True: backend.save('shop', 'dev', deployment)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(backend.directory)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"ready\n"
        try:
            for _ in range(50):
                assert backend.load("shop", "dev") == {"resources": resources}
        finally:
            writer.kill()
    assert backend.load("shop", "dev") == {"resources": resources}
    assert backend.stacks("shop") == ["dev"]


def test_a_lock_is_held_and_released(backend: FileBackend) -> None:
    """A held lock is one file as the CLI writes it, gone at the end, after an error too."""
    with backend.lock("shop", "dev") as cleared:
        assert cleared == []
        (file,) = _lock_files(backend)
        assert file.parent == backend.directory / ".pulumi/locks/organization/shop/dev"
        content = json.loads(file.read_bytes())
        assert content.keys() == {"pid", "username", "hostname", "timestamp"}
        assert content["pid"] == os.getpid()
        with backend.lock("shop", "prod"):
            pass
    assert not _lock_files(backend)
    with pytest.raises(ZeroDivisionError), backend.lock("shop", "dev"):
        raise ZeroDivisionError
    assert not _lock_files(backend)


def test_a_locked_stack_is_refused(backend: FileBackend) -> None:
    """The second process gets an error that names the owner and the start, and keeps the lock."""
    with backend.lock("shop", "dev"):
        (held,) = backend.locks("shop", "dev")
        with pytest.raises(HostError) as raised, backend.lock("shop", "dev"):
            pass
        assert str(held) in str(raised.value)
        for part in (str(os.getpid()), held.username, held.hostname, held.timestamp):
            assert part in str(raised.value)
        assert "\n" not in str(raised.value)
        assert backend.locks("shop", "dev") == [held]


HOLDER = """
import contextlib, pathlib, sys, time
from pulumi_gitlab_kubernetes.testing.host.backend import FileBackend
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
print("ready", flush=True)
sys.stdin.readline()
try:
    with FileBackend(pathlib.Path(sys.argv[1])).lock("shop", "dev"):
        print("locked", flush=True)
        sys.stdin.readline()
except HostError:
    print("refused", flush=True)
"""


def _holder(backend: FileBackend) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(backend.directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def _say(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def _hear(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_the_lock_of_a_killed_process_is_cleared(backend: FileBackend) -> None:
    """A lock outlives its killed process; the next process clears it and reports it."""
    with _holder(backend) as process:
        _say(process)
        assert _hear(process) == "locked"
        with pytest.raises(HostError, match=str(process.pid)), backend.lock("shop", "dev"):
            pass
        assert backend.clear_dead_locks("shop", "dev") == []
        process.send_signal(signal.SIGKILL)
    (file,) = _lock_files(backend)
    file.with_name(f"{file.name}.attrs").touch()  # what the CLI keeps beside it
    with backend.lock("shop", "dev") as cleared:
        assert [lock.pid for lock in cleared] == [process.pid]
        assert str(process.pid) in str(cleared[0])
    assert not _lock_files(backend)


def test_the_lock_of_another_machine_stays(backend: FileBackend) -> None:
    """The state of a process on another machine is unknown, so its lock is respected."""
    with backend.lock("shop", "dev"):
        (file,) = _lock_files(backend)
        content = json.loads(file.read_bytes())
    foreign = {**content, "hostname": "elsewhere.example", "pid": 2**22 + 1}
    file.write_text(json.dumps(foreign))
    with pytest.raises(HostError, match="elsewhere"), backend.lock("shop", "dev"):
        pass
    assert _lock_files(backend) == [file]


@pytest.mark.slow
def test_of_two_at_once_never_both_get_in(backend: FileBackend) -> None:
    """Two processes that lock at the same moment never run together."""
    for _ in range(5):
        with _holder(backend) as one, _holder(backend) as other:
            _say(one)
            _say(other)
            answers = [_hear(one), _hear(other)]
            assert answers.count("locked") <= 1
            assert set(answers) <= {"locked", "refused"}
            for process, answer in zip((one, other), answers, strict=True):
                if answer == "locked":
                    _say(process)
        assert not _lock_files(backend)


def test_a_damaged_lock_is_an_error(backend: FileBackend) -> None:
    """A damaged lock file does not free the stack."""
    with backend.lock("shop", "dev"):
        (file,) = _lock_files(backend)
    file.write_text('{"pid":')
    with pytest.raises(HostError, match="pulumi cancel"), backend.lock("shop", "dev"):
        pass

"""Processes of stand-ins, without an engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc

from pulumi_gitlab_kubernetes.testing.host.provider import Provider


@contextmanager
def started(folder: Path, package: str, **environ: str) -> Iterator[Provider]:
    """Start a stand-in during a `with` block, and return its service."""
    command = [folder / f"pulumi-resource-{package}"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ or None
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdecimal(), process.communicate()[1]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Provider(channel, "")
    finally:
        process.terminate()
        process.communicate()

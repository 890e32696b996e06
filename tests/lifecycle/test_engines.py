"""The engines of this suite."""

import shutil
import subprocess

import pytest


def test_the_pulumi_cli_is_one_of_them() -> None:
    """If `pulumi` is on PATH, all tests also run on it."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        pytest.skip("no `pulumi` on PATH: the lifecycle suite ran on the deployment host alone")
    version = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=True)
    assert version.stdout.strip().removeprefix("v").startswith("3.")

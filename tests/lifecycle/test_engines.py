"""Which engines the suite ran on."""

import shutil
import subprocess

import pytest


def test_the_pulumi_cli_is_one_of_them() -> None:
    """With a `pulumi` on PATH every test of this suite runs on it too."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        pytest.skip("no `pulumi` on PATH: the lifecycle suite ran on the deployment host alone")
    said = subprocess.run([pulumi, "version"], capture_output=True, text=True, check=True)
    assert said.stdout.strip().removeprefix("v").startswith("3.")

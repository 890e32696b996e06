"""The classes of this package in a program that is a provider of components itself.

See https://www.pulumi.com/docs/iac/guides/building-extending/components/build-a-component/.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

_IMPORTS = ("import pulumi.provider.experimental", "provider_for('ClusterAgent')")


@pytest.mark.slow
@pytest.mark.parametrize("order", [_IMPORTS, _IMPORTS[::-1]], ids=["the SDK first", "ours first"])
def test_both_can_be_imported(order: tuple[str, str]) -> None:
    """The SDK has a copy of a message that this package uses, and protobuf refuses the second."""
    code = "from pulumi_gitlab_kubernetes.registry import provider_for\n" + "\n".join(order)
    code += (
        "\nfrom pulumi_gitlab_kubernetes.engine.failures import failed\n"
        "assert b'no such project' in failed('no such project')[0][1]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

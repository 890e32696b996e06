"""The programs in the guide to functions, and what users see of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes.functions.catalog import functions
from pulumi_gitlab_kubernetes.testing import Simulator, Stack

_PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "lookups.md").read_text()
_PROGRAMS = re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL)
_OUTPUTS = re.findall(r"```console\n\$ pulumi up\n\.\.\.\n(.*?)```", _PAGE, re.DOTALL)


@pytest.fixture
def shop(gitlab_simulator: Simulator) -> None:
    """The project of the page."""
    path = f"projects/{gitlab_simulator.project.replace('/', '%2F')}"
    assert gitlab_simulator.project == "acme/shop"
    gitlab_simulator.api("POST", f"{path}/cluster_agents", name="production")
    for name in ("review/fix-login", "review/new-menu", "production"):
        gitlab_simulator.api("POST", f"{path}/environments", name=name)


@pytest.mark.slow
@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("number", range(3))
def test_a_program_shows_what_the_page_shows(
    gitlab_stack: Callable[..., Stack], tmp_path: Path, number: int
) -> None:
    """On the deployment host."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(_PROGRAMS[number])
    shown = gitlab_stack(tmp_path).up().stdout
    assert _OUTPUTS[number] in shown
    assert "Traceback" not in shown


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning")
def test_the_mocks_of_the_page_are_asked() -> None:
    """As in a user's unit test."""
    asyncio.set_event_loop(asyncio.new_event_loop())  # Other tests have closed theirs.
    found: dict[str, Any] = {}
    exec(_PROGRAMS[3], found)  # noqa: S102 (the page's own program)

    @pulumi.runtime.test  # type: ignore[untyped-decorator] # the SDK's own
    def read() -> None:
        found["agent"] = gitlab.get_cluster_agent(project="acme/shop", name="production")

    read()
    settings.reset_options()
    assert (found["agent"].agent_id, found["agent"].name) == (7, "production")


def test_all_programs_are_run() -> None:
    """And each has its output."""
    assert (len(_PROGRAMS), len(_OUTPUTS)) == (4, 3)


def test_the_table_has_all_functions() -> None:
    """With the arguments that find something, and the name of each list."""
    rows = {
        name: (by, returned)
        for name, by, returned in re.findall(
            r"^\| `(get_\w+)` \|([^|]*)\|([^|]*)\|$", _PAGE, re.MULTILINE
        )
        if not name.endswith("_output") and "_output" not in by
    }
    assert rows.keys() == functions().keys()
    for name, (by, returned) in rows.items():
        arguments = {each.name for each in functions()[name].arguments} - {"project"}
        listed = set(re.findall(r"`(\w+)`", by))
        assert listed <= arguments
        assert arguments - listed <= {"url_configuration_id"}
        if name.endswith("s"):
            (result,) = functions()[name].results
            assert f"`{result.name}`" in returned

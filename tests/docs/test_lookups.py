"""The guide to functions."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pulumi
import pytest
from pulumi.runtime import settings
from tests.docs.markdown import ROOT, blocks

import pulumi_gitlab_kubernetes as gitlab
from pulumi_gitlab_kubernetes.functions.catalog import functions

_FILE = ROOT / "docs" / "guides" / "lookups.md"
_PAGE = _FILE.read_text()
_MOCKS = next(block for block in blocks(_FILE) if "tested by" in block.notes)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.filterwarnings("ignore:.*BaseEventLoop:pytest.PytestUnraisableExceptionWarning")
def test_the_mocks_of_the_page_are_asked() -> None:
    """As in a user's unit test."""
    asyncio.set_event_loop(asyncio.new_event_loop())  # Other tests have closed theirs.
    found: dict[str, Any] = {}
    exec(_MOCKS.text, found)  # noqa: S102 (the page's own program)

    @pulumi.runtime.test  # type: ignore[untyped-decorator] # the SDK's own
    def read() -> None:
        found["agent"] = gitlab.get_cluster_agent(project="acme/shop", name="production")

    read()
    settings.reset_options()
    assert (found["agent"].agent_id, found["agent"].name) == (7, "production")


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

"""Generates code and tables from the kinds, the policies and the simulator's routes.

These are the resource classes, the functions, the package's names, the package schema, the
policies' model, and the tables in the documents. `make generate` writes them, and tests check that
they are up to date.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.dynamic_host import DynamicHost
from tools.generate import (
    classes,
    component,
    endpoints,
    lookups,
    names,
    package_schema,
    policy_kinds,
    reference,
    requests,
    rules,
)

import pulumi_gitlab_kubernetes
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

PACKAGE = Path(pulumi_gitlab_kubernetes.__file__).parent
README = Path(__file__).parent.parent.parent / "README.md"
POLICIES = PACKAGE / "policy" / "POLICIES.md"
ENDPOINTS = PACKAGE / "testing" / "simulator" / "ENDPOINTS.md"


def documents() -> dict[Path, str]:
    """Return the text of each file that is generated or has generated parts."""
    return {
        **{
            PACKAGE / folder / f"{module}.py": source
            for folder, sources in (
                ("resources", classes.dynamic_classes()),
                ("native/resources", classes.native_classes()),
                ("lookups/results", lookups.results()),
                ("lookups", lookups.dynamic()),
                ("native/lookups", lookups.native()),
            )
            for module, source in sources.items()
        },
        PACKAGE / "native" / "resources" / "provider.py": classes.provider(),
        PACKAGE / "native" / "resources" / "enums.py": classes.native_enums(),
        PACKAGE / "components" / "argument_types.py": component.argument_types(),
        PACKAGE / "resources" / "gitlab_agent.py": component.dynamic_class(),
        PACKAGE / "native" / "resources" / "gitlab_agent.py": component.native_class(),
        PACKAGE / "__init__.py": names.package(),
        PACKAGE / "native" / "__init__.py": names.native_package(),
        PACKAGE / "native" / "schema.json": package_schema.schema(),
        PACKAGE / "policy" / "kinds.py": policy_kinds.kinds(),
        README: _with(
            _with(README.read_text(), "reference", reference.tables()),
            "functions",
            reference.function_table(),
        ),
        POLICIES: _with(POLICIES.read_text(), "reference", rules.policies()),
        ENDPOINTS: endpoints.endpoints(),
    }


def with_requests(text: str, running: Simulator, host: DynamicHost) -> str:
    """Return the README's text with a new table of requests.

    Args:
        text: The README's text.
        running: A simulator that is set up.
        host: A dynamic host with the simulator as its GitLab.
    """
    return _with(text, "requests", requests.table(running, host))


def _with(text: str, name: str, content: str) -> str:
    marked = re.compile(f"(<!-- {name}: [^\n]* -->\n).*(<!-- end of {name} -->)", re.DOTALL)
    return marked.sub(lambda found: f"{found[1]}\n{content}\n{found[2]}", text)

"""Generates code and documents from the kinds, the policies and the simulator's routes.

These are the resource classes, the functions, the package's names, the package schema, the
policies' model, and parts of the documentation. `make generate` writes them, and tests check that
they are up to date.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.dynamic_host import DynamicHost
from tools.generate import (
    classes,
    commands,
    component,
    endpoints,
    examples_table,
    lookups,
    names,
    package_schema,
    policy_kinds,
    python_api,
    reference,
    requests,
    rules,
    template_inputs,
    translations,
)
from tools.generate.parts import fill

import pulumi_gitlab_kubernetes
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

PACKAGE = Path(pulumi_gitlab_kubernetes.__file__).parent
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

PARTS = {
    "resources": reference.tables,
    "functions": reference.function_table,
    "configuration": reference.settings_table,
    "component": reference.component_tables,
    "python": python_api.names,
    "commands": commands.tables,
    "policies": rules.policies,
    "endpoints": endpoints.endpoints,
    "examples": examples_table.table,
    "names": translations.names,
    "inputs": template_inputs.table,
}
"""What generates each part of a page between the comments with its name."""


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
        **{page: fill(page.read_text(), PARTS) for page in pages()},
    }


def pages() -> list[Path]:
    """Return the pages of the documentation."""
    return sorted(DOCS.rglob("*.md"))


def measured(running: Simulator, host: DynamicHost) -> dict[Path, str]:
    """Return the pages with numbers that the simulator counts.

    Args:
        running: A simulator that is set up.
        host: A dynamic host with the simulator as its GitLab.
    """
    page = DOCS / "reference" / "requests.md"
    parts = {"requests": lambda: requests.table(running, host)}
    return {page: fill(page.read_text(), parts)}

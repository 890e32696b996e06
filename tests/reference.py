"""Writes what is generated: python tests/reference.py.

The README's tables of arguments and outputs come from the fields, the tables of policies from the
rules, the simulator's table of endpoints from its routes.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pulumi_gitlab_kubernetes import policy
from pulumi_gitlab_kubernetes._fields import Change, Field
from pulumi_gitlab_kubernetes._provider import Provider
from pulumi_gitlab_kubernetes.policy.rule import Rule, Scope
from pulumi_gitlab_kubernetes.policy.rules import RULES
from pulumi_gitlab_kubernetes.registry import MODULES, core_for
from pulumi_gitlab_kubernetes.testing import simulator
from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import COMMON, Route

README = Path(__file__).parent.parent / "README.md"
POLICIES = Path(policy.__file__).parent / "POLICIES.md"
ENDPOINTS = Path(simulator.__file__).parent / "ENDPOINTS.md"
_COMMON = {"connection", "adopt_existing"}
_MARKED = re.compile(r"(<!-- reference: [^\n]* -->\n).*(<!-- end of reference -->)", re.DOTALL)


def _marks(field: Field) -> str:
    marks = {Change.REPLACE: "R", Change.UPDATE: "U"}.get(field.change, "")
    return marks + "S" * field.secret + "W" * field.write_only


def _note(field: Field) -> str:
    if field.required:
        return "required"
    if field.default is None:
        return ""
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"default `{value}`"


def table(core: Provider) -> str:
    """Return one resource's rows as Markdown."""
    rows = [
        f"| `{field.name}` | {_marks(field)} | {_note(field)} | {field.doc} |"
        for field in core.schema.fields
        if field.name not in _COMMON
    ]
    ids = [f"| `{name}` | | output | Part of the resource's id. |" for name in core.ids]
    rows += [row for row in ids if f"| {row.split()[1]} | " not in "\n".join(rows)]
    rows += [
        f"| `{output.name}` | {'S' * output.secret} | output | {output.doc} |"
        for output in core.schema.outputs
    ]
    return "\n".join([f"**{core.name}**", "", "| name | | | |", "|---|---|---|---|", *rows, ""])


def rule_row(rule: Rule) -> str:
    """Return a rule's row as Markdown."""
    notes = ["audits alone"] if rule.scope is Scope.STATE else []
    notes += ["can mend"] if rule.remediate else []
    parameters = "<br>".join(
        f"`{each.key}`: {each.doc} Default: `{json.dumps(each.default)}`."
        for each in rule.parameters
    )
    level = ", ".join([rule.level.value, *notes])
    return f"| [`{rule.name}`]({rule.docs}) | {level} | {rule.holds} {rule.mend} | {parameters} |"


def policies() -> str:
    """Return the rules as tables in Markdown, one for each module of rules."""
    tables: dict[str, list[str]] = {}
    for rule in RULES:
        tables.setdefault(rule.check.__module__.rpartition(".")[2], []).append(rule_row(rule))
    head = ["| rule | level | what holds, and how to mend it | parameters |", "|---|---|---|---|"]
    return "\n".join(
        "\n".join([f"**{module.replace('_', ' ').capitalize()}**", "", *head, *rows, ""])
        for module, rows in tables.items()
    )


def with_reference(text: str, made: str) -> str:
    """Return a document with its tables made anew."""
    return _MARKED.sub(lambda found: f"{found[1]}\n{made}\n{found[2]}", text)


def documents() -> dict[Path, str]:
    """Return each document that has tables, as it should be."""
    fields = "\n".join(table(core_for(name)) for name in MODULES)
    made = {README: fields, POLICIES: policies()}
    tables = {path: with_reference(path.read_text(), each) for path, each in made.items()}
    return {**tables, ENDPOINTS: endpoints()}


_ENDPOINTS = """\
# Endpoints of the simulator

Made by `tests/reference.py` from the routes. `tests/testing/simulator/test_endpoints.py` asks each
of them for every status listed, and for the least role.

Below `/api/v4`. *For*: the least role in a private project or group; "any user" is one with a good
token. *Tokens*: scopes beside `api` (and `read_api` for GET), and whether CI job tokens count.
*Parameters*: bold ones are required; "pages" are `page` and `per_page`. *Answers*: success first.

Each can also answer {common}: to a body that cannot be read, bad
credentials, a scope too small, `sudo` without right or for nobody, an unknown type of body, the
throttle. HEAD is GET without the body. Everything else is 404.
"""


def _audience(route: Route) -> str:
    least = Role(route.role).name.capitalize() if route.role else "any user"
    return "administrator" if route.admin else least


def _parameters(params: Iterable[Param], prefix: str = "") -> Iterator[str]:
    for param in params:
        name = f"`{prefix}[{param.name}]`" if prefix else f"`{param.name}`"
        if param.fields:
            yield from _parameters(param.fields, param.name)
        elif param not in PAGE_PARAMS:
            yield f"**{name}**" if param.required else name
    if set(PAGE_PARAMS) <= set(params):
        yield "pages"


def _row(route: Route) -> str:
    cells = (
        f"`{route.method} {route.path.replace(':int}', '}')}`",
        _audience(route),
        ", ".join([*route.scopes, *["job"] * route.job_token]),
        ", ".join(_parameters(route.params)),
        ", ".join(map(str, route.answers)),
    )
    return f"| {' | '.join(cells)} |".replace("  ", " ")


def endpoints() -> str:
    """Return the simulator's table of endpoints as Markdown, by page of GitLab's documentation."""
    parts = [_ENDPOINTS.format(common=", ".join(map(str, COMMON)))]
    for doc in dict.fromkeys(route.doc for route in ROUTES):
        routes = [route for route in ROUTES if route.doc == doc]
        title = doc.rstrip("/").rpartition("/")[2].replace("_", " ").capitalize()
        parts.append(f"## [{title}]({doc})\n")
        parts += [
            f"`{route.path.replace(':int}', '}')}` needs {route.gate}, else 404.\n"
            for route in {each.gate: each for each in reversed(routes)}.values()
            if route.gate
        ]
        parts += ["| request | for | tokens | parameters | answers |", "|---|---|---|---|---|"]
        parts += [*map(_row, routes), ""]
    return "\n".join(parts)


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)

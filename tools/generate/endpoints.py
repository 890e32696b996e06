"""The table of the simulator's endpoints, from its routes."""

from collections.abc import Iterable, Iterator

from pulumi_gitlab_kubernetes.testing.simulator.app import ROUTES
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.routing import COMMON, Route

_COMMON = """\
Any route can also respond with {statuses}: for an unreadable body, invalid credentials, an
insufficient scope, `sudo` without permission or for an unknown user, an unsupported media type, and
above the rate limit. HEAD is GET without the body. Everything else is 404.
"""


def _audience(route: Route) -> str:
    minimum = Role(route.role).name.capitalize() if route.role else "any user"
    return "administrator" if route.admin else minimum


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
        ", ".join(map(str, route.statuses)),
    )
    return f"| {' | '.join(cells)} |".replace("  ", " ")


def endpoints() -> str:
    """Return tables of the simulator's endpoints in Markdown, by page of GitLab's documentation."""
    parts = [_COMMON.format(statuses=", ".join(map(str, COMMON)))]
    for doc in dict.fromkeys(route.doc for route in ROUTES):
        routes = [route for route in ROUTES if route.doc == doc]
        title = doc.rstrip("/").rpartition("/")[2].replace("_", " ").capitalize()
        parts.append(f"## [{title}]({doc})\n")
        parts += [
            f"`{route.path.replace(':int}', '}')}` requires {route.gate}, otherwise 404.\n"
            for route in {each.gate: each for each in reversed(routes)}.values()
            if route.gate
        ]
        parts += ["| Request | Role | Tokens | Parameters | Statuses |", "|---|---|---|---|---|"]
        parts += [*map(_row, routes), ""]
    return "\n".join(parts)

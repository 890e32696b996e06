"""The help of `gitlab-kubernetes simulator`, besides the options.

The control routes, the keys of a fault and the keys of a seed come from the code.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType

from pulumi_gitlab_kubernetes.testing.simulator import ROOT_TOKEN_VARIABLE, control, faults
from pulumi_gitlab_kubernetes.testing.simulator.seed.format import SEED
from pulumi_gitlab_kubernetes.testing.simulator.seed.gitlab import ROLES
from pulumi_gitlab_kubernetes.testing.simulator.seed.schema import Kind, Schema

_WIDTH = 96

DESCRIPTION = """\
A GitLab simulator for tests and first steps. It implements GitLab's REST API for agents, their
tokens and URL configurations, certificate-based clusters and environments, with users, roles,
tokens, pagination and errors. It listens on the loopback interface alone. The first line of output
is its address; Ctrl-C or SIGTERM stops it."""

EXAMPLE = """\
features: {certificate_based_clusters: true}
license: ultimate
settings: {receptive_cluster_agents_enabled: true}
users:
  - username: platform
    tokens:
      - {name: pulumi, value: glpat-platform}   # without a value: generated and printed
projects:
  - path: acme/shop            # its group is created too
    members: {platform: maintainer}
    agents:
      - name: production
    environments:
      - {name: production, agent: production, kubernetes_namespace: shop}
    files:
      .gitlab/agents/production/config.yaml: |
        user_access: {access_as: {agent: {}}}
simulator:
  clock: {now: 2030-01-01T00:00:00Z}
  faults: [{method: POST, path: /environments$, status: 503}]
"""
"""A seed with an example of everything."""

_EPILOG = """\
setting it up:
  Use GitLab's own API below /api/v4 as the administrator `root`: POST users,
  users/:id/personal_access_tokens, groups, projects, projects/:id/members,
  projects/:id/repository/files/:path, features/:name (certificate_based_clusters), license
  (`license` is a plan, such as ultimate), PUT application/settings
  (receptive_cluster_agents_enabled, throttle_authenticated_api_...). Or load a seed.

in a browser:
  Open the address to see a live dashboard: projects with their agents, tokens, clusters and
  environments, and the latest requests.

what GitLab has no API for:
  Control routes below /-/simulator/. They need no token; bodies are JSON.

{calls}

  A fault is an object. All keys are optional. At most one fault applies to a request, the first:

{faults}

--seed FILE:
  A YAML file, loaded through the API with the same validation. Existing objects are not changed,
  and settings are applied again, so a seed can be loaded repeatedly into the same --data. (Groups
  and projects are found by path, clusters by environment_scope, tokens with a value by the value,
  and everything else by name.) Keys are the parameters of the API, with names instead of ids:

{example}
  All keys:

{keys}

  Roles: {roles}.
  `simulator` has the names and bodies of POST control routes. POST reset does not load the seed
  again.

--data FILE:
  An SQLite database. It contains every change that was acknowledged, even after kill -9, and two
  simulators can share it. It stores digests of tokens, never their values. Without it, the state is
  lost when the process ends.

environment variables:
  {variable}   the administrator's token, if --root-token is not given"""


def epilog() -> str:
    """Return the help below the options."""
    return _EPILOG.format(
        calls=_indent(_table(control), 2),
        faults=_indent(_table(faults), 4),
        example=textwrap.indent(EXAMPLE, "    "),
        keys=_indent(_keys(SEED), 4),
        roles=", ".join(ROLES),
        variable=ROOT_TOKEN_VARIABLE,
    )


def _table(documented: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield the rows of the table in a module's docstring: a term and its meaning."""
    text = re.sub(r"\n  |(?: \|)+\n\| \|", " ", documented.__doc__ or "").replace("  ", " ")
    for line in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE):
        term, meaning, *default = line.replace("`", "").split(" | ")
        yield term, f"{meaning} (default: {default[0]})" if default else meaning


def _keys(schema: Schema, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys of each part of a seed."""
    yield prefix or "(top)", ", ".join(schema.keys)
    for name, value in schema.keys.items():
        inner = value.items if value.kind is Kind.LIST else value
        if inner is not None and inner.kind is Kind.MAPPING:
            yield from _keys(inner, f"{prefix}.{name}".lstrip("."))
        elif value.kind is Kind.NAMES and (hint := _NAMES.get(name)):
            yield f"{prefix}.{name}".lstrip("."), hint


_NAMES: Mapping[str, str] = {
    "features": "the name of a feature flag: true or false",
    "members": "the name of a user: their role",
    "files": "the path of a file: its content",
    "simulator": "the name of a control route: its body",
}


def _indent(rows: Iterator[tuple[str, str]], depth: int) -> str:
    """Return each term with its meaning on the lines below."""
    lines = []
    for term, text in rows:
        lines.append(" " * depth + term)
        space = " " * (depth + 4)
        lines.append(textwrap.fill(text, _WIDTH, initial_indent=space, subsequent_indent=space))
    return "\n".join(lines)

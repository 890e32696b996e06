"""What `gitlab-kubernetes simulator --help` says beyond the options.

The control calls, the parts of a fault and the keys of a seed are taken from the code itself.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from types import ModuleType

from pulumi_gitlab_kubernetes.testing.simulator import ROOT_TOKEN_VARIABLE, control, faults
from pulumi_gitlab_kubernetes.testing.simulator.seed.format import SEED
from pulumi_gitlab_kubernetes.testing.simulator.seed.gitlab import ROLES
from pulumi_gitlab_kubernetes.testing.simulator.seed.shape import Kind, Shape

_WIDTH = 96

BEGINNING = """\
A GitLab for tests and first steps: it answers GitLab's REST API for agents, their tokens and URL
configurations, certificate-based clusters and environments as GitLab does, with users, roles,
tokens, pagination and errors. Its first line of output is its address, on this machine alone;
Ctrl-C or SIGTERM ends it."""

EXAMPLE = """\
features: {certificate_based_clusters: true}
license: ultimate
settings: {receptive_cluster_agents_enabled: true}
users:
  - username: platform
    tokens:
      - {name: pulumi, value: glpat-platform}   # without a value: made up, and printed
projects:
  - path: acme/shop            # its group is made, too
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
"""A seed with something of everything."""

_REST = """\
setting it up:
  Through GitLab's own API below /api/v4, as its administrator `root`: POST users,
  users/:id/personal_access_tokens, groups, projects, projects/:id/members,
  projects/:id/repository/files/:path, features/:name (certificate_based_clusters), license
  (`license` is a plan, such as ultimate), PUT application/settings
  (receptive_cluster_agents_enabled, throttle_authenticated_api_...). Or with a seed.

in a browser:
  The address itself is a page that shows, live, projects with their agents, tokens, clusters and
  environments, and the latest requests.

what GitLab has no API for:
  Below /-/simulator/. No token is asked for; bodies are JSON.

{calls}

  A fault is an object; all keys are optional, and the first fault that befalls a request is the
  only one for it:

{faults}

--seed FILE:
  A YAML file, loaded through the API itself, so what GitLab would refuse is refused. What is there
  already is left alone, switches are set: a seed can be loaded again into the same --data. (Known
  again are groups and projects by path, clusters by environment_scope, tokens with a value by that,
  all else by name.) Keys are those of the API's own calls; names stand where it has ids. So:

{example}
  All keys:

{keys}

  Roles: {roles}.
  Under `simulator` stand the names and bodies of control calls, those from above that are POST.
  POST reset empties the simulator and loads no seed again.

--data FILE:
  An SQLite database. What was answered is in it, even after kill -9, and two simulators may share
  it. It holds no token, only digests. Without it, everything is gone with the process.

environment variables:
  {variable}   the administrator's token, without --root-token"""


def rest() -> str:
    """Return what stands below the options."""
    return _REST.format(
        calls=_indent(_table(control), 2),
        faults=_indent(_table(faults), 4),
        example=textwrap.indent(EXAMPLE, "    "),
        keys=_indent(_keys(SEED), 4),
        roles=", ".join(ROLES),
        variable=ROOT_TOKEN_VARIABLE,
    )


def _table(documented: ModuleType) -> Iterator[tuple[str, str]]:
    """Yield the rows of the table in a module's docstring: a term, and what is said of it."""
    text = re.sub(r"\n  |(?: \|)+\n\| \|", " ", documented.__doc__ or "").replace("  ", " ")
    for line in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE):
        term, meaning, *default = line.replace("`", "").split(" | ")
        yield term, f"{meaning} (default: {default[0]})" if default else meaning


def _keys(shape: Shape, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys at each place of a seed."""
    yield prefix or "(top)", ", ".join(shape.keys)
    for name, value in shape.keys.items():
        inner = value.items if value.kind is Kind.LIST else value
        if inner is not None and inner.kind is Kind.MAPPING:
            yield from _keys(inner, f"{prefix}.{name}".lstrip("."))
        elif value.kind is Kind.NAMES and (hint := _NAMES.get(name)):
            yield f"{prefix}.{name}".lstrip("."), hint


_NAMES: Mapping[str, str] = {
    "features": "the name of a feature flag: true or false",
    "members": "the name of a user: their role",
    "files": "the path of a file: its content",
    "simulator": "the name of a control call: its body",
}


def _indent(rows: Iterator[tuple[str, str]], depth: int) -> str:
    """Return terms, with what they mean below."""
    lines = []
    for term, text in rows:
        lines.append(" " * depth + term)
        space = " " * (depth + 4)
        lines.append(textwrap.fill(text, _WIDTH, initial_indent=space, subsequent_indent=space))
    return "\n".join(lines)

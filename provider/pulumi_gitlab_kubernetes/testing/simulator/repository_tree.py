"""Files and directories of a branch.

Follows https://docs.gitlab.com/api/repositories/#list-repository-tree.
"""

from __future__ import annotations

import hashlib
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.auth import Role
from pulumi_gitlab_kubernetes.testing.simulator.lookups import find_project
from pulumi_gitlab_kubernetes.testing.simulator.pagination import PAGE_PARAMS, paginate
from pulumi_gitlab_kubernetes.testing.simulator.parameters import Param
from pulumi_gitlab_kubernetes.testing.simulator.repository import HEAD, last_commit
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call, Family
from pulumi_gitlab_kubernetes.testing.simulator.store import Row

# A directory is each part of a path that ends before a slash. Directories come first.
_TREE = """
WITH RECURSIVE files(path) AS (
  SELECT path FROM repository_files WHERE project_id = ? AND branch = ?
), directories(path, rest) AS (
  SELECT '', path FROM files
  UNION
  SELECT CASE path WHEN '' THEN '' ELSE path || '/' END || substr(rest, 1, instr(rest, '/') - 1),
    substr(rest, instr(rest, '/') + 1)
  FROM directories WHERE instr(rest, '/')
), entries(type, path) AS (
  SELECT DISTINCT 'tree', path FROM directories WHERE path != ''
  UNION ALL
  SELECT 'blob', path FROM files
)
SELECT type, path FROM entries WHERE substr(path, 1, length(?)) = ?
"""
_DIRECT = " AND NOT instr(substr(path, length(?) + 1), '/')"

routes = Family("https://docs.gitlab.com/api/repositories/", role=Role.REPORTER)


def _entry(row: Row) -> dict[str, Any]:
    tree = row["type"] == "tree"
    return {
        "id": hashlib.sha1(row["path"].encode(), usedforsecurity=False).hexdigest(),
        "name": row["path"].rpartition("/")[2],
        "type": row["type"],
        "path": row["path"],
        "mode": "040000" if tree else "100644",
    }


@routes.get(
    "/projects/{id}/repository/tree",
    Param("ref"),
    Param("path"),
    Param("recursive", bool, default=False),
    *PAGE_PARAMS,
    errors=(400, 403, 404),
)
def _list(call: Call) -> Any:
    project, given = find_project(call), call.params
    auth.require(call, project, Role.REPORTER, "repository")
    ref = given.get("ref") or HEAD
    branch = project["default_branch"] if ref == HEAD else ref
    if last_commit(call.store, project, branch) is None:
        raise errors.not_found("Tree")
    folder = (given.get("path") or "").strip("/")
    prefix = f"{folder}/" if folder else ""
    values = (project["id"], branch, prefix, prefix)
    if folder and not call.store.all(f"{_TREE} LIMIT 1", *values):
        raise errors.not_found("invalid revision or path")
    sql, more = (_TREE, ()) if given["recursive"] else (_TREE + _DIRECT, (prefix,))
    return paginate(call, f"{sql} ORDER BY type DESC, path", (*values, *more), _entry)

"""Find the records that a request's path names: projects by id or path, others by id."""

from __future__ import annotations

import re
from typing import Any

from pulumi_gitlab_kubernetes.testing.simulator import auth, errors
from pulumi_gitlab_kubernetes.testing.simulator.routing import Call
from pulumi_gitlab_kubernetes.testing.simulator.ruby_dates import parse_datetime
from pulumi_gitlab_kubernetes.testing.simulator.store import Row, Store, from_timestamp

JOB_NOT_ALLOWED = "Authentication by CI/CD job token not allowed from {} to {}."


def full_path(store: Store, project: Row) -> str:
    """Return a project's path with its namespace."""
    namespace = store.fetch("namespaces", project["namespace_id"])
    return f"{namespace['full_path']}/{project['path']}"


def project_by_path(store: Store, path: str) -> Row | None:
    """Return the project with a path; redirects are not followed."""
    namespace, _, name = path.rpartition("/")
    return store.one(
        "SELECT p.* FROM projects p JOIN namespaces n ON n.id = p.namespace_id "
        "WHERE n.full_path = ? AND p.path = ?",
        namespace,
        name,
    )


def find_project(call: Call) -> Row:
    """Return the project with the id or path in `:id`, if it is visible to the user.

    Raises:
        ApiError: 404; 403 for another project's CI/CD job; 301 (GET) or 405 for the old path of a
            moved project.
    """
    store, name = call.store, str(call.given["id"])
    moved = False
    if re.fullmatch(r"[0-9]{1,99}", name):
        project = store.get("projects", int(name))
    elif "/" in name:
        project = project_by_path(store, name)
        if project is None and (found := store.one("SELECT * FROM redirects WHERE path = ?", name)):
            project, moved = store.fetch("projects", found["project_id"]), True
    else:
        project = None
    if project is None:
        raise errors.not_found("Project")
    if call.job_project_id not in (None, project["id"]):
        # Allowlists are not simulated: a job token is valid for its own project only.
        source = store.fetch("projects", call.job_project_id)["path"]
        raise errors.forbidden(JOB_NOT_ALLOWED.format(source, project["path"]))
    if not auth.can_see(store, call.caller, project):
        raise errors.not_found("Project")
    if moved:
        raise _moved(call, project)
    return project


def _moved(call: Call, project: Row) -> errors.ApiError:
    if call.method != "GET":
        return errors.message(405, "Non GET methods are not allowed for moved projects")
    # GitLab repeats the whole query; the simulator leaves out credentials.
    parts = call.query.split("&") if call.query else []
    query = "&".join(part for part in parts if re.split("[=[%]", part)[0] not in auth.CREDENTIALS)
    url = re.sub(r"/projects/[^/?]+", f"/projects/{project['id']}", call.url, count=1)
    url = f"{url}?{query}" if query else url
    text = f"This resource has been moved permanently to {url}"
    return errors.plain(301, text, {"Location": url})


def find_record(call: Call, table: str, row_id: int, **where: Any) -> Row:
    """Return a row by id that also has the given column values.

    Raises:
        ApiError: 404.
    """
    row = call.store.get(table, row_id)
    if row is None or any(row[column] != value for column, value in where.items()):
        raise errors.record_not_found()
    return row


def check_unmodified_since(call: Call, row: Row) -> None:
    """Reject the request if the row changed after the client's `If-Unmodified-Since`.

    Raises:
        ApiError: 412.
    """
    try:
        limit = parse_datetime(call.headers.get("if-unmodified-since", ""))
    except ValueError:
        return  # an invalid date is ignored
    if from_timestamp(row["updated_at"]) > limit:
        raise errors.message(412, "412 Precondition Failed")

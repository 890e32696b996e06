"""`gitlab-kubernetes clean-up`."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.conftest import Calls, Project
from tests.support.gateway import Gateway
from tests.support.proxy import Proxy

from pulumi_gitlab_kubernetes import cli

pytestmark = pytest.mark.slow

Users = dict[str, tuple[int, str]]
Run = Callable[..., tuple[int, str, str]]
DAY = 86400


@pytest.fixture(autouse=True)
def environ(project: Project, users: Users, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect to the project's GitLab as a Maintainer, outside of CI/CD."""
    for name in ("CI_JOB_TOKEN", "CI_API_V4_URL", "PULUMI_GITLAB_TOKEN", "PULUMI_GITLAB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITLAB_TOKEN", users["maintainer"][1])
    monkeypatch.setenv("GITLAB_BASE_URL", project.simulator.url)


@pytest.fixture
def run(project: Project, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command on the project; return its status, its output, and that on stderr."""

    def run(*line: str, own: bool = True) -> tuple[int, str, str]:
        action, *rest = line
        named = ["--project", project.path] if own else []
        status = cli.main(["clean-up", action, *named, *rest])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@contextmanager
def ago(project: Project, days: float) -> Iterator[None]:
    """Set the GitLab's clock back during the block."""
    project.simulator.clock(advance=-days * DAY)
    try:
        yield
    finally:
        project.simulator.clock(advance=days * DAY)


def create(project: Project, *names: str) -> dict[str, int]:
    """Create environments, and return their IDs."""
    return {name: project.api("POST", "environments", name=name)["id"] for name in names}


def states(project: Project) -> dict[str, str]:
    """Return the state of each environment, a moment later."""
    with ago(project, -2 / DAY):
        rows = project.api("GET", "environments?per_page=100")
    return {each["name"]: each["state"] for each in rows}


def stopped_reviews(project: Project, *names: str) -> dict[str, int]:
    """Create stopped environments."""
    ids = create(project, *names)
    for id_ in ids.values():
        project.api("POST", f"environments/{id_}/stop")
    return ids


def test_stale_environments_are_listed_and_then_stopped(project: Project, run: Run) -> None:
    """Those that GitLab stops, and no other: neither protected nor deployed since."""
    with ago(project, 40):
        create(project, "old", "changed", "protected")
        project.simulator.deploy(project.id, "deployed")
        project.simulator.deploy(project.id, "idle")
        levels = [{"access_level": 40}]
        given = {"name": "protected", "deploy_access_levels": levels}
        project.api("POST", "protected_environments", **given)
    with ago(project, 20):
        project.simulator.deploy(project.id, "deployed")
        rows = {each["name"]: each["id"] for each in project.api("GET", "environments")}
        project.api("PUT", f"environments/{rows['changed']}", description="changed")

    status, out, err = run("stop-stale", "--before", "30d")
    assert status == 0
    day = r"\d{4}-\d\d-\d\d"
    assert re.fullmatch(
        f"{project.path}: 2 environments to stop:\n"
        "NAME  UPDATED     LAST DEPLOYMENT  URL\n"
        f"old   {day}  -                -\n"
        f"idle  {day}  {day}       -\n",
        out,
    )
    assert err == "dry run: nothing was changed; add --yes to stop 2 environments\n"
    assert set(states(project).values()) == {"available"}

    status, out, err = run("stop-stale", "--before", "30d", "--yes")
    assert (status, err) == (0, "")
    assert out.endswith(
        f"{project.path}: requested the stop of 2 environments, which GitLab stops in the "
        "background\n"
    )
    found = states(project)
    assert {name for name, state in found.items() if state == "stopped"} == {"old", "idle"}

    assert run("stop-stale", "--before", "30d", "--yes") == (
        0,
        f"{project.path}: 0 environments to stop.\n",
        "",
    )


def test_all_pages_are_read_with_progress(project: Project, run: Run) -> None:
    """Progress is on stderr."""
    with ago(project, 40):
        create(project, *(f"review/{number}" for number in range(103)))
    status, out, err = run("stop-stale", "--before", "4w", "--json")
    assert status == 0
    (found,) = json.loads(out)["projects"]
    assert len(found["environments"]) == 103
    assert f"{project.path}: 100 environments read\n" in err


def test_an_environment_that_is_deleted_meanwhile_is_left_out(project: Project, run: Run) -> None:
    """Between the list and the request for its last deployment."""
    with ago(project, 40):
        ids = create(project, "old", "gone")
    path = f"environments/{ids['gone']}$"
    project.simulator.faults({"method": "GET", "path": path, "status": 404})
    status, out, _err = run("stop-stale", "--before", "30d")
    assert status == 0
    assert out.startswith(f"{project.path}: 1 environment to stop:\n")
    project.simulator.faults({"method": "GET", "path": "protected", "status": 400})
    status, _out, err = run("stop-stale", "--before", "30d")
    assert status == 2
    assert err.startswith(f"error: cannot list environments of project {project.path}: ")


@pytest.mark.parametrize("when", ["6d", "600w", "1999-01-01", "3000-01-01", "soon", "0", "-30d"])
def test_the_time_must_be_one_that_gitlab_accepts(run: Run, calls: Calls, when: str) -> None:
    """The error names the option. Nothing was changed."""
    status, out, err = run("stop-stale", f"--before={when}", "--yes")
    assert (status, out) == (2, "")
    assert err.startswith("error: --before must be a")
    assert err.count("\n") == 1
    assert not [call for call in calls() if not call.startswith("GET")]


def test_the_time_is_gitlabs(project: Project, run: Run) -> None:
    """A week ago, by the clock of GitLab, is accepted."""
    with ago(project, 300):
        assert run("stop-stale", "--before", "7d", "--yes")[0] == 0


def test_stopping_stale_environments_requires_a_maintainer(
    project: Project, run: Run, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the role."""
    with ago(project, 40):
        create(project, "old")
    monkeypatch.setenv("GITLAB_TOKEN", users["developer"][1])
    status, _out, err = run("stop-stale", "--before", "30d", "--yes")
    assert status == 2
    assert err == (
        f"error: cannot stop stale environments of project {project.path}: 403 Forbidden; the "
        "token needs the scope `api`, and its user the role Maintainer in the project, which must "
        "not be archived\n"
    )


def test_review_apps_are_listed_and_then_deleted(project: Project, run: Run) -> None:
    """Old, stopped ones in the folder `review`; a week later they are gone."""
    with ago(project, 40):
        ids = stopped_reviews(project, "review/1", "review/2", "reviews/3")
        create(project, "review/4")
    stopped_reviews(project, "review/5")

    status, out, err = run("review-apps")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["NAME", "review/1", "review/2"]
    assert err == "dry run: nothing was changed; add --yes to delete 2 environments\n"

    status, out, err = run("review-apps", "--yes")
    assert (status, err) == (0, "")
    assert out.endswith(
        f"{project.path}: scheduled the deletion of 2 environments, which GitLab deletes in a "
        "week\n"
    )
    project.simulator.clock(advance=8 * DAY)
    try:
        left = {each["name"] for each in project.api("GET", "environments")}
    finally:
        project.simulator.clock(advance=-8 * DAY)
    assert left == {"reviews/3", "review/4", "review/5"}
    assert len(ids) == 3


def test_no_review_apps_are_nothing_to_do(project: Project, run: Run) -> None:
    """GitLab returns an error then."""
    nothing = f"{project.path}: 0 environments to delete.\n"
    assert run("review-apps") == (0, nothing, "")
    assert run("review-apps", "--yes") == (0, nothing, "")


def test_review_apps_are_limited(project: Project, run: Run) -> None:
    """By number and by time."""
    with ago(project, 40):
        stopped_reviews(project, "review/1", "review/2", "review/3")
    assert "0 environments" in run("review-apps", "--before", "50d")[1]
    assert "2 environments" in run("review-apps", "--limit", "2", "--yes")[1]
    assert "1 environment to delete" in run("review-apps", "--limit", "2")[1]
    for wrong in ("0", "1001"):
        status, _out, err = run("review-apps", "--limit", wrong)
        assert (status, err) == (2, "error: --limit must be from 1 to 1000\n")


def test_deleting_review_apps_requires_a_developer(
    project: Project, run: Run, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitLab's status says that the token is wrong, which it is not."""
    monkeypatch.setenv("GITLAB_TOKEN", users["reporter"][1])
    status, out, err = run("review-apps")
    assert (status, out) == (2, "")
    assert err.startswith(
        f"error: cannot delete review environments of project {project.path}: You do not have "
        "permission to destroy environments in this project"
    )
    assert "its user the role Developer" in err


def test_review_apps_that_cannot_be_deleted_are_shown(project: Project, run: Run) -> None:
    """With exit status 1, and others are deleted."""
    entry = {"id": 7, "name": "review/locked", "slug": "x", "external_url": None}
    message = {"scheduled_entries": [], "unprocessable_entries": [entry], "message": "No"}
    fault = {"method": "DELETE", "path": "review_apps", "status": 400, "times": None}
    project.simulator.faults({**fault, "body": {"message": message}})
    for options in ((), ("--yes",)):
        status, out, _err = run("review-apps", *options)
        assert status == 1
        assert "cannot delete review/locked: the token's user may not delete it" in out
    project.simulator.clear_faults()
    conflict = {**message, "unprocessable_entries": [], "message": "Another process is busy"}
    project.simulator.faults({**fault, "status": 409, "body": {"message": conflict}})
    status, _out, err = run("review-apps")
    assert status == 2
    assert "Another process is busy (GitLab answered 409); GitLab is already processing" in err


def test_a_deletion_is_not_repeated_if_its_response_is_lost(
    project: Project, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would delete the next environments."""
    with ago(project, 40):
        stopped_reviews(project, "review/1", "review/2", "review/3")
    with Gateway(project.simulator.url) as gateway:
        monkeypatch.setenv("GITLAB_BASE_URL", gateway.url)
        gateway.lose(times=1, skip=2)  # The project, and what would be deleted.
        status, _out, err = run("review-apps", "--limit", "1", "--yes")
    assert status == 2
    assert "GitLab may have scheduled the deletion: run this again to see what is left" in err
    monkeypatch.setenv("GITLAB_BASE_URL", project.simulator.url)
    assert "2 environments to delete" in run("review-apps")[1]


def test_environments_are_stopped_by_name(project: Project, run: Run) -> None:
    """All of them, with their on-stop jobs; those that are stopped already are named."""
    ids = create(project, "a", "b", "c", "d")
    project.api("POST", f"environments/{ids['c']}/stop")
    project.simulator.on_stop_job(project.id, ids["b"], seconds=1)

    status, out, err = run("stop", "a", "b", "c", "a")
    assert status == 0
    assert out.splitlines()[0] == f"{project.path}: 2 environments to stop:"
    assert out.splitlines()[-1] == 'Already stopped: "c".'
    assert err == "dry run: nothing was changed; add --yes to stop 2 environments\n"
    assert set(states(project).values()) == {"available", "stopped"}

    status, out, err = run("stop", "a", "b", "c", "--yes")
    assert status == 0
    assert out.endswith(f"{project.path}: stopped 2 environments\n")
    assert "b: stopping: waiting for its on-stop job" in err
    assert "a: stopped\n" in err
    assert states(project) == {"a": "stopped", "b": "stopped", "c": "stopped", "d": "available"}


def test_a_missing_environment_stops_nothing(project: Project, run: Run) -> None:
    """The error names it."""
    create(project, "a")
    status, out, err = run("stop", "a", "b", "--yes")
    assert (status, out) == (2, "")
    assert err == 'error: NAME "b" matches no environment in the project\n'
    assert states(project) == {"a": "available"}


def test_an_environment_that_does_not_stop_is_a_failure(project: Project, run: Run) -> None:
    """The others are stopped. The message names the options of the command."""
    ids = create(project, "a", "b")
    project.simulator.on_stop_job(project.id, ids["b"])
    status, out, err = run("stop", "a", "b", "--yes", "--timeout", "1")
    assert status == 1
    assert out.endswith(f"{project.path}: stopped 1 environment\n")
    assert re.search(
        r"cannot stop b: cannot stop environment \"b\" .*: it is still stopping after 1 s: let its "
        r"on-stop job finish, raise --timeout, or use --force\n",
        err,
    )
    assert states(project) == {"a": "stopped", "b": "stopping"}
    assert run("stop", "b", "--yes", "--force")[0] == 0
    assert states(project) == {"a": "stopped", "b": "stopped"}


def test_a_terminal_asks(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `y` and `yes` confirm."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    create(project, "a")
    for answer in ("\n", "n\n", "", "yellow\n"):
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        status, _out, err = run("stop", "a")
        assert status == 0
        assert err.startswith("Stop 1 environment? [y/N] ")
        assert "dry run: nothing was changed" in err
    assert states(project) == {"a": "available"}
    monkeypatch.setattr("sys.stdin", Terminal("Y\n"))
    assert run("stop", "a")[1].endswith("stopped 1 environment\n")
    assert states(project) == {"a": "stopped"}


def test_the_report_can_be_json(project: Project, run: Run) -> None:
    """With times as in GitLab, of a dry run and of a clean-up."""
    ids = create(project, "a")
    for options, dry_run in (((), True), (("--yes",), False)):
        status, out, _err = run("stop", "a", "--json", *options)
        assert status == 0
        found = json.loads(out)
        assert (found["action"], found["dry_run"]) == ("stop", dry_run)
        (of_project,) = found["projects"]
        (environment,) = of_project["environments"]
        assert of_project["project"] == project.path
        assert environment["id"] == ids["a"]
        assert environment["created_at"].endswith("Z")
        assert of_project.get("message") == (None if dry_run else "stopped 1 environment")


def test_several_projects_are_one_clean_up(project: Project, run: Run, users: Users) -> None:
    """By ID or path. If one cannot be read, none is changed."""
    create(project, "a")
    other = project.simulator.api("POST", "projects", name=f"other-{project.id}")
    status, out, err = run("stop", "--project", str(other["id"]), "a", "--yes")
    assert (status, out) == (2, "")
    assert f"cannot list environments of project {other['id']}: " in err
    assert states(project) == {"a": "available"}
    member = {"user_id": users["maintainer"][0], "access_level": 40}
    project.simulator.api("POST", f"projects/{other['id']}/members", **member)
    path = f"projects/{other['id']}/environments"
    project.simulator.api("POST", path, name="a")
    status, out, _err = run("stop", "--project", str(other["id"]), "a", "--yes")
    assert status == 0
    assert out.count("stopped 1 environment\n") == 2


def test_a_ci_job_needs_no_token(
    project: Project, run: Run, users: Users, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own token and project are used. It cannot list protected environments."""
    with ago(project, 40):
        create(project, "old")
        stopped_reviews(project, "review/1")
    monkeypatch.delenv("GITLAB_TOKEN")
    monkeypatch.delenv("GITLAB_BASE_URL")
    token = project.simulator.job_token(project.id, users["maintainer"][0])
    with Proxy(project.simulator.url) as proxy:
        monkeypatch.setenv("CI_JOB_TOKEN", token)
        monkeypatch.setenv("CI_API_V4_URL", f"{proxy.url}/api/v4")
        monkeypatch.setenv("CI_PROJECT_PATH", project.path)
        monkeypatch.setenv("CI_PROJECT_ID", str(project.id))
        for line in (
            ("stop-stale", "--before", "30d", "--yes"),
            ("review-apps", "--yes"),
            ("stop", "old", "--yes"),
        ):
            status, out, err = run(*line, own=False)
            assert status == 0, err
            assert out.startswith(f"{project.path}: ")
            leaves_out = "GitLab leaves out protected environments.\n" in out
            assert leaves_out is (line[0] == "stop-stale")
    assert proxy.tokens() == {("JOB-TOKEN", token)}
    assert states(project)["old"] == "stopped"


def test_a_project_is_required_outside_of_ci(run: Run) -> None:
    """The error names the option."""
    assert run("review-apps", own=False) == (
        2,
        "",
        "error: --project is required, as this is no CI job\n",
    )


def test_a_connection_is_required(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variables."""
    monkeypatch.delenv("GITLAB_TOKEN")
    assert run("review-apps") == (
        2,
        "",
        "error: no GitLab token: set PULUMI_GITLAB_TOKEN or GITLAB_TOKEN\n",
    )
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-wrong")
    status, _out, err = run("review-apps")
    assert status == 2
    assert "does not accept the token: check GITLAB_TOKEN or PULUMI_GITLAB_TOKEN\n" in err
    assert "pulumi destroy" not in err
    assert "glpat-wrong" not in err


def test_names_are_printable(project: Project, run: Run) -> None:
    """A response cannot write escape sequences to the terminal."""
    row = create(project, "a")
    found = project.api("GET", f"environments/{row['a']}")
    fault = {"method": "GET", "path": "/environments$", "status": 200, "times": None}
    body = [{**found, "name": "a", "external_url": "https://x/\x1b[2J"}]
    project.simulator.faults({**fault, "body": body})
    assert "\\x1b[2J" in run("stop", "a")[1]


def test_an_interrupt_ends_all_waits(project: Project) -> None:
    """Also while many environments wait for on-stop jobs that never end."""
    for id_ in create(project, "a", "b").values():
        project.simulator.on_stop_job(project.id, id_)
    line = ("clean-up", "stop", "a", "b", "--project", project.path, "--yes")
    with subprocess.Popen(
        [sys.executable, "-m", "pulumi_gitlab_kubernetes.cli", *line],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        assert any("waiting for its on-stop job (1 s" in text for text in process.stderr)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(30) == 130
    assert "Traceback" not in said
    assert set(states(project).values()) == {"stopping"}

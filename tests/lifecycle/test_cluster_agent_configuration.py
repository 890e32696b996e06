"""The lifecycle of agents' configuration files."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from tests.lifecycle.engines import Stack, ref, resource
from tests.lifecycle.fields import UpdatableFieldTests
from tests.lifecycle.gitlab import Lab
from tests.lifecycle.resources import agent, configuration
from tests.lifecycle.scenario import Args, Kind, Phase, Row, Then
from tests.support import files


def _base(lab: Lab, name: str) -> Args:
    return {"project": lab.project.path, "agent_name": f"agent-{name}"}


def _split(path: str) -> tuple[int, str]:
    """Return the project and the agent of an agent's file."""
    _projects, project, _repository, _files, file = path.split("/")
    return int(project), unquote(file).split("/")[2]


def _change(lab: Lab, path: str, args: Args) -> None:
    """Change sections of a file, which gets another format and a comment."""
    project, name = _split(path)
    api = lab.below(project)
    content = files.read(api, name) or {}
    flat = {**args, **args.get("additional_settings", {})}
    content |= {key: value for key, value in flat.items() if key != "additional_settings"}
    files.write(api, name, files.dump({k: v for k, v in content.items() if k != "id"}))


def _delete(lab: Lab, path: str) -> None:
    project, name = _split(path)
    files.delete(lab.below(project), name)


def _projects(*paths: str, **more: Any) -> dict[str, Any]:
    return {"projects": [{"id": path, **more} for path in paths]}


def _scanning(cadence: str) -> dict[str, Any]:
    return {"container_scanning": {"cadence": cadence}}


def _logging(level: str) -> dict[str, Any]:
    return {"logging": {"level": level, "grpc_level": "warn"}}


CONFIGURATION = Kind(
    class_="ClusterAgentConfiguration",
    base=_base,
    rows=(
        Row("project", lambda lab: lab.project.path, lambda lab: lab.other.path, Then.REPLACE),
        Row("agent_name", "old-name", "new-name", Then.REPLACE, response_key="id"),
        Row(
            "ci_access",
            _projects("a/old", default_namespace="old"),
            {**_projects("a/new", "b/new"), "groups": [{"id": "a", "environments": ["x/*"]}]},
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="ci_access",
            outside={"ci_access": _projects("a/theirs")},
            drifted=_projects("a/theirs"),
        ),
        Row(
            "user_access",
            {"access_as": {"agent": {}}, **_projects("a/b")},
            {"access_as": {"user": {}}, **_projects("a/b")},
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="user_access",
            outside={"user_access": {"access_as": {"user": {}}, **_projects("a/theirs")}},
            drifted={"access_as": {"user": {}}, **_projects("a/theirs")},
        ),
        Row(
            "observability",
            _logging("info"),
            _logging("debug"),
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="observability",
            outside={"observability": _logging("error")},
            drifted=_logging("error"),
        ),
        Row(
            "additional_settings",
            _scanning("0 1 * * *"),
            _scanning("0 2 * * *"),
            Then.UPDATE,
            drop=Then.UPDATE,
            response_key="container_scanning",
            outside={"additional_settings": _scanning("0 3 * * *")},
            drifted=_scanning("0 3 * * *"),
        ),
        Row("branch", None, "main", Then.STATE_ONLY, drop=Then.STATE_ONLY),
        Row("commit_message", None, "Configure the agent", Then.NONE, drop=Then.NONE),
        Row("author_name", None, "Ann", Then.NONE, drop=Then.NONE),
        Row("author_email", None, "ann@example.com", Then.NONE, drop=Then.NONE),
        Row("connection", None, "other", Then.MOVE, drop=Then.MOVE, default="gitlab"),
        Row("adopt_existing", None, True, Then.STATE_ONLY, drop=Then.STATE_ONLY, default=False),
    ),
    carriers=("user_access", "observability"),
    creates_at_path=True,
    update=("GET", "PUT"),
    change=_change,
    delete=_delete,
)


class TestFields(UpdatableFieldTests):
    """Each field of an agent's configuration."""

    kind = CONFIGURATION

    def normalize(self, row: Row, value: Any) -> Any:
        """Return the section of a file as the argument that has others."""
        if row.field == "additional_settings" and value is not None:
            return {row.response_key: value}
        return value

    def _assert_updated(self, phase: Phase, row: Row, changed: Row) -> None:
        """Assert one commit of a row's resource. It always has the whole file."""
        del changed
        assert phase.outcome.ok, phase.outcome.text
        assert phase.outcome.ops(row.name)[-1] == "update"
        assert len(phase.sent_to(phase.path(row.name, self.kind.class_))) == 1


def _text(lab: Lab, branch: str = "HEAD") -> str | None:
    return files.text_of(lab.below(lab.project.id), "agent", branch)


def test_only_the_file_is_changed(stack: Stack, lab: Lab) -> None:
    """Each change is one commit of it, with the message and the author of the program."""
    api = lab.below(lab.project.id)
    files.write(api, "neighbour", "ci_access: {}\n")
    readme = {"branch": "main", "commit_message": "Readme", "content": "text"}
    api("POST", "repository/files/README.md", **readme)
    declared = [agent(lab.project.path), configuration(lab.project.path)]
    assert stack.up(*declared).ok
    assert _text(lab) == ("ci_access:\n  groups:\n    - id: acme\n      default_namespace: shop\n")
    by = {"author_name": "Ann", "author_email": "ann@example.com", "commit_message": "Allow b"}
    changed = configuration(lab.project.path, ci_access=_projects("b"), **by)
    assert stack.up(agent(lab.project.path), changed).ok
    assert stack.destroy().ok
    found = api("GET", "repository/commits")
    path = ".gitlab/agents/agent/config.yaml"
    assert [each["message"] for each in found] == [
        "Allow b",
        "Allow b",
        f"Add {path}",
        "Readme",
        "By hand",
    ]
    assert found[0]["author_email"] == "ann@example.com"
    assert files.text_of(api, "neighbour") == "ci_access: {}\n"
    assert api("GET", "repository/files/README.md?ref=main")["size"] == 4
    assert {each["path"] for each in api("GET", "repository/tree?recursive=true")} == {
        ".gitlab",
        ".gitlab/agents",
        ".gitlab/agents/neighbour",
        ".gitlab/agents/neighbour/config.yaml",
        "README.md",
    }


def test_formatting_is_no_drift(stack: Stack, lab: Lab) -> None:
    """The content counts: neither comments nor order, nor sections that are not managed."""
    text = "# Theirs.\nx: &ns shop\nci_access: {groups: [{default_namespace: *ns, id: 'acme'}]}\n"
    declared = [agent(lab.project.path), configuration(lab.project.path)]
    assert stack.up(*declared).ok
    files.write(lab.below(lab.project.id), "agent", text)
    lab.calls()
    assert stack.refresh().ops("configuration") == ["same"]
    assert stack.up(*declared).ops("configuration") == ["same"]
    assert _text(lab) == text


def test_a_file_that_no_agent_can_read_is_an_error(stack: Stack, lab: Lab) -> None:
    """It is not overwritten."""
    project, broken = lab.project.path, "ci_access: ["
    assert stack.up(agent(project), configuration(project)).ok
    files.write(lab.below(lab.project.id), "agent", broken)
    expected = "the file is not valid YAML (line 1): correct it in GitLab, or delete it there"
    assert expected in stack.refresh().error("configuration")
    changed = configuration(project, ci_access=_projects("b"))
    assert expected in stack.up(agent(project), changed).error("configuration")
    assert _text(lab) == broken


def test_an_unseen_change_is_not_overwritten(stack: Stack, lab: Lab) -> None:
    """An update of the same section fails until a refresh. Other sections are kept."""
    api, project = lab.below(lab.project.id), lab.project.path
    assert stack.up(agent(project), configuration(project)).ok
    files.write(api, "agent", files.dump({"ci_access": _projects("theirs"), "x": {"y": 1}}))
    changed = [agent(project), configuration(project, ci_access=_projects("ours"))]
    error = stack.up(*changed).error("configuration")
    assert "ci_access has changed in GitLab since the last refresh" in error
    assert "run `pulumi refresh`" in error
    assert (files.read(api, "agent") or {})["ci_access"] == _projects("theirs")
    outcome = stack.up(*changed, refresh=True)
    assert outcome.ok, outcome.text
    assert files.read(api, "agent") == {
        "id": "agent",
        "ci_access": _projects("ours"),
        "x": {"y": 1},
    }


def test_a_section_moves_to_the_additional_settings(stack: Stack, lab: Lab) -> None:
    """Where newer settings are possible. What the program drops is removed, the rest stays."""
    api, project = lab.below(lab.project.id), lab.project.path
    assert stack.up(agent(project), configuration(project)).ok
    files.write(api, "agent", files.dump({**(files.read(api, "agent") or {}), "kept": 1}))
    newer = {"ci_access": {"a_newer_key": [{"id": "acme", "defaultNamespace": "x"}]}}
    moved = configuration(project, ci_access=None, additional_settings={**newer, "gone": True})
    assert stack.up(agent(project), moved).ok
    assert stack.refresh().ops("configuration") == ["same"]
    found = files.read(api, "agent") or {}
    assert (found["ci_access"], found["gone"], found["kept"]) == (newer["ci_access"], True, 1)
    fewer = configuration(project, ci_access=None, additional_settings=newer)
    assert stack.up(agent(project), fewer).ok
    assert "gone" not in (files.read(api, "agent") or {})
    twice = configuration(project, additional_settings=newer)
    error = stack.preview(agent(project), twice).error("configuration")
    assert "must not contain ci_access" in error


def test_unknown_values_are_checked_where_they_are_known(stack: Stack, lab: Lab) -> None:
    """A preview of a new agent shows the other values, and finds what is wrong."""
    project = lab.project.path
    given = {"projects": [{"id": ref("agent.name"), "default_namespace": "shop"}]}
    assert stack.preview(agent(project), configuration(project, ci_access=given)).ok
    given["projects"][0]["default_namespace"] = "Not valid"
    error = stack.preview(agent(project), configuration(project, ci_access=given)).error()
    assert "must contain only a-z, 0-9 and -" in error
    assert "ci_access.projects[0].default_namespace" in error


def test_a_branch_is_replaced(stack: Stack, lab: Lab) -> None:
    """The file is added to the new branch, and then deleted from the old one."""
    api, project = lab.below(lab.project.id), lab.project.path
    files.write(api, "other", "x: 1\n")
    files.write(api, "work", "x: 1\n", "work", start_branch="main")
    assert stack.up(agent(project), configuration(project)).ok
    assert _text(lab, "work") is None
    outcome = stack.up(agent(project), configuration(project, branch="work"))
    assert outcome.ops("configuration") == Then.REPLACE.ops, outcome.text
    assert _text(lab, "work") is not None
    assert _text(lab) is None
    assert stack.refresh().ops("configuration") == ["same"]


def test_a_move_adopts_the_file_on_the_new_branch(stack: Stack, lab: Lab) -> None:
    """Its other sections are kept, the old file is deleted, and no other file is touched."""
    api, project = lab.below(lab.project.id), lab.project.path
    files.write(api, "other", "x: 1\n")
    files.write(api, "agent", "ci_access: {}\nx: {y: 1}\n", "work", start_branch="main")
    assert stack.up(agent(project), configuration(project)).ok
    moved = configuration(project, branch="work", adopt_existing=True)
    outcome = stack.up(agent(project), moved)
    assert outcome.ops("configuration") == Then.REPLACE.ops, outcome.text
    assert _text(lab) is None
    found = files.read(api, "agent", "work") or {}
    assert (found["ci_access"]["groups"][0]["id"], found["x"]) == ("acme", {"y": 1})
    assert [files.text_of(api, "other", branch) for branch in ("main", "work")] == ["x: 1\n"] * 2
    assert stack.up(agent(project), moved).ops("configuration") == ["same"]

    # After a merge, the file is on both branches. The default branch is named, or not.
    files.write(api, "agent", _text(lab, "work") or "")
    for branch in ("main", None):
        back = configuration(project, branch=branch, adopt_existing=True)
        assert stack.up(agent(project), back).ok
        assert (_text(lab) is None, _text(lab, "work")) == (False, None)
    assert stack.destroy().ok
    assert _text(lab) is None
    assert files.text_of(api, "other") == "x: 1\n"


def test_a_move_from_a_branch_that_is_gone(stack: Stack, lab: Lab) -> None:
    """As after a merge request that has deleted it."""
    project = lab.project.path
    assert stack.up(agent(project), configuration(project)).ok
    deployment = stack.deployment()
    for each in deployment["resources"]:
        if each["urn"].endswith("::configuration"):
            each["inputs"]["branch"] = each["outputs"]["branch"] = "merged"
    stack.import_({"version": 3, "deployment": deployment})
    outcome = stack.up(agent(project), configuration(project, adopt_existing=True))
    assert outcome.ops("configuration") == Then.REPLACE.ops, outcome.text
    assert _text(lab) is not None
    assert stack.refresh().ops("configuration") == ["same"]


def test_a_forced_replacement_keeps_the_file_that_it_adopted(stack: Stack, lab: Lab) -> None:
    """Also if the program now names the default branch."""
    api, project = lab.below(lab.project.id), lab.project.path
    files.write(api, "other", "x: 1\n")
    assert stack.up(agent(project), configuration(project)).ok
    stack.taint("configuration")
    again = configuration(project, branch="main", adopt_existing=True)
    outcome = stack.up(agent(project), again)
    assert "not deleted in GitLab" in outcome.text
    assert _text(lab) is not None


def test_one_file_is_declared_once(stack: Stack, lab: Lab) -> None:
    """With and without the name of the default branch it is the same; on two branches it is not."""
    api, project = lab.below(lab.project.id), lab.project.path
    files.write(api, "other", "x: 1\n")
    files.write(api, "third", "x: 2\n", "work", start_branch="main")
    one = configuration(project, "one", agent_name="agent")
    two = configuration(project, "two", agent_name="agent", branch="work")
    assert stack.up(one, two).ok
    again = configuration(project, "again", agent_name="agent", branch="main", adopt_existing=True)
    error = stack.up(one, two, again).error("again")
    assert 'it is declared twice, resource "one" already has it' in error
    assert stack.destroy().ok
    assert (_text(lab), _text(lab, "work")) == (None, None)


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        ("protected", 'push to branch "main", which is protected'),
        ("missing", 'branch "nowhere" does not exist, create it or name another one'),
        ("archived", "which must not be archived"),
        ("reporter", "its user the role Developer in the project"),
        ("existing", "it already exists with the id agent"),
    ],
)
def test_a_refused_commit_is_one_line(stack: Stack, lab: Lab, prepare: str, expected: str) -> None:
    """It says what to do."""
    api, project = lab.below(lab.project.id), lab.project.path
    files.write(api, "agent" if prepare == "existing" else "other", "x: 1\n")
    branch = "nowhere" if prepare == "missing" else None
    declared = configuration(project, agent_name="agent", branch=branch)
    match prepare:
        case "protected":
            api("POST", "protected_branches", name="main", push_access_level=0)
        case "archived":
            api("POST", "archive")
        case "reporter":
            name, token = lab.add_user()
            lab.join("projects", lab.project.id, name, level=20)
            stack.environ["PULUMI_GITLAB_TOKEN"] = token
    error = stack.up(declared).error("configuration")
    assert expected in error
    assert error.startswith(f'cannot create agent configuration "agent" in project {project}: ')
    assert files.messages(api) == ["By hand"]


def test_an_existing_file_is_adopted(stack: Stack, lab: Lab) -> None:
    """Its other sections are kept, and `destroy` deletes it."""
    api, project = lab.below(lab.project.id), lab.project.path
    files.write(api, "agent", "ci_access: {projects: [{id: theirs}]}\nx: {y: 1}\n")
    declared = [agent(project), configuration(project, adopt_existing=True)]
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    found = files.read(api, "agent") or {}
    assert found["ci_access"]["groups"][0]["id"] == "acme"
    assert "projects" not in found["ci_access"]
    assert found["x"] == {"y": 1}
    assert stack.resources()["configuration"]["outputs"]["adopted_at"]
    assert stack.up(*declared).ops("configuration") == ["same"]
    assert stack.destroy().ok
    assert _text(lab) is None


def test_settings_that_are_not_known_are_never_lost(stack: Stack, lab: Lab) -> None:
    """An adoption and an update would remove them. The program says what is to be kept."""
    api, project = lab.below(lab.project.id), lab.project.path
    theirs = {"user_access": {"a_new_key": 1}, "ci_access": {"groups": [{"id": "a", "new": 2}]}}
    files.write(api, "agent", files.dump(theirs))
    adopting: dict[str, Any] = {"agent_name": "agent", "adopt_existing": True}
    expected = " in the file is not known, and would be removed: write the whole section "
    error = stack.up(configuration(project, **adopting)).error("configuration")
    assert f"ci_access.groups[0].new{expected}ci_access in the additional settings" in error
    section = {"ci_access": {"groups": [{"id": "a", "new": 3}]}}
    kept: dict[str, Any] = {**adopting, "ci_access": None, "additional_settings": section}
    outcome = stack.up(configuration(project, **kept))
    assert outcome.ok, outcome.text
    more = configuration(project, **kept, user_access=_projects("a/b"))
    error = stack.up(more).error("configuration")
    assert f"user_access.a_new_key{expected}user_access in the additional settings" in error
    assert files.read(api, "agent") == {"id": "agent", **theirs, **section}


def test_many_files_are_committed_one_after_the_other(stack: Stack, lab: Lab) -> None:
    """GitLab rejects one of two commits at the same time."""
    project = lab.project.path
    declared = [
        configuration(project, f"c{number}", agent_name=f"agent-{number}") for number in range(12)
    ]
    outcome = stack.up(*declared)
    assert outcome.ok, outcome.text
    assert len(files.listed(lab.below(lab.project.id))) == 12
    assert {step.op for step in stack.refresh().steps} == {"same"}


def test_get_reads_everything(stack: Stack, lab: Lab) -> None:
    """All sections, with the names of Python programs."""
    content = {"ci_access": _projects("a", default_namespace="shop"), "x": {"y": 1}}
    files.write(lab.below(lab.project.id), "agent", files.dump(content))
    got = resource("ClusterAgentConfiguration", "got", get=f"{lab.project.id}:agent")
    outcome = stack.up(got, read=ref("got.ci_access"), others=ref("got.additional_settings"))
    assert outcome.ok, outcome.text
    outputs = stack.deployment()["resources"][0]["outputs"]
    assert (outputs["read"], outputs["others"]) == (content["ci_access"], {"x": {"y": 1}})

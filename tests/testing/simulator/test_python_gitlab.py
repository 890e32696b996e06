"""python-gitlab works with the simulator as with GitLab."""

from __future__ import annotations

from typing import Any

import gitlab
import pytest


def _project(gl: gitlab.Gitlab) -> Any:
    group = gl.groups.create({"name": "Group", "path": "group"})
    return gl.projects.create({"name": "App", "namespace_id": group.id})


def test_the_instance_is_set_up_through_gitlabs_api(gl: gitlab.Gitlab) -> None:
    """Users, tokens, groups, projects, members, settings, features and a license."""
    gl.auth()
    assert gl.user
    assert gl.user.username == "root"
    version, _ = gl.version()
    assert int(version.split(".")[0]) >= 17

    user = gl.users.create(
        {"name": "Ann", "username": "ann", "email": "ann@example.com", "password": "long-enough"}
    )
    token = user.personal_access_tokens.create({"name": "t", "scopes": ["api"]})
    project = _project(gl)
    assert project.path_with_namespace == "group/app"
    assert project.namespace["kind"] == "group"
    project.members.create({"user_id": user.id, "access_level": 40})
    project.files.create(
        {
            "file_path": ".gitlab/agents/dev/config.yaml",
            "branch": "main",
            "content": "ci_access: {}",
            "commit_message": "configure",
        }
    )
    file = project.files.get(".gitlab/agents/dev/config.yaml", ref="main")
    assert file.decode() == b"ci_access: {}"

    with gitlab.Gitlab(gl.url, private_token=token.token) as hers:
        hers.auth()
        assert hers.user
        assert hers.user.username == "ann"
        assert [found.id for found in hers.projects.list(get_all=True)] == [project.id]
        with pytest.raises(gitlab.GitlabError, match="403"):
            hers.settings.get()
        gl.personal_access_tokens.delete(token.id)
        with pytest.raises(gitlab.GitlabAuthenticationError, match="401"):
            hers.auth()

    settings = gl.settings.get()
    settings.receptive_cluster_agents_enabled = True
    settings.save()
    assert gl.settings.get().receptive_cluster_agents_enabled is True
    assert gl.features.set("certificate_based_clusters", True).state == "on"
    license_ = gl.set_license("ultimate")
    assert gl.get_license()["plan"] == "ultimate"
    gl.http_delete(f"/license/{license_['id']}")
    assert gl.http_get("/license") is None


def test_clusters(gl: gitlab.Gitlab) -> None:
    """A cluster is created, read, listed, updated, deleted."""
    gl.features.set("certificate_based_clusters", True)
    project = _project(gl)
    cluster = project.clusters.create(
        {
            "name": "c",
            "domain": "apps.example.com",
            "platform_kubernetes_attributes": {"api_url": "https://k8s.example.com", "token": "s"},
        }
    )
    assert (cluster.enabled, cluster.managed, cluster.environment_scope) == (True, True, "*")
    assert "token" not in cluster.platform_kubernetes
    cluster.domain = "other.example.com"
    cluster.platform_kubernetes_attributes = {"namespace": "Apps"}
    cluster.save()
    read = project.clusters.get(cluster.id)
    assert read.domain == "other.example.com"
    assert read.platform_kubernetes["namespace"] == "apps"
    assert read.project["id"] == project.id
    listed = project.clusters.list(get_all=True)
    assert [found.id for found in listed] == [cluster.id]
    assert "project" not in listed[0].attributes
    cluster.delete()
    with pytest.raises(gitlab.GitlabGetError, match="404"):
        project.clusters.get(cluster.id)


def test_agents(gl: gitlab.Gitlab) -> None:
    """An agent is created, read, listed by name, deleted."""
    project = _project(gl)
    first = project.cluster_agents.create({"name": "staging"})
    second = project.cluster_agents.create({"name": "dev"})
    assert project.cluster_agents.get(first.id).config_project["path_with_namespace"] == "group/app"
    assert [found.name for found in project.cluster_agents.list(get_all=True)] == ["dev", "staging"]
    second.delete()
    with pytest.raises(gitlab.GitlabGetError, match="404"):
        project.cluster_agents.get(second.id)


def test_environments(gl: gitlab.Gitlab) -> None:
    """An environment is created, updated, stopped and deleted, but not before it is stopped."""
    project = _project(gl)
    environment = project.environments.create({"name": "production", "description": "live"})
    assert environment.state == "available"
    environment.external_url = "https://example.com"
    environment.save()
    read = project.environments.get(environment.id)
    assert (read.external_url, read.description) == ("https://example.com", "live")
    with pytest.raises(gitlab.GitlabDeleteError, match="403"):
        environment.delete()
    environment.stop()
    assert project.environments.get(environment.id).state == "stopped"
    environment.delete()
    assert project.environments.list(get_all=True) == []


def test_lists_have_all_pages(gl: gitlab.Gitlab) -> None:
    """`get_all` and `iterator` follow the links through every page."""
    project = _project(gl)
    for number in range(23):
        project.environments.create({"name": f"env-{number}"})
    every = project.environments.list(iterator=True, per_page=10)
    assert (every.total, every.total_pages) == (23, 3)
    assert [found.name for found in every] == [f"env-{number}" for number in range(23)]
    assert len(project.environments.list(get_all=True, per_page=100)) == 23


def test_projects(gl: gitlab.Gitlab) -> None:
    """A project is found by path, renamed, archived, listed, given members and files, deleted."""
    project = _project(gl)
    assert gl.projects.get("group/app").id == project.id
    project.description = "shop"
    project.path = "shop"
    project.save()
    assert gl.projects.get("group/shop").description == "shop"
    with pytest.raises(gitlab.GitlabHttpError, match="Non GET methods"):
        gl.http_post("/projects/group%2Fapp/environments", post_data={"name": "x"})
    project.archive()
    assert [found.id for found in gl.projects.list(archived=True, get_all=True)] == [project.id]
    with pytest.raises(gitlab.GitlabCreateError, match="403"):
        project.cluster_agents.create({"name": "edge"})
    project.unarchive()
    user = gl.users.create(
        {"name": "Ann", "username": "ann", "email": "a@example.com", "reset_password": True}
    )
    member = project.members.create({"user_id": user.id, "access_level": 20})
    member.access_level = 30
    member.save()
    assert project.members.get(user.id).access_level == 30
    member.delete()
    file = project.files.create(
        {"file_path": "a b.md", "branch": "main", "content": "1", "commit_message": "m"}
    )
    file.content = "2"
    file.save(branch="main", commit_message="m")
    assert project.files.get("a b.md", ref="main").decode() == b"2"
    project.files.delete("a b.md", commit_message="m", branch="main")
    project.delete()
    with pytest.raises(gitlab.GitlabGetError, match="404"):
        gl.projects.get(project.id)


def test_agents_have_tokens_and_url_configurations(gl: gitlab.Gitlab) -> None:
    """python-gitlab has no objects for some of them; its plain calls work."""
    gl.set_license("ultimate")
    settings = gl.settings.get()
    settings.receptive_cluster_agents_enabled = True
    settings.save()
    agent = _project(gl).cluster_agents.create({"name": "edge"})
    path = f"/projects/{agent.config_project['id']}/cluster_agents/{agent.id}"
    token: Any = gl.http_post(f"{path}/tokens", post_data={"name": "t"})
    assert token["token"].startswith("glagent-")
    listed: Any = gl.http_list(f"{path}/tokens", get_all=True)
    assert [found["id"] for found in listed] == [token["id"]]
    gl.http_delete(f"{path}/tokens/{token['id']}")
    with pytest.raises(gitlab.GitlabHttpError, match="404"):
        gl.http_get(f"{path}/tokens/{token['id']}")
    url = {"url": "grpcs://agent.example.com"}
    made: Any = gl.http_post(f"{path}/url_configurations", post_data=url)
    assert gl.http_get(f"{path}/url_configurations/{made['id']}") == made
    with pytest.raises(gitlab.GitlabHttpError, match="already exists"):
        gl.http_post(f"{path}/url_configurations", post_data=url)
    gl.http_delete(f"{path}/url_configurations/{made['id']}")


def test_environments_are_found_stopped_and_protected(gl: gitlab.Gitlab) -> None:
    """By name, by search, by state; the error has GitLab's text."""
    gl.set_license("premium")
    project = _project(gl)
    agent = project.cluster_agents.create({"name": "edge"})
    for name in ("review/1", "review/2", "production"):
        project.environments.create({"name": name, "cluster_agent_id": agent.id})
    review, other = project.environments.list(search="rev", get_all=True)
    assert (review.name, other.name) == ("review/1", "review/2")
    review.stop()
    assert [e.name for e in project.environments.list(states="stopped", get_all=True)] == [
        review.name
    ]
    (production,) = project.environments.list(name="production", get_all=True)
    assert project.environments.get(production.id).cluster_agent["name"] == "edge"
    production.cluster_agent_id = None
    production.save()
    assert "cluster_agent" not in project.environments.get(production.id).attributes
    with pytest.raises(gitlab.GitlabCreateError, match="has already been taken") as taken:
        project.environments.create({"name": "production"})
    assert taken.value.response_code == 400
    with pytest.raises(gitlab.GitlabHttpError, match="name is missing"):
        gl.http_post(f"/projects/{project.id}/environments")
    levels = [{"access_level": 40}]
    project.protected_environments.create({"name": "production", "deploy_access_levels": levels})
    assert project.protected_environments.get("production").deploy_access_levels

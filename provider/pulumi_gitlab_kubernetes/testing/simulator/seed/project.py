"""A project's contents in a seed: members, agents, clusters, environments and files."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_gitlab_kubernetes.testing.simulator.seed import format as formats
from pulumi_gitlab_kubernetes.testing.simulator.seed.document import Entry, SeedError
from pulumi_gitlab_kubernetes.testing.simulator.seed.gitlab import GitLab, encode

_BRANCH = "main"


async def ensure_project(gitlab: GitLab, entry: Entry) -> int:
    """Return the id of a project; create it and its groups if they do not exist.

    Raises:
        SeedError: A request got an error, or the path is not that of a project.
    """
    path = entry.values["path"].strip("/")
    found = await gitlab.find(f"projects/{encode(path)}")
    if found is None:
        parent, _, last = path.rpartition("/")
        if not parent:
            location = (*entry.location, "path")
            raise SeedError(location, "must be <group>/<project> or <user>/<project>")
        user = await gitlab.user(parent)
        namespace = user["namespace_id"] if user else await gitlab.group(parent, entry.location)
        given = {"name": last, **entry.only(formats.PROJECT)}
        given |= {"path": last, "namespace_id": namespace}
        found = await gitlab.call(entry.location, "POST", "projects", given)
    return int(found["id"])


async def load_contents(gitlab: GitLab, entry: Entry, project_id: int) -> None:
    """Create a project's contents that do not exist yet.

    Raises:
        SeedError: A request got an error, or a name is unknown.
    """
    project = f"projects/{project_id}"
    await gitlab.members(entry, project)
    agents = await _agents(gitlab, entry, project)
    await _clusters(gitlab, entry, project)
    for environment in entry.list("environments"):
        await _environment(gitlab, environment, project_id, agents)
    await _files(gitlab, entry, project)
    if entry.values.get("archived"):
        await gitlab.call((*entry.location, "archived"), "POST", f"{project}/archive")


async def _agents(gitlab: GitLab, entry: Entry, project: str) -> Mapping[str, int]:
    """Create the agents with their tokens and URL configuration; return all ids by name."""
    collection = f"{project}/cluster_agents"
    ids = {each["name"]: int(each["id"]) for each in await gitlab.all(collection)}
    for agent in entry.list("agents"):
        name = str(agent.values["name"])
        if name not in ids:
            given = agent.only(formats.AGENT)
            ids[name] = (await gitlab.call(agent.location, "POST", collection, given))["id"]
        path = f"{collection}/{ids[name]}"
        tokens = {each["name"] for each in await gitlab.all(f"{path}/tokens")}
        for token in agent.list("tokens"):
            if token.values["name"] not in tokens:
                given = token.only(formats.AGENT_TOKEN)
                made = await gitlab.call(token.location, "POST", f"{path}/tokens", given)
                gitlab.add_token(f"{entry.values['path']}:{name}", made["name"], made["token"])
        if configuration := agent.values.get("url_configuration"):
            location = (*agent.location, "url_configuration")
            if not await gitlab.call(location, "GET", f"{path}/url_configurations"):
                await gitlab.call(location, "POST", f"{path}/url_configurations", configuration)
    return ids


async def _clusters(gitlab: GitLab, entry: Entry, project: str) -> None:
    for cluster in entry.list("clusters"):
        found = await gitlab.call(cluster.location, "GET", f"{project}/clusters?per_page=100")
        scope = cluster.values.get("environment_scope", "*")
        if any(each["environment_scope"] == scope for each in found):
            continue
        given = cluster.only(formats.CLUSTER)
        if manager := cluster.values.get("management_project"):
            location = (*cluster.location, "management_project")
            named = await gitlab.call(location, "GET", f"projects/{encode(manager)}")
            given["management_project_id"] = named["id"]
        await gitlab.call(cluster.location, "POST", f"{project}/clusters/user", given)


async def _environment(
    gitlab: GitLab, entry: Entry, project_id: int, agents: Mapping[str, int]
) -> None:
    path = f"projects/{project_id}/environments"
    given = entry.only(formats.ENVIRONMENT)
    if agent := entry.values.get("agent"):
        if agent not in agents:
            raise SeedError((*entry.location, "agent"), f"the project has no agent {agent}")
        given["cluster_agent_id"] = agents[agent]
    found = await gitlab.call(entry.location, "GET", f"{path}?name={encode(given['name'])}")
    made = found[0] if found else await gitlab.call(entry.location, "POST", path, given)
    if job := entry.values.get("on_stop_job"):
        location = (*entry.location, "on_stop_job")
        path = f"/-/simulator/environments/{project_id}/{made['id']}/on_stop_job"
        await gitlab.call(location, "POST", path, {} if job is True else job)


async def _files(gitlab: GitLab, entry: Entry, project: str) -> None:
    branch = entry.values.get("default_branch", _BRANCH)
    for name, content, location in entry.items("files"):
        path = f"{project}/repository/files/{encode(name)}"
        if await gitlab.find(f"{path}?ref={encode(branch)}") is None:
            given = {"branch": branch, "content": content, "commit_message": f"Add {name}"}
            await gitlab.call(location, "POST", path, given)

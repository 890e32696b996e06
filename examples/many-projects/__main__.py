"""Give each project in `projects.yaml` its agents, and the agents' environments."""

from pathlib import Path

import pulumi
import yaml

from pulumi_gitlab_kubernetes import GitLabAgent

projects = yaml.safe_load(Path(__file__).with_name("projects.yaml").read_text(encoding="utf-8"))
agents = {
    f"{project}/{name}": GitLabAgent(
        f"{project.replace('/', '-')}-{name}", project=project, name=name, **arguments
    )
    for project, agents in projects.items()
    for name, arguments in agents.items()
}

pulumi.export("agent_ids", {name: agent.agent_id for name, agent in agents.items()})
pulumi.export("helm_values", {name: agent.helm_values for name, agent in agents.items()})

"""Register an agent for a project with Pulumi's Automation API: one stack for each project.

python deploy.py up acme/shop
python deploy.py destroy acme/shop
"""

import argparse
import sys

import pulumi
from pulumi import automation

from pulumi_gitlab_kubernetes import ClusterAgent, ClusterAgentToken


def program(project: str) -> None:
    """Declare the resources of a project."""
    agent = ClusterAgent("production", project=project, name="production")
    token = ClusterAgentToken("helm", project=project, agent_id=agent.agent_id, name="helm")
    pulumi.export("agent_id", agent.agent_id)
    pulumi.export("token", token.token)


def main() -> None:
    """Deploy or destroy the stack of a project."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=["up", "destroy"])
    parser.add_argument("project", help="full path of the project in GitLab")
    given = parser.parse_args()
    stack = automation.create_or_select_stack(
        stack_name=given.project.replace("/", "."),
        project_name="agents",
        program=lambda: program(given.project),
        # The Pulumi CLI starts the process of dynamic resources: with this interpreter.
        opts=automation.LocalWorkspaceOptions(env_vars={"PULUMI_PYTHON_CMD": sys.executable}),
    )
    if given.action == "up":
        result = stack.up(on_output=print)
        # Pass the token on to your cluster, and never print it.
        print(f"The agent has the ID {result.outputs['agent_id'].value}.")
    else:
        stack.destroy(on_output=print)


if __name__ == "__main__":
    main()

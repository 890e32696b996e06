"""Functions in programs, with both adapters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.lifecycle.adapters import DYNAMIC, Adapter
from tests.lifecycle.conftest import Configured
from tests.lifecycle.engines import Outcome, Stack
from tests.lifecycle.gitlab import Lab
from tests.support.waiting_proxy import WaitingProxy

pytestmark = pytest.mark.slow

_IMPORTS = """\
import json
from dataclasses import asdict

import pulumi
import {package} as gitlab

config = json.loads({config!r})
project = config["project"]
"""
_ROOT = "lifecycle-test"
_SECRET = "4dabf18193072939515e22adb298388d"
"""The mark of a secret in a state."""


class Program:
    """A program that calls functions, in a stack.

    Args:
        stack: The stack.
        lab: Its GitLab.
    """

    def __init__(self, stack: Stack, lab: Lab) -> None:
        self.stack = stack
        self._config = {"project": lab.project.path, "other": lab.other.path}

    def write(self, body: str, **config: Any) -> None:
        """Write the program. `config` has its values."""
        text = json.dumps({**self._config, **config})
        imports = _IMPORTS.format(package=self.stack.package, config=text)
        (self.stack.project / "__main__.py").write_text(imports + body)

    def up(self) -> dict[str, Any]:
        """Deploy, and return the stack's outputs."""
        outcome = self.stack.run("up")
        assert outcome.ok, outcome.text
        return self.outputs()

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the stack's outputs in the state."""
        found: dict[str, Any] = self.stack.resources(show_secrets=show_secrets)[_ROOT]["outputs"]
        return found

    def error(self) -> str:
        """Deploy in vain, and return the one error of the program, without a traceback."""
        outcome = self.stack.run("up")
        assert not outcome.ok, outcome.text
        assert "Traceback" not in outcome.text
        errors = [each for each in _errors(outcome) if "non-zero exit code" not in each]
        assert len(errors) == 1, outcome.text
        assert "\n" not in errors[0]
        return errors[0]


def _errors(outcome: Outcome) -> list[str]:
    return [each.text.strip() for each in outcome.messages if each.severity == "error"]


@pytest.fixture
def program(stack: Stack, lab: Lab) -> Program:
    """A program for one test, which uses GitLab as its user."""
    return Program(stack, lab)


@pytest.fixture
def proxy(lab: Lab) -> Iterator[WaitingProxy]:
    """A proxy in front of GitLab."""
    with WaitingProxy(lab.simulator.url) as running:
        yield running


@pytest.fixture
def behind_proxy(configured: Configured, lab: Lab, proxy: WaitingProxy) -> Program:
    """A program that reaches GitLab through the proxy."""
    return Program(configured({"baseUrl": proxy.url}, {"token": lab.token}), lab)


_ALL = """
agent = {"project": project, "agent_name": "prod"}
calls = {
    "cluster_agent": {"project": project, "agent_id": config["agent"]},
    "cluster_agents": {"project": project},
    "cluster_agent_token": {**agent, "token_id": config["token"]},
    "cluster_agent_tokens": {"project": project, "agent_id": config["agent"]},
    "cluster_agent_url_configuration": agent,
    "cluster_agent_url_configurations": agent,
    "project_cluster": {"project": project, "environment_scope": "*"},
    "project_clusters": {"project": project},
    "project_environment": {"project": project, "name": "prod"},
    "project_environments": {"project": project, "states": "available"},
}
for name, given in calls.items():
    found = getattr(gitlab, f"get_{name}")(**given)
    pulumi.export(name, asdict(found))
    output = getattr(gitlab, f"get_{name}_output")(**given)
    pulumi.export(f"{name}_output", output.apply(asdict))
    assert type(found).__module__.startswith("pulumi_gitlab_kubernetes.lookups.results.")
environment = gitlab.get_project_environment(project=project, name="prod")
pulumi.export("agent of environment", environment.cluster_agent.name)
pulumi.export("agent_id", gitlab.get_cluster_agent_output(project=project, name="prod").agent_id)
pulumi.export("whole", environment)
"""


def test_all_functions_have_two_forms(program: Program, lab: Lab) -> None:
    """They return the same: dataclasses with what GitLab has."""
    agent = lab.agent("prod")
    path = f"projects/{lab.project.id}"
    token = lab.root("POST", f"{path}/cluster_agents/{agent}/tokens", name="t")["id"]
    urls = f"{path}/cluster_agents/{agent}/url_configurations"
    lab.root("POST", urls, url="grpc://agent.example.com:80")
    lab.simulator.deploy(lab.project.id, "prod")
    number = lab.root("GET", f"{path}/environments")[0]["id"]
    lab.root("PUT", f"{path}/environments/{number}", cluster_agent_id=agent)
    platform = {"api_url": "https://k8s.example.com", "token": "hidden"}
    lab.root("POST", f"{path}/clusters/user", name="k8s", platform_kubernetes_attributes=platform)
    program.write(_ALL, agent=agent, token=token)

    found = program.up()

    names = [name for name in found if f"{name}_output" in found]
    assert len(names) == 10
    for name in names:
        assert found[name] == found[f"{name}_output"], name
    own = {name: found[name] for name in names if not name.endswith("s")}
    project = lab.project.id
    assert {name: each["id"] for name, each in own.items()} == {
        "cluster_agent": f"{project}:{agent}",
        "cluster_agent_token": f"{project}:{agent}:{token}",
        "cluster_agent_url_configuration": f"{project}:{agent}:{lab.root('GET', urls)[0]['id']}",
        "project_cluster": f"{project}:{lab.root('GET', f'{path}/clusters')[0]['id']}",
        "project_environment": f"{project}:{number}",
    }
    for name in names:
        if name.endswith("s"):
            ((_key, items),) = found[name].items()
            (item,) = items
            single = own[name.removesuffix("s")]
            assert {key: single[key] for key, value in item.items() if value is not None} == {
                key: value for key, value in item.items() if value is not None
            }
    environment = found["whole"]
    assert environment["last_deployment"]["status"] == "success"
    assert environment["cluster_agent"] == {"id": agent, "name": "prod"}
    assert found["agent of environment"] == "prod"
    assert found["agent_id"] == agent


_PAGES = """
plain = {
    "agents": gitlab.get_cluster_agents(project=project).agents,
    "clusters": gitlab.get_project_clusters(project=project).clusters,
    "environments": gitlab.get_project_environments(project=project, search="review").environments,
}
output = {
    "agents": gitlab.get_cluster_agents_output(project=project).agents,
    "clusters": gitlab.get_project_clusters_output(project=project).clusters,
    "environments": gitlab.get_project_environments_output(
        project=project, search="review"
    ).environments,
}
for key in plain:
    pulumi.export(key, [each.name for each in plain[key]])
    pulumi.export(f"{key} output", output[key].apply(lambda all: [each.name for each in all]))
"""


def test_lists_have_all_pages(program: Program, lab: Lab) -> None:
    """GitLab has at most 100 on a page."""
    path = f"projects/{lab.project.id}"
    platform = {"api_url": "https://k8s.example.com", "token": "hidden"}
    for number in range(101):
        lab.root("POST", f"{path}/cluster_agents", name=f"agent-{number}")
        lab.root("POST", f"{path}/environments", name=f"review/{number}")
        lab.root(
            "POST",
            f"{path}/clusters/user",
            name=f"cluster-{number}",
            environment_scope=f"scope-{number}",
            platform_kubernetes_attributes=platform,
        )
    lab.root("POST", f"{path}/environments", name="prod")
    program.write(_PAGES)
    found = program.up()
    for key, prefix in (
        ("agents", "agent-"),
        ("clusters", "cluster-"),
        ("environments", "review/"),
    ):
        expected = {f"{prefix}{number}" for number in range(101)}
        for names in (found[key], found[f"{key} output"]):
            assert len(names) == 101
            assert {*names} == expected


_UNKNOWN = """
agent = gitlab.ClusterAgent("agent", project=project, name="prod")
by_id = gitlab.get_cluster_agent_output(project=project, agent_id=agent.agent_id)
pulumi.export("by id", by_id.name)
after = gitlab.get_cluster_agents_output(
    project=project, opts=pulumi.InvokeOutputOptions(depends_on=[agent])
)
pulumi.export("after", after.agents.apply(len))


class Component(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("test:index:Component", name)
        opts = pulumi.ResourceOptions(parent=self)
        gitlab.ProjectEnvironment("environment", opts, project=project, name="prod")
        self.register_outputs({})


after_all = gitlab.get_project_environments_output(
    project=project, opts=pulumi.InvokeOutputOptions(depends_on=Component("component"))
)
pulumi.export("after all", after_all.environments.apply(lambda all: [each.name for each in all]))
by_input = gitlab.get_cluster_agent_tokens_output(project=project, agent_name=agent.name)
pulumi.export("by input", by_input.tokens.apply(len))
"""


def test_a_call_waits_for_what_it_depends_on(program: Program, lab: Lab) -> None:
    """It is unknown, without a request, in a preview that creates an argument or a dependency."""
    program.write(_UNKNOWN)
    outcome = program.stack.run("preview")
    assert outcome.ok, outcome.text
    # A name can be known before its agent exists. GitLab was not asked about any.
    assert not [each for each in lab.calls() if each.method == "GET" and "tokens" in each.path]
    assert not [each for each in lab.calls() if each.path.endswith("/cluster_agents")]

    found = program.up()
    assert found == {"by id": "prod", "after": 1, "after all": ["prod"], "by input": 0}
    outcome = program.stack.run("preview")
    assert outcome.ok, outcome.text
    assert {step.op for step in outcome.steps} <= {"same"}


_REMOTE = """
class GitLabAgent(pulumi.ComponentResource):
    def __init__(self, resource_name, **props):
        super().__init__(
            "gitlab-kubernetes:index:GitLabAgent",
            resource_name,
            {**props, "agentId": None},
            remote=True,
        )


agent = GitLabAgent("agent", project=project, name="prod")
after = gitlab.get_cluster_agents_output(
    project=project, opts=pulumi.InvokeOutputOptions(depends_on=agent)
)
pulumi.export("after", after.agents.apply(len))
"""


def test_a_call_waits_for_a_remote_component(configured: Configured, lab: Lab) -> None:
    """Another process creates what is in it, here as for a generated SDK."""
    config = {"gitlab-kubernetes:baseUrl": lab.url}
    stack = configured(config, {"gitlab-kubernetes:token": lab.token})
    program = Program(stack, lab)
    program.write(_REMOTE)
    outcome = stack.run("preview")
    assert outcome.ok, outcome.text
    assert not [each for each in lab.calls() if each.path.endswith("/cluster_agents")]
    assert program.up() == {"after": 1}
    outcome = stack.run("preview")
    assert outcome.ok, outcome.text
    assert [each for each in lab.calls() if each.path.endswith("/cluster_agents")]


_SECRETS = """
name = pulumi.Output.secret(config["name"])
secret = gitlab.get_cluster_agent_output(project=project, name=name)
pulumi.export("secret", secret.name)
pulumi.export("open", gitlab.get_cluster_agent_output(project=project, name="open").name)
"""


def test_a_secret_argument_makes_a_secret_result(program: Program, lab: Lab) -> None:
    """It is encrypted in the state, and no error shows it."""
    lab.agent("canary-name")
    lab.agent("open")
    program.write(_SECRETS, name="canary-name")
    found = program.up()
    assert found["open"] == "open"
    assert _SECRET in found["secret"]
    assert program.outputs(show_secrets=True)["secret"]["plaintext"] == '"canary-name"'
    program.write(_SECRETS.replace("(project=project, name=name)", "(project=name, agent_id=7)"))
    program.write(
        "gitlab.get_cluster_agents_output(project=pulumi.Output.secret(config['name']))\n",
        name="canary/project",
    )
    error = program.error()
    assert "project [secret] does not exist" in error
    program.write("", name="")  # The program itself has them.
    assert not [
        path
        for path, content in program.stack.files().items()
        if b"canary" in content and path.name != "events.json"
    ]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (
            "get_cluster_agent(project=project, name='absent')",
            r"get_cluster_agent: name matches no agent in the project",
        ),
        (
            "get_cluster_agent_output(project=project, name='absent')",
            r"get_cluster_agent: name matches no agent in the project",
        ),
        (
            "get_cluster_agents(project='no/such')",
            r"get_cluster_agents: cannot list agents in project no/such: project no/such does not",
        ),
        (
            "get_cluster_agents_output(project='no/such').agents",
            r"get_cluster_agents: cannot list agents in project no/such: project no/such does not",
        ),
        (
            "get_cluster_agent_output(project=project)",
            r"get_cluster_agent: agent_id is required: set agent_id or name",
        ),
        (
            "get_project_environments(project=project, states='gone')",
            r"get_project_environments: states must be one of available, stopping, stopped",
        ),
        (
            "get_cluster_agent(project=pulumi.Output.from_input(project), name='x')",
            r"get_cluster_agent: project is an Output: use get_cluster_agent_output",
        ),
    ],
)
def test_an_error_is_one_line(program: Program, call: str, expected: str) -> None:
    """With the function, the argument and what to do; no traceback."""
    program.write(f"pulumi.export('it', gitlab.{call})\n")
    assert re.match(expected, program.error())


def test_a_program_can_handle_an_error(program: Program) -> None:
    """Of the plain form, as all errors of this package."""
    program.write(
        "from pulumi_gitlab_kubernetes.errors import ProviderError\n"
        "try:\n"
        "    gitlab.get_cluster_agent(project=project, name='absent')\n"
        "except ProviderError as error:\n"
        "    pulumi.export('error', str(error))\n"
        "made = gitlab.get_cluster_agent_output(project=project, name='absent')\n"
        "pulumi.export('recovered', made.recover(lambda error: None).apply(str))\n"
    )
    found = program.up()
    assert found["error"].startswith("get_cluster_agent: name matches no agent")
    assert found["recovered"] == "None"


_PARALLEL = """
found = [
    gitlab.get_cluster_agent_output(project=config["id"], agent_id=number).name
    for number in config["agents"]
]
pulumi.export("names", pulumi.Output.all(*found))
"""


def test_calls_run_in_parallel(behind_proxy: Program, proxy: WaitingProxy, lab: Lab) -> None:
    """Twenty of them take as long as one: GitLab gets all before it answers the first."""
    names = [f"agent-{number}" for number in range(20)]
    agents = [lab.agent(name) for name in names]
    proxy.holds = proxy.counts = lambda request: "/cluster_agents/" in request.path
    proxy.wanted = len(agents)
    behind_proxy.write(_PARALLEL, id=lab.project.id, agents=agents)
    assert behind_proxy.up() == {"names": names}
    assert not proxy.gave_up


_APPLIED = """
agent = gitlab.ClusterAgent("agent", project=project, name="new")


def read(name):
    return gitlab.get_project_environment(project=project, name=name).state


if config["applied"]:
    pulumi.export("state", pulumi.Output.from_input("prod").apply(read))
else:
    pulumi.export("state", read("prod"))
"""


@pytest.mark.parametrize("applied", [True, False])
def test_a_plain_call_lets_the_program_go_on(
    behind_proxy: Program, proxy: WaitingProxy, lab: Lab, *, applied: bool
) -> None:
    """The event loop registers resources while it waits, also within `apply`."""
    lab.root("POST", f"projects/{lab.project.id}/environments", name="prod")
    proxy.holds = lambda request: "/environments" in request.path
    proxy.counts = lambda request: (
        request.command == "POST" and request.path.endswith("/cluster_agents")
    )
    behind_proxy.write(_APPLIED, applied=applied)
    assert behind_proxy.up() == {"state": "available"}
    assert not proxy.gave_up


_DYNAMIC = """
other = gitlab.get_cluster_agents(project=project, connection="other").agents
pulumi.export("agents", [each.name for each in other])
named = pulumi.Output.from_input("other")
output = gitlab.get_cluster_agents_output(project=project, connection=named).agents
pulumi.export("output", output.apply(len))
"""
_NATIVE = """
settings = pulumi.Config("other")
provider = gitlab.Provider(
    "other", base_url=settings.get("baseUrl"), token=settings.get_secret("token")
)
opts = pulumi.InvokeOptions(provider=provider)
parent = pulumi.ComponentResource(
    "test:index:Parent", "parent", opts=pulumi.ResourceOptions(providers=[provider])
)
inherited = pulumi.InvokeOutputOptions(parent=parent)
other = gitlab.get_cluster_agents_output(project=project, opts=opts).agents
pulumi.export("agents", other.apply(lambda all: [each.name for each in all]))
output = gitlab.get_cluster_agents_output(project=project, opts=inherited).agents
pulumi.export("output", output.apply(len))
"""


def test_another_gitlab_can_be_chosen(configured: Configured, adapter: Adapter, lab: Lab) -> None:
    """With the connection's name, or with an explicit provider."""
    lab.agent("prod")
    config = {"other:baseUrl": lab.url, "baseUrl": "http://127.0.0.1:9"}
    stack = configured(config, {"other:token": lab.token, "token": "glpat-closed"})
    program = Program(stack, lab)
    program.write(_DYNAMIC if adapter is DYNAMIC else _NATIVE)
    assert program.up() == {"agents": ["prod"], "output": 1}


@pytest.mark.only(DYNAMIC, reason="native functions have explicit providers")
def test_options_of_native_functions_are_refused(program: Program) -> None:
    """The token would go to the GitLab of another connection."""
    program.write(
        "opts = pulumi.InvokeOptions(provider=object())\n"
        "gitlab.get_cluster_agents(project=project, opts=opts)\n"
    )
    error = program.error()
    assert error.startswith("get_cluster_agents: a provider is for the functions of")
    assert error.endswith("set connection instead")


def test_settings_are_checked_as_for_resources(configured: Configured, lab: Lab) -> None:
    """A mistyped one would send the token to gitlab.com."""
    stack = configured({"baseurl": lab.url}, {"token": lab.token})
    program = Program(stack, lab)
    program.write("gitlab.get_cluster_agents(project=project)\n")
    error = program.error()
    assert "is not a setting: write" in error or "baseurl" in error
    assert lab.token not in error


def test_a_rejected_token_is_explained(configured: Configured, lab: Lab) -> None:
    """As for resources."""
    stack = configured({"baseUrl": lab.url}, {"token": "glpat-canary-wrong"})
    program = Program(stack, lab)
    program.write("gitlab.get_cluster_agents(project=project)\n")
    error = program.error()
    assert f"{lab.url} does not accept the token: check " in error
    assert "canary" not in error

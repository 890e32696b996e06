"""`pulumi import` and `import_`, with the code that the CLI writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from tests.lifecycle.gitlab import Lab, path_of
from tests.native.cli.stacks import NativeStack
from tests.support import files

pytestmark = [pytest.mark.cli, pytest.mark.slow]

_SDK = "import pulumi_gitlab_kubernetes_sdk as"
"""The SDK that the CLI generates. Users of this package write the other import instead."""
_NO_TOKEN = (
    "imported without its token: GitLab returns it only once; replace the resource to get a new one"
)
_OWN = "import pulumi_gitlab_kubernetes.native as"


@dataclass(frozen=True)
class _Existing:
    """A resource that exists in GitLab.

    Args:
        kind: Its kind.
        id: Its ID.
        name: The reference to it by name.
        required: The arguments that a program must set.
        path: Its path in GitLab's API.
        changes: A change of an optional input, and what GitLab then has.
    """

    kind: str
    id: str
    name: str
    required: str
    path: str
    changes: tuple[str, dict[str, Any]] | None = None


@pytest.fixture
def existing(lab: Lab) -> list[_Existing]:
    """One resource of each kind, with as many inputs as GitLab keeps."""
    project, base = lab.project, f"projects/{lab.project.id}"
    p, name = project.id, project.path
    agent = lab.agent("prod")
    below = f"{base}/cluster_agents/{agent}"
    token = lab.root("POST", f"{below}/tokens", name="ci", description="For CI")["id"]
    url = lab.root(
        "POST", f"{below}/url_configurations", url="grpcs://a.example.com:443", tls_host="a.test"
    )["id"]
    environment = lab.root(
        "POST",
        f"{base}/environments",
        name="review/a b",
        tier="staging",
        external_url="https://a.example.com",
        description="Review",
        auto_stop_setting="with_action",
        cluster_agent_id=agent,
        kubernetes_namespace="shop",
        flux_resource_path="helm/x",
    )["id"]
    cluster = lab.root(
        "POST",
        f"{base}/clusters/user",
        name="legacy",
        environment_scope="prod/*",
        domain="example.com",
        managed=False,
        platform_kubernetes_attributes={
            "api_url": "https://k8s.example.com",
            "token": "unreturned",
            "namespace": "shop",
        },
    )["id"]
    sections = {
        "ci_access": {"groups": [{"id": "acme", "default_namespace": "shop"}]},
        "user_access": {"projects": [{"id": "acme/shop", "a_new_setting": True}]},
        "flux": {"x_y": 1},
    }
    files.write(lab.below(p), "prod", files.dump(sections))
    by_id = f'project="{p}"'
    return [
        _Existing(
            "ClusterAgentConfiguration",
            f"{p}:prod",
            f"{name}:prod",
            f'{by_id}, agent_name="prod"',
            path_of("ClusterAgentConfiguration", f"{p}:prod"),
            ('ci_access={"groups": [{"id": "a"}]}', {"ci_access": {"groups": [{"id": "a"}]}}),
        ),
        _Existing("ClusterAgent", f"{p}:{agent}", f"{name}:prod", f'{by_id}, name="prod"', below),
        _Existing(
            "ClusterAgentToken",
            f"{p}:{agent}:{token}",
            f"{name}:prod:{token}",
            f'{by_id}, agent_id={agent}, name="ci"',
            f"{below}/tokens/{token}",
        ),
        _Existing(
            "ClusterAgentUrlConfiguration",
            f"{p}:{agent}:{url}",
            f"{name}:prod",
            f'{by_id}, agent_id={agent}, url="grpcs://a.example.com:443"',
            f"{below}/url_configurations/{url}",
        ),
        _Existing(
            "ProjectCluster",
            f"{p}:{cluster}",
            f"{name}:prod/*",
            f'{by_id}, name="legacy", environment_scope="prod/*", managed=False, '
            'kubernetes_api_url="https://k8s.example.com", kubernetes_token="any"',
            f"{base}/clusters/{cluster}",
            ('domain="new.example.com"', {"domain": "new.example.com"}),
        ),
        _Existing(
            "ProjectEnvironment",
            f"{p}:{environment}",
            f"{name}:review/a b",
            f'{by_id}, name="review/a b", auto_stop_setting="with_action"',
            f"{base}/environments/{environment}",
            ('description="New"', {"description": "New"}),
        ),
    ]


def _import(stack: NativeStack, each: _Existing, reference: str) -> str:
    """Import a resource and return the code that the CLI writes."""
    file = stack.project / "imported"
    token = f"gitlab-kubernetes:index:{each.kind}"
    done = stack.pulumi("import", token, each.kind, reference, "--yes", "--out", str(file))
    warnings = [
        event["diagnosticEvent"]["message"].strip()
        for event in done.events
        if event.get("diagnosticEvent", {}).get("severity") == "warning"
    ]
    if each.kind == "ClusterAgentToken":
        (warning,) = set(warnings)
        assert warning == _NO_TOKEN
    else:
        assert not warnings
    return file.read_text()


@pytest.mark.parametrize("by_name", [False, True])
def test_the_code_that_the_cli_writes(
    stack: NativeStack, lab: Lab, existing: list[_Existing], *, by_name: bool
) -> None:
    """Appended to the program, it compiles and changes nothing. Later changes are made."""
    stack.program("import pulumi\n")
    code = "".join(
        _import(stack, each, each.name if by_name else each.id) + "\n" for each in existing
    )
    assert code.count(_SDK) == len(existing)
    stack.program(code.replace(_SDK, _OWN))
    lab.calls()
    stack.unchanged()
    assert not lab.calls()
    found = stack.resources()
    for each in existing:
        assert found[each.kind]["id"] == each.id
        assert found[each.kind]["protect"] is True
    assert 'kubernetes_token=""' in code
    assert '"default_namespace": "shop"' in code
    assert '"a_new_setting": True' in code
    assert "tier=gitlab_kubernetes.ProjectEnvironmentTier.STAGING" in code
    assert f'project="{lab.project.path if by_name else lab.project.id}"' in code

    stack.pulumi("refresh")
    stack.unchanged()
    changed = (
        code.replace(_SDK, _OWN)
        .replace('description="Review"', 'description="Changed"')
        .replace("protect=True", "protect=False")
    )
    stack.program(changed)
    done = stack.pulumi("up")
    assert done.details("ProjectEnvironment") == {"description": "update"}
    assert [call.method for call in lab.calls() if call.method != "GET"] == ["PUT"]
    stack.unchanged()
    environment = lab.get(existing[-1].path)
    assert environment is not None
    assert environment["description"] == "Changed"
    assert environment["tier"] == "staging"

    # A rotation of the imported token gives the state its value.
    stack.program(changed.replace('name="ci",', 'name="ci", rotation_triggers={"now": "1"},'))
    assert "replace" in stack.pulumi("up").ops("ClusterAgentToken")
    token = stack.resources(show_secrets=True)["ClusterAgentToken"]
    assert token["outputs"]["token"]["plaintext"].strip('"').startswith("glagent-")
    assert lab.get(existing[2].path) is None  # It is revoked.
    stack.unchanged()
    stack.pulumi("destroy")
    assert not lab.resources()


def test_a_program_manages_only_what_it_sets(
    stack: NativeStack, lab: Lab, existing: list[_Existing]
) -> None:
    """With `import_`, what the program leaves out stays as it is in GitLab, now and later."""
    before = [lab.get(each.path) for each in existing]
    lines = [
        f'gitlab.{each.kind}("{each.kind}", {{opts}}{each.required}{{more_{i}}})'
        for i, each in enumerate(existing)
    ]
    ids = [f'opts=pulumi.ResourceOptions(import_="{each.id}"), ' for each in existing]
    none = {f"more_{i}": "" for i in range(len(existing))}

    def program(opts: list[str], more: dict[str, str]) -> str:
        head = f"import pulumi\n{_OWN} gitlab\n"
        shown = zip(lines, opts, strict=True)
        return head + "\n".join(line.format(opts=opt, **more) for line, opt in shown) + "\n"

    stack.program(program(ids, none))
    lab.calls()
    done = stack.pulumi("up")
    assert {each.kind: done.ops(each.kind) for each in existing} == {
        each.kind: ["import"] for each in existing
    }
    assert {call.method for call in lab.calls()} == {"GET"}
    stack.program(program([""] * len(existing), none))
    stack.unchanged()
    assert not lab.calls()
    stack.pulumi("refresh")
    stack.unchanged()

    changes = {
        f"more_{i}": f", {each.changes[0]}" for i, each in enumerate(existing) if each.changes
    }
    stack.program(program([""] * len(existing), {**none, **changes}))
    lab.calls()
    stack.pulumi("up")
    assert sorted(call.method for call in lab.calls() if call.method != "GET") == ["PUT"] * 3
    for each, old in zip(existing, before, strict=True):
        new = lab.get(each.path)
        assert new is not None
        assert old is not None
        wanted = each.changes[1] if each.changes else {}
        ignored = {"updated_at", "platform_kubernetes"}
        assert {k: v for k, v in new.items() if k not in ignored} == {
            **{k: v for k, v in old.items() if k not in ignored},
            **wanted,
        }
    stack.unchanged()


def test_references_to_nothing(stack: NativeStack, lab: Lab, existing: list[_Existing]) -> None:
    """One line says what does not exist, and nothing is imported."""
    del existing
    stack.program("import pulumi\n")
    p, path = lab.project.id, lab.project.path
    for kind, reference, expected in (
        ("ClusterAgent", f"{p}:9999", f'id "{p}:9999": GitLab has no agent with this id'),
        ("ClusterAgent", f"{path}:none", f'id "{path}:none": GitLab has no such agent'),
        ("ClusterAgent", "no/where:prod", "project no/where does not exist"),
        ("ClusterAgent", "prod", 'id "prod" must have the form <project-id>:<agent-id> or '),
        ("ClusterAgentToken", f"{path}:prod:ci", "must end with a number"),
        ("ClusterAgentToken", f"{path}:none:1", 'the project has no agent "none"'),
        ("ProjectEnvironment", f"{path}:gone", "GitLab has no such environment"),
    ):
        token = f"gitlab-kubernetes:index:{kind}"
        done = stack.pulumi("import", token, "it", reference, "--yes", ok=False)
        (error,) = set(done.errors())
        assert expected in error
        assert "\n" not in error
        assert "it" not in stack.resources()

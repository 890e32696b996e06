"""The stack does what we expect, without GitLab, a cluster and the Pulumi CLI."""

ENVIRONMENTS = "projects/acme%2Fshop/environments"


def test_the_environment_uses_the_agent(gitlab_simulator, gitlab_stack):
    """A second run changes nothing."""
    stack = gitlab_stack("infrastructure", stand_ins="stand-ins.yaml")
    assert stack.up().ok
    (environment,) = gitlab_simulator.api("GET", ENVIRONMENTS)
    assert environment["cluster_agent"]["name"] == "production"
    assert not stack.preview().has_changes


def test_the_token_is_a_secret(gitlab_stack):
    """In the state and in all that is shown."""
    stack = gitlab_stack("infrastructure", stand_ins="stand-ins.yaml")
    result = stack.up()
    assert result.ok
    for shown in (result.stdout, str(stack.export())):
        assert "glagent-" not in shown


def test_gitlab_is_down(gitlab_simulator, gitlab_stack):
    """The run says so, and the next one completes it."""
    gitlab_simulator.faults({"method": "POST", "path": "/environments$", "status": 500})
    stack = gitlab_stack("infrastructure", stand_ins="stand-ins.yaml")
    assert not stack.up().ok
    assert stack.up().ok
    assert len(gitlab_simulator.api("GET", ENVIRONMENTS)) == 1

"""Which addresses stand-ins accept: those of GitLab simulators."""

from __future__ import annotations

import pytest
from tests.support.foreign import SERVERS, Foreign

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator
from pulumi_gitlab_kubernetes.testing.stand_ins.simulators import require_simulators

_TAKEN = "PULUMI_GITLAB_BASE_URL"


@pytest.mark.parametrize("path", ["", "/", "/api/v4", "/api/v4/"])
def test_a_simulator_is_accepted(path: str, simulator: Simulator) -> None:
    """Wherever its address is from."""
    address = simulator.url + path
    require_simulators({_TAKEN: address}, {})
    require_simulators({"GITLAB_BASE_URL": address}, {})
    require_simulators({}, {"gitlab:baseUrl": address})
    require_simulators({}, {"gitlab-kubernetes:baseUrl": address, "other:baseUrl": "no GitLab"})


@pytest.mark.parametrize("server", ["nginx 404", "a page", "empty 200", "JSON 401", "an object"])
def test_another_server_is_refused(server: str, simulator: Simulator) -> None:
    """Also that of a second connection. What a variable overrides does not count."""
    with Foreign(SERVERS[server]) as foreign:
        other = {"other:baseUrl": foreign.url, "other:token": ""}
        for environ, config, source in (
            ({_TAKEN: foreign.url}, {"gitlab:baseUrl": simulator.url}, _TAKEN),
            ({"PULUMI_OTHER_BASE_URL": foreign.url}, {}, "PULUMI_OTHER_BASE_URL"),
            ({"GITLAB_BASE_URL": simulator.url}, {"gitlab:baseUrl": foreign.url}, "gitlab:baseUrl"),
            ({_TAKEN: simulator.url}, other, "other:baseUrl"),
        ):
            with pytest.raises(HostError, match=f"{foreign.url}, from {source}, is none"):
                require_simulators(environ, config)
        require_simulators({_TAKEN: simulator.url}, {"gitlab:baseUrl": foreign.url})
        used = {"gitlab:baseUrl": simulator.url}
        require_simulators({"GITLAB_BASE_URL": foreign.url}, used)


def test_no_address_and_a_dead_one_are_refused(simulator: Simulator) -> None:
    """The default is gitlab.com."""
    with pytest.raises(HostError, match="this stack has no address of GitLab: set gitlab-kub"):
        require_simulators({}, {"other:baseUrl": simulator.url})
    with pytest.raises(HostError, match=r"http://127\.0\.0\.1:1, from .*, is none"):
        require_simulators({_TAKEN: "http://127.0.0.1:1"}, {})

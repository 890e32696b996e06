"""Writes what is generated: python -m tests.reference, from the repository's root."""

from tests.conftest import set_up
from tests.dynamic_host import DynamicHost
from tests.reference import README, documents, with_requests

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

with Simulator() as running:
    set_up(running)
    config = {"gitlab:baseUrl": running.url, "gitlab:token": running.root_token}
    with DynamicHost(config) as dynamic_host:
        README.write_text(with_requests(README.read_text(), running, dynamic_host))
for path, text in documents().items():
    path.write_text(text)

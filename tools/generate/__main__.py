"""Write all generated files: `python -m tools.generate`, in the root of the repository."""

from tests.conftest import set_up
from tests.support.dynamic_host import DynamicHost
from tools.generate import documents, measured

from pulumi_gitlab_kubernetes.testing.simulator.server import Simulator

for path, text in documents().items():
    path.write_text(text)
with Simulator() as running:
    set_up(running)
    config = {"gitlab:baseUrl": running.url, "gitlab:token": running.root_token}
    with DynamicHost(config) as dynamic_host:
        for path, text in measured(running, dynamic_host).items():
            path.write_text(text)

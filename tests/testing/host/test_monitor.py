"""The resource monitor that a program talks to."""

from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host.deployed_stack import DeployedStack
from pulumi_gitlab_kubernetes.testing.host.engine_service import serve
from pulumi_gitlab_kubernetes.testing.host.monitor import Monitor
from pulumi_gitlab_kubernetes.testing.host.plugin_lookup import PluginFinder
from pulumi_gitlab_kubernetes.testing.host.plugins import Plugins, starter
from pulumi_gitlab_kubernetes.testing.host.process import start_process
from pulumi_gitlab_kubernetes.testing.host.project import Project
from pulumi_gitlab_kubernetes.testing.host.registry import Registry
from pulumi_gitlab_kubernetes.testing.host.state import Deployment


@pytest.mark.parametrize("custom", [True, False])
def test_a_request_after_the_end_is_rejected(tmp_path: Path, *, custom: bool) -> None:
    """It does not wait for ever, also not for the default provider."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    project = Project.find(tmp_path)
    plugins = Plugins(
        PluginFinder(project, {}, print, {}),
        starter(project, {}, "", start_process),
        "",
        on_line=print,
        warn=print,
        report=print,
    )
    stack = DeployedStack(
        "dev", project.name, tmp_path, {}, Deployment(), preview=False, parallel=1
    )
    monitor = Monitor(print, stack, Registry(plugins, preview=False), {})
    server, address = serve(resource_pb2_grpc.add_ResourceMonitorServicer_to_server, monitor)
    monitor.close()
    request = resource_pb2.RegisterResourceRequest(
        type="pulumi-python:dynamic/things:Thing", name="a", custom=custom
    )
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as refused:
        resource_pb2_grpc.ResourceMonitorStub(channel).RegisterResource(request, timeout=20)
    server.stop(None)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE

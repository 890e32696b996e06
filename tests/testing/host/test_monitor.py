"""The resource monitor that a program talks to."""

from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from pulumi_gitlab_kubernetes.testing.host.engine_service import serve
from pulumi_gitlab_kubernetes.testing.host.monitor import Monitor


@pytest.mark.parametrize("custom", [True, False])
def test_a_request_after_the_end_is_rejected(*, custom: bool) -> None:
    """It does not wait for ever, also not for the default provider."""
    monitor = Monitor(print, Path(), {}, {})
    server, address = serve(resource_pb2_grpc.add_ResourceMonitorServicer_to_server, monitor)
    monitor.close()
    request = resource_pb2.RegisterResourceRequest(
        type="pulumi-python:dynamic/things:Thing", name="a", custom=custom
    )
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as refused:
        resource_pb2_grpc.ResourceMonitorStub(channel).RegisterResource(request, timeout=20)
    server.stop(None)
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE

"""What the plugin does not have."""

from importlib.metadata import version

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2
from tests.support.native_plugin import NativePlugin


def test_the_engine_is_told_what_there_is_not() -> None:
    """It then goes on without that, or says so."""
    calls = {
        "Parameterize": provider_pb2.ParameterizeRequest(),
        "Call": provider_pb2.CallRequest(tok="gitlab-kubernetes:index:x"),
        "GetMapping": provider_pb2.GetMappingRequest(),
        "GetMappings": provider_pb2.GetMappingsRequest(),
    }
    with NativePlugin({}) as plugin:
        for name, request in calls.items():
            with pytest.raises(grpc.RpcError) as raised:
                getattr(plugin._stub, name)(request, timeout=30)
            assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED, name
        with pytest.raises(grpc.RpcError) as raised:
            list(plugin._stub.List(provider_pb2.ListRequest(), timeout=30))
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
        assert plugin._stub.GetPluginInfo(empty_pb2.Empty(), timeout=30).version == version(
            "pulumi-gitlab-kubernetes"
        )

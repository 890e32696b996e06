"""The message `google.rpc.Status`, which a process can define only once.

Pulumi's SDK has a copy of it for providers of components. Whichever is imported first counts.
"""

from __future__ import annotations

import sys

try:
    from google.rpc import status_pb2  # type: ignore[import-untyped] # has no types
except TypeError:  # The SDK's copy has been imported.
    from pulumi.runtime.proto import status_pb2
else:
    sys.modules.setdefault("pulumi.runtime.proto.status_pb2", status_pb2)

Status = status_pb2.Status

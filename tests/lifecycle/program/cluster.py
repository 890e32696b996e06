"""What is in a cluster. A small plugin of the tests plays it, `tests/support/pond.py`."""

from typing import Any

import pulumi


class Thing(pulumi.CustomResource):
    """A resource in a cluster, such as a Secret or a Helm release."""

    def __init__(
        self, resource_name: str, opts: pulumi.ResourceOptions | None = None, **inputs: Any
    ) -> None:
        """Declare it."""
        super().__init__("pond:index:Fish", resource_name, {"name": resource_name, **inputs}, opts)

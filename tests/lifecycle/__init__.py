"""Every kind of resource through its whole life, on the deployment host and on the Pulumi CLI."""

import pytest

pytest.register_assert_rewrite(f"{__name__}.engines", f"{__name__}.fields")

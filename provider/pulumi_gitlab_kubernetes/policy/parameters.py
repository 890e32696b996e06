"""Parameters of rules for several kinds."""

from __future__ import annotations

from pulumi_gitlab_kubernetes.policy.rule import Parameter

ALLOWED_HOSTS = Parameter(
    name="allowed_hosts",
    values={"type": "array", "items": {"type": "string", "minLength": 1}},
    default=[],
    doc="Allowed networks, such as 10.0.0.0/8, and host names; * matches any text.",
)
EXPIRY_DAYS = Parameter(
    name="days",
    values={"type": "number", "exclusiveMinimum": 0},
    default=30,
    doc="How many more days a certificate must be valid.",
)

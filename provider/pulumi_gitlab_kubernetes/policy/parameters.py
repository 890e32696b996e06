"""Parameters that rules of several kinds have."""

from __future__ import annotations

from .rule import Parameter

ALLOWED_HOSTS = Parameter(
    name="allowed_hosts",
    schema={"type": "array", "items": {"type": "string", "minLength": 1}},
    default=[],
    doc="Networks such as 10.0.0.0/8, and host names, with * for any text, that are fine.",
)
EXPIRY_DAYS = Parameter(
    name="days",
    schema={"type": "number", "exclusiveMinimum": 0},
    default=30,
    doc="How many days ahead a certificate must be valid.",
)

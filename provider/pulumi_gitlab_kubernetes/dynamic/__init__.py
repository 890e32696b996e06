"""The adapter for Pulumi's dynamic providers, and the quirks of their host."""

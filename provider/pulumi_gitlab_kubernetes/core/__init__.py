"""The core: what all kinds of resources share, with plain values. It does not import Pulumi."""

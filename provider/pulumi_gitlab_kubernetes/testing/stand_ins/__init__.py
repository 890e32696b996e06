"""Stand-ins for the plugins of other packages, so that whole stacks run without a cloud.

A stand-in is a plugin process. The Pulumi CLI finds it on PATH, and the deployment host finds it
with `Stack(..., stand_ins=...)`. See docs/guides/stand-ins.md.
"""

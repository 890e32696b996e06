"""The native provider: its plugin, and the resource classes that use it."""

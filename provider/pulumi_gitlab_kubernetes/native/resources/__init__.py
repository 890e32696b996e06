"""The resource classes of the native adapter, one module each."""

"""The resource classes of the dynamic adapter, one module each."""

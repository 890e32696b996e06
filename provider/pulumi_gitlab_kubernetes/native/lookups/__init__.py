"""The functions of the native adapter, generated: they call the plugin."""

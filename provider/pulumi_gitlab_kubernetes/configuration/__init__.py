"""Where settings come from: the configuration of a stack, and the environment."""

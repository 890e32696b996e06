"""A GitLab simulator: a separate program that implements GitLab's REST API over HTTP.

`app` finds the route, `auth` the user, and `parameters` validates the declared parameters. Each API
family is one module with its routes, checks and texts. `store` keeps the state, and `control` has
the routes that only a simulator needs. `server.Simulator` starts it from a test.
"""

ROOT_TOKEN_VARIABLE = "GITLAB_SIMULATOR_ROOT_TOKEN"  # noqa: S105 (the name of a variable)
"""The environment variable with the administrator's token."""

PING = "/-/simulator/ping"
"""The path that only simulators respond to, without a token."""

MARK = "X-GitLab-Simulator"
"""The header of its response."""

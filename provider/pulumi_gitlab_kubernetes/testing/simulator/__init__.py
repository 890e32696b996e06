"""A GitLab simulator: a program of its own that answers GitLab's REST API over HTTP.

`app` finds the route, `auth` the caller, `parameters` checks what was declared; each API family is
one module with its routes, rules and texts; `store` keeps the state; `control` has what only a
simulator needs. `server.Simulator` starts it from a test.
"""

ROOT_TOKEN_VARIABLE = "GITLAB_SIMULATOR_ROOT_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable with the administrator's token."""

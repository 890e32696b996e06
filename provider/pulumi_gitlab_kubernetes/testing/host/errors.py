"""The errors of the deployment host that its user can fix."""


class HostError(Exception):
    """Something the user can fix; its message is one line and holds no secret."""

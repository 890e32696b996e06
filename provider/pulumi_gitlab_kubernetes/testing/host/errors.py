"""What the deployment host tells its user when something is theirs to mend."""


class HostError(Exception):
    """Something the user can mend; its message is one line and holds no secret."""

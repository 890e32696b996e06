"""Seeds: a YAML file, or a control call's body, with all that a simulator is to begin with.

`plain` says what one is made of, `format` what it may hold, `document` where in the file a thing
stands, `loading` makes it through the API, `project` what is in a project. Names stand where the
API has ids. What is there already is left alone and switches are set, so a seed can be loaded again
into the same state.
"""

from pulumi_gitlab_kubernetes.testing.simulator.seed.document import SeedError, describe, read
from pulumi_gitlab_kubernetes.testing.simulator.seed.loading import load

__all__ = ["SeedError", "describe", "load", "read"]

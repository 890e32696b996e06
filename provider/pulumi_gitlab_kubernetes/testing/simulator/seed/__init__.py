"""Seeds: the simulator's initial state, from a YAML file or the body of a control route.

`document` reads the file, `format` has its schema in the language of `schema`, `loading` creates
the objects through the API, and `project` those in a project. A seed has names instead of ids.
Existing objects are not changed and settings are set again, so a seed can be loaded repeatedly.
"""

from pulumi_gitlab_kubernetes.testing.simulator.seed.document import SeedError, describe, read
from pulumi_gitlab_kubernetes.testing.simulator.seed.loading import load

__all__ = ["SeedError", "describe", "load", "read"]

"""Clean up the environments of a project: the functions, and `gitlab-kubernetes clean-up`.

See https://docs.gitlab.com/api/environments/.
"""

from pulumi_gitlab_kubernetes.clean_up.functions import (
    delete_review_apps,
    stop_environments,
    stop_stale,
)
from pulumi_gitlab_kubernetes.clean_up.plan import Environment, Plan, Result

__all__ = [
    "Environment",
    "Plan",
    "Result",
    "delete_review_apps",
    "stop_environments",
    "stop_stale",
]

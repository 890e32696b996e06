"""`python -m pulumi_gitlab_kubernetes.testing.simulator`: `gitlab-kubernetes simulator`."""

import sys

from pulumi_gitlab_kubernetes.cli import main

sys.exit(main(["simulator", *sys.argv[1:]]))

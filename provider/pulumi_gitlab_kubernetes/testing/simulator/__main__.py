"""`python -m pulumi_gitlab_kubernetes.testing.simulator`."""

import argparse
import sys

from pulumi_gitlab_kubernetes.testing.simulator.command import add_arguments, run

parser = argparse.ArgumentParser(
    prog="python -m pulumi_gitlab_kubernetes.testing.simulator",
    description="A GitLab for tests: its API for Kubernetes, on 127.0.0.1.",
)
add_arguments(parser)
sys.exit(run(parser.parse_args()))

"""`gitlab-kubernetes policy-pack`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pulumi_gitlab_kubernetes.errors import ProviderError
from pulumi_gitlab_kubernetes.policy import configuration, folder
from pulumi_gitlab_kubernetes.policy.rule import Rule
from pulumi_gitlab_kubernetes.policy.rules import RULES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.epilog = 'Example: pulumi preview --policy-pack "$(gitlab-kubernetes policy-pack)"'
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="also check this policy configuration, including names that Pulumi does not check",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--rules", action="store_true", help="print the rules instead")
    shown.add_argument(
        "--schema",
        action="store_true",
        help="print the JSON schema of policy configurations instead",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed command line.

    Returns:
        The exit status.
    """
    if arguments.rules:
        print("\n".join(_described(rule) for rule in RULES))
    elif arguments.schema:
        print(json.dumps(configuration.schema(), indent=2))
    else:
        import pulumi_policy  # noqa: F401, PLC0415 (a hint if it is not installed)

        try:
            if arguments.config:
                configuration.load(arguments.config)
            print(folder.write())
        except ProviderError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    return 0


def _described(rule: Rule) -> str:
    lines = [
        f"{rule.name} ({rule.level.value})",
        f"  {rule.description} {rule.remediation}",
        f"  {rule.docs}",
    ]
    lines += [
        f"  {each.key}: {each.doc} Default: {json.dumps(each.default)}" for each in rule.parameters
    ]
    return "\n".join(lines)

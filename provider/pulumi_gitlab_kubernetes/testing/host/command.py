"""The command ``gitlab-kubernetes stack``; its options are named as the Pulumi CLI's.

See https://www.pulumi.com/docs/iac/cli/commands/.
"""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from pulumi_gitlab_kubernetes.interrupts import ended_by_interrupt
from pulumi_gitlab_kubernetes.testing.host import event_log
from pulumi_gitlab_kubernetes.testing.host.changes import output_lines
from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.host.importer import Import
from pulumi_gitlab_kubernetes.testing.host.interruptions import interruptible
from pulumi_gitlab_kubernetes.testing.host.policy_pack import Local
from pulumi_gitlab_kubernetes.testing.host.result import Result
from pulumi_gitlab_kubernetes.testing.host.stack import Stack
from pulumi_gitlab_kubernetes.testing.host.style import colored, plain

_NOTICE: Final = (
    "The deployment host is for tests and first steps; use the Pulumi CLI for real deployments."
)
_RUNS: Final = {
    "preview": "show what `up` would change",
    "up": "create, update and delete resources as the program declares them",
    "refresh": "update the state from the providers",
    "destroy": "delete all resources of the stack",
}


_IMPORT: Final = "import a resource into the state; without TYPE, replace the state"
_WITH_POLICIES: Final = ("preview", "up")

_CHANGES = 7
"""The exit status if there are changes with `--expect-no-changes`, as of the Pulumi CLI."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and options of ``gitlab-kubernetes stack``.

    Args:
        parser: The parser of ``gitlab-kubernetes stack``.
    """
    commands = parser.add_subparsers(dest="stack_command", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "-s",
        "--stack",
        metavar="NAME",
        default=os.environ.get("PULUMI_STACK") or "dev",
        help="the stack's name (default: $PULUMI_STACK, else dev)",
    )
    common.add_argument(
        "-C",
        "--cwd",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="run as if started in this directory",
    )
    common.add_argument(
        "--color",
        choices=["auto", "always", "never"],
        default="auto",
        help="whether to print in color (default: auto, in a terminal)",
    )
    common.add_argument("--non-interactive", action="store_true", help="do not prompt")
    for name, text in _RUNS.items():
        run_parser = commands.add_parser(name, help=text, parents=[common])
        _add_run_options(run_parser)
        run_parser.add_argument(
            "--event-log",
            metavar="FILE",
            type=Path,
            help="write the violations of policies and the summary to this file, as JSON lines",
        )
        run_parser.add_argument(
            "--expect-no-changes", action="store_true", help="fail if there are changes"
        )
        if name != "refresh":
            run_parser.add_argument(
                "-r", "--refresh", action="store_true", help="refresh all resources first"
            )
        if name in _WITH_POLICIES:
            run_parser.add_argument(
                "--policy-pack",
                metavar="DIR",
                type=Path,
                action="append",
                default=[],
                help="check the resources with the policy pack in this directory; may be repeated",
            )
            run_parser.add_argument(
                "--policy-pack-config",
                metavar="FILE",
                type=Path,
                action="append",
                default=[],
                help="JSON configuration of the policy pack at the same position",
            )
        if name != "preview":
            _add_confirmation(run_parser)
    export = commands.add_parser("export", help="print the state", parents=[common])
    export.add_argument("--file", type=Path, metavar="FILE", help="write it to this file")
    export.add_argument("--show-secrets", action="store_true", help="show secrets in plain text")
    _add_import(commands.add_parser("import", help=_IMPORT, description=_IMPORT, parents=[common]))
    output = commands.add_parser("output", help="print the stack's outputs", parents=[common])
    output.add_argument("property", nargs="?", help="print only this output")
    output.add_argument("-j", "--json", action="store_true", help="print JSON")
    output.add_argument("--show-secrets", action="store_true", help="show secrets in plain text")
    init = commands.add_parser("init", help="create the empty stack", parents=[common])
    init.add_argument("name", nargs="?", help="the stack's name, instead of --stack")
    config = commands.add_parser("config", help="set the stack's configuration")
    setters = config.add_subparsers(dest="config_command", required=True, metavar="COMMAND")
    setter = setters.add_parser("set", help="set a value", parents=[common])
    setter.add_argument("key", help="NAMESPACE:KEY, or a key of the project's own namespace")
    setter.add_argument("value", nargs="?", help="by default it is read from standard input")
    setter.add_argument("--secret", action="store_true", help="encrypt it")
    setter.add_argument("--plaintext", action="store_true", help="do not encrypt it (the default)")


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--diff",
        action="store_true",
        help="show the old and new value of each property that changes",
    )
    parser.add_argument("--show-secrets", action="store_true", help="show secrets in plain text")
    parser.add_argument(
        "-p",
        "--parallel",
        metavar="P",
        type=int,
        help="number of operations that run at a time; the default is $PULUMI_PARALLEL, or four"
        " times the number of cores",
    )


def _add_confirmation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask for confirmation")
    parser.add_argument(
        "-f",
        "--skip-preview",
        action="store_true",
        help="show no preview, and do not ask for confirmation",
    )
    parser.add_argument("--preview-only", action="store_true", help="only show the preview")


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("type", nargs="?", metavar="TYPE", help="the resource's type token")
    parser.add_argument("resource", nargs="?", metavar="NAME", help="its name in the stack")
    parser.add_argument("id", nargs="?", metavar="ID", help="its id, as the provider documents it")
    parser.add_argument("--provider", metavar="URN", default="", help="its explicit provider")
    parser.add_argument("--parent", metavar="URN", default="", help="its parent")
    parser.add_argument(
        "--protect",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="protect it from deletion",
    )
    _add_run_options(parser)
    _add_confirmation(parser)
    parser.add_argument(
        "--file", type=Path, metavar="FILE", help="read the state from this file; without TYPE"
    )


@ended_by_interrupt()
def run(arguments: argparse.Namespace) -> int:
    """Run the command.

    Args:
        arguments: The parsed options.

    Returns:
        The exit status.
    """
    print(_NOTICE, file=sys.stderr)
    try:
        paint = colored if _wants_color(arguments.color) else plain
        name = getattr(arguments, "name", None) or arguments.stack
        stack = Stack(arguments.cwd, name, out=sys.stdout, paint=paint)
        if arguments.stack_command in _RUNS:
            return _run(stack, arguments)
        return _OTHERS[arguments.stack_command](stack, arguments)
    except HostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _run(stack: Stack, arguments: argparse.Namespace) -> int:
    options: dict[str, Any] = {
        "diff": arguments.diff,
        "show_secrets": arguments.show_secrets,
        "parallel": arguments.parallel,
    }
    name: str = arguments.stack_command
    if name != "refresh":
        options["refresh"] = arguments.refresh
    if name in _WITH_POLICIES:
        options["policy_packs"] = _policy_packs(arguments)
    with interruptible(stack):
        if name == "preview":
            return _exit_status(stack.preview(**options), arguments, "proposed")
        runs: dict[str, Callable[..., Result]] = {
            "up": stack.up,
            "refresh": stack.refresh,
            "destroy": stack.destroy,
        }
        what = "update" if name == "up" else name
        result, done = _confirmed(partial(runs[name], **options), what, arguments)
    if result is None:
        return 1
    if name == "destroy" and result.ok:
        print("The resources in the stack have been deleted. Its history and configuration stay.")
    return _exit_status(result, arguments, done)


def _confirmed(
    perform: Callable[..., Result], what: str, arguments: argparse.Namespace
) -> tuple[Result | None, str]:
    """Preview an operation, ask for confirmation at a terminal, and perform it.

    Returns:
        The result, or nothing if it was declined; and whether changes were proposed or made.
    """
    asks = (
        not (arguments.yes or arguments.skip_preview or arguments.non_interactive)
        and sys.stdin.isatty()
    )
    if arguments.preview_only or asks:
        shown = perform(preview=True)
        if arguments.preview_only or not shown.ok:
            return shown, "proposed"
        answer = input(f"Do you want to perform this {what}? [y/N] ")
        if answer.strip().lower() not in {"y", "yes"}:
            print(f"error: confirmation declined, not proceeding with the {what}", file=sys.stderr)
            return None, ""
    return perform(), "made"


def _policy_packs(arguments: argparse.Namespace) -> list[Local]:
    packs, configs = arguments.policy_pack, arguments.policy_pack_config
    if configs and len(configs) != len(packs):
        raise HostError(
            "the number of --policy-pack-config must match the number of --policy-pack:"
            f" {len(configs)} and {len(packs)}"
        )
    return [Local(*pair) for pair in zip(packs, configs or [None] * len(packs), strict=True)]


def _exit_status(result: Result, arguments: argparse.Namespace, done: str) -> int:
    if arguments.event_log:
        event_log.write(result, arguments.event_log)
    if result.ok and arguments.expect_no_changes and result.has_changes:
        print(f"error: no changes were expected but changes were {done}", file=sys.stderr)
        return _CHANGES
    return result.exit_code


def _export(stack: Stack, arguments: argparse.Namespace) -> int:
    text = json.dumps(stack.export(show_secrets=arguments.show_secrets), indent=4)
    if arguments.file:
        try:
            arguments.file.write_text(f"{text}\n", encoding="utf-8")
        except OSError as error:
            raise HostError(f"{arguments.file}: {error.strerror}") from None
    else:
        print(text)
    return 0


def _import(stack: Stack, arguments: argparse.Namespace) -> int:
    if arguments.type:
        return _import_resource(stack, arguments)
    try:
        text = arguments.file.read_text(encoding="utf-8") if arguments.file else sys.stdin.read()
        exported = json.loads(text)
    except OSError as error:
        raise HostError(f"{arguments.file}: {error.strerror}") from None
    except ValueError:
        raise HostError("the state to import is not JSON") from None
    stack.import_(exported)
    print("Import complete.")
    return 0


def _import_resource(stack: Stack, arguments: argparse.Namespace) -> int:
    if arguments.file or not (arguments.resource and arguments.id):
        raise HostError("name the TYPE, NAME and ID of one resource, or the --file of a state")
    wanted = Import(
        arguments.type,
        arguments.resource,
        arguments.id,
        provider=_urn(arguments.provider),
        parent=_urn(arguments.parent),
        protect=arguments.protect,
    )
    perform = partial(
        stack.import_resource,
        wanted,
        diff=arguments.diff,
        show_secrets=arguments.show_secrets,
        parallel=arguments.parallel,
    )
    with interruptible(stack):
        result, done = _confirmed(perform, "import", arguments)
    if result is None:
        return 1
    if result.ok and done == "made":
        print(
            f"Declare {arguments.type} {arguments.resource} in the program: the next `up` deletes"
            " what it does not declare."
        )
    return result.exit_code


def _urn(text: str) -> str:
    """Return the URN of an option; as with the CLI, a variable's name may stand before it."""
    return text if text.startswith("urn:") else text.partition("=")[2]


def _output(stack: Stack, arguments: argparse.Namespace) -> int:
    outputs = stack.outputs(show_secrets=arguments.show_secrets)
    if arguments.property and arguments.property not in outputs:
        raise HostError(f"current stack does not have output property '{arguments.property}'")
    shown = outputs[arguments.property] if arguments.property else outputs
    if arguments.json or (arguments.property and not isinstance(shown, str)):
        print(json.dumps(shown, indent=2))
    elif arguments.property:
        print(shown)
    else:
        print(f"Current stack outputs ({len(outputs)}):")
        print("\n".join(output_lines(outputs, show_secrets=arguments.show_secrets)))
    return 0


def _init(stack: Stack, arguments: argparse.Namespace) -> int:
    stack.init()
    print(f"Created stack '{arguments.stack}'")
    return 0


def _config(stack: Stack, arguments: argparse.Namespace) -> int:
    value = arguments.value
    if value is None:
        value = _ask_value(secret=arguments.secret)
    stack.set_config(arguments.key, value, secret=arguments.secret)
    return 0


def _ask_value(*, secret: bool) -> str:
    """Read all of stdin, or prompt at a terminal; a secret is not echoed."""
    if not sys.stdin.isatty():
        return sys.stdin.read().removesuffix("\n")
    try:
        return getpass.getpass("value: ") if secret else input("value: ")
    except EOFError:
        raise HostError("no value was given") from None


_OTHERS: Final[dict[str, Callable[[Stack, argparse.Namespace], int]]] = {
    "export": _export,
    "import": _import,
    "output": _output,
    "init": _init,
    "config": _config,
}


def _wants_color(choice: str) -> bool:
    return choice == "always" or (
        choice == "auto" and sys.stdout.isatty() and "NO_COLOR" not in os.environ
    )

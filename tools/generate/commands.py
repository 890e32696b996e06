"""The reference of the command `gitlab-kubernetes`, from its parsers."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from importlib import import_module

from pulumi_gitlab_kubernetes import cli

PACKAGE = cli.__name__.rpartition(".")[0]


def tables() -> str:
    """Return a section in Markdown for each command, with its options."""
    return "\n".join(line for name in cli.COMMANDS for line in _section(name))


def _section(name: str) -> Iterator[str]:
    path, extra, text = cli.COMMANDS[name]
    parser = argparse.ArgumentParser(prog=f"gitlab-kubernetes {name}")
    import_module(f"{PACKAGE}.{path}").add_arguments(parser)
    yield from (f"## {parser.prog}", "")
    needs = f" Extra: `[{extra}]`." if extra else ""
    yield from (f"{text[0].upper()}{text[1:]}.{needs}", "")
    yield from _tables(parser)
    if parser.formatter_class is argparse.RawDescriptionHelpFormatter:
        yield from ("```text", (parser.epilog or "").strip(), "```", "")
    elif parser.epilog:
        yield from (_text(parser.epilog), "")


def _tables(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Return the tables of a command and of its subcommands."""
    nested = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]  # noqa: SLF001 (argparse has no other way)
    own = [
        each
        for each in parser._actions  # noqa: SLF001 (as above)
        if each not in nested and not isinstance(each, argparse._HelpAction)  # noqa: SLF001 (as above)
    ]
    if own:
        yield from ("| Argument | Description |", "|---|---|")
        yield from map(_row, own)
        yield ""
    for action in nested:
        for each in action.choices.values():
            yield from (f"### {each.prog}", "", *_tables(each))


def _row(action: argparse.Action) -> str:
    value = str(action.metavar or "\\|".join(action.choices or ()) or action.dest.upper())
    value = value if action.nargs != 0 else ""
    names = [f"{option} {value}".strip() for option in action.option_strings] or [value]
    text = _text((action.help or "") % vars(action))
    return f"| {', '.join(f'`{name}`' for name in names)} | {text} |"


def _text(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")

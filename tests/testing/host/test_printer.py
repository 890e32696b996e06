"""Values and their names as the host prints them."""

from __future__ import annotations

import pytest

from pulumi_gitlab_kubernetes.testing.host.printer import Printer


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain", "plain"),
        ("Grüße 漢", "Grüße 漢"),
        ("\x1b[31m", r"\u001b[31m"),
        ("a\nb\x00", r"a\nb\u0000"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("\x9b2J\x7f", r"\u009b2J\u007f"),
    ],
)
def test_nothing_printed_steers_the_terminal(name: str, shown: str) -> None:
    """Neither a name nor a value, wherever it stands."""
    printer = Printer()
    printer.print_object({name: [name, {name: name}]})
    printer.print_changes({name: "old"}, {name: name})
    text = printer.text
    assert all(each.isprintable() or each == "\n" for each in text)
    assert text.count(shown) == 6

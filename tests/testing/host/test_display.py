"""What a run shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_gitlab_kubernetes.testing.host import Stack
from pulumi_gitlab_kubernetes.testing.host.changes import output_lines, property_changes
from pulumi_gitlab_kubernetes.testing.host.values import Secret

_THING = "pulumi-python:dynamic/things:Thing"


def _lines(text: str) -> list[str]:
    """Return the lines with every time as 0s."""
    return re.sub(r"[\d.]+s\b", "0s", text).splitlines()


def test_a_run_has_lines_for_each_step_the_outputs_and_a_summary(
    up: Callable[[str], Any],
) -> None:
    """A step has a line when it starts and one with its time when it has finished."""
    assert _lines(up('export("id", Thing("a").id)').stdout) == [
        "Updating (dev):",
        "",
        " +  pulumi:pulumi:Stack shop-dev creating",
        f" +  {_THING} a creating",
        f" +  {_THING} a created (0s)",
        " +  pulumi:pulumi:Stack shop-dev created (0s)",
        "Outputs:",
        '    id: "a-0"',
        "",
        "Resources:",
        "    + 2 created",
        "",
        "Duration: 0s",
    ]


def test_a_diff_shows_old_and_new_values(
    project: Any, stack: Stack, up: Callable[[str], Any]
) -> None:
    """Of each property, and of each item of a dictionary; of the outputs in a preview."""
    up(
        """
        a = Thing("a", colour="red", deep={"x": 1, "y": [1]}, old=1, secret=Output.secret("s3cret"))
        b = Thing("b")
        export("colour", a.computed)
        export("gone", 1)
        """
    )
    project.write(
        """
        a = Thing("a", colour="blue", deep={"x": 2, "y": [1]}, new=1, secret=Output.secret("other"))
        export("colour", "green")
        """
    )
    details = [
        '      ~ colour: "red" => "blue"',
        "      ~ deep.x: 1 => 2",
        "      + new: 1",
        "      - old: 1",
        '      ~ secret: "[secret]" => "[secret]"',
    ]
    preview = stack.preview(diff=True).stdout
    assert "s3cret" not in preview
    lines = _lines(preview)
    at = lines.index(f" ~  {_THING} a update [diff: ~colour,~deep,+new,-old,~secret]")
    assert lines[at + 1 :] == [
        *details,
        f" -  {_THING} b delete",
        '      - name: "b"',
        '      - size: "m"',
        "Outputs:",
        '    ~ colour: "A" => "green"',
        "    - gone: 1",
        "",
        "Resources:",
        "    ~ 1 to update",
        "    - 1 to delete",
        "    1 unchanged",
    ]
    shown = stack.up(diff=True, show_secrets=True).stdout
    assert "\n".join(details[:-1]) in shown
    assert '      ~ secret: "s3cret" => "other"\n' in shown


def test_an_output_that_is_not_known_yet_is_no_change(
    project: Any, stack: Stack, up: Callable[[str], Any]
) -> None:
    """It may stay as it is; a new one is shown as unknown."""
    up('a = Thing("a"); export("deep", {"id": a.id, "up": a.computed})')
    project.write(
        'a = Thing("a", n=1); export("deep", {"up": a.computed}); export("u", a.computed)'
    )
    shown = stack.preview().stdout
    assert 'Outputs:\n    - deep.id: "a-0"\n    + u: "[unknown]"\n\nResources:' in shown


def test_what_went_away_is_shown_by_a_refresh(
    project: Any, stack: Stack, up: Callable[[str], Any]
) -> None:
    """And what changed, with both values."""
    up('a = Thing("a", colour="red"); b = Thing("b", of=a.id)')
    file = project.things / "a-0.json"
    file.write_text(file.read_text().replace("red", "blue"))
    (project.things / "b-1.json").unlink()
    lines = _lines(stack.refresh(diff=True).stdout)
    assert f" ~  {_THING} a updated (0s) [diff: ~colour]" in lines
    assert '      ~ colour: "red" => "blue"' in lines
    assert f" -  {_THING} b deleted (0s)" in lines


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
def test_nothing_shown_steers_the_terminal(name: str, shown: str) -> None:
    """Neither a name nor a value, wherever it stands."""
    outputs = {name: [name, {name: name}]}
    changes = property_changes({name: "old", "deep": {name: 1}}, {name: name, "deep": outputs})
    lines = [*output_lines(outputs, show_secrets=False)]
    lines += [change.text(show_secrets=False) for change in changes]
    assert all(line.isprintable() for line in lines)
    assert "\n".join(lines).count(shown) >= 6


def test_a_secret_is_shown_only_on_request() -> None:
    """Also inside another value."""
    outputs = {"deep": [Secret({"x": Secret("s3cret")})]}
    assert "".join(output_lines(outputs, show_secrets=False)).split() == [
        "deep:",
        "[",
        '"[secret]"',
        "]",
    ]
    assert '"x": "s3cret"' in "".join(output_lines(outputs, show_secrets=True))

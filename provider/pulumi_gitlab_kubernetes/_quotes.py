"""What may be shown of a text that somebody else wrote: one short line without secrets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from itertools import islice
from urllib.parse import quote

_LONGEST = 500  # Characters of what GitLab said; a message is to fit a screen.
_READ = 20 * _LONGEST  # Characters of it that are looked at.
_DEEPEST = 8  # Levels of an answer that are looked at.
_SHORTEST = 4  # Characters of a secret's line; a shorter one is found in any text.
_PIECE = 8  # Characters of a secret that are hidden also without the rest.
_PAGE = re.compile(r"<html|^\s*<[!?a-z]", re.IGNORECASE)
_LIST = re.compile(r'\[".*"\]')  # A printed Ruby array, in which some of GitLab's errors come.
_QUOTED = r"""\"[^\"]*\"|(?<!\w)'[^']*'"""
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def one_line(text: str) -> str:
    """Return a text on one line, without what steers a terminal or changes the text's direction."""
    shown = (each if each.isprintable() else " " * (each <= " ") for each in " ".join(text.split()))
    return " ".join("".join(shown).split())


def flatten(body: object) -> str:
    """Make one line of the several shapes in which GitLab words an error.

    See https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400.

    Args:
        body: A string, a list, or an object from field to messages, nested at will.

    Returns:
        The same as one line of text; fields lead their messages. Of a web page, its title.
    """
    return _flatten(body, _DEEPEST)


def _flatten(body: object, levels: int) -> str:
    if body is None or not levels:
        return "…" if body else ""
    if isinstance(body, bytes):
        body = body[:_READ].decode(errors="replace")
    if isinstance(body, Mapping):
        parts: Iterable[str] = (
            " ".join(("" if key == "base" else one_line(str(key)), _flatten(value, levels - 1)))
            for key, value in islice(body.items(), _LONGEST)
        )
        return "; ".join(part.strip() for part in parts if part.strip())
    if isinstance(body, list | tuple):
        return ", ".join(_flatten(value, levels - 1) for value in islice(body, _LONGEST))
    text = str(body)[:_READ]
    if _PAGE.search(text):
        title = _TITLE.search(text)
        text = unescape(title[1]) if title else "a web page, not an answer of the API"
    return one_line(text)


def renamed(said: str, names: Mapping[str, str]) -> str:
    """Put the program's names of arguments in place of GitLab's.

    GitLab names one at the beginning of a message alone: what it quotes stays as it is.

    Args:
        said: One line, as `flatten` makes it.
        names: The program's names by GitLab's; one that is empty goes. Those that begin with a
            capital are words, as a model has them in its list of messages.
    """
    if _LIST.search(said):
        words = _one_of(name for name in names if name[0].isupper())
        pattern = rf'(?P<before>\["|(?<!\\)", ")(?P<name>{words}) '
    else:
        paths = _one_of(name for name in names if not name[0].isupper())
        pattern = rf"(?P<before>^|; |, )(?P<name>{paths}) (?=\S)|{_QUOTED}"

    def own(found: re.Match[str]) -> str:
        if found["name"] is None:
            return found[0]
        name = names[found["name"]]
        return found["before"] + (f"{name} " if name else "")

    return re.sub(pattern, own, said)


def _one_of(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Hide secrets in a text that may quote them whole or in part, and encoded.

    Args:
        text: One line.
        secrets: What must not show; each line of one is a secret of its own.

    Returns:
        The text with `[secret]` in their place.
    """
    forms = {form for secret in secrets for form in _forms(secret)}
    pieces = {
        form[at : at + _PIECE]
        for form in forms
        for at in range(max(1, len(form) - _PIECE + 1))
        if len(form) >= _SHORTEST
    }
    hidden = bytearray(len(text))
    for length in {len(piece) for piece in pieces}:
        for at in range(len(text) - length + 1):
            if text[at : at + length] in pieces:
                hidden[at : at + length] = b"x" * length
    runs = re.finditer(rb"x+", hidden)
    for run in reversed(list(runs)):
        text = f"{text[: run.start()]}[secret]{text[run.end() :]}"
    return text


def _forms(secret: str) -> Iterator[str]:
    """Return the lines of a secret, and what they are in the encodings of the web."""
    lines = [one_line(line) for line in secret.splitlines() if not line.startswith("-----")]
    for line in lines:
        yield line
        yield json.dumps(line)[1:-1]
        yield escape(line)
        yield (encoded := quote(line, safe="", errors="replace"))
        yield re.sub("%..", lambda found: found[0].lower(), encoded)
    for text in (secret, "".join(lines)):
        for before in range(3):  # What goes before shifts the rest.
            coded = base64.b64encode(b" " * before + text.encode(errors="replace")).decode()
            yield coded[4 if before else 0 :].rstrip("=")[:-1]


def quoted(said: str, secrets: Iterable[str], values: Mapping[str, str]) -> str:
    """Return what GitLab said in a form that may be shown: short, and without secrets.

    Args:
        said: One line.
        secrets: Values that must not show, should GitLab quote its input.
        values: Values by name that are shown by that name alone: the program may have marked any
            as a secret, which Pulumi does not tell.
    """
    said = said[:_READ]
    for name, value in sorted(values.items(), key=lambda item: -len(item[1])):
        if len(shown := one_line(value)) >= _PIECE:
            said = said.replace(shown, f"[{name}]")
    said = scrub(said, secrets)
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"

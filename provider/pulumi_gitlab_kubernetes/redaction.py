"""Redaction of texts from other programs: one short line without secrets."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape, unescape
from itertools import islice
from urllib.parse import quote

_LONGEST = 500  # Characters of GitLab's message to show, so that it fits on a screen.
_READ = 20 * _LONGEST  # Characters of it to read.
_DEEPEST = 8  # Levels of a response to read.
_SHORTEST = 4  # Characters of a secret's line. A shorter one occurs in any text.
_PIECE = 8  # Characters of a part of a secret that is redacted too.
_PAGE = re.compile(r"<html|^\s*<[!?a-z]", re.IGNORECASE)
_LIST = re.compile(r'\[".*"\]')  # A Ruby array as text, which some of GitLab's errors are.
_QUOTED = r"""\"[^\"]*\"|(?<!\w)'[^']*'"""
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def one_line(text: str) -> str:
    """Return a text on one line, without control characters or changes of direction."""
    shown = (each if each.isprintable() else " " * (each <= " ") for each in " ".join(text.split()))
    return " ".join("".join(shown).split())


def flatten(body: object) -> str:
    """Return GitLab's error, which has several forms, as one line.

    See https://docs.gitlab.com/api/rest/troubleshooting/#status-code-400.

    Args:
        body: A string, a list, or an object from fields to messages, which may be nested.

    Returns:
        One line of text, with each field before its messages. For a web page, its title.
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
        text = unescape(title[1]) if title else "a web page, not a response of the API"
    return one_line(text)


def rename_arguments(message: str, names: Mapping[str, str]) -> str:
    """Replace GitLab's names of arguments with the program's.

    GitLab names an argument only at the start of a message. Quoted text does not change.

    Args:
        message: One line, as `flatten` returns it.
        names: The program's names by GitLab's. An empty one removes the name. Names with a capital
            letter are those of GitLab's lists of messages.
    """
    if _LIST.search(message):
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

    return re.sub(pattern, own, message)


def _one_of(names: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(names, key=len, reverse=True))) or "(?!)"


def redact(text: str, secrets: Iterable[str]) -> str:
    """Redact secrets in a text, also parts of them and encoded ones.

    Args:
        text: One line.
        secrets: The secrets. Each of their lines is a secret too.

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


def redact_whole(text: str, secrets: Iterable[str]) -> str:
    """Redact secrets that a text quotes as they are.

    For this package's own text, which may contain a part of a secret by chance.

    Args:
        text: One line.
        secrets: The secrets. Each of their lines is a secret too.

    Returns:
        The text with `[secret]` in their place.
    """
    lines = {one_line(line) for secret in secrets for line in secret.splitlines()}
    for line in sorted(lines, key=len, reverse=True):
        if len(line) >= _SHORTEST:
            text = text.replace(line, "[secret]")
    return text


def _forms(secret: str) -> Iterator[str]:
    """Yield the lines of a secret, also in the encodings of the web."""
    lines = [one_line(line) for line in secret.splitlines() if not line.startswith("-----")]
    for line in lines:
        yield line
        yield json.dumps(line)[1:-1]
        yield escape(line)
        yield (encoded := quote(line, safe="", errors="replace"))
        yield re.sub("%..", lambda found: found[0].lower(), encoded)
    for text in (secret, "".join(lines)):
        for before in range(3):  # The bytes before it shift its base64.
            coded = base64.b64encode(b" " * before + text.encode(errors="replace")).decode()
            yield coded[4 if before else 0 :].rstrip("=")[:-1]


def redact_response(message: str, secrets: Iterable[str], values: Mapping[str, str]) -> str:
    """Return a message from GitLab, shortened and without secrets.

    Args:
        message: One line.
        secrets: The secrets, which GitLab may repeat from its input.
        values: Other values by name, which are replaced by that name. The program may have marked
            any of them as a secret, which Pulumi does not pass on.
    """
    message = message[:_READ]
    for name, value in sorted(values.items(), key=lambda item: -len(item[1])):
        if len(shown := one_line(value)) >= _PIECE:
            message = message.replace(shown, f"[{name}]")
    message = redact(message, secrets)
    return message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…"

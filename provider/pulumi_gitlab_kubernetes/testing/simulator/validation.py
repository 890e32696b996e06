"""Rules and texts that the models of several families share."""

from __future__ import annotations

import re

BLANK = "can't be blank"
TAKEN = "has already been taken"
NOT_A_CERTIFICATE = "must be a valid PEM certificate"

_RUBYS_SPACE = "\0\t\n\v\f\r "
_KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NAMESPACE_LENGTH = 63
_NAMESPACE_TEXT = (
    "can contain only lowercase letters, digits, and '-'. "
    "Must start with a letter, and cannot end with '-'"
)


def blank(text: str | None) -> bool:
    """Tell whether a text is what Rails calls blank."""
    return text is None or not text.strip()


def stripped(text: str) -> str:
    """Return a text as Ruby's `strip` leaves it, which knows ASCII's white space alone."""
    return text.strip(_RUBYS_SPACE)


def too_long(text: str | None, maximum: int) -> list[str]:
    """Return the complaint about a text with too many characters."""
    if text is not None and len(text) > maximum:
        return [f"is too long (maximum is {maximum} characters)"]
    return []


def kubernetes_name(text: str) -> bool:
    """Tell whether a text is a DNS label, as agents and namespaces have to be."""
    return bool(_KUBERNETES_NAME.fullmatch(text))


def kubernetes_namespace(text: str) -> list[str]:
    """Return the complaints about a Kubernetes namespace that is not blank."""
    found = too_long(text, _NAMESPACE_LENGTH)
    return found if kubernetes_name(text) else [*found, _NAMESPACE_TEXT]

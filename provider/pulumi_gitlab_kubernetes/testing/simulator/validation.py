"""Validations and texts that several families share."""

from __future__ import annotations

import re

BLANK = "can't be blank"
TAKEN = "has already been taken"
NOT_A_CERTIFICATE = "must be a valid PEM certificate"

_RUBY_SPACE = "\0\t\n\v\f\r "
_KUBERNETES_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_NAMESPACE_LENGTH = 63
_NAMESPACE_TEXT = (
    "can contain only lowercase letters, digits, and '-'. "
    "Must start with a letter, and cannot end with '-'"
)


def blank(text: str | None) -> bool:
    """Return whether a text is blank, as Rails defines it."""
    return text is None or not text.strip()


def stripped(text: str) -> str:
    """Return a text without outer white space as Ruby's `strip` defines it: ASCII alone."""
    return text.strip(_RUBY_SPACE)


def too_long(text: str | None, maximum: int) -> list[str]:
    """Return the error of a text with too many characters."""
    if text is not None and len(text) > maximum:
        return [f"is too long (maximum is {maximum} characters)"]
    return []


def kubernetes_name(text: str) -> bool:
    """Return whether a text is a DNS label, as names of agents and namespaces must be."""
    return bool(_KUBERNETES_NAME.fullmatch(text))


def kubernetes_namespace(text: str) -> list[str]:
    """Return the errors of a Kubernetes namespace that is not blank."""
    found = too_long(text, _NAMESPACE_LENGTH)
    return found if kubernetes_name(text) else [*found, _NAMESPACE_TEXT]

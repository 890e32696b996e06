"""Values of stack configuration: from YAML to the text a program is given.

A program gets every value as text; the rules by which the Pulumi CLI makes it (Go's YAML and JSON
libraries) are followed here, down to octal numbers and the order of keys.
See https://www.pulumi.com/docs/iac/concepts/config/.
"""

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any, Final

from pulumi_gitlab_kubernetes.testing.host.errors import HostError

_SECURE: Final = "secure"
_HTML: Final = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})
_PLAIN_FLOATS: Final = (1e-6, 1e21)  # outside, Go writes an exponent


@dataclass(frozen=True)
class ConfigValue:
    """One value of a stack's configuration, as it is stored.

    Attributes:
        value: The text; the ciphertext of a secret; the JSON of an object, list or null, in which
            a secret is ``{"secure": <ciphertext>}``.
        secret: Whether it is, or holds, a secret.
        object: Whether `value` is JSON.
    """

    value: str
    secret: bool = False
    object: bool = False

    @classmethod
    def from_yaml(cls, raw: Any) -> "ConfigValue":
        """Create a value from the YAML of a settings file.

        Args:
            raw: The value.

        Returns:
            The configuration value; null is the empty text, as for the CLI.
        """
        if raw is None:
            return cls("")
        if _is_secure(raw):
            return cls(raw[_SECURE], secret=True)
        if isinstance(raw, dict | list):
            return cls(go_json(raw), secret=_holds_secret(raw), object=True)
        return cls(raw if isinstance(raw, str) else _scalar(raw))

    def to_yaml(self) -> Any:
        """Return the value for the YAML of a settings file.

        Returns:
            A text, an object or a list.
        """
        if self.object:
            return json.loads(self.value)
        return {_SECURE: self.value} if self.secret else self.value

    def plain(self, decrypt: Callable[[str], str]) -> str:
        """Return the text that a program gets.

        Args:
            decrypt: Turns a ciphertext into its text.

        Returns:
            The text; JSON for an object or a list.
        """
        if self.object:
            return (
                go_json(_decrypted(json.loads(self.value), decrypt)) if self.secret else self.value
            )
        return decrypt(self.value) if self.secret else self.value


def full_key(key: str, project: str) -> str:
    """Return the canonical form of a configuration key.

    Args:
        key: ``name`` (of the project's own namespace), ``namespace:name`` or, from old times,
            ``namespace:config:name``.
        project: The project's name.

    Returns:
        ``namespace:name``.

    Raises:
        HostError: The key has another form.
    """
    match str(key).split(":"):
        case [name]:
            return f"{project}:{name}"
        case [namespace, name] | [namespace, "config", name]:
            return f"{namespace}:{name}"
    raise HostError(f"configuration key {key!r} is not of the form <namespace>:<name>")


def go_json(value: Any) -> str:
    """Return JSON as the Pulumi CLI writes it: keys sorted, no spaces, HTML escaped.

    Args:
        value: Plain values of YAML or JSON.

    Returns:
        The JSON.

    Raises:
        HostError: There is no JSON for the value.
    """
    match value:
        case dict():
            texts = {key if isinstance(key, str) else _scalar(key): value[key] for key in value}
            return (
                f"{{{','.join(f'{_string(key)}:{go_json(texts[key])}' for key in sorted(texts))}}}"
            )
        case list():
            return "[" + ",".join(map(go_json, value)) + "]"
        case None:
            return "null"
        case str():
            return _string(value)
        case date():
            return _string(_scalar(value))
    return _scalar(value)


def _scalar(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case datetime():
            return _time(value)
        case date():
            return f"{value} 00:00:00 +0000 UTC"
        case None:  # as a key
            return "<nil>"
    return str(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise HostError("configuration cannot hold an infinite number")
    smallest, largest = _PLAIN_FLOATS
    if value and not smallest <= abs(value) < largest:
        mantissa, _, exponent = repr(value).partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent):+d}"
    return f"{Decimal(repr(value or 0.0)):f}".removesuffix(".0")  # there is no minus zero


def _time(value: datetime) -> str:
    """Return a time in the format of Go's ``Time.String``."""
    aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    fraction = f".{aware.microsecond:06}".rstrip("0") if aware.microsecond else ""
    offset = aware.strftime("%z")
    zone = offset if aware.utcoffset() else "UTC"
    return f"{aware:%Y-%m-%d %H:%M:%S}{fraction} {offset} {zone}"


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_HTML)


def _is_secure(raw: Any) -> bool:
    return isinstance(raw, dict) and raw.keys() == {_SECURE} and isinstance(raw[_SECURE], str)


def _members(raw: Any) -> Iterable[Any]:
    if isinstance(raw, dict):
        return raw.values()
    return raw if isinstance(raw, list) else ()


def _holds_secret(raw: Any) -> bool:
    return _is_secure(raw) or any(map(_holds_secret, _members(raw)))


def _decrypted(raw: Any, decrypt: Callable[[str], str]) -> Any:
    if _is_secure(raw):
        return decrypt(raw[_SECURE])
    if isinstance(raw, dict):
        return {key: _decrypted(member, decrypt) for key, member in raw.items()}
    return [_decrypted(item, decrypt) for item in raw] if isinstance(raw, list) else raw

"""A small parser of X.509 certificates.

`cryptography` rejects some certificates that OpenSSL and GitLab accept, or warns that it will. For
example, those with a serial number below 1, or with parameters that Java writes. So this package
uses it only for keys.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_ALTERNATIVE_NAME = "2.5.29.17"
_LONG = 0x80


@dataclass(frozen=True)
class Certificate:
    """A certificate.

    Args:
        public_key: The SubjectPublicKeyInfo in DER.
        not_before: When it becomes valid.
        not_after: When it expires.
        signature: The signature algorithm: the content of an AlgorithmIdentifier in DER.
        hosts: The host names and IP addresses in its subjectAltName.
    """

    public_key: bytes
    not_before: datetime
    not_after: datetime
    signature: bytes
    hosts: tuple[str, ...]


def read(der: bytes) -> Certificate:
    """Read a certificate in DER. See RFC 5280, section 4.1.

    Raises:
        ValueError: It is not a certificate.
    """
    try:
        whole, *_trailing = elements(der)
        signed, signature, _bits = elements(whole.content)
        parts = list(elements(signed.content))
        if parts[0].tag == _VERSION:
            del parts[0]
        _serial, _algorithm, _issuer, validity, _subject, public_key = parts[:6]
        not_before, not_after = map(_moment, elements(validity.content))
    except IndexError as error:
        raise ValueError("it ends too early") from error
    try:
        hosts = tuple(_hosts(parts[6:]))
    except (IndexError, ValueError):
        hosts = ()  # Still a certificate.
    return Certificate(public_key.whole, not_before, not_after, signature.content, hosts)


def _hosts(parts: list[Element]) -> Iterator[str]:
    """Yield the hosts in the subjectAltName extension. See RFC 5280, section 4.2.1.6."""
    found = [part for part in parts if part.tag == _EXTENSIONS]
    for extension in (each for part in found for each in _within(part)):
        identifier, *_critical, value = elements(extension.content)
        if object_identifier(identifier.content) != _ALTERNATIVE_NAME:
            continue
        for name in _within(value):
            if name.tag == _DNS_NAME:
                yield name.content.decode("ascii", "replace")
            elif name.tag == _IP_ADDRESS:
                yield str(ipaddress.ip_address(name.content))


def _within(element: Element) -> Iterator[Element]:
    """Return the elements of the sequence inside an element."""
    (sequence,) = elements(element.content)
    return elements(sequence.content)


@dataclass(frozen=True)
class Element:
    """An element in DER.

    Args:
        tag: The type.
        content: The content.
        whole: The tag, the length and the content.
    """

    tag: int
    content: bytes
    whole: bytes


def elements(der: bytes) -> Iterator[Element]:
    """Return the consecutive elements in DER.

    Raises:
        IndexError: An element is cut off.
    """
    at = 0
    while at < len(der):
        start, length = at + 2, der[at + 1]
        if length >= _LONG:
            start, length = start + length - _LONG, _number(der[start : start + length - _LONG])
        end = start + length
        if end > len(der):
            raise IndexError
        yield Element(der[at], der[start:end], der[at:end])
        at = end


def _number(digits: bytes) -> int:
    return int.from_bytes(digits, "big")


def _moment(element: Element) -> datetime:
    text = element.content.decode("ascii")
    if element.tag == _UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    elif element.tag != _GENERALIZED_TIME:
        raise ValueError("it has an invalid date")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=timezone.utc)


def object_identifier(content: bytes) -> str:
    """Return an object identifier in dotted form."""
    numbers, number = [], 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if byte < _LONG:
            numbers.append(number)
            number = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:])))

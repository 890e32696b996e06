"""Certificates and private keys as Ruby's OpenSSL reads them, which GitLab uses to validate them.

`OpenSSL::X509::Certificate.new` and `OpenSSL::PKey.read` read DER or PEM, the latter line by line:
see PEM_read_bio_ex(3) and EVP_DecodeUpdate(3). This module follows those, because the parsers of
Python libraries accept more.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import load_der_private_key

_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE"}
_KEYS = {b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY", b"DSA PRIVATE KEY"}
_BEGIN, _END, _TAIL = b"-----BEGIN ", b"-----END ", b"-----"
_BOM = b"\xef\xbb\xbf"
_AT_ONCE = 254
"""Bytes of a line that are read at once; the rest counts as a new line."""
_WITH_HEADER = 64
"""Maximum length of a line after a blank line."""
_BLANK = bytes([*range(0x21), *range(0x80, 0x100)])
"""Bytes stripped from the end of a line; OpenSSL compares them as signed numbers."""
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")

_SEQUENCE, _SET, _INTEGER, _BITS, _OCTETS, _OID = 0x30, 0x31, 0x02, 0x03, 0x04, 0x06
_BOOLEAN, _TIMES = 0x01, (0x17, 0x18)
_VERSION, _UNIQUE_IDS, _EXTENSIONS = 0xA0, (0x81, 0x82), 0xA3


class _InvalidError(Exception):
    """The data is invalid."""


def is_certificate(text: bytes) -> bool:
    """Return whether a text is an X.509 certificate; of several in PEM the first one counts."""
    return _is_x509(text) or _first(text, _CERTIFICATES, _is_x509, first_only=True)


def is_private_key(text: bytes) -> bool:
    """Return whether a text is a private key without a passphrase."""
    return _is_key(text) or _first(text, _KEYS, _is_key, first_only=False)


@dataclass(frozen=True)
class _Block:
    label: bytes
    header: bytes
    content: bytes


def _first(
    text: bytes, labels: set[bytes], valid: Callable[[bytes], bool], *, first_only: bool
) -> bool:
    """Return whether a text has a valid PEM block.

    Args:
        text: A text in PEM.
        labels: The labels of the blocks to look for.
        valid: Returns whether a block's content is valid.
        first_only: Stop at the first invalid block instead of trying the next one.
    """
    lines = _lines(text)
    while (label := _label(lines)) is not None:
        try:
            block = _block(label, lines)
        except _InvalidError:
            if first_only:
                return False
            continue
        if block.label in labels:
            accepted = not block.header and valid(block.content)
            if accepted or first_only:
                return accepted
    return False


def _lines(text: bytes) -> Iterator[bytes]:
    for line in re.findall(rb"[^\n]*\n|[^\n]+", text.removeprefix(_BOM)):
        for start in range(0, len(line), _AT_ONCE):
            yield line[start : start + _AT_ONCE]


def _label(lines: Iterator[bytes]) -> bytes | None:
    for line in lines:
        text = line.rstrip(_BLANK)
        if text.startswith(_BEGIN) and text.endswith(_TAIL):
            return text[len(_BEGIN) : -len(_TAIL)]
    return None


def _block(label: bytes, lines: Iterator[bytes]) -> _Block:
    """Read a block after its first line.

    Lines before a blank line are a header; without a blank line there is none.
    """
    before: list[bytes] = []
    after: list[bytes] | None = None
    partial = last = False
    for line in lines:
        text, continued = line.rstrip(_BLANK), partial
        partial = len(line) == _AT_ONCE and not line.endswith(b"\n")
        if not text:
            if continued:
                continue  # the rest of a long line
            if after is not None:
                raise _InvalidError
            after = []
        elif text.startswith(_END):
            if text[len(_END) :] != label + _TAIL:
                raise _InvalidError
            header, content = (b"", before) if after is None else (b"".join(before), after)
            return _Block(label, header, _decoded(b"".join(content)))
        elif after is None:
            before.append(text)
        else:
            if last or len(text) > _WITH_HEADER:
                raise _InvalidError
            last = len(text) < _WITH_HEADER
            after.append(text)
    raise _InvalidError


def _decoded(data: bytes) -> bytes:
    letters = data.partition(b"-")[0].translate(None, b" \t\r\n")
    if not _BASE64.fullmatch(letters) or len(letters) % 4:
        raise _InvalidError
    return base64.b64decode(letters)


@dataclass(frozen=True)
class _Element:
    tag: int
    content: bytes

    def of(self, tag: int) -> list[_Element]:
        """Return the inner elements of an element with this tag."""
        if self.tag != tag:
            raise _InvalidError
        return list(_elements(self.content))


def _elements(der: bytes) -> Iterator[_Element]:
    while der:
        element, der = _element(der)
        yield element


def _element(der: bytes) -> tuple[_Element, bytes]:
    """Return the first element of DER data, and the rest of the data."""
    if len(der) < 2:  # noqa: PLR2004 (a tag and a length)
        raise _InvalidError
    start, length = 2, der[1]
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    if (start == 2 and der[1] == 0x80) or start + length > len(der):  # noqa: PLR2004 (as above)
        raise _InvalidError
    return _Element(der[0], der[start : start + length]), der[start + length :]


def _is_x509(der: bytes) -> bool:
    """Return whether data begins with a certificate in DER, by its structure alone."""
    try:
        whole, _more = _element(der)
        signed, algorithm, signature = whole.of(_SEQUENCE)
        parts = signed.of(_SEQUENCE)
        if parts[:1] and parts[0].tag == _VERSION:
            (version,) = parts.pop(0).of(_VERSION)
            _check_integer(version)
        serial, inner, issuer, validity, subject, key, *more = parts
        _check_integer(serial)
        for each in (algorithm, inner):
            _check_algorithm(each)
        for each in (issuer, subject):
            _check_name(each)
        begins, ends = validity.of(_SEQUENCE)
        key_algorithm, bits = key.of(_SEQUENCE)
        _check_algorithm(key_algorithm)
        for each in (signature, bits):
            _check(each.tag == _BITS and each.content[:1] <= b"\7" and each.content != b"")
        _check(begins.tag in _TIMES and ends.tag in _TIMES)
        if more and more[-1].tag == _EXTENSIONS:
            _check_extensions(more.pop())
        _check([each.tag for each in more] == sorted({each.tag for each in more} & {*_UNIQUE_IDS}))
    except (_InvalidError, ValueError):
        return False
    return True


def _check(valid: bool) -> None:
    if not valid:
        raise _InvalidError


def _check_integer(element: _Element) -> None:
    """Check for an integer in its shortest form; it can be negative."""
    first = element.content[:2]
    padded = len(first) > 1 and (
        (first[0] == 0 and first[1] < 0x80) or (first[0] == 0xFF and first[1] >= 0x80)  # noqa: PLR2004 (the sign)
    )
    _check(element.tag == _INTEGER and first != b"" and not padded)


def _check_identifier(element: _Element) -> None:
    _check(element.tag == _OID and element.content[-1:] < b"\x80" and element.content != b"")


def _check_algorithm(element: _Element) -> None:
    identifier, *_parameters = element.of(_SEQUENCE)
    _check_identifier(identifier)
    _check(len(_parameters) <= 1)


def _check_name(element: _Element) -> None:
    for part in element.of(_SEQUENCE):
        for pair in part.of(_SET):
            identifier, _value = pair.of(_SEQUENCE)
            _check_identifier(identifier)


def _check_extensions(element: _Element) -> None:
    (extensions,) = element.of(_EXTENSIONS)
    for each in extensions.of(_SEQUENCE):
        identifier, *critical, value = each.of(_SEQUENCE)
        _check_identifier(identifier)
        _check([part.tag for part in critical] in ([], [_BOOLEAN]) and value.tag == _OCTETS)


def _is_key(der: bytes) -> bool:
    """Return whether data is a private key in DER."""
    try:
        load_der_private_key(der, None)
    except Exception:  # noqa: BLE001 (the library raises several types)
        return False
    return True

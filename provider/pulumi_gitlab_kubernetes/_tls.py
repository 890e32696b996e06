"""What went wrong with TLS, and what to do: from the errors that Python and OpenSSL raise.

By OpenSSL's own numbers and names. What it says to people differs between versions, and often names
only where it noticed.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ProxyError

from . import _x509 as x509
from ._quotes import one_line

_WAIT = 5.0  # Seconds, for a look at a certificate that was refused.
_SHOWN = 3  # Names of a certificate that a message shows.
_LONGEST = 100  # Characters of a name.

# See https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/.
_OTHER_HOST = {62, 64}
_EXPIRED, _NOT_YET = 10, 9
_SELF_SIGNED = {18, 19}
_UNKNOWN_AUTHORITY = {2, 20, 21, 27}
_SET_CERTIFICATE = "set clientCert and clientKey"
_NO_TLS = (
    "it does not speak TLS on this port",
    "begin baseUrl with http://, or set it to the port that speaks TLS",
)
_NO_VERSION = "no version of TLS is common to both", "enable TLS 1.2 or newer on that server"
_NO_HANDSHAKE = "SSLV3_ALERT_HANDSHAKE_FAILURE"
_REASONS = {
    "HTTP_REQUEST": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "UNKNOWN_PROTOCOL": _NO_TLS,
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "NO_PROTOCOLS_AVAILABLE": _NO_VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": _NO_VERSION,
    "UNSUPPORTED_PROTOCOL": _NO_VERSION,
    _NO_HANDSHAKE: (
        "it ended the TLS handshake",
        f"{_SET_CERTIFICATE} if it requires a client certificate; else no cipher is common to both",
    ),
    "KEY_VALUES_MISMATCH": (
        "the key in clientKey is not that of clientCert",
        "set both to one pair",
    ),
    "NO_CERTIFICATE_OR_CRL_FOUND": (
        "there is no certificate in cacertFile",
        "set cacertFile to a file with certificates in PEM",
    ),
}
"""OpenSSL's names of errors, and what each says: of the other side, and of one's own files."""
_REQUIRED = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
_CERTIFICATE_REFUSED = {
    "SSLV3_ALERT_BAD_CERTIFICATE": "it is not valid there",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it was revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it is not accepted there",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it is of a kind that is not accepted there",
    _REQUIRED: "there is none",
    "TLSV1_ALERT_ACCESS_DENIED": "it gives no access",
    "TLSV1_ALERT_DECRYPT_ERROR": "its signature is wrong",
    "TLSV1_ALERT_UNKNOWN_CA": "its authority is not known there",
}
"""A server's alerts about a client's certificate, and what each says."""
_HTTP_TO_TLS = re.compile(
    r"plain HTTP request was sent to HTTPS port"  # of nginx, which GitLab comes with
    r"|HTTP request to an HTTPS server"  # of programs in Go
    r"|plain HTTP to an SSL-enabled server port",  # of Apache
    re.IGNORECASE,
)
_NO_CERTIFICATE = re.compile("No required SSL certificate was sent", re.IGNORECASE)  # nginx
_BAD_CERTIFICATE = re.compile("The SSL certificate error", re.IGNORECASE)  # nginx
_ALERT = re.compile(r"^\x15\x03[\x00-\x04]")  # How a TLS record with an alert begins.

_USE_TLS = (
    "it speaks TLS on this port, and baseUrl begins with http://",
    "begin baseUrl with https://",
)
CHECK = "check baseUrl, the network and any proxy"
"""What to do where nothing more is known."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a connection.

    Args:
        reason: What it is.
        advice: What to do.
    """

    reason: str
    advice: str


def parts_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, but not the errors that were being handled meanwhile."""
    yield error
    for each in (getattr(error, "reason", None), *error.args):
        if isinstance(each, BaseException):
            yield from parts_of(each)


def trouble(error: BaseException, url: str, *, own: bool) -> Trouble | None:
    """Tell what is wrong with TLS.

    Args:
        error: What requests raised.
        url: The address that was asked.
        own: Whether a client certificate was there to be shown.

    Returns:
        What it is; `None` where it is nothing of TLS.
    """
    found = list(parts_of(error))
    at_proxy = any(isinstance(each, ProxyError) for each in found)
    for each in found:
        if isinstance(each, ssl.SSLCertVerificationError):
            return _at_proxy(_untrusted(each)) if at_proxy else _certificate(each, url)
        if isinstance(each, ssl.SSLError) and each.reason:
            said = _said(each.reason, own=own)
            return _at_proxy(said) if at_proxy else said
    return None


def trouble_told(text: str, *, own: bool) -> Trouble | None:
    """Tell what is wrong with TLS from the page that a server answers with the status 400.

    Args:
        text: The page, or its title.
        own: Whether a client certificate was there to be shown.
    """
    if _HTTP_TO_TLS.search(text):
        return Trouble(*_USE_TLS)
    if _NO_CERTIFICATE.search(text) or (not own and _BAD_CERTIFICATE.search(text)):
        return Trouble("it requires a client certificate", _SET_CERTIFICATE)
    if _BAD_CERTIFICATE.search(text):
        return _refused("it is not accepted there")
    return None


def spoke_tls(line: str) -> Trouble | None:
    """Tell whether what answered plain HTTP speaks TLS.

    Args:
        line: What it said first.
    """
    return Trouble(*_USE_TLS) if _ALERT.search(line) else None


def refused_certificate(error: BaseException) -> bool:
    """Tell whether a server has refused the client's certificate, or that there is none."""
    found = (each for each in parts_of(error) if isinstance(each, ssl.SSLError))
    return any(each.reason in _CERTIFICATE_REFUSED for each in found)


def _said(reason: str, *, own: bool) -> Trouble:
    if reason in _CERTIFICATE_REFUSED and own and reason != _REQUIRED:
        return _refused(_CERTIFICATE_REFUSED[reason])
    if reason in _CERTIFICATE_REFUSED:
        return Trouble("it requires a client certificate", _SET_CERTIFICATE)
    if reason == _NO_HANDSHAKE and own:
        return _refused("or no cipher is common to both")
    words = reason.replace("_", " ").lower()
    return Trouble(*_REASONS.get(reason, (f"TLS: {words}", CHECK)))


def _refused(why: str) -> Trouble:
    return Trouble(
        f"it refuses the certificate of clientCert: {why}",
        f"{_SET_CERTIFICATE} to a pair that it accepts",
    )


def _at_proxy(said: Trouble) -> Trouble:
    reason = "its certificate is not trusted" if said.reason.startswith("its") else said.reason
    return Trouble(f"the proxy: {reason}", "check HTTPS_PROXY")


def _certificate(error: ssl.SSLCertVerificationError, url: str) -> Trouble:
    code, host = error.verify_code, urlsplit(url).hostname or ""
    if code in _OTHER_HOST:
        served = _served(url)
        if served is not None and not served.hosts:
            return Trouble(
                f"its certificate is not for {host}: it has no subjectAltName, and its common name "
                "does not count",
                "have it replaced by one with a subjectAltName; cacertFile does not help",
            )
        names = _names(served)
        return Trouble(
            f"its certificate is {f'for {names}' if names else 'for another host'}, not for {host}",
            "set baseUrl to a name that the certificate has, or have that replaced; cacertFile "
            "does not help",
        )
    if code in {_EXPIRED, _NOT_YET}:
        return Trouble(
            _out_of_date(_served(url), expired=code == _EXPIRED),
            "have it replaced, or set this machine's clock if that is wrong; cacertFile does not "
            "help",
        )
    return _untrusted(error)


def _untrusted(error: ssl.SSLCertVerificationError) -> Trouble:
    if error.verify_code in _SELF_SIGNED:
        return Trouble(
            "its certificate is not trusted: its authority is not known here",
            "set cacertFile to a file with that authority's certificate",
        )
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return Trouble(
            "its certificate is not trusted: its authority is not known here",
            "set cacertFile to a file with that authority's certificate, or have it send the "
            "intermediate certificates",
        )
    why = one_line(error.verify_message or "")
    return Trouble(f"its certificate is not trusted: {why}", "have it replaced")


def _out_of_date(certificate: x509.Certificate | None, *, expired: bool) -> str:
    now = datetime.now(timezone.utc)
    if certificate is not None:
        begins, ends = certificate.begins, certificate.ends
        if expired and ends < now:
            return f"its certificate expired on {ends:%Y-%m-%d}"
        if not expired and begins > now:
            return f"its certificate is not valid before {begins:%Y-%m-%d}"
    return "a certificate of its authorities is out of date"


def _names(certificate: x509.Certificate | None) -> str:
    """Return the hosts that a certificate is for."""
    names = certificate.hosts if certificate else ()
    shown = [one_line(name)[:_LONGEST] for name in names[:_SHOWN]]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    *first, last = [*shown, *more] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _served(url: str) -> x509.Certificate | None:
    """Ask for the certificate once more, without a request: Python does not keep a refused one."""
    parts = urlsplit(url)
    if requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
        return None  # Whoever is asked past the proxy may be somebody else.
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=_WAIT)
        return x509.read(ssl.PEM_cert_to_DER_cert(pem))
    except (OSError, ValueError):
        return None

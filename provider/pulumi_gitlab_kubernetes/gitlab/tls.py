"""Explanations of TLS errors, and what to do about them.

They are found by OpenSSL's numbers and names. Its messages differ between versions, and often only
name where it found the error.
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

from pulumi_gitlab_kubernetes.certificates import x509
from pulumi_gitlab_kubernetes.redaction import one_line

_WAIT = 5.0  # Seconds to wait for a certificate that was rejected.
_SHOWN = 3  # Hosts of a certificate that a message shows.
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
_NO_VERSION = "there is no common TLS version", "enable TLS 1.2 or newer on that server"
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
        f"{_SET_CERTIFICATE} if it requires a client certificate; otherwise no cipher is shared",
    ),
    "KEY_VALUES_MISMATCH": (
        "the key in clientKey does not belong to the certificate in clientCert",
        "set both to a matching pair",
    ),
    "NO_CERTIFICATE_OR_CRL_FOUND": (
        "there is no certificate in cacertFile",
        "set cacertFile to a file with certificates in PEM",
    ),
}
"""The reason and the advice for OpenSSL's errors, of the server and of our own files."""
_REQUIRED = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
_CERTIFICATE_ALERTS = {
    "SSLV3_ALERT_BAD_CERTIFICATE": "the certificate is not valid",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the certificate has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the certificate was revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the certificate is not accepted",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "the certificate's type is not supported",
    _REQUIRED: "there is no certificate",
    "TLSV1_ALERT_ACCESS_DENIED": "the certificate has no access",
    "TLSV1_ALERT_DECRYPT_ERROR": "the certificate's signature is wrong",
    "TLSV1_ALERT_UNKNOWN_CA": "the certificate's authority is unknown",
}
"""What a server's alerts about a client certificate mean."""
_HTTP_TO_TLS = re.compile(
    r"plain HTTP request was sent to HTTPS port"  # nginx, which GitLab includes
    r"|HTTP request to an HTTPS server"  # programs in Go
    r"|plain HTTP to an SSL-enabled server port",  # Apache
    re.IGNORECASE,
)
_NO_CERTIFICATE = re.compile("No required SSL certificate was sent", re.IGNORECASE)  # nginx
_BAD_CERTIFICATE = re.compile("The SSL certificate error", re.IGNORECASE)  # nginx
_ALERT = re.compile(r"^\x15\x03[\x00-\x04]")  # The start of a TLS record with an alert.

_USE_TLS = (
    "it speaks TLS on this port, and baseUrl begins with http://",
    "begin baseUrl with https://",
)
CHECK = "check baseUrl, the network and any proxy"
"""What to do if the reason is unknown."""


@dataclass(frozen=True)
class Problem:
    """Why a connection failed.

    Args:
        reason: The reason.
        advice: What to do.
    """

    reason: str
    advice: str


def parts_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and the errors that it contains, but not its `__context__`."""
    yield error
    for each in (getattr(error, "reason", None), *error.args):
        if isinstance(each, BaseException):
            yield from parts_of(each)


def find_problem(error: BaseException, url: str, *, own: bool) -> Problem | None:
    """Return the TLS problem that caused an error.

    Args:
        error: What requests raised.
        url: The URL of the request.
        own: Whether there is a client certificate.

    Returns:
        The problem, or `None` if TLS is not the cause.
    """
    found = list(parts_of(error))
    at_proxy = any(isinstance(each, ProxyError) for each in found)
    for each in found:
        if isinstance(each, ssl.SSLCertVerificationError):
            return _at_proxy(_untrusted(each)) if at_proxy else _certificate(each, url)
        if isinstance(each, ssl.SSLError) and each.reason:
            problem = _problem(each.reason, own=own)
            return _at_proxy(problem) if at_proxy else problem
    return None


def problem_in_page(text: str, *, own: bool) -> Problem | None:
    """Return the TLS problem that a page with the status 400 describes.

    Args:
        text: The page, or its title.
        own: Whether there is a client certificate.
    """
    if _HTTP_TO_TLS.search(text):
        return Problem(*_USE_TLS)
    if _NO_CERTIFICATE.search(text) or (not own and _BAD_CERTIFICATE.search(text)):
        return Problem("it requires a client certificate", _SET_CERTIFICATE)
    if _BAD_CERTIFICATE.search(text):
        return _rejected("the certificate is not accepted")
    return None


def problem_in_first_line(line: str) -> Problem | None:
    """Return the problem if a server responds to plain HTTP with TLS.

    Args:
        line: The first line of its response.
    """
    return Problem(*_USE_TLS) if _ALERT.search(line) else None


def rejected_certificate(error: BaseException) -> bool:
    """Return whether a server rejected the client certificate, or requires one."""
    found = (each for each in parts_of(error) if isinstance(each, ssl.SSLError))
    return any(each.reason in _CERTIFICATE_ALERTS for each in found)


def _problem(reason: str, *, own: bool) -> Problem:
    if reason in _CERTIFICATE_ALERTS and own and reason != _REQUIRED:
        return _rejected(_CERTIFICATE_ALERTS[reason])
    if reason in _CERTIFICATE_ALERTS:
        return Problem("it requires a client certificate", _SET_CERTIFICATE)
    if reason == _NO_HANDSHAKE and own:
        return _rejected("the certificate is not accepted, or no cipher is shared")
    words = reason.replace("_", " ").lower()
    return Problem(*_REASONS.get(reason, (f"TLS: {words}", CHECK)))


def _rejected(why: str) -> Problem:
    return Problem(
        f"it rejects clientCert: {why}",
        f"{_SET_CERTIFICATE} to a pair that it accepts",
    )


def _at_proxy(problem: Problem) -> Problem:
    own = problem.reason.startswith("its")
    reason = "its certificate is not trusted" if own else problem.reason
    return Problem(f"the proxy: {reason}", "check HTTPS_PROXY")


def _certificate(error: ssl.SSLCertVerificationError, url: str) -> Problem:
    code, host = error.verify_code, urlsplit(url).hostname or ""
    if code in _OTHER_HOST:
        served = served_certificate(url)
        if served is not None and not served.hosts:
            return Problem(
                f"its certificate is not for {host}: it has no subjectAltName, and clients ignore "
                "its common name",
                "replace it with one that has a subjectAltName; cacertFile does not help",
            )
        names = _names(served)
        return Problem(
            f"its certificate is {f'for {names}' if names else 'for another host'}, not for {host}",
            "set baseUrl to a name in the certificate, or replace the certificate; cacertFile does "
            "not help",
        )
    if code in {_EXPIRED, _NOT_YET}:
        return Problem(
            _out_of_date(served_certificate(url), expired=code == _EXPIRED),
            "replace it, or correct this machine's clock if that is wrong; cacertFile does not "
            "help",
        )
    return _untrusted(error)


def _untrusted(error: ssl.SSLCertVerificationError) -> Problem:
    if error.verify_code in _SELF_SIGNED:
        return Problem(
            "its certificate is not trusted: its authority is unknown",
            "set cacertFile to a file with that authority's certificate",
        )
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return Problem(
            "its certificate is not trusted: its authority is unknown",
            "set cacertFile to a file with that authority's certificate, or configure the server "
            "to send the intermediate certificates",
        )
    why = one_line(error.verify_message or "")
    return Problem(f"its certificate is not trusted: {why}", "replace it")


def _out_of_date(certificate: x509.Certificate | None, *, expired: bool) -> str:
    now = datetime.now(timezone.utc)
    if certificate is not None:
        not_before, not_after = certificate.not_before, certificate.not_after
        if expired and not_after < now:
            return f"its certificate expired on {not_after:%Y-%m-%d}"
        if not expired and not_before > now:
            return f"its certificate is not valid before {not_before:%Y-%m-%d}"
    return "the certificate of an authority has expired or is not valid yet"


def _names(certificate: x509.Certificate | None) -> str:
    """Return the hosts of a certificate as text."""
    names = certificate.hosts if certificate else ()
    shown = [one_line(name)[:_LONGEST] for name in names[:_SHOWN]]
    more = [f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else []
    *first, last = [*shown, *more] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def served_certificate(url: str) -> x509.Certificate | None:
    """Return a server's certificate, also one that is not trusted.

    Args:
        url: The server's URL.

    Returns:
        The certificate, or `None` if it cannot be read, or if there is a proxy.
    """
    parts = urlsplit(url)
    if requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
        return None  # Without the proxy, another server could respond.
    try:
        pem = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=_WAIT)
        return x509.read(ssl.PEM_cert_to_DER_cert(pem))
    except (OSError, ValueError):
        return None

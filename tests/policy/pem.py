"""Certificates of any age and strength in PEM."""

from __future__ import annotations

from functools import cache

from tests.support.certificates import Key

_key = cache(Key)


def key(kind: str) -> str:
    """Return the key that all certificates with this kind of key share."""
    return _key(kind).pem


@cache
def certificate(*, begins: float = -1, ends: float = 365, key: str = "Ed25519") -> str:
    """Return a self-signed certificate whose name is a canary.

    Args:
        begins: When it becomes valid, in days from now.
        ends: When it expires, in days from now.
        key: The kind of its key.
    """
    return _key(key).certificate("canary", begins=begins, ends=ends)


SHA1 = """\
-----BEGIN CERTIFICATE-----
MIIDBTCCAe2gAwIBAgIUAg8g7l5akpmPPFsvyS/41/kOl14wDQYJKoZIhvcNAQEF
BQAwETEPMA0GA1UEAwwGY2FuYXJ5MCAXDTI2MTEyMjA1NDY0M1oYDzIxMjYxMDI5
MDU0NjQzWjARMQ8wDQYDVQQDDAZjYW5hcnkwggEiMA0GCSqGSIb3DQEBAQUAA4IB
DwAwggEKAoIBAQDZJCS0cNuKRIWMe1dHrCjEn8vKOyZTYwHjvu+xvDoEJkwbRg+W
m4aThngUlXzYGH2jJVVPJfYraEAyuERuk/dEf7RbTDPzo08srYnHGFG2Ur09DonQ
r2iB+kVwz0GtMxGpQRh0Dym0vqT++AYgbBcXvLBNtQEFuq20II5L7FWFMLD4CXnr
lie3S4pzWLcJKLJPE/eI1vcCsvoFJRPerNS4qIvUnhb98Beb30uD474cKpu3HNIN
RQZmCHMr72KgFYy6qIT2YbE0roMqx3lXi/vg2c4Ip/sOla1+sSsyQO3pvESG9zPJ
6aJqEiB/JRBO7N/MGqkJ4GEZSHrK4/qR3o7lAgMBAAGjUzBRMB0GA1UdDgQWBBQe
PW4VRO7eWGUcUk0+B48HR1hRdTAfBgNVHSMEGDAWgBQePW4VRO7eWGUcUk0+B48H
R1hRdTAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBBQUAA4IBAQDYTJIaRoN3
gk0v6XplqKldUMK/FVastNrqi7fAExbq9PSn3z3GbGRax9E6x14dj/pO+ucRbA7S
QecESPuE28Up+bpjb7F50msBG4JhvaXuBGU7f2oxG5jismvzvSaJ0FyBVYI6pxF+
REibxa4AqQkuMiQwpVNDGMjYuuvwMT/ggFHu2mqKHudi7mPL9iO4+crz4wk3XAoO
pawJKo32WRAWixccBI6da07sbc1k2dVpUuj4zIoFVHlTGgEjo9sHlpw3rvOlS7ZJ
2sOPhz8EeIlgeQMCgEJo8/R/88g1DqzFgnq8+gK5J+Ge+zXgeYc0y3XSV85yYzej
tyPunCE6d7NE
-----END CERTIFICATE-----
"""
"""A certificate with a strong key and a SHA-1 signature, valid for a hundred years."""

"""PEM texts, validated by the provider, by the simulator and by OpenSSL itself.

The provider sends accepted texts in OpenSSL's form. The simulator validates what it receives.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable

import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import strategies
from tests.support.certificates import Key, to_der, to_pem

from pulumi_gitlab_kubernetes.certificates import validators as certificates
from pulumi_gitlab_kubernetes.certificates.pem import canonical
from pulumi_gitlab_kubernetes.testing.simulator.openssl import is_certificate, is_private_key

_KEY = Key("P-256")
_CERTIFICATE = _KEY.certificate("agent")
_PARAMETERS = to_pem("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107"))
_OLD_KEY = (
    ec.generate_private_key(ec.SECP256R1())
    .private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    .decode()
)

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")


def _accepts_certificate(text: str) -> bool:
    """Validate a certificate with Python's OpenSSL, which reads all blocks like Ruby's."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        return False
    return True


def _accepts_key(text: str) -> bool:
    """Ask the program `openssl` whether a key can be read and its parts match."""
    command = ["openssl", "pkey", "-check", "-noout", "-passin", "pass:"]
    return subprocess.run(command, input=text.encode(), capture_output=True).returncode == 0  # noqa: PLW1510 (the status is the result)


def _lines(before: str, after: str) -> Callable[[str], str]:
    return lambda pem: "\n".join(f"{before}{line}{after}" for line in pem.splitlines())


def _between(text: str) -> Callable[[str], str]:
    """Insert a text before the last line of the content."""

    def put(pem: str) -> str:
        *others, last, end = pem.splitlines()
        return "\n".join([*others, text, last, end, ""])

    return put


def _wide(width: int) -> Callable[[str], str]:
    return lambda pem: to_pem(
        pem.partition("-----")[2].partition("-----")[0][6:], to_der(pem), width
    )


_BAG = "Bag Attributes\n    localKeyID: E2 7B 5F \nsubject=CN = agent\n"
_ACCEPTED: dict[str, Callable[[str], str]] = {
    "as it is": lambda pem: pem,
    "no last line break": str.strip,
    "line breaks of Windows": lambda pem: pem.replace("\n", "\r\n"),
    "blanks at the ends of lines": _lines("", " \t"),
    "bag attributes": lambda pem: _BAG + pem,
    "a description": lambda pem: "Certificate:\n    Data:\n        Version: 3 (0x2)\n" + pem,
    "parameters before": lambda pem: _PARAMETERS + pem,
    "other text after": lambda pem: pem + "that was it\n",
    "a blank line at the start": lambda pem: pem.replace("-----\n", "-----\n\n", 1),
    "lines of 76": _wide(76),
    "one long line": _wide(10_000),
    "lines of 1": _wide(1),
}
_REPAIRED: dict[str, Callable[[str], str]] = {
    "blanks for line breaks": lambda pem: " ".join(pem.splitlines()),
    "no line breaks": lambda pem: pem.replace("\n", ""),
    "line breaks of old Macs": lambda pem: pem.replace("\n", "\r"),
    "an indented text": _lines("    ", ""),
    "a blank line in the middle": _between(""),
    "blank lines everywhere": lambda pem: pem.replace("\n", "\n\n"),
    "no line break after the label": lambda pem: pem.replace("-----\n", "-----", 1),
    "no line break before the label": lambda pem: pem.replace("\n-----END", "-----END"),
    "text before the label": lambda pem: f"ca: {pem}",
}
_REJECTED: dict[str, Callable[[str], str]] = {
    "nothing": lambda _pem: "\n",
    "no labels": lambda pem: "\n".join(pem.splitlines()[1:-1]),
    "no end": lambda pem: pem.partition("-----END")[0],
    "another end": lambda pem: pem.replace("-----END ", "-----END MY "),
    "another label": lambda pem: pem.replace("N ", "N MY ").replace("D ", "D MY "),
    "a character that is not base64": _between("*"),
    "padding before the end": _between("QQ=="),
    "a character too many": _between("Q"),
    "a header": lambda pem: pem.replace("-----\n", "-----\nComment: mine\n\n", 1),
    "escaped line breaks": lambda pem: pem.replace("\n", "\\n"),
    "half of it": lambda pem: to_pem("CERTIFICATE", to_der(pem)[:40]),
    "nothing between the labels": lambda _pem: (
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"
    ),
}
_ALL = {**_ACCEPTED, **_REPAIRED, **_REJECTED}


@pytest.mark.parametrize("name", _ALL)
def test_certificates_are_validated_like_openssl(name: str) -> None:
    """The provider also accepts other white space, which it repairs."""
    text = _ALL[name](_CERTIFICATE)
    accepted = name in _ACCEPTED
    assert _accepts_certificate(text) is accepted
    assert is_certificate(text.encode()) is accepted
    assert (certificates.certificate(text) is None) is (name not in _REJECTED)
    if name not in _REJECTED:
        parameters = _PARAMETERS if "parameters" in name else ""
        assert canonical(text) == parameters + _CERTIFICATE
        assert certificates.are_a_pair(text, _KEY.pem)


@needs_openssl
@pytest.mark.parametrize("name", _ALL)
@pytest.mark.parametrize("key", [_KEY.pem, _OLD_KEY], ids=["PKCS #8", "SEC 1"])
def test_keys_are_validated_like_openssl(name: str, key: str) -> None:
    """Like certificates."""
    text = _ALL[name](key)
    accepted = name in _ACCEPTED
    assert _accepts_key(text) is accepted
    assert is_private_key(text.encode()) is accepted
    assert (certificates.private_key(text) is None) is (name not in _REJECTED)
    if name not in _REJECTED:
        assert canonical(text) == (_PARAMETERS if "parameters" in name else "") + key


@needs_openssl
@pytest.mark.parametrize("name", _ALL)
def test_pythons_openssl_agrees_with_the_program(name: str) -> None:
    """So the tests can use either."""
    text = _ALL[name](_CERTIFICATE)
    command = ["openssl", "x509", "-noout"]
    done = subprocess.run(command, input=text.encode(), capture_output=True)  # noqa: PLW1510 (the status is the result)
    assert (done.returncode == 0) is _accepts_certificate(text)


def test_a_chain_is_kept_and_repaired() -> None:
    """Two files joined without a line break between them, as by `cat`."""
    other = Key().certificate("ca")
    text = _CERTIFICATE.strip() + other
    assert not _accepts_certificate(text)
    assert not is_certificate(text.encode())
    assert certificates.certificate(text) is None
    assert canonical(text) == _CERTIFICATE + other


def test_a_chain_that_is_cut_off_is_rejected() -> None:
    """GitLab would accept it, and ignore the second certificate."""
    text = _CERTIFICATE + Key().certificate("ca")[:200]
    assert is_certificate(text.encode())
    assert certificates.certificate(text)


def test_certificates_are_sent_in_openssls_form() -> None:
    """In base64, as GitLab requires."""
    sent = certificates.to_base64(" ".join(_CERTIFICATE.splitlines()))
    assert certificates.from_base64(sent) == _CERTIFICATE


_OF_WHOLE_TEXTS = {"lines of 76", "one long line", "lines of 1", "a blank line in the middle"}
_POSITIONS = strategies.integers(0, 10_000)
_MUTATIONS = strategies.one_of(
    strategies.builds(
        lambda at, sign: lambda pem: pem[: at % len(pem)] + sign + pem[at % len(pem) :],
        _POSITIONS,
        strategies.sampled_from("\n \t\r=A:+#"),
    ),
    strategies.builds(lambda at: lambda pem: pem[: at % len(pem)] or pem, _POSITIONS),
    strategies.builds(
        lambda at: lambda pem: pem[: at % len(pem)] + pem[at % len(pem) + 1 :], _POSITIONS
    ),
    strategies.sampled_from(
        [each for name, each in {**_ACCEPTED, **_REPAIRED}.items() if name not in _OF_WHOLE_TEXTS]
    ),
)


def _mutated(pem: str, mutations: list[Callable[[str], str]]) -> str:
    for mutate in mutations:
        pem = mutate(pem)
    return pem


@pytest.mark.slow
@hypothesis.given(strategies.lists(_MUTATIONS, max_size=3))
@hypothesis.settings(deadline=None, max_examples=300)
def test_random_certificates_are_validated_like_openssl(
    mutations: list[Callable[[str], str]],
) -> None:
    """After any changes of the text."""
    text = _mutated(_CERTIFICATE, mutations)
    accepted = _accepts_certificate(text)
    assert is_certificate(text.encode()) is accepted
    passes = certificates.certificate(text) is None
    assert passes >= accepted
    assert (
        passes is _accepts_certificate(canonical(text)) is is_certificate(canonical(text).encode())
    )


@pytest.mark.slow
@needs_openssl
@hypothesis.given(strategies.lists(_MUTATIONS, max_size=3))
@hypothesis.settings(deadline=None, max_examples=60)
def test_random_keys_are_validated_like_openssl(mutations: list[Callable[[str], str]]) -> None:
    """After any changes of the text."""
    text = _mutated(_KEY.pem, mutations)
    accepted = _accepts_key(text)
    assert is_private_key(text.encode()) is accepted
    passes = certificates.private_key(text) is None
    assert passes >= accepted
    assert not passes or (
        _accepts_key(canonical(text)) and is_private_key(canonical(text).encode())
    )

"""PEM texts before three judges: the provider's check, the simulator, and OpenSSL itself.

What the check lets pass is sent as OpenSSL writes it; the simulator judges what it gets.
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
from tests.certificates import Key, to_der, to_pem

from pulumi_gitlab_kubernetes import _certificates as certificates
from pulumi_gitlab_kubernetes._pem import canonical
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


def _takes_certificate(text: str) -> bool:
    """Ask the OpenSSL that Python has; it reads a text as Ruby's does, and to the end."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        return False
    return True


def _takes_key(text: str) -> bool:
    """Ask the program, with the wrong passphrase for what has one."""
    command = ["openssl", "pkey", "-noout", "-passin", "pass:"]
    return subprocess.run(command, input=text.encode(), capture_output=True).returncode == 0  # noqa: PLW1510 (the status is the answer)


def _lines(before: str, after: str) -> Callable[[str], str]:
    return lambda pem: "\n".join(f"{before}{line}{after}" for line in pem.splitlines())


def _between(text: str) -> Callable[[str], str]:
    """Put a text before the last line but one of what is between the labels."""

    def put(pem: str) -> str:
        *others, last, end = pem.splitlines()
        return "\n".join([*others, text, last, end, ""])

    return put


def _wide(width: int) -> Callable[[str], str]:
    return lambda pem: to_pem(
        pem.partition("-----")[2].partition("-----")[0][6:], to_der(pem), width
    )


_BAG = "Bag Attributes\n    localKeyID: E2 7B 5F \nsubject=CN = agent\n"
_TAKEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda pem: pem,
    "no last line end": str.strip,
    "line ends of Windows": lambda pem: pem.replace("\n", "\r\n"),
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
    "blanks for line ends": lambda pem: " ".join(pem.splitlines()),
    "no line ends": lambda pem: pem.replace("\n", ""),
    "line ends of old": lambda pem: pem.replace("\n", "\r"),
    "an indented text": _lines("    ", ""),
    "a blank line in the midst": _between(""),
    "blank lines everywhere": lambda pem: pem.replace("\n", "\n\n"),
    "no line end after the label": lambda pem: pem.replace("-----\n", "-----", 1),
    "no line end before the label": lambda pem: pem.replace("\n-----END", "-----END"),
    "text before the label": lambda pem: f"ca: {pem}",
}
_REFUSED: dict[str, Callable[[str], str]] = {
    "nothing": lambda _pem: "\n",
    "no labels": lambda pem: "\n".join(pem.splitlines()[1:-1]),
    "no end": lambda pem: pem.partition("-----END")[0],
    "another end": lambda pem: pem.replace("-----END ", "-----END MY "),
    "a label of something else": lambda pem: pem.replace("N ", "N MY ").replace("D ", "D MY "),
    "a sign that is none of base64": _between("*"),
    "an end before the end": _between("QQ=="),
    "a sign too many": _between("Q"),
    "a header": lambda pem: pem.replace("-----\n", "-----\nComment: mine\n\n", 1),
    "line ends spelled out": lambda pem: pem.replace("\n", "\\n"),
    "half of it": lambda pem: to_pem("CERTIFICATE", to_der(pem)[:40]),
    "nothing between the labels": lambda _pem: (
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----"
    ),
}
_ALL = {**_TAKEN, **_REPAIRED, **_REFUSED}


@pytest.mark.parametrize("name", _ALL)
def test_certificates_are_judged_as_openssl_does(name: str) -> None:
    """The simulator as it is; the check also takes what loses nothing by other white space."""
    text = _ALL[name](_CERTIFICATE)
    taken = name in _TAKEN
    assert _takes_certificate(text) is taken
    assert is_certificate(text.encode()) is taken
    assert (certificates.certificate(text) is None) is (name not in _REFUSED)
    if name not in _REFUSED:
        parameters = _PARAMETERS if "parameters" in name else ""
        assert canonical(text) == parameters + _CERTIFICATE
        assert certificates.are_a_pair(text, _KEY.pem)


@needs_openssl
@pytest.mark.parametrize("name", _ALL)
@pytest.mark.parametrize("key", [_KEY.pem, _OLD_KEY], ids=["PKCS #8", "SEC 1"])
def test_keys_are_judged_as_openssl_does(name: str, key: str) -> None:
    """The same goes for keys."""
    text = _ALL[name](key)
    taken = name in _TAKEN
    assert _takes_key(text) is taken
    assert is_private_key(text.encode()) is taken
    assert (certificates.private_key(text) is None) is (name not in _REFUSED)
    if name not in _REFUSED:
        assert canonical(text) == (_PARAMETERS if "parameters" in name else "") + key


@needs_openssl
@pytest.mark.parametrize("name", _ALL)
def test_python_s_openssl_says_what_the_program_says(name: str) -> None:
    """So that one may stand for the other."""
    text = _ALL[name](_CERTIFICATE)
    command = ["openssl", "x509", "-noout"]
    done = subprocess.run(command, input=text.encode(), capture_output=True)  # noqa: PLW1510 (the status is the answer)
    assert (done.returncode == 0) is _takes_certificate(text)


def test_a_chain_is_kept_and_mended() -> None:
    """Two files put together without a line end between them, as `cat` does."""
    other = Key().certificate("ca")
    text = _CERTIFICATE.strip() + other
    assert not _takes_certificate(text)
    assert not is_certificate(text.encode())
    assert certificates.certificate(text) is None
    assert canonical(text) == _CERTIFICATE + other


def test_a_chain_that_breaks_off_is_refused() -> None:
    """GitLab would take it, and lose the second certificate without a word."""
    text = _CERTIFICATE + Key().certificate("ca")[:200]
    assert is_certificate(text.encode())
    assert certificates.certificate(text)


def test_what_is_sent_is_what_openssl_takes() -> None:
    """As GitLab wants it, in base64."""
    sent = certificates.to_base64(" ".join(_CERTIFICATE.splitlines()))
    assert certificates.from_base64(sent) == _CERTIFICATE


_OF_WHOLE_TEXTS = {"lines of 76", "one long line", "lines of 1", "a blank line in the midst"}
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
        [each for name, each in {**_TAKEN, **_REPAIRED}.items() if name not in _OF_WHOLE_TEXTS]
    ),
)


def _mutated(pem: str, mutations: list[Callable[[str], str]]) -> str:
    for mutate in mutations:
        pem = mutate(pem)
    return pem


@hypothesis.given(strategies.lists(_MUTATIONS, max_size=3))
@hypothesis.settings(deadline=None, max_examples=300)
def test_no_certificate_is_judged_otherwise_than_openssl_does(
    mutations: list[Callable[[str], str]],
) -> None:
    """Whatever becomes of a text."""
    text = _mutated(_CERTIFICATE, mutations)
    taken = _takes_certificate(text)
    assert is_certificate(text.encode()) is taken
    passes = certificates.certificate(text) is None
    assert passes >= taken
    assert passes is _takes_certificate(canonical(text)) is is_certificate(canonical(text).encode())


@needs_openssl
@hypothesis.given(strategies.lists(_MUTATIONS, max_size=3))
@hypothesis.settings(deadline=None, max_examples=60)
def test_no_key_is_judged_otherwise_than_openssl_does(
    mutations: list[Callable[[str], str]],
) -> None:
    """Whatever becomes of a text."""
    text = _mutated(_KEY.pem, mutations)
    taken = _takes_key(text)
    assert is_private_key(text.encode()) is taken
    passes = certificates.private_key(text) is None
    assert passes >= taken
    assert not passes or (_takes_key(canonical(text)) and is_private_key(canonical(text).encode()))

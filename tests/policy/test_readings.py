"""How rules read values: private addresses, scopes, tiers, certificates and type tokens."""

from __future__ import annotations

import datetime as dt
import itertools
from fnmatch import fnmatchcase

import hypothesis
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import strategies
from tests.policy.pem import SHA1, certificate
from tests.support.certificates import Key, to_pem

from pulumi_gitlab_kubernetes.core.addresses import is_private
from pulumi_gitlab_kubernetes.policy.certificates import (
    expires_within,
    facts,
    not_valid,
    weakness,
)
from pulumi_gitlab_kubernetes.policy.project_clusters import scopes_overlap
from pulumi_gitlab_kubernetes.policy.tiers import guess
from pulumi_gitlab_kubernetes.policy.type_tokens import kind_of
from pulumi_gitlab_kubernetes.testing.simulator.environment_names import guess_tier

_SHORT = "has a 1024-bit RSA key"
_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
_SCOPES = strategies.text("ab*", max_size=5)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "0x7f000001", "2130706433", "0.0.0.0", "10.0.0.1:6443"),  # noqa: S104 (texts)
        *("172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "[::1]", "[fe80::1%25e]"),
        *("[fd00::1]", "[::ffff:127.0.0.1]", "[::]", "localhost", "LOCALHOST.", "db.localhost"),
        *("kubernetes.default.svc", "k8s", "k8s.internal", "printer.local", "db.localdomain"),
        *("wiki.intranet", "nas.lan", "0177.0.0.1", "0x7f.0.0.0x1"),
    ],
)
def test_private_addresses_are_recognized(host: str) -> None:
    """In every form that a resolver accepts."""
    assert is_private(f"https://{host}/path")


@pytest.mark.parametrize(
    "url",
    [
        *("https://example.com", "https://8.8.8.8", "https://[2606:4700::1111]:6443", ""),
        "https://[::ffff:8.8.8.8]",
        *("https://local.example.com", "https://10.example.com", "https://", "https://[", "no url"),
    ],
)
def test_public_addresses_are_recognized(url: str) -> None:
    """Text that is not a URL is not private."""
    assert not is_private(url)


@pytest.mark.parametrize(
    ("allowed", "url", "private"),
    [
        ("10.0.0.0/8", "https://10.1.2.3", False),
        ("10.1.2.3/8", "https://10.9.9.9", False),
        ("10.0.0.0/8", "https://11.0.0.1", False),
        ("10.0.0.0/8", "https://192.168.0.1", True),
        ("10.0.0.0/8", "https://[::ffff:10.0.0.1]", False),
        ("fd00::/8", "https://10.0.0.1", True),
        ("*.LAN", "https://k8s.lan", False),
        ("k8s", "https://k8s", False),
        ("k8s", "https://k9s", True),
        ("*", "https://127.0.0.1", False),
    ],
)
def test_allowed_hosts_do_not_count(allowed: str, url: str, private: bool) -> None:
    """Networks match addresses, names match names."""
    assert is_private(url, [allowed]) is private


def test_scopes_overlap_exactly_where_a_name_matches_both() -> None:
    """Checked for all short scopes and names."""
    scopes = ["".join(each) for size in range(5) for each in itertools.product("ab*", repeat=size)]
    names = ["".join(each) for size in range(8) for each in itertools.product("ab", repeat=size)]
    matching = {scope: {name for name in names if fnmatchcase(name, scope)} for scope in scopes}
    for one, other in itertools.product(scopes, repeat=2):
        assert scopes_overlap(one, other) is bool(matching[one] & matching[other]), (one, other)


@hypothesis.given(_SCOPES, _SCOPES)
def test_scopes_overlap_where_a_name_matches_both(one: str, other: str) -> None:
    """In either order."""
    assert scopes_overlap(one, other) is scopes_overlap(other, one)
    assert scopes_overlap(one, one)
    for name in (one.replace("*", ""), other.replace("*", "b")):
        if fnmatchcase(name, one) and fnmatchcase(name, other):
            assert scopes_overlap(one, other)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("production", "production", True),
        ("production", "staging", False),
        ("*", "", True),
        ("review/*", "review/fix", True),
        ("review/*", "review", False),
        ("*/eu", "review/*", True),
        ("a*b", "b*a", False),
        ("a*", "*b", True),
        ("a*a", "a", False),
        ("*a*a*", "a", False),
        ("*a*a*", "aba", True),
        ("*" * 200 + "a", "*" * 200 + "b", False),
    ],
)
def test_scopes_overlap_as_expected(one: str, other: str, expected: bool) -> None:
    """Long scopes do not take long."""
    assert scopes_overlap(one, other) is expected


@hypothesis.given(strategies.text(max_size=20))
@hypothesis.example("preprod")
@hypothesis.example("Live")
@hypothesis.example("print")
def test_tiers_are_guessed_as_gitlab_does(name: str) -> None:
    """As in the simulator, which follows GitLab's source code."""
    assert guess(name) == guess_tier(name)


_TIERS = {
    "development": "dev review trunk",
    "testing": "test tst int acpt accept qa qc control quality",
    "staging": "stg stag model modl pre demo non",
    "production": "prd prod live",
    "other": "deploy blue x",
}
_WORDS = [(word, tier) for tier, words in _TIERS.items() for word in words.split()]


@pytest.mark.parametrize(("word", "tier"), _WORDS)
def test_each_word_of_gitlab_decides_the_tier(word: str, tier: str) -> None:
    """Anywhere in the name and in any case, for policies and in the simulator."""
    for name in (word, word.upper(), f"x/{word}-1"):
        assert (guess(name), guess_tier(name)) == (tier, tier)


def test_all_certificates_of_a_text_count() -> None:
    """The first to expire, and the last to become valid."""
    found = facts(certificate(begins=-1, ends=9) + certificate(begins=-3, ends=5))
    assert found is not None
    assert (found.not_after - found.not_before).days in {5, 6}


@pytest.mark.parametrize(("days", "soon"), [(8, False), (10, True), (1e300, True)])
def test_a_certificate_expires_soon_or_later(days: float, soon: bool) -> None:
    """A configuration may set any number of days."""
    assert bool(expires_within(certificate(ends=9), days)) is soon


@pytest.mark.parametrize("serial", [-128, 0, 1])
@pytest.mark.parametrize("kind", ["Ed25519", "RSA-1024"])
def test_a_serial_number_below_1_is_accepted(kind: str, serial: int) -> None:
    """`cryptography` warns about it, which is an error in tests."""
    pem = Key(kind).certificate("old-ca", ends=9, serial=serial)
    assert not_valid(pem) is None
    assert expires_within(pem, 30)
    assert weakness(pem, 2048) == (None if kind == "Ed25519" else _SHORT)


def test_the_hash_is_in_the_signature_algorithm() -> None:
    """In its name."""
    assert weakness(SHA1, 2048) == "is signed with SHA1"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ("3000", "is signed with SHA1"),  # The default.
        ("300da00b300906052b0e03021a0500", "is signed with SHA1"),
        ("3010a00e300c06082a864886f70d02050500", "is signed with MD5"),
        ("300fa00d300b0609608648016503040201", None),
    ],
)
def test_the_hash_may_be_in_the_parameters_of_the_signature(
    parameters: str, said: str | None
) -> None:
    """For RSASSA-PSS, see RFC 4055."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pss")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, _DAY, _DAY)
        .sign(key, hashes.SHA256(), rsa_padding=padding.PSS(padding.MGF1(hashes.SHA256()), 32))
        .public_bytes(Encoding.DER)
    )
    whole, algorithm = int.from_bytes(signed[2:4], "big"), bytes.fromhex("06092a864886f70d01010a")
    at = signed.rindex(algorithm) - 2  # A sequence of less than 128 bytes.
    old = signed[at : at + 2 + signed[at + 1]]
    content = algorithm + bytes.fromhex(parameters)
    new = bytes([0x30, len(content)]) + content
    length = (whole + len(new) - len(old)).to_bytes(2, "big")
    der = signed[:2] + length + signed[4:at] + new + signed[at + len(old) :]
    assert weakness(to_pem("CERTIFICATE", der), 2048) == said


@pytest.mark.parametrize(
    ("token", "kind", "native", "published"),
    [
        ("pulumi-python:dynamic/gitlab:ClusterAgent", "ClusterAgent", False, False),
        ("gitlab-kubernetes:index:ClusterAgent", "ClusterAgent", True, False),
        ("gitlab:index/clusterAgent:ClusterAgent", "ClusterAgent", True, True),
        ("gitlab:index/projectEnvironment:ProjectEnvironment", "ProjectEnvironment", True, True),
    ],
)
def test_a_type_token_identifies_the_kind(
    token: str, kind: str, *, native: bool, published: bool
) -> None:
    """In both adapters of this package and in Pulumi's published package."""
    found = kind_of(token)
    assert found is not None
    assert (found.kind.__name__, found.native, found.published) == (kind, native, published)
    spelled = "clusterAgentId" if native else "cluster_agent_id"
    assert found.spelled("cluster_agent_id") == spelled


@pytest.mark.parametrize(
    "token", ["", "pulumi:pulumi:Stack", "gitlab:index/project:Project", "gitlab:ClusterAgent"]
)
def test_other_type_tokens_are_ignored(token: str) -> None:
    """No rule applies to them."""
    assert kind_of(token) is None

"""Kubeconfigs as tools write them, and wrong ones.

`data` has a kubeconfig of each tool, with made-up tokens and keys.
"""

from __future__ import annotations

import base64
import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pulumi_gitlab_kubernetes.errors import InvalidInputError
from pulumi_gitlab_kubernetes.kubeconfig.reading import KubernetesApi, check_token, read

DATA = Path(__file__).with_name("data")
CA = (DATA / "ca.crt").read_text()
SECRETS = ("made", "0123456789abcdef0123", "dop_v1", "ya29", "eyJ", "MIGHAgEAMBM", "LS0tLS1")
"""Parts of the tokens, passwords and keys in `data`."""

_LOOPBACK = "has a loopback address"
_PRIVATE = "has a private address"

USABLE: dict[str, tuple[str | None, str, str | None, str, list[str]]] = {
    "aks-admin.yaml": (
        None,
        "https://shop-dns-0123.hcp.westeurope.azmk8s.io:443",
        CA,
        "0123456789abcdef0123456789abcdef0123456789abcdef",
        [],
    ),
    "do-token.yaml": (
        None,
        "https://01234567-89ab.k8s.ondigitalocean.com",
        CA,
        "dop_v1_made0up0token",
        ["expires after 7 days"],
    ),
    "gke-token.yaml": (
        None,
        "https://203.0.113.10",  # An address for documentation, which is not on the internet.
        CA,
        "ya29.made-up-and-short-lived",
        [_PRIVATE, "expires after an hour"],
    ),
    "http-server.yaml": (
        None,
        "http://10.0.0.1:8080",
        None,
        "made-up-token",
        [_PRIVATE, "has no TLS"],
    ),
    "no-current-context.yaml": ("x", "https://k8s.example.com", CA, "made-up-token", []),
    "rancher-two-contexts.yaml": (
        None,
        "https://rancher.example.com/k8s/clusters/c-m-0123abcd",
        None,
        "kubeconfig-u-abc:madeup",
        ["expires after 30 days"],
    ),
    "service-account-token.yaml": (
        None,
        "https://k8s.example.com:6443",
        CA,
        "eyJhbGciOiJSUzI1NiJ9.made.up",
        [],
    ),
}
"""The context to use, the URL, the certificates, the token and the warnings of a kubeconfig."""

UNUSABLE = {
    "aks-user-aad.yaml": 'user "clusterUser_rg_shop" gets its token from the command "kubelogin"',
    "basic-auth.yaml": 'user "old" signs in with a user name and a password',
    "civo.yaml": 'user "shop" signs in with a client certificate',
    "do-exec.yaml": 'user "do-fra1-shop" gets its token from the command "doctl"',
    "eks-aws-cli.yaml": 'cluster/shop" gets its token from the command "aws"',
    "eks-iam-authenticator-v1alpha1.yaml": (
        'user "aws" gets its token from the command "aws-iam-authenticator"'
    ),
    "eks-pulumi.json": 'user "aws" gets its token from the command "aws"',
    "gke-legacy-auth-provider.yaml": 'user "gke_acme" signs in with the auth provider "gcp"',
    "gke-plugin.yaml": 'gets its token from the command "gke-gcloud-auth-plugin"',
    "k3s.yaml": 'user "default" signs in with a client certificate',
    "kind.yaml": 'user "kind-shop" signs in with a client certificate',
    "minikube-files.yaml": 'user "minikube" signs in with a client certificate',
}
"""How the user signs in, where GitLab needs another token."""

WARNINGS = {
    "gke-legacy-auth-provider.yaml": [_PRIVATE],
    "gke-plugin.yaml": [_PRIVATE],
    "k3s.yaml": [_LOOPBACK],
    "kind.yaml": [_LOOPBACK],
    "minikube-files.yaml": [_PRIVATE],
}
"""The warnings about the server of those."""


def error_of(kubeconfig: object, context: str | None = None, *, own_token: bool = True) -> str:
    """Return the error about a kubeconfig: one line without secrets."""
    with pytest.raises(InvalidInputError) as raised:
        read(kubeconfig, context, own_token=own_token)
    text = str(raised.value)
    assert "\n" not in text
    assert not [secret for secret in SECRETS if secret in text]
    assert raised.value.__cause__ is None
    return text


def service_account(**cluster: Any) -> dict[str, Any]:
    """Return a kubeconfig that GitLab can use, with changes of its cluster."""
    found: dict[str, Any] = yaml.safe_load((DATA / "service-account-token.yaml").read_text())
    found["clusters"][0]["cluster"] |= cluster
    return found


def with_user(**user: Any) -> dict[str, Any]:
    """Return that kubeconfig with another user."""
    return {**service_account(), "users": [{"name": "gitlab", "user": user}]}


def jwt(**claims: Any) -> str:
    """Return a JWT with claims."""
    parts = ({"alg": "RS256"}, claims)
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join((*(each.decode().rstrip("=") for each in coded), "made-up"))


def warned(found: KubernetesApi) -> list[str]:
    """Return the warnings, which show no secret."""
    assert not [secret for secret in SECRETS for text in found.warnings if secret in text]
    return list(found.warnings)


def test_all_kubeconfigs_are_tested() -> None:
    """Each file is in one of the tables, except one without any content."""
    files = {path.name for path in DATA.iterdir()} - {"ca.crt", "empty.yaml"}
    assert files == {*USABLE, *UNUSABLE}


@pytest.mark.parametrize("name", USABLE)
def test_a_kubeconfig_with_a_token_is_usable(name: str) -> None:
    """Text, content, and a path are the same."""
    context, url, ca_cert, token, warnings = USABLE[name]
    text = (DATA / name).read_text()
    for form in (text, yaml.safe_load(text), json.dumps(yaml.safe_load(text)), DATA / name):
        found = read(form, context)
        assert (found.url, found.ca_cert, found.token) == (url, ca_cert, token)
        for expected, warning in zip(warnings, warned(found), strict=True):
            assert expected in warning
        assert token not in repr(found)


@pytest.mark.parametrize("name", UNUSABLE)
def test_another_kind_of_user_needs_a_token(name: str) -> None:
    """The error names the kind of user, and the way out. With a token, the user does not matter."""
    error = error_of(DATA / name)
    assert error.startswith("kubeconfig user ")
    assert UNUSABLE[name] in error
    assert "which GitLab cannot use: pass token=, the token of a ServiceAccount" in error
    found = read(DATA / name, own_token=False)
    assert found.url.startswith("https://")
    assert found.token is None
    assert found.ca_cert == CA
    for expected, warning in zip(WARNINGS.get(name, []), warned(found), strict=True):
        assert expected in warning


def test_each_context_has_its_cluster() -> None:
    """By name. The current one is the default."""
    file = DATA / "rancher-two-contexts.yaml"
    found = read(file, "shop-fqdn")
    assert (found.url, found.ca_cert) == ("https://10.0.0.4:6443", CA)
    assert read(file) == read(file, "shop") != found
    assert error_of(file, "depot") == (
        'context is wrong, as the kubeconfig has no "depot": set it to one of "shop", "shop-fqdn"'
    )


def test_a_context_is_required() -> None:
    """If none is current, if the current one does not exist, or if there is none at all."""
    assert error_of(DATA / "no-current-context.yaml") == (
        'context is required, as none is current: set it to "x"'
    )
    wrong = {**service_account(), "current-context": {}}
    assert error_of(wrong) == "kubeconfig must have a text as its current-context"
    dangling = {**service_account(), "current-context": "old"}
    assert error_of(dangling) == (
        'context is required, as the kubeconfig has no "old", its current one: set it to "gitlab"'
    )
    for empty in (DATA / "empty.yaml", {}, {"contexts": [], "current-context": "x"}):
        assert error_of(empty) == "kubeconfig must have a context: it has none"


def test_a_context_can_name_what_does_not_exist() -> None:
    """A cluster is required, and the user only for its token."""
    context = {"name": "gitlab", "context": {"cluster": "lost", "user": "nobody"}}
    assert error_of({**service_account(), "contexts": [context]}) == (
        'kubeconfig context "gitlab" has the cluster "lost", which is not in the kubeconfig'
    )
    context["context"] = {"cluster": "gitlab", "user": "nobody"}
    given = {**service_account(), "contexts": [context]}
    assert error_of(given).startswith('kubeconfig user "nobody" has no credentials')
    assert read(given, own_token=False).url == "https://k8s.example.com:6443"


def test_the_first_of_a_name_counts() -> None:
    """As in kubectl."""
    given = service_account()
    second = {"name": "gitlab", "cluster": {"server": "https://second.example.com"}}
    given["clusters"].append(second)
    assert read(given).url == "https://k8s.example.com:6443"


def test_long_lists_of_contexts_are_shortened() -> None:
    """A kubeconfig can have hundreds."""
    given = service_account()
    given["contexts"] = [{"name": f"c{n}", "context": {}} for n in range(500)]
    error = error_of(given, "x" * 500)
    assert error.endswith('"c8", "c9", ...')
    assert len(error) < 400


@pytest.mark.parametrize(
    ("user", "how"),
    [
        ({"exec": {"command": "/opt/made-up-not/bin/tool", "args": ["made-up"]}}, '"tool"'),
        ({"exec": {"env": [{"name": "KEY", "value": "made-up"}]}}, 'the command ""'),
        ({"exec": "made-up"}, 'the command ""'),
        ({"auth-provider": {"name": "oidc", "config": {"id-token": "made-up"}}}, '"oidc"'),
        ({"tokenFile": "/var/run/secrets/made-up"}, "from a file that is renewed (tokenFile)"),
        ({"client-key-data": "made-up"}, "has no credentials"),
        ({"password": "made-up"}, "a user name and a password"),
        ({"token": None}, "has no credentials"),
        ({"token": " "}, "has no credentials"),
    ],
)
def test_users_without_a_token(user: dict[str, Any], how: str) -> None:
    """Of any kind; arguments and environment of a command are not shown."""
    assert how in error_of(with_user(**user)).partition(", which GitLab cannot use")[0]


@pytest.mark.parametrize(
    ("cluster", "warning"),
    [
        ({"insecure-skip-tls-verify": True}, "has insecure-skip-tls-verify"),
        ({"insecure-skip-tls-verify": "yes"}, "has insecure-skip-tls-verify"),
        ({"proxy-url": "http://proxy.example.com"}, "has proxy-url"),
        ({"tls-server-name": "kubernetes"}, "has tls-server-name"),
        ({"certificate-authority-data": CA}, "has PEM as its certificate-authority-data"),
        ({"server": "https://localhost:6443"}, _LOOPBACK),
        ({"server": "https://[::1]:6443"}, _LOOPBACK),
        ({"server": "https://0.0.0.0:6443"}, _LOOPBACK),
        ({"server": "https://192.168.49.2:8443"}, _PRIVATE),
        ({"server": "https://kubernetes.default.svc"}, _PRIVATE),
        ({"server": "http://k8s.example.com"}, "has no TLS"),
    ],
)
def test_what_gitlab_does_otherwise_is_a_warning(cluster: dict[str, Any], warning: str) -> None:
    """The cluster is registered all the same."""
    found = read(service_account(**cluster))
    (only,) = warned(found)
    assert only.startswith(f'kubeconfig cluster "gitlab" {warning}')
    assert found.ca_cert
    assert found.ca_cert.strip() == CA.strip()


@pytest.mark.parametrize(
    ("cluster", "reason"),
    [
        ({"server": None}, "has no server that GitLab can use"),
        ({"server": "k8s.example.com"}, "has no server that GitLab can use"),
        ({"server": "unix:///run/k8s"}, "has no server that GitLab can use"),
        ({"server": ["made-up"]}, "must have a text as its server"),
        ({"server": "https://me:made-up@k8s.example.com"}, "has a user or a password in its"),
        ({"server": "https://kas.gitlab.com/k8s-proxy/"}, "is reached through an agent of GitLab"),
        ({"certificate-authority-data": "made-up"}, "it must be PEM in base64"),
        ({"certificate-authority-data": "bWFkZS11cA=="}, "it must be a certificate in PEM"),
        ({"certificate-authority-data": 7}, "must have a text as its certificate-authority-data"),
    ],
)
def test_what_gitlab_cannot_use_is_an_error(cluster: dict[str, Any], reason: str) -> None:
    """Also with another token."""
    for own_token in (True, False):
        error = error_of(service_account(**cluster), own_token=own_token)
        assert error.startswith('kubeconfig cluster "gitlab" ')
        assert reason in error


def test_a_cluster_without_certificates_has_a_public_one() -> None:
    """As GKE's DNS endpoint and many Ranchers."""
    assert read(service_account(**{"certificate-authority-data": None})).ca_cert is None


def test_certificates_can_be_in_a_file(tmp_path: Path) -> None:
    """With an absolute path, or next to the kubeconfig. Data comes first, as in kubectl."""
    own = {"certificate-authority-data": None}
    absolute = service_account(**own, **{"certificate-authority": str(DATA / "ca.crt")})
    assert read(absolute).ca_cert == CA
    relative = yaml.safe_dump(service_account(**own, **{"certificate-authority": "ca.crt"}))
    assert "pass the kubeconfig's path as pathlib.Path" in error_of(relative)
    file = tmp_path / "config"
    file.write_text(relative)
    assert "that cannot be read: No such file or directory" in error_of(file)
    (tmp_path / "ca.crt").write_bytes(b"\xff")
    assert "has a wrong certificate-authority: it must be in PEM" in error_of(file)
    (tmp_path / "ca.crt").write_text(CA)
    assert read(file).ca_cert == CA
    assert read(service_account(**{"certificate-authority": "/missing"})).ca_cert == CA


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Its path is shown, and its content is not."""
    missing = tmp_path / "config"
    assert error_of(missing) == f"kubeconfig cannot be read: {missing}: No such file or directory"
    missing.write_bytes(b"\xff\xfe made-up")
    assert error_of(missing) == f"kubeconfig must be a text file: {missing} is not UTF-8"
    assert "cannot be read" in error_of(Path("/no\0file"))


def test_a_certificate_file_without_an_end() -> None:
    """No more of it is read than a kubeconfig can have."""
    for path, error in (
        ("/dev/zero", "has a wrong certificate-authority"),
        ("/no\0file", "has a certificate-authority that cannot be read: No such file"),
    ):
        document = service_account()
        document["clusters"][0]["cluster"] = {
            "server": "https://k8s.example.com",
            "certificate-authority": path,
        }
        assert error in error_of(document)


@pytest.mark.parametrize(
    ("start", "warning"),
    [
        ("k8s-aws-v1.made-up", "expires after 15 minutes"),
        (jwt(exp=1_800_000_000), "expires at 2027-01-15 08:00 UTC"),
        (jwt(exp="made-up"), None),
        (jwt(sub="system:serviceaccount:default:gitlab"), None),
        ("a.b.c", None),
    ],
)
def test_a_token_that_expires_is_a_warning(start: str, warning: str | None) -> None:
    """In the kubeconfig, and as an argument."""
    for found in (warned(read(with_user(token=start))), list(check_token(start))):
        assert [warning in text for text in found if warning] == ([True] if warning else [])
        assert bool(found) == bool(warning)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (base64.b64encode(jwt(sub="x").encode()).decode(), "is in base64"),
        ("pat:7:glpat-made-up", "is a token of GitLab"),
        ("glagent-made-up", "is a token of GitLab"),
        *((f"made{each}up", "contains a space, a line break or a char") for each in " \n\0ö"),
    ],
)
def test_a_text_that_is_no_token_of_kubernetes(token: str, reason: str) -> None:
    """Such as the `data` of a Secret, or GitLab's own token."""
    assert f'user "gitlab" has a token that {reason}' in error_of(with_user(token=token))
    with pytest.raises(InvalidInputError, match=f"^token {reason}"):
        check_token(token)
    with pytest.raises(InvalidInputError, match=r"^token must be the token of a ServiceAccount"):
        check_token(" ")


def test_impersonation_is_a_warning() -> None:
    """GitLab only sends the token."""
    (warning,) = warned(read(with_user(token="made-up", **{"as": "admin"})))
    assert warning.startswith('kubeconfig user "gitlab" impersonates another user')


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "must not be empty"),
        ("# made-up", "must not be empty"),
        ("null", "must not be empty"),
        ("~/.kube/config", "must be the content of a kubeconfig: pass pathlib.Path(...)"),
        ("- made-up", "must be the text or the content of a kubeconfig"),
        ("[made-up", "must be YAML or JSON: line 1 is wrong"),
        ("a: made-up\nb: made: up", "must be YAML or JSON: line 2 is wrong"),
        ("a: *made-up", "must be YAML or JSON: line 1 is wrong"),
        ("a: \0made-up", "must be YAML or JSON"),
        ("{a: 1}\n---\n{b: 2}", "must be one YAML document: it has more than one"),
        ("? {a: b}\n: made-up", "must be YAML or JSON: line 1 is wrong"),
        ("&a [*a]", "must be YAML or JSON: line 1 is wrong"),
        ("[" * 100_000, "must be YAML or JSON"),
        ('{"a":' * 100_000, "must be YAML or JSON"),
        ("x" * ((1 << 20) + 1), "must be the kubeconfig of one cluster"),
        (base64.b64encode(b"clusters: []").decode(), "must not be in base64"),
    ],
)
def test_texts_that_are_no_kubeconfig(text: str, reason: str) -> None:
    """The error says what is expected, and shows nothing of the text."""
    assert error_of(text).startswith(f"kubeconfig {reason}")


@pytest.mark.parametrize("value", [b"made-up", 7, None, ["made-up"], object()])
def test_values_that_are_no_kubeconfig(value: object) -> None:
    """Only text, content and a path are possible."""
    assert error_of(value).startswith("kubeconfig must ")


def test_two_kubeconfigs_are_not_one() -> None:
    """In one text."""
    text = (DATA / "service-account-token.yaml").read_text()
    assert error_of(f"{text}---\n{text}") == (
        "kubeconfig must be one YAML document: it has more than one"
    )


@pytest.mark.parametrize("text", ["{}\n---\n", "---\n---\n{}", "{}\n---\n# End.\n...\n"])
def test_empty_documents_do_not_count(text: str) -> None:
    """Some tools end a file with `---`."""
    one = (DATA / "service-account-token.yaml").read_text()
    assert read(text.replace("{}", one)) == read(one)


def test_scalars_are_text_as_in_kubernetes() -> None:
    """Also those that YAML reads as numbers or booleans."""
    text = (DATA / "service-account-token.yaml").read_text()
    text = text.replace("eyJhbGciOiJSUzI1NiJ9.made.up", "0123").replace(" gitlab\n", " on\n")
    assert read(text).token == "0123"


def test_aliases_are_read_and_do_not_explode() -> None:
    """A bomb of aliases or merge keys is not expanded."""
    text = (DATA / "service-account-token.yaml").read_text()
    lists = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    merges = "\n".join(
        f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}" for n in range(1, 30)
    )
    assert read(f"a0: &a0 [x]\n{lists}\nm0: &m0 {{x: y}}\n{merges}\n{text}") == read(text)
    shared = service_account()
    shared["more"] = shared["users"]
    assert "*id001" in yaml.safe_dump(shared)
    assert read(yaml.safe_dump(shared)) == read(text)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=4,
)
_PATHS = [
    ("contexts",),
    ("clusters",),
    ("users",),
    ("current-context",),
    ("contexts", 0),
    ("contexts", 0, "name"),
    ("contexts", 0, "context"),
    ("contexts", 0, "context", "cluster"),
    ("contexts", 0, "context", "user"),
    ("clusters", 0, "cluster"),
    ("clusters", 0, "cluster", "server"),
    ("clusters", 0, "cluster", "certificate-authority-data"),
    ("clusters", 0, "cluster", "certificate-authority"),
    ("users", 0, "user"),
    ("users", 0, "user", "token"),
    ("users", 0, "user", "exec"),
]


@given(path=st.sampled_from(_PATHS), junk=_JUNK, own_token=st.booleans())
def test_any_content_is_read_or_refused(
    path: tuple[Any, ...], junk: Any, *, own_token: bool
) -> None:
    """Nothing else is raised, and no secret is shown."""
    changed = copy.deepcopy(service_account())
    *parents, last = path
    target: Any = changed
    for key in parents:
        target = target[key]
    target[last] = junk
    try:
        found = read(changed, own_token=own_token)
    except InvalidInputError:
        assert error_of(changed, own_token=own_token)
    else:
        assert found.url.startswith("http")
        assert isinstance(found.token, str) is own_token

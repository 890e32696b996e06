"""What a release has, and the pipeline that publishes it, without publishing anything."""

from __future__ import annotations

import email.parser
import email.policy
import json
import os
import shutil
import subprocess
import sys
import tarfile
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from packaging.requirements import Requirement
from tests.support.certificates import make_pair
from tests.support.proxy import Proxy
from tests.support.web import Request, Response, Server, server_side
from tools import release
from twine.utils import DEFAULT_REPOSITORY

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
VERSION = version("pulumi-gitlab-kubernetes")
_METADATA = f"Metadata-Version: 2.4\nName: pulumi-gitlab-kubernetes\nVersion: {VERSION}\n"
PLUGIN = f"pulumi-resource-gitlab-kubernetes-v{VERSION}"
FILES = {"sbom.cdx.json", *(f"{PLUGIN}-{each}.tar.gz" for each in release.PLATFORMS)}


@pytest.fixture(scope="module")
def made(wheel: Path, index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What comes from the environment of the wheel, installed without a package index."""
    folder = tmp_path_factory.mktemp("release")
    offline = ("--no-index", "--find-links", str(index))
    with release.installed(wheel, sys.executable, *offline) as environment:
        release.sbom(environment, folder / "sbom.cdx.json")
        release.plugin_archives(environment, VERSION, folder)
    return folder


def test_a_release_has_these_files(made: Path) -> None:
    """The bill of materials, and an archive for each platform."""
    assert {path.name for path in made.iterdir()} == FILES


def test_the_bill_of_materials_has_all_that_is_installed(made: Path) -> None:
    """With the versions; the package itself is its subject."""
    found = json.loads((made / "sbom.cdx.json").read_text())
    assert found["bomFormat"] == "CycloneDX"
    subject = found["metadata"]["component"]
    assert (subject["name"], subject["version"]) == ("pulumi-gitlab-kubernetes", VERSION)
    components = {each["name"].lower(): each["version"] for each in found["components"]}
    for line in subprocess.run(
        [sys.executable, "-m", "pip", "show", "pulumi-gitlab-kubernetes"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines():
        if line.startswith("Requires: "):
            for name in line.removeprefix("Requires: ").lower().split(", "):
                assert components[name] == version(name)
    assert "pytest" not in components


def test_the_plugin_archive_is_installed_by_the_cli(made: Path, wheel: Path) -> None:
    """It has the wheel; all platforms have the same files."""
    contents = []
    for platform in release.PLATFORMS:
        with tarfile.open(made / f"{PLUGIN}-{platform}.tar.gz") as archive:
            members = archive.getmembers()
            assert {(each.uid, each.uname) for each in members} == {(0, "")}
            contents.append({each.name: _content(archive, each) for each in members})
    content = contents[0]
    assert contents == [content] * len(release.PLATFORMS)
    assert set(content) == {"PulumiPlugin.yaml", "__main__.py", "requirements.txt", wheel.name}
    (requirement,) = content["requirements.txt"].decode().splitlines()[1:]
    assert requirement == f"./{wheel.name}[native]"


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file
    return file.read()


def test_the_pipeline_is_valid() -> None:
    """By GitLab's JSON schema."""
    validator = jsonschema.Draft7Validator(get_builtin_schema("vendor.gitlab-ci"))
    assert [error.message for error in validator.iter_errors(PIPELINE)] == []


def test_only_tags_are_published() -> None:
    """Once, from the files of one job; a tag of another form has no pipeline."""
    publishing = {"build", "pypi", "packages", "release"}
    for name in publishing:
        assert PIPELINE[name]["extends"] == ".on-tags"
    assert PIPELINE[".on-tags"]["rules"] == [{"if": "$CI_COMMIT_TAG"}]
    for name in publishing - {"build"}:
        assert "build" in PIPELINE[name]["needs"]
    assert r"$CI_COMMIT_TAG =~ /^v\d+\.\d+\.\d+$/" in [
        rule["if"] for rule in PIPELINE["workflow"]["rules"]
    ]
    assert [name for name, job in PIPELINE.items() if "id_tokens" in job] == ["pypi"]


def test_the_release_links_to_what_is_uploaded() -> None:
    """With the notes that `make release` writes."""
    found = PIPELINE["release"]["release"]
    assert found["description"] == "dist/release/notes.md"
    assert found["tag_name"] == "$CI_COMMIT_TAG"
    (link,) = found["assets"]["links"]
    assert link["url"] == "$PACKAGES/$CI_COMMIT_TAG/sbom.cdx.json"


@dataclass
class Upload:
    """A file that a server received."""

    path: str
    authorization: str
    fields: dict[str, str]
    content: bytes


class Index(Server):
    """A package index with trusted publishing, and GitLab's generic packages.

    https://docs.pypi.org/trusted-publishers/internals/ describes the exchange of tokens.
    """

    def __init__(self, tls: Any = None) -> None:
        super().__init__(tls=tls)
        self.exchanged: list[Any] = []
        self.uploads: list[Upload] = []

    def handle(self, request: Request) -> None:
        """Respond as the package index does, or store a package."""
        if request.path == "/_/oidc/audience":
            self._send(request, {"audience": "pypi"})
        elif request.path == "/_/oidc/mint-token":
            self.exchanged.append(json.loads(request.body))
            self._send(request, {"success": True, "token": "pypi-minted", "expires": 2**31})
        else:
            self.uploads.append(_upload(request))
            self._send(request, {})

    def _send(self, request: Request, body: Any) -> None:
        content = json.dumps(body).encode()
        request.respond(Response(200, content, {"Content-Type": "application/json"}))


def _upload(request: Request) -> Upload:
    type_ = request.headers.get("Content-Type", "")
    headers = request.headers
    authorization = headers.get("Authorization") or headers.get("JOB-TOKEN") or ""
    if not type_.startswith("multipart/"):
        return Upload(request.path, authorization, {}, request.body)
    head = f"Content-Type: {type_}\r\n\r\n".encode()
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    fields, content = {}, b""
    for part in parser.parsebytes(head + request.body).iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload: Any = part.get_payload(decode=True)
        if name == "content":
            content = payload
        else:
            fields[str(name)] = payload.decode()
    return Upload(request.path, authorization, fields, content)


@pytest.fixture
def checkout(tmp_path: Path, wheel: Path) -> Path:
    """The checkout of a publishing job, with files of the names that the job `build` writes."""
    dist = tmp_path / "dist"
    (dist / "release").mkdir(parents=True)
    shutil.copy(wheel, dist)
    name = f"pulumi_gitlab_kubernetes-{VERSION}"
    with tarfile.open(dist / f"{name}.tar.gz", "w:gz") as archive:
        for file in ("pyproject.toml", "PKG-INFO"):
            path = tmp_path / file
            path.write_text(_METADATA)
            archive.add(path, f"{name}/{file}")
            path.unlink()
    for file in {*FILES, "notes.md"}:
        (dist / "release" / file).write_text(file)
    return tmp_path


def _run(name: str, folder: Path, **environ: str) -> str:
    script = "\n".join(PIPELINE[name]["script"])
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def _id_token(claims: dict[str, str]) -> str:
    """Return an unsigned ID token, whose audience Twine compares with the index's."""
    payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{payload}.signature"


class ToIndex(Proxy):
    """A proxy that connects its clients to the index, whatever host they name."""

    def __init__(self, index: Index) -> None:
        super().__init__()
        self._index = index

    def handle(self, request: Request) -> None:
        """Connect to the index."""
        self.named = request.path
        request.path = self._index.url.removeprefix("https://")
        super().handle(request)


def test_both_distributions_are_published_without_a_stored_token(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Twine exchanges the job's ID token for an upload token, and uploads nothing else."""
    ((variable, claims),) = PIPELINE["pypi"]["id_tokens"].items()
    token = _id_token(claims)
    host = str(urlsplit(DEFAULT_REPOSITORY).hostname)
    pair, folder = make_pair(host), tmp_path_factory.mktemp("tls")
    (folder / "ca.pem").write_text(pair.certificate)
    with Index(server_side(pair, folder)) as index, ToIndex(index) as proxy:
        _run(
            "pypi",
            checkout,
            **{variable: token},
            GITLAB_CI="true",
            HTTPS_PROXY=proxy.url,
            REQUESTS_CA_BUNDLE=str(folder / "ca.pem"),
        )
    assert proxy.named == f"{host}:443"
    assert index.exchanged == [{"token": token}]
    assert {each.fields["filetype"] for each in index.uploads} == {"bdist_wheel", "sdist"}
    minted = b64encode(b"__token__:pypi-minted").decode()
    for each in index.uploads:
        assert each.path == urlsplit(DEFAULT_REPOSITORY).path
        assert each.fields["name"] == "pulumi-gitlab-kubernetes"
        assert each.fields["version"] == VERSION
        assert each.authorization == f"Basic {minted}"


def test_packages_are_uploaded_under_their_names(checkout: Path, wheel: Path) -> None:
    """With the job token; the Pulumi CLI asks for the plugin under that name."""
    with Index() as gitlab:
        environ = {
            "CI_API_V4_URL": f"{gitlab.url}/api/v4",
            "CI_PROJECT_ID": "42",
            "CI_COMMIT_TAG": f"v{VERSION}",
            "CI_JOB_TOKEN": "the-job-token",
        }
        packages = Template(PIPELINE["variables"]["PACKAGES"]).substitute(environ)
        _run("packages", checkout, PACKAGES=packages, **environ)
    base = f"/api/v4/projects/42/packages/generic/pulumi-gitlab-kubernetes/v{VERSION}"
    uploaded = {each.path: each for each in gitlab.uploads}
    names = {wheel.name, f"pulumi_gitlab_kubernetes-{VERSION}.tar.gz", *FILES, "notes.md"}
    assert set(uploaded) == {f"{base}/{name}" for name in names}
    assert {each.authorization for each in gitlab.uploads} == {"the-job-token"}
    assert uploaded[f"{base}/{wheel.name}"].content == wheel.read_bytes()


def test_the_tools_of_the_pipeline_are_those_of_the_tests() -> None:
    """The job `pypi` installs a version of twine that the tests accept."""
    (line,) = PIPELINE["pypi"]["before_script"]
    requirement = Requirement(line.rpartition(" ")[2].strip("'"))
    assert requirement.name == "twine"
    assert requirement.specifier.contains(version("twine"))

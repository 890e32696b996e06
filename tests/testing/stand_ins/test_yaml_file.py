"""YAML files with answers: what they may contain, and what is wrong with others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins.answers import Answer
from pulumi_gitlab_kubernetes.testing.stand_ins.answers_file import load

_TOKEN = "resources: {cloud:index:Bucket: %s}"


def _file(folder: Path, text: str) -> Path:
    file = folder / "answers.yaml"
    file.write_text(text)
    return file


def test_an_answer_for_a_name_goes_before_that_for_its_type(tmp_path: Path) -> None:
    """A type without an answer has an empty one."""
    answers = load(
        _file(
            tmp_path,
            """
            resources:
              cloud:s3/bucket:Bucket: {id: any, outputs: {arn: "1"}}
              cloud:s3/bucket:Bucket::logs: {id: logs, seconds: 0.5, error: no}
            functions:
              other:index:getZones: {outputs: {zones: [a, b]}, secrets: [zones]}
            """,
        )
    )
    assert answers.packages == {"cloud", "other"}
    assert answers.resource("cloud:s3/bucket:Bucket", "x", {}) == Answer("any", {"arn": "1"})
    logs = answers.resource("cloud:s3/bucket:Bucket", "logs", {})
    assert logs == Answer("logs", seconds=0.5, error="no")
    assert answers.resource("cloud:s3/bucket:Other", "x", {}) == Answer()
    assert answers.existing("cloud:s3/bucket:Other", "x", {}, "id") is None
    zones = Answer(outputs={"zones": ["a", "b"]}, secrets=frozenset({"zones"}))
    assert answers.function("other:index:getZones", {}, "") == zones
    assert answers.function("other:index:getOther", {}, "") is None


_AT = ": resources: cloud:index:Bucket"
_NO_TOKEN = "is not a token: write it as in the state, such as"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "resource: {}",
            ": the top level has no 'resource': it can have packages, resources, functions",
        ),
        ("packages: cloud", ": packages must be a list of names"),
        ("resources: []", ": 'resources' is not a mapping"),
        (
            "resources: {cloud:Bucket: {}}",
            f": resources: cloud:Bucket {_NO_TOKEN} eks:index:Cluster or eks:index:Cluster::<name>",
        ),
        (
            "functions: {'cloud:index:getZones::x': {}}",
            f": functions: cloud:index:getZones::x {_NO_TOKEN} aws:index/getRegion:getRegion",
        ),
        (_TOKEN % "1", f"{_AT} must be a mapping"),
        (
            _TOKEN % "{output: {}}",
            f"{_AT} has no 'output': it can have id, replace_on, outputs, secrets, seconds, error",
        ),
        (
            _TOKEN % "{outputs: {bucket_name: x}}",
            f"{_AT} bucket_name is a name in Python: write bucketName, as the plugin does",
        ),
        (
            _TOKEN % "{outputs: {auth: [{ca_cert: x}]}}",
            f"{_AT} ca_cert is a name in Python: write caCert, as the plugin does",
        ),
        (
            _TOKEN % "{secrets: [the_key]}",
            f"{_AT}: secrets the_key is a name in Python: write theKey, as the plugin does",
        ),
        (
            _TOKEN % "{replace_on: [the_key]}",
            f"{_AT}: replace_on the_key is a name in Python: write theKey, as the plugin does",
        ),
        (
            _TOKEN % "{outputs: {made: 2026-01-01}}",
            f"{_AT}: made is not text: put it in quotes",
        ),
        (_TOKEN % "{id: 1}", f"{_AT}: id must be text"),
        (_TOKEN % "{seconds: -1}", f"{_AT}: seconds must be a number of seconds"),
        (_TOKEN % "{seconds: .inf}", f"{_AT}: seconds must be a number of seconds"),
        (_TOKEN % "{outputs: &all {x: *all}}", f"{_AT}: outputs contain themselves"),
        ("resources: {", ":1: "),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    """It names the file, the place in it, and what to write."""
    file = _file(tmp_path, text)
    with pytest.raises(HostError) as error:
        load(file)
    assert str(error.value).startswith(f"{file}{message}")
    assert "\n" not in str(error.value)


def test_names_that_are_no_properties_of_python_are_accepted(tmp_path: Path) -> None:
    """Such as those in a kubeconfig."""
    outputs = "{kubeconfig: {current-context: x, apiVersion: v1, AWS_PROFILE: y}, empty: {}}"
    answers = load(_file(tmp_path, _TOKEN % f"{{outputs: {outputs}}}"))
    found = answers.resource("cloud:index:Bucket", "x", {}).outputs["kubeconfig"]
    assert found["current-context"] == "x"


def test_other_files_are_refused(tmp_path: Path) -> None:
    """Those that are not there, and those of another kind."""
    with pytest.raises(HostError, match=r"there is no file .*answers\.yaml"):
        load(tmp_path / "answers.yaml")
    (tmp_path / "answers.json").touch()
    with pytest.raises(HostError, match=r"answers\.json is neither a \.yaml nor a \.py file"):
        load(tmp_path / "answers.json")

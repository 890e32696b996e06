"""Python files with answers: a class of `pulumi.runtime.Mocks`, as unit tests use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulumi_gitlab_kubernetes.testing.host.errors import HostError
from pulumi_gitlab_kubernetes.testing.stand_ins.answers import Answer
from pulumi_gitlab_kubernetes.testing.stand_ins.answers_file import load

_MOCKS = """\
import pulumi

class Cloud(pulumi.runtime.Mocks):
    packages = ("cloud",)

    def new_resource(self, args):
        if args.name == "wrong":
            return None, {"x": args.inputs["missing"]}
        return f"{args.name}-{args.resource_id or 'new'}", {**args.inputs, "arn": args.typ}

    def call(self, args):
        if args.token.endswith("getFailing"):
            return {}, [("zone", "is unknown")]
        return {"zones": [args.args["region"]]} if args.token.endswith("getZones") else {}
"""


def _file(folder: Path, text: str = _MOCKS) -> Path:
    file = folder / "answers.py"
    file.write_text(text)
    return file


def test_the_class_answers(tmp_path: Path) -> None:
    """Inputs that come back unchanged are no outputs of the answer."""
    answers = load(_file(tmp_path))
    assert answers.packages == {"cloud"}
    assert answers.planned("cloud:index:Bucket", "logs") is None
    made = answers.resource("cloud:index:Bucket", "logs", {"size": 1})
    assert made == Answer("logs-new", {"arn": "cloud:index:Bucket"})
    found = answers.existing("cloud:index:Bucket", "logs", {}, "7")
    assert found is not None
    assert found.id == "logs-7"
    zones = answers.function("cloud:index:getZones", {"region": "here"}, "")
    assert zones == Answer(outputs={"zones": ["here"]})
    assert answers.function("cloud:index:getOther", {}, "") is None
    failing = answers.function("cloud:index:getFailing", {}, "")
    assert failing == Answer(error="zone: is unknown")


def test_the_classs_error_has_its_line(tmp_path: Path) -> None:
    """And the resource."""
    file = _file(tmp_path)
    with pytest.raises(HostError) as error:
        load(file).resource("cloud:index:Bucket", "wrong", {})
    assert str(error.value) == (
        f"{file}: new_resource for cloud:index:Bucket wrong failed: line 8: KeyError: 'missing'"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import pulumi", " has 0 classes of pulumi.runtime.Mocks: it must have one"),
        (
            _MOCKS.replace("packages", "package"),
            ": Cloud must have the attribute packages, such as ('tls',)",
        ),
        (
            _MOCKS + "    def __init__(self): raise ValueError('no')\n",
            ": the constructor failed: line 15: ValueError: no",
        ),
        ("import pulumi\n1 / 0\n", ": the import failed: line 2: ZeroDivisionError: division by"),
        ("raise ValueError('a\\nb')", ": the import failed: line 1: ValueError: a b"),
        ("import sys\nsys.exit(3)", ": the import failed: line 2: SystemExit: 3"),
        ("import missing\n", ": the import failed: line 1: ModuleNotFoundError: No module named"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    """It names the file, and the line."""
    file = _file(tmp_path, text)
    with pytest.raises(HostError) as error:
        load(file)
    assert str(error.value).startswith(f"{file}{message}")


@pytest.mark.parametrize("replaced", ['"arn"', '"zones"'])
def test_names_of_python_are_refused(replaced: str, tmp_path: Path) -> None:
    """Of a resource and of a function: the engine knows those of the plugin."""
    answers = load(_file(tmp_path, _MOCKS.replace(f"{replaced}:", '"the_name":')))

    def ask() -> None:
        answers.resource("cloud:index:Bucket", "logs", {"size": 1})
        answers.function("cloud:index:getZones", {"region": "here"}, "")

    with pytest.raises(HostError, match="the_name is a name in Python: write theName, as the pl"):
        ask()


def test_modules_beside_it_can_be_imported(tmp_path: Path) -> None:
    """As in a test."""
    (tmp_path / "beside_the_answers.py").write_text("PACKAGES = ('cloud', 'other')\n")
    text = "from beside_the_answers import PACKAGES\n" + _MOCKS.replace('("cloud",)', "PACKAGES")
    assert load(_file(tmp_path, text)).packages == {"cloud", "other"}

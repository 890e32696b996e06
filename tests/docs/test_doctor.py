"""The report in the guide to `gitlab-kubernetes doctor`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.doctor.findings import Finding, Status, as_json
from pulumi_gitlab_kubernetes.registry import MODULES
from pulumi_gitlab_kubernetes.testing import Simulator

_PAGE = (Path(__file__).parents[2] / "docs" / "guides" / "doctor.md").read_text()
_CHANGING = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r"on \d{4}-\d\d-\d\d"), "on DAY"),
)


def _fixed(text: str) -> str:
    for pattern, fixed in _CHANGING:
        text = pattern.sub(fixed, text)
    return text


def test_the_report_is_that_of_the_page(
    gitlab_simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Except for the port and dates."""
    shown = re.search(r"<!-- report -->\n```console\n\$ (.*?)\n(.*?)```", _PAGE, re.DOTALL)
    assert shown
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_GITLAB_BASE_URL", gitlab_simulator.url)
    monkeypatch.setenv("PULUMI_GITLAB_TOKEN", gitlab_simulator.token)
    gitlab_simulator.api("POST", "projects/acme%2Fshop/cluster_agents", name="production")
    assert cli.main(shown[1].split()[1:]) == 0
    assert _fixed(capsys.readouterr().out) == _fixed(shown[2])


def test_the_table_has_all_checks(package_checks: set[str]) -> None:
    """Those of resources are one row."""
    rows = re.findall(r"^\| (`[^|]*) \|", _PAGE, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    assert named == (package_checks - {*MODULES} - {"projects", "GitLab"}) | {"ClusterAgent"}


@pytest.fixture
def package_checks() -> set[str]:
    """The names of all checks in the source."""
    folder = Path(cli.__file__).parent / "doctor"
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    names = re.findall(r'(?:Finding\(\s*Status\.\w+,\s*|(?:check_)?name = )"([^"]+)"', source)
    return {*names, *MODULES}


def test_the_json_has_the_form_of_the_page() -> None:
    """With the same keys."""
    shown = re.search(r"```json\n(.*?)```", _PAGE, re.DOTALL)
    assert shown
    example = json.loads(shown[1])
    finding = Finding(
        Status(example["status"]), example["check"], example["finding"], example["advice"]
    )
    assert json.loads(as_json([finding]))["checks"] == [example]

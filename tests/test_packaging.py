"""What is in the wheel."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_holds_the_package_alone(tmp_path: Path) -> None:
    """The wheel has every module and `py.typed`, and neither tests nor examples."""
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", str(ROOT), "--wheel-dir", str(tmp_path)),
            *("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check"),
        ],
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = ROOT / "provider"

    assert names == {
        str(file.relative_to(source))
        for file in source.rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    assert "pulumi_gitlab_kubernetes/py.typed" in names

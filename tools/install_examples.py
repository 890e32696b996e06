"""Create a virtual environment for each example, with its requirements, in `.venv/examples`.

An environment also sees all packages of `.venv`. Run with `--all` to install those examples, too,
whose packages take more than a hundred megabytes.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = ROOT / ".venv/examples"
OWN = "pulumi-gitlab-kubernetes"
LARGE = ("pulumi-aws", "pulumi-azure-native", "pulumi-gcp")


def main() -> None:
    """Create what is missing or out of date."""
    left = []
    for file in sorted(ROOT.glob("examples/*/requirements.txt")):
        requirements = requirements_of(file)
        if "--all" not in sys.argv and any(each.startswith(LARGE) for each in requirements):
            left.append(file.parent.name)
        elif requirements:
            create(ENVIRONMENTS / file.parent.name, requirements)
    if left:
        print(f"Left out large examples: {', '.join(left)}. Install them with `make examples-all`.")


def requirements_of(file: Path) -> list[str]:
    """Return the requirements of an example, besides this package."""
    lines = (line.partition("#")[0].strip() for line in file.read_text().splitlines())
    return [line for line in lines if line and not line.startswith(OWN)]


def create(environment: Path, requirements: list[str]) -> None:
    """Create an environment, unless it has these requirements."""
    done, wanted = environment / "requirements.txt", "\n".join(requirements)
    if done.exists() and done.read_text() == wanted:
        return
    print(
        f"Installing {', '.join(requirements)} into {environment.relative_to(ROOT)} ...", flush=True
    )
    venv.create(environment, clear=True, symlinks=True)
    python = environment / "bin/python"
    paths = {"base": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "posix_prefix", paths))
    shared = sysconfig.get_path("purelib")
    (packages / "shared.pth").write_text(f"import site; site.addsitedir({shared!r})\n")
    options = ("--quiet", "--disable-pip-version-check", "--no-compile")
    subprocess.run([python, "-m", "pip", "install", *options, *requirements], check=True)
    done.write_text(wanted)


if __name__ == "__main__":
    main()

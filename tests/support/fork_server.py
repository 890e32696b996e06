"""The fork server of all tests in a process. It ends with the process."""

from importlib.util import find_spec
from pkgutil import iter_modules

from pulumi_gitlab_kubernetes.testing.host.fork_server import PRELOADED, ForkServer

_PACKAGE = "pulumi_gitlab_kubernetes"
_PARTS = ("dynamic", "kinds", "lookups", "native", "native.resources", "resources")
"""What programs, the dynamic provider and the plugin start with; these import the rest."""


def _modules(part: str) -> list[str]:
    spec = find_spec(f"{_PACKAGE}.{part}")
    assert spec
    found = iter_modules(spec.submodule_search_locations, f"{spec.name}.")
    return [each.name for each in found if not each.name.endswith("__main__")]


FORK_SERVER = ForkServer((*PRELOADED, *(name for part in _PARTS for name in _modules(part))))

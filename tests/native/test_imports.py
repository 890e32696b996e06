"""What `pulumi_gitlab_kubernetes.native` imports: the plugin has the kinds, a program has not."""

from __future__ import annotations

from tests.meta.test_imports import modules

from pulumi_gitlab_kubernetes import native

_PACKAGE = "pulumi_gitlab_kubernetes"
_CHECKING = {"GitLabAgent", "connection_from_kubeconfig"}
"""What checks values in the program, with the modules of the kinds."""


def test_the_names_need_no_pulumi() -> None:
    """A class is imported when it is first used."""
    assert not {"pulumi", "grpc", "gitlab"} & modules(f"import {_PACKAGE}.native")


def test_the_classes_need_neither_kinds_nor_gitlab() -> None:
    """Only Pulumi's SDK, and a few modules of this package."""
    names = ", ".join(name for name in native.__all__ if name not in _CHECKING)
    found = modules(f"from {_PACKAGE}.native import {names}") - modules("import pulumi")
    assert not {"gitlab", "requests", "urllib3", "cryptography"} & found
    ours = {name.split(".")[1] for name in found if name.startswith(f"{_PACKAGE}.")}
    assert ours == {
        *{"components", "core", "errors", "hidden_modules", "lookups", "native", "redaction"},
        "resources",
    }
    assert {name for name in found if name.startswith(f"{_PACKAGE}.core.")} == {
        f"{_PACKAGE}.core.spelling"
    }

"""What `pulumi_gitlab_kubernetes.native` imports: the plugin has the kinds, a program has not."""

from __future__ import annotations

from tests.meta.test_imports import modules

_PACKAGE = "pulumi_gitlab_kubernetes"


def test_the_names_need_no_pulumi() -> None:
    """A class is imported when it is first used."""
    assert not {"pulumi", "grpc", "gitlab"} & modules(f"import {_PACKAGE}.native")


def test_the_classes_need_neither_kinds_nor_gitlab() -> None:
    """Only Pulumi's SDK, and a few modules of this package."""
    found = modules(f"from {_PACKAGE}.native import *") - modules("import pulumi")
    assert not {"gitlab", "requests", "urllib3", "cryptography"} & found
    ours = {name.split(".")[1] for name in found if name.startswith(f"{_PACKAGE}.")}
    assert ours == {
        *{"core", "errors", "hidden_modules", "lookups", "native", "redaction", "resources"}
    }
    assert {name for name in found if name.startswith(f"{_PACKAGE}.core.")} == {
        f"{_PACKAGE}.core.spelling"
    }

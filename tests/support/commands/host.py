"""The command `gitlab-kubernetes`, whose deployment host asks the server for its processes."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import Any

from pulumi_gitlab_kubernetes import cli
from pulumi_gitlab_kubernetes.testing.host import command

if __name__ == "__main__":
    client = import_module("client")  # It is beside this file, which runs as a script.
    module: Any = command
    module.Stack = partial(module.Stack, spawn=client.spawn)
    sys.exit(cli.main())

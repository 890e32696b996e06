"""The provider plugin: `python -m pulumi_gitlab_kubernetes.native <engine's address>`."""

from __future__ import annotations


def main() -> None:
    """Run the plugin."""
    from pulumi_gitlab_kubernetes.native.server import run  # noqa: PLC0415 (slow to import)

    run()


if __name__ == "__main__":
    main()

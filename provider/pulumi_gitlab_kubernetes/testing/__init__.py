"""Tools for testing stacks without a GitLab or a Pulumi CLI."""

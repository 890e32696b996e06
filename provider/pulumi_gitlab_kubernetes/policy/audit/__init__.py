"""Apply the rules to a stack's state or to the resources at GitLab, without a Pulumi engine."""

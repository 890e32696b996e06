"""Policies for GitLab's Kubernetes integration, as a policy pack and as an audit.

`rules` lists all rules. A rule is data and a function over the typed resources in `kinds`. `pack`
serves the rules to Pulumi, `audit` applies them to a stack's state or to GitLab. The provider does
not import this package, and only `pack` needs pulumi-policy.
"""

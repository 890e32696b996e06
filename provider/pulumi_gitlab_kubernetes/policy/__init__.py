"""Rules for stacks with GitLab's Kubernetes integration, as a policy pack and as an audit.

`rules` lists them all; a rule is data and a plain function over the typed values in `things`.
`pack` shows them to Pulumi, `audit` applies them to what exists. Nothing else in this package
imports this one, and only `pack` needs pulumi-policy.
"""

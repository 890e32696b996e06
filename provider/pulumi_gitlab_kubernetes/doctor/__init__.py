"""What to check before the first `pulumi up`: the address, the token, the projects."""

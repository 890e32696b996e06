"""The rules over what exists: a stack's state, or the things at GitLab. No engine is needed."""

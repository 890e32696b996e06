"""Runs the stack of a folder against a GitLab simulator of its own: `gitlab-kubernetes local`."""

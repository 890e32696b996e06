"""Previews in GitLab CI/CD, with a note on the merge request and a Code Quality report."""

"""`gitlab-kubernetes local`: run a project's stack against its own GitLab simulator."""

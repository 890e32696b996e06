"""Functions that read GitLab: a get and a list for each kind."""

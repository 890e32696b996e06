"""Functions with which a program reads GitLab, generated from the catalog of functions."""

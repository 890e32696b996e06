"""The kinds of resources, one file each."""

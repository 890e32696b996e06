"""Components: several resources that belong together, as one with its own arguments and outputs."""

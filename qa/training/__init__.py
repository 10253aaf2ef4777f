"""Training of the reader that ships with the package: ``python -m qa.training``."""

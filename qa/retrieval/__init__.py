"""A question -> passages."""

"""The span reader, and the scores of its spans."""

"""Comparing runs, and choosing a threshold with a guarantee."""

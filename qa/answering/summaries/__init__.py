"""Summaries: key sentences, and the dates, names and numbers mentioned."""

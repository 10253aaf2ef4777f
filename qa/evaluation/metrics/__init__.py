"""Metrics of answers: pure functions, no files, no models."""

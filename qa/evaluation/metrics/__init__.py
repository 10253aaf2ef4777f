"""Measures of answers, as pure functions."""

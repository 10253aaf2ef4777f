"""Asking a question set, and the run folder."""

"""Sentences that define, instruct, compare, or answer yes or no."""

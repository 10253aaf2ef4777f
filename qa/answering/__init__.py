"""Passages -> an answer, without a language model."""

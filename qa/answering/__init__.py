"""Extractive answers: from passages to an answer, without a language model."""

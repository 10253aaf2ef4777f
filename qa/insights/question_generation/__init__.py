"""Draft questions from documents, by patterns over English words or by a language model."""

"""Passages -> an answer written by a language model and checked against them."""

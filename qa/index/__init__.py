"""Chunks -> an index that can be searched and saved."""
